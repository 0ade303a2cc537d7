//! Use cases of returns.

use serde_json::json;

use super::model::{FundReturn, NewReturn, ReturnStatus, ReturnStep};
use super::store;
use crate::access::permissions::FollowUpPayments;
use crate::db::{Result, Tx};
use crate::funds;
use crate::kernel::ReturnId;
use crate::kernel::refusal::{REFERENCE_UNKNOWN, in_future, none_at_fault};
use crate::kernel::{Permission, Permit};
use crate::ledger::{self, Account, EntryKind, Move, NewEntry};
use crate::organisations::name_of;
use crate::payments::error::STEP_OUT_OF_ORDER;
use crate::payments::instructions::service::require_order;

/// Records money that is due back. It goes to whoever the source says (RC-13), unless another is named.
pub(super) async fn create(tx: &mut Tx, _may: &Permit<FollowUpPayments>, new: NewReturn) -> Result<FundReturn> {
    let due_on = new.due_on.unwrap_or_else(|| tx.today());
    none_at_fault(in_future("/due_on", due_on, tx.today()).into_iter().collect())?;
    let unknown = |pointer: &str| REFERENCE_UNKNOWN.at(pointer, REFERENCE_UNKNOWN.zh, REFERENCE_UNKNOWN.en);
    let line = funds::lines(tx, &[new.allocation_line_id]).await?.pop().ok_or_else(|| unknown("/allocation_line_id"))?;
    let source = new.fund_source_id.unwrap_or(line.fund_source_id);
    if !funds::sources(tx).await?.contains_key(&source) {
        return Err(unknown("/fund_source_id").into());
    }
    let to = match new.to_organisation_id {
        Some(to) => to,
        None => funds::returned_to(tx, source).await?.ok_or_else(|| unknown("/to_organisation_id"))?,
    };
    let row = FundReturn {
        federation_id: tx.federation,
        id: ReturnId::generate(),
        allocation_line_id: line.id,
        fund_source_id: source,
        amount: new.amount.get(),
        reason: name_of(&new.reason)?,
        note: new.note,
        person_id: new.person_id,
        to_organisation_id: to,
        document_id: new.document_id,
        status: ReturnStatus::Due.name().to_owned(),
        due_on,
        approved_on: None,
        paid_on: None,
        confirmed_on: None,
        version: 1,
        created_at: tx.now(),
    };
    store::insert(tx, &row).await?;
    Ok(row)
}

/// Takes a return one step on. Paying it moves the money.
pub(super) async fn step<P: Permission>(
    tx: &mut Tx,
    _may: &Permit<P>,
    id: ReturnId,
    to: ReturnStatus,
    request: &ReturnStep,
) -> Result<FundReturn> {
    let on = request.on.unwrap_or_else(|| tx.today());
    none_at_fault(in_future("/on", on, tx.today()).into_iter().collect())?;
    let row = store::lock(tx, id).await?;
    tx.before(&row);
    if to.before().map(ReturnStatus::name) != Some(row.status.as_str()) {
        return Err(STEP_OUT_OF_ORDER.refuse().with("state", &row.status).into());
    }
    let since = [Some(row.due_on), row.approved_on, row.paid_on].into_iter().flatten().max().unwrap_or(row.due_on);
    require_order("/on", on, since)?;
    let stepped = store::step(tx, &row, to, on).await?;
    if to == ReturnStatus::Paid {
        let money = Move {
            line: row.allocation_line_id,
            source: row.fund_source_id,
            from: Account::Available,
            to: Account::Returned,
            amount: row.amount,
            subject: Some(id.0),
        };
        let entry = NewEntry {
            reference: format!("return:{id}"),
            kind: EntryKind::Return,
            effective_on: on,
            reason: row.note,
            about: json!({ "return_id": id, "to_organisation_id": row.to_organisation_id }),
            moves: vec![money],
        };
        ledger::post(tx, entry).await?;
    }
    Ok(stepped)
}
