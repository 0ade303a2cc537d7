//! The only file that names the recoveries' table.

use std::collections::HashSet;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::model::{Recovery, RecoveryFilter};
use crate::db::schema::recovery;
use crate::db::{Result, Tx};
use crate::kernel::{InstructionId, Money, Page, RecoveryId, Totals};

pub(super) async fn insert(tx: &mut Tx, row: &Recovery) -> Result<()> {
    diesel::insert_into(recovery::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn read(tx: &mut Tx, id: RecoveryId) -> Result<Recovery> {
    let federation = tx.federation;
    Ok(recovery::table.find((federation, id)).select(Recovery::as_select()).first(tx.conn()).await?)
}

pub(super) async fn lock(tx: &mut Tx, id: RecoveryId) -> Result<Recovery> {
    let federation = tx.federation;
    Ok(recovery::table.find((federation, id)).select(Recovery::as_select()).for_no_key_update().first(tx.conn()).await?)
}

/// The recoveries of a payment, in the order they were recorded. The order decides which part of the split each takes.
pub(super) async fn of_instruction(tx: &mut Tx, id: InstructionId) -> Result<Vec<Recovery>> {
    let federation = tx.federation;
    Ok(recovery::table
        .filter(recovery::federation_id.eq(federation).and(recovery::instruction_id.eq(id)))
        .order(recovery::id)
        .select(Recovery::as_select())
        .load(tx.conn())
        .await?)
}

pub(super) async fn receive(tx: &mut Tx, id: RecoveryId, on: NaiveDate) -> Result<Recovery> {
    let federation = tx.federation;
    Ok(diesel::update(recovery::table.find((federation, id)))
        .set((recovery::status.eq("received"), recovery::received_on.eq(on), recovery::version.eq(recovery::version + 1)))
        .returning(Recovery::as_returning())
        .get_result(tx.conn())
        .await?)
}

pub(super) async fn list(tx: &mut Tx, filter: &RecoveryFilter) -> Result<Page<Recovery>> {
    let federation = tx.federation;
    let matching = || {
        let mut query = recovery::table.filter(recovery::federation_id.eq(federation)).into_boxed();
        if let Some(instruction) = filter.instruction_id {
            query = query.filter(recovery::instruction_id.eq(instruction));
        }
        if let Some(status) = &filter.status {
            query = query.filter(recovery::status.eq(status));
        }
        query
    };
    let page = filter.page();
    let (count, amount): (i64, Option<Money>) = if page.counts() {
        matching().select((diesel::dsl::count_star(), diesel::dsl::sum(recovery::amount))).first(tx.conn()).await?
    } else {
        (0, None)
    };
    let rows = matching()
        .filter(recovery::id.gt(page.after()))
        .order(recovery::id)
        .limit(page.fetch())
        .select(Recovery::as_select())
        .load(tx.conn())
        .await?;
    Ok(Page::cut(rows, &page, Totals { count, amount: Some(amount.unwrap_or_default()) }, |row| row.id.0))
}

/// Which of some instructions have recoveries, due or received.
pub(in crate::payments) async fn among(tx: &Tx, instructions: &[InstructionId]) -> Result<HashSet<InstructionId>> {
    let federation = tx.federation;
    let ids: Vec<InstructionId> = recovery::table
        .filter(recovery::federation_id.eq(federation).and(recovery::instruction_id.eq_any(instructions)))
        .select(recovery::instruction_id)
        .load(&mut tx.wire())
        .await?;
    Ok(ids.into_iter().collect())
}
