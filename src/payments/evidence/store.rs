//! The only file that names the evidence's table.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Bytea, Date, Integer, Nullable, Numeric, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::model::{EvidenceRow, EvidenceView};
use crate::db::schema::evidence;
use crate::db::{KeepPrepared, Result, Tx};
use crate::kernel::{EvidenceId, InstructionId, Money};

/// What was said of an instruction, in the order it was handed in.
///
/// # Errors
/// When the database cannot be read.
pub async fn evidence_of(tx: &mut Tx, instructions: &[InstructionId]) -> Result<Vec<EvidenceView>> {
    let federation = tx.federation;
    Ok(evidence::table
        .filter(evidence::federation_id.eq(federation).and(evidence::instruction_id.eq_any(instructions)))
        .order(evidence::id)
        .select(EvidenceRow::as_select())
        .load(tx.conn())
        .await?
        .into_iter()
        .map(EvidenceView::from)
        .collect())
}

/// Those of some lines of a file that were taken in before, as lines of a file handed in (`evidence_line_once`).
pub(super) async fn lines_of_file(tx: &Tx, digest: &str, numbers: &[i32]) -> Result<Vec<EvidenceRow>> {
    let federation = tx.federation;
    Ok(evidence::table
        .filter(evidence::federation_id.eq(federation).and(evidence::file_digest.eq(digest)))
        .filter(evidence::statement_line_id.is_null().and(evidence::line_number.eq_any(numbers)))
        .select(EvidenceRow::as_select())
        .load(&mut tx.wire())
        .await?)
}

/// Whether lines of files were taken in before: of each file and number, in their order.
pub(super) async fn known_lines(tx: &Tx, digests: &[&str], numbers: &[i32]) -> Result<Vec<bool>> {
    #[derive(QueryableByName)]
    struct Known {
        #[diesel(sql_type = Bool)]
        known: bool,
    }
    let federation = tx.federation;
    let rows: Vec<Known> = diesel::sql_query(
        "select exists (select from evidence e
                        where e.federation_id = $1 and e.file_digest = l.digest and e.line_number = l.number and e.statement_line_id is null) as known
         from unnest($2, $3) with ordinality as l (digest, number, position) order by l.position",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Array<Text>, _>(digests)
    .bind::<Array<Integer>, _>(numbers)
    .prepared()
    .load(&mut tx.wire())
    .await?;
    Ok(rows.into_iter().map(|row| row.known).collect())
}

pub(super) async fn insert(tx: &Tx, rows: &[EvidenceRow]) -> Result<()> {
    let federation = tx.federation;
    let (now, actor) = (tx.now(), tx.actor.clone());
    let texts = |each: fn(&EvidenceRow) -> Option<&str>| rows.iter().map(each).collect::<Vec<Option<&str>>>();
    // unnest flattens arrays of arrays, so the witnesses travel joined and are split again.
    let witnesses: Vec<String> = rows.iter().map(|row| row.witnesses.join("\n")).collect();
    diesel::sql_query(
        "insert into evidence (federation_id, actor, recorded_at, act_id, id, kind, file_digest, line_number, instruction_id, outcome, amount, occurred_on,
                               code, raw_text_sealed, raw_text_commitment, effect, statement_line_id, witnesses)
         select $1, $2, $3, e.act_id, e.id, e.kind, e.file_digest, e.line_number, e.instruction_id, e.outcome, e.amount, e.occurred_on, e.code,
                e.raw_text_sealed, e.raw_text_commitment, e.effect, e.statement_line_id,
                coalesce(string_to_array(nullif(e.witnesses, ''), E'\\n'), '{}')
         from unnest($4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
              as e (act_id, id, kind, file_digest, line_number, instruction_id, outcome, amount, occurred_on, code, raw_text_sealed, raw_text_commitment,
                    effect, statement_line_id, witnesses)",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Text, _>(actor)
    .bind::<Timestamptz, _>(now)
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.act_id).collect::<Vec<Uuid>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.id.0).collect::<Vec<Uuid>>())
    .bind::<Array<Nullable<Text>>, _>(texts(|row| Some(&row.kind)))
    .bind::<Array<Nullable<Text>>, _>(texts(|row| row.file_digest.as_deref()))
    .bind::<Array<Nullable<Integer>>, _>(rows.iter().map(|row| row.line_number).collect::<Vec<Option<i32>>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.instruction_id.0).collect::<Vec<Uuid>>())
    .bind::<Array<Nullable<Text>>, _>(texts(|row| Some(&row.outcome)))
    .bind::<Array<Numeric>, _>(rows.iter().map(|row| row.amount).collect::<Vec<Money>>())
    .bind::<Array<Date>, _>(rows.iter().map(|row| row.occurred_on).collect::<Vec<NaiveDate>>())
    .bind::<Array<Nullable<Text>>, _>(texts(|row| row.code.as_deref()))
    .bind::<Array<Nullable<Bytea>>, _>(rows.iter().map(|row| row.raw_text_sealed.as_deref()).collect::<Vec<Option<&[u8]>>>())
    .bind::<Array<Nullable<Bytea>>, _>(rows.iter().map(|row| row.raw_text_commitment.as_deref()).collect::<Vec<Option<&[u8]>>>())
    .bind::<Array<Nullable<Text>>, _>(texts(|row| Some(&row.effect)))
    .bind::<Array<Nullable<SqlUuid>>, _>(rows.iter().map(|row| row.statement_line_id.map(|id| id.0)).collect::<Vec<Option<Uuid>>>())
    .bind::<Array<Text>, _>(witnesses)
    .prepared_for(rows.len())
    .execute(&mut tx.wire())
    .await?;
    Ok(())
}

/// One piece of evidence.
pub(super) async fn one(tx: &mut Tx, id: EvidenceId) -> Result<EvidenceRow> {
    let federation = tx.federation;
    Ok(evidence::table.find((federation, id)).select(EvidenceRow::as_select()).first(tx.conn()).await?)
}
