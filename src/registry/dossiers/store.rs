//! The statements about dossiers and their history.

use std::collections::HashSet;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Date, Integer, Nullable, Numeric, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use super::model::{
    CategorySpan, CloseReason, Dossier, DossierCategory, DossierEvent, DossierFilter, DossierOfHead, DossierStatus, DossierSystem,
    GracePeriod,
};
use crate::db::schema::{dossier, dossier_category, dossier_event, grace_period, household, person};
use crate::db::{Result, Tx};
use crate::interchange::tables::reference;
use crate::kernel::refusal::VERSION_STALE;
use crate::kernel::{DossierId, Page, PersonId, Totals};

pub(in crate::registry) async fn insert(tx: &mut Tx, rows: &[Dossier]) -> Result<()> {
    let (federation, now) = (tx.federation, tx.now());
    // unnest flattens arrays of arrays, so the causes travel as JSON.
    let causes: Vec<String> = rows.iter().map(|row| serde_json::json!(row.causes).to_string()).collect();
    diesel::sql_query(
        "insert into dossier (federation_id, version, created_at, id, household_id, number, system, level, category, causes, monthly_income,
                              rigid_costs, status, opened_on, closed_on, close_reason)
         select $1, 1, $2, d.id, d.household_id, d.number, d.system, d.level, d.category,
                array(select jsonb_array_elements_text(d.causes::jsonb)), d.monthly_income, d.rigid_costs, d.status, d.opened_on, d.closed_on,
                d.close_reason
         from unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
              as d (id, household_id, number, system, level, category, causes, monthly_income, rigid_costs, status, opened_on, closed_on, close_reason)",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Timestamptz, _>(now)
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.household_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.number.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.system.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.level.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.category.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(causes)
    .bind::<Array<Nullable<Numeric>>, _>(rows.iter().map(|row| row.monthly_income).collect::<Vec<_>>())
    .bind::<Array<Nullable<Numeric>>, _>(rows.iter().map(|row| row.rigid_costs).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.status.as_str()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Date>>, _>(rows.iter().map(|row| row.opened_on).collect::<Vec<_>>())
    .bind::<Array<Nullable<Date>>, _>(rows.iter().map(|row| row.closed_on).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(rows.iter().map(|row| row.close_reason.map(CloseReason::as_str)).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(in crate::registry) async fn insert_events(tx: &mut Tx, rows: &[DossierEvent]) -> Result<()> {
    let (federation, actor, now) = (tx.federation, tx.actor.clone(), tx.now());
    diesel::sql_query(
        "insert into dossier_event (federation_id, actor, recorded_at, dossier_id, position, status, happened_on, reason, close_reason)
         select $1, $2, $3, e.* from unnest($4, $5, $6, $7, $8, $9) as e",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Text, _>(actor)
    .bind::<Timestamptz, _>(now)
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.dossier_id).collect::<Vec<_>>())
    .bind::<Array<Integer>, _>(rows.iter().map(|row| row.position).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.status.as_str()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Date>>, _>(rows.iter().map(|row| row.happened_on).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(rows.iter().map(|row| row.reason.as_deref()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(rows.iter().map(|row| row.close_reason.map(CloseReason::as_str)).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(in crate::registry) async fn insert_categories(tx: &mut Tx, rows: &[CategorySpan]) -> Result<()> {
    let federation = tx.federation;
    diesel::sql_query(
        "insert into dossier_category (federation_id, dossier_id, category, valid_from, valid_to)
         select $1, c.* from unnest($2, $3, $4, $5) as c",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.dossier_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.category.as_str()).collect::<Vec<_>>())
    .bind::<Array<Date>, _>(rows.iter().map(|row| row.valid_from).collect::<Vec<_>>())
    .bind::<Array<Nullable<Date>>, _>(rows.iter().map(|row| row.valid_to).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct Place {
    #[diesel(sql_type = BigInt)]
    place: i64,
}

/// Those of some systems and numbers under which a dossier is recorded.
pub(in crate::registry) async fn recorded(tx: &mut Tx, wanted: &[(DossierSystem, String)]) -> Result<HashSet<(DossierSystem, String)>> {
    let federation = tx.federation;
    let rows: Vec<Place> = diesel::sql_query(
        "select w.place from unnest($2, $3) with ordinality as w (system, number, place)
         join dossier d on d.federation_id = $1 and d.system = w.system and d.number = w.number",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Array<Text>, _>(wanted.iter().map(|(system, _)| system.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(wanted.iter().map(|(_, number)| number.as_str()).collect::<Vec<_>>())
    .load(tx.conn())
    .await?;
    let place = |row: &Place| wanted.get(usize::try_from(row.place).ok()?.checked_sub(1)?).cloned();
    Ok(rows.iter().filter_map(place).collect())
}

pub(super) async fn insert_category(tx: &mut Tx, row: &CategorySpan) -> Result<()> {
    diesel::insert_into(dossier_category::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn insert_grace(tx: &mut Tx, row: &GracePeriod) -> Result<()> {
    diesel::insert_into(grace_period::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn dossier(tx: &mut Tx, id: DossierId) -> Result<Dossier> {
    let federation = tx.federation;
    Ok(dossier::table.find((federation, id)).select(Dossier::as_select()).first(tx.conn()).await?)
}

/// The dossier, held until the transaction ends: its steps wait for each other.
pub(super) async fn lock(tx: &mut Tx, id: DossierId) -> Result<Dossier> {
    let federation = tx.federation;
    let row = dossier::table.find((federation, id)).select(Dossier::as_select());
    Ok(row.for_no_key_update().first(tx.conn()).await?)
}

/// Writes a dossier over the version it was made from.
pub(super) async fn update(tx: &mut Tx, version: i32, row: &Dossier) -> Result<Dossier> {
    use dossier as d;
    let updated = diesel::update(d::table.find((row.federation_id, row.id)).filter(d::version.eq(version)))
        .set((
            d::level.eq(row.level),
            d::category.eq(row.category),
            d::causes.eq(&row.causes),
            d::monthly_income.eq(row.monthly_income),
            d::rigid_costs.eq(row.rigid_costs),
            d::status.eq(row.status),
            d::opened_on.eq(row.opened_on),
            d::closed_on.eq(row.closed_on),
            d::close_reason.eq(row.close_reason),
            d::version.eq(version.saturating_add(1)),
        ))
        .returning(Dossier::as_returning())
        .get_result(tx.conn())
        .await
        .optional()?;
    updated.ok_or_else(|| VERSION_STALE.refuse().into())
}

pub(super) async fn events(tx: &mut Tx, id: DossierId) -> Result<Vec<DossierEvent>> {
    use dossier_event as e;
    let federation = tx.federation;
    let wanted = e::table.filter(e::federation_id.eq(federation)).filter(e::dossier_id.eq(id));
    Ok(wanted.order(e::position).select(DossierEvent::as_select()).load(tx.conn()).await?)
}

pub(super) async fn categories(tx: &mut Tx, id: DossierId) -> Result<Vec<CategorySpan>> {
    use dossier_category as c;
    let federation = tx.federation;
    let wanted = c::table.filter(c::federation_id.eq(federation)).filter(c::dossier_id.eq(id));
    Ok(wanted.order(c::valid_from).select(CategorySpan::as_select()).load(tx.conn()).await?)
}

pub(super) async fn open_category(tx: &mut Tx, id: DossierId) -> Result<Option<CategorySpan>> {
    use dossier_category as c;
    let federation = tx.federation;
    let open = c::table.filter(c::federation_id.eq(federation)).filter(c::dossier_id.eq(id)).filter(c::valid_to.is_null());
    Ok(open.select(CategorySpan::as_select()).first(tx.conn()).await.optional()?)
}

pub(super) async fn end_category(tx: &mut Tx, span: &CategorySpan, valid_to: NaiveDate) -> Result<()> {
    use dossier_category as c;
    let row = c::table.find((span.federation_id, span.dossier_id, span.valid_from));
    diesel::update(row).set(c::valid_to.eq(valid_to)).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn grace_periods(tx: &mut Tx, id: DossierId) -> Result<Vec<GracePeriod>> {
    use grace_period as g;
    let federation = tx.federation;
    let wanted = g::table.filter(g::federation_id.eq(federation)).filter(g::dossier_id.eq(id));
    Ok(wanted.order(g::starts_on).select(GracePeriod::as_select()).load(tx.conn()).await?)
}

pub(super) async fn list(tx: &mut Tx, filter: &DossierFilter) -> Result<Page<Dossier>> {
    use {dossier as d, household as h};
    let federation = tx.federation;
    let matching = || {
        let mut query = d::table.filter(d::federation_id.eq(federation)).into_boxed();
        if let Some(household) = filter.household_id {
            query = query.filter(d::household_id.eq(household));
        }
        if let Some(number) = &filter.number {
            query = query.filter(d::number.eq(reference(number)));
        }
        if let Some(system) = filter.system {
            query = query.filter(d::system.eq(system));
        }
        if let Some(level) = filter.level {
            query = query.filter(d::level.eq(level));
        }
        if let Some(category) = filter.category {
            query = query.filter(d::category.eq(category));
        }
        if let Some(status) = filter.status {
            query = query.filter(d::status.eq(status));
        }
        if let Some(region) = &filter.region_code {
            let there = h::table.filter(h::federation_id.eq(federation)).filter(h::region_code.eq(region));
            query = query.filter(d::household_id.eq_any(there.select(h::id)));
        }
        query
    };
    let page = filter.page();
    let count = if page.counts() { matching().count().get_result(tx.conn()).await? } else { 0 };
    let rows =
        matching().filter(d::id.gt(page.after())).order(d::id).limit(page.fetch()).select(Dossier::as_select()).load(tx.conn()).await?;
    Ok(Page::cut(rows, &page, Totals { count, amount: None }, |row| row.id.0))
}

/// Every dossier with its household and head, by region, system and number.
pub(super) async fn dossiers_of_heads(tx: &mut Tx) -> Result<Vec<DossierOfHead>> {
    use {dossier as d, household as h, person as p};
    let federation = tx.federation;
    let of_household = h::federation_id.eq(d::federation_id).and(h::id.eq(d::household_id));
    let of_head = p::federation_id.eq(h::federation_id).and(p::id.eq(h::head_person_id));
    Ok(d::table
        .inner_join(h::table.on(of_household))
        .inner_join(p::table.on(of_head))
        .filter(d::federation_id.eq(federation))
        .order((h::region_code, d::system, d::number))
        .select((d::id, h::id, p::id, p::name, p::died_on, d::number, d::system, d::level, d::category, h::region_code))
        .load(tx.conn())
        .await?)
}

/// Every opening and closing of every dossier, in their order.
pub(super) async fn openings_and_closings(tx: &mut Tx) -> Result<Vec<(DossierId, DossierStatus, Option<NaiveDate>)>> {
    use dossier_event as e;
    let federation = tx.federation;
    let wanted = e::table.filter(e::federation_id.eq(federation)).filter(e::status.eq_any([DossierStatus::Active, DossierStatus::Closed]));
    Ok(wanted.order((e::dossier_id, e::position)).select((e::dossier_id, e::status, e::happened_on)).load(tx.conn()).await?)
}

/// Every category that began on or before the cut-off.
pub(super) async fn categories_begun_by(tx: &mut Tx, cutoff: NaiveDate) -> Result<Vec<(DossierId, NaiveDate, DossierCategory)>> {
    use dossier_category as c;
    let federation = tx.federation;
    let wanted = c::table.filter(c::federation_id.eq(federation)).filter(c::valid_from.le(cutoff));
    Ok(wanted.select((c::dossier_id, c::valid_from, c::category)).load(tx.conn()).await?)
}

/// Every grace period that started on or before the cut-off, the earliest first.
pub(super) async fn graces_started_by(tx: &mut Tx, cutoff: NaiveDate) -> Result<Vec<(DossierId, NaiveDate, NaiveDate)>> {
    use grace_period as g;
    let federation = tx.federation;
    let wanted = g::table.filter(g::federation_id.eq(federation)).filter(g::starts_on.le(cutoff));
    Ok(wanted.order(g::starts_on).select((g::dossier_id, g::starts_on, g::ends_on)).load(tx.conn()).await?)
}

/// Whether a household that the person heads has a dossier that is not closed.
pub(in crate::registry) async fn heads_open_dossier(tx: &mut Tx, person: PersonId) -> Result<bool> {
    use {dossier as d, household as h};
    let federation = tx.federation;
    let headed = h::table.filter(h::federation_id.eq(federation).and(h::head_person_id.eq(person))).select(h::id);
    let open =
        d::table.filter(d::federation_id.eq(federation).and(d::household_id.eq_any(headed)).and(d::status.ne(DossierStatus::Closed)));
    Ok(diesel::select(diesel::dsl::exists(open)).get_result(tx.conn()).await?)
}
