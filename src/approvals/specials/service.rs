//! Proposing and deciding.

use uuid::Uuid;

use super::model::{NewSpecial, Special, SpecialDecision, SpecialDecisionRequest, SpecialKind, SpecialView};
use super::store;
use crate::access::permissions::ReadPlans;
use crate::approvals::Subject;
use crate::approvals::error::{OPINION_MISSING, SAME_PERSON, SPECIAL_MISSING};
use crate::db::{Error, Result, Tx};
use crate::kernel::access::{Permit, Role};
use crate::kernel::refusal::{NOT_FOUND, blank, in_future, none_at_fault};

/// Proposes a special approval of a subject. Its caller has made sure that the kind fits the subject, and the person may.
///
/// # Errors
/// A blank reason; the database refuses whoever has another duty on the plan.
pub async fn propose(tx: &mut Tx, subject: Subject, new: NewSpecial) -> Result<SpecialView> {
    none_at_fault(blank([("/reason", &new.reason)]))?;
    let special = Special {
        federation_id: tx.federation,
        id: Uuid::now_v7(),
        kind: new.kind.name().to_owned(),
        subject_kind: subject.kind.to_owned(),
        subject_id: subject.id,
        digest: new.digest,
        reason: new.reason,
        proposed_by: tx.actor.clone(),
        proposed_at: tx.now(),
    };
    tx.about("special_approval", special.id);
    tx.because(&special.reason);
    store::insert(tx, &special).await?;
    Ok(SpecialView { special, decision: None })
}

/// One, with what it is about.
///
/// # Errors
/// Not found, or about another subject.
pub async fn special(tx: &mut Tx, subject: Subject, id: Uuid) -> Result<(Special, SpecialKind)> {
    let special = store::special(tx, id).await?;
    if special.subject_kind != subject.kind || special.subject_id != subject.id {
        return Err(NOT_FOUND.refuse().into());
    }
    let kind = SpecialKind::parse(&special.kind).ok_or_else(|| Error::Internal("a stored kind".to_owned()))?;
    Ok((special, kind))
}

/// Decides one, in a role that its caller has made sure of.
///
/// # Errors
/// [`SAME_PERSON`]; [`OPINION_MISSING`] for a refusal without a reason; decided before.
pub async fn decide(tx: &mut Tx, special: Special, role: Role, request: &SpecialDecisionRequest) -> Result<SpecialView> {
    let decided_on = request.decided_on.unwrap_or_else(|| tx.today());
    none_at_fault(in_future("/decided_on", decided_on, tx.today()).into_iter().collect())?;
    if !request.approve && request.opinion.trim().is_empty() {
        return Err(OPINION_MISSING.at("/opinion", OPINION_MISSING.zh, OPINION_MISSING.en).into());
    }
    tx.about("special_approval", special.id);
    tx.because(&request.opinion);
    if special.proposed_by == tx.actor {
        return Err(SAME_PERSON.refuse().into());
    }
    let decision = SpecialDecision {
        federation_id: tx.federation,
        special_id: special.id,
        approved: request.approve,
        role: role.name().to_owned(),
        actor: tx.actor.clone(),
        opinion: request.opinion.clone(),
        decided_on,
        recorded_at: tx.now(),
    };
    store::insert_decision(tx, &decision).await?;
    Ok(SpecialView { special, decision: Some(decision) })
}

pub(in crate::approvals) async fn list(tx: &mut Tx, _may: &Permit<ReadPlans>, kind: &str, id: Uuid) -> Result<Vec<SpecialView>> {
    store::specials(tx, kind, id).await
}

/// Whether one of a kind was approved for a subject, on this digest.
///
/// # Errors
/// When the database cannot be read.
pub async fn given(tx: &mut Tx, subject: Subject, kind: SpecialKind, digest: Option<&str>) -> Result<bool> {
    let known = store::specials(tx, subject.kind, subject.id).await?;
    Ok(known.iter().any(|view| {
        view.special.kind == kind.name()
            && view.special.digest.as_deref() == digest
            && view.decision.as_ref().is_some_and(|decision| decision.approved)
    }))
}

/// Refuses a roster that needs a special approval which was not given on its digest, naming every one that is missing.
///
/// # Errors
/// [`SPECIAL_MISSING`] with `missing`.
pub async fn require_none_missing(tx: &mut Tx, roster: Uuid) -> Result<()> {
    let missing = store::missing(tx, roster).await?;
    if missing.is_empty() { Ok(()) } else { Err(SPECIAL_MISSING.refuse().with("missing", missing).into()) }
}
