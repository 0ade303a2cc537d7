//! The statements about payee accounts.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bytea, Date, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use super::model::{AccountFilter, AccountRow};
use crate::db::schema::payee_account;
use crate::db::{Result, Tx};
use crate::kernel::refusal::VERSION_STALE;
use crate::kernel::{OrganisationId, Page, PayeeAccountId, PersonId, Totals};

pub(in crate::registry) async fn insert(tx: &mut Tx, rows: &[AccountRow]) -> Result<()> {
    let (federation, now) = (tx.federation, tx.now());
    diesel::sql_query(
        "insert into payee_account (federation_id, version, created_at, id, person_id, organisation_id, kind, holder_name, bank_name, agent_reason,
                                    closed_on, number_sealed, number_hash)
         select $1, 1, $2, a.* from unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12) as a",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Timestamptz, _>(now)
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.id).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(rows.iter().map(|row| row.person_id).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(rows.iter().map(|row| row.organisation_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.kind.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.holder_name.as_str()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(rows.iter().map(|row| row.bank_name.as_deref()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(rows.iter().map(|row| row.agent_reason.as_deref()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Date>>, _>(rows.iter().map(|row| row.closed_on).collect::<Vec<_>>())
    .bind::<Array<Nullable<Bytea>>, _>(rows.iter().map(|row| row.number_sealed.as_deref()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Bytea>>, _>(rows.iter().map(|row| row.number_hash.as_deref()).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(super) async fn account(tx: &mut Tx, id: PayeeAccountId) -> Result<AccountRow> {
    let federation = tx.federation;
    Ok(payee_account::table.find((federation, id)).select(AccountRow::as_select()).first(tx.conn()).await?)
}

pub(super) async fn accounts(tx: &mut Tx, ids: &[PayeeAccountId]) -> Result<Vec<AccountRow>> {
    use payee_account as a;
    let federation = tx.federation;
    let wanted = a::table.filter(a::federation_id.eq(federation)).filter(a::id.eq_any(ids));
    Ok(wanted.select(AccountRow::as_select()).load(tx.conn()).await?)
}

pub(super) async fn lock(tx: &mut Tx, id: PayeeAccountId) -> Result<AccountRow> {
    let federation = tx.federation;
    let row = payee_account::table.find((federation, id)).select(AccountRow::as_select());
    Ok(row.for_no_key_update().first(tx.conn()).await?)
}

pub(super) async fn of_person(tx: &mut Tx, person: PersonId) -> Result<Vec<AccountRow>> {
    use payee_account as a;
    let federation = tx.federation;
    let wanted = a::table.filter(a::federation_id.eq(federation)).filter(a::person_id.eq(person));
    Ok(wanted.order(a::id).select(AccountRow::as_select()).load(tx.conn()).await?)
}

pub(in crate::registry) async fn open_of(tx: &mut Tx, persons: &[PersonId], organisations: &[OrganisationId]) -> Result<Vec<AccountRow>> {
    use payee_account as a;
    let federation = tx.federation;
    let of_payees = a::person_id.eq_any(persons).or(a::organisation_id.eq_any(organisations));
    let wanted = a::table.filter(a::federation_id.eq(federation)).filter(a::closed_on.is_null()).filter(of_payees);
    Ok(wanted.order(a::id).select(AccountRow::as_select()).load(tx.conn()).await?)
}

/// Writes what may be edited over the version it was made from.
pub(super) async fn update(tx: &mut Tx, version: i32, row: &AccountRow) -> Result<AccountRow> {
    use payee_account as a;
    let updated = diesel::update(a::table.find((row.federation_id, row.id)).filter(a::version.eq(version)))
        .set((
            a::holder_name.eq(&row.holder_name),
            a::bank_name.eq(&row.bank_name),
            a::agent_reason.eq(&row.agent_reason),
            a::version.eq(version.saturating_add(1)),
        ))
        .returning(AccountRow::as_returning())
        .get_result(tx.conn())
        .await
        .optional()?;
    updated.ok_or_else(|| VERSION_STALE.refuse().into())
}

pub(super) async fn close(tx: &mut Tx, id: PayeeAccountId, closed_on: NaiveDate) -> Result<AccountRow> {
    use payee_account as a;
    let federation = tx.federation;
    Ok(diesel::update(a::table.find((federation, id)))
        .set((a::closed_on.eq(closed_on), a::version.eq(a::version + 1)))
        .returning(AccountRow::as_returning())
        .get_result(tx.conn())
        .await?)
}

pub(super) async fn list(tx: &mut Tx, filter: &AccountFilter) -> Result<Page<AccountRow>> {
    use payee_account as a;
    let federation = tx.federation;
    let matching = || {
        let mut query = a::table.filter(a::federation_id.eq(federation)).into_boxed();
        if let Some(person) = filter.person_id {
            query = query.filter(a::person_id.eq(person));
        }
        if let Some(organisation) = filter.organisation_id {
            query = query.filter(a::organisation_id.eq(organisation));
        }
        if let Some(kind) = filter.kind {
            query = query.filter(a::kind.eq(kind));
        }
        query = match filter.open {
            Some(true) => query.filter(a::closed_on.is_null()),
            Some(false) => query.filter(a::closed_on.is_not_null()),
            None => query,
        };
        match filter.agent {
            Some(true) => query.filter(a::agent_reason.is_not_null()),
            Some(false) => query.filter(a::agent_reason.is_null()),
            None => query,
        }
    };
    let page = filter.page();
    let count = if page.counts() { matching().count().get_result(tx.conn()).await? } else { 0 };
    let rows =
        matching().filter(a::id.gt(page.after())).order(a::id).limit(page.fetch()).select(AccountRow::as_select()).load(tx.conn()).await?;
    Ok(Page::cut(rows, &page, Totals { count, amount: None }, |row| row.id.0))
}

pub(super) async fn erase(tx: &mut Tx, ids: &[PayeeAccountId], on: NaiveDate) -> Result<()> {
    use payee_account as a;
    let federation = tx.federation;
    let nothing: Option<Vec<u8>> = None;
    let these = || a::table.filter(a::federation_id.eq(federation).and(a::id.eq_any(ids)));
    diesel::update(these().filter(a::closed_on.is_null())).set(a::closed_on.eq(on)).execute(tx.conn()).await?;
    diesel::update(these())
        .set((
            a::holder_name.eq(crate::registry::model::ERASED),
            a::number_sealed.eq(&nothing),
            a::number_hash.eq(&nothing),
            a::bank_name.eq(None::<String>),
            a::agent_reason.eq(None::<String>),
            a::erased_on.eq(on),
            a::version.eq(a::version + 1),
        ))
        .execute(tx.conn())
        .await?;
    Ok(())
}
