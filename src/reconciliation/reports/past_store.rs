//! What a report says as known at an earlier log number: the same figures as now, from sealed rows alone.
//!
//! A posting is known since its journal entry's log number, every other row since that of the act that wrote it. Recoveries
//! count by their postings, because the day one was received stands in a column that changes.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Date, Nullable, Numeric, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::model::{Counted, LineCounted};
use crate::db::{Result, Tx};
use crate::kernel::{FundSourceId, LineId, Money};
use crate::ledger::{Account, Balances};

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    id: LineId,
}

/// The lines that were known.
pub(super) async fn lines(tx: &mut Tx, through: i64) -> Result<HashSet<LineId>> {
    let federation = tx.federation;
    let rows: Vec<IdRow> = diesel::sql_query(
        "select r.id from allocation_line r
         join ledger_log l on l.federation_id = r.federation_id and l.audit_event_id = r.act_id and l.log_number <= $2
         where r.federation_id = $1",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<BigInt, _>(through)
    .load(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The lines that held money of a source.
pub(super) async fn lines_of_source(tx: &mut Tx, source: FundSourceId, through: i64) -> Result<Vec<LineId>> {
    let federation = tx.federation;
    let rows: Vec<IdRow> = diesel::sql_query(
        "select distinct p.allocation_line_id as id from posting p
         join ledger_log l on l.federation_id = p.federation_id and l.journal_entry_id = p.journal_entry_id and l.log_number <= $3
         where p.federation_id = $1 and p.fund_source_id = $2 order by 1",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<SqlUuid, _>(source)
    .bind::<BigInt, _>(through)
    .load(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
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

/// What the accounts per line and source came to by the end of a day, by effective date, from what became known after one log
/// number and through another.
pub(super) async fn balances(
    tx: &mut Tx,
    lines: &[LineId],
    as_of: NaiveDate,
    after: i64,
    through: i64,
) -> Result<Vec<(LineId, FundSourceId, Balances)>> {
    let sum = |account: &Account| {
        let name = account.name();
        let (adds, takes) = if matches!(account, Account::Granted | Account::TopUp) { ("from", "to") } else { ("to", "from") };
        format!(
            "coalesce(sum(p.amount) filter (where p.{adds}_account = '{name}'), 0)::numeric
             - coalesce(sum(p.amount) filter (where p.{takes}_account = '{name}'), 0)::numeric as {name}"
        )
    };
    let columns = Account::ALL.iter().map(sum).collect::<Vec<_>>().join(", ");
    let federation = tx.federation;
    let ids: Vec<Uuid> = lines.iter().map(|line| line.0).collect();
    let rows: Vec<BalanceRow> = diesel::sql_query(format!(
        "select p.allocation_line_id, p.fund_source_id, {columns} from posting p
         join journal_entry j on j.federation_id = p.federation_id and j.id = p.journal_entry_id and j.effective_on <= $3
         join ledger_log l on l.federation_id = p.federation_id and l.journal_entry_id = p.journal_entry_id
              and l.log_number > $5 and l.log_number <= $4
         where p.federation_id = $1 and p.allocation_line_id = any($2)
         group by p.allocation_line_id, p.fund_source_id order by p.allocation_line_id, p.fund_source_id"
    ))
    .bind::<SqlUuid, _>(federation)
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Date, _>(as_of)
    .bind::<BigInt, _>(through)
    .bind::<BigInt, _>(after)
    .load(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.allocation_line_id, row.fund_source_id, row.balances)).collect())
}

#[derive(QueryableByName)]
struct ArrivedRow {
    #[diesel(sql_type = SqlUuid)]
    allocation_line_id: LineId,
    #[diesel(sql_type = Numeric)]
    amount: Money,
}

/// What had arrived for each line.
pub(super) async fn arrived(tx: &mut Tx, lines: &[LineId], as_of: NaiveDate, through: i64) -> Result<HashMap<LineId, Money>> {
    let federation = tx.federation;
    let ids: Vec<Uuid> = lines.iter().map(|line| line.0).collect();
    let rows: Vec<ArrivedRow> = diesel::sql_query(
        "select a.allocation_line_id, sum(a.amount)::numeric as amount from arrival a
         join ledger_log l on l.federation_id = a.federation_id and l.audit_event_id = a.act_id and l.log_number <= $4
         where a.federation_id = $1 and a.allocation_line_id = any($2) and a.arrived_on <= $3
         group by a.allocation_line_id",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Date, _>(as_of)
    .bind::<BigInt, _>(through)
    .load(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.allocation_line_id, row.amount)).collect())
}

/// As `store::REACHED`, from rows known through a log number.
const REACHED: &str = "
    with known as (
        select l.audit_event_id as act_id from ledger_log l
        where l.federation_id = $1 and l.log_number <= $5 and l.audit_event_id is not null
    ), paid as (
        select distinct f.allocation_line_id, i.id, e.household_id, encode(i.payee_person, 'hex') as person
        from roster_funding f
        join roster_entry e on e.federation_id = f.federation_id and e.id = f.roster_entry_id and e.payee_kind <> 'organisation'
        join instruction i on i.federation_id = e.federation_id and i.roster_entry_id = e.id
        join lateral (select v.kind from instruction_event v
                      where v.federation_id = i.federation_id and v.instruction_id = i.id and v.effective_on <= $3
                        and v.act_id in (select act_id from known)
                      order by v.sequence desc limit 1) last on last.kind = 'settled'
        where f.federation_id = $1 and f.allocation_line_id = any($2) and ($4 is null or f.fund_source_id = $4)
          and i.amount > coalesce((select sum(p.amount) from posting p
                                   join journal_entry j on j.federation_id = p.federation_id and j.id = p.journal_entry_id
                                       and j.kind = 'recover' and j.effective_on <= $3
                                   join ledger_log l on l.federation_id = j.federation_id and l.journal_entry_id = j.id
                                       and l.log_number <= $5
                                   where p.federation_id = i.federation_id and p.subject_id = i.id), 0)
        union
        select distinct f.allocation_line_id, r.id, null::uuid, encode(r.identity_number_hash, 'hex')
        from roster_funding f
        join instruction i on i.federation_id = f.federation_id and i.roster_entry_id = f.roster_entry_id
        join transfer_down t on t.federation_id = i.federation_id and t.instruction_id = i.id
        join transfer_feedback r on r.federation_id = t.federation_id and r.transfer_down_id = t.id and r.reported_on <= $3
            and r.act_id in (select act_id from known)
        where f.federation_id = $1 and f.allocation_line_id = any($2) and ($4 is null or f.fund_source_id = $4)
    )";

/// Counts per line, or over all lines together; with a source of the payments its money was in.
pub(super) async fn counts(
    tx: &mut Tx,
    lines: &[LineId],
    as_of: NaiveDate,
    per_line: bool,
    source: Option<FundSourceId>,
    through: i64,
) -> Result<Vec<(Option<LineId>, Counted)>> {
    let federation = tx.federation;
    let ids: Vec<Uuid> = lines.iter().map(|line| line.0).collect();
    let rows: Vec<LineCounted> = diesel::sql_query(format!(
        "{REACHED}
         select case when $6 then r.allocation_line_id end as allocation_line_id, count(distinct r.household_id) as households,
                count(distinct r.person) as persons, count(distinct r.id) as person_times
         from paid r group by 1"
    ))
    .bind::<SqlUuid, _>(federation)
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Date, _>(as_of)
    .bind::<Nullable<SqlUuid>, _>(source)
    .bind::<BigInt, _>(through)
    .bind::<Bool, _>(per_line)
    .load(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.allocation_line_id, row.counted)).collect())
}
