//! Submitting and deciding.

use chrono::NaiveDate;
use uuid::Uuid;

use super::error::{
    DECIDED_BEFORE, DECISION_TOO_EARLY, MINUTES_MISSING, OPINION_MISSING, POLICY_MISSING, REVIEW_DIGEST_DIFFERS, REVIEW_NOT_OPEN,
    STEP_DECIDED,
};
use super::model::{Approval, Decision, Outcome, Review, ReviewView, Standing, Step, StepKind, Subject, Verdict};
use super::{policies, rules, store};
use crate::access::permissions::ReadPlans;
use crate::db::{Error, Result, Tx};
use crate::kernel::access::Permit;
use crate::kernel::refusal::{in_future, none_at_fault};
use crate::kernel::{ApprovalId, Money};

/// Submits a subject under the policy in force today. `digest` is what every decision must name. The steps that the amount needs
/// are stored with the review: a later policy does not change one that runs.
///
/// # Errors
/// [`POLICY_MISSING`]; [`super::error::REVIEW_OPEN`] when it is under review already.
pub async fn submit(tx: &mut Tx, subject: Subject, digest: &str, amount: Money) -> Result<()> {
    let today = tx.today();
    let policy = policies::in_force(tx, today).await?.ok_or_else(|| POLICY_MISSING.refuse().with("on", today))?;
    let steps = rules::needed(&steps_of(&policy.steps)?, amount);
    let review = Review {
        federation_id: tx.federation,
        id: Uuid::now_v7(),
        subject_kind: subject.kind.to_owned(),
        subject_id: subject.id,
        digest: digest.to_owned(),
        steps: serde_json::to_value(steps).map_err(|error| Error::Internal(error.to_string()))?,
        state: "open".to_owned(),
        submitted_by: tx.actor.clone(),
        submitted_at: tx.now(),
        policy_id: Some(policy.id),
        amount,
    };
    store::insert_review(tx, &review).await
}

/// Steps as they are stored.
pub(super) fn steps_of(value: &serde_json::Value) -> Result<Vec<Step>> {
    serde_json::from_value(value.clone()).map_err(|error| Error::Internal(format!("stored steps: {error}")))
}

/// Where the review of a subject stands that is not returned, and not authorised yet; its row is held, so that of two decisions
/// at once the second sees the first.
///
/// # Errors
/// [`REVIEW_NOT_OPEN`].
pub async fn standing(tx: &mut Tx, subject: Subject) -> Result<Standing> {
    let review = store::lock_running(tx, subject.kind, subject.id).await?.ok_or_else(|| REVIEW_NOT_OPEN.refuse())?;
    let approvals = store::approvals(tx, &[review.id]).await?;
    let steps = steps_of(&review.steps)?;
    let at = rules::stands_at(&steps, &approved(&approvals));
    Ok(Standing { review, steps, approvals, at })
}

/// The step a review stands at, when it is the one meant: numbered from 1.
///
/// # Errors
/// [`STEP_DECIDED`] with the step it stands at.
pub fn require_step(standing: &Standing, meant: i16) -> Result<&Step> {
    match standing.step() {
        Some(step) if standing.number() == meant => Ok(step),
        Some(_) => Err(STEP_DECIDED.refuse().with("step", standing.number()).into()),
        None => Err(REVIEW_NOT_OPEN.refuse().into()),
    }
}

fn approved(approvals: &[Approval]) -> Vec<i16> {
    approvals.iter().filter(|approval| approval.decision == "approved").map(|approval| approval.step).collect()
}

