//! The only Rust that touches the ledger's tables: through the door to write, with plain queries to read.

use std::sync::LazyLock;

use chrono::NaiveDate;
use diesel::sql_types::{Array, BigInt, Bool, Date, Integer, Jsonb, Nullable, Numeric, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryableByName};
use diesel_async::RunQueryDsl;
use prometheus::{IntCounterVec, Opts};
use uuid::Uuid;

use super::model::{Account, ActEntry, Balances, Booked, Event, Move, NewEntry, PostingExportFilter, PostingView};
use crate::db::{KeepPrepared, Result, Tx};
use crate::kernel::{FundSourceId, JournalEntryId, LineId, Money, Page, Totals};

/// Postings booked by this process, by kind of event; for the metrics. Counted when booked, so one that is rolled back
/// afterwards is counted too.
pub static POSTINGS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    let counted = IntCounterVec::new(Opts::new("bangfu_ledger_postings_total", "Postings booked"), &["kind"]);
    counted.unwrap_or_else(|error| unreachable!("a counter with a valid name: {error}"))
});

#[derive(QueryableByName)]
struct BookedRow {
    #[diesel(sql_type = SqlUuid)]
    journal_entry_id: JournalEntryId,
    #[diesel(sql_type = Bool)]
    replayed: bool,
}

