//! Handlers.

use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::files::{self, Standards};
use super::model::{
    AppropriationSummary, AppropriationView, Arrival, FundSource, LineChange, LineSummary, LineView, Standard, YearEndMove,
};
use super::requests::{
    AppropriationFilter, ArrivalFilter, FundSourceFilter, LineChangeFilter, LineFilter, NewAppropriation, NewArrival, NewFundSource,
    NewLineChange, NewStandard, NewYearEndMove, StandardEdit, StandardFilter,
};
use super::{service, standards, store};
use crate::access::permissions::{CloseBooks, MatchFunds, ReadFunds, RegisterFunds};
use crate::exports::{AnyList, ExportQuery, FileAnswer, WholeList};
use crate::http::{Answer, ApiResult, Command, Edit, Export, Reader, Refusals, Upload, Views, language};
use crate::imports::{self, ImportQuery, TemplateQuery};
use crate::jobs::JobView;
use crate::kernel::{AppropriationId, ArrivalId, FundSourceId, LineId, Page, StandardId};

/// The lists of this module that can be taken whole.
pub fn lists() -> Vec<&'static dyn AnyList> {
    vec![&FUND_SOURCES, &APPROPRIATIONS, &ALLOCATION_LINES, &LINE_CHANGES, &ARRIVALS, &STANDARDS]
}

/// Mounts the routes of this module.
pub fn configure(config: &mut ServiceConfig) {
    config.service(export_line_changes);
    config.service(export_standards);
    config.service(export_arrivals);
    config.service(export_allocation_lines);
    config.service(export_appropriations);
    config.service(export_fund_sources);
    config
        .service(create_fund_source)
        .service(list_fund_sources)
        .service(read_fund_source)
        .service(change_fund_source)
        .service(create_appropriation)
        .service(list_appropriations)
        .service(read_appropriation)
        .service(list_allocation_lines)
        .service(read_allocation_line)
        .service(create_line_change)
        .service(list_line_changes)
        .service(create_year_end_move)
        .service(create_arrival)
        .service(list_arrivals)
        .service(read_arrival)
        .service(create_standard)
        .service(import_standards)
        .service(read_standard_template)
        .service(list_standards)
        .service(read_standard)
        .service(change_standard);
}

/// Records a fund source.
#[utoipa::path(tag = "funds", security(("token" = ["funds.register"])), request_body = NewFundSource, params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = FundSource), Refusals))]
#[post("/fund-sources")]
async fn create_fund_source(command: Command<NewFundSource, RegisterFunds>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&service::create_source(tx, may, new).await?)).await
}

static FUND_SOURCES: WholeList<ReadFunds, FundSourceFilter, FundSource> =
    WholeList { route: "fund-sources/export", page: |tx, _may, _of, filter| Box::pin(store::sources(tx, filter)) };

/// All fund sources that match, as a file.
#[utoipa::path(tag = "funds", security(("token" = ["funds.read"])), params(ExportQuery, FundSourceFilter), responses(FileAnswer, Refusals))]
#[get("/fund-sources/export")]
async fn export_fund_sources(export: Export<ReadFunds, FundSourceFilter>) -> ApiResult<HttpResponse> {
    export.list(&FUND_SOURCES).await
}

/// Fund sources.
#[utoipa::path(tag = "funds", security(("token" = ["funds.read"])), params(FundSourceFilter), responses((status = 200, body = Page<FundSource>), Refusals))]
#[get("/fund-sources")]
async fn list_fund_sources(
    reader: Reader<ReadFunds>,
    filter: web::Query<FundSourceFilter>,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx, _may| store::sources(tx, &filter).await).await?)
}

/// One fund source.
#[utoipa::path(tag = "funds", security(("token" = ["funds.read"])), responses((status = 200, body = FundSource), Refusals))]
#[get("/fund-sources/{id}")]
async fn read_fund_source(reader: Reader<ReadFunds>, id: web::Path<FundSourceId>) -> ApiResult<HttpResponse> {
    Views::versioned(&reader.read(async |tx, _may| store::source(tx, *id).await).await?)
}

