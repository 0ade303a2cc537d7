//! The way of a plan through the approval chain: submit, approve, return, authorise; and its special approvals.

use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::{ALREADY_CLAIMED, DIGEST_DIFFERS, PLAN_STATE};
use super::lifecycle::{DigestRequest, commit, locked_roster};
use super::model::{Plan, PlanStatus};
use super::rosters::proof::proved;
use super::rosters::{EntryKey, Roster, store as roster_store};
use super::service::status;
use super::{rules, store};
use crate::access::permissions::{DecideExceptions, DecidePlans, DraftPlans, ProposeExceptions, ReleasePlans};
use crate::approvals::specials::{self, NewSpecial, SpecialDecisionRequest, SpecialKind, SpecialView};
use crate::approvals::{self, Decision, Outcome, ROLE_NOT_HELD, STEP_UNFIT, Standing, StepKind, Subject, Verdict};
use crate::db::{Result, Tx};
use crate::kernel::access::{Permission, Permit, Role};
use crate::kernel::refusal::FIELDS_INVALID;
use crate::kernel::{DocumentId, OrganisationId, PlanId};

/// A decision on a plan.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionRequest {
    /// The digest of the roster that was looked at.
    pub digest: String,
    /// The step that is decided, from 1: of two people who press at once, the second does not decide the next step unseen.
    #[schema(minimum = 1)]
    pub step: i16,
    /// Why; needed for a return.
    #[serde(default)]
    pub opinion: String,
    /// For a meeting: the number of its minutes (纪要文号).
    #[serde(default)]
    pub minutes: Option<String>,
    /// For a meeting: its minutes as a document.
    #[serde(default)]
    pub minutes_document_id: Option<DocumentId>,
    /// The day of the decision; today when absent. The funds are committed as of the last one.
    pub decided_on: Option<NaiveDate>,
}

/// A plan as what is reviewed.
pub(super) const fn subject(plan: PlanId) -> Subject {
    Subject { kind: "plan", id: plan.0 }
}

pub(super) fn require_digest(roster: &Roster, digest: &str) -> Result<()> {
    if roster.digest == digest {
        return Ok(());
    }
    Err(DIGEST_DIFFERS.at("/digest", DIGEST_DIFFERS.zh, DIGEST_DIFFERS.en).with("locked", &roster.digest).into())
}

/// Refuses whoever does not have the role where the plan is made.
fn require_role<P: Permission>(may: &Permit<P>, role: Role, organisation: OrganisationId) -> Result<()> {
    if may.held_as(role, Some(organisation)) { Ok(()) } else { Err(ROLE_NOT_HELD.refuse().with("role", role).into()) }
}

/// Submits a locked plan to the approval chain: its roster is what the registry still gives, and every special approval it needs
/// has been given.
pub(super) async fn submit(tx: &mut Tx, may: &Permit<DraftPlans>, id: PlanId, request: &DigestRequest) -> Result<Plan> {
    let plan = store::lock(tx, id).await?;
    may.require(Some(plan.organisation_id))?;
    rules::follow(status(&plan)?, PlanStatus::InReview)?;
    let roster = locked_roster(tx, &plan).await?;
    require_digest(&roster, &request.digest)?;
    proved(tx, &plan, &roster, async |tx| to_review(tx, &plan, &roster).await).await
}

async fn to_review(tx: &mut Tx, plan: &Plan, roster: &Roster) -> Result<Plan> {
    specials::require_none_missing(tx, roster.id.0).await?;
    approvals::submit(tx, subject(plan.id), &roster.digest, roster.total).await?;
    tx.before(plan);
    store::set_status(tx, plan, PlanStatus::InReview, Some(roster.id)).await
}

/// A plan in review with its roster, held, and where its review stands.
pub(super) struct UnderReview {
    pub(super) plan: Plan,
    pub(super) roster: Roster,
    pub(super) standing: Standing,
}

impl UnderReview {
    /// Holds a plan in review.
    pub(super) async fn hold(tx: &mut Tx, id: PlanId) -> Result<Self> {
        let plan = store::lock(tx, id).await?;
        if status(&plan)? != PlanStatus::InReview {
            return Err(PLAN_STATE.refuse().with("state", &plan.status).into());
        }
        let roster = locked_roster(tx, &plan).await?;
        let standing = approvals::standing(tx, subject(id)).await?;
        Ok(Self { plan, roster, standing })
    }

