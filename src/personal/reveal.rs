//! Use cases: seeing personal data in clear. Each says why and which fields; the act's audit event keeps that, and who asked,
//! and is written in the same transaction before the answer leaves.

use super::model::{
    AccountField, EvidenceField, FeedbackField, PersonField, RevealAccount, RevealEvidence, RevealFeedback, RevealPerson, RevealedAccount,
    RevealedEvidence, RevealedPerson, RevealedRecipient, Seen,
};
use super::rules::reveal_faults;
use crate::access::permissions::RevealPersonalData;
use crate::db::{Result, Tx};
use crate::kernel::refusal::none_at_fault;
use crate::kernel::vault::Secret;
use crate::kernel::{EvidenceId, PayeeAccountId, Permit, PersonId, TransferId};
use crate::{payments, registry};

fn clear(secret: Option<Secret>) -> Option<String> {
    secret.map(|secret| secret.expose().to_owned())
}

fn seen(tx: &mut Tx, id: impl ToString, reason: &str, fields: impl Iterator<Item = &'static str>) -> Seen {
    tx.because(reason);
    let mut revealed: Vec<&'static str> = fields.collect();
    revealed.sort_unstable();
    revealed.dedup();
    Seen { id: id.to_string(), revealed }
}

/// A person in clear.
pub(super) async fn person(
    tx: &mut Tx,
    may: &Permit<RevealPersonalData>,
    id: PersonId,
    asked: &RevealPerson,
) -> Result<(RevealedPerson, Seen)> {
    none_at_fault(reveal_faults(&asked.reason, &asked.fields))?;
    let person = registry::person_in_clear(tx, id).await?;
    may.require(person.organisation_id)?;
    let wanted = |field| asked.fields.contains(&field);
    let answer = RevealedPerson {
        id,
        name: Some(person.name).filter(|_| wanted(PersonField::Name)),
        identity_number: clear(person.identity_number.filter(|_| wanted(PersonField::IdentityNumber))),
        phone: clear(person.phone.filter(|_| wanted(PersonField::Phone))),
    };
    Ok((answer, seen(tx, id, &asked.reason, asked.fields.iter().map(|field| field.name()))))
}

/// A payee account in clear.
pub(super) async fn account(
    tx: &mut Tx,
    may: &Permit<RevealPersonalData>,
    id: PayeeAccountId,
    asked: &RevealAccount,
) -> Result<(RevealedAccount, Seen)> {
    none_at_fault(reveal_faults(&asked.reason, &asked.fields))?;
    let account = registry::account_in_clear(tx, id).await?;
    may.require(account.organisation_id)?;
    let wanted = |field| asked.fields.contains(&field);
    let answer = RevealedAccount {
        id,
        holder_name: Some(account.holder_name).filter(|_| wanted(AccountField::HolderName)),
        number: clear(account.number.filter(|_| wanted(AccountField::Number))),
    };
    Ok((answer, seen(tx, id, &asked.reason, asked.fields.iter().map(|field| field.name()))))
}

/// A piece of evidence in clear.
pub(super) async fn evidence(
    tx: &mut Tx,
    may: &Permit<RevealPersonalData>,
    id: EvidenceId,
    asked: &RevealEvidence,
) -> Result<(RevealedEvidence, Seen)> {
    none_at_fault(reveal_faults(&asked.reason, &asked.fields))?;
    let evidence = payments::evidence_in_clear(tx, id).await?;
    may.require(evidence.organisation_id)?;
    let wanted = |field| asked.fields.contains(&field);
    let answer = RevealedEvidence {
        id,
        raw_text: clear(evidence.raw_text.filter(|_| wanted(EvidenceField::RawText))),
        witnesses: Some(evidence.witnesses).filter(|_| wanted(EvidenceField::Witnesses)),
    };
    Ok((answer, seen(tx, id, &asked.reason, asked.fields.iter().map(|field| field.name()))))
}

/// The reported recipients of a transfer in clear.
pub(super) async fn feedback(
    tx: &mut Tx,
    may: &Permit<RevealPersonalData>,
    id: TransferId,
    asked: &RevealFeedback,
) -> Result<(Vec<RevealedRecipient>, Seen)> {
    none_at_fault(reveal_faults(&asked.reason, &asked.fields))?;
    let (organisation, rows) = payments::feedback_in_clear(tx, id).await?;
    may.require(Some(organisation))?;
    let wanted = |field| asked.fields.contains(&field);
    let answer = rows
        .into_iter()
        .map(|row| RevealedRecipient {
            id: row.id,
            name: Some(row.name).filter(|_| wanted(FeedbackField::Name)),
            identity_number: clear(Some(row.identity_number).filter(|_| wanted(FeedbackField::IdentityNumber))),
        })
        .collect();
    Ok((answer, seen(tx, id, &asked.reason, asked.fields.iter().map(|field| field.name()))))
}
