//! Handlers.

use actix_web::{HttpRequest, HttpResponse, get, put, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{Finding, FindingFilter, FindingTransition, FindingView};
use super::{service, store};
use crate::http::{Answer, ApiResult, Edit, Reader, Refusals, Views};
use crate::kernel::{FindingId, Page};

/// Mounts the routes of this module.
pub fn configure(config: &mut ServiceConfig) {
    config.service(list_findings).service(read_finding).service(change_finding_state);
}

/// What checks found.
#[utoipa::path(tag = "findings", params(FindingFilter), responses((status = 200, body = Page<Finding>), Refusals))]
#[get("/findings")]
async fn list_findings(reader: Reader, filter: web::Query<FindingFilter>, request: HttpRequest) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx| store::findings(tx, &filter).await).await?)
}

/// One finding with its history.
#[utoipa::path(tag = "findings", responses((status = 200, body = FindingView), Refusals))]
#[get("/findings/{id}")]
async fn read_finding(reader: Reader, id: web::Path<FindingId>) -> ApiResult<HttpResponse> {
    Views::versioned(&reader.read(async |tx| service::view(tx, *id).await).await?)
}

/// Explains, resolves or reopens a finding.
#[utoipa::path(tag = "findings", request_body = FindingTransition, params(("If-Match" = String, Header)), responses((status = 200, body = FindingView), Refusals))]
#[put("/findings/{id}/state")]
async fn change_finding_state(edit: Edit<FindingTransition>, id: web::Path<FindingId>) -> ApiResult<HttpResponse> {
    edit.run(async |tx, version, body| Answer::changed(&service::transition(tx, *id, version, &body).await?)).await
}
