//! Handlers.

use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::decisions::{self, DecisionRequest};
use super::forms;
use super::lifecycle::{self, CancelRequest, DigestRequest};
use super::model::{EntryFilter, NewPlan, Plan, PlanFilter, PlanView};
use super::rosters::{EntryView, Roster, RosterView, forms as rosters_forms, service as rosters, store as roster_store};
use super::service::{self, Quote, QuoteRequest};
use super::store;
use crate::access::permissions::{ClosePlans, DecideExceptions, DecidePlans, DraftPlans, ProposeExceptions, ReadPlans};
use crate::approvals::specials::{NewSpecial, SpecialDecisionRequest, SpecialView};
use crate::db::{Result, Tx};
use crate::exports::{AnyList, ExportQuery, FileAnswer, WholeList};
use crate::forms::{FilledForm, FormQuery, PartQuery};
use crate::http::call::Empty;
use crate::http::{Answer, ApiResult, Command, Edit, Export, LongCommand, Question, Reader, Refusals, Step, Views};
use crate::jobs::{JobView, Work};
use crate::kernel::page::Whole;
use crate::kernel::{Page, PlanId, RosterId};
use uuid::Uuid;

/// The lists of this module that can be taken whole.
pub fn lists() -> Vec<&'static dyn AnyList> {
    let own: [&'static dyn AnyList; 3] = [&PLANS, &ROSTERS, &ROSTER_ENTRIES];
    own.into_iter().chain(super::publicity::api::lists()).collect()
}

/// The steps that can be done as jobs.
pub fn works() -> Vec<Box<dyn Work>> {
    [vec![GENERATE.work(), APPROVE.work()], super::publicity::api::works()].into_iter().flatten().collect()
}

/// Mounts the routes of this module.
pub fn configure(config: &mut ServiceConfig) {
    config.service(export_roster_entries);
    config.service(export_plans);
    config.service(export_rosters);
    config.service(read_roster_form).service(read_approval_form);
    config
        .service(quote_plan)
        .service(create_plan)
        .service(list_plans)
        .service(read_plan)
        .service(change_plan)
        .service(generate_roster)
        .service(list_rosters)
        .service(read_roster)
        .service(list_roster_entries)
        .service(lock_plan)
        .service(unlock_plan)
        .service(submit_plan)
        .service(approve_plan)
        .service(return_plan)
        .service(cancel_plan)
        .service(close_plan)
        .service(propose_special)
        .service(decide_special)
        .configure(super::publicity::api::configure);
}

/// Mounts what is read without login.
pub fn configure_public(config: &mut ServiceConfig) {
    config.configure(super::publicity::api::configure_public);
}

/// Both adjustments of a standard to a pool. Writes nothing and needs no key.
#[utoipa::path(tag = "plans", security(("token" = ["plans.read"])), request_body = QuoteRequest, responses((status = 200, body = Quote), Refusals))]
#[post("/plans/quote")]
async fn quote_plan(question: Question<QuoteRequest, ReadPlans>) -> ApiResult<HttpResponse> {
    let request = question.body().clone();
    service::check_quote(&request)?;
    let quote = match (request.count, request.tiers.is_empty()) {
        (Some(count), true) => service::quote(request.pool.get(), request.fixed.unwrap_or_default(), count, Vec::new())?,
        (None, false) => question.read(async |tx, may| service::quote_tiers(tx, may, &request).await).await?,
        _ => return Err(service::count_or_tiers().into()),
    };
    Views::one(&quote)
}

/// Makes a plan.
#[utoipa::path(tag = "plans", security(("token" = ["plans.draft"])), request_body = NewPlan, params(("Idempotency-Key" = String, Header)), responses((status = 201, body = PlanView), Refusals))]
#[post("/plans")]
async fn create_plan(command: Command<NewPlan, DraftPlans>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&service::create(tx, may, new).await?)).await
}

static PLANS: WholeList<ReadPlans, PlanFilter, Plan> =
    WholeList { route: "plans/export", page: |tx, _may, _of, filter| Box::pin(store::plans(tx, filter)) };

