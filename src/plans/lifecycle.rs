//! Use cases of a plan's life: generate, lock, cancel, close; and what the payments tell it. Its way through the approval chain
//! is in `decisions.rs`.

use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::decisions::{subject, withdraw};
use super::error::{PLAN_STATE, ROSTER_NOT_NEWEST};
use super::model::{Plan, PlanStatus};
use super::rosters::model::{FundingPart, FundingTotal};
use super::rosters::{EntryKey, Roster, RosterView, service as rosters, store as roster_store};
use super::service::status;
use super::{rules, store};
use crate::access::permissions::{ClosePlans, DraftPlans};
use crate::approvals;
use crate::db::{Error, Result, Tx};
use crate::kernel::Permit;
use crate::kernel::refusal::{in_future, none_at_fault};
use crate::kernel::{FundSourceId, LineId, PlanId, RosterId};
use crate::ledger::{self, Account, EntryKind, INSUFFICIENT_FUNDS, Move, NewEntry};

/// What names a roster's content.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DigestRequest {
    /// The roster's digest, as shown with it.
    pub digest: String,
}

/// Why a plan is cancelled.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelRequest {
    /// Why.
    pub reason: String,
    /// From which day on; today when absent.
    pub cancelled_on: Option<NaiveDate>,
}

pub(super) async fn generate_roster(tx: &mut Tx, _may: &Permit<DraftPlans>, id: PlanId) -> Result<RosterView> {
    let plan = store::lock(tx, id).await?;
    if status(&plan)? != PlanStatus::Draft {
        return Err(PLAN_STATE.refuse().with("state", &plan.status).into());
    }
    rosters::generate(tx, &plan).await
}

/// Freezes a draft to its newest roster.
pub(super) async fn lock(tx: &mut Tx, _may: &Permit<DraftPlans>, id: PlanId, request: &DigestRequest) -> Result<Plan> {
    let plan = store::lock(tx, id).await?;
    rules::follow(status(&plan)?, PlanStatus::Locked)?;
    let newest = roster_store::rosters_of(tx, id).await?.pop().ok_or_else(|| ROSTER_NOT_NEWEST.refuse())?;
    if newest.digest != request.digest || newest.revision != plan.revision {
        return Err(ROSTER_NOT_NEWEST.refuse().with("version", newest.version).with("digest", newest.digest).into());
    }
    rosters::require_intact(tx, &plan, &newest).await?;
    if newest.shortfall.is_positive() {
        return Err(INSUFFICIENT_FUNDS.refuse().with("missing", newest.shortfall).into());
    }
    tx.before(&plan);
    store::set_status(tx, &plan, PlanStatus::Locked, Some(newest.id)).await
}

/// Takes a locked plan back to draft; its roster stays as a version, and the next one is new.
pub(super) async fn unlock(tx: &mut Tx, _may: &Permit<DraftPlans>, id: PlanId) -> Result<Plan> {
    let plan = store::lock(tx, id).await?;
    if status(&plan)? != PlanStatus::Locked {
        return Err(PLAN_STATE.refuse().with("state", &plan.status).into());
    }
    tx.before(&plan);
    store::set_status(tx, &plan, PlanStatus::Draft, None).await
}

/// The locked roster of a plan.
pub(super) async fn locked_roster(tx: &mut Tx, plan: &Plan) -> Result<Roster> {
    let id = plan.roster_id.ok_or_else(|| PLAN_STATE.refuse().with("state", &plan.status))?;
    roster_store::roster(tx, id).await
}

/// Takes the roster's money out of what is available: own funds first complete their line, then everything is committed.
pub(super) async fn commit(tx: &mut Tx, plan: &Plan, roster: &Roster, on: NaiveDate) -> Result<()> {
    let totals = roster_store::funding_totals(tx, roster.id).await?;
    hold_accounts(tx, &totals).await?;
    post_top_ups(tx, plan, roster, &totals, on, EntryKind::TopUp).await?;
    let moves = moves(&totals, Account::Available, Account::Committed);
    let entry = NewEntry {
        reference: format!("commit:{}", roster.id),
        kind: EntryKind::Commit,
        effective_on: on,
        reason: plan.name.clone(),
        about: json!({ "plan_id": plan.id, "roster_id": roster.id, "digest": roster.digest }),
        moves,
    };
    ledger::post(tx, entry).await?;
    Ok(())
}

