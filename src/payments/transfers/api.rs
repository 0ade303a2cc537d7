//! Handlers.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::files::{self, About, ReportedRecipients};
use super::model::{Feedback, FeedbackImport, FeedbackRequest, HandBackRequest, TransferFilter, TransferView};
use super::{service, store};
use crate::access::permissions::{FollowUpPayments, ReadPayments};
use crate::exports::{AnyList, ExportQuery, FileAnswer, WholeList};
use crate::http::{Answer, ApiResult, Command, Export, Reader, Refusals, Upload, Views, language};
use crate::imports::{self, ImportQuery, TemplateQuery};
use crate::jobs::JobView;
use crate::kernel::page::Whole;
use crate::kernel::{Page, TransferId};

/// The lists of this module that can be taken whole.
pub fn lists() -> Vec<&'static dyn AnyList> {
    vec![&TRANSFERS, &FEEDBACK]
}

/// Mounts the routes of this folder.
pub fn configure(config: &mut ServiceConfig) {
    config.service(export_feedback);
    config.service(export_transfers);
    config
        .service(list_transfers)
        .service(read_transfer)
        .service(list_feedback)
        .service(create_feedback)
        .service(create_hand_back)
        .service(import_feedback)
        .service(read_feedback_template);
}

static TRANSFERS: WholeList<ReadPayments, TransferFilter, TransferView> = WholeList {
    route: "transfers/export",
    page: |tx, _may, _of, filter| {
        Box::pin(async move { Ok(store::transfers(tx, filter).await?.map(|transfer| service::view(tx, transfer))) })
    },
};

/// All transfers that match, as a file.
#[utoipa::path(tag = "payments", security(("token" = ["payments.read"])), params(ExportQuery, TransferFilter), responses(FileAnswer, Refusals))]
#[get("/transfers/export")]
async fn export_transfers(export: Export<ReadPayments, TransferFilter>) -> ApiResult<HttpResponse> {
    export.list(&TRANSFERS).await
}

/// Transfers to subordinate unions, with their total.
#[utoipa::path(tag = "payments", security(("token" = ["payments.read"])), params(TransferFilter), responses((status = 200, body = Page<TransferView>), Refusals))]
#[get("/transfers")]
async fn list_transfers(reader: Reader<ReadPayments>, filter: web::Query<TransferFilter>, request: HttpRequest) -> ApiResult<HttpResponse> {
    let page = reader.read(async |tx, _may| Ok(store::transfers(tx, &filter).await?.map(|transfer| service::view(tx, transfer)))).await?;
    Views::page(&request, &page)
}

/// One transfer.
#[utoipa::path(tag = "payments", security(("token" = ["payments.read"])), responses((status = 200, body = TransferView), Refusals))]
#[get("/transfers/{id}")]
async fn read_transfer(reader: Reader<ReadPayments>, id: web::Path<TransferId>) -> ApiResult<HttpResponse> {
    let view = reader
        .read(async |tx, _may| {
            let transfer = store::transfer(tx, *id).await?;
            Ok(service::view(tx, transfer))
        })
        .await?;
    Views::versioned(&view)
}

static FEEDBACK: WholeList<ReadPayments, Whole, Feedback> = WholeList {
    route: "transfers/{id}/feedback/export",
    page: |tx, may, of, _filter| Box::pin(service::feedback_page(tx, may, TransferId(of))),
};

/// The recipients reported for a transfer, as a file.
#[utoipa::path(tag = "payments", security(("token" = ["payments.read"])), params(ExportQuery), responses(FileAnswer, Refusals))]
#[get("/transfers/{id}/feedback/export")]
async fn export_feedback(export: Export<ReadPayments, Whole>, id: web::Path<TransferId>) -> ApiResult<HttpResponse> {
    export.list_of(&FEEDBACK, id.0).await
}

/// The recipients reported for a transfer.
#[utoipa::path(tag = "payments", security(("token" = ["payments.read"])), responses((status = 200, body = Vec<Feedback>), Refusals))]
#[get("/transfers/{id}/feedback")]
async fn list_feedback(reader: Reader<ReadPayments>, id: web::Path<TransferId>) -> ApiResult<HttpResponse> {
    Views::one(&reader.read(async |tx, may| service::feedback(tx, may, *id).await).await?)
}

/// Reports recipients: what they received is disbursed from then on.
#[utoipa::path(tag = "payments", security(("token" = ["payments.follow_up"])), request_body = FeedbackRequest, params(("Idempotency-Key" = String, Header)), responses((status = 200, body = TransferView), Refusals))]
#[post("/transfers/{id}/feedback")]
async fn create_feedback(command: Command<FeedbackRequest, FollowUpPayments>, id: web::Path<TransferId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, body| Answer::changed(&service::report(tx, may, *id, body).await?)).await
}

/// Records money that the subordinate union handed back.
#[utoipa::path(tag = "payments", security(("token" = ["payments.follow_up"])), request_body = HandBackRequest, params(("Idempotency-Key" = String, Header)), responses((status = 200, body = TransferView), Refusals))]
#[post("/transfers/{id}/hand-back")]
async fn create_hand_back(command: Command<HandBackRequest, FollowUpPayments>, id: web::Path<TransferId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, body| Answer::changed(&service::hand_back(tx, may, *id, &body).await?)).await
}

/// Takes in the list of recipients of a subordinate union from a CSV or XLSX file. Answers a job.
#[utoipa::path(tag = "files", security(("token" = ["payments.follow_up"])), request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    params(FeedbackImport, ("Idempotency-Key" = String, Header)), responses((status = 202, body = JobView), Refusals))]
#[post("/transfers/{id}/feedback/import")]
async fn import_feedback(
    upload: Upload<FollowUpPayments>,
    id: web::Path<TransferId>,
    query: web::Query<FeedbackImport>,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    let lang = language(&request);
    let FeedbackImport { dry_run, take, reported_on } = *query;
    upload
        .start(async |tx, may, starter, file| {
            let transfer = store::transfer(tx, *id).await?.id;
            let about = serde_json::json!(About { transfer, reported_on });
            let asked = (ImportQuery { dry_run, take }, lang, about);
            imports::start::<ReportedRecipients>(tx, may, starter, files::FEEDBACK, file, asked).await
        })
        .await
}

/// The template of a list of recipients of a subordinate union.
#[utoipa::path(tag = "files", security(("token" = ["payments.read"])), params(TemplateQuery),
    responses((status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream"), Refusals))]
#[get("/transfers/import/template")]
async fn read_feedback_template(
    reader: Reader<ReadPayments>,
    query: web::Query<TemplateQuery>,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    imports::give_template(&reader, &files::TABLE, *query, &request)
}
