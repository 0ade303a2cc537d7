//! The statements about households and their members.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{Array, Date, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use super::model::{HouseholdFilter, HouseholdRow, MemberRow};
use crate::db::schema::{household, household_member};
use crate::db::{Result, Tx};
use crate::kernel::refusal::VERSION_STALE;
use crate::kernel::{HouseholdId, MemberId, Page, PersonId, Totals};

pub(in crate::registry) async fn insert(tx: &mut Tx, rows: &[HouseholdRow]) -> Result<()> {
    let (federation, now) = (tx.federation, tx.now());
    diesel::sql_query(
        "insert into household (federation_id, version, created_at, id, head_person_id, region_code, organisation_id)
         select $1, 1, $2, h.* from unnest($3, $4, $5, $6) as h",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Timestamptz, _>(now)
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.head_person_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.region_code.as_str()).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(rows.iter().map(|row| row.organisation_id).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(in crate::registry) async fn insert_members(tx: &mut Tx, rows: &[MemberRow]) -> Result<()> {
    let federation = tx.federation;
    diesel::sql_query(
        "insert into household_member (federation_id, id, household_id, person_id, relation, member_from, member_to)
         select $1, m.* from unnest($2, $3, $4, $5, $6, $7) as m",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.household_id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.person_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.relation.as_str()).collect::<Vec<_>>())
    .bind::<Array<Date>, _>(rows.iter().map(|row| row.member_from).collect::<Vec<_>>())
    .bind::<Array<Nullable<Date>>, _>(rows.iter().map(|row| row.member_to).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(super) async fn household(tx: &mut Tx, id: HouseholdId) -> Result<HouseholdRow> {
    let federation = tx.federation;
    Ok(household::table.find((federation, id)).select(HouseholdRow::as_select()).first(tx.conn()).await?)
}

/// The household, held until the transaction ends: changes of its members wait for each other.
pub(super) async fn lock(tx: &mut Tx, id: HouseholdId) -> Result<HouseholdRow> {
    let federation = tx.federation;
    let row = household::table.find((federation, id)).select(HouseholdRow::as_select());
    Ok(row.for_no_key_update().first(tx.conn()).await?)
}

pub(super) async fn members(tx: &mut Tx, household: HouseholdId) -> Result<Vec<MemberRow>> {
    use household_member as m;
    let federation = tx.federation;
    let wanted = m::table.filter(m::federation_id.eq(federation)).filter(m::household_id.eq(household));
    Ok(wanted.order((m::member_from, m::id)).select(MemberRow::as_select()).load(tx.conn()).await?)
}

/// Every stay of the persons in any household that has not ended before `from`.
pub(in crate::registry) async fn stays_reaching(tx: &mut Tx, persons: &[PersonId], from: NaiveDate) -> Result<Vec<MemberRow>> {
    use household_member as m;
    let federation = tx.federation;
    let reaching = m::member_to.is_null().or(m::member_to.ge(from));
    let wanted = m::table.filter(m::federation_id.eq(federation)).filter(m::person_id.eq_any(persons)).filter(reaching);
    Ok(wanted.select(MemberRow::as_select()).load(tx.conn()).await?)
}

pub(super) async fn end_stay(tx: &mut Tx, id: MemberId, member_to: NaiveDate) -> Result<()> {
    use household_member as m;
    let federation = tx.federation;
    diesel::update(m::table.find((federation, id))).set(m::member_to.eq(member_to)).execute(tx.conn()).await?;
    Ok(())
}

/// Writes a household over the version it was made from; with nothing changed in it, counts its version up.
pub(super) async fn update(tx: &mut Tx, version: i32, row: &HouseholdRow) -> Result<HouseholdRow> {
    use household as h;
    let updated = diesel::update(h::table.find((row.federation_id, row.id)).filter(h::version.eq(version)))
        .set((
            h::head_person_id.eq(row.head_person_id),
            h::region_code.eq(&row.region_code),
            h::organisation_id.eq(row.organisation_id),
            h::version.eq(version.saturating_add(1)),
        ))
        .returning(HouseholdRow::as_returning())
        .get_result(tx.conn())
        .await
        .optional()?;
    updated.ok_or_else(|| VERSION_STALE.refuse().into())
}

pub(super) async fn households_of(tx: &mut Tx, ids: &[HouseholdId]) -> Result<Vec<HouseholdRow>> {
    let federation = tx.federation;
    let wanted = household::table.filter(household::federation_id.eq(federation)).filter(household::id.eq_any(ids));
    Ok(wanted.order(household::id).select(HouseholdRow::as_select()).load(tx.conn()).await?)
}

pub(super) async fn list(tx: &mut Tx, filter: &HouseholdFilter) -> Result<Page<HouseholdRow>> {
    use {household as h, household_member as m};
    let federation = tx.federation;
    let matching = || {
        let mut query = h::table.filter(h::federation_id.eq(federation)).into_boxed();
        if let Some(region) = &filter.region_code {
            query = query.filter(h::region_code.eq(region));
        }
        if let Some(organisation) = filter.organisation_id {
            query = query.filter(h::organisation_id.eq(organisation));
        }
        if let Some(person) = filter.person_id {
            let now = m::table.filter(m::federation_id.eq(federation)).filter(m::person_id.eq(person)).filter(m::member_to.is_null());
            query = query.filter(h::id.eq_any(now.select(m::household_id)));
        }
        query
    };
    let page = filter.page();
    let count = if page.counts() { matching().count().get_result(tx.conn()).await? } else { 0 };
    let rows = matching()
        .filter(h::id.gt(page.after()))
        .order(h::id)
        .limit(page.fetch())
        .select(HouseholdRow::as_select())
        .load(tx.conn())
        .await?;
    Ok(Page::cut(rows, &page, Totals { count, amount: None }, |row| row.id.0))
}