/// Holds every account that the entries of one transaction will touch, before the first of them.
async fn hold_accounts(tx: &mut Tx, totals: &[FundingTotal]) -> Result<()> {
    let paying = totals.iter().map(|total| (total.allocation_line_id, total.fund_source_id));
    let completing = totals.iter().filter_map(|total| Some((total.top_up_line_id?, total.fund_source_id)));
    ledger::hold(tx, &paying.chain(completing).collect::<Vec<_>>()).await
}

fn moves(totals: &[FundingTotal], from: Account, to: Account) -> Vec<Move> {
    totals
        .iter()
        .map(|total| Move { line: total.allocation_line_id, source: total.fund_source_id, from, to, amount: total.amount, subject: None })
        .collect()
}

/// Own money leaves its line through `topped_up_elsewhere` and enters the completed line through `top_up`; undone, the
/// other way round. Each yuan keeps its source.
async fn post_top_ups(tx: &mut Tx, plan: &Plan, roster: &Roster, totals: &[FundingTotal], on: NaiveDate, kind: EntryKind) -> Result<()> {
    let one = |line: LineId, source: FundSourceId, from, to, amount| Move { line, source, from, to, amount, subject: None };
    let mut moves = Vec::new();
    for total in totals {
        let (Some(own), source, amount) = (total.top_up_line_id, total.fund_source_id, total.amount) else { continue };
        if kind == EntryKind::TopUp {
            moves.push(one(own, source, Account::Available, Account::ToppedUpElsewhere, amount));
            moves.push(one(total.allocation_line_id, source, Account::TopUp, Account::Available, amount));
        } else {
            moves.push(one(total.allocation_line_id, source, Account::Available, Account::TopUp, amount));
            moves.push(one(own, source, Account::ToppedUpElsewhere, Account::Available, amount));
        }
    }
    if moves.is_empty() {
        return Ok(());
    }
    let entry = NewEntry {
        reference: format!("{}:{}", kind.name(), roster.id),
        kind,
        effective_on: on,
        reason: plan.name.clone(),
        about: json!({ "plan_id": plan.id, "roster_id": roster.id }),
        moves,
    };
    ledger::post(tx, entry).await?;
    Ok(())
}

/// Cancels a plan before release. What was committed becomes available again, and its payees free for other plans.
pub(super) async fn cancel(tx: &mut Tx, _may: &Permit<DraftPlans>, id: PlanId, request: &CancelRequest) -> Result<Plan> {
    let on = request.cancelled_on.unwrap_or_else(|| tx.today());
    let mut faults = crate::kernel::refusal::blank([("/reason", &request.reason)]);
    faults.extend(in_future("/cancelled_on", on, tx.today()));
    none_at_fault(faults)?;
    let plan = store::lock(tx, id).await?;
    let was = status(&plan)?;
    rules::follow(was, PlanStatus::Cancelled)?;
    tx.before(&plan);
    if was == PlanStatus::InReview {
        withdraw(tx, id, &request.reason, on).await?;
    }
    let cancelled = store::set_status(tx, &plan, PlanStatus::Cancelled, plan.roster_id).await?;
    if was == PlanStatus::Approved {
        let roster = locked_roster(tx, &plan).await?;
        roster_store::release_claims(tx, Some(roster.id), &[]).await?;
        let totals = roster_store::funding_totals(tx, roster.id).await?;
        hold_accounts(tx, &totals).await?;
        let entry = NewEntry {
            reference: format!("uncommit:{}", roster.id),
            kind: EntryKind::Uncommit,
            effective_on: on,
            reason: request.reason.clone(),
            about: json!({ "plan_id": plan.id, "roster_id": roster.id }),
            moves: moves(&totals, Account::Committed, Account::Available),
        };
        ledger::post(tx, entry).await?;
        post_top_ups(tx, &plan, &roster, &totals, on, EntryKind::UndoTopUp).await?;
    }
    Ok(cancelled)
}

