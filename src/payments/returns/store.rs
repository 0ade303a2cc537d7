//! The only file that names the returns' table.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::model::{FundReturn, ReturnFilter, ReturnStatus};
use crate::db::schema::fund_return;
use crate::db::{Result, Tx};
use crate::kernel::{Money, Page, ReturnId, Totals};

pub(super) async fn insert(tx: &mut Tx, row: &FundReturn) -> Result<()> {
    diesel::insert_into(fund_return::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn read(tx: &mut Tx, id: ReturnId) -> Result<FundReturn> {
    let federation = tx.federation;
    Ok(fund_return::table.find((federation, id)).select(FundReturn::as_select()).first(tx.conn()).await?)
}

pub(super) async fn lock(tx: &mut Tx, id: ReturnId) -> Result<FundReturn> {
    let federation = tx.federation;
    Ok(fund_return::table.find((federation, id)).select(FundReturn::as_select()).for_no_key_update().first(tx.conn()).await?)
}

pub(super) async fn step(tx: &mut Tx, row: &FundReturn, to: ReturnStatus, on: NaiveDate) -> Result<FundReturn> {
    use fund_return as r;
    let dated = |step: ReturnStatus, known: Option<NaiveDate>| if step == to { Some(on) } else { known };
    Ok(diesel::update(r::table.find((row.federation_id, row.id)))
        .set((
            r::status.eq(to.name()),
            r::approved_on.eq(dated(ReturnStatus::Approved, row.approved_on)),
            r::paid_on.eq(dated(ReturnStatus::Paid, row.paid_on)),
            r::confirmed_on.eq(dated(ReturnStatus::Confirmed, row.confirmed_on)),
            r::version.eq(r::version + 1),
        ))
        .returning(FundReturn::as_returning())
        .get_result(tx.conn())
        .await?)
}

pub(super) async fn list(tx: &mut Tx, filter: &ReturnFilter) -> Result<Page<FundReturn>> {
    let federation = tx.federation;
    let matching = || {
        let mut query = fund_return::table.filter(fund_return::federation_id.eq(federation)).into_boxed();
        if let Some(line) = filter.allocation_line_id {
            query = query.filter(fund_return::allocation_line_id.eq(line));
        }
        if let Some(status) = filter.status {
            query = query.filter(fund_return::status.eq(status.name()));
        }
        query
    };
    let page = filter.page();
    let (count, amount): (i64, Option<Money>) = if page.counts() {
        matching().select((diesel::dsl::count_star(), diesel::dsl::sum(fund_return::amount))).first(tx.conn()).await?
    } else {
        (0, None)
    };
    let rows = matching()
        .filter(fund_return::id.gt(page.after()))
        .order(fund_return::id)
        .limit(page.fetch())
        .select(FundReturn::as_select())
        .load(tx.conn())
        .await?;
    Ok(Page::cut(rows, &page, Totals { count, amount: Some(amount.unwrap_or_default()) }, |row| row.id.0))
}