    /// Records a decision and lets the plan follow: the last approval before authorisation lays the claims and commits the
    /// funds, or all of it is refused.
    pub(super) async fn decide(&self, tx: &mut Tx, decision: &Decision) -> Result<Plan> {
        let Self { plan, roster, standing } = self;
        tx.because(&decision.opinion);
        tx.before(plan);
        match approvals::decide(tx, standing, decision).await? {
            Outcome::Pending | Outcome::Authorised => Ok(plan.clone()),
            Outcome::Returned => {
                rules::follow(status(plan)?, PlanStatus::Draft)?;
                store::set_status(tx, plan, PlanStatus::Draft, None).await
            }
            Outcome::Approved => approved(tx, plan, roster, decision.decided_on).await,
        }
    }
}

async fn approved(tx: &mut Tx, plan: &Plan, roster: &Roster, on: NaiveDate) -> Result<Plan> {
    rules::follow(status(plan)?, PlanStatus::Approved)?;
    let conflicts = roster_store::conflicting_claims(tx, roster.id).await?;
    if !conflicts.is_empty() {
        return Err(ALREADY_CLAIMED.refuse().with("positions", conflicts).into());
    }
    let approved = store::set_status(tx, plan, PlanStatus::Approved, Some(roster.id)).await?;
    roster_store::lay_claims(tx, roster.id).await?;
    commit(tx, &approved, roster, on).await?;
    Ok(approved)
}

/// What somebody decides, as the request says it.
fn decision(tx: &Tx, request: &DecisionRequest, verdict: Verdict) -> Decision {
    Decision {
        digest: request.digest.clone(),
        step: Some(request.step),
        verdict,
        opinion: request.opinion.clone(),
        minutes: request.minutes.clone(),
        minutes_document_id: request.minutes_document_id,
        decided_on: request.decided_on.unwrap_or_else(|| tx.today()),
    }
}

/// Approves the locked roster at the step the review stands at.
pub(super) async fn approve(tx: &mut Tx, may: &Permit<DecidePlans>, id: PlanId, request: &DecisionRequest) -> Result<Plan> {
    let under = UnderReview::hold(tx, id).await?;
    may.require(Some(under.plan.organisation_id))?;
    require_digest(&under.roster, &request.digest)?;
    let step = approvals::require_step(&under.standing, request.step)?;
    if matches!(step.kind, StepKind::Publicity | StepKind::Authorise) {
        return Err(STEP_UNFIT.refuse().with("kind", step.kind).into());
    }
    require_role(may, step.role, under.plan.organisation_id)?;
    let decision = decision(tx, request, Verdict::Approve);
    proved(tx, &under.plan, &under.roster, async |tx| under.decide(tx, &decision).await).await
}

/// Returns a plan to draft with a reason, at the step the review stands at; while it is publicised, a checker does.
pub(super) async fn return_to_draft(tx: &mut Tx, may: &Permit<DecidePlans>, id: PlanId, request: &DecisionRequest) -> Result<Plan> {
    let under = UnderReview::hold(tx, id).await?;
    may.require(Some(under.plan.organisation_id))?;
    require_digest(&under.roster, &request.digest)?;
    let step = approvals::require_step(&under.standing, request.step)?;
    let role = if step.kind == StepKind::Publicity { Role::Checker } else { step.role };
    require_role(may, role, under.plan.organisation_id)?;
    let decision = decision(tx, request, Verdict::Return);
    under.decide(tx, &decision).await
}

/// Takes a plan back from review, for its cancellation.
pub(super) async fn withdraw(tx: &mut Tx, id: PlanId, reason: &str, on: NaiveDate) -> Result<()> {
    let standing = approvals::standing(tx, subject(id)).await?;
    let decision = Decision {
        digest: standing.review.digest.clone(),
        step: None,
        verdict: Verdict::Withdraw,
        opinion: reason.to_owned(),
        minutes: None,
        minutes_document_id: None,
        decided_on: on,
    };
    approvals::decide(tx, &standing, &decision).await?;
    Ok(())
}

