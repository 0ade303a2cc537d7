//! Handlers.

use actix_web::{HttpResponse, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{
    Erased, Erasure, RevealAccount, RevealEvidence, RevealFeedback, RevealPerson, RevealedAccount, RevealedEvidence, RevealedPerson,
    RevealedRecipient,
};
use super::{erasure, reveal};
use crate::access::permissions::{ErasePersonalData, RevealPersonalData};
use crate::http::{Answer, ApiResult, Command, Refusals};
use crate::kernel::{EvidenceId, PayeeAccountId, PersonId, TransferId};

/// Mounts the routes of this module.
pub fn configure(config: &mut ServiceConfig) {
    config.service(reveal_person).service(reveal_payee_account).service(reveal_evidence).service(reveal_feedback).service(erase_person);
}

/// Shows name, identity number or phone of a person in clear. Who saw what, and why, is recorded; the values are not, so a
/// repeated request answers without them.
#[utoipa::path(tag = "personal", security(("token" = ["registry.reveal"])), request_body = RevealPerson, params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = RevealedPerson), Refusals))]
#[post("/persons/{id}/reveal")]
async fn reveal_person(command: Command<RevealPerson, RevealPersonalData>, id: web::Path<PersonId>) -> ApiResult<HttpResponse> {
    command
        .run_secretly(async |tx, may, asked| {
            let (answer, seen) = reveal::person(tx, may, *id, &asked).await?;
            Ok((Answer::ok(&answer)?, Answer::ok(&seen)?))
        })
        .await
}

/// Shows holder or number of an account in clear, and records it.
#[utoipa::path(tag = "personal", security(("token" = ["registry.reveal"])), request_body = RevealAccount, params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = RevealedAccount), Refusals))]
#[post("/payee-accounts/{id}/reveal")]
async fn reveal_payee_account(
    command: Command<RevealAccount, RevealPersonalData>,
    id: web::Path<PayeeAccountId>,
) -> ApiResult<HttpResponse> {
    command
        .run_secretly(async |tx, may, asked| {
            let (answer, seen) = reveal::account(tx, may, *id, &asked).await?;
            Ok((Answer::ok(&answer)?, Answer::ok(&seen)?))
        })
        .await
}

/// Shows the bank's line or the witnesses of a piece of evidence in clear, and records it.
#[utoipa::path(tag = "personal", security(("token" = ["registry.reveal"])), request_body = RevealEvidence, params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = RevealedEvidence), Refusals))]
#[post("/evidence/{id}/reveal")]
async fn reveal_evidence(command: Command<RevealEvidence, RevealPersonalData>, id: web::Path<EvidenceId>) -> ApiResult<HttpResponse> {
    command
        .run_secretly(async |tx, may, asked| {
            let (answer, seen) = reveal::evidence(tx, may, *id, &asked).await?;
            Ok((Answer::ok(&answer)?, Answer::ok(&seen)?))
        })
        .await
}

/// Shows names or identity numbers of the recipients reported for a transfer in clear, and records it.
#[utoipa::path(tag = "personal", security(("token" = ["registry.reveal"])), request_body = RevealFeedback, params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Vec<RevealedRecipient>), Refusals))]
#[post("/transfers/{id}/feedback/reveal")]
async fn reveal_feedback(command: Command<RevealFeedback, RevealPersonalData>, id: web::Path<TransferId>) -> ApiResult<HttpResponse> {
    command
        .run_secretly(async |tx, may, asked| {
            let (answer, seen) = reveal::feedback(tx, may, *id, &asked).await?;
            Ok((Answer::ok(&answer)?, Answer::ok(&seen)?))
        })
        .await
}

/// Erases a person who was never paid; with `keep_required`, of one who was, what payments do not need.
#[utoipa::path(tag = "personal", security(("token" = ["registry.erase"])), request_body = Erasure, params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Erased), Refusals))]
#[post("/persons/{id}/erase")]
async fn erase_person(command: Command<Erasure, ErasePersonalData>, id: web::Path<PersonId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, asked| Answer::ok(&erasure::erase(tx, may, *id, &asked).await?)).await
}
