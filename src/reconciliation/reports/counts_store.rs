//! Beneficiaries as they are counted along the log (`schema/27_beneficiaries.sql`).

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::sql_types::{Array, BigInt, Date, Text, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryableByName};
use diesel_async::RunQueryDsl;

use super::model::Counted;
use crate::db::{Result, Tx};
use crate::ledger::Difference;

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// Counts on through a log number that a checkpoint covers.
pub(super) async fn catch_up(tx: &mut Tx, through: i64) -> Result<()> {
    let federation = tx.federation;
    diesel::sql_query("select beneficiaries_catch_up($1, $2)")
        .bind::<SqlUuid, _>(federation)
        .bind::<BigInt, _>(through)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Through which log number they are counted; zero before the first.
pub(super) async fn counted_through(tx: &mut Tx) -> Result<i64> {
    let federation = tx.federation;
    let row: Option<Number> = diesel::sql_query("select log_number as number from beneficiary_head where federation_id = $1")
        .bind::<SqlUuid, _>(federation)
        .get_result(tx.conn())
        .await
        .optional()?;
    Ok(row.map_or(0, |row| row.number))
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    subject: String,
    #[diesel(embed)]
    counted: Counted,
}

/// The counts of some subjects of a scope as of the end of a day, with everything that is counted.
pub(super) async fn counts(tx: &mut Tx, scope: &str, subjects: &[String], as_of: NaiveDate) -> Result<HashMap<String, Counted>> {
    let federation = tx.federation;
    let rows: Vec<Row> = diesel::sql_query(
        "select subject, sum(households)::int8 as households, sum(persons)::int8 as persons, sum(person_times)::int8 as person_times
         from beneficiary_day where federation_id = $1 and scope = $2 and subject = any($3) and day <= $4 group by subject",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Text, _>(scope)
    .bind::<Array<Text>, _>(subjects)
    .bind::<Date, _>(as_of)
    .load(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.subject, row.counted)).collect())
}

/// What is counted, derived anew.
pub(super) async fn check(tx: &mut Tx) -> Result<Vec<Difference>> {
    let federation = tx.federation;
    Ok(diesel::sql_query("select what, subject, expected, found from beneficiaries_check($1)")
        .bind::<SqlUuid, _>(federation)
        .load(tx.conn())
        .await?)
}
