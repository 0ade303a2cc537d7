//! Handlers.

use actix_web::{HttpResponse, get, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{EvidenceRequest, EvidenceResult, EvidenceView};
use super::{service, store};
use crate::access::permissions::{Pay, ReadPayments};
use crate::http::{Answer, ApiResult, Command, Reader, Refusals, Views};
use crate::kernel::InstructionId;

/// Mounts the routes of this folder.
pub fn configure(config: &mut ServiceConfig) {
    config.service(create_evidence).service(list_evidence);
}

/// Takes in what a bank, a statement or a receipt says of instructions: all of it or none.
#[utoipa::path(tag = "payments", security(("token" = ["payments.pay"])), request_body = EvidenceRequest, params(("Idempotency-Key" = String, Header)), responses((status = 200, body = EvidenceResult), Refusals))]
#[post("/evidence")]
async fn create_evidence(command: Command<EvidenceRequest, Pay>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, body| Answer::ok(&service::take_in(tx, may, &body).await?)).await
}

/// What was said of an instruction.
#[utoipa::path(tag = "payments", security(("token" = ["payments.read"])), responses((status = 200, body = Vec<EvidenceView>), Refusals))]
#[get("/instructions/{id}/evidence")]
async fn list_evidence(reader: Reader<ReadPayments>, id: web::Path<InstructionId>) -> ApiResult<HttpResponse> {
    let evidence = reader
        .read(async |tx, _may| {
            crate::payments::instruction(tx, *id).await?;
            store::evidence_of(tx, &[*id]).await
        })
        .await?;
    Views::one(&evidence)
}