/// Changes a fund source.
#[utoipa::path(tag = "funds", security(("token" = ["funds.register"])), request_body = NewFundSource, params(("If-Match" = String, Header)),
    responses((status = 200, body = FundSource), Refusals))]
#[put("/fund-sources/{id}")]
async fn change_fund_source(edit: Edit<NewFundSource, RegisterFunds>, id: web::Path<FundSourceId>) -> ApiResult<HttpResponse> {
    edit.run(async |tx, may, version, new| Answer::changed(&service::change_source(tx, may, *id, version, new).await?)).await
}

/// Records an appropriation with its lines and grants them.
#[utoipa::path(tag = "funds", security(("token" = ["funds.register"])), request_body = NewAppropriation, params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = AppropriationView), Refusals))]
#[post("/appropriations")]
async fn create_appropriation(command: Command<NewAppropriation, RegisterFunds>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&service::create_appropriation(tx, may, new).await?)).await
}

static APPROPRIATIONS: WholeList<ReadFunds, AppropriationFilter, AppropriationSummary> =
    WholeList { route: "appropriations/export", page: |tx, may, _of, filter| Box::pin(service::appropriations(tx, may, filter)) };

/// All appropriations that match, as a file.
#[utoipa::path(tag = "funds", security(("token" = ["funds.read"])), params(ExportQuery, AppropriationFilter), responses(FileAnswer, Refusals))]
#[get("/appropriations/export")]
async fn export_appropriations(export: Export<ReadFunds, AppropriationFilter>) -> ApiResult<HttpResponse> {
    export.list(&APPROPRIATIONS).await
}

/// Appropriations; the total amount is what is granted now.
#[utoipa::path(tag = "funds", security(("token" = ["funds.read"])), params(AppropriationFilter),
    responses((status = 200, body = Page<AppropriationSummary>), Refusals))]
#[get("/appropriations")]
async fn list_appropriations(
    reader: Reader<ReadFunds>,
    filter: web::Query<AppropriationFilter>,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx, may| service::appropriations(tx, may, &filter).await).await?)
}

/// One appropriation with its lines.
#[utoipa::path(tag = "funds", security(("token" = ["funds.read"])), responses((status = 200, body = AppropriationView), Refusals))]
#[get("/appropriations/{id}")]
async fn read_appropriation(reader: Reader<ReadFunds>, id: web::Path<AppropriationId>) -> ApiResult<HttpResponse> {
    Views::one(&reader.read(async |tx, may| service::appropriation(tx, may, *id).await).await?)
}

static ALLOCATION_LINES: WholeList<ReadFunds, LineFilter, LineSummary> =
    WholeList { route: "allocation-lines/export", page: |tx, may, _of, filter| Box::pin(service::lines(tx, may, filter)) };

/// All allocation lines that match, as a file.
#[utoipa::path(tag = "funds", security(("token" = ["funds.read"])), params(ExportQuery, LineFilter), responses(FileAnswer, Refusals))]
#[get("/allocation-lines/export")]
async fn export_allocation_lines(export: Export<ReadFunds, LineFilter>) -> ApiResult<HttpResponse> {
    export.list(&ALLOCATION_LINES).await
}

/// Allocation lines; the total amount is what is granted now.
#[utoipa::path(tag = "funds", security(("token" = ["funds.read"])), params(LineFilter), responses((status = 200, body = Page<LineSummary>), Refusals))]
#[get("/allocation-lines")]
async fn list_allocation_lines(reader: Reader<ReadFunds>, filter: web::Query<LineFilter>, request: HttpRequest) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx, may| service::lines(tx, may, &filter).await).await?)
}

