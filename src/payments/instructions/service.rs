//! Use cases: release an approved plan, send a batch, reissue, give up.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use futures_util::join;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::exceptions;
use super::holds::refuse_contradicted;
use super::model::{Batch, EventView, Instruction, InstructionFilter, InstructionStatus, InstructionView, NewEvent};
use super::rules::{self, MoneyMove};
use super::store;
use crate::access::permissions::{ForgoPayments, Pay, ReadPayments, ReleasePlans};
use crate::db::{Error, InOrder, Result, Tx};
use crate::kernel::Permit;
use crate::kernel::refusal::{blank, in_future, none_at_fault};
use crate::kernel::{BatchId, EntryId, FundSourceId, InstructionId, JournalEntryId, LineId, Located, Money, Page, PayeeAccountId, PlanId};
use crate::ledger::{self, Account, EntryKind, Move, NewEntry};
use crate::payments::error::{ACCOUNT_NOT_PAYEES, BATCH_SENT, DATE_OUT_OF_ORDER, INSTRUCTION_STATE};
use crate::payments::files;
use crate::payments::transfers;
use crate::plans::rosters::{EntryKey, FundingPart};
use crate::plans::{self, Channel};
use crate::registry::{self, AccountRecord};

/// The namespace of instruction references. Never changes: a bank that is asked twice must see the same reference.
const REFERENCES: Uuid = Uuid::from_u128(0x6261_6e67_6675_4000_8000_0062_616e_6766);

/// What a bank knows an instruction by: a UUIDv5 of plan, entry and attempt.
#[must_use]
pub fn reference(plan: PlanId, entry: EntryId, attempt: i16) -> Uuid {
    Uuid::new_v5(&REFERENCES, format!("{plan}/{entry}/{attempt}").as_bytes())
}

/// Release of an approved plan.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseRequest {
    /// The digest that was approved.
    pub digest: String,
    /// The day of the release; today when absent.
    pub released_on: Option<NaiveDate>,
}

/// What a release wrote.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Released {
    /// The plan.
    pub plan_id: PlanId,
    /// One batch a channel.
    pub batches: Vec<Batch>,
}

impl Located for Released {
    fn location(&self) -> String {
        format!("/v1/batches?plan_id={}", self.plan_id)
    }
}

/// Sending of a batch.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendRequest {
    /// The day it was handed over; today when absent.
    pub sent_on: Option<NaiveDate>,
}

/// Another attempt for a failed or bounced instruction.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReissueRequest {
    /// Why.
    pub reason: String,
    /// The day; today when absent.
    pub reissued_on: Option<NaiveDate>,
    /// Another account of the same payee; the payee's present one when absent.
    pub payee_account_id: Option<PayeeAccountId>,
}

/// Giving up an instruction.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GiveUpRequest {
    /// Why.
    pub reason: String,
    /// The day; today when absent.
    pub given_up_on: Option<NaiveDate>,
}

fn day(tx: &Tx, pointer: &str, given: Option<NaiveDate>) -> Result<NaiveDate> {
    let on = given.unwrap_or_else(|| tx.today());
    none_at_fault(in_future(pointer, on, tx.today()).into_iter().collect())?;
    Ok(on)
}

/// Writes the instructions of an approved plan, all in one transaction, one batch a channel.
pub(super) async fn release(tx: &mut Tx, may: &Permit<ReleasePlans>, id: PlanId, request: &ReleaseRequest) -> Result<Released> {
    let on = day(tx, "/released_on", request.released_on)?;
    require_order("/released_on", on, plans::approved_on(tx, id).await?.unwrap_or(on))?;
    plans::release(tx, may, id, &request.digest, on, async |tx, released| write_all(tx, &released, on).await).await
}

async fn write_all(tx: &mut Tx, released: &plans::Released, on: NaiveDate) -> Result<Released> {
    let plans::Released { plan, roster, entries } = released;
    let accounts = accounts_of(tx, entries).await?;
    let mut batches = Vec::new();
    for channel in [Channel::OneCard, Channel::UnionCard, Channel::BankTransfer, Channel::Cash] {
        let group: Vec<&EntryKey> = entries.iter().filter(|entry| entry.channel == channel.name()).collect();
        if !group.is_empty() {
            let attempts = group.into_iter().map(|entry| (entry, 1)).collect();
            batches.push(write_batch(tx, plan.id, channel.name(), &roster.digest, attempts, &accounts, on).await?);
        }
    }
    Ok(Released { plan_id: plan.id, batches })
}

