//! Submitting and deciding.

use chrono::NaiveDate;
use uuid::Uuid;

use super::error::{OPINION_MISSING, REVIEW_DIGEST_DIFFERS, REVIEW_NOT_OPEN};
use super::model::{Approval, Decision, Outcome, Review, ReviewView, Step, Subject};
use super::rules::Policy;
use super::store;
use crate::access::permissions::ReadPlans;
use crate::db::{Error, Result, Tx};
use crate::kernel::Permit;
use crate::kernel::refusal::{in_future, none_at_fault};
use crate::kernel::{ApprovalId, Money};

/// Submits a subject. `digest` is what every decision must name.
///
/// # Errors
/// [`super::error::REVIEW_OPEN`] when it is under review already.
pub async fn submit(tx: &mut Tx, policy: &dyn Policy, subject: Subject, digest: &str, amount: Money) -> Result<()> {
    let steps = serde_json::to_value(policy.steps(subject, amount)).map_err(|error| Error::Internal(error.to_string()))?;
    let review = Review {
        federation_id: tx.federation,
        id: Uuid::now_v7(),
        subject_kind: subject.kind.to_owned(),
        subject_id: subject.id,
        digest: digest.to_owned(),
        steps,
        state: "open".to_owned(),
        submitted_by: tx.actor.clone(),
        submitted_at: tx.now(),
    };
    store::insert_review(tx, &review).await
}

/// Records a decision at the next step.
///
/// # Errors
/// [`REVIEW_NOT_OPEN`]; [`REVIEW_DIGEST_DIFFERS`] when the decision was made on something else; [`OPINION_MISSING`] for a
/// return without a reason.
pub async fn decide(tx: &mut Tx, subject: Subject, decision: &Decision) -> Result<Outcome> {
    none_at_fault(in_future("/decided_on", decision.decided_on, tx.today()).into_iter().collect())?;
    let review = store::lock_open(tx, subject.kind, subject.id).await?.ok_or_else(|| REVIEW_NOT_OPEN.refuse())?;
    if review.digest != decision.digest {
        return Err(REVIEW_DIGEST_DIFFERS.at("/digest", REVIEW_DIGEST_DIFFERS.zh, REVIEW_DIGEST_DIFFERS.en).into());
    }
    if !decision.approve && decision.opinion.trim().is_empty() {
        return Err(OPINION_MISSING.at("/opinion", OPINION_MISSING.zh, OPINION_MISSING.en).into());
    }
    let steps: Vec<Step> = serde_json::from_value(review.steps.clone()).map_err(|error| Error::Internal(error.to_string()))?;
    let decided = store::approvals(tx, &[review.id]).await?.len();
    let step = steps.get(decided).ok_or_else(|| REVIEW_NOT_OPEN.refuse())?;
    let approval = Approval {
        federation_id: tx.federation,
        id: ApprovalId::generate(),
        review_id: review.id,
        step: i16::try_from(decided.saturating_add(1)).map_err(|error| Error::Internal(error.to_string()))?,
        role: step.role.clone(),
        actor: tx.actor.clone(),
        decision: if decision.approve { "approved" } else { "returned" }.to_owned(),
        digest: decision.digest.clone(),
        opinion: decision.opinion.clone(),
        decided_on: decision.decided_on,
        recorded_at: tx.now(),
    };
    store::insert_approval(tx, &approval).await?;
    let last = decided.saturating_add(1) == steps.len();
    let outcome = match (decision.approve, last) {
        (false, _) => Outcome::Returned,
        (true, true) => Outcome::Approved,
        (true, false) => return Ok(Outcome::Pending),
    };
    store::set_state(tx, review.id, if outcome == Outcome::Approved { "approved" } else { "returned" }).await?;
    Ok(outcome)
}

pub(super) async fn list(tx: &mut Tx, _may: &Permit<ReadPlans>, kind: &str, id: Uuid) -> Result<Vec<ReviewView>> {
    reviews_of(tx, kind, id).await
}

/// Every passage of a subject through the chain, oldest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn reviews_of(tx: &mut Tx, kind: &str, id: Uuid) -> Result<Vec<ReviewView>> {
    store::reviews(tx, kind, id).await
}

/// The day of the last decision of the review that approved a subject.
///
/// # Errors
/// When the database cannot be read.
pub async fn approved_on(tx: &mut Tx, subject: Subject) -> Result<Option<NaiveDate>> {
    let reviews = store::reviews(tx, subject.kind, subject.id).await?;
    let approved = reviews.into_iter().filter(|view| view.review.state == "approved");
    Ok(approved.filter_map(|view| view.approvals.iter().map(|approval| approval.decided_on).max()).max())
}