/// All plans that match, as a file.
#[utoipa::path(tag = "plans", security(("token" = ["plans.read"])), params(ExportQuery, PlanFilter), responses(FileAnswer, Refusals))]
#[get("/plans/export")]
async fn export_plans(export: Export<ReadPlans, PlanFilter>) -> ApiResult<HttpResponse> {
    export.list(&PLANS).await
}

/// Plans.
#[utoipa::path(tag = "plans", security(("token" = ["plans.read"])), params(PlanFilter), responses((status = 200, body = Page<Plan>), Refusals))]
#[get("/plans")]
async fn list_plans(reader: Reader<ReadPlans>, filter: web::Query<PlanFilter>, request: HttpRequest) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx, _may| store::plans(tx, &filter).await).await?)
}

/// One plan with its lines and tiers.
#[utoipa::path(tag = "plans", security(("token" = ["plans.read"])), responses((status = 200, body = PlanView), Refusals))]
#[get("/plans/{id}")]
async fn read_plan(reader: Reader<ReadPlans>, id: web::Path<PlanId>) -> ApiResult<HttpResponse> {
    Views::versioned(&reader.read(async |tx, may| service::view(tx, may, *id).await).await?)
}

/// Changes a draft.
#[utoipa::path(tag = "plans", security(("token" = ["plans.draft"])), request_body = NewPlan, params(("If-Match" = String, Header)), responses((status = 200, body = PlanView), Refusals))]
#[put("/plans/{id}")]
async fn change_plan(edit: Edit<NewPlan, DraftPlans>, id: web::Path<PlanId>) -> ApiResult<HttpResponse> {
    edit.run(async |tx, may, version, new| Answer::changed(&service::change(tx, may, *id, version, new).await?)).await
}

static GENERATE: Step<Empty, DraftPlans, RosterView> = Step {
    kind: "plan.roster",
    route: "plans/{id}/roster",
    run: |tx, may, id, _body| Box::pin(lifecycle::generate_roster(tx, may, PlanId(id))),
};

/// Makes a new version of a draft's roster.
/// With `Prefer: respond-async` a job does it, which is answered with 202.
#[utoipa::path(tag = "plans", security(("token" = ["plans.draft"])), request_body = Empty, params(("Idempotency-Key" = String, Header), ("Prefer" = Option<String>, Header)), responses((status = 201, body = RosterView), (status = 202, body = JobView), Refusals))]
#[post("/plans/{id}/roster")]
async fn generate_roster(command: LongCommand<Empty, DraftPlans>, id: web::Path<PlanId>) -> ApiResult<HttpResponse> {
    command.run(&GENERATE, id.0, Answer::created).await
}

async fn rosters_of(tx: &mut Tx, id: PlanId) -> Result<Vec<Roster>> {
    store::plan(tx, id).await?;
    roster_store::rosters_of(tx, id).await
}

static ROSTERS: WholeList<ReadPlans, Whole, Roster> = WholeList {
    route: "plans/{id}/rosters/export",
    page: |tx, _may, of, _filter| Box::pin(async move { Ok(Page::whole(rosters_of(tx, PlanId(of)).await?)) }),
};

/// Every version of a plan's roster, as a file.
#[utoipa::path(tag = "plans", security(("token" = ["plans.read"])), params(ExportQuery), responses(FileAnswer, Refusals))]
#[get("/plans/{id}/rosters/export")]
async fn export_rosters(export: Export<ReadPlans, Whole>, id: web::Path<PlanId>) -> ApiResult<HttpResponse> {
    export.list_of(&ROSTERS, id.0).await
}

/// Every version of a plan's roster.
#[utoipa::path(tag = "plans", security(("token" = ["plans.read"])), responses((status = 200, body = Vec<Roster>), Refusals))]
#[get("/plans/{id}/rosters")]
async fn list_rosters(reader: Reader<ReadPlans>, id: web::Path<PlanId>) -> ApiResult<HttpResponse> {
    Views::one(&reader.read(async |tx, _may| rosters_of(tx, *id).await).await?)
}

