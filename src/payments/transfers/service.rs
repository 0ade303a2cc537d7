//! Opening transfers when their instructions are sent; feedback; money handed back.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde_json::json;
use uuid::Uuid;

use super::model::{ClearRecipient, Feedback, FeedbackRequest, FeedbackRow, HandBackRequest, NewFeedback, Transfer, TransferView};
use super::store;
use crate::access::permissions::{FollowUpPayments, ReadPayments};
use crate::db::{Error, Result, Tx};
use crate::kernel::Permit;
use crate::kernel::refusal::{blank, in_future, none_at_fault};
use crate::kernel::vault::Indexed;
use crate::kernel::{FeedbackId, FieldError, InstructionId, Money, OrganisationId, Page, Totals, TransferId};
use crate::ledger::{self, Account, EntryKind, Move, NewEntry};
use crate::payments::error::{FEEDBACK_EXCEEDS_TRANSFER, FEEDBACK_REPEATED, INSTRUCTION_STATE};
use crate::payments::instructions::model::{Instruction, InstructionStatus};
use crate::payments::instructions::service::require_order;
use crate::payments::instructions::store as instructions;
use crate::plans;

/// Opens a transfer for each instruction whose tier hands money to a subordinate union.
pub async fn open(tx: &mut Tx, sent: &[&Instruction], on: NaiveDate) -> Result<()> {
    let ids: Vec<Uuid> = sent.iter().map(|row| row.roster_entry_id.0).collect();
    let entries: HashMap<_, _> = plans::entries(tx, &ids).await?.into_iter().map(|entry| (entry.id, entry)).collect();
    let mut rows = Vec::new();
    for row in sent {
        let Some(entry) = entries.get(&row.roster_entry_id).filter(|entry| entry.tier_kind == "transfer_down") else { continue };
        let organisation = entry.organisation_id.ok_or_else(|| Error::Internal("a transfer to nobody".to_owned()))?;
        rows.push(Transfer {
            federation_id: tx.federation,
            id: TransferId::generate(),
            instruction_id: row.id,
            organisation_id: organisation,
            amount: row.amount,
            sent_on: on,
            feedback_due_on: entry.feedback_due_on,
            reported: Money::ZERO,
            handed_back: Money::ZERO,
            version: 1,
        });
    }
    if rows.is_empty() { Ok(()) } else { store::insert(tx, &rows).await }
}

/// Takes in a list of recipients: their money is disbursed as of the day of the report.
pub(super) async fn report(tx: &mut Tx, _may: &Permit<FollowUpPayments>, id: TransferId, request: FeedbackRequest) -> Result<TransferView> {
    let on = request.reported_on.unwrap_or_else(|| tx.today());
    none_at_fault(faults(tx, &request, on))?;
    let transfer = lock_settled(tx, id, "/reported_on", on).await?;
    refuse_repeated(tx, id, &request).await?;
    let reported: Money = request.rows.iter().map(|row| row.amount.get()).sum();
    if reported > transfer.outstanding() {
        return Err(FEEDBACK_EXCEEDS_TRANSFER.refuse().with("outstanding", transfer.outstanding()).with("reported", reported).into());
    }
    let before = view(tx, transfer.clone());
    tx.before(&before);
    let first = FeedbackId::generate();
    let rows: Vec<FeedbackRow> = request.rows.into_iter().map(|row| kept(tx, id, row, on)).collect::<Result<_>>()?;
    store::insert_feedback(tx, &rows).await?;
    let transfer = store::add(tx, id, reported, Money::ZERO).await?;
    let moves = along_the_split(tx, &transfer, reported, Account::Disbursed).await?;
    post(tx, format!("feedback:{first}"), EntryKind::Feedback, on, String::new(), &transfer, moves).await?;
    Ok(view(tx, transfer))
}

