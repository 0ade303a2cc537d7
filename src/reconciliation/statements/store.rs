//! The only file that names the tables of statements. Writes are set-based.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Date, Integer, Jsonb, Nullable, Numeric, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

use super::facts::{Exception, Match};
use super::model::{FileRow, NewLine, PieceRow, ResolutionRow, ResultRow, StatementRow};
use super::view_model::{ExceptionFilter, ExceptionView, LineFilter, StatementFilter};
use crate::db::schema::{bank_file, bank_file_piece, bank_statement, statement_resolution, statement_result};
use crate::db::{Error, Result, Tx};
use crate::kernel::{BankFileId, EvidenceId, InstructionId, Money, Page, StatementExceptionId, StatementId, StatementLineId, Totals};

/// Keeps a file, unless it was kept before: `false` then.
pub(super) async fn insert_file(tx: &mut Tx, row: &FileRow) -> Result<bool> {
    let kept = diesel::insert_into(bank_file::table).values(row).on_conflict((bank_file::federation_id, bank_file::digest)).do_nothing();
    Ok(kept.execute(tx.conn()).await? > 0)
}

pub(super) async fn insert_piece(tx: &mut Tx, row: &PieceRow) -> Result<()> {
    diesel::insert_into(bank_file_piece::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn insert_statement(tx: &mut Tx, row: &StatementRow) -> Result<()> {
    diesel::insert_into(bank_statement::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn insert_result(tx: &mut Tx, row: &ResultRow) -> Result<()> {
    diesel::insert_into(statement_result::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn insert_resolution(tx: &mut Tx, row: &ResolutionRow) -> Result<()> {
    diesel::insert_into(statement_resolution::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

/// Keeps the lines that are not known yet; answers which. Two statements at once with the same lines wait for each other in the
/// order of the hashes, in which `rows` are.
pub(super) async fn insert_lines(tx: &mut Tx, statement: StatementId, rows: &[NewLine]) -> Result<HashSet<Uuid>> {
    #[derive(QueryableByName)]
    struct Kept {
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
    }
    let federation = tx.federation;
    let integers = |each: fn(&NewLine) -> i32| rows.iter().map(each).collect::<Vec<i32>>();
    let flags = |each: fn(&NewLine) -> bool| rows.iter().map(each).collect::<Vec<bool>>();
    let bytes = |each: fn(&NewLine) -> &[u8]| rows.iter().map(each).collect::<Vec<&[u8]>>();
    let kept: Vec<Kept> = diesel::sql_query(
        "insert into statement_line (federation_id, statement_id, id, number, entry, detail, identity_hash, booked_on, value_on, direction, amount,
                                     reversal, returned, fee, bank_code, content_sealed, content_commitment)
         select $1, $2, l.id, l.number, l.entry, l.detail, l.identity_hash, l.booked_on, l.value_on, l.direction, l.amount, l.reversal, l.returned,
                l.fee, l.bank_code, l.content_sealed, l.content_commitment
         from unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) as l
             (id, number, entry, detail, identity_hash, booked_on, value_on, direction, amount, reversal, returned, fee, bank_code, content_sealed,
              content_commitment, earlier_hash)
         where not exists (select from statement_line k where k.federation_id = $1 and k.identity_hash = l.earlier_hash)
         on conflict on constraint statement_line_identity_once do nothing
         returning id",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<SqlUuid, _>(statement)
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.id.0).collect::<Vec<Uuid>>())
    .bind::<Array<Integer>, _>(integers(|row| row.number))
    .bind::<Array<Integer>, _>(integers(|row| row.entry))
    .bind::<Array<Integer>, _>(integers(|row| row.detail))
    .bind::<Array<Binary>, _>(bytes(|row| &row.identity_hash))
    .bind::<Array<Date>, _>(rows.iter().map(|row| row.booked_on).collect::<Vec<NaiveDate>>())
    .bind::<Array<Nullable<Date>>, _>(rows.iter().map(|row| row.value_on).collect::<Vec<Option<NaiveDate>>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.direction).collect::<Vec<&str>>())
    .bind::<Array<Numeric>, _>(rows.iter().map(|row| row.amount).collect::<Vec<Money>>())
    .bind::<Array<Bool>, _>(flags(|row| row.reversal))
    .bind::<Array<Bool>, _>(flags(|row| row.returned))
    .bind::<Array<Bool>, _>(flags(|row| row.fee))
    .bind::<Array<Nullable<Text>>, _>(rows.iter().map(|row| row.bank_code.as_deref()).collect::<Vec<Option<&str>>>())
    .bind::<Array<Binary>, _>(bytes(|row| &row.content_sealed))
    .bind::<Array<Binary>, _>(bytes(|row| &row.content_commitment))
    .bind::<Array<Binary>, _>(bytes(|row| &row.earlier_hash))
    .load(tx.conn())
    .await?;
    tx.grown_by(kept.len()).await?;
    Ok(kept.into_iter().map(|row| row.id).collect())
}

pub(super) async fn insert_matches(tx: &mut Tx, rows: &[(Match, EvidenceId)]) -> Result<()> {
    let federation = tx.federation;
    diesel::sql_query(
        "insert into statement_match (federation_id, line_id, instruction_id, movement, rung, evidence_id)
         select $1, m.* from unnest($2, $3, $4, $5, $6) as m",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|(row, _)| row.line.0).collect::<Vec<Uuid>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|(row, _)| row.instruction.0).collect::<Vec<Uuid>>())
    .bind::<Array<Text>, _>(rows.iter().map(|(row, _)| row.movement.name()).collect::<Vec<&str>>())
    .bind::<Array<Text>, _>(rows.iter().map(|(row, _)| row.rung.name()).collect::<Vec<&str>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|(_, evidence)| evidence.0).collect::<Vec<Uuid>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(super) async fn insert_exceptions(tx: &mut Tx, statement: StatementId, rows: &[Exception]) -> Result<()> {
    let federation = tx.federation;
    let candidates: Vec<Value> = rows
        .iter()
        .map(|row| serde_json::to_value(&row.candidates))
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| Error::Internal(error.to_string()))?;
    diesel::sql_query(
        "insert into statement_exception (federation_id, statement_id, id, line_id, instruction_id, kind, ledger_amount, bank_amount, difference,
                                          candidates)
         select $1, $2, x.id, x.line_id, x.instruction_id, x.kind, x.ledger, x.bank, x.ledger - x.bank, x.candidates
         from unnest($3, $4, $5, $6, $7, $8, $9) as x (id, line_id, instruction_id, kind, ledger, bank, candidates)",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<SqlUuid, _>(statement)
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|_| StatementExceptionId::generate().0).collect::<Vec<Uuid>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(rows.iter().map(|row| row.line.map(|id| id.0)).collect::<Vec<Option<Uuid>>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(rows.iter().map(|row| row.instruction.map(|id| id.0)).collect::<Vec<Option<Uuid>>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.kind.name()).collect::<Vec<&str>>())
    .bind::<Array<Numeric>, _>(rows.iter().map(|row| row.ledger).collect::<Vec<Money>>())
    .bind::<Array<Numeric>, _>(rows.iter().map(|row| row.bank).collect::<Vec<Money>>())
    .bind::<Array<Jsonb>, _>(candidates)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A statement with its file and result.
pub(super) type WholeRow = (StatementRow, FileRow, ResultRow);

/// Statements with their files and results, oldest first.
pub(super) async fn statements(tx: &mut Tx, filter: &StatementFilter) -> Result<Page<WholeRow>> {
    let federation = tx.federation;
    let matching = || {
        let mut query = bank_statement::table
            .inner_join(
                bank_file::table
                    .on(bank_file::federation_id.eq(bank_statement::federation_id).and(bank_file::id.eq(bank_statement::file_id))),
            )
            .inner_join(
                statement_result::table.on(statement_result::federation_id
                    .eq(bank_statement::federation_id)
                    .and(statement_result::statement_id.eq(bank_statement::id))),
            )
            .filter(bank_statement::federation_id.eq(federation))
            .into_boxed();
        if let Some(digest) = &filter.file_digest {
            query = query.filter(bank_file::digest.eq(digest));
        }
        query
    };
    let page = filter.page();
    let count = if page.counts() { matching().count().get_result(tx.conn()).await? } else { 0 };
    let rows: Vec<WholeRow> = matching()
        .filter(bank_statement::id.gt(page.after()))
        .order(bank_statement::id)
        .limit(page.fetch())
        .select((StatementRow::as_select(), FileRow::as_select(), ResultRow::as_select()))
        .load(tx.conn())
        .await?;
    Ok(Page::cut(rows, &page, Totals { count, amount: None }, |row| row.0.id.0))
}

/// One statement with its file and result.
pub(super) async fn statement(tx: &mut Tx, id: StatementId) -> Result<WholeRow> {
    let federation = tx.federation;
    Ok(bank_statement::table
        .inner_join(
            bank_file::table.on(bank_file::federation_id.eq(bank_statement::federation_id).and(bank_file::id.eq(bank_statement::file_id))),
        )
        .inner_join(statement_result::table.on(
            statement_result::federation_id.eq(bank_statement::federation_id).and(statement_result::statement_id.eq(bank_statement::id)),
        ))
        .filter(bank_statement::federation_id.eq(federation).and(bank_statement::id.eq(id)))
        .select((StatementRow::as_select(), FileRow::as_select(), ResultRow::as_select()))
        .first(tx.conn())
        .await?)
}

/// A line as it is kept, with what came of it.
#[derive(QueryableByName)]
pub(super) struct LineRow {
    #[diesel(sql_type = SqlUuid)]
    pub id: StatementLineId,
    #[diesel(sql_type = SqlUuid)]
    pub statement_id: StatementId,
    #[diesel(sql_type = Integer)]
    pub number: i32,
    #[diesel(sql_type = Date)]
    pub booked_on: NaiveDate,
    #[diesel(sql_type = Nullable<Date>)]
    pub value_on: Option<NaiveDate>,
    #[diesel(sql_type = Text)]
    pub direction: String,
    #[diesel(sql_type = Numeric)]
    pub amount: Money,
    #[diesel(sql_type = Bool)]
    pub reversal: bool,
    #[diesel(sql_type = Bool)]
    pub returned: bool,
    #[diesel(sql_type = Bool)]
    pub fee: bool,
    #[diesel(sql_type = Nullable<Text>)]
    pub bank_code: Option<String>,
    #[diesel(sql_type = Binary)]
    pub content_sealed: Vec<u8>,
    #[diesel(sql_type = Nullable<Text>)]
    pub rung: Option<String>,
    #[diesel(sql_type = Array<SqlUuid>)]
    pub instruction_ids: Vec<InstructionId>,
    #[diesel(sql_type = Nullable<Text>)]
    pub exception: Option<String>,
}

#[derive(Default, QueryableByName)]
struct LineTotals {
    #[diesel(sql_type = BigInt)]
    count: i64,
    #[diesel(sql_type = Numeric)]
    amount: Money,
}

/// What a list of lines selects from; the filter's values are $3 to $5.
const LINES: &str = "
    from statement_line l
    left join statement_exception x on x.federation_id = l.federation_id and x.line_id = l.id
    left join lateral (select min(m.rung) as rung, array_agg(m.instruction_id order by m.instruction_id) as instruction_ids
                       from statement_match m where m.federation_id = l.federation_id and m.line_id = l.id) m on true
    where l.federation_id = $1 and l.statement_id = $2 and ($3 is null or (m.rung is not null) = $3) and ($4 is null or m.rung = $4)
      and ($5 is null or x.kind = $5)";

/// The lines of a statement, in the order in which they were kept; the total is of signed amounts.
pub(super) async fn lines(tx: &mut Tx, id: StatementId, filter: &LineFilter) -> Result<Page<LineRow>> {
    let federation = tx.federation;
    let (rung, exception) = (filter.rung.map(super::model::Rung::name), filter.exception.map(super::model::Kind::name));
    let page = filter.page();
    let totals: LineTotals = if page.counts() {
        diesel::sql_query(format!(
            "select count(*) as count, coalesce(sum(case l.direction when 'credit' then l.amount else -l.amount end), 0) as amount {LINES}"
        ))
        .bind::<SqlUuid, _>(federation)
        .bind::<SqlUuid, _>(id)
        .bind::<Nullable<Bool>, _>(filter.matched)
        .bind::<Nullable<Text>, _>(rung)
        .bind::<Nullable<Text>, _>(exception)
        .get_result(tx.conn())
        .await?
    } else {
        LineTotals::default()
    };
    let rows: Vec<LineRow> = diesel::sql_query(format!(
        "select l.id, l.statement_id, l.number, l.booked_on, l.value_on, l.direction, l.amount, l.reversal, l.returned, l.fee, l.bank_code,
                l.content_sealed, m.rung, coalesce(m.instruction_ids, '{{}}') as instruction_ids, x.kind as exception
         {LINES} and l.id > $6 order by l.id limit $7"
    ))
    .bind::<SqlUuid, _>(federation)
    .bind::<SqlUuid, _>(id)
    .bind::<Nullable<Bool>, _>(filter.matched)
    .bind::<Nullable<Text>, _>(rung)
    .bind::<Nullable<Text>, _>(exception)
    .bind::<SqlUuid, _>(page.after())
    .bind::<BigInt, _>(page.fetch())
    .load(tx.conn())
    .await?;
    Ok(Page::cut(rows, &page, Totals { count: totals.count, amount: Some(totals.amount) }, |row| row.id.0))
}

/// Exceptions with where they are: decided by a person; or missing in the bank then, and matched with a line since.
const EXCEPTIONS: &str = "
    from (select x.*, r.resolution, r.instruction_id as resolved_to, r.reason, r.actor as resolved_by, r.resolved_at,
                 case when r.exception_id is not null then 'resolved'
                      when x.kind = 'missing_in_bank' and exists (
                          select from statement_match m where m.federation_id = x.federation_id and m.instruction_id = x.instruction_id
                             and m.movement = case when x.ledger_amount > 0 then 'bounced' else 'settled' end) then 'cleared'
                      else 'open' end as state
          from statement_exception x
          left join statement_resolution r on r.federation_id = x.federation_id and r.exception_id = x.id
          where x.federation_id = $1) x";

/// Exceptions, oldest first; the total is of their differences.
pub(super) async fn exceptions(tx: &mut Tx, filter: &ExceptionFilter) -> Result<Page<ExceptionView>> {
    let federation = tx.federation;
    let (kind, state) = (filter.kind.map(super::model::Kind::name), filter.state.map(super::view_model::ExceptionState::name));
    let matching = "where ($2 is null or x.kind = $2) and ($3 is null or x.state = $3) and ($4 is null or x.statement_id = $4)";
    let page = filter.page();
    let totals: LineTotals = if page.counts() {
        diesel::sql_query(format!("select count(*) as count, coalesce(sum(x.difference), 0) as amount {EXCEPTIONS} {matching}"))
            .bind::<SqlUuid, _>(federation)
            .bind::<Nullable<Text>, _>(kind)
            .bind::<Nullable<Text>, _>(state)
            .bind::<Nullable<SqlUuid>, _>(filter.statement_id)
            .get_result(tx.conn())
            .await?
    } else {
        LineTotals::default()
    };
    let rows: Vec<ExceptionView> = diesel::sql_query(format!("select x.* {EXCEPTIONS} {matching} and x.id > $5 order by x.id limit $6"))
        .bind::<SqlUuid, _>(federation)
        .bind::<Nullable<Text>, _>(kind)
        .bind::<Nullable<Text>, _>(state)
        .bind::<Nullable<SqlUuid>, _>(filter.statement_id)
        .bind::<SqlUuid, _>(page.after())
        .bind::<BigInt, _>(page.fetch())
        .load(tx.conn())
        .await?;
    Ok(Page::cut(rows, &page, Totals { count: totals.count, amount: Some(totals.amount) }, |row| row.id.0))
}

/// One exception.
pub(super) async fn exception(tx: &mut Tx, id: StatementExceptionId) -> Result<ExceptionView> {
    let federation = tx.federation;
    Ok(diesel::sql_query(format!("select x.* {EXCEPTIONS} where x.id = $2"))
        .bind::<SqlUuid, _>(federation)
        .bind::<SqlUuid, _>(id)
        .get_result(tx.conn())
        .await?)
}

#[derive(QueryableByName)]
struct OpenRow {
    #[diesel(sql_type = SqlUuid)]
    statement_id: Uuid,
    #[diesel(sql_type = BigInt)]
    count: i64,
    #[diesel(sql_type = Numeric)]
    amount: Money,
}

/// How many exceptions of some statements are open, and their differences together.
pub(super) async fn open_exceptions(tx: &mut Tx, statements: &[Uuid]) -> Result<HashMap<Uuid, (i64, Money)>> {
    let federation = tx.federation;
    let rows: Vec<OpenRow> = diesel::sql_query(format!(
        "select x.statement_id, count(*) as count, sum(x.difference) as amount {EXCEPTIONS}
         where x.state = 'open' and x.statement_id = any($2) group by 1"
    ))
    .bind::<SqlUuid, _>(federation)
    .bind::<Array<SqlUuid>, _>(statements)
    .load(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.statement_id, (row.count, row.amount))).collect())
}

/// The exceptions of a kind.
#[derive(QueryableByName)]
pub(super) struct KindTotals {
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = BigInt)]
    pub count: i64,
    #[diesel(sql_type = BigInt)]
    pub open: i64,
    #[diesel(sql_type = Numeric)]
    pub difference: Money,
}

/// The exceptions of a statement by kind, added up anew.
pub(super) async fn kind_totals(tx: &mut Tx, statement: StatementId) -> Result<Vec<KindTotals>> {
    let federation = tx.federation;
    Ok(diesel::sql_query(format!(
        "select x.kind, count(*) as count, count(*) filter (where x.state = 'open') as open, sum(x.difference) as difference {EXCEPTIONS}
         where x.statement_id = $2 group by x.kind order by x.kind"
    ))
    .bind::<SqlUuid, _>(federation)
    .bind::<SqlUuid, _>(statement)
    .load(tx.conn())
    .await?)
}

/// The pieces of a file in their order, sealed, with the ids they are bound to.
pub(super) async fn pieces(tx: &mut Tx, file: BankFileId) -> Result<Vec<(Uuid, Vec<u8>)>> {
    let federation = tx.federation;
    Ok(bank_file_piece::table
        .filter(bank_file_piece::federation_id.eq(federation).and(bank_file_piece::file_id.eq(file)))
        .order(bank_file_piece::position)
        .select((bank_file_piece::id, bank_file_piece::content_sealed))
        .load(tx.conn())
        .await?)
}

/// What a decision needs to know of an exception's line.
#[derive(QueryableByName)]
pub(super) struct DecidedLine {
    #[diesel(sql_type = Integer)]
    pub number: i32,
    #[diesel(sql_type = Text)]
    pub digest: String,
    #[diesel(sql_type = Text)]
    pub direction: String,
    #[diesel(sql_type = Numeric)]
    pub amount: Money,
    #[diesel(sql_type = Date)]
    pub booked_on: NaiveDate,
    #[diesel(sql_type = Nullable<Text>)]
    pub bank_code: Option<String>,
}

pub(super) async fn decided_line(tx: &mut Tx, id: StatementLineId) -> Result<DecidedLine> {
    let federation = tx.federation;
    Ok(diesel::sql_query(
        "select l.number, f.digest, l.direction, l.amount, l.booked_on, l.bank_code
         from statement_line l
         join bank_statement s on s.federation_id = l.federation_id and s.id = l.statement_id
         join bank_file f on f.federation_id = s.federation_id and f.id = s.file_id
         where l.federation_id = $1 and l.id = $2",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<SqlUuid, _>(id)
    .get_result(tx.conn())
    .await?)
}
