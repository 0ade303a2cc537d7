//! The statements about files of batches.

use diesel::prelude::*;
use diesel::sql_types::{Array, Binary, Bool, Integer, Nullable, Numeric, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::model::{BatchFile, BatchFilePiece};
use super::naming::{Answered, Issued};
use crate::db::schema::{batch_file, batch_file_piece, instruction};
use crate::db::{Result, Tx};
use crate::interchange::bank::reference::Short;
use crate::kernel::{BatchId, Money};
use crate::payments::instructions::model::Instruction;

pub(super) async fn insert(tx: &mut Tx, row: &BatchFile) -> Result<()> {
    diesel::insert_into(batch_file::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn of_batch(tx: &mut Tx, batch: BatchId) -> Result<Option<BatchFile>> {
    let federation = tx.federation;
    Ok(batch_file::table.find((federation, batch)).select(BatchFile::as_select()).first(tx.conn()).await.optional()?)
}

pub(super) async fn insert_piece(tx: &mut Tx, row: &BatchFilePiece) -> Result<()> {
    diesel::insert_into(batch_file_piece::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

/// The pieces of the file of a batch in their order, sealed, with the ids they are bound to.
pub(super) async fn pieces(tx: &mut Tx, batch: BatchId) -> Result<Vec<(Uuid, Vec<u8>)>> {
    let federation = tx.federation;
    Ok(batch_file_piece::table
        .filter(batch_file_piece::federation_id.eq(federation).and(batch_file_piece::batch_id.eq(batch)))
        .order(batch_file_piece::position)
        .select((batch_file_piece::id, batch_file_piece::content_sealed))
        .load(tx.conn())
        .await?)
}

/// The instructions that a batch hands over, in their order: all but those given up before.
pub(super) async fn handed_over(tx: &mut Tx, batch: BatchId) -> Result<Vec<Instruction>> {
    let federation = tx.federation;
    Ok(instruction::table
        .filter(instruction::federation_id.eq(federation).and(instruction::batch_id.eq(batch)))
        .filter(diesel::dsl::sql::<Bool>(HANDED_OVER))
        .order(instruction::id)
        .select(Instruction::as_select())
        .load(tx.conn())
        .await?)
}

/// The condition for an instruction that a batch hands over: all but those given up before.
const HANDED_OVER: &str = "not (instruction.status = 'given_up' and not exists (
        select from instruction_event e
        where e.federation_id = instruction.federation_id and e.instruction_id = instruction.id and e.kind = 'sent'))";

#[derive(QueryableByName)]
struct IssuedRow {
    #[diesel(sql_type = SqlUuid)]
    reference: Uuid,
    #[diesel(sql_type = Numeric)]
    amount: Money,
    #[diesel(sql_type = SqlUuid)]
    batch_id: BatchId,
    #[diesel(sql_type = Nullable<Binary>)]
    account: Option<Vec<u8>>,
}

impl From<IssuedRow> for Issued {
    fn from(row: IssuedRow) -> Self {
        Self { reference: row.reference, amount: row.amount, batch: row.batch_id, account: row.account }
    }
}

/// The payments with these references.
pub(super) async fn issued(tx: &mut Tx, references: &[Uuid]) -> Result<Vec<Issued>> {
    let federation = tx.federation;
    let rows: Vec<IssuedRow> = diesel::sql_query(
        "select reference, amount::numeric as amount, batch_id, null::bytea as account from instruction
         where federation_id = $1 and reference = any($2)",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Array<SqlUuid>, _>(references)
    .load(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Issued::from).collect())
}

/// The payments whose references begin so; two of each at most, which is enough to know that one is not meant. Each is a look into
/// the index of references.
pub(super) async fn issued_by_short(tx: &mut Tx, shorts: &[Short]) -> Result<Vec<Issued>> {
    if shorts.is_empty() {
        return Ok(Vec::new());
    }
    let federation = tx.federation;
    let (first, last): (Vec<Uuid>, Vec<Uuid>) = shorts.iter().map(|short| short.range()).unzip();
    let rows: Vec<IssuedRow> = diesel::sql_query(
        "select i.reference, i.amount, i.batch_id, null::bytea as account
         from unnest($2, $3) as w (first, last)
         cross join lateral (
             select n.reference, n.amount::numeric as amount, n.batch_id from instruction n
             where n.federation_id = $1 and n.reference between w.first and w.last
             order by n.reference limit 2) i",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Array<SqlUuid>, _>(first)
    .bind::<Array<SqlUuid>, _>(last)
    .load(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Issued::from).collect())
}

/// The payments of a batch in the order of its file; none when no file was written, for numbers mean nothing then.
pub(super) async fn issued_in_order(tx: &mut Tx, batch: BatchId) -> Result<Vec<Issued>> {
    let federation = tx.federation;
    let rows: Vec<IssuedRow> = diesel::sql_query(format!(
        "select instruction.reference, instruction.amount::numeric as amount, instruction.batch_id, a.number_hash as account
         from instruction
         join batch_file f on f.federation_id = instruction.federation_id and f.batch_id = instruction.batch_id
         left join payee_account a on a.federation_id = instruction.federation_id and a.id = instruction.payee_account_id
         where instruction.federation_id = $1 and instruction.batch_id = $2 and {HANDED_OVER}
         order by instruction.id"
    ))
    .bind::<SqlUuid, _>(federation)
    .bind::<SqlUuid, _>(batch)
    .load(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Issued::from).collect())
}

#[derive(QueryableByName)]
struct AnsweredRow {
    #[diesel(sql_type = SqlUuid)]
    id: BatchId,
    #[diesel(sql_type = Nullable<Integer>)]
    count: Option<i32>,
    #[diesel(sql_type = Nullable<Numeric>)]
    total: Option<Money>,
}

/// The batches that are called so: by their whole id, or as files call them. A federation has few enough to look at each.
pub(super) async fn called(tx: &mut Tx, id: Option<Uuid>, short: Option<&str>) -> Result<Vec<Answered>> {
    let federation = tx.federation;
    let rows: Vec<AnsweredRow> = diesel::sql_query(
        "select b.id, coalesce(f.count, b.sent_count) as count, coalesce(f.total, b.sent_total)::numeric as total
         from batch b left join batch_file f on f.federation_id = b.federation_id and f.batch_id = b.id
         where b.federation_id = $1 and (b.id = $2 or right(replace(b.id::text, '-', ''), 16) = lower($3))",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Nullable<SqlUuid>, _>(id)
    .bind::<Nullable<Text>, _>(short)
    .load(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| Answered { id: row.id, count: row.count, total: row.total }).collect())
}
