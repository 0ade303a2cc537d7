//! Handlers.

use actix_web::{HttpResponse, get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::Report;
use super::service::{Scope, required};
use crate::access::permissions::ReadReconciliation;
use crate::http::{ApiResult, Reader, Refusals, Views};
use crate::kernel::{AppropriationId, FundSourceId, LineId, OrganisationId};

/// As of which day.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct AsOf {
    /// To the end of this day, by effective date; today when absent.
    as_of: Option<NaiveDate>,
}

/// Mounts the routes of this folder.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(read_appropriation_report)
        .service(read_line_report)
        .service(read_year_report)
        .service(read_source_report)
        .service(read_organisation_report);
}

async fn answer(reader: Reader<ReadReconciliation>, scope: Scope, query: &AsOf) -> ApiResult<HttpResponse> {
    Views::one(&reader.read(async |tx, may| required(tx, may, scope, query.as_of).await).await?)
}

/// What was disbursed against what was granted, for one appropriation and each of its lines.
#[utoipa::path(tag = "reconciliation", security(("token" = ["reconciliation.read"])), params(AsOf), responses((status = 200, body = Report), Refusals))]
#[get("/reconciliation/appropriations/{id}")]
async fn read_appropriation_report(
    reader: Reader<ReadReconciliation>,
    id: web::Path<AppropriationId>,
    query: web::Query<AsOf>,
) -> ApiResult<HttpResponse> {
    answer(reader, Scope::Appropriation(*id), &query).await
}

/// The same for one line.
#[utoipa::path(tag = "reconciliation", security(("token" = ["reconciliation.read"])), params(AsOf), responses((status = 200, body = Report), Refusals))]
#[get("/reconciliation/allocation-lines/{id}")]
async fn read_line_report(reader: Reader<ReadReconciliation>, id: web::Path<LineId>, query: web::Query<AsOf>) -> ApiResult<HttpResponse> {
    answer(reader, Scope::Line(*id), &query).await
}

/// The same for a fiscal year (资金年度).
#[utoipa::path(tag = "reconciliation", security(("token" = ["reconciliation.read"])), params(AsOf), responses((status = 200, body = Report), Refusals))]
#[get("/reconciliation/fiscal-years/{year}")]
async fn read_year_report(reader: Reader<ReadReconciliation>, year: web::Path<i16>, query: web::Query<AsOf>) -> ApiResult<HttpResponse> {
    answer(reader, Scope::FiscalYear(*year), &query).await
}

/// The same for a fund source: only its money, wherever it is.
#[utoipa::path(tag = "reconciliation", security(("token" = ["reconciliation.read"])), params(AsOf), responses((status = 200, body = Report), Refusals))]
#[get("/reconciliation/fund-sources/{id}")]
async fn read_source_report(
    reader: Reader<ReadReconciliation>,
    id: web::Path<FundSourceId>,
    query: web::Query<AsOf>,
) -> ApiResult<HttpResponse> {
    answer(reader, Scope::FundSource(*id), &query).await
}

/// The same for an organisation.
#[utoipa::path(tag = "reconciliation", security(("token" = ["reconciliation.read"])), params(AsOf), responses((status = 200, body = Report), Refusals))]
#[get("/reconciliation/organisations/{id}")]
async fn read_organisation_report(
    reader: Reader<ReadReconciliation>,
    id: web::Path<OrganisationId>,
    query: web::Query<AsOf>,
) -> ApiResult<HttpResponse> {
    answer(reader, Scope::Organisation(*id), &query).await
}
