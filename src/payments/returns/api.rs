//! Handlers.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{FundReturn, NewReturn, ReturnFilter, ReturnStatus, ReturnStep};
use super::{service, store};
use crate::http::{Answer, ApiResult, Command, Reader, Refusals, Views};
use crate::kernel::{Page, ReturnId};

/// Mounts the routes of this folder.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(create_return)
        .service(list_returns)
        .service(read_return)
        .service(approve_return)
        .service(pay_return)
        .service(confirm_return);
}

/// Records money that is due back to the treasury.
#[utoipa::path(tag = "payments", request_body = NewReturn, params(("Idempotency-Key" = String, Header)), responses((status = 201, body = FundReturn), Refusals))]
#[post("/returns")]
async fn create_return(command: Command<NewReturn>) -> ApiResult<HttpResponse> {
    command.run(async |tx, new| Answer::created(&service::create(tx, new).await?)).await
}

/// Returns, with their total.
#[utoipa::path(tag = "payments", params(ReturnFilter), responses((status = 200, body = Page<FundReturn>), Refusals))]
#[get("/returns")]
async fn list_returns(reader: Reader, filter: web::Query<ReturnFilter>, request: HttpRequest) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx| store::list(tx, &filter).await).await?)
}

/// One return.
#[utoipa::path(tag = "payments", responses((status = 200, body = FundReturn), Refusals))]
#[get("/returns/{id}")]
async fn read_return(reader: Reader, id: web::Path<ReturnId>) -> ApiResult<HttpResponse> {
    Views::versioned(&reader.read(async |tx| store::read(tx, *id).await).await?)
}

/// Approves a return.
#[utoipa::path(tag = "payments", request_body = ReturnStep, params(("Idempotency-Key" = String, Header)), responses((status = 200, body = FundReturn), Refusals))]
#[post("/returns/{id}/approve")]
async fn approve_return(command: Command<ReturnStep>, id: web::Path<ReturnId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, body| Answer::changed(&service::step(tx, *id, ReturnStatus::Approved, &body).await?)).await
}

/// Pays a return: the money leaves the line.
#[utoipa::path(tag = "payments", request_body = ReturnStep, params(("Idempotency-Key" = String, Header)), responses((status = 200, body = FundReturn), Refusals))]
#[post("/returns/{id}/pay")]
async fn pay_return(command: Command<ReturnStep>, id: web::Path<ReturnId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, body| Answer::changed(&service::step(tx, *id, ReturnStatus::Paid, &body).await?)).await
}

/// Confirms that a return was received.
#[utoipa::path(tag = "payments", request_body = ReturnStep, params(("Idempotency-Key" = String, Header)), responses((status = 200, body = FundReturn), Refusals))]
#[post("/returns/{id}/confirm")]
async fn confirm_return(command: Command<ReturnStep>, id: web::Path<ReturnId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, body| Answer::changed(&service::step(tx, *id, ReturnStatus::Confirmed, &body).await?)).await
}
