//! Handlers.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::StatementQuery;
use super::view_model::{ExceptionFilter, ExceptionView, LineFilter, ResolutionRequest, StatementFilter, StatementLineView, StatementView};
use super::{forms, service};
use crate::access::permissions::{ReadReconciliation, ResolveStatements, TakeStatements};
use crate::exports::{AnyList, ExportQuery, FileAnswer, WholeList};
use crate::forms::{FilledForm, FormQuery};
use crate::http::{Answer, ApiResult, Command, Export, Reader, Refusals, Upload, Views, download};
use crate::jobs::JobView;
use crate::kernel::{Page, StatementExceptionId, StatementId};

/// The lists of this folder that can be taken whole.
pub fn lists() -> Vec<&'static dyn AnyList> {
    vec![&STATEMENTS, &LINES, &EXCEPTIONS]
}

/// Mounts the routes of this folder.
pub fn configure(config: &mut ServiceConfig) {
    config.service(export_bank_statements).service(export_statement_lines).service(export_statement_exceptions);
    config
        .service(take_bank_statements)
        .service(list_bank_statements)
        .service(read_bank_statement)
        .service(fetch_bank_statement)
        .service(read_statement_sheet)
        .service(list_statement_lines)
        .service(list_statement_exceptions)
        .service(resolve_statement_exception);
}

/// Takes in a file of bank statements and matches its lines with payments. Answers a job; its result is a `StatementReport`.
#[utoipa::path(tag = "reconciliation", security(("token" = ["statements.take"])), request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    params(StatementQuery, ("Idempotency-Key" = String, Header)), responses((status = 202, body = JobView), Refusals))]
#[post("/bank-statements")]
async fn take_bank_statements(upload: Upload<TakeStatements>, query: web::Query<StatementQuery>) -> ApiResult<HttpResponse> {
    upload.start(async |tx, may, starter, file| service::start(tx, may, starter, file, &query).await).await
}

static STATEMENTS: WholeList<ReadReconciliation, StatementFilter, StatementView> =
    WholeList { route: "bank-statements/export", page: |tx, may, _of, filter| Box::pin(service::list(tx, may, filter)) };

/// All bank statements that match, as a file.
#[utoipa::path(tag = "reconciliation", security(("token" = ["reconciliation.read"])), params(ExportQuery, StatementFilter), responses(FileAnswer, Refusals))]
#[get("/bank-statements/export")]
async fn export_bank_statements(export: Export<ReadReconciliation, StatementFilter>) -> ApiResult<HttpResponse> {
    export.list(&STATEMENTS).await
}

/// Bank statements with their equations: ledger less bank is the sum of the exceptions.
#[utoipa::path(tag = "reconciliation", security(("token" = ["reconciliation.read"])), params(StatementFilter), responses((status = 200, body = Page<StatementView>), Refusals))]
#[get("/bank-statements")]
async fn list_bank_statements(
    reader: Reader<ReadReconciliation>,
    filter: web::Query<StatementFilter>,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx, may| service::list(tx, may, &filter).await).await?)
}

/// One bank statement.
#[utoipa::path(tag = "reconciliation", security(("token" = ["reconciliation.read"])), responses((status = 200, body = StatementView), Refusals))]
#[get("/bank-statements/{id}")]
async fn read_bank_statement(reader: Reader<ReadReconciliation>, id: web::Path<StatementId>) -> ApiResult<HttpResponse> {
    Views::one(&reader.read(async |tx, may| service::one(tx, may, *id).await).await?)
}

