//! Reading audit events.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryableByName};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::audit::model::{EventFilter, EventView};
use crate::db::{Result, Tx};
use crate::kernel::{Page, Totals};

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

const MATCHING: &str = "from audit_event e
    join ledger_log l on l.federation_id = e.federation_id and l.audit_event_id = e.id
    where e.federation_id = $1 and ($2 is null or e.actor = $2) and ($3 is null or e.action = $3)
      and ($4 is null or e.subject_kind = $4) and ($5 is null or e.subject_id = $5) and ($6 is null or e.outcome = $6)
      and ($7 is null or e.happened_at >= $7) and ($8 is null or e.happened_at < $8)";

macro_rules! matching {
    ($query:expr, $tx:expr, $filter:expr) => {
        diesel::sql_query($query)
            .bind::<SqlUuid, _>($tx.federation)
            .bind::<Nullable<Text>, _>($filter.actor.as_deref())
            .bind::<Nullable<Text>, _>($filter.action.as_deref())
            .bind::<Nullable<Text>, _>($filter.subject_kind.as_deref())
            .bind::<Nullable<Text>, _>($filter.subject_id.as_deref())
            .bind::<Nullable<Text>, _>($filter.outcome.map(|outcome| outcome.name()))
            .bind::<Nullable<Timestamptz>, _>($filter.from)
            .bind::<Nullable<Timestamptz>, _>($filter.to)
    };
}

/// A page of the events that match, oldest first, with how many there are.
pub(in crate::audit) async fn events(tx: &mut Tx, filter: &EventFilter) -> Result<Page<EventView>> {
    let page = filter.page();
    let count: Count = if page.counts() {
        matching!(format!("select count(*) as count {MATCHING}"), tx, filter).get_result(tx.conn()).await?
    } else {
        Count { count: 0 }
    };
    let query = format!(
        "select e.id, l.log_number, e.happened_at, e.actor, e.origin, e.request_id, e.action, e.outcome, e.code, e.subject_kind,
                e.subject_id, e.before, e.after, e.reason {MATCHING} and e.id > $9 order by e.id limit $10"
    );
    let rows: Vec<EventView> =
        matching!(query, tx, filter).bind::<SqlUuid, _>(page.after()).bind::<BigInt, _>(page.fetch()).load(tx.conn()).await?;
    Ok(Page::cut(rows, &page, Totals { count: count.count, amount: None }, |row| row.id))
}

/// When the transaction's actor was granted something, by the event that says so.
pub(in crate::audit) async fn asked_for(tx: &mut Tx, event: Uuid, subject_kind: &str, subject: &str) -> Result<Option<DateTime<Utc>>> {
    let (federation, actor) = (tx.federation, tx.actor.clone());
    let asked: Option<Asked> = diesel::sql_query(
        "select happened_at from audit_event
         where federation_id = $1 and id = $2 and actor = $3 and subject_kind = $4 and subject_id = $5
           and outcome = 'done'",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<SqlUuid, _>(event)
    .bind::<Text, _>(actor)
    .bind::<Text, _>(subject_kind)
    .bind::<Text, _>(subject)
    .get_result(tx.conn())
    .await
    .optional()?;
    Ok(asked.map(|asked| asked.happened_at))
}

#[derive(QueryableByName)]
struct Asked {
    #[diesel(sql_type = Timestamptz)]
    happened_at: DateTime<Utc>,
}
