//! Handlers.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{FundReturn, NewReturn, ReturnFilter, ReturnStatus, ReturnStep};
use super::{service, store};
use crate::access::permissions::{ConfirmReturns, FollowUpPayments, ForgoPayments, Pay, ReadPayments};
use crate::exports::{AnyList, ExportQuery, FileAnswer, WholeList};
use crate::http::{Answer, ApiResult, Command, Export, Reader, Refusals, Views};
use crate::kernel::{Page, ReturnId};

/// The lists of this module that can be taken whole.
pub fn lists() -> Vec<&'static dyn AnyList> {
    vec![&RETURNS]
}

/// Mounts the routes of this folder.
pub fn configure(config: &mut ServiceConfig) {
    config.service(export_returns);
    config
        .service(create_return)
        .service(list_returns)
        .service(read_return)
        .service(approve_return)
        .service(pay_return)
        .service(confirm_return);
}

/// Records money that is due back to the treasury.
#[utoipa::path(tag = "payments", security(("token" = ["payments.follow_up"])), request_body = NewReturn, params(("Idempotency-Key" = String, Header)), responses((status = 201, body = FundReturn), Refusals))]
#[post("/returns")]
async fn create_return(command: Command<NewReturn, FollowUpPayments>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&service::create(tx, may, new).await?)).await
}

static RETURNS: WholeList<ReadPayments, ReturnFilter, FundReturn> =
    WholeList { route: "returns/export", page: |tx, _may, _of, filter| Box::pin(store::list(tx, filter)) };

/// All returns that match, as a file.
#[utoipa::path(tag = "payments", security(("token" = ["payments.read"])), params(ExportQuery, ReturnFilter), responses(FileAnswer, Refusals))]
#[get("/returns/export")]
async fn export_returns(export: Export<ReadPayments, ReturnFilter>) -> ApiResult<HttpResponse> {
    export.list(&RETURNS).await
}

/// Returns, with their total.
#[utoipa::path(tag = "payments", security(("token" = ["payments.read"])), params(ReturnFilter), responses((status = 200, body = Page<FundReturn>), Refusals))]
#[get("/returns")]
async fn list_returns(reader: Reader<ReadPayments>, filter: web::Query<ReturnFilter>, request: HttpRequest) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx, _may| store::list(tx, &filter).await).await?)
}

/// One return.
#[utoipa::path(tag = "payments", security(("token" = ["payments.read"])), responses((status = 200, body = FundReturn), Refusals))]
#[get("/returns/{id}")]
async fn read_return(reader: Reader<ReadPayments>, id: web::Path<ReturnId>) -> ApiResult<HttpResponse> {
    Views::versioned(&reader.read(async |tx, _may| store::read(tx, *id).await).await?)
}

/// Approves a return.
#[utoipa::path(tag = "payments", security(("token" = ["payments.forgo"])), request_body = ReturnStep, params(("Idempotency-Key" = String, Header)), responses((status = 200, body = FundReturn), Refusals))]
#[post("/returns/{id}/approve")]
async fn approve_return(command: Command<ReturnStep, ForgoPayments>, id: web::Path<ReturnId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, body| Answer::changed(&service::step(tx, may, *id, ReturnStatus::Approved, &body).await?)).await
}

/// Pays a return: the money leaves the line.
#[utoipa::path(tag = "payments", security(("token" = ["payments.pay"])), request_body = ReturnStep, params(("Idempotency-Key" = String, Header)), responses((status = 200, body = FundReturn), Refusals))]
#[post("/returns/{id}/pay")]
async fn pay_return(command: Command<ReturnStep, Pay>, id: web::Path<ReturnId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, body| Answer::changed(&service::step(tx, may, *id, ReturnStatus::Paid, &body).await?)).await
}

/// Confirms that a return was received.
#[utoipa::path(tag = "payments", security(("token" = ["payments.confirm"])), request_body = ReturnStep, params(("Idempotency-Key" = String, Header)), responses((status = 200, body = FundReturn), Refusals))]
#[post("/returns/{id}/confirm")]
async fn confirm_return(command: Command<ReturnStep, ConfirmReturns>, id: web::Path<ReturnId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, body| Answer::changed(&service::step(tx, may, *id, ReturnStatus::Confirmed, &body).await?)).await
}