async fn accounts_of(tx: &mut Tx, entries: &[EntryKey]) -> Result<HashMap<PayeeAccountId, AccountRecord>> {
    let persons: Vec<_> = entries.iter().filter_map(|entry| entry.person_id).collect();
    let organisations: Vec<_> = entries.iter().filter_map(|entry| entry.organisation_id).collect();
    Ok(registry::open_accounts_of(tx, &persons, &organisations).await?.into_iter().map(|account| (account.id, account)).collect())
}

async fn write_batch(
    tx: &mut Tx,
    plan: PlanId,
    channel: &str,
    digest: &str,
    attempts: Vec<(&EntryKey, i16)>,
    accounts: &HashMap<PayeeAccountId, AccountRecord>,
    on: NaiveDate,
) -> Result<Batch> {
    let total: Money = attempts.iter().map(|(entry, _)| entry.amount).sum();
    let batch = Batch {
        federation_id: tx.federation,
        id: BatchId::generate(),
        plan_id: plan,
        channel: channel.to_owned(),
        sequence: store::last_sequence(tx, plan).await?.saturating_add(1),
        count: i32::try_from(attempts.len()).map_err(|error| Error::Internal(error.to_string()))?,
        total,
        roster_digest: digest.to_owned(),
        sent_on: None,
        sent_count: None,
        sent_total: None,
        created_by: tx.actor.clone(),
        created_at: tx.now(),
    };
    let rows: Vec<Instruction> = attempts
        .into_iter()
        .map(|(entry, attempt)| {
            // An account closed since the roster was locked is refused: its entry must be looked at again.
            let account = entry.payee_account_id.map(|id| accounts.get(&id).ok_or_else(|| account_refusal(entry))).transpose()?;
            Ok(Instruction {
                federation_id: batch.federation_id,
                id: InstructionId::generate(),
                reference: reference(plan, entry.id, attempt),
                plan_id: plan,
                batch_id: batch.id,
                roster_entry_id: entry.id,
                payee_id: entry.payee_id,
                attempt,
                amount: entry.amount,
                channel: channel.to_owned(),
                payee_account_id: entry.payee_account_id,
                holder_name: account.map_or_else(|| entry.name.clone(), |account| account.holder_name.clone()),
                status: InstructionStatus::Pending.name().to_owned(),
                status_on: on,
                version: 1,
                created_at: batch.created_at,
            })
        })
        .collect::<Result<_>>()?;
    store::insert_batch(tx, &batch).await?;
    store::insert_instructions(tx, &rows).await?;
    Ok(batch)
}

fn account_refusal(entry: &EntryKey) -> Error {
    ACCOUNT_NOT_PAYEES.refuse().with("roster_entry_id", entry.id).into()
}

fn event(
    act: Uuid,
    instruction: InstructionId,
    status: InstructionStatus,
    on: NaiveDate,
    journal_entry: Option<JournalEntryId>,
    reason: &str,
) -> NewEvent {
    NewEvent { act, instruction, status, effective_on: on, evidence: None, journal_entry, reason: reason.to_owned() }
}

/// Which money pays some instructions: the split of their roster entries.
pub(in crate::payments) struct Funded(HashMap<EntryId, Vec<FundingPart>>);

impl Funded {
    pub(in crate::payments) async fn read(tx: &Tx, instructions: impl Iterator<Item = &Instruction>) -> Result<Self> {
        let entries: Vec<Uuid> = instructions.map(|row| row.roster_entry_id.0).collect();
        let mut by_entry: HashMap<EntryId, Vec<FundingPart>> = HashMap::with_capacity(entries.len());
        for part in plans::funding_of_entries(tx, &entries).await? {
            by_entry.entry(part.roster_entry_id).or_default().push(part);
        }
        Ok(Self(by_entry))
    }

    /// The accounts the money lies in, each once and in order.
    pub(in crate::payments) fn accounts(&self) -> Vec<(LineId, FundSourceId)> {
        let accounts: BTreeSet<_> = self.0.values().flatten().map(|part| (part.allocation_line_id, part.fund_source_id)).collect();
        accounts.into_iter().collect()
    }

