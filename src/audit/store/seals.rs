//! Leaves, tiles, checkpoints and issued reports.

use chrono::NaiveDate;
use diesel::OptionalExtension;
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Binary, Date, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::audit::export::{Issued, Sealed};
use crate::audit::model::CheckpointView;
use crate::audit::tree::{Hash, TileAt, Tiles};
use crate::db::{Error, Result, Tx};

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

fn whole<T: TryFrom<V>, V>(value: V) -> Result<T>
where
    T::Error: std::fmt::Display,
{
    T::try_from(value).map_err(|error| Error::Internal(error.to_string()))
}

/// Waits until no other sealer of this federation is at work, and keeps others waiting until the transaction ends.
pub(in crate::audit) async fn lock(tx: &mut Tx) -> Result<()> {
    let federation = tx.federation;
    diesel::sql_query("select pg_advisory_xact_lock(hashtextextended('bangfu.seal ' || $1::text, 0))")
        .bind::<SqlUuid, _>(federation)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Through which log number everything is hashed.
pub(in crate::audit) async fn size(tx: &mut Tx) -> Result<i64> {
    let federation = tx.federation;
    let row: Number = diesel::sql_query("select coalesce(max(log_number), 0) as number from sealed_leaf where federation_id = $1")
        .bind::<SqlUuid, _>(federation)
        .get_result(tx.conn())
        .await?;
    Ok(row.number)
}

/// Writes the leaves of consecutive log numbers.
pub(in crate::audit) async fn insert_leaves(tx: &mut Tx, edition: u32, leaves: &[(i64, Sealed)]) -> Result<()> {
    let (federation, now) = (tx.federation, tx.now());
    let numbers: Vec<i64> = leaves.iter().map(|(number, _)| *number).collect();
    let hashes: Vec<Vec<u8>> = leaves.iter().map(|(_, sealed)| sealed.leaf.to_vec()).collect();
    let rows: Vec<Vec<u8>> = leaves.iter().map(|(_, sealed)| sealed.rows.concat()).collect();
    diesel::sql_query(
        "insert into sealed_leaf (federation_id, log_number, edition, leaf_hash, row_hashes, sealed_at)
         select $1, l.log_number, $2, l.leaf_hash, l.row_hashes, $3
         from unnest($4, $5, $6) as l (log_number, leaf_hash, row_hashes)",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Integer, _>(whole::<i32, _>(edition)?)
    .bind::<Timestamptz, _>(now)
    .bind::<Array<BigInt>, _>(numbers)
    .bind::<Array<Binary>, _>(hashes)
    .bind::<Array<Binary>, _>(rows)
    .execute(tx.conn())
    .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct TileRow {
    #[diesel(sql_type = SmallInt)]
    level: i16,
    #[diesel(sql_type = BigInt)]
    tile_index: i64,
    #[diesel(sql_type = Binary)]
    hashes: Vec<u8>,
}

/// Puts some tiles into `tiles`; one that is not there is put in empty, so that nobody asks for it again.
pub(in crate::audit) async fn load_tiles(tx: &mut Tx, wanted: &[TileAt], tiles: &mut Tiles) -> Result<()> {
    let federation = tx.federation;
    let levels = wanted.iter().map(|at| i16::from(at.level)).collect::<Vec<_>>();
    let indices = wanted.iter().map(|at| whole::<i64, _>(at.index)).collect::<Result<Vec<_>>>()?;
    let rows: Vec<TileRow> = diesel::sql_query(
        "select t.level, t.tile_index, t.hashes from log_tile t
         join unnest($2, $3) as w (level, tile_index) on w.level = t.level and w.tile_index = t.tile_index
         where t.federation_id = $1",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Array<SmallInt>, _>(levels)
    .bind::<Array<BigInt>, _>(indices)
    .load(tx.conn())
    .await?;
    for at in wanted {
        tiles.put(*at, Vec::new());
    }
    for row in rows {
        let at = TileAt { level: whole(row.level)?, index: whole(row.tile_index)? };
        let hashes: Vec<Hash> = row.hashes.chunks_exact(32).filter_map(|chunk| chunk.try_into().ok()).collect();
        tiles.put(at, hashes);
    }
    Ok(())
}

/// Writes tiles, new ones and those that have grown.
pub(in crate::audit) async fn write_tiles(tx: &mut Tx, tiles: Vec<(TileAt, Vec<Hash>)>) -> Result<()> {
    let federation = tx.federation;
    let levels = tiles.iter().map(|(at, _)| i16::from(at.level)).collect::<Vec<_>>();
    let indices = tiles.iter().map(|(at, _)| whole::<i64, _>(at.index)).collect::<Result<Vec<_>>>()?;
    let hashes: Vec<Vec<u8>> = tiles.into_iter().map(|(_, hashes)| hashes.concat()).collect();
    diesel::sql_query(
        "insert into log_tile (federation_id, level, tile_index, hashes)
         select $1, t.level, t.tile_index, t.hashes from unnest($2, $3, $4) as t (level, tile_index, hashes)
         on conflict (federation_id, level, tile_index) do update set hashes = excluded.hashes",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Array<SmallInt>, _>(levels)
    .bind::<Array<BigInt>, _>(indices)
    .bind::<Array<Binary>, _>(hashes)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Keeps a checkpoint.
pub(in crate::audit) async fn insert_checkpoint(tx: &mut Tx, size: i64, root: &Hash, note: &str) -> Result<()> {
    let (federation, now) = (tx.federation, tx.now());
    diesel::sql_query("insert into checkpoint (federation_id, size, root, note, signed_at) values ($1, $2, $3, $4, $5)")
        .bind::<SqlUuid, _>(federation)
        .bind::<BigInt, _>(size)
        .bind::<Binary, _>(root.as_slice())
        .bind::<Text, _>(note)
        .bind::<Timestamptz, _>(now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Checkpoints below a size, newest first, `limit` at most.
pub(in crate::audit) async fn checkpoints(tx: &mut Tx, below: Option<i64>, limit: i64) -> Result<Vec<CheckpointView>> {
    let federation = tx.federation;
    Ok(diesel::sql_query(
        "select size, encode(root, 'base64') as root, note, signed_at from checkpoint
         where federation_id = $1 and ($2 is null or size < $2) order by size desc limit $3",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Nullable<BigInt>, _>(below)
    .bind::<BigInt, _>(limit)
    .load(tx.conn())
    .await?)
}

/// The checkpoint of a size.
pub(in crate::audit) async fn checkpoint(tx: &mut Tx, size: i64) -> Result<Option<CheckpointView>> {
    Ok(checkpoints(tx, Some(size.saturating_add(1)), 1).await?.pop().filter(|checkpoint| checkpoint.size == size))
}

/// The smallest checkpoint that has a log number in it.
pub(in crate::audit) async fn checkpoint_with(tx: &mut Tx, log_number: i64) -> Result<Option<CheckpointView>> {
    let federation = tx.federation;
    Ok(diesel::sql_query(
        "select size, encode(root, 'base64') as root, note, signed_at from checkpoint
         where federation_id = $1 and size >= $2 order by size limit 1",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<BigInt, _>(log_number)
    .get_result(tx.conn())
    .await
    .optional()?)
}

/// How many checkpoints there are.
pub(in crate::audit) async fn count_checkpoints(tx: &mut Tx) -> Result<i64> {
    let federation = tx.federation;
    let row: Number = diesel::sql_query("select count(*) as number from checkpoint where federation_id = $1")
        .bind::<SqlUuid, _>(federation)
        .get_result(tx.conn())
        .await?;
    Ok(row.number)
}

/// Which report, at which checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportKey {
    /// The checkpoint's size.
    pub checkpoint: i64,
    /// What it is about.
    pub scope: String,
    /// Which.
    pub subject: String,
    /// As of which day.
    pub as_of: NaiveDate,
}

#[derive(QueryableByName)]
struct Body {
    #[diesel(sql_type = Text)]
    body: String,
}

/// A report as it was issued.
pub(in crate::audit) async fn report(tx: &mut Tx, key: &ReportKey) -> Result<Option<String>> {
    let federation = tx.federation;
    let row: Option<Body> = diesel::sql_query(
        "select body from issued_report
         where federation_id = $1 and checkpoint_size = $2 and scope = $3 and subject = $4 and as_of = $5",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<BigInt, _>(key.checkpoint)
    .bind::<Text, _>(&key.scope)
    .bind::<Text, _>(&key.subject)
    .bind::<Date, _>(key.as_of)
    .get_result(tx.conn())
    .await
    .optional()?;
    Ok(row.map(|row| row.body))
}

/// Keeps a report, unless the same one was kept meanwhile.
pub(in crate::audit) async fn keep_report(tx: &mut Tx, key: &ReportKey, body: &str) -> Result<()> {
    let (federation, now) = (tx.federation, tx.now());
    diesel::sql_query(
        "insert into issued_report (federation_id, checkpoint_size, scope, subject, as_of, body, issued_at)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<BigInt, _>(key.checkpoint)
    .bind::<Text, _>(&key.scope)
    .bind::<Text, _>(&key.subject)
    .bind::<Date, _>(key.as_of)
    .bind::<Text, _>(body)
    .bind::<Timestamptz, _>(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct IssuedRow {
    #[diesel(sql_type = BigInt)]
    checkpoint_size: i64,
    #[diesel(sql_type = Text)]
    scope: String,
    #[diesel(sql_type = Text)]
    subject: String,
    #[diesel(sql_type = Date)]
    as_of: NaiveDate,
    #[diesel(sql_type = Text)]
    body: String,
}

/// Every report that was issued.
pub(in crate::audit) async fn reports(tx: &mut Tx) -> Result<Vec<Issued>> {
    let federation = tx.federation;
    let rows: Vec<IssuedRow> = diesel::sql_query(
        "select checkpoint_size, scope, subject, as_of, body from issued_report
         where federation_id = $1 order by checkpoint_size, scope, subject, as_of",
    )
    .bind::<SqlUuid, _>(federation)
    .load(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let checkpoint = whole(row.checkpoint_size)?;
            Ok(Issued { checkpoint, scope: row.scope, subject: row.subject, as_of: row.as_of.to_string(), body: row.body })
        })
        .collect()
}

#[derive(QueryableByName)]
struct SettlementRow {
    #[diesel(sql_type = BigInt)]
    log_number: i64,
    #[diesel(sql_type = Integer)]
    position: i32,
}

/// Where the newest settlement of a subject stands: its log number and the posting's position.
pub(in crate::audit) async fn settlement(tx: &mut Tx, subject: Uuid) -> Result<Option<(i64, i32)>> {
    let federation = tx.federation;
    let row: Option<SettlementRow> = diesel::sql_query(
        "select l.log_number, p.position from posting p
         join journal_entry j on j.federation_id = p.federation_id and j.id = p.journal_entry_id and j.kind = 'settle'
         join ledger_log l on l.federation_id = p.federation_id and l.journal_entry_id = p.journal_entry_id
         where p.federation_id = $1 and p.subject_id = $2
         order by l.log_number desc, p.position limit 1",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<SqlUuid, _>(subject)
    .get_result(tx.conn())
    .await
    .optional()?;
    Ok(row.map(|row| (row.log_number, row.position)))
}
