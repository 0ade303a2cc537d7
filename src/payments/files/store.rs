//! The statements about files of batches.

use diesel::prelude::*;
use diesel::sql_types::{Array, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::model::BatchFile;
use crate::db::schema::{batch_file, instruction};
use crate::db::{Result, Tx};
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

/// The instructions that a batch hands over, in their order: all but those given up before.
pub(super) async fn handed_over(tx: &mut Tx, batch: BatchId) -> Result<Vec<Instruction>> {
    let federation = tx.federation;
    let never_sent = "status = 'given_up' and not exists (
        select from instruction_event e
        where e.federation_id = instruction.federation_id and e.instruction_id = instruction.id and e.kind = 'sent')";
    Ok(instruction::table
        .filter(instruction::federation_id.eq(federation).and(instruction::batch_id.eq(batch)))
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(&format!("not ({never_sent})")))
        .order(instruction::id)
        .select(Instruction::as_select())
        .load(tx.conn())
        .await?)
}

/// The references that were issued, with the amount instructed.
pub(super) async fn issued(tx: &mut Tx, references: &[Uuid]) -> Result<Vec<(Uuid, Money)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        reference: Uuid,
        #[diesel(sql_type = diesel::sql_types::Numeric)]
        amount: Money,
    }
    let federation = tx.federation;
    let rows: Vec<Row> =
        diesel::sql_query("select reference, amount::numeric as amount from instruction where federation_id = $1 and reference = any($2)")
            .bind::<SqlUuid, _>(federation)
            .bind::<Array<SqlUuid>, _>(references)
            .load(tx.conn())
            .await?;
    Ok(rows.into_iter().map(|row| (row.reference, row.amount)).collect())
}