/// Names every recipient who stands twice in the list, or was reported for the transfer before.
async fn refuse_repeated(tx: &mut Tx, id: TransferId, request: &FeedbackRequest) -> Result<()> {
    let hashes: Vec<Vec<u8>> = request.rows.iter().map(|row| tx.index(Indexed::IdentityNumber, row.identity_number.as_str())).collect();
    let mut seen = store::reported_for(tx, id, &hashes).await?;
    let mut faults = Vec::new();
    for (index, hash) in hashes.into_iter().enumerate() {
        if !seen.insert(hash) {
            let pointer = format!("/rows/{index}/identity_number");
            faults.push(FieldError::new(pointer, FEEDBACK_REPEATED.name, FEEDBACK_REPEATED.zh, FEEDBACK_REPEATED.en));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(FEEDBACK_REPEATED.refuse().with_fields(faults).into()) }
}

fn kept(tx: &Tx, transfer: TransferId, new: NewFeedback, on: NaiveDate) -> Result<FeedbackRow> {
    let id = FeedbackId::generate();
    let number = new.identity_number.as_str();
    let sealed = tx.seal(FeedbackRow::IDENTITY_NUMBER, id.0, number)?;
    Ok(FeedbackRow {
        federation_id: tx.federation,
        id,
        transfer_down_id: transfer,
        identity_number_hash: tx.index(Indexed::IdentityNumber, number),
        identity_number_sealed: sealed.bytes,
        identity_number_commitment: sealed.commitment,
        name: new.name,
        household_number: new.household_number,
        amount: new.amount.get(),
        paid_on: new.paid_on,
        reported_on: on,
        recorded_at: tx.now(),
    })
}

/// The recipients reported for a transfer, as answers show them.
pub(super) async fn feedback(tx: &mut Tx, _may: &Permit<ReadPayments>, id: TransferId) -> Result<Vec<Feedback>> {
    store::transfer(tx, id).await?;
    let rows = store::feedback(tx, id).await?;
    rows.into_iter().map(|row| shown(tx, row)).collect()
}

/// All of them as one page, for the export.
pub(super) async fn feedback_page(tx: &mut Tx, may: &Permit<ReadPayments>, id: TransferId) -> Result<Page<Feedback>> {
    let items = feedback(tx, may, id).await?;
    let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let amount = items.iter().map(|row| row.amount).sum();
    Ok(Page { items, next_cursor: None, totals: Totals { count, amount: Some(amount) } })
}

fn shown(tx: &Tx, row: FeedbackRow) -> Result<Feedback> {
    let number = tx.open(FeedbackRow::IDENTITY_NUMBER, row.id.0, &row.identity_number_sealed)?;
    Ok(Feedback {
        id: row.id,
        name: tx.sight().name(&row.name),
        identity_number: tx.sight().identity_number(number.expose()),
        household_number: row.household_number,
        amount: row.amount,
        paid_on: row.paid_on,
        reported_on: row.reported_on,
        recorded_at: row.recorded_at,
    })
}

/// Holds a transfer whose money has arrived, after its instruction: one that the bank did not settle has handed nothing over,
/// and what is reported of it would be the money of others.
async fn lock_settled(tx: &mut Tx, id: TransferId, pointer: &str, on: NaiveDate) -> Result<Transfer> {
    let instruction = store::transfer(tx, id).await?.instruction_id;
    let instruction = instructions::lock(tx, instruction).await?;
    if instruction.status != InstructionStatus::Settled.name() {
        return Err(INSTRUCTION_STATE.refuse().with("state", &instruction.status).into());
    }
    require_order(pointer, on, instruction.status_on)?;
    store::lock(tx, id).await
}

fn faults(tx: &Tx, request: &FeedbackRequest, on: NaiveDate) -> Vec<FieldError> {
    let mut faults: Vec<FieldError> = in_future("/reported_on", on, tx.today()).into_iter().collect();
    if request.rows.is_empty() {
        faults.push(FieldError::new("/rows", "items_missing", "名单为空", "the list is empty"));
    }
    for (index, row) in request.rows.iter().enumerate() {
        if row.name.trim().is_empty() {
            faults.push(FieldError::new(format!("/rows/{index}/name"), "blank", "不能为空", "must not be blank"));
        }
        if row.name.contains('*') {
            faults.push(FieldError::new(format!("/rows/{index}/name"), "name_masked", "这是脱敏后的姓名", "is a masked name"));
        }
        if row.paid_on > on {
            let pointer = format!("/rows/{index}/paid_on");
            faults.push(FieldError::new(
                pointer,
                "date_after_report",
                "发放日期不能晚于反馈日期",
                "must not be after the day of the report",
            ));
        }
    }
    faults
}

/// Money the union did not need comes back to the line and source it came from.
pub(super) async fn hand_back(
    tx: &mut Tx,
    _may: &Permit<FollowUpPayments>,
    id: TransferId,
    request: &HandBackRequest,
) -> Result<TransferView> {
    let on = request.handed_back_on.unwrap_or_else(|| tx.today());
    let mut faults = blank([("/reason", &request.reason)]);
    faults.extend(in_future("/handed_back_on", on, tx.today()));
    none_at_fault(faults)?;
    let transfer = lock_settled(tx, id, "/handed_back_on", on).await?;
    let amount = request.amount.get();
    if amount > transfer.outstanding() {
        return Err(FEEDBACK_EXCEEDS_TRANSFER
            .at("/amount", FEEDBACK_EXCEEDS_TRANSFER.zh, FEEDBACK_EXCEEDS_TRANSFER.en)
            .with("outstanding", transfer.outstanding())
            .into());
    }
    let before = view(tx, transfer);
    tx.before(&before);
    let transfer = store::add(tx, id, Money::ZERO, amount).await?;
    let moves = along_the_split(tx, &transfer, amount, Account::Available).await?;
    let reference = format!("hand-back:{id}:{}", transfer.version);
    post(tx, reference, EntryKind::HandBack, on, request.reason.clone(), &transfer, moves).await?;
    Ok(view(tx, transfer))
}

/// Splits what has just been added to `transfer` over the lines and sources that paid it: along the split of its roster
/// entry, after what was cleared before.
async fn along_the_split(tx: &mut Tx, transfer: &Transfer, amount: Money, to: Account) -> Result<Vec<Move>> {
    let entry = instructions::instruction(tx, transfer.instruction_id).await?.roster_entry_id;
    let parts = plans::funding_of_entries(tx, &[entry.0]).await?;
    let before = transfer.reported + transfer.handed_back - amount;
    let taken = crate::payments::unwind(&parts, before, amount);
    Ok(taken
        .into_iter()
        .map(|(part, amount)| Move {
            line: part.allocation_line_id,
            source: part.fund_source_id,
            from: Account::TransferredDown,
            to,
            amount,
            subject: Some(transfer.instruction_id.0),
        })
        .collect())
}

async fn post(
    tx: &mut Tx,
    reference: String,
    kind: EntryKind,
    on: NaiveDate,
    reason: String,
    transfer: &Transfer,
    moves: Vec<Move>,
) -> Result<()> {
    let about = json!({ "transfer_id": transfer.id, "instruction_id": InstructionId(transfer.instruction_id.0) });
    ledger::post(tx, NewEntry { reference, kind, effective_on: on, reason, about, moves }).await?;
    Ok(())
}

pub(super) fn view(tx: &Tx, transfer: Transfer) -> TransferView {
    TransferView { status: transfer.status(tx.today()), outstanding: transfer.outstanding(), transfer }
}

/// The recipients reported for a transfer in clear, and the union whose plan it pays. Whoever asks has the permission, and
/// the act says why.
///
/// # Errors
/// Not found; a number that cannot be opened.
pub async fn feedback_in_clear(tx: &mut Tx, id: TransferId) -> Result<(OrganisationId, Vec<ClearRecipient>)> {
    let instruction = store::transfer(tx, id).await?.instruction_id;
    let plan = instructions::instruction(tx, instruction).await?.plan_id;
    let organisation = plans::plan(tx, plan).await?.organisation_id;
    let rows = store::feedback(tx, id).await?;
    let clear = rows.into_iter().map(|row| {
        let identity_number = tx.open(FeedbackRow::IDENTITY_NUMBER, row.id.0, &row.identity_number_sealed)?;
        Ok(ClearRecipient { id: row.id, name: row.name, identity_number })
    });
    Ok((organisation, clear.collect::<Result<_>>()?))
}