/// Records a decision at the step the review stands at. Its caller has made sure that the person may act in the step's role.
///
/// # Errors
/// [`STEP_DECIDED`] when it was meant for another step; [`REVIEW_DIGEST_DIFFERS`] when it was made on something else;
/// [`OPINION_MISSING`] for a return without a reason; [`MINUTES_MISSING`]; [`DECISION_TOO_EARLY`]; [`DECIDED_BEFORE`]. The
/// database looks at all of it again.
pub async fn decide(tx: &mut Tx, standing: &Standing, decision: &Decision) -> Result<Outcome> {
    none_at_fault(in_future("/decided_on", decision.decided_on, tx.today()).into_iter().collect())?;
    let Standing { review, steps, approvals, .. } = standing;
    let step = standing.step().ok_or_else(|| REVIEW_NOT_OPEN.refuse())?;
    let number = standing.number();
    if decision.step.is_some_and(|meant| meant != number) {
        return Err(STEP_DECIDED.refuse().with("step", number).into());
    }
    check(step, review, approvals, decision, &tx.actor)?;
    let role = match decision.verdict {
        Verdict::Withdraw => "maker",
        Verdict::Return if step.kind == StepKind::Publicity => "checker",
        Verdict::Approve | Verdict::Return => step.role.name(),
    };
    let approval = Approval {
        federation_id: tx.federation,
        id: ApprovalId::generate(),
        review_id: review.id,
        step: number,
        role: role.to_owned(),
        actor: tx.actor.clone(),
        decision: decision.verdict.name().to_owned(),
        digest: decision.digest.clone(),
        opinion: decision.opinion.clone(),
        decided_on: decision.decided_on,
        recorded_at: tx.now(),
        minutes: decision.minutes.clone(),
        minutes_document_id: decision.minutes_document_id,
    };
    store::insert_approval(tx, &approval).await?;
    let mut given = approved(approvals);
    if decision.verdict == Verdict::Approve {
        given.push(number);
    }
    let next = rules::stands_at(steps, &given).and_then(|at| steps.get(at));
    let (outcome, state) = match (decision.verdict, next.map(|step| step.kind)) {
        (Verdict::Return | Verdict::Withdraw, _) => (Outcome::Returned, "returned"),
        (Verdict::Approve, None) => (Outcome::Authorised, "authorised"),
        (Verdict::Approve, Some(StepKind::Authorise)) => (Outcome::Approved, "approved"),
        (Verdict::Approve, Some(_)) => return Ok(Outcome::Pending),
    };
    store::set_state(tx, review.id, state).await?;
    Ok(outcome)
}

fn check(step: &Step, review: &Review, approvals: &[Approval], decision: &Decision, actor: &str) -> Result<()> {
    if review.digest != decision.digest {
        return Err(REVIEW_DIGEST_DIFFERS.at("/digest", REVIEW_DIGEST_DIFFERS.zh, REVIEW_DIGEST_DIFFERS.en).into());
    }
    if decision.verdict != Verdict::Approve && decision.opinion.trim().is_empty() {
        return Err(OPINION_MISSING.at("/opinion", OPINION_MISSING.zh, OPINION_MISSING.en).into());
    }
    if decision.verdict != Verdict::Withdraw && approvals.iter().any(|approval| approval.actor == actor) {
        return Err(DECIDED_BEFORE.refuse().into());
    }
    let noted = decision.minutes.as_ref().is_some_and(|minutes| !minutes.trim().is_empty()) || decision.minutes_document_id.is_some();
    if step.kind == StepKind::Meeting && decision.verdict == Verdict::Approve && !noted {
        return Err(MINUTES_MISSING.at("/minutes", MINUTES_MISSING.zh, MINUTES_MISSING.en).into());
    }
    if let Some(since) = approvals.iter().map(|approval| approval.decided_on).max().filter(|since| *since > decision.decided_on) {
        return Err(DECISION_TOO_EARLY.at("/decided_on", DECISION_TOO_EARLY.zh, DECISION_TOO_EARLY.en).with("since", since).into());
    }
    Ok(())
}

pub(super) async fn list(tx: &mut Tx, _may: &Permit<ReadPlans>, kind: &str, id: Uuid) -> Result<Vec<ReviewView>> {
    reviews_of(tx, kind, id).await
}

/// The kind of step a review stands at; none when it is not open.
///
/// # Errors
/// Not found.
pub async fn open_at(tx: &mut Tx, review: Uuid) -> Result<Option<StepKind>> {
    let review = store::review(tx, review).await?;
    if review.state != "open" {
        return Ok(None);
    }
    let (steps, approvals) = (steps_of(&review.steps)?, store::approvals(tx, &[review.id]).await?);
    Ok(rules::stands_at(&steps, &approved(&approvals)).and_then(|at| steps.get(at)).map(|step| step.kind))
}

/// Every passage of a subject through the chain, oldest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn reviews_of(tx: &mut Tx, kind: &str, id: Uuid) -> Result<Vec<ReviewView>> {
    let mut views = Vec::new();
    for (review, approvals) in store::reviews(tx, kind, id).await? {
        let running = matches!(review.state.as_str(), "open" | "approved");
        let at = if running { rules::stands_at(&steps_of(&review.steps)?, &approved(&approvals)) } else { None };
        views.push(ReviewView { review, stands_at: at.map(|at| at.saturating_add(1)), approvals });
    }
    Ok(views)
}

/// The day of the last decision that approved a subject, before it was authorised.
///
/// # Errors
/// When the database cannot be read.
pub async fn approved_on(tx: &mut Tx, subject: Subject) -> Result<Option<NaiveDate>> {
    let mut last = None;
    for (review, approvals) in store::reviews(tx, subject.kind, subject.id).await? {
        if matches!(review.state.as_str(), "approved" | "authorised") {
            let deciding = approvals.iter().filter(|approval| approval.role != "finance_head");
            last = last.max(deciding.map(|approval| approval.decided_on).max());
        }
    }
    Ok(last)
}
