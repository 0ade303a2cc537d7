//! Handlers.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{NewRecovery, ReceiveRequest, Recovery, RecoveryFilter};
use super::{service, store};
use crate::access::permissions::{FollowUpPayments, Pay, ReadPayments};
use crate::exports::{AnyList, ExportQuery, FileAnswer, WholeList};
use crate::http::{Answer, ApiResult, Command, Export, Reader, Refusals, Views};
use crate::kernel::{Page, RecoveryId};

/// The lists of this module that can be taken whole.
pub fn lists() -> Vec<&'static dyn AnyList> {
    vec![&RECOVERIES]
}

/// Mounts the routes of this folder.
pub fn configure(config: &mut ServiceConfig) {
    config.service(export_recoveries);
    config.service(create_recovery).service(list_recoveries).service(read_recovery).service(receive_recovery);
}

/// Records that money of a settled payment is to be got back.
#[utoipa::path(tag = "payments", security(("token" = ["payments.follow_up"])), request_body = NewRecovery, params(("Idempotency-Key" = String, Header)), responses((status = 201, body = Recovery), Refusals))]
#[post("/recoveries")]
async fn create_recovery(command: Command<NewRecovery, FollowUpPayments>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&service::create(tx, may, new).await?)).await
}

static RECOVERIES: WholeList<ReadPayments, RecoveryFilter, Recovery> =
    WholeList { route: "recoveries/export", page: |tx, _may, _of, filter| Box::pin(store::list(tx, filter)) };

/// All recoveries that match, as a file.
#[utoipa::path(tag = "payments", security(("token" = ["payments.read"])), params(ExportQuery, RecoveryFilter), responses(FileAnswer, Refusals))]
#[get("/recoveries/export")]
async fn export_recoveries(export: Export<ReadPayments, RecoveryFilter>) -> ApiResult<HttpResponse> {
    export.list(&RECOVERIES).await
}

/// Recoveries, with their total.
#[utoipa::path(tag = "payments", security(("token" = ["payments.read"])), params(RecoveryFilter), responses((status = 200, body = Page<Recovery>), Refusals))]
#[get("/recoveries")]
async fn list_recoveries(
    reader: Reader<ReadPayments>,
    filter: web::Query<RecoveryFilter>,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx, _may| store::list(tx, &filter).await).await?)
}

/// One recovery.
#[utoipa::path(tag = "payments", security(("token" = ["payments.read"])), responses((status = 200, body = Recovery), Refusals))]
#[get("/recoveries/{id}")]
async fn read_recovery(reader: Reader<ReadPayments>, id: web::Path<RecoveryId>) -> ApiResult<HttpResponse> {
    Views::versioned(&reader.read(async |tx, _may| store::read(tx, *id).await).await?)
}

/// Records that the money came back.
#[utoipa::path(tag = "payments", security(("token" = ["payments.pay"])), request_body = ReceiveRequest, params(("Idempotency-Key" = String, Header)), responses((status = 200, body = Recovery), Refusals))]
#[post("/recoveries/{id}/receive")]
async fn receive_recovery(command: Command<ReceiveRequest, Pay>, id: web::Path<RecoveryId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, body| Answer::changed(&service::receive(tx, may, *id, &body).await?)).await
}
