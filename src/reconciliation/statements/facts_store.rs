//! What payments and earlier statements know of instructions, read for the ladder; and what `check` derives anew.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::QueryableByName;
use diesel::sql_types::{Array, Binary, Bool, Date, Nullable, Numeric, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::facts::{Movements, Order};
use crate::db::{Error, Result, Tx};
use crate::kernel::{BatchId, InstructionId, Money, StatementId};
use crate::ledger::Difference;
use crate::payments::InstructionStatus;

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Which instructions the lines of a statement may mean.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// By these references.
    pub references: Vec<Uuid>,
    /// Sent between these days.
    pub sent: Option<(NaiveDate, NaiveDate)>,
    /// Paid to these accounts, whenever.
    pub accounts: Vec<Vec<u8>>,
}

/// Finds them, and holds their rows, in one order for everyone.
pub(super) async fn hold(tx: &mut Tx, wanted: &Wanted) -> Result<Vec<Uuid>> {
    let federation = tx.federation;
    let (from, to) = wanted.sent.unzip();
    let rows: Vec<Id> = diesel::sql_query(
        "select i.id from instruction i
         where i.federation_id = $1 and i.id in (
             select r.id from instruction r where r.federation_id = $1 and r.reference = any($2)
             union
             select s.id from batch b join instruction s on s.federation_id = b.federation_id and s.batch_id = b.id
             where b.federation_id = $1 and b.sent_on between $3 and $4
             union
             select p.id from payee_account a join instruction p on p.federation_id = a.federation_id and p.payee_account_id = a.id
             where a.federation_id = $1 and a.number_hash = any($5))
         order by i.id for no key update of i",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Array<SqlUuid>, _>(&wanted.references)
    .bind::<Nullable<Date>, _>(from)
    .bind::<Nullable<Date>, _>(to)
    .bind::<Array<Binary>, _>(&wanted.accounts)
    .load(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Holds the row of one instruction.
pub(super) async fn hold_one(tx: &mut Tx, id: InstructionId) -> Result<()> {
    let federation = tx.federation;
    diesel::sql_query("select i.id from instruction i where i.federation_id = $1 and i.id = $2 for no key update of i")
        .bind::<SqlUuid, _>(federation)
        .bind::<SqlUuid, _>(id)
        .execute(tx.conn())
        .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct OrderRow {
    #[diesel(sql_type = SqlUuid)]
    id: InstructionId,
    #[diesel(sql_type = SqlUuid)]
    reference: Uuid,
    #[diesel(sql_type = SqlUuid)]
    batch_id: BatchId,
    #[diesel(sql_type = Numeric)]
    amount: Money,
    #[diesel(sql_type = Bool)]
    cash: bool,
    #[diesel(sql_type = Nullable<Binary>)]
    account: Option<Vec<u8>>,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Nullable<Date>)]
    sent_on: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<Date>)]
    settled_on: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<Date>)]
    bounced_on: Option<NaiveDate>,
    #[diesel(sql_type = Bool)]
    settled_matched: bool,
    #[diesel(sql_type = Bool)]
    bounced_matched: bool,
    #[diesel(sql_type = Bool)]
    settled_counted: bool,
    #[diesel(sql_type = Bool)]
    bounced_counted: bool,
    #[diesel(sql_type = Bool)]
    missed: bool,
}

