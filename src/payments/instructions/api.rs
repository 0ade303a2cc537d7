//! Handlers.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::exceptions;
use super::forms;
use super::model::{Batch, BatchFilter, InstructionFilter, InstructionView};
use super::service::{self, GiveUpRequest, ReissueRequest, ReleaseRequest, Released, SendRequest};
use super::store;
use crate::access::permissions::{DecideExceptions, ForgoPayments, Pay, ProposeExceptions, ReadPayments, ReleasePlans};
use crate::approvals::specials::{NewSpecial, SpecialDecisionRequest, SpecialView};
use crate::exports::{AnyList, ExportQuery, FileAnswer, WholeList};
use crate::forms::{FilledForm, FormQuery};
use crate::http::{Answer, ApiResult, Command, Export, LongCommand, Reader, Refusals, Step, Views};
use crate::jobs::{JobView, Work};
use crate::kernel::{BatchId, InstructionId, Page, PlanId};
use uuid::Uuid;

/// The lists of this module that can be taken whole.
pub fn lists() -> Vec<&'static dyn AnyList> {
    vec![&BATCHES, &INSTRUCTIONS]
}

/// The steps that can be done as jobs.
pub fn works() -> Vec<Box<dyn Work>> {
    vec![RELEASE.work()]
}

/// Mounts the routes of this folder.
pub fn configure(config: &mut ServiceConfig) {
    config.service(export_instructions);
    config.service(export_batches).service(read_batch_cover);
    config
        .service(release_plan)
        .service(list_batches)
        .service(read_batch)
        .service(send_batch)
        .service(list_instructions)
        .service(read_instruction)
        .service(reissue_instruction)
        .service(give_up_instruction)
        .service(propose_reissue)
        .service(decide_reissue);
}

static RELEASE: Step<ReleaseRequest, ReleasePlans, Released> = Step {
    kind: "plan.release",
    route: "plans/{id}/release",
    run: |tx, may, id, body| Box::pin(service::release(tx, may, PlanId(id), body)),
};

/// Writes the instructions of an approved plan. Refused when the digest is not the one approved.
/// With `Prefer: respond-async` a job does it, which is answered with 202.
#[utoipa::path(tag = "payments", security(("token" = ["plans.release"])), request_body = ReleaseRequest, params(("Idempotency-Key" = String, Header), ("Prefer" = Option<String>, Header)), responses((status = 201, body = Released), (status = 202, body = JobView), Refusals))]
#[post("/plans/{id}/release")]
async fn release_plan(command: LongCommand<ReleaseRequest, ReleasePlans>, id: web::Path<PlanId>) -> ApiResult<HttpResponse> {
    command.run(&RELEASE, id.0, Answer::created).await
}

static BATCHES: WholeList<ReadPayments, BatchFilter, Batch> =
    WholeList { route: "batches/export", page: |tx, _may, _of, filter| Box::pin(store::batches(tx, filter)) };

/// All batches that match, as a file.
#[utoipa::path(tag = "payments", security(("token" = ["payments.read"])), params(ExportQuery, BatchFilter), responses(FileAnswer, Refusals))]
#[get("/batches/export")]
async fn export_batches(export: Export<ReadPayments, BatchFilter>) -> ApiResult<HttpResponse> {
    export.list(&BATCHES).await
}

/// Batches, with their total.
#[utoipa::path(tag = "payments", security(("token" = ["payments.read"])), params(BatchFilter), responses((status = 200, body = Page<Batch>), Refusals))]
#[get("/batches")]
async fn list_batches(reader: Reader<ReadPayments>, filter: web::Query<BatchFilter>, request: HttpRequest) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx, _may| store::batches(tx, &filter).await).await?)
}

/// One batch.
#[utoipa::path(tag = "payments", security(("token" = ["payments.read"])), responses((status = 200, body = Batch), Refusals))]
#[get("/batches/{id}")]
async fn read_batch(reader: Reader<ReadPayments>, id: web::Path<BatchId>) -> ApiResult<HttpResponse> {
    Views::one(&reader.read(async |tx, _may| store::batch(tx, *id).await).await?)
}

/// Hands a batch over to the bank; its money is in transit from then on.
#[utoipa::path(tag = "payments", security(("token" = ["payments.pay"])), request_body = SendRequest, params(("Idempotency-Key" = String, Header)), responses((status = 200, body = Batch), Refusals))]
#[post("/batches/{id}/send")]
async fn send_batch(command: Command<SendRequest, Pay>, id: web::Path<BatchId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, body| Answer::ok(&service::send(tx, may, *id, &body).await?)).await
}

