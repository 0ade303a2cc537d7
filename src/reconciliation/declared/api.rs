//! Handlers.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{FigureFilter, FigureView, NewDeclaredFigure};
use super::service;
use crate::access::permissions::{ReadReconciliation, Reconcile};
use crate::exports::{AnyList, ExportQuery, FileAnswer, WholeList};
use crate::http::call::Empty;
use crate::http::{Answer, ApiResult, Command, Export, Reader, Refusals, Views};
use crate::kernel::{DeclaredFigureId, Page};

/// The lists of this module that can be taken whole.
pub fn lists() -> Vec<&'static dyn AnyList> {
    vec![&DECLARED_FIGURES]
}

/// Mounts the routes of this folder.
pub fn configure(config: &mut ServiceConfig) {
    config.service(export_declared_figures);
    config.service(create_declared_figure).service(list_declared_figures).service(read_declared_figure).service(compare_declared_figure);
}

/// Records a printed figure and holds it against the ledger; a mismatch opens a finding.
#[utoipa::path(tag = "reconciliation", security(("token" = ["reconciliation.write"])), request_body = NewDeclaredFigure, params(("Idempotency-Key" = String, Header)), responses((status = 201, body = FigureView), Refusals))]
#[post("/declared-figures")]
async fn create_declared_figure(command: Command<NewDeclaredFigure, Reconcile>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&service::create(tx, may, new).await?)).await
}

static DECLARED_FIGURES: WholeList<ReadReconciliation, FigureFilter, FigureView> =
    WholeList { route: "declared-figures/export", page: |tx, may, _of, filter| Box::pin(service::list(tx, may, filter)) };

/// All declared figures that match, as a file.
#[utoipa::path(tag = "reconciliation", security(("token" = ["reconciliation.read"])), params(ExportQuery, FigureFilter), responses(FileAnswer, Refusals))]
#[get("/declared-figures/export")]
async fn export_declared_figures(export: Export<ReadReconciliation, FigureFilter>) -> ApiResult<HttpResponse> {
    export.list(&DECLARED_FIGURES).await
}

/// Declared figures with their newest comparisons.
#[utoipa::path(tag = "reconciliation", security(("token" = ["reconciliation.read"])), params(FigureFilter), responses((status = 200, body = Page<FigureView>), Refusals))]
#[get("/declared-figures")]
async fn list_declared_figures(
    reader: Reader<ReadReconciliation>,
    filter: web::Query<FigureFilter>,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx, may| service::list(tx, may, &filter).await).await?)
}

/// One declared figure with its newest comparison.
#[utoipa::path(tag = "reconciliation", security(("token" = ["reconciliation.read"])), responses((status = 200, body = FigureView), Refusals))]
#[get("/declared-figures/{id}")]
async fn read_declared_figure(reader: Reader<ReadReconciliation>, id: web::Path<DeclaredFigureId>) -> ApiResult<HttpResponse> {
    Views::one(&reader.read(async |tx, may| service::one(tx, may, *id).await).await?)
}

/// Compares a figure again, with what the ledger knows now.
#[utoipa::path(tag = "reconciliation", security(("token" = ["reconciliation.write"])), request_body = Empty, params(("Idempotency-Key" = String, Header)), responses((status = 200, body = FigureView), Refusals))]
#[post("/declared-figures/{id}/comparisons")]
async fn compare_declared_figure(command: Command<Empty, Reconcile>, id: web::Path<DeclaredFigureId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, _| Answer::ok(&service::compare_again(tx, may, *id).await?)).await
}