/// What is known of some instructions, in the order of their ids.
pub(super) async fn orders(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Order>> {
    let federation = tx.federation;
    let rows: Vec<OrderRow> = diesel::sql_query(
        "select i.id, i.reference, i.batch_id, i.amount, i.channel = 'cash' as cash, a.number_hash as account, i.status,
                e.sent_on, e.settled_on, e.bounced_on,
                coalesce(m.settled, false) as settled_matched, coalesce(m.bounced, false) as bounced_matched,
                coalesce(x.settled, false) as settled_counted, coalesce(x.bounced, false) as bounced_counted,
                coalesce(x.missed, false) as missed
         from instruction i
         left join payee_account a on a.federation_id = i.federation_id and a.id = i.payee_account_id
         left join (select e.instruction_id, max(e.effective_on) filter (where e.kind = 'sent') as sent_on,
                           max(e.effective_on) filter (where e.kind = 'settled') as settled_on,
                           max(e.effective_on) filter (where e.kind = 'bounced') as bounced_on
                    from instruction_event e where e.federation_id = $1 and e.instruction_id = any($2) group by 1) e on e.instruction_id = i.id
         left join (select m.instruction_id, bool_or(m.movement = 'settled') as settled, bool_or(m.movement = 'bounced') as bounced
                    from statement_match m where m.federation_id = $1 and m.instruction_id = any($2) group by 1) m on m.instruction_id = i.id
         left join (select x.instruction_id, bool_or(x.ledger_amount < 0) as settled, bool_or(x.ledger_amount > 0) as bounced,
                           bool_or(x.kind = 'missing_in_bank') as missed
                    from statement_exception x where x.federation_id = $1 and x.instruction_id = any($2) group by 1) x on x.instruction_id = i.id
         where i.federation_id = $1 and i.id = any($2)
         order by i.id",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Array<SqlUuid>, _>(ids)
    .load(tx.conn())
    .await?;
    let order = |row: OrderRow| {
        Ok(Order {
            id: row.id,
            reference: row.reference,
            batch: row.batch_id,
            amount: row.amount,
            cash: row.cash,
            account: row.account,
            status: InstructionStatus::parse(&row.status).ok_or_else(|| Error::Internal("a stored status".to_owned()))?,
            sent_on: row.sent_on,
            settled_on: row.settled_on,
            bounced_on: row.bounced_on,
            matched: Movements { settled: row.settled_matched, bounced: row.bounced_matched },
            counted: Movements { settled: row.settled_counted, bounced: row.bounced_counted },
            missed: row.missed,
        })
    };
    rows.into_iter().map(order).collect()
}

#[derive(QueryableByName)]
struct First {
    #[diesel(sql_type = Nullable<Date>)]
    first: Option<NaiveDate>,
}

/// The first day that any statement of an account speaks of.
pub(super) async fn first_day(tx: &mut Tx, account: &[u8]) -> Result<Option<NaiveDate>> {
    let federation = tx.federation;
    let row: First =
        diesel::sql_query("select min(s.from_on) as first from bank_statement s where s.federation_id = $1 and s.account_hash = $2")
            .bind::<SqlUuid, _>(federation)
            .bind::<Binary, _>(account)
            .get_result(tx.conn())
            .await?;
    Ok(row.first)
}

/// A statement that was taken in before, as far as balances go.
#[derive(QueryableByName)]
pub(super) struct Before {
    #[diesel(sql_type = Date)]
    pub from_on: NaiveDate,
    #[diesel(sql_type = Date)]
    pub to_on: NaiveDate,
    #[diesel(sql_type = Numeric)]
    pub closing: Money,
}

/// The statements of an account that end last until a day, all on one day, and give their closing balance; the one taken in last
/// stands first. `but` is not among them.
pub(super) async fn before(tx: &mut Tx, account: &[u8], currency: &str, day: NaiveDate, but: StatementId) -> Result<Vec<Before>> {
    let federation = tx.federation;
    Ok(diesel::sql_query(
        "select s.from_on, s.to_on, s.closing::numeric as closing
         from (select b.*, max(b.to_on) over () as last from bank_statement b
               where b.federation_id = $1 and b.account_hash = $2 and b.currency = $3 and b.closing is not null and b.to_on <= $4 and b.id <> $5) s
         where s.to_on = s.last order by s.id desc",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Binary, _>(account)
    .bind::<Text, _>(currency)
    .bind::<Date, _>(day)
    .bind::<SqlUuid, _>(but)
    .load(tx.conn())
    .await?)
}

#[derive(QueryableByName)]
struct Sum {
    #[diesel(sql_type = Numeric)]
    sum: Money,
}

/// What the lines that other statements of an account listed first, booked after one day and until another, come to.
pub(super) async fn listed_between(
    tx: &mut Tx,
    account: &[u8],
    currency: &str,
    (after, until): (NaiveDate, NaiveDate),
    but: StatementId,
) -> Result<Money> {
    let federation = tx.federation;
    let row: Sum = diesel::sql_query(
        "select coalesce(sum(case l.direction when 'credit' then l.amount else -l.amount end), 0) as sum
         from bank_statement s
         join statement_line l on l.federation_id = s.federation_id and l.statement_id = s.id and l.booked_on > $4 and l.booked_on <= $5
         where s.federation_id = $1 and s.account_hash = $2 and s.currency = $3 and s.id <> $6 and s.to_on > $4 and s.from_on <= $5",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Binary, _>(account)
    .bind::<Text, _>(currency)
    .bind::<Date, _>(after)
    .bind::<Date, _>(until)
    .bind::<SqlUuid, _>(but)
    .get_result(tx.conn())
    .await?;
    Ok(row.sum)
}

/// Instructions of which something happened between two days that no line was matched with, of batches that an account pays:
/// those known to be paid from it, and with `unknown` also those of which nothing is known. A batch known to be paid from another
/// account is not among them.
pub(super) async fn unmatched(tx: &mut Tx, account: &[u8], (from, to): (NaiveDate, NaiveDate), unknown: bool) -> Result<Vec<Uuid>> {
    let federation = tx.federation;
    let rows: Vec<Id> = diesel::sql_query(
        "with happened as (
             select distinct i.id, i.batch_id
             from instruction_event e
             join instruction i on i.federation_id = e.federation_id and i.id = e.instruction_id and i.channel <> 'cash'
             where e.federation_id = $1 and e.kind in ('sent', 'settled', 'bounced') and e.effective_on between $3 and $4
               and not exists (select from statement_match m
                               where m.federation_id = e.federation_id and m.instruction_id = e.instruction_id
                                 and m.movement = case e.kind when 'bounced' then 'bounced' else 'settled' end)
         ), paid as (
             select b.batch_id, bool_or(s.account_hash = $2) as here
             from (select distinct h.batch_id from happened h) b
             join instruction i on i.federation_id = $1 and i.batch_id = b.batch_id
             join statement_match m on m.federation_id = $1 and m.instruction_id = i.id
             join statement_line l on l.federation_id = $1 and l.id = m.line_id
             join bank_statement s on s.federation_id = $1 and s.id = l.statement_id
             group by 1
         )
         select h.id from happened h left join paid p on p.batch_id = h.batch_id where coalesce(p.here, $5) order by h.id",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Binary, _>(account)
    .bind::<Date, _>(from)
    .bind::<Date, _>(to)
    .bind::<Bool, _>(unknown)
    .load(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The rules of `schema/35_statements_check.sql`.
pub(super) async fn cross_check(tx: &mut Tx) -> Result<Vec<Difference>> {
    let federation = tx.federation;
    Ok(diesel::sql_query(
        "select what, coalesce(subject, 'a row without a key') as subject, coalesce(expected, 'nothing') as expected,
                coalesce(found, 'nothing') as found
         from statements_check($1)",
    )
    .bind::<SqlUuid, _>(federation)
    .load(tx.conn())
    .await?)
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = SqlUuid)]
    statement_id: Uuid,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

/// How many lines of some statements were matched by which rung, and how many exceptions of which kind they have.
pub(super) async fn counts(tx: &mut Tx, statements: &[Uuid]) -> Result<Counts> {
    let federation = tx.federation;
    let matched: Vec<Counted> = diesel::sql_query(
        "select l.statement_id, m.rung as name, count(distinct m.line_id) as count
         from statement_line l join statement_match m on m.federation_id = l.federation_id and m.line_id = l.id
         where l.federation_id = $1 and l.statement_id = any($2) group by 1, 2",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Array<SqlUuid>, _>(statements)
    .load(tx.conn())
    .await?;
    let exceptions: Vec<Counted> = diesel::sql_query(
        "select x.statement_id, x.kind as name, count(*) as count
         from statement_exception x where x.federation_id = $1 and x.statement_id = any($2) group by 1, 2",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Array<SqlUuid>, _>(statements)
    .load(tx.conn())
    .await?;
    let mut counts = Counts::new();
    for row in matched {
        counts.entry(row.statement_id).or_default().0.insert(row.name, row.count);
    }
    for row in exceptions {
        counts.entry(row.statement_id).or_default().1.insert(row.name, row.count);
    }
    Ok(counts)
}

/// By statement: lines by rung, and exceptions by kind.
pub(super) type Counts = BTreeMap<Uuid, (BTreeMap<String, i64>, BTreeMap<String, i64>)>;
