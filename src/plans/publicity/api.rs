//! Handlers: the notices of a plan, and the public list, which needs no login.

use actix_web::http::header::{CACHE_CONTROL, REFERRER_POLICY};
use actix_web::{HttpResponse, get, post, web};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::model::{
    CalendarDays, CompletionRequest, HandlingRequest, NewObjection, NewPublicity, PublicList, PublicityStarted, PublicityView,
};
use super::{page, service};
use crate::access::permissions::{HandleObjections, ManageService, OwnAccess, Publish, ReadPlans};
use crate::app::AppState;
use crate::exports::{AnyList, ExportQuery, FileAnswer, WholeList};
use crate::http::{Answer, ApiResult, Command, Export, LongCommand, OwnReader, Reader, Refusals, ServiceCommand, Step, Views};
use crate::jobs::{JobView, Work};
use crate::kernel::page::Whole;
use crate::kernel::{Page, PlanId};
use crate::plans::model::Plan;

/// The lists of this folder that can be taken whole.
pub(in crate::plans) fn lists() -> Vec<&'static dyn AnyList> {
    vec![&NOTICES]
}

/// The steps that can be done as jobs.
pub(in crate::plans) fn works() -> Vec<Box<dyn Work>> {
    vec![COMPLETE.work()]
}

/// Mounts the routes of this folder.
pub fn configure(config: &mut ServiceConfig) {
    config.service(export_publicity).service(add_calendar_days).service(list_calendar_days);
    config.service(start_publicity).service(list_publicity).service(complete_publicity).service(create_objection).service(handle_objection);
}

/// Mounts what is read without login.
pub fn configure_public(config: &mut ServiceConfig) {
    config.service(read_public_list);
}

/// Puts the roster up in public. The public address is in this answer and nowhere else; a repeat with the same key does not
/// show it again.
#[utoipa::path(tag = "plans", security(("token" = ["publicity.publish"])), request_body = NewPublicity, params(("Idempotency-Key" = String, Header)), responses((status = 201, body = PublicityStarted), Refusals))]
#[post("/plans/{id}/publicity")]
async fn start_publicity(command: Command<NewPublicity, Publish>, id: web::Path<PlanId>) -> ApiResult<HttpResponse> {
    command
        .run_secretly(async |tx, may, new| {
            let started = service::start(tx, may, *id, &new).await?;
            let kept = Answer::created(&started.view)?;
            Ok((Answer::created(&started)?, kept))
        })
        .await
}

static NOTICES: WholeList<ReadPlans, Whole, PublicityView> = WholeList {
    route: "plans/{id}/publicity/export",
    page: |tx, may, of, _filter| Box::pin(async move { Ok(Page::whole(service::notices(tx, may, PlanId(of)).await?)) }),
};

/// Every notice of a plan with its objections, as a file.
#[utoipa::path(tag = "plans", security(("token" = ["plans.read"])), params(ExportQuery), responses(FileAnswer, Refusals))]
#[get("/plans/{id}/publicity/export")]
async fn export_publicity(export: Export<ReadPlans, Whole>, id: web::Path<PlanId>) -> ApiResult<HttpResponse> {
    export.list_of(&NOTICES, id.0).await
}

/// Every notice of a plan with its objections.
#[utoipa::path(tag = "plans", security(("token" = ["plans.read"])), responses((status = 200, body = Vec<PublicityView>), Refusals))]
#[get("/plans/{id}/publicity")]
async fn list_publicity(reader: Reader<ReadPlans>, id: web::Path<PlanId>) -> ApiResult<HttpResponse> {
    Views::one(&reader.read(async |tx, may| service::notices(tx, may, *id).await).await?)
}

static COMPLETE: Step<CompletionRequest, Publish, Plan> = Step {
    kind: "plan.publicity",
    route: "plans/{id}/publicity/complete",
    run: |tx, may, id, body| Box::pin(service::complete(tx, may, PlanId(id), body)),
};

/// Records that a notice is over, or that it was waived; the chain goes on.
/// With `Prefer: respond-async` a job does it, which is answered with 202.
#[utoipa::path(tag = "plans", security(("token" = ["publicity.publish"])), request_body = CompletionRequest, params(("Idempotency-Key" = String, Header), ("Prefer" = Option<String>, Header)), responses((status = 200, body = Plan), (status = 202, body = JobView), Refusals))]
#[post("/plans/{id}/publicity/complete")]
async fn complete_publicity(command: LongCommand<CompletionRequest, Publish>, id: web::Path<PlanId>) -> ApiResult<HttpResponse> {
    command.run(&COMPLETE, id.0, Answer::changed).await
}

/// Records an objection; it holds the notice until it is handled.
#[utoipa::path(tag = "plans", security(("token" = ["publicity.publish"])), request_body = NewObjection, params(("Idempotency-Key" = String, Header)), responses((status = 201, body = PublicityView), Refusals))]
#[post("/plans/{id}/publicity/objections")]
async fn create_objection(command: Command<NewObjection, Publish>, id: web::Path<PlanId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&service::object(tx, may, *id, &new).await?)).await
}

/// Handles an objection: upheld, the plan is returned; rejected, the notice goes on.
#[utoipa::path(tag = "plans", security(("token" = ["publicity.handle"])), request_body = HandlingRequest, params(("Idempotency-Key" = String, Header)), responses((status = 200, body = PublicityView), Refusals))]
#[post("/plans/{id}/publicity/objections/{objection_id}/handle")]
async fn handle_objection(command: Command<HandlingRequest, HandleObjections>, path: web::Path<(PlanId, Uuid)>) -> ApiResult<HttpResponse> {
    let (id, objection) = path.into_inner();
    command.run(async |tx, may, body| Answer::ok(&service::handle(tx, may, id, objection, &body).await?)).await
}

/// Adds days off and make-up working days of a yearly arrangement, for all federations.
#[utoipa::path(tag = "plans", security(("token" = ["service.manage"])), request_body = CalendarDays, params(("Idempotency-Key" = String, Header)), responses((status = 200, body = CalendarDays), Refusals))]
#[post("/calendar-days")]
async fn add_calendar_days(command: ServiceCommand<CalendarDays, ManageService>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::ok(&service::add_days(tx, may, new).await?)).await
}

/// Days off and make-up working days; all others are by the week.
#[utoipa::path(tag = "plans", security(("token" = ["access.own"])), responses((status = 200, body = CalendarDays), Refusals))]
#[get("/calendar-days")]
async fn list_calendar_days(reader: OwnReader<OwnAccess>) -> ApiResult<HttpResponse> {
    Views::one(&reader.read(async |tx, may| service::calendar(tx, may).await).await?)
}

/// In which form.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PublicForm {
    /// `html` for a page to print; JSON when absent.
    format: Option<String>,
}

/// The masked list of a notice, while it lasts. Needs no login: its address is known to whoever was given it.
#[utoipa::path(tag = "plans", params(PublicForm), responses((status = 200, body = PublicList), Refusals))]
#[get("/public/publicity/{token}")]
async fn read_public_list(state: web::Data<AppState>, token: web::Path<String>, form: web::Query<PublicForm>) -> ApiResult<HttpResponse> {
    let list = service::public_list(&state.db, &token).await?;
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CACHE_CONTROL, "no-store")).insert_header((REFERRER_POLICY, "no-referrer"));
    if form.format.as_deref() == Some("html") {
        return Ok(answer.content_type("text/html; charset=utf-8").body(page::html(&list)?));
    }
    Ok(answer.json(list))
}
