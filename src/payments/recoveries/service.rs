//! Use cases of recoveries.

use chrono::NaiveDate;
use serde_json::json;

use super::model::{NewRecovery, ReceiveRequest, Recovery};
use super::store;
use crate::access::permissions::{FollowUpPayments, Pay};
use crate::db::{Result, Tx};
use crate::kernel::Permit;
use crate::kernel::refusal::{NOT_FOUND, REFERENCE_UNKNOWN, in_future, none_at_fault};
use crate::kernel::{Money, RecoveryId};
use crate::ledger::{self, Account, EntryKind, Move, NewEntry};
use crate::organisations::name_of;
use crate::payments::error::{INSTRUCTION_STATE, RECOVERY_EXCEEDS_PAYMENT, RECOVERY_OF_TRANSFER, STEP_OUT_OF_ORDER};
use crate::payments::instructions::model::InstructionStatus;
use crate::payments::instructions::service::require_order;
use crate::payments::instructions::store as instructions;
use crate::payments::transfers;
use crate::plans;

/// Records that money of a settled payment is to be got back: it leaves `disbursed` and is `recoverable`.
pub(super) async fn create(tx: &mut Tx, _may: &Permit<FollowUpPayments>, new: NewRecovery) -> Result<Recovery> {
    let due_on = new.due_on.unwrap_or_else(|| tx.today());
    none_at_fault(in_future("/due_on", due_on, tx.today()).into_iter().collect())?;
    let instruction = match instructions::lock(tx, new.instruction_id).await {
        Err(crate::db::Error::Refused(refusal)) if refusal.code == &NOT_FOUND => {
            return Err(REFERENCE_UNKNOWN.at("/instruction_id", REFERENCE_UNKNOWN.zh, REFERENCE_UNKNOWN.en).into());
        }
        other => other?,
    };
    if instruction.status != InstructionStatus::Settled.name() {
        return Err(INSTRUCTION_STATE.refuse().with("state", &instruction.status).into());
    }
    require_order("/due_on", due_on, instruction.status_on)?;
    // What a subordinate union still has is handed back, not recovered.
    if !transfers::among(tx, &[instruction.id]).await?.is_empty() {
        return Err(RECOVERY_OF_TRANSFER.refuse().into());
    }
    let before: Money = store::of_instruction(tx, instruction.id).await?.iter().map(|recovery| recovery.amount).sum();
    let left = instruction.amount - before;
    if new.amount.get() > left {
        return Err(RECOVERY_EXCEEDS_PAYMENT
            .at("/amount", RECOVERY_EXCEEDS_PAYMENT.zh, RECOVERY_EXCEEDS_PAYMENT.en)
            .with("left", left)
            .into());
    }
    let row = Recovery {
        federation_id: tx.federation,
        id: RecoveryId::generate(),
        instruction_id: instruction.id,
        amount: new.amount.get(),
        reason: name_of(&new.reason)?,
        note: new.note,
        status: "due".to_owned(),
        due_on,
        received_on: None,
        version: 1,
        created_at: tx.now(),
    };
    store::insert(tx, &row).await?;
    book(tx, &row, before, EntryKind::RecoverDue, Account::Disbursed, Account::Recoverable, due_on).await?;
    Ok(row)
}

/// Records that the money came back: it is available again, in the line and source that paid it.
pub(super) async fn receive(tx: &mut Tx, _may: &Permit<Pay>, id: RecoveryId, request: &ReceiveRequest) -> Result<Recovery> {
    let on = request.received_on.unwrap_or_else(|| tx.today());
    none_at_fault(in_future("/received_on", on, tx.today()).into_iter().collect())?;
    let instruction = store::read(tx, id).await?.instruction_id;
    instructions::lock(tx, instruction).await?;
    let row = store::lock(tx, id).await?;
    tx.before(&row);
    if row.status != "due" {
        return Err(STEP_OUT_OF_ORDER.refuse().with("state", &row.status).into());
    }
    require_order("/received_on", on, row.due_on)?;
    let before: Money = store::of_instruction(tx, row.instruction_id)
        .await?
        .iter()
        .take_while(|earlier| earlier.id != id)
        .map(|earlier| earlier.amount)
        .sum();
    let received = store::receive(tx, id, on).await?;
    free_if_all_came_back(tx, &row).await?;
    book(tx, &row, before, EntryKind::Recover, Account::Recoverable, Account::Available, on).await?;
    Ok(received)
}

/// A payment that came back whole is none: its payee may be paid again for the same purpose and period.
async fn free_if_all_came_back(tx: &mut Tx, row: &Recovery) -> Result<()> {
    let instruction = instructions::instruction(tx, row.instruction_id).await?;
    let recoveries = store::of_instruction(tx, row.instruction_id).await?;
    let received: Money = recoveries.iter().filter(|recovery| recovery.status == "received").map(|recovery| recovery.amount).sum();
    if received == instruction.amount {
        plans::free_claims(tx, &[instruction.roster_entry_id.0]).await?;
    }
    Ok(())
}

async fn book(tx: &mut Tx, row: &Recovery, before: Money, kind: EntryKind, from: Account, to: Account, on: NaiveDate) -> Result<()> {
    let entry = instructions::instruction(tx, row.instruction_id).await?.roster_entry_id;
    let parts = plans::funding_of_entries(tx, &[entry.0]).await?;
    let moves = crate::payments::unwind(&parts, before, row.amount)
        .into_iter()
        .map(|(part, amount)| Move {
            line: part.allocation_line_id,
            source: part.fund_source_id,
            from,
            to,
            amount,
            subject: Some(row.instruction_id.0),
        })
        .collect();
    let entry = NewEntry {
        reference: format!("{}:{}", kind.name(), row.id),
        kind,
        effective_on: on,
        reason: row.note.clone(),
        about: json!({ "recovery_id": row.id, "instruction_id": row.instruction_id }),
        moves,
    };
    ledger::post(tx, entry).await?;
    Ok(())
}
