//! Writing what evidence changes: the books, the evidence itself, the events of its payments.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use futures_util::join;
use serde_json::json;
use uuid::Uuid;

use super::model::EvidenceRow;
use super::store;
use crate::db::{InOrder, Result, Tx};
use crate::kernel::{EvidenceId, InstructionId, JournalEntryId, PlanId};
use crate::ledger::{self, Account, ActEntry};
use crate::payments::instructions::model::{Instruction, InstructionStatus, NewEvent};
use crate::payments::instructions::rules::MoneyMove;
use crate::payments::instructions::service::{Funded, plans_behind};
use crate::payments::instructions::store as instructions;
use crate::plans::{Plan, PlanStatus};

/// What taking in requests will write.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) evidence: Vec<EvidenceRow>,
    /// In order of the request; the money of one instruction may move more than once.
    pub(super) steps: Vec<Step>,
    pub(super) contradictions: Vec<(InstructionId, EvidenceId, &'static str)>,
}

impl Changes {
    /// Whether all that is taken in is the answer to what was sent: it settles or fails. Then it does not matter in which order
    /// requests that say so of different payments are taken in.
    pub(super) fn only_answers(&self) -> bool {
        self.contradictions.is_empty()
            && self.steps.iter().all(|step| step.money.len() == 1 && step.money.iter().all(|money| money.from == Account::InTransit))
    }

    pub(super) fn append(&mut self, mut other: Self) {
        self.evidence.append(&mut other.evidence);
        self.steps.append(&mut other.steps);
        self.contradictions.append(&mut other.contradictions);
    }
}

/// What a piece of evidence does to its payment.
pub(super) struct Step {
    pub(super) act: Uuid,
    pub(super) row: Instruction,
    pub(super) evidence: EvidenceId,
    pub(super) status: InstructionStatus,
    pub(super) money: Vec<MoneyMove>,
    pub(super) on: NaiveDate,
    pub(super) reason: String,
}

/// Journal entries of one kind and day: one for each act among them, because the settlements of a result file are one event.
struct Booking<'a> {
    event: ledger::Event<'a>,
    entries: Vec<ActEntry>,
}

/// Writes what was taken in, and holds the plans it is about. Those whose state is not what their payments say by now, with the
/// one that is.
pub(super) async fn write(tx: &Tx, changes: &Changes, funded: &Funded, plans: &BTreeSet<PlanId>) -> Result<Vec<(Plan, PlanStatus)>> {
    // The books first, then what takes a duty on the plan, then the plans: see `let_plans_follow`.
    let (bookings, booked) = bookings(&changes.steps, funded)?;
    let rounds = rounds(&changes.steps, &booked);
    // The accounts of several bookings are held before the first of them. A single one locks them itself.
    if bookings.len() > 1 {
        ledger::hold(tx, &funded.accounts()).await?;
    }
    if let (Some((last, earlier)), [events]) = (bookings.split_last(), rounds.as_slice()) {
        post_all(tx, earlier).await?;
        // What many rows are written from is made while those before them are being written.
        let (.., behind) = join!(
            ledger::post_each(tx, last.event, &last.entries),
            store::insert(tx, &changes.evidence),
            tx.grown_by(changes.evidence.len()),
            instructions::record_events(tx, events),
            plans_behind(tx, plans),
        )
        .in_order()?;
        return Ok(behind);
    }
    post_all(tx, &bookings).await?;
    if !changes.evidence.is_empty() {
        store::insert(tx, &changes.evidence).await?;
        tx.grown_by(changes.evidence.len()).await?;
    }
    for events in &rounds {
        instructions::record_events(tx, events).await?;
    }
    plans_behind(tx, plans).await
}

async fn post_all(tx: &Tx, bookings: &[Booking<'_>]) -> Result<()> {
    for Booking { event, entries } in bookings {
        ledger::post_each(tx, *event, entries).await?;
    }
    Ok(())
}

/// The events of steps, one of an instruction at a time: the status that holds in the end is that of its last.
fn rounds(steps: &[Step], booked: &HashMap<EvidenceId, JournalEntryId>) -> Vec<Vec<NewEvent>> {
    let event = |step: &Step| NewEvent {
        act: step.act,
        instruction: step.row.id,
        status: step.status,
        effective_on: step.on,
        evidence: Some(step.evidence),
        journal_entry: booked.get(&step.evidence).copied(),
        reason: step.reason.clone(),
    };
    let mut rounds = Vec::new();
    let mut waiting: Vec<NewEvent> = steps.iter().map(event).collect();
    while !waiting.is_empty() {
        let mut taken = HashSet::new();
        let (now, later): (Vec<NewEvent>, Vec<NewEvent>) = waiting.into_iter().partition(|event| taken.insert(event.instruction));
        rounds.push(now);
        waiting = later;
    }
    rounds
}

/// What steps move, in the order in which it is booked, and the entry that each piece of evidence is in last.
fn bookings(steps: &[Step], funded: &Funded) -> Result<(Vec<Booking<'static>>, HashMap<EvidenceId, JournalEntryId>)> {
    let mut booked = HashMap::new();
    let mut bookings = Vec::new();
    for ((effective_on, _), group) in by_day_and_kind(steps) {
        let Some((_, MoneyMove { kind, .. })) = group.first().copied() else { continue };
        let mut entries = Vec::new();
        // The steps of an act stand together.
        for steps in group.chunk_by(|one, next| one.0.act == next.0.act) {
            let Some((first, _)) = steps.first() else { continue };
            let id = JournalEntryId::generate();
            booked.extend(steps.iter().map(|(step, _)| (step.evidence, id)));
            entries.push(ActEntry {
                act: first.act,
                id,
                reference: format!("evidence:{}:{}", first.evidence, kind.name()),
                about: json!({ "instructions": steps.len() }),
                moves: funded.moves(steps.iter().map(|(step, money)| (&step.row, *money)))?,
            });
        }
        bookings.push(Booking { event: ledger::Event { kind, effective_on, reason: "" }, entries });
    }
    Ok((bookings, booked))
}

/// Moves of one day and kind.
type Group<'a> = ((NaiveDate, &'static str), Vec<(&'a Step, MoneyMove)>);

/// What steps move: of one kind and day together, and what follows on each other for one instruction one after the other.
fn by_day_and_kind(steps: &[Step]) -> Vec<Group<'_>> {
    let mut all = Vec::new();
    let mut waiting: Vec<(&Step, MoneyMove)> = steps.iter().flat_map(|step| step.money.iter().map(move |money| (step, *money))).collect();
    while !waiting.is_empty() {
        let mut busy = HashSet::new();
        let (now, later): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(step, _)| busy.insert(step.row.id));
        let mut groups: BTreeMap<(NaiveDate, &'static str), Vec<(&Step, MoneyMove)>> = BTreeMap::new();
        for (step, money) in now {
            groups.entry((step.on, money.kind.name())).or_default().push((step, money));
        }
        all.extend(groups);
        waiting = later;
    }
    all
}