/// One roster with what it adds up to.
#[utoipa::path(tag = "plans", security(("token" = ["plans.read"])), responses((status = 200, body = RosterView), Refusals))]
#[get("/rosters/{id}")]
async fn read_roster(reader: Reader<ReadPlans>, id: web::Path<RosterId>) -> ApiResult<HttpResponse> {
    let view = reader.read(async |tx, may| rosters::read(tx, may, *id).await).await?;
    Views::one(&view)
}

static ROSTER_ENTRIES: WholeList<ReadPlans, EntryFilter, EntryView> = WholeList {
    route: "rosters/{id}/entries/export",
    page: |tx, _may, of, filter| {
        Box::pin(async move {
            let id = RosterId(of);
            roster_store::roster(tx, id).await?;
            roster_store::entry_page(tx, id, filter.included, &filter.page()).await
        })
    },
};

/// Who is in and who is out, as a file.
#[utoipa::path(tag = "plans", security(("token" = ["plans.read"])), params(ExportQuery, EntryFilter), responses(FileAnswer, Refusals))]
#[get("/rosters/{id}/entries/export")]
async fn export_roster_entries(export: Export<ReadPlans, EntryFilter>, id: web::Path<RosterId>) -> ApiResult<HttpResponse> {
    export.list_of(&ROSTER_ENTRIES, id.0).await
}

/// Who is in, with standard and amount, and who is out, and why.
#[utoipa::path(tag = "plans", security(("token" = ["plans.read"])), params(EntryFilter), responses((status = 200, body = Page<EntryView>), Refusals))]
#[get("/rosters/{id}/entries")]
async fn list_roster_entries(
    reader: Reader<ReadPlans>,
    id: web::Path<RosterId>,
    filter: web::Query<EntryFilter>,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    let page = reader
        .read(async |tx, _may| {
            roster_store::roster(tx, *id).await?;
            roster_store::entry_page(tx, *id, filter.included, &filter.page()).await
        })
        .await?;
    Views::page(&request, &page)
}

/// The roster for signature (签领表): masked, with the total in capitals. A long one is had in parts, each with its own subtotal and the
/// whole's total.
#[utoipa::path(tag = "plans", security(("token" = ["plans.read"])), params(PartQuery), responses(FilledForm, Refusals))]
#[get("/plans/{id}/forms/roster")]
async fn read_roster_form(reader: Reader<ReadPlans>, id: web::Path<PlanId>, query: web::Query<PartQuery>) -> ApiResult<HttpResponse> {
    let form = reader.read(async |tx, may| rosters_forms::roster_form(tx, may, *id, *query).await).await?;
    Views::form(form, query.format, &query.named("签领表")).await
}

/// The approval form (审批表): money, tiers, and the chain with who decided what and when.
#[utoipa::path(tag = "plans", security(("token" = ["plans.read"])), params(FormQuery), responses(FilledForm, Refusals))]
#[get("/plans/{id}/forms/approval")]
async fn read_approval_form(reader: Reader<ReadPlans>, id: web::Path<PlanId>, query: web::Query<FormQuery>) -> ApiResult<HttpResponse> {
    let form = reader.read(async |tx, may| forms::approval_form(tx, may, *id).await).await?;
    Views::form(form, query.format, "审批表").await
}

/// Freezes a draft to its newest roster, named by its digest.
#[utoipa::path(tag = "plans", security(("token" = ["plans.draft"])), request_body = DigestRequest, params(("Idempotency-Key" = String, Header)), responses((status = 200, body = Plan), Refusals))]
#[post("/plans/{id}/lock")]
async fn lock_plan(command: Command<DigestRequest, DraftPlans>, id: web::Path<PlanId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, body| Answer::changed(&lifecycle::lock(tx, may, *id, &body).await?)).await
}

/// Takes a locked plan back to draft.
#[utoipa::path(tag = "plans", security(("token" = ["plans.draft"])), request_body = Empty, params(("Idempotency-Key" = String, Header)), responses((status = 200, body = Plan), Refusals))]
#[post("/plans/{id}/unlock")]
async fn unlock_plan(command: Command<Empty, DraftPlans>, id: web::Path<PlanId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, _| Answer::changed(&lifecycle::unlock(tx, may, *id).await?)).await
}

