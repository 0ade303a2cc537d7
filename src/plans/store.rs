//! The only file that names the tables of plans, tiers and their funding.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::model::{Funding, Plan, PlanFilter, PlanStatus, Tier};
use crate::db::schema::{plan, plan_funding, tier};
use crate::db::{Result, Tx};
use crate::kernel::refusal::VERSION_STALE;
use crate::kernel::{Page, PlanId, RosterId, Totals};
use crate::organisations::name_of;

pub(super) async fn insert(tx: &mut Tx, row: &Plan, funding: &[Funding], tiers: &[Tier]) -> Result<()> {
    diesel::insert_into(plan::table).values(row).execute(tx.conn()).await?;
    insert_parts(tx, funding, tiers).await
}

pub(super) async fn insert_parts(tx: &mut Tx, funding: &[Funding], tiers: &[Tier]) -> Result<()> {
    diesel::insert_into(plan_funding::table).values(funding).execute(tx.conn()).await?;
    diesel::insert_into(tier::table).values(tiers).execute(tx.conn()).await?;
    Ok(())
}

/// Writes a draft over the version it was made from.
pub(super) async fn update(tx: &mut Tx, version: i32, row: &Plan) -> Result<Plan> {
    use plan as p;
    let updated = diesel::update(p::table.find((row.federation_id, row.id)).filter(p::version.eq(version)))
        .set((
            p::name.eq(&row.name),
            p::organisation_id.eq(row.organisation_id),
            p::fiscal_year.eq(row.fiscal_year),
            p::purpose.eq(&row.purpose),
            p::period.eq(&row.period),
            p::cutoff_on.eq(row.cutoff_on),
            p::adjustment_method.eq(&row.adjustment_method),
            p::revision.eq(row.revision),
            p::version.eq(version.saturating_add(1)),
        ))
        .returning(Plan::as_returning())
        .get_result(tx.conn())
        .await
        .optional()?;
    updated.ok_or_else(|| VERSION_STALE.refuse().into())
}

pub(super) async fn plan(tx: &mut Tx, id: PlanId) -> Result<Plan> {
    let federation = tx.federation;
    Ok(plan::table.find((federation, id)).select(Plan::as_select()).first(tx.conn()).await?)
}

/// Reads a plan and holds its row, so that of two steps at once the second sees the first.
pub(super) async fn lock(tx: &mut Tx, id: PlanId) -> Result<Plan> {
    let federation = tx.federation;
    Ok(plan::table.find((federation, id)).select(Plan::as_select()).for_no_key_update().first(tx.conn()).await?)
}

/// As [`lock`], several, in one order for everyone.
pub(super) async fn lock_each(tx: &Tx, ids: &[PlanId]) -> Result<Vec<Plan>> {
    let federation = tx.federation;
    Ok(plan::table
        .filter(plan::federation_id.eq(federation).and(plan::id.eq_any(ids)))
        .order(plan::id)
        .select(Plan::as_select())
        .for_no_key_update()
        .load(&mut tx.wire())
        .await?)
}

/// Moves a plan to a state; its caller holds the row and has checked that the state follows.
pub(super) async fn set_status(tx: &mut Tx, row: &Plan, status: PlanStatus, roster: Option<RosterId>) -> Result<Plan> {
    use plan as p;
    let name = name_of(&status)?;
    Ok(diesel::update(p::table.find((row.federation_id, row.id)))
        .set((p::status.eq(name), p::roster_id.eq(roster), p::version.eq(p::version + 1)))
        .returning(Plan::as_returning())
        .get_result(tx.conn())
        .await?)
}

pub(super) async fn funding(tx: &mut Tx, id: PlanId, revision: i32) -> Result<Vec<Funding>> {
    use plan_funding as f;
    let federation = tx.federation;
    Ok(f::table
        .filter(f::federation_id.eq(federation).and(f::plan_id.eq(id)).and(f::revision.eq(revision)))
        .order(f::position)
        .select(Funding::as_select())
        .load(tx.conn())
        .await?)
}

pub(super) async fn tiers(tx: &mut Tx, id: PlanId, revision: i32) -> Result<Vec<Tier>> {
    use tier as t;
    let federation = tx.federation;
    Ok(t::table
        .filter(t::federation_id.eq(federation).and(t::plan_id.eq(id)).and(t::revision.eq(revision)))
        .order(t::position)
        .select(Tier::as_select())
        .load(tx.conn())
        .await?)
}

pub(super) async fn plans(tx: &mut Tx, filter: &PlanFilter) -> Result<Page<Plan>> {
    use plan as p;
    let federation = tx.federation;
    let matching = || {
        let mut query = p::table.filter(p::federation_id.eq(federation)).into_boxed();
        if let Some(status) = &filter.status {
            query = query.filter(p::status.eq(status));
        }
        if let Some(year) = filter.fiscal_year {
            query = query.filter(p::fiscal_year.eq(year));
        }
        if let Some(purpose) = &filter.purpose {
            query = query.filter(p::purpose.eq(purpose));
        }
        if let Some(line) = filter.allocation_line_id {
            let drawing = plan_funding::table
                .filter(plan_funding::federation_id.eq(federation).and(plan_funding::allocation_line_id.eq(line)))
                .select(plan_funding::plan_id);
            query = query.filter(p::id.eq_any(drawing));
        }
        query
    };
    let page = filter.page();
    let count = if page.counts() { matching().count().get_result(tx.conn()).await? } else { 0 };
    let rows = matching().filter(p::id.gt(page.after())).order(p::id).limit(page.fetch()).select(Plan::as_select()).load(tx.conn()).await?;
    Ok(Page::cut(rows, &page, Totals { count, amount: None }, |row| row.id.0))
}

/// Every plan with a locked roster, for the check.
pub(super) async fn with_roster(tx: &mut Tx) -> Result<Vec<Plan>> {
    let federation = tx.federation;
    Ok(plan::table
        .filter(plan::federation_id.eq(federation).and(plan::roster_id.is_not_null()))
        .order(plan::id)
        .select(Plan::as_select())
        .load(tx.conn())
        .await?)
}
