//! Handlers.

use actix_web::{HttpRequest, HttpResponse, get, put, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{Finding, FindingFilter, FindingTransition, FindingView};
use super::{service, store};
use crate::access::permissions::{ReadReconciliation, Reconcile};
use crate::exports::{AnyList, ExportQuery, FileAnswer, WholeList};
use crate::http::{Answer, ApiResult, Edit, Export, Reader, Refusals, Views};
use crate::kernel::{FindingId, Page};

/// The lists of this module that can be taken whole.
pub fn lists() -> Vec<&'static dyn AnyList> {
    vec![&FINDINGS]
}

/// Mounts the routes of this module.
pub fn configure(config: &mut ServiceConfig) {
    config.service(export_findings);
    config.service(list_findings).service(read_finding).service(change_finding_state);
}

static FINDINGS: WholeList<ReadReconciliation, FindingFilter, Finding> =
    WholeList { route: "findings/export", page: |tx, _may, _of, filter| Box::pin(store::findings(tx, filter)) };

/// All findings that match, as a file.
#[utoipa::path(tag = "findings", security(("token" = ["reconciliation.read"])), params(ExportQuery, FindingFilter), responses(FileAnswer, Refusals))]
#[get("/findings/export")]
async fn export_findings(export: Export<ReadReconciliation, FindingFilter>) -> ApiResult<HttpResponse> {
    export.list(&FINDINGS).await
}

/// What checks found.
#[utoipa::path(tag = "findings", security(("token" = ["reconciliation.read"])), params(FindingFilter), responses((status = 200, body = Page<Finding>), Refusals))]
#[get("/findings")]
async fn list_findings(
    reader: Reader<ReadReconciliation>,
    filter: web::Query<FindingFilter>,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx, _may| store::findings(tx, &filter).await).await?)
}

/// One finding with its history.
#[utoipa::path(tag = "findings", security(("token" = ["reconciliation.read"])), responses((status = 200, body = FindingView), Refusals))]
#[get("/findings/{id}")]
async fn read_finding(reader: Reader<ReadReconciliation>, id: web::Path<FindingId>) -> ApiResult<HttpResponse> {
    Views::versioned(&reader.read(async |tx, may| service::read(tx, may, *id).await).await?)
}

/// Explains, resolves or reopens a finding.
#[utoipa::path(tag = "findings", security(("token" = ["reconciliation.write"])), request_body = FindingTransition, params(("If-Match" = String, Header)), responses((status = 200, body = FindingView), Refusals))]
#[put("/findings/{id}/state")]
async fn change_finding_state(edit: Edit<FindingTransition, Reconcile>, id: web::Path<FindingId>) -> ApiResult<HttpResponse> {
    edit.run(async |tx, may, version, body| Answer::changed(&service::transition(tx, may, *id, version, &body).await?)).await
}
