//! Counts over the payments of lines. Reads the tables of plans and payments; writes nothing.

use chrono::NaiveDate;
use diesel::sql_types::{Array, Date, Nullable, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::model::{Counted, LineCounted};
use crate::db::{Result, Tx};
use crate::kernel::{FundSourceId, LineId};

/// Whom settled payments reached as of a day: households and persons distinct, payments counted each, net of bounces and
/// full recoveries; and the recipients that subordinate unions reported by then. The same person may stand in both.
const REACHED: &str = "
    with paid as (
        select distinct f.allocation_line_id, i.id, e.household_id,
               case when e.payee_kind = 'person' then p.identity_number_hash end as person
        from roster_funding f
        join roster_entry e on e.federation_id = f.federation_id and e.id = f.roster_entry_id and e.payee_kind <> 'organisation'
        join instruction i on i.federation_id = e.federation_id and i.roster_entry_id = e.id
        left join person p on p.federation_id = e.federation_id and p.id = e.person_id
        join lateral (select v.kind from instruction_event v
                      where v.federation_id = i.federation_id and v.instruction_id = i.id and v.effective_on <= $3
                      order by v.sequence desc limit 1) last on last.kind = 'settled'
        where f.federation_id = $1 and f.allocation_line_id = any($2) and ($4 is null or f.fund_source_id = $4)
          and i.amount > coalesce((select sum(c.amount) from recovery c
                                   where c.federation_id = i.federation_id and c.instruction_id = i.id and c.status = 'received'
                                     and c.received_on <= $3), 0)
        union
        select distinct f.allocation_line_id, r.id, null::uuid, r.identity_number_hash
        from roster_funding f
        join instruction i on i.federation_id = f.federation_id and i.roster_entry_id = f.roster_entry_id
        join transfer_down t on t.federation_id = i.federation_id and t.instruction_id = i.id
        join transfer_feedback r on r.federation_id = t.federation_id and r.transfer_down_id = t.id and r.reported_on <= $3
        where f.federation_id = $1 and f.allocation_line_id = any($2) and ($4 is null or f.fund_source_id = $4)
    )";

/// Counts per line, or with a source of the payments its money was in; or over all lines together, where a household that two lines pay counts once.
pub(super) async fn counts(
    tx: &mut Tx,
    lines: &[LineId],
    as_of: NaiveDate,
    per_line: bool,
    source: Option<FundSourceId>,
) -> Result<Vec<(Option<LineId>, Counted)>> {
    let federation = tx.federation;
    let ids: Vec<Uuid> = lines.iter().map(|line| line.0).collect();
    let line = if per_line { "r.allocation_line_id" } else { "null::uuid" };
    let rows: Vec<LineCounted> = diesel::sql_query(format!(
        "{REACHED}
         select {line} as allocation_line_id, count(distinct r.household_id) as households, count(distinct r.person) as persons,
                count(distinct r.id) as person_times
         from paid r group by 1"
    ))
    .bind::<SqlUuid, _>(federation)
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Date, _>(as_of)
    .bind::<Nullable<SqlUuid>, _>(source)
    .load(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.allocation_line_id, row.counted)).collect())
}
