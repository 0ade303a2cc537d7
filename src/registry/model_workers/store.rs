//! The statements about model workers and honours.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::model::{Honour, HonourEndReason, HonourRecord, ModelWorkerFilter, ModelWorkerRow};
use crate::db::schema::{honour, model_worker, person};
use crate::db::{Result, Tx};
use crate::kernel::refusal::VERSION_STALE;
use crate::kernel::{HonourId, ModelWorkerId, Page, PersonId, Totals};

pub(super) async fn insert(tx: &mut Tx, row: &ModelWorkerRow) -> Result<()> {
    diesel::insert_into(model_worker::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn insert_honours(tx: &mut Tx, rows: &[Honour]) -> Result<()> {
    diesel::insert_into(honour::table).values(rows).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn model_worker(tx: &mut Tx, id: ModelWorkerId) -> Result<ModelWorkerRow> {
    let federation = tx.federation;
    Ok(model_worker::table.find((federation, id)).select(ModelWorkerRow::as_select()).first(tx.conn()).await?)
}

/// The model worker, held until the transaction ends: changes of its honours wait for each other.
pub(super) async fn lock(tx: &mut Tx, id: ModelWorkerId) -> Result<ModelWorkerRow> {
    let federation = tx.federation;
    let row = model_worker::table.find((federation, id)).select(ModelWorkerRow::as_select());
    Ok(row.for_no_key_update().first(tx.conn()).await?)
}

pub(super) async fn lock_of_person(tx: &mut Tx, person: PersonId) -> Result<Option<ModelWorkerRow>> {
    use model_worker as w;
    let federation = tx.federation;
    let row = w::table.filter(w::federation_id.eq(federation)).filter(w::person_id.eq(person)).select(ModelWorkerRow::as_select());
    Ok(row.for_no_key_update().first(tx.conn()).await.optional()?)
}

/// The honours of model workers, the first awarded first.
pub(super) async fn honours_of(tx: &mut Tx, ids: &[ModelWorkerId]) -> Result<Vec<Honour>> {
    use honour as h;
    let federation = tx.federation;
    let wanted = h::table.filter(h::federation_id.eq(federation)).filter(h::model_worker_id.eq_any(ids));
    Ok(wanted.order((h::awarded_on, h::id)).select(Honour::as_select()).load(tx.conn()).await?)
}

pub(super) async fn end_honour(tx: &mut Tx, id: HonourId, ended_on: NaiveDate, reason: HonourEndReason) -> Result<()> {
    use honour as h;
    let federation = tx.federation;
    diesel::update(h::table.find((federation, id))).set((h::ended_on.eq(ended_on), h::end_reason.eq(reason))).execute(tx.conn()).await?;
    Ok(())
}

/// Writes a model worker over the version it was made from; with nothing changed in it, counts its version up.
pub(super) async fn update(tx: &mut Tx, version: i32, row: &ModelWorkerRow) -> Result<ModelWorkerRow> {
    use model_worker as w;
    let updated = diesel::update(w::table.find((row.federation_id, row.id)).filter(w::version.eq(version)))
        .set((w::region_code.eq(&row.region_code), w::organisation_id.eq(row.organisation_id), w::version.eq(version.saturating_add(1))))
        .returning(ModelWorkerRow::as_returning())
        .get_result(tx.conn())
        .await
        .optional()?;
    updated.ok_or_else(|| VERSION_STALE.refuse().into())
}

pub(super) async fn list(tx: &mut Tx, filter: &ModelWorkerFilter) -> Result<Page<ModelWorkerRow>> {
    use {honour as h, model_worker as w};
    let federation = tx.federation;
    let matching = || {
        let mut query = w::table.filter(w::federation_id.eq(federation)).into_boxed();
        if let Some(person) = filter.person_id {
            query = query.filter(w::person_id.eq(person));
        }
        if let Some(region) = &filter.region_code {
            query = query.filter(w::region_code.eq(region));
        }
        if let Some(organisation) = filter.organisation_id {
            query = query.filter(w::organisation_id.eq(organisation));
        }
        if let Some(level) = filter.level {
            let honoured = h::table.filter(h::federation_id.eq(federation)).filter(h::level.eq(level));
            query = query.filter(w::id.eq_any(honoured.select(h::model_worker_id)));
        }
        query
    };
    let page = filter.page();
    let count = if page.counts() { matching().count().get_result(tx.conn()).await? } else { 0 };
    let rows = matching()
        .filter(w::id.gt(page.after()))
        .order(w::id)
        .limit(page.fetch())
        .select(ModelWorkerRow::as_select())
        .load(tx.conn())
        .await?;
    Ok(Page::cut(rows, &page, Totals { count, amount: None }, |row| row.id.0))
}

/// Every honour awarded on or before the cut-off with its holder, by region, name and person.
pub(super) async fn honours_awarded_by(tx: &mut Tx, cutoff: NaiveDate) -> Result<Vec<HonourRecord>> {
    use {honour as h, model_worker as w, person as p};
    let federation = tx.federation;
    let of_worker = w::federation_id.eq(h::federation_id).and(w::id.eq(h::model_worker_id));
    let of_person = p::federation_id.eq(w::federation_id).and(p::id.eq(w::person_id));
    Ok(h::table
        .inner_join(w::table.on(of_worker))
        .inner_join(p::table.on(of_person))
        .filter(h::federation_id.eq(federation))
        .filter(h::awarded_on.le(cutoff))
        .order((w::region_code, p::name, p::id, h::awarded_on, h::id))
        .select((w::id, p::id, p::name, p::died_on, w::region_code, h::level, h::title, h::awarded_on, h::ended_on))
        .load(tx.conn())
        .await?)
}