/// One allocation line with its accounts.
#[utoipa::path(tag = "funds", security(("token" = ["funds.read"])), responses((status = 200, body = LineView), Refusals))]
#[get("/allocation-lines/{id}")]
async fn read_allocation_line(reader: Reader<ReadFunds>, id: web::Path<LineId>) -> ApiResult<HttpResponse> {
    Views::one(&reader.read(async |tx, may| service::line(tx, may, *id).await).await?)
}

/// Records an addition to a line (追加) or a withdrawal from it (调减).
#[utoipa::path(tag = "funds", security(("token" = ["funds.register"])), request_body = NewLineChange, params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = LineChange), Refusals))]
#[post("/allocation-lines/{id}/changes")]
async fn create_line_change(command: Command<NewLineChange, RegisterFunds>, id: web::Path<LineId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&service::change_line(tx, may, *id, new).await?)).await
}

static LINE_CHANGES: WholeList<ReadFunds, LineChangeFilter, LineChange> = WholeList {
    route: "allocation-lines/{id}/changes/export",
    page: |tx, may, of, filter| Box::pin(async move { service::changes(tx, may, LineId(of), &filter.page()).await }),
};

/// The grant, additions and withdrawals of a line, as a file.
#[utoipa::path(tag = "funds", security(("token" = ["funds.read"])), params(ExportQuery, LineChangeFilter), responses(FileAnswer, Refusals))]
#[get("/allocation-lines/{id}/changes/export")]
async fn export_line_changes(export: Export<ReadFunds, LineChangeFilter>, id: web::Path<LineId>) -> ApiResult<HttpResponse> {
    export.list_of(&LINE_CHANGES, id.0).await
}

/// The grant, additions and withdrawals of a line; the total amount counts withdrawals off.
#[utoipa::path(tag = "funds", security(("token" = ["funds.read"])), params(LineChangeFilter), responses((status = 200, body = Page<LineChange>), Refusals))]
#[get("/allocation-lines/{id}/changes")]
async fn list_line_changes(
    reader: Reader<ReadFunds>,
    id: web::Path<LineId>,
    filter: web::Query<LineChangeFilter>,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx, may| service::changes(tx, may, *id, &filter.page()).await).await?)
}

/// Carries available money of a line over into the next year (结转), or records that the treasury reclaims it (收回).
#[utoipa::path(tag = "funds", security(("token" = ["funds.close"])), request_body = NewYearEndMove, params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = YearEndMove), Refusals))]
#[post("/allocation-lines/{id}/year-end")]
async fn create_year_end_move(command: Command<NewYearEndMove, CloseBooks>, id: web::Path<LineId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&service::move_at_year_end(tx, may, *id, new).await?)).await
}

/// Records money reaching the account (到账).
#[utoipa::path(tag = "funds", security(("token" = ["funds.match"])), request_body = NewArrival, params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Arrival), Refusals))]
#[post("/arrivals")]
async fn create_arrival(command: Command<NewArrival, MatchFunds>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&service::create_arrival(tx, may, new).await?)).await
}

static ARRIVALS: WholeList<ReadFunds, ArrivalFilter, Arrival> =
    WholeList { route: "arrivals/export", page: |tx, may, _of, filter| Box::pin(service::arrivals(tx, may, filter)) };

/// All arrivals that match, as a file.
#[utoipa::path(tag = "funds", security(("token" = ["funds.read"])), params(ExportQuery, ArrivalFilter), responses(FileAnswer, Refusals))]
#[get("/arrivals/export")]
async fn export_arrivals(export: Export<ReadFunds, ArrivalFilter>) -> ApiResult<HttpResponse> {
    export.list(&ARRIVALS).await
}

/// Arrivals with their total amount.
#[utoipa::path(tag = "funds", security(("token" = ["funds.read"])), params(ArrivalFilter), responses((status = 200, body = Page<Arrival>), Refusals))]
#[get("/arrivals")]
async fn list_arrivals(reader: Reader<ReadFunds>, filter: web::Query<ArrivalFilter>, request: HttpRequest) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx, may| service::arrivals(tx, may, &filter).await).await?)
}