    /// Moves the money of instructions, each along its split.
    pub(in crate::payments) fn moves<'a>(&self, instructions: impl Iterator<Item = (&'a Instruction, MoneyMove)>) -> Result<Vec<Move>> {
        let mut moves = Vec::new();
        for (row, money) in instructions {
            let parts = self.0.get(&row.roster_entry_id).map(Vec::as_slice).unwrap_or_default();
            // What is approved is moved, whatever stands in the split by now.
            if parts.iter().map(|part| part.amount).sum::<Money>() != row.amount {
                return Err(Error::Internal(format!("the split of entry {} is not its amount", row.roster_entry_id)));
            }
            moves.extend(parts.iter().map(|part| Move {
                line: part.allocation_line_id,
                source: part.fund_source_id,
                from: money.from,
                to: money.to,
                amount: part.amount,
                subject: Some(row.id.0),
            }));
        }
        Ok(moves)
    }
}

async fn moves_of_one(tx: &mut Tx, row: &Instruction, money: MoneyMove) -> Result<Vec<Move>> {
    Funded::read(tx, std::iter::once(row)).await?.moves(std::iter::once((row, money)))
}

/// Hands a batch over: its money is in transit from that day on.
pub(super) async fn send(tx: &mut Tx, _may: &Permit<Pay>, id: BatchId, request: &SendRequest) -> Result<Batch> {
    let on = day(tx, "/sent_on", request.sent_on)?;
    let batch = store::lock_batch(tx, id).await?;
    if let Some(sent_on) = batch.sent_on {
        return Err(BATCH_SENT.refuse().with("sent_on", sent_on).into());
    }
    let rows = store::lock_batch_instructions(tx, id).await?;
    let pending: Vec<&Instruction> = rows.iter().filter(|row| row.status == InstructionStatus::Pending.name()).collect();
    let Some(last) = pending.iter().map(|row| row.status_on).max() else { return Err(INSTRUCTION_STATE.refuse().into()) };
    require_order("/sent_on", on, last)?;
    refuse_contradicted(tx, id).await?;
    tx.before(&batch);
    let money = MoneyMove { kind: EntryKind::Send, from: Account::Committed, to: Account::InTransit };
    let funded = Funded::read(tx, pending.iter().copied()).await?;
    let moves = funded.moves(pending.iter().map(|row| (*row, money)))?;
    let sent_count = i32::try_from(pending.len()).map_err(|error| Error::Internal(error.to_string()))?;
    let sent_total: Money = pending.iter().map(|row| row.amount).sum();
    let entry = NewEntry {
        reference: format!("send:{id}"),
        kind: EntryKind::Send,
        effective_on: on,
        reason: String::new(),
        about: json!({ "plan_id": batch.plan_id, "batch_id": id }),
        moves,
    };
    let booked = ledger::post(tx, entry).await?;
    let sent = store::set_sent(tx, id, on, sent_count, sent_total).await?;
    transfers::open(tx, &pending, on).await?;
    let act = tx.act();
    let events: Vec<NewEvent> = pending.iter().map(|row| event(act, row.id, InstructionStatus::Sent, on, Some(booked.entry), "")).collect();
    store::record_events(tx, &events).await?;
    Ok(sent)
}

/// Makes another attempt for a failed or bounced instruction, in a batch of its own. `unknown` allows none.
pub(super) async fn reissue(tx: &mut Tx, _may: &Permit<Pay>, id: InstructionId, request: &ReissueRequest) -> Result<InstructionView> {
    none_at_fault(blank([("/reason", &request.reason)]))?;
    let on = day(tx, "/reissued_on", request.reissued_on)?;
    let row = store::lock(tx, id).await?;
    let Some(money) = rules::reissue(store::status_of(&row)?) else { return Err(state_refusal(&row)) };
    require_order("/reissued_on", on, row.status_on)?;
    exceptions::require(tx, &row).await?;
    let mut entry =
        plans::entries(tx, &[row.roster_entry_id.0]).await?.pop().ok_or_else(|| Error::Internal("an entry is gone".to_owned()))?;
    let accounts = accounts_of(tx, std::slice::from_ref(&entry)).await?;
    entry.payee_account_id = choose_account(&row, request.payee_account_id, &accounts)?;
    let before = view(tx, row.clone()).await?;
    tx.before(&before);
    let booked = match money {
        Some(money) => {
            let moves = moves_of_one(tx, &row, money).await?;
            let reference = format!("reissue:{id}");
            Some(ledger::post(tx, one_entry(reference, money.kind, on, &request.reason, &row, moves)).await?.entry)
        }
        None => None,
    };
    let reissued = event(tx.act(), id, InstructionStatus::Reissued, on, booked, &request.reason);
    store::record_events(tx, &[reissued]).await?;
    // Of two reissues at once the second sees the batch of the first.
    plans::hold(tx, row.plan_id).await?;
    let attempt = row.attempt.saturating_add(1);
    let digest = store::batch(tx, row.batch_id).await?.roster_digest;
    write_batch(tx, row.plan_id, &row.channel, &digest, vec![(&entry, attempt)], &accounts, on).await?;
    let_plans_follow(tx, &BTreeSet::from([row.plan_id])).await?;
    let again = store::attempts(tx, row.roster_entry_id).await?.pop();
    view(tx, again.ok_or_else(|| Error::Internal("an attempt was not written".to_owned()))?).await
}

