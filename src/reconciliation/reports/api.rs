//! Handlers.

use actix_web::{HttpResponse, get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::form;
use super::model::Report;
use super::service::{Asked, Scope, asked, count_through};
use crate::access::permissions::ReadReconciliation;
use crate::app::AppState;
use crate::db::Error;
use crate::exports::ExportFormat;
use crate::forms::FormFormat;
use crate::http::{ApiResult, Reader, Refusals, Views};
use crate::kernel::{AppropriationId, FundSourceId, LineId, OrganisationId};

/// As of which day, and as known at which checkpoint.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct AsOf {
    /// To the end of this day, by effective date; today when absent.
    as_of: Option<NaiveDate>,
    /// The size of the checkpoint whose log numbers were known; a new one over everything there is when absent.
    checkpoint: Option<i64>,
    /// `html` for a page to print, or a file; JSON when absent. All are made of the same bytes.
    #[param(inline)]
    format: Option<ReportFormat>,
}

/// As what a report is had beside JSON.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum ReportFormat {
    /// A page for A4 paper.
    Html,
    /// A workbook.
    Xlsx,
    /// The lines as CSV in UTF-8 with a byte order mark.
    Csv,
    /// The lines as CSV in GB18030.
    CsvGb18030,
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

async fn answer(reader: Reader<ReadReconciliation>, state: &AppState, scope: Scope, query: &AsOf) -> ApiResult<HttpResponse> {
    let federation = reader.federation();
    // Without a checkpoint it is made at a new one, so that it shows everything written so far.
    let newest = if query.checkpoint.is_none() { state.sealer.seal_any(federation).await? } else { None };
    if let Some(newest) = &newest {
        count_through(&state.db, federation, newest).await?;
    }
    let asked = reader.read(async |tx, may| asked(tx, may, scope, query.as_of, query.checkpoint, newest).await).await?;
    let body = match asked {
        Asked::Issued(body) => body,
        Asked::Made(key, report) => {
            let body = serde_json::to_string(&report).map_err(|error| Error::Internal(error.to_string()))?;
            state.sealer.keep_report(federation, &key, &body).await?
        }
    };
    match query.format {
        None => Ok(HttpResponse::Ok().content_type("application/json").body(body)),
        Some(ReportFormat::Html) => Views::form(form::form(&body)?, FormFormat::Html, "对账报告").await,
        Some(ReportFormat::Xlsx) => Views::form(form::form(&body)?, FormFormat::Xlsx, "对账报告").await,
        Some(ReportFormat::Csv) => Views::form_lines(&form::form(&body)?, ExportFormat::Csv, "对账报告"),
        Some(ReportFormat::CsvGb18030) => Views::form_lines(&form::form(&body)?, ExportFormat::CsvGb18030, "对账报告"),
    }
}

/// What was disbursed against what was granted, for one appropriation and each of its lines.
#[utoipa::path(tag = "reconciliation", security(("token" = ["reconciliation.read"])), params(AsOf), responses((status = 200, content((Report = "application/json"), (String = "text/html"), (String = "text/csv"),
    (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))), Refusals))]
#[get("/reconciliation/appropriations/{id}")]
async fn read_appropriation_report(
    reader: Reader<ReadReconciliation>,
    id: web::Path<AppropriationId>,
    query: web::Query<AsOf>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    answer(reader, &state, Scope::Appropriation(*id), &query).await
}

/// The same for one line.
#[utoipa::path(tag = "reconciliation", security(("token" = ["reconciliation.read"])), params(AsOf), responses((status = 200, content((Report = "application/json"), (String = "text/html"), (String = "text/csv"),
    (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))), Refusals))]
#[get("/reconciliation/allocation-lines/{id}")]
async fn read_line_report(
    reader: Reader<ReadReconciliation>,
    id: web::Path<LineId>,
    query: web::Query<AsOf>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    answer(reader, &state, Scope::Line(*id), &query).await
}

/// The same for a fiscal year (资金年度).
#[utoipa::path(tag = "reconciliation", security(("token" = ["reconciliation.read"])), params(AsOf), responses((status = 200, content((Report = "application/json"), (String = "text/html"), (String = "text/csv"),
    (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))), Refusals))]
#[get("/reconciliation/fiscal-years/{year}")]
async fn read_year_report(
    reader: Reader<ReadReconciliation>,
    year: web::Path<i16>,
    query: web::Query<AsOf>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    answer(reader, &state, Scope::FiscalYear(*year), &query).await
}

/// The same for a fund source: only its money, wherever it is.
#[utoipa::path(tag = "reconciliation", security(("token" = ["reconciliation.read"])), params(AsOf), responses((status = 200, content((Report = "application/json"), (String = "text/html"), (String = "text/csv"),
    (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))), Refusals))]
#[get("/reconciliation/fund-sources/{id}")]
async fn read_source_report(
    reader: Reader<ReadReconciliation>,
    id: web::Path<FundSourceId>,
    query: web::Query<AsOf>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    answer(reader, &state, Scope::FundSource(*id), &query).await
}

/// The same for an organisation.
#[utoipa::path(tag = "reconciliation", security(("token" = ["reconciliation.read"])), params(AsOf), responses((status = 200, content((Report = "application/json"), (String = "text/html"), (String = "text/csv"),
    (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))), Refusals))]
#[get("/reconciliation/organisations/{id}")]
async fn read_organisation_report(
    reader: Reader<ReadReconciliation>,
    id: web::Path<OrganisationId>,
    query: web::Query<AsOf>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    answer(reader, &state, Scope::Organisation(*id), &query).await
}
