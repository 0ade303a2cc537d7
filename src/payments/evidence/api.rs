//! Handlers.

use actix_web::{HttpResponse, get, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{EvidenceRequest, EvidenceResult, EvidenceView};
use super::{service, store, together};
use crate::access::permissions::{Pay, ReadPayments};
use crate::app::AppState;
use crate::db::{self, Joined, Tx};
use crate::exports::{AnyList, ExportQuery, FileAnswer, WholeList};
use crate::http::{Answer, ApiResult, Command, Export, Reader, Refusals, Views};
use crate::kernel::page::Whole;
use crate::kernel::{InstructionId, Page, Permit};

/// The lists of this folder that can be taken whole.
pub fn lists() -> Vec<&'static dyn AnyList> {
    vec![&EVIDENCE]
}

/// Mounts the routes of this folder.
pub fn configure(config: &mut ServiceConfig) {
    config.service(export_evidence);
    config.service(create_evidence).service(list_evidence);
}

/// Takes in what a bank, a statement or a receipt says of instructions: all of it or none.
#[utoipa::path(tag = "payments", security(("token" = ["payments.pay"])), request_body = EvidenceRequest, params(("Idempotency-Key" = String, Header)), responses((status = 200, body = EvidenceResult), Refusals))]
#[post("/evidence")]
async fn create_evidence(state: web::Data<AppState>, command: Command<EvidenceRequest, Pay>) -> ApiResult<HttpResponse> {
    let alone = if together::is_small(command.body()) {
        match state.evidence.run(command, take_in_together).await? {
            Ok(answer) => return Ok(answer),
            Err(command) => command,
        }
    } else {
        command
    };
    alone.run(async |tx, may, body| Answer::ok(&service::take_in(tx, may, &body).await?)).await
}

async fn take_in_together(tx: &Tx, may: &Permit<Pay>, requests: &[&EvidenceRequest]) -> db::Result<Joined<Answer>> {
    Ok(match together::take_in(tx, may, requests).await? {
        Joined::Done(results) => Joined::Done(results.iter().map(Answer::ok).collect::<db::Result<_>>()?),
        Joined::Apart(apart) => Joined::Apart(apart),
    })
}

async fn evidence_of(tx: &mut Tx, id: InstructionId) -> db::Result<Vec<EvidenceView>> {
    crate::payments::instruction(tx, id).await?;
    store::evidence_of(tx, &[id]).await
}

static EVIDENCE: WholeList<ReadPayments, Whole, EvidenceView> = WholeList {
    route: "instructions/{id}/evidence/export",
    page: |tx, _may, of, _filter| Box::pin(async move { Ok(Page::whole(evidence_of(tx, InstructionId(of)).await?)) }),
};

/// What was said of an instruction, as a file.
#[utoipa::path(tag = "payments", security(("token" = ["payments.read"])), params(ExportQuery), responses(FileAnswer, Refusals))]
#[get("/instructions/{id}/evidence/export")]
async fn export_evidence(export: Export<ReadPayments, Whole>, id: web::Path<InstructionId>) -> ApiResult<HttpResponse> {
    export.list_of(&EVIDENCE, id.0).await
}

/// What was said of an instruction.
#[utoipa::path(tag = "payments", security(("token" = ["payments.read"])), responses((status = 200, body = Vec<EvidenceView>), Refusals))]
#[get("/instructions/{id}/evidence")]
async fn list_evidence(reader: Reader<ReadPayments>, id: web::Path<InstructionId>) -> ApiResult<HttpResponse> {
    Views::one(&reader.read(async |tx, _may| evidence_of(tx, *id).await).await?)
}