fn state_refusal(row: &Instruction) -> Error {
    INSTRUCTION_STATE.refuse().with("state", &row.status).into()
}

fn one_entry(reference: String, kind: EntryKind, on: NaiveDate, reason: &str, row: &Instruction, moves: Vec<Move>) -> NewEntry {
    let about = json!({ "plan_id": row.plan_id, "instruction_id": row.id });
    NewEntry { reference, kind, effective_on: on, reason: reason.to_owned(), about, moves }
}

/// The account of another attempt: the one asked for, else the one tried before if it is still open, else another of the
/// payee's that the channel can pay to.
fn choose_account(
    row: &Instruction,
    asked: Option<PayeeAccountId>,
    accounts: &HashMap<PayeeAccountId, AccountRecord>,
) -> Result<Option<PayeeAccountId>> {
    let kinds = [Channel::OneCard, Channel::UnionCard, Channel::BankTransfer, Channel::Cash]
        .into_iter()
        .find(|channel| channel.name() == row.channel)
        .map_or(&[][..], Channel::account_kinds);
    if kinds.is_empty() {
        return Ok(None);
    }
    let fits = |account: &&AccountRecord| kinds.contains(&account.kind);
    let chosen = match asked {
        Some(id) => accounts.get(&id).filter(fits),
        None => row
            .payee_account_id
            .and_then(|id| accounts.get(&id))
            .or_else(|| accounts.values().filter(fits).min_by_key(|account| account.id)),
    };
    match chosen {
        Some(account) => Ok(Some(account.id)),
        None => Err(ACCOUNT_NOT_PAYEES.at("/payee_account_id", ACCOUNT_NOT_PAYEES.zh, ACCOUNT_NOT_PAYEES.en).into()),
    }
}

/// Gives up an instruction that failed, bounced or was never sent: its money becomes available, its payee free.
pub(super) async fn give_up(
    tx: &mut Tx,
    _may: &Permit<ForgoPayments>,
    id: InstructionId,
    request: &GiveUpRequest,
) -> Result<InstructionView> {
    none_at_fault(blank([("/reason", &request.reason)]))?;
    let on = day(tx, "/given_up_on", request.given_up_on)?;
    let row = store::lock(tx, id).await?;
    let Some(money) = rules::give_up(store::status_of(&row)?) else { return Err(state_refusal(&row)) };
    files::refuse_written(tx, row.batch_id).await?;
    require_order("/given_up_on", on, row.status_on)?;
    let moves = moves_of_one(tx, &row, money).await?;
    let before = view(tx, row.clone()).await?;
    tx.before(&before);
    plans::free_claims(tx, &[row.roster_entry_id.0]).await?;
    let booked = ledger::post(tx, one_entry(format!("give-up:{id}"), money.kind, on, &request.reason, &row, moves)).await?;
    let given_up = event(tx.act(), id, InstructionStatus::GivenUp, on, Some(booked.entry), &request.reason);
    store::record_events(tx, &[given_up]).await?;
    let_plans_follow(tx, &BTreeSet::from([row.plan_id])).await?;
    let row = store::instruction(tx, id).await?;
    view(tx, row).await
}

/// Refuses a step dated before the one it follows: as of a day in between, the books would show what had not happened.
pub(in crate::payments) fn require_order(pointer: &str, on: NaiveDate, since: NaiveDate) -> Result<()> {
    if on >= since {
        return Ok(());
    }
    Err(DATE_OUT_OF_ORDER.at(pointer, DATE_OUT_OF_ORDER.zh, DATE_OUT_OF_ORDER.en).with("since", since).into())
}

/// Lets the states of plans follow from their payments. The last thing an act does before it ends: each plan is held from here
/// on, so of two settlements at once the second sees the first, and a plan never stays open with nothing left to settle.
///
/// Whoever changes payments of released plans locks instructions, then the ledger's accounts, then takes a duty on the plans
/// (`schema/45_duties.sql`), then locks the plans. Whoever locks a plan first books nothing once it is released, so nobody waits
/// in a circle.
pub(in crate::payments) async fn let_plans_follow(tx: &mut Tx, plans: &BTreeSet<PlanId>) -> Result<()> {
    let behind = plans_behind(tx, plans).await?;
    follow(tx, behind).await
}

