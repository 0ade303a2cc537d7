//! The statements over every column of sealed values, whichever module's table it stands in.

use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Binary, Nullable, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::columns::SealedColumn;
use crate::db::Result;
use crate::kernel::FederationId;

/// One sealed value with what belongs to it.
#[derive(QueryableByName)]
pub(super) struct SealedRow {
    #[diesel(sql_type = SqlUuid)]
    pub(super) id: Uuid,
    #[diesel(sql_type = Binary)]
    pub(super) sealed: Vec<u8>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) hash: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) commitment: Option<Vec<u8>>,
}

/// The next sealed values of a column, by id; with `not_by` only those that another key sealed.
pub(super) async fn batch(
    connection: &mut AsyncPgConnection,
    column: &SealedColumn,
    federation: FederationId,
    after: Uuid,
    not_by: Option<&[u8]>,
    limit: i64,
) -> Result<Vec<SealedRow>> {
    let SealedColumn { table, sealed, .. } = column;
    let hash = column.hash.map_or("null::bytea", |(name, _)| name);
    let commitment = column.commitment.unwrap_or("null::bytea");
    // The names are the program's own; the second to fifth byte of a sealed value name its key.
    let statement = format!(
        "select id, {sealed} as sealed, {hash} as hash, {commitment} as commitment from {table}
         where federation_id = $1 and id > $2 and {sealed} is not null and ($3 is null or substring({sealed} from 2 for 4) <> $3)
         order by id limit $4"
    );
    Ok(diesel::sql_query(statement)
        .bind::<SqlUuid, _>(federation)
        .bind::<SqlUuid, _>(after)
        .bind::<Nullable<Binary>, _>(not_by)
        .bind::<BigInt, _>(limit)
        .load(connection)
        .await?)
}

/// Writes values that were sealed anew. One that somebody changed meanwhile stays as it is, and is met again.
pub(super) async fn replace(
    connection: &mut AsyncPgConnection,
    column: &SealedColumn,
    federation: FederationId,
    rows: &[(Uuid, Vec<u8>, Vec<u8>)],
) -> Result<usize> {
    let SealedColumn { table, sealed, .. } = column;
    let statement = format!(
        "update {table} t set {sealed} = n.after from unnest($2, $3, $4) as n (id, before, after)
         where t.federation_id = $1 and t.id = n.id and t.{sealed} = n.before"
    );
    Ok(diesel::sql_query(statement)
        .bind::<SqlUuid, _>(federation)
        .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.0).collect::<Vec<_>>())
        .bind::<Array<Binary>, _>(rows.iter().map(|row| row.1.as_slice()).collect::<Vec<_>>())
        .bind::<Array<Binary>, _>(rows.iter().map(|row| row.2.as_slice()).collect::<Vec<_>>())
        .execute(connection)
        .await?)
}

/// How many values of a column each key sealed.
#[derive(QueryableByName)]
pub(super) struct KeyCount {
    #[diesel(sql_type = Binary)]
    pub(super) key: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    pub(super) count: i64,
}

/// Counts the values of a column by the key that sealed them.
pub(super) async fn counts(connection: &mut AsyncPgConnection, column: &SealedColumn, federation: FederationId) -> Result<Vec<KeyCount>> {
    let SealedColumn { table, sealed, .. } = column;
    let statement = format!(
        "select substring({sealed} from 2 for 4) as key, count(*) as count from {table}
         where federation_id = $1 and {sealed} is not null group by 1"
    );
    Ok(diesel::sql_query(statement).bind::<SqlUuid, _>(federation).load(connection).await?)
}