/// One arrival.
#[utoipa::path(tag = "funds", security(("token" = ["funds.read"])), responses((status = 200, body = Arrival), Refusals))]
#[get("/arrivals/{id}")]
async fn read_arrival(reader: Reader<ReadFunds>, id: web::Path<ArrivalId>) -> ApiResult<HttpResponse> {
    Views::one(&reader.read(async |tx, _may| store::arrival(tx, *id).await).await?)
}

/// Records a standard of payment (发放标准).
#[utoipa::path(tag = "funds", security(("token" = ["funds.register"])), request_body = NewStandard, params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Standard), Refusals))]
#[post("/standards")]
async fn create_standard(command: Command<NewStandard, RegisterFunds>) -> ApiResult<HttpResponse> {
    command.run(async |tx, _may, new| Answer::created(&standards::create_standard(tx, new).await?)).await
}

static STANDARDS: WholeList<ReadFunds, StandardFilter, Standard> =
    WholeList { route: "standards/export", page: |tx, _may, _of, filter| Box::pin(standards::standards(tx, filter)) };

/// All standards that match, as a file.
#[utoipa::path(tag = "funds", security(("token" = ["funds.read"])), params(ExportQuery, StandardFilter), responses(FileAnswer, Refusals))]
#[get("/standards/export")]
async fn export_standards(export: Export<ReadFunds, StandardFilter>) -> ApiResult<HttpResponse> {
    export.list(&STANDARDS).await
}

/// Standards.
#[utoipa::path(tag = "funds", security(("token" = ["funds.read"])), params(StandardFilter), responses((status = 200, body = Page<Standard>), Refusals))]
#[get("/standards")]
async fn list_standards(reader: Reader<ReadFunds>, filter: web::Query<StandardFilter>, request: HttpRequest) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx, _may| standards::standards(tx, &filter).await).await?)
}

/// One standard.
#[utoipa::path(tag = "funds", security(("token" = ["funds.read"])), responses((status = 200, body = Standard), Refusals))]
#[get("/standards/{id}")]
async fn read_standard(reader: Reader<ReadFunds>, id: web::Path<StandardId>) -> ApiResult<HttpResponse> {
    Views::versioned(&reader.read(async |tx, _may| store::standard(tx, *id).await).await?)
}

/// Ends a standard, or names the document it rests on. Another amount is another standard.
#[utoipa::path(tag = "funds", security(("token" = ["funds.register"])), request_body = StandardEdit, params(("If-Match" = String, Header)),
    responses((status = 200, body = Standard), Refusals))]
#[put("/standards/{id}")]
async fn change_standard(edit: Edit<StandardEdit, RegisterFunds>, id: web::Path<StandardId>) -> ApiResult<HttpResponse> {
    edit.run(async |tx, _may, version, body| Answer::changed(&standards::change_standard(tx, *id, version, body).await?)).await
}

/// Takes in standards from a CSV or XLSX file. Answers a job.
#[utoipa::path(tag = "files", security(("token" = ["funds.register"])), request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    params(ImportQuery, ("Idempotency-Key" = String, Header)), responses((status = 202, body = JobView), Refusals))]
#[post("/standards/import")]
async fn import_standards(upload: Upload<RegisterFunds>, query: web::Query<ImportQuery>, request: HttpRequest) -> ApiResult<HttpResponse> {
    let asked = (*query, language(&request), serde_json::Value::Null);
    upload.start(async |tx, may, starter, file| imports::start::<Standards>(tx, may, starter, files::STANDARDS, file, asked).await).await
}

/// The template of a file of standards.
#[utoipa::path(tag = "files", security(("token" = ["funds.read"])), params(TemplateQuery),
    responses((status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream"), Refusals))]
#[get("/standards/import/template")]
async fn read_standard_template(
    reader: Reader<ReadFunds>,
    query: web::Query<TemplateQuery>,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    imports::give_template(&reader, &files::TABLE, *query, &request)
}
