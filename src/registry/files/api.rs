//! Handlers: handing files in, and templates to fill in.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde_json::Value;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{accounts, honours, households, recipients};
use crate::access::permissions::{ReadRegistry, WriteRegistry};
use crate::http::{ApiResult, Reader, Refusals, Upload, language};
use crate::imports::{self, ImportQuery, List, TemplateQuery};
use crate::jobs::JobView;

/// The kinds of the jobs.
pub(super) const HOUSEHOLDS: &str = "import.households";
pub(super) const RECIPIENTS: &str = "import.recipients";
pub(super) const MODEL_WORKERS: &str = "import.model_workers";
pub(super) const PAYEE_ACCOUNTS: &str = "import.payee_accounts";

/// Mounts the routes of this folder.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(import_households)
        .service(import_recipients)
        .service(import_model_workers)
        .service(import_payee_accounts)
        .service(read_household_template)
        .service(read_recipient_template)
        .service(read_model_worker_template)
        .service(read_payee_account_template);
}

async fn take_in<L: List<May = WriteRegistry>>(
    upload: Upload<WriteRegistry>,
    kind: &'static str,
    query: ImportQuery,
    request: &HttpRequest,
) -> ApiResult<HttpResponse> {
    let lang = language(request);
    upload.start(async |tx, may, starter, file| imports::start::<L>(tx, may, starter, kind, file, (query, lang, Value::Null)).await).await
}

/// Takes in households with their members and dossiers from a CSV or XLSX file; `Content-Disposition` may name it. Answers a job.
#[utoipa::path(tag = "files", security(("token" = ["registry.write"])), request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    params(ImportQuery, ("Idempotency-Key" = String, Header)), responses((status = 202, body = JobView), Refusals))]
#[post("/households/import")]
async fn import_households(upload: Upload<WriteRegistry>, query: web::Query<ImportQuery>, request: HttpRequest) -> ApiResult<HttpResponse> {
    take_in::<households::Households>(upload, HOUSEHOLDS, *query, &request).await
}

/// Takes in persons without a dossier, with the account they are paid to. Answers a job.
#[utoipa::path(tag = "files", security(("token" = ["registry.write"])), request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    params(ImportQuery, ("Idempotency-Key" = String, Header)), responses((status = 202, body = JobView), Refusals))]
#[post("/persons/import")]
async fn import_recipients(upload: Upload<WriteRegistry>, query: web::Query<ImportQuery>, request: HttpRequest) -> ApiResult<HttpResponse> {
    take_in::<recipients::Recipients>(upload, RECIPIENTS, *query, &request).await
}

/// Takes in model workers with their honours. Answers a job.
#[utoipa::path(tag = "files", security(("token" = ["registry.write"])), request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    params(ImportQuery, ("Idempotency-Key" = String, Header)), responses((status = 202, body = JobView), Refusals))]
#[post("/model-workers/import")]
async fn import_model_workers(
    upload: Upload<WriteRegistry>,
    query: web::Query<ImportQuery>,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    take_in::<honours::ModelWorkers>(upload, MODEL_WORKERS, *query, &request).await
}

/// Takes in accounts of persons who are registered. Answers a job.
#[utoipa::path(tag = "files", security(("token" = ["registry.write"])), request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    params(ImportQuery, ("Idempotency-Key" = String, Header)), responses((status = 202, body = JobView), Refusals))]
#[post("/payee-accounts/import")]
async fn import_payee_accounts(
    upload: Upload<WriteRegistry>,
    query: web::Query<ImportQuery>,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    take_in::<accounts::PayeeAccounts>(upload, PAYEE_ACCOUNTS, *query, &request).await
}

/// The template of a file of households.
#[utoipa::path(tag = "files", security(("token" = ["registry.read"])), params(TemplateQuery),
    responses((status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream"), Refusals))]
#[get("/households/import/template")]
async fn read_household_template(
    reader: Reader<ReadRegistry>,
    query: web::Query<TemplateQuery>,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    imports::give_template(&reader, &households::TABLE, *query, &request)
}

/// The template of a file of persons without a dossier.
#[utoipa::path(tag = "files", security(("token" = ["registry.read"])), params(TemplateQuery),
    responses((status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream"), Refusals))]
#[get("/persons/import/template")]
async fn read_recipient_template(
    reader: Reader<ReadRegistry>,
    query: web::Query<TemplateQuery>,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    imports::give_template(&reader, &recipients::TABLE, *query, &request)
}

/// The template of a file of model workers.
#[utoipa::path(tag = "files", security(("token" = ["registry.read"])), params(TemplateQuery),
    responses((status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream"), Refusals))]
#[get("/model-workers/import/template")]
async fn read_model_worker_template(
    reader: Reader<ReadRegistry>,
    query: web::Query<TemplateQuery>,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    imports::give_template(&reader, &honours::TABLE, *query, &request)
}

/// The template of a file of payee accounts.
#[utoipa::path(tag = "files", security(("token" = ["registry.read"])), params(TemplateQuery),
    responses((status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream"), Refusals))]
#[get("/payee-accounts/import/template")]
async fn read_payee_account_template(
    reader: Reader<ReadRegistry>,
    query: web::Query<TemplateQuery>,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    imports::give_template(&reader, &accounts::TABLE, *query, &request)
}