static INSTRUCTIONS: WholeList<ReadPayments, InstructionFilter, InstructionView> =
    WholeList { route: "instructions/export", page: |tx, may, _of, filter| Box::pin(service::list(tx, may, filter)) };

/// All instructions that match, as a file.
#[utoipa::path(tag = "payments", security(("token" = ["payments.read"])), params(ExportQuery, InstructionFilter), responses(FileAnswer, Refusals))]
#[get("/instructions/export")]
async fn export_instructions(export: Export<ReadPayments, InstructionFilter>) -> ApiResult<HttpResponse> {
    export.list(&INSTRUCTIONS).await
}

/// The cover sheet of a batch (代发批次封面): count, total in figures and capitals, by whom and when, control totals.
#[utoipa::path(tag = "payments", security(("token" = ["payments.read"])), params(FormQuery), responses(FilledForm, Refusals))]
#[get("/batches/{id}/forms/cover")]
async fn read_batch_cover(reader: Reader<ReadPayments>, id: web::Path<BatchId>, query: web::Query<FormQuery>) -> ApiResult<HttpResponse> {
    let form = reader.read(async |tx, may| forms::cover(tx, may, *id).await).await?;
    Views::form(form, query.format, "批次封面").await
}

/// Instructions, with their total.
#[utoipa::path(tag = "payments", security(("token" = ["payments.read"])), params(InstructionFilter), responses((status = 200, body = Page<InstructionView>), Refusals))]
#[get("/instructions")]
async fn list_instructions(
    reader: Reader<ReadPayments>,
    filter: web::Query<InstructionFilter>,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx, may| service::list(tx, may, &filter).await).await?)
}

/// One instruction.
#[utoipa::path(tag = "payments", security(("token" = ["payments.read"])), responses((status = 200, body = InstructionView), Refusals))]
#[get("/instructions/{id}")]
async fn read_instruction(reader: Reader<ReadPayments>, id: web::Path<InstructionId>) -> ApiResult<HttpResponse> {
    Views::versioned(&reader.read(async |tx, may| service::read(tx, may, *id).await).await?)
}

/// Another attempt for a failed or bounced instruction; the new instruction is the answer.
#[utoipa::path(tag = "payments", security(("token" = ["payments.pay"])), request_body = ReissueRequest, params(("Idempotency-Key" = String, Header)), responses((status = 200, body = InstructionView), Refusals))]
#[post("/instructions/{id}/reissue")]
async fn reissue_instruction(command: Command<ReissueRequest, Pay>, id: web::Path<InstructionId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, body| Answer::changed(&service::reissue(tx, may, *id, &body).await?)).await
}

/// Gives up an instruction that failed, bounced or was never sent.
#[utoipa::path(tag = "payments", security(("token" = ["payments.forgo"])), request_body = GiveUpRequest, params(("Idempotency-Key" = String, Header)), responses((status = 200, body = InstructionView), Refusals))]
#[post("/instructions/{id}/give-up")]
async fn give_up_instruction(command: Command<GiveUpRequest, ForgoPayments>, id: web::Path<InstructionId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, body| Answer::changed(&service::give_up(tx, may, *id, &body).await?)).await
}

/// Proposes that a payment be made again, though it was reported unknown.
#[utoipa::path(tag = "payments", security(("token" = ["exceptions.propose"])), request_body = NewSpecial, params(("Idempotency-Key" = String, Header)), responses((status = 201, body = SpecialView), Refusals))]
#[post("/instructions/{id}/special-approvals")]
async fn propose_reissue(command: Command<NewSpecial, ProposeExceptions>, id: web::Path<InstructionId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&exceptions::propose(tx, may, *id, new).await?)).await
}

/// Decides whether a payment that was reported unknown is made again.
#[utoipa::path(tag = "payments", security(("token" = ["exceptions.decide"])), request_body = SpecialDecisionRequest, params(("Idempotency-Key" = String, Header)), responses((status = 200, body = SpecialView), Refusals))]
#[post("/instructions/{id}/special-approvals/{special_id}/decide")]
async fn decide_reissue(
    command: Command<SpecialDecisionRequest, DecideExceptions>,
    path: web::Path<(InstructionId, Uuid)>,
) -> ApiResult<HttpResponse> {
    let (id, special) = path.into_inner();
    command.run(async |tx, may, body| Answer::ok(&exceptions::decide(tx, may, id, special, &body).await?)).await
}
