//! The only file that names the transfers' tables.

use std::collections::HashSet;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::model::{FeedbackRow, Transfer, TransferFilter};
use crate::db::schema::{instruction, transfer_down, transfer_feedback};
use crate::db::{Result, Tx};
use crate::kernel::{InstructionId, Money, Page, Totals, TransferId};

/// The transfers among some instructions.
pub async fn among(tx: &Tx, instructions: &[InstructionId]) -> Result<Vec<Transfer>> {
    let federation = tx.federation;
    Ok(transfer_down::table
        .filter(transfer_down::federation_id.eq(federation).and(transfer_down::instruction_id.eq_any(instructions)))
        .select(Transfer::as_select())
        .load(&mut tx.wire())
        .await?)
}

pub(super) async fn insert(tx: &mut Tx, rows: &[Transfer]) -> Result<()> {
    diesel::insert_into(transfer_down::table).values(rows).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn transfer(tx: &mut Tx, id: TransferId) -> Result<Transfer> {
    let federation = tx.federation;
    Ok(transfer_down::table.find((federation, id)).select(Transfer::as_select()).first(tx.conn()).await?)
}

pub(super) async fn lock(tx: &mut Tx, id: TransferId) -> Result<Transfer> {
    let federation = tx.federation;
    Ok(transfer_down::table.find((federation, id)).select(Transfer::as_select()).for_no_key_update().first(tx.conn()).await?)
}

pub(super) async fn add(tx: &mut Tx, id: TransferId, reported: Money, handed_back: Money) -> Result<Transfer> {
    use transfer_down as t;
    let federation = tx.federation;
    Ok(diesel::update(t::table.find((federation, id)))
        .set((t::reported.eq(t::reported + reported), t::handed_back.eq(t::handed_back + handed_back), t::version.eq(t::version + 1)))
        .returning(Transfer::as_returning())
        .get_result(tx.conn())
        .await?)
}

pub(super) async fn insert_feedback(tx: &mut Tx, rows: &[FeedbackRow]) -> Result<()> {
    // A statement takes 65,535 parameters at most, and a row is twelve of them.
    for chunk in rows.chunks(5000) {
        diesel::insert_into(transfer_feedback::table).values(chunk).execute(tx.conn()).await?;
    }
    Ok(())
}

pub(super) async fn feedback(tx: &mut Tx, id: TransferId) -> Result<Vec<FeedbackRow>> {
    let federation = tx.federation;
    Ok(transfer_feedback::table
        .filter(transfer_feedback::federation_id.eq(federation).and(transfer_feedback::transfer_down_id.eq(id)))
        .order(transfer_feedback::id)
        .select(FeedbackRow::as_select())
        .load(tx.conn())
        .await?)
}

pub(super) async fn transfers(tx: &mut Tx, filter: &TransferFilter) -> Result<Page<Transfer>> {
    let federation = tx.federation;
    let matching = || {
        // An attempt that another one replaced, or that was given up, handed nothing over.
        let live = instruction::table
            .filter(instruction::federation_id.eq(federation).and(instruction::status.ne_all(["reissued", "given_up"])))
            .select(instruction::id);
        let mut query = transfer_down::table
            .filter(transfer_down::federation_id.eq(federation).and(transfer_down::instruction_id.eq_any(live)))
            .into_boxed();
        if let Some(organisation) = filter.organisation_id {
            query = query.filter(transfer_down::organisation_id.eq(organisation));
        }
        query
    };
    let page = filter.page();
    let (count, amount): (i64, Option<Money>) = if page.counts() {
        matching().select((diesel::dsl::count_star(), diesel::dsl::sum(transfer_down::amount))).first(tx.conn()).await?
    } else {
        (0, None)
    };
    let rows = matching()
        .filter(transfer_down::id.gt(page.after()))
        .order(transfer_down::id)
        .limit(page.fetch())
        .select(Transfer::as_select())
        .load(tx.conn())
        .await?;
    Ok(Page::cut(rows, &page, Totals { count, amount: Some(amount.unwrap_or_default()) }, |row| row.id.0))
}

/// Which of some recipients were reported for a transfer, by their hashes. The caller holds the transfer.
pub(super) async fn reported_for(tx: &mut Tx, id: TransferId, hashes: &[Vec<u8>]) -> Result<HashSet<Vec<u8>>> {
    use transfer_feedback as f;
    let federation = tx.federation;
    let known =
        f::table.filter(f::federation_id.eq(federation).and(f::transfer_down_id.eq(id)).and(f::identity_number_hash.eq_any(hashes)));
    let known: Vec<Vec<u8>> = known.select(f::identity_number_hash).load(tx.conn()).await?;
    Ok(known.into_iter().collect())
}

/// Whether a subordinate union ever reported whoever has this identity number.
///
/// # Errors
/// When the database cannot be read.
pub async fn is_reported(tx: &mut Tx, identity_number_hash: &[u8]) -> Result<bool> {
    use transfer_feedback as f;
    let federation = tx.federation;
    let reported = f::table.filter(f::federation_id.eq(federation).and(f::identity_number_hash.eq(identity_number_hash)));
    Ok(diesel::select(diesel::dsl::exists(reported)).get_result(tx.conn()).await?)
}
