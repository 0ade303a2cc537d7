//! The only file that names this module's table.

use std::collections::HashSet;

use diesel::QueryableByName;
use diesel::sql_types::{Array, Binary, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use crate::db::{Result, Tx};

#[derive(QueryableByName)]
struct Hash {
    #[diesel(sql_type = Binary)]
    row_hash: Vec<u8>,
}

/// Holds a file until the transaction ends: of two jobs over the same file at the same time, the second finds every row taken in
/// before instead of people who are registered already.
pub(super) async fn hold_file(tx: &mut Tx, list: &str, digest: &str) -> Result<()> {
    let name = format!("bangfu.import {} {list} {digest}", tx.federation);
    diesel::sql_query("select pg_advisory_xact_lock(hashtextextended($1, 0))").bind::<Text, _>(name).execute(tx.conn()).await?;
    Ok(())
}

/// Those of the rows that were taken in before.
pub(super) async fn taken_before(tx: &mut Tx, list: &str, hashes: &[Vec<u8>]) -> Result<HashSet<Vec<u8>>> {
    let federation = tx.federation;
    let rows: Vec<Hash> =
        diesel::sql_query("select row_hash from imported_row where federation_id = $1 and list = $2 and row_hash = any($3)")
            .bind::<SqlUuid, _>(federation)
            .bind::<Text, _>(list)
            .bind::<Array<Binary>, _>(hashes)
            .load(tx.conn())
            .await?;
    Ok(rows.into_iter().map(|row| row.row_hash).collect())
}

/// Remembers rows that were taken in.
pub(super) async fn remember(tx: &mut Tx, list: &str, hashes: &[Vec<u8>]) -> Result<()> {
    let federation = tx.federation;
    diesel::sql_query("insert into imported_row (federation_id, list, row_hash) select $1, $2, h from unnest($3) h on conflict do nothing")
        .bind::<SqlUuid, _>(federation)
        .bind::<Text, _>(list)
        .bind::<Array<Binary>, _>(hashes)
        .execute(tx.conn())
        .await?;
    Ok(())
}