/// The file that a statement came in, byte for byte. It holds names and accounts in clear; who fetched it is recorded.
#[utoipa::path(tag = "reconciliation", security(("token" = ["statements.take"])),
    responses((status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream"), Refusals))]
#[get("/bank-statements/{id}/content")]
async fn fetch_bank_statement(reader: Reader<TakeStatements>, id: web::Path<StatementId>) -> ApiResult<HttpResponse> {
    let (name, bytes) = reader.recorded(async |tx, may| service::content(tx, may, *id).await).await?;
    Ok(download(&name, bytes))
}

/// A statement against the ledger (银行对账单核对表): both sums, the exceptions and whether they explain the difference; to print and sign.
#[utoipa::path(tag = "reconciliation", security(("token" = ["reconciliation.read"])), params(FormQuery), responses(FilledForm, Refusals))]
#[get("/bank-statements/{id}/forms/reconciliation")]
async fn read_statement_sheet(
    reader: Reader<ReadReconciliation>,
    id: web::Path<StatementId>,
    query: web::Query<FormQuery>,
) -> ApiResult<HttpResponse> {
    let form = reader.read(async |tx, may| forms::sheet(tx, may, *id).await).await?;
    Views::form(form, query.format, "对账单核对表").await
}

static LINES: WholeList<ReadReconciliation, LineFilter, StatementLineView> = WholeList {
    route: "bank-statements/{id}/lines/export",
    page: |tx, may, of, filter| Box::pin(service::lines(tx, may, StatementId(of), filter)),
};

/// The lines that a statement was the first to list, masked, as a file.
#[utoipa::path(tag = "reconciliation", security(("token" = ["reconciliation.read"])), params(ExportQuery, LineFilter), responses(FileAnswer, Refusals))]
#[get("/bank-statements/{id}/lines/export")]
async fn export_statement_lines(export: Export<ReadReconciliation, LineFilter>, id: web::Path<StatementId>) -> ApiResult<HttpResponse> {
    export.list_of(&LINES, id.0).await
}

/// The lines that a statement was the first to list, masked.
#[utoipa::path(tag = "reconciliation", security(("token" = ["reconciliation.read"])), params(LineFilter), responses((status = 200, body = Page<StatementLineView>), Refusals))]
#[get("/bank-statements/{id}/lines")]
async fn list_statement_lines(
    reader: Reader<ReadReconciliation>,
    id: web::Path<StatementId>,
    filter: web::Query<LineFilter>,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx, may| service::lines(tx, may, *id, &filter).await).await?)
}

static EXCEPTIONS: WholeList<ReadReconciliation, ExceptionFilter, ExceptionView> =
    WholeList { route: "statement-exceptions/export", page: |tx, may, _of, filter| Box::pin(service::exceptions(tx, may, filter)) };

/// What of statements and the ledger does not match, as a file.
#[utoipa::path(tag = "reconciliation", security(("token" = ["reconciliation.read"])), params(ExportQuery, ExceptionFilter), responses(FileAnswer, Refusals))]
#[get("/statement-exceptions/export")]
async fn export_statement_exceptions(export: Export<ReadReconciliation, ExceptionFilter>) -> ApiResult<HttpResponse> {
    export.list(&EXCEPTIONS).await
}

/// What of statements and the ledger does not match.
#[utoipa::path(tag = "reconciliation", security(("token" = ["reconciliation.read"])), params(ExceptionFilter), responses((status = 200, body = Page<ExceptionView>), Refusals))]
#[get("/statement-exceptions")]
async fn list_statement_exceptions(
    reader: Reader<ReadReconciliation>,
    filter: web::Query<ExceptionFilter>,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx, may| service::exceptions(tx, may, &filter).await).await?)
}

/// Decides an exception, as somebody other than who handed the statement in: its line is an instruction's, or it is accepted as it is.
#[utoipa::path(tag = "reconciliation", security(("token" = ["statements.resolve"])), request_body = ResolutionRequest, params(("Idempotency-Key" = String, Header)), responses((status = 200, body = ExceptionView), Refusals))]
#[post("/statement-exceptions/{id}/resolve")]
async fn resolve_statement_exception(
    command: Command<ResolutionRequest, ResolveStatements>,
    id: web::Path<StatementExceptionId>,
) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, body| Answer::ok(&service::resolve(tx, may, *id, &body).await?)).await
}