/// Locks accounts for several bookings in one transaction. Call it before the first of them, with the accounts of all:
/// otherwise two such transactions can wait for each other, and the database ends one of them.
///
/// # Errors
/// [`crate::db::Error::Database`] when they cannot be locked.
pub async fn hold(tx: &Tx, accounts: &[(LineId, FundSourceId)]) -> Result<()> {
    let federation = tx.federation;
    diesel::sql_query("select ledger_hold($1, $2, $3)")
        .bind::<SqlUuid, _>(federation)
        .bind::<Array<SqlUuid>, _>(accounts.iter().map(|(line, _)| line.0).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(accounts.iter().map(|(_, source)| source.0).collect::<Vec<_>>())
        .prepared()
        .execute(&mut tx.wire())
        .await?;
    Ok(())
}

/// Books one business event. Its log number it gets when the act ends. Before several in one transaction, [`hold`] the accounts of all.
///
/// # Errors
/// The refusals of [`super::error`], in the order of `schema/10_ledger_door.sql`.
pub async fn post(tx: &mut Tx, entry: NewEntry) -> Result<Booked> {
    let event = Event { kind: entry.kind, effective_on: entry.effective_on, reason: &entry.reason };
    let entry =
        ActEntry { act: tx.act(), id: JournalEntryId::generate(), reference: entry.reference, about: entry.about, moves: entry.moves };
    let booked = post_each(tx, event, &[entry]).await?.pop();
    booked.ok_or_else(|| crate::db::Error::Internal("an entry was not booked".to_owned()))
}

/// Books several business events of one kind and day, each of an act of the transaction, in one call. The entries, in their order.
///
/// # Errors
/// As [`post`]; of several, `ledger_reference_reused` also for one that is booked already with the same content.
pub async fn post_each(tx: &Tx, event: Event<'_>, entries: &[ActEntry]) -> Result<Vec<Booked>> {
    let moves = || entries.iter().flat_map(|entry| &entry.moves);
    let column = |each: fn(&Move) -> Uuid| moves().map(each).collect::<Vec<Uuid>>();
    let names = |each: fn(&Move) -> Account| moves().map(|posting| each(posting).name()).collect::<Vec<&str>>();
    let amounts: Vec<Money> = moves().map(|posting| posting.amount).collect();
    let subjects: Vec<Option<Uuid>> = moves().map(|posting| posting.subject).collect();
    let of: Vec<i32> = (1..).zip(entries).flat_map(|(number, entry)| std::iter::repeat_n(number, entry.moves.len())).collect();
    let (federation, now) = (tx.federation, tx.now());
    let rows: Vec<BookedRow> = diesel::sql_query(
        "select journal_entry_id, replayed
         from ledger_post($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15::numeric[]::yuan[], $16)",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Array<SqlUuid>, _>(entries.iter().map(|entry| entry.act).collect::<Vec<Uuid>>())
    .bind::<Array<SqlUuid>, _>(entries.iter().map(|entry| entry.id.0).collect::<Vec<Uuid>>())
    .bind::<Array<Text>, _>(entries.iter().map(|entry| entry.reference.as_str()).collect::<Vec<&str>>())
    .bind::<Text, _>(event.kind.name())
    .bind::<Date, _>(event.effective_on)
    .bind::<Timestamptz, _>(now)
    .bind::<Text, _>(event.reason)
    .bind::<Array<Jsonb>, _>(entries.iter().map(|entry| &entry.about).collect::<Vec<_>>())
    .bind::<Array<Integer>, _>(of)
    .bind::<Array<SqlUuid>, _>(column(|posting| posting.line.0))
    .bind::<Array<SqlUuid>, _>(column(|posting| posting.source.0))
    .bind::<Array<Text>, _>(names(|posting| posting.from))
    .bind::<Array<Text>, _>(names(|posting| posting.to))
    .bind::<Array<Numeric>, _>(amounts)
    .bind::<Array<Nullable<SqlUuid>>, _>(subjects)
    .prepared()
    .load(&mut tx.wire())
    .await?;
    if rows.iter().all(|row| !row.replayed) {
        POSTINGS.with_label_values(&[event.kind.name()]).inc_by(u64::try_from(moves().count()).unwrap_or(0));
    }
    Ok(rows.into_iter().map(|row| Booked { entry: row.journal_entry_id, replayed: row.replayed }).collect())
}

/// Which lines' balances are asked for.
#[derive(Debug, Clone, Copy)]
pub enum Scope<'a> {
    /// These lines.
    Lines(&'a [LineId]),
    /// Every line of the federation.
    All,
}

#[derive(QueryableByName)]
struct BalanceRow {
    #[diesel(sql_type = SqlUuid)]
    allocation_line_id: LineId,
    #[diesel(sql_type = SqlUuid)]
    fund_source_id: FundSourceId,
    #[diesel(embed)]
    balances: Balances,
}

/// The accounts per line and source as of the end of a day, by effective date; `None` for now.
///
/// # Errors
/// [`crate::db::Error::Database`] when it cannot be read.
pub async fn balances(tx: &mut Tx, scope: Scope<'_>, as_of: Option<NaiveDate>) -> Result<Vec<(LineId, FundSourceId, Balances)>> {
    let lines: Option<Vec<Uuid>> = match scope {
        Scope::Lines(lines) => Some(lines.iter().map(|line| line.0).collect()),
        Scope::All => None,
    };
    let columns = |wrap: fn(&str) -> String| Account::ALL.iter().map(|account| wrap(account.name())).collect::<Vec<_>>().join(", ");
    let statement = match as_of {
        None => format!(
            "select allocation_line_id, fund_source_id, {} from ledger_balance
             where federation_id = $1 and ($2 is null or allocation_line_id = any($2)) and $3 is null
             order by allocation_line_id, fund_source_id",
            columns(str::to_owned)
        ),
        Some(_) => format!(
            "select allocation_line_id, fund_source_id, {} from ledger_day
             where federation_id = $1 and ($2 is null or allocation_line_id = any($2)) and effective_on <= $3
             group by allocation_line_id, fund_source_id order by allocation_line_id, fund_source_id",
            columns(|name| format!("sum({name})::numeric as {name}"))
        ),
    };
    let federation = tx.federation;
    let rows: Vec<BalanceRow> = diesel::sql_query(statement)
        .bind::<SqlUuid, _>(federation)
        .bind::<Nullable<Array<SqlUuid>>, _>(lines)
        .bind::<Nullable<Date>, _>(as_of)
        .load(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|row| (row.allocation_line_id, row.fund_source_id, row.balances)).collect())
}

/// The postings of some subjects (an instruction, a transfer, a return), or of a line, in the order they became known,
/// after a log number and a position in it.
///
/// # Errors
/// [`crate::db::Error::Database`] when it cannot be read.
pub async fn postings_of(
    tx: &mut Tx,
    subjects: Option<&[Uuid]>,
    line: Option<LineId>,
    after: (i64, i32),
    limit: i64,
) -> Result<Vec<PostingView>> {
    let federation = tx.federation;
    Ok(diesel::sql_query(
        "select p.journal_entry_id, l.log_number, p.position, j.kind, j.effective_on, j.recorded_at, j.actor, j.reason,
                p.allocation_line_id, p.fund_source_id, p.from_account, p.to_account, p.amount
         from posting p
         join journal_entry j on j.federation_id = p.federation_id and j.id = p.journal_entry_id
         join ledger_log l on l.federation_id = p.federation_id and l.journal_entry_id = p.journal_entry_id
         where p.federation_id = $1 and ($2 is null or p.subject_id = any($2)) and ($3 is null or p.allocation_line_id = $3)
           and (l.log_number, p.position) > ($4, $5)
         order by l.log_number, p.position
         limit $6",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Nullable<Array<SqlUuid>>, _>(subjects.map(<[Uuid]>::to_vec))
    .bind::<Nullable<SqlUuid>, _>(line)
    .bind::<BigInt, _>(after.0)
    .bind::<Integer, _>(after.1)
    .bind::<BigInt, _>(limit)
    .load(tx.conn())
    .await?)
}

#[derive(QueryableByName)]
struct PostingTotals {
    #[diesel(sql_type = BigInt)]
    count: i64,
    #[diesel(sql_type = Numeric)]
    amount: Money,
}

/// How many postings a subject or a line has, and how much they moved in all.
pub(super) async fn posting_totals(tx: &mut Tx, subject: Option<Uuid>, line: Option<LineId>) -> Result<Totals> {
    let federation = tx.federation;
    let row: PostingTotals = diesel::sql_query(
        "select count(*) as count, coalesce(sum(amount), 0)::numeric as amount from posting
         where federation_id = $1 and ($2 is null or subject_id = $2) and ($3 is null or allocation_line_id = $3)",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Nullable<SqlUuid>, _>(subject)
    .bind::<Nullable<SqlUuid>, _>(line)
    .get_result(tx.conn())
    .await?;
    Ok(Totals { count: row.count, amount: Some(row.amount) })
}

/// A page of the postings that match, for the export. Its cursor is the log number and position of its last posting.
pub(super) async fn posting_page(tx: &mut Tx, filter: &PostingExportFilter) -> Result<Page<PostingView>> {
    let request = filter.page();
    let (log_number, position) = request.after().as_u64_pair();
    let position = i32::try_from(position).map_err(|error| crate::db::Error::Internal(error.to_string()))?;
    let log_number = i64::try_from(log_number).map_err(|error| crate::db::Error::Internal(error.to_string()))?;
    let subjects = filter.subject_id.map(|subject| vec![subject]);
    let rows = postings_of(tx, subjects.as_deref(), filter.allocation_line_id, (log_number, position), request.fetch()).await?;
    let totals = if request.counts() { posting_totals(tx, filter.subject_id, filter.allocation_line_id).await? } else { Totals::default() };
    let place = |row: &PostingView| {
        Uuid::from_u64_pair(u64::try_from(row.log_number).unwrap_or_default(), u64::try_from(row.position).unwrap_or_default())
    };
    Ok(Page::cut(rows, &request, totals, place))
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// The federation's last log number: what was known when a report was made. Zero before the first entry.
///
/// # Errors
/// [`crate::db::Error::Database`] when it cannot be read.
pub async fn last_log_number(tx: &mut Tx) -> Result<i64> {
    let federation = tx.federation;
    let row: Option<Number> = diesel::sql_query("select last_log_number as number from ledger_head where federation_id = $1")
        .bind::<SqlUuid, _>(federation)
        .get_result(tx.conn())
        .await
        .optional()?;
    Ok(row.map_or(0, |row| row.number))
}

#[derive(QueryableByName)]
struct ClosedRow {
    #[diesel(sql_type = Date)]
    closed_through: NaiveDate,
}

pub(super) async fn close_period(tx: &mut Tx, through: NaiveDate, reason: &str) -> Result<NaiveDate> {
    let (federation, now) = (tx.federation, tx.now());
    let row: ClosedRow = diesel::sql_query("select ledger_close_period($1, $2, $3, $4) as closed_through")
        .bind::<SqlUuid, _>(federation)
        .bind::<Date, _>(through)
        .bind::<Text, _>(reason)
        .bind::<Timestamptz, _>(now)
        .get_result(tx.conn())
        .await?;
    Ok(row.closed_through)
}

/// Something stored that does not follow from what is sealed.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName, serde::Serialize)]
pub struct Difference {
    /// Which table and column, or which rule.
    #[diesel(sql_type = Text)]
    pub what: String,
    /// Which row.
    #[diesel(sql_type = Text)]
    pub subject: String,
    /// What the sealed rows give.
    #[diesel(sql_type = Text)]
    pub expected: String,
    /// What is stored.
    #[diesel(sql_type = Text)]
    pub found: String,
}

/// Re-derives every balance from the postings (`schema/20_ledger_check.sql`). Empty when the books are right.
///
/// # Errors
/// [`crate::db::Error::Database`] when it cannot be read.
pub async fn check(tx: &mut Tx) -> Result<Vec<Difference>> {
    let federation = tx.federation;
    Ok(diesel::sql_query(
        "select what, coalesce(subject, 'a row without a key') as subject, coalesce(expected, 'nothing') as expected,
                coalesce(found, 'nothing') as found
         from ledger_check($1)",
    )
    .bind::<SqlUuid, _>(federation)
    .load(tx.conn())
    .await?)
}
