//! The statements about persons.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bytea, Date, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use super::model::{PersonFilter, PersonRow, Wanted};
use crate::db::schema::person;
use crate::db::{Result, Tx};
use crate::kernel::refusal::VERSION_STALE;
use crate::kernel::{Page, PageRequest, PersonId, Totals};

/// Rows travel as one array a column: a statement with a parameter for each value of a thousand rows is parsed for longer than
/// it writes.
pub(in crate::registry) async fn insert(tx: &mut Tx, rows: &[PersonRow]) -> Result<()> {
    let (federation, now) = (tx.federation, tx.now());
    diesel::sql_query(
        "insert into person (federation_id, version, created_at, id, name, sex, born_on, died_on, organisation_id, region_code,
                             identity_number_sealed, identity_number_hash, phone_sealed, phone_hash)
         select $1, 1, $2, p.* from unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) as p",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Timestamptz, _>(now)
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.sex.as_str()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Date>>, _>(rows.iter().map(|row| row.born_on).collect::<Vec<_>>())
    .bind::<Array<Nullable<Date>>, _>(rows.iter().map(|row| row.died_on).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(rows.iter().map(|row| row.organisation_id).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(rows.iter().map(|row| row.region_code.as_deref()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Bytea>>, _>(rows.iter().map(|row| row.identity_number_sealed.as_deref()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Bytea>>, _>(rows.iter().map(|row| row.identity_number_hash.as_deref()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Bytea>>, _>(rows.iter().map(|row| row.phone_sealed.as_deref()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Bytea>>, _>(rows.iter().map(|row| row.phone_hash.as_deref()).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The persons with these identity numbers, by their hashes.
pub(in crate::registry) async fn by_identity_numbers(tx: &mut Tx, hashes: &[Vec<u8>]) -> Result<Vec<PersonRow>> {
    let federation = tx.federation;
    let known = person::table.filter(person::federation_id.eq(federation).and(person::identity_number_hash.eq_any(hashes)));
    Ok(known.order(person::id).select(PersonRow::as_select()).load(tx.conn()).await?)
}

pub(super) async fn find_by_identity_number(tx: &mut Tx, hash: &[u8]) -> Result<Option<PersonId>> {
    let federation = tx.federation;
    let known = person::table.filter(person::federation_id.eq(federation).and(person::identity_number_hash.eq(hash)));
    Ok(known.select(person::id).first(tx.conn()).await.optional()?)
}

pub(in crate::registry) async fn person(tx: &mut Tx, id: PersonId) -> Result<PersonRow> {
    let federation = tx.federation;
    Ok(person::table.find((federation, id)).select(PersonRow::as_select()).first(tx.conn()).await?)
}

/// The person, held until the transaction ends: who records a death and who records an honour wait for each other.
pub(in crate::registry) async fn lock(tx: &mut Tx, id: PersonId) -> Result<PersonRow> {
    let federation = tx.federation;
    let row = person::table.find((federation, id)).select(PersonRow::as_select());
    Ok(row.for_no_key_update().first(tx.conn()).await?)
}

/// Those of the persons that exist, by id, in the order of their ids.
pub(in crate::registry) async fn persons_of(tx: &mut Tx, ids: &[PersonId]) -> Result<Vec<PersonRow>> {
    let federation = tx.federation;
    let wanted = person::table.filter(person::federation_id.eq(federation)).filter(person::id.eq_any(ids));
    Ok(wanted.order(person::id).select(PersonRow::as_select()).load(tx.conn()).await?)
}

/// The names of persons.
pub(in crate::registry) async fn names(tx: &mut Tx, ids: &[PersonId]) -> Result<HashMap<PersonId, String>> {
    let federation = tx.federation;
    let wanted = person::table.filter(person::federation_id.eq(federation)).filter(person::id.eq_any(ids));
    let rows: Vec<(PersonId, String)> = wanted.select((person::id, person::name)).load(tx.conn()).await?;
    Ok(rows.into_iter().collect())
}

/// Writes what may be edited over the version it was made from.
pub(super) async fn update(tx: &mut Tx, version: i32, row: &PersonRow) -> Result<PersonRow> {
    use person as p;
    let updated = diesel::update(p::table.find((row.federation_id, row.id)).filter(p::version.eq(version)))
        .set((
            p::name.eq(&row.name),
            p::phone_sealed.eq(&row.phone_sealed),
            p::phone_hash.eq(&row.phone_hash),
            p::organisation_id.eq(row.organisation_id),
            p::region_code.eq(&row.region_code),
            p::version.eq(version.saturating_add(1)),
        ))
        .returning(PersonRow::as_returning())
        .get_result(tx.conn())
        .await
        .optional()?;
    updated.ok_or_else(|| VERSION_STALE.refuse().into())
}

pub(super) async fn record_death(tx: &mut Tx, id: PersonId, died_on: NaiveDate) -> Result<PersonRow> {
    use person as p;
    let federation = tx.federation;
    Ok(diesel::update(p::table.find((federation, id)))
        .set((p::died_on.eq(died_on), p::version.eq(p::version + 1)))
        .returning(PersonRow::as_returning())
        .get_result(tx.conn())
        .await?)
}

pub(super) async fn list(tx: &mut Tx, filter: &PersonFilter, wanted: &Wanted, page: &PageRequest) -> Result<Page<PersonRow>> {
    use person as p;
    let federation = tx.federation;
    let matching = || {
        let mut query = p::table.filter(p::federation_id.eq(federation)).into_boxed();
        if let Some(name) = &wanted.name {
            query = query.filter(p::name.eq(name).and(p::erased_on.is_null()));
        }
        if let Some(hash) = &wanted.identity_number_hash {
            query = query.filter(p::identity_number_hash.eq(hash));
        }
        if let Some(hash) = &wanted.phone_hash {
            query = query.filter(p::phone_hash.eq(hash));
        }
        if let Some(organisation) = filter.organisation_id {
            query = query.filter(p::organisation_id.eq(organisation));
        }
        if let Some(region) = &filter.region_code {
            query = query.filter(p::region_code.eq(region));
        }
        match filter.deceased {
            Some(true) => query.filter(p::died_on.is_not_null()),
            Some(false) => query.filter(p::died_on.is_null()),
            None => query,
        }
    };
    let count = if page.counts() { matching().count().get_result(tx.conn()).await? } else { 0 };
    let rows =
        matching().filter(p::id.gt(page.after())).order(p::id).limit(page.fetch()).select(PersonRow::as_select()).load(tx.conn()).await?;
    Ok(Page::cut(rows, page, Totals { count, amount: None }, |row| row.id.0))
}

/// Takes out everything that identifies the person. Where the person belongs to stays, so that the row stays within reach.
pub(super) async fn erase(tx: &mut Tx, id: PersonId, on: NaiveDate) -> Result<()> {
    use person as p;
    let federation = tx.federation;
    let nothing: Option<Vec<u8>> = None;
    diesel::update(p::table.find((federation, id)))
        .set((
            p::name.eq(crate::registry::model::ERASED),
            p::identity_number_sealed.eq(&nothing),
            p::identity_number_hash.eq(&nothing),
            p::born_on.eq(None::<NaiveDate>),
            p::died_on.eq(None::<NaiveDate>),
            p::phone_sealed.eq(&nothing),
            p::phone_hash.eq(&nothing),
            p::region_code.eq(None::<String>),
            p::erased_on.eq(on),
            p::version.eq(p::version + 1),
        ))
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Takes out the phone.
pub(super) async fn erase_phone(tx: &mut Tx, id: PersonId) -> Result<()> {
    use person as p;
    let federation = tx.federation;
    let nothing: Option<Vec<u8>> = None;
    diesel::update(p::table.find((federation, id)))
        .set((p::phone_sealed.eq(&nothing), p::phone_hash.eq(&nothing), p::version.eq(p::version + 1)))
        .execute(tx.conn())
        .await?;
    Ok(())
}