/// Brings plans into the states that [`plans_behind`] gave.
pub(in crate::payments) async fn follow(tx: &mut Tx, behind: Vec<(plans::Plan, plans::PlanStatus)>) -> Result<()> {
    for (plan, to) in behind {
        plans::follow_payments(tx, &plan, to).await?;
    }
    Ok(())
}

/// Holds plans, and names those whose state is not what their payments say by now, with the one that is.
pub(in crate::payments) async fn plans_behind(tx: &Tx, plans: &BTreeSet<PlanId>) -> Result<Vec<(plans::Plan, plans::PlanStatus)>> {
    let ids: Vec<PlanId> = plans.iter().copied().collect();
    // Asked in this order: what is open once they are held.
    let (held, open) = join!(plans::hold_each(tx, &ids), store::with_open(tx, &ids)).in_order()?;
    let mut behind = Vec::new();
    for plan in held {
        if let Some(to) = plans::after_payments(&plan, !open.contains(&plan.id))? {
            behind.push((plan, to));
        }
    }
    Ok(behind)
}

/// Instructions as answers show them, in the same order.
///
/// # Errors
/// When the database cannot be read or an account's number cannot be opened.
pub async fn views(tx: &mut Tx, rows: Vec<Instruction>) -> Result<Vec<InstructionView>> {
    let ids: Vec<PayeeAccountId> = rows.iter().filter_map(|row| row.payee_account_id).collect();
    let accounts = registry::shown_accounts(tx, &ids).await?;
    let sight = tx.sight();
    let view = |row: Instruction| {
        let account = row.payee_account_id.and_then(|id| accounts.get(&id));
        let of_organisation = account.is_some_and(|account| account.of_organisation);
        InstructionView {
            id: row.id,
            reference: row.reference,
            plan_id: row.plan_id,
            batch_id: row.batch_id,
            roster_entry_id: row.roster_entry_id,
            payee_id: row.payee_id,
            attempt: row.attempt,
            amount: row.amount,
            channel: row.channel,
            payee_account_id: row.payee_account_id,
            account_number: account.and_then(|account| account.number.clone()),
            holder_name: if of_organisation { row.holder_name } else { sight.name(&row.holder_name) },
            status: row.status,
            status_on: row.status_on,
            version: row.version,
            created_at: row.created_at,
        }
    };
    Ok(rows.into_iter().map(view).collect())
}

pub(super) async fn view(tx: &mut Tx, row: Instruction) -> Result<InstructionView> {
    views(tx, vec![row]).await?.pop().ok_or_else(|| Error::Internal("an instruction without a view".to_owned()))
}

pub(super) async fn list(tx: &mut Tx, _may: &Permit<ReadPayments>, filter: &InstructionFilter) -> Result<Page<InstructionView>> {
    let Page { items, next_cursor, totals } = store::instructions(tx, filter).await?;
    Ok(Page { items: views(tx, items).await?, next_cursor, totals })
}

pub(super) async fn read(tx: &mut Tx, _may: &Permit<ReadPayments>, id: InstructionId) -> Result<InstructionView> {
    let row = store::instruction(tx, id).await?;
    view(tx, row).await
}

/// One instruction.
///
/// # Errors
/// Not found.
pub async fn instruction(tx: &mut Tx, id: InstructionId) -> Result<Instruction> {
    store::instruction(tx, id).await
}

/// What happened to an instruction, in order.
///
/// # Errors
/// When the database cannot be read.
pub async fn events_of(tx: &mut Tx, id: InstructionId) -> Result<Vec<EventView>> {
    store::events(tx, id).await
}

/// Every attempt for a roster entry, first to last.
///
/// # Errors
/// When the database cannot be read.
pub async fn attempts_of(tx: &mut Tx, entry: EntryId) -> Result<Vec<Instruction>> {
    store::attempts(tx, entry).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_the_same_for_the_same_attempt_and_no_other() {
        let (plan, entry) = (PlanId::generate(), EntryId::generate());
        assert_eq!(reference(plan, entry, 1), reference(plan, entry, 1));
        assert_ne!(reference(plan, entry, 1), reference(plan, entry, 2));
        assert_ne!(reference(plan, entry, 1), reference(plan, EntryId::generate(), 1));
        assert_eq!(reference(plan, entry, 1).get_version_num(), 5);
    }
}