/// Submits a locked plan to the approval chain.
#[utoipa::path(tag = "plans", security(("token" = ["plans.draft"])), request_body = DigestRequest, params(("Idempotency-Key" = String, Header)), responses((status = 200, body = Plan), Refusals))]
#[post("/plans/{id}/submit")]
async fn submit_plan(command: Command<DigestRequest, DraftPlans>, id: web::Path<PlanId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, body| Answer::changed(&decisions::submit(tx, may, *id, &body).await?)).await
}

static APPROVE: Step<DecisionRequest, DecidePlans, Plan> = Step {
    kind: "plan.approve",
    route: "plans/{id}/approve",
    run: |tx, may, id, body| Box::pin(decisions::approve(tx, may, PlanId(id), body)),
};

/// Approves the locked roster at a step, or notes what a meeting decided; the last one before authorisation commits the funds.
/// With `Prefer: respond-async` a job does it, which is answered with 202.
#[utoipa::path(tag = "plans", security(("token" = ["plans.decide"])), request_body = DecisionRequest, params(("Idempotency-Key" = String, Header), ("Prefer" = Option<String>, Header)), responses((status = 200, body = Plan), (status = 202, body = JobView), Refusals))]
#[post("/plans/{id}/approve")]
async fn approve_plan(command: LongCommand<DecisionRequest, DecidePlans>, id: web::Path<PlanId>) -> ApiResult<HttpResponse> {
    command.run(&APPROVE, id.0, Answer::changed).await
}

/// Returns a plan to draft with a reason.
#[utoipa::path(tag = "plans", security(("token" = ["plans.decide"])), request_body = DecisionRequest, params(("Idempotency-Key" = String, Header)), responses((status = 200, body = Plan), Refusals))]
#[post("/plans/{id}/return")]
async fn return_plan(command: Command<DecisionRequest, DecidePlans>, id: web::Path<PlanId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, body| Answer::changed(&decisions::return_to_draft(tx, may, *id, &body).await?)).await
}

/// Cancels a plan before release.
#[utoipa::path(tag = "plans", security(("token" = ["plans.draft"])), request_body = CancelRequest, params(("Idempotency-Key" = String, Header)), responses((status = 200, body = Plan), Refusals))]
#[post("/plans/{id}/cancel")]
async fn cancel_plan(command: Command<CancelRequest, DraftPlans>, id: web::Path<PlanId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, body| Answer::changed(&lifecycle::cancel(tx, may, *id, &body).await?)).await
}

/// Closes a settled plan.
#[utoipa::path(tag = "plans", security(("token" = ["plans.close"])), request_body = Empty, params(("Idempotency-Key" = String, Header)), responses((status = 200, body = Plan), Refusals))]
#[post("/plans/{id}/close")]
async fn close_plan(command: Command<Empty, ClosePlans>, id: web::Path<PlanId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, _| Answer::changed(&lifecycle::close(tx, may, *id).await?)).await
}

/// Proposes a special approval of a locked plan, bound to its digest.
#[utoipa::path(tag = "plans", security(("token" = ["exceptions.propose"])), request_body = NewSpecial, params(("Idempotency-Key" = String, Header)), responses((status = 201, body = SpecialView), Refusals))]
#[post("/plans/{id}/special-approvals")]
async fn propose_special(command: Command<NewSpecial, ProposeExceptions>, id: web::Path<PlanId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&decisions::propose_special(tx, may, *id, new).await?)).await
}

/// Decides a special approval of a plan that somebody else proposed.
#[utoipa::path(tag = "plans", security(("token" = ["exceptions.decide"])), request_body = SpecialDecisionRequest, params(("Idempotency-Key" = String, Header)), responses((status = 200, body = SpecialView), Refusals))]
#[post("/plans/{id}/special-approvals/{special_id}/decide")]
async fn decide_special(
    command: Command<SpecialDecisionRequest, DecideExceptions>,
    path: web::Path<(PlanId, Uuid)>,
) -> ApiResult<HttpResponse> {
    let (id, special) = path.into_inner();
    command.run(async |tx, may, body| Answer::ok(&decisions::decide_special(tx, may, id, special, &body).await?)).await
}