/// Closes a settled plan (办结).
pub(super) async fn close(tx: &mut Tx, _may: &Permit<ClosePlans>, id: PlanId) -> Result<Plan> {
    let plan = store::lock(tx, id).await?;
    rules::follow(status(&plan)?, PlanStatus::Closed)?;
    tx.before(&plan);
    store::set_status(tx, &plan, PlanStatus::Closed, plan.roster_id).await
}

/// Holds a plan's row while its payments change.
///
/// # Errors
/// Not found.
pub async fn hold(tx: &mut Tx, id: PlanId) -> Result<Plan> {
    store::lock(tx, id).await
}

/// As [`hold`], several, in one order for everyone.
///
/// # Errors
/// When the database cannot be read.
pub async fn hold_each(tx: &Tx, ids: &[PlanId]) -> Result<Vec<Plan>> {
    store::lock_each(tx, ids).await
}

/// The state a plan comes into by its payments, if another: once all have ended it is settled; a bounce afterwards opens it again.
///
/// # Errors
/// A stored state that is none.
pub fn after_payments(plan: &Plan, ended: bool) -> Result<Option<PlanStatus>> {
    Ok(match (status(plan)?, ended) {
        (PlanStatus::Released, true) => Some(PlanStatus::Settled),
        (PlanStatus::Settled, false) => Some(PlanStatus::Released),
        _ => None,
    })
}

/// Brings a plan, which is held, into the state that [`after_payments`] gave.
///
/// # Errors
/// When the database cannot be written.
pub async fn follow_payments(tx: &mut Tx, plan: &Plan, to: PlanStatus) -> Result<()> {
    store::set_status(tx, plan, to, plan.roster_id).await?;
    Ok(())
}

/// Frees the payees of entries that were given up for other plans.
///
/// # Errors
/// When the database cannot be written.
pub async fn free_claims(tx: &mut Tx, entries: &[Uuid]) -> Result<()> {
    roster_store::release_claims(tx, None, entries).await
}

/// Which money pays some entries, in the order it was split.
///
/// # Errors
/// When the database cannot be read.
pub async fn funding_of_entries(tx: &Tx, entries: &[Uuid]) -> Result<Vec<FundingPart>> {
    roster_store::parts_of_entries(tx, entries).await
}

/// Rosters whose stored content no longer has the digest they were locked with (RC-28).
///
/// # Errors
/// When the database cannot be read.
pub async fn check_rosters(tx: &mut Tx) -> Result<Vec<ledger::Difference>> {
    let mut differences = Vec::new();
    for plan in store::with_roster(tx).await? {
        let Some(id) = plan.roster_id else { continue };
        let roster: Roster = roster_store::roster(tx, RosterId(id.0)).await?;
        if !rosters::is_intact(tx, &plan, &roster).await? {
            differences.push(ledger::Difference {
                what: "roster.digest".to_owned(),
                subject: roster.id.to_string(),
                expected: roster.digest,
                found: "other content".to_owned(),
            });
        }
    }
    Ok(differences)
}

/// A plan by id, for stories.
///
/// # Errors
/// Not found.
pub async fn plan(tx: &mut Tx, id: PlanId) -> Result<Plan> {
    store::plan(tx, id).await.map_err(|error| match error {
        Error::Refused(refusal) => Error::Refused(refusal.with("plan_id", id)),
        other => other,
    })
}

/// Some roster entries, by id.
///
/// # Errors
/// When the database cannot be read.
pub async fn entries(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<EntryKey>> {
    roster_store::entries_by_id(tx, ids).await
}

/// The day of the decision that approved a plan.
///
/// # Errors
/// When the database cannot be read.
pub async fn approved_on(tx: &mut Tx, id: PlanId) -> Result<Option<NaiveDate>> {
    approvals::approved_on(tx, subject(id)).await
}