/// A plan whose payments are being written.
#[derive(Debug)]
pub struct Released {
    /// The plan, released.
    pub plan: Plan,
    /// The roster that is paid.
    pub roster: Roster,
    /// Its entries that are paid, in order.
    pub entries: Vec<EntryKey>,
}

/// Authorises an approved plan and hands it to the payments, which `write` what follows: its digest is the one approved, its content is
/// what the digest says and what the registry still gives. This is the last step of its review.
///
/// # Errors
/// [`PLAN_STATE`], [`DIGEST_DIFFERS`], [`ROLE_NOT_HELD`], [`super::error::ROSTER_EMPTY`], [`super::error::ROSTER_ALTERED`],
/// [`super::error::REGISTRY_CHANGED`]; what `write` gives.
pub async fn release<T>(
    tx: &mut Tx,
    may: &Permit<ReleasePlans>,
    id: PlanId,
    digest: &str,
    on: NaiveDate,
    write: impl AsyncFnOnce(&mut Tx, Released) -> Result<T>,
) -> Result<T> {
    let plan = store::lock(tx, id).await?;
    may.require(Some(plan.organisation_id))?;
    rules::follow(status(&plan)?, PlanStatus::Released)?;
    let roster = locked_roster(tx, &plan).await?;
    require_digest(&roster, digest)?;
    require_role(may, Role::FinanceHead, plan.organisation_id)?;
    proved(tx, &plan, &roster, async |tx| {
        let released = authorise(tx, &plan, &roster, on).await?;
        write(tx, released).await
    })
    .await
}

async fn authorise(tx: &mut Tx, plan: &Plan, roster: &Roster, on: NaiveDate) -> Result<Released> {
    let standing = approvals::standing(tx, subject(plan.id)).await?;
    let decision = Decision {
        digest: roster.digest.clone(),
        step: None,
        verdict: Verdict::Approve,
        opinion: String::new(),
        minutes: None,
        minutes_document_id: None,
        decided_on: on,
    };
    approvals::decide(tx, &standing, &decision).await?;
    tx.before(plan);
    let plan = store::set_status(tx, plan, PlanStatus::Released, Some(roster.id)).await?;
    let entries = roster_store::included_entries(tx, roster.id).await?;
    Ok(Released { plan, roster: roster.clone(), entries })
}

/// Proposes a special approval of a locked plan, bound to the digest of its roster.
pub(super) async fn propose_special(tx: &mut Tx, may: &Permit<ProposeExceptions>, id: PlanId, new: NewSpecial) -> Result<SpecialView> {
    let plan = store::lock(tx, id).await?;
    require_role(may, Role::Maker, plan.organisation_id)?;
    if new.kind == SpecialKind::ReissueAfterUnknown {
        return Err(FIELDS_INVALID.at("/kind", "该专项审批针对支付指令", "this one is about an instruction").into());
    }
    if !matches!(status(&plan)?, PlanStatus::Locked | PlanStatus::InReview) {
        return Err(PLAN_STATE.refuse().with("state", &plan.status).into());
    }
    let roster = locked_roster(tx, &plan).await?;
    require_digest(&roster, new.digest.as_deref().unwrap_or_default())?;
    specials::propose(tx, subject(id), new).await
}

/// Decides a special approval of a plan.
pub(super) async fn decide_special(
    tx: &mut Tx,
    may: &Permit<DecideExceptions>,
    id: PlanId,
    special: Uuid,
    request: &SpecialDecisionRequest,
) -> Result<SpecialView> {
    let plan = store::lock(tx, id).await?;
    may.require(Some(plan.organisation_id))?;
    let (special, kind) = specials::special(tx, subject(id), special).await?;
    let organisation = Some(plan.organisation_id);
    let role = specials::deciding_roles(kind).iter().copied().find(|role| may.held_as(*role, organisation));
    let role = role.ok_or_else(|| ROLE_NOT_HELD.refuse().with("roles", specials::deciding_roles(kind)))?;
    specials::decide(tx, special, role, request).await
}
