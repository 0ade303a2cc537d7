//! The only file that names the rosters' tables. Rows go in and out set-based: a roster may have 100,000 of them.

use std::collections::HashSet;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Jsonb, Nullable, Numeric, SmallInt, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures_util::join;
use uuid::Uuid;

use super::model::{AdjustmentView, Entry, EntryKey, EntryView, ExclusionCount, FundingPart, FundingTotal, Roster};
use super::pricing::RosterAdjustment;
use crate::db::schema::{roster, standard_adjustment};
use crate::db::{InOrder, KeepPrepared, Result, Tx};
use crate::kernel::{Money, Page, PageRequest, PayeeAccountId, PersonId, PlanId, RosterId, Totals};

pub(super) async fn insert(
    tx: &mut Tx,
    row: &Roster,
    adjustment: Option<&RosterAdjustment>,
    method: &str,
    entries: &[Entry],
    parts: &[FundingPart],
) -> Result<()> {
    diesel::insert_into(roster::table).values(row).execute(tx.conn()).await?;
    if let Some(made) = adjustment {
        use standard_adjustment as a;
        let count = i32::try_from(made.adjustment.count).map_err(|error| crate::db::Error::Internal(error.to_string()))?;
        diesel::insert_into(a::table)
            .values((
                a::federation_id.eq(row.federation_id),
                a::roster_id.eq(row.id),
                a::method.eq(method),
                a::pool.eq(made.pool),
                a::fixed.eq(made.fixed),
                a::count.eq(count),
                a::standard_before.eq(made.before),
                a::standard_after.eq(made.adjustment.standard),
                a::shortfall.eq(made.adjustment.shortfall),
                a::residual.eq(made.adjustment.residual),
            ))
            .execute(tx.conn())
            .await?;
    }
    // The parts are made ready to be sent while the entries are being written.
    let (..) = join!(insert_entries(tx, row.id, entries), tx.grown_by(entries.len()), insert_parts(tx, parts), tx.grown_by(parts.len()))
        .in_order()?;
    Ok(())
}

async fn insert_entries(tx: &Tx, roster: RosterId, entries: &[Entry]) -> Result<()> {
    let federation = tx.federation;
    let uuids = |each: fn(&Entry) -> Option<Uuid>| entries.iter().map(each).collect::<Vec<Option<Uuid>>>();
    let texts = |each: fn(&Entry) -> Option<&str>| entries.iter().map(each).collect::<Vec<Option<&str>>>();
    diesel::sql_query(
        "insert into roster_entry (federation_id, roster_id, id, tier_id, position, included, excluded_because, payee_kind, household_id,
                                   person_id, organisation_id, payee_account_id, category, standard, quantity, month_from, month_to, amount, registry)
         select $1, $2, e.* from unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) as e",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<SqlUuid, _>(roster)
    .bind::<Array<Nullable<SqlUuid>>, _>(uuids(|entry| Some(entry.id.0)))
    .bind::<Array<Nullable<SqlUuid>>, _>(uuids(|entry| Some(entry.tier_id.0)))
    .bind::<Array<Integer>, _>(entries.iter().map(|entry| entry.position).collect::<Vec<i32>>())
    .bind::<Array<Bool>, _>(entries.iter().map(|entry| entry.included).collect::<Vec<bool>>())
    .bind::<Array<Nullable<Text>>, _>(texts(|entry| entry.excluded_because.as_deref()))
    .bind::<Array<Nullable<Text>>, _>(texts(|entry| Some(&entry.payee_kind)))
    .bind::<Array<Nullable<SqlUuid>>, _>(uuids(|entry| entry.household_id.map(|id| id.0)))
    .bind::<Array<Nullable<SqlUuid>>, _>(uuids(|entry| entry.person_id.map(|id| id.0)))
    .bind::<Array<Nullable<SqlUuid>>, _>(uuids(|entry| entry.organisation_id.map(|id| id.0)))
    .bind::<Array<Nullable<SqlUuid>>, _>(uuids(|entry| entry.payee_account_id.map(|id| id.0)))
    .bind::<Array<Nullable<Text>>, _>(texts(|entry| Some(&entry.category)))
    .bind::<Array<Nullable<Numeric>>, _>(entries.iter().map(|entry| entry.standard).collect::<Vec<Option<Money>>>())
    .bind::<Array<Integer>, _>(entries.iter().map(|entry| entry.quantity).collect::<Vec<i32>>())
    .bind::<Array<Nullable<Text>>, _>(texts(|entry| entry.month_from.as_deref()))
    .bind::<Array<Nullable<Text>>, _>(texts(|entry| entry.month_to.as_deref()))
    .bind::<Array<Numeric>, _>(entries.iter().map(|entry| entry.amount).collect::<Vec<Money>>())
    .bind::<Array<Jsonb>, _>(entries.iter().map(|entry| &entry.registry).collect::<Vec<_>>())
    .execute(&mut tx.wire())
    .await?;
    Ok(())
}

async fn insert_parts(tx: &Tx, parts: &[FundingPart]) -> Result<()> {
    let federation = tx.federation;
    diesel::sql_query(
        "insert into roster_funding (federation_id, roster_entry_id, position, allocation_line_id, fund_source_id, top_up_line_id, amount)
         select $1, p.* from unnest($2, $3, $4, $5, $6, $7) as p",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Array<SqlUuid>, _>(parts.iter().map(|part| part.roster_entry_id.0).collect::<Vec<Uuid>>())
    .bind::<Array<SmallInt>, _>(parts.iter().map(|part| part.position).collect::<Vec<i16>>())
    .bind::<Array<SqlUuid>, _>(parts.iter().map(|part| part.allocation_line_id.0).collect::<Vec<Uuid>>())
    .bind::<Array<SqlUuid>, _>(parts.iter().map(|part| part.fund_source_id.0).collect::<Vec<Uuid>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(parts.iter().map(|part| part.top_up_line_id.map(|line| line.0)).collect::<Vec<Option<Uuid>>>())
    .bind::<Array<Numeric>, _>(parts.iter().map(|part| part.amount).collect::<Vec<Money>>())
    .execute(&mut tx.wire())
    .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct Claimed {
    #[diesel(sql_type = SqlUuid)]
    payee_id: Uuid,
    #[diesel(sql_type = Text)]
    purpose: String,
    #[diesel(sql_type = Text)]
    period: String,
}

/// Of these payees, which have a live claim, for what purpose and period.
pub(super) async fn live_claims(tx: &mut Tx, payees: &[Uuid]) -> Result<HashSet<(Uuid, String, String)>> {
    let federation = tx.federation;
    let rows: Vec<Claimed> =
        diesel::sql_query("select payee_id, purpose, period from payment_claim where federation_id = $1 and live and payee_id = any($2)")
            .bind::<SqlUuid, _>(federation)
            .bind::<Array<SqlUuid>, _>(payees)
            .load(tx.conn())
            .await?;
    Ok(rows.into_iter().map(|row| (row.payee_id, row.purpose, row.period)).collect())
}

pub(super) async fn last_version(tx: &mut Tx, plan: PlanId) -> Result<i32> {
    let federation = tx.federation;
    let last: Option<i32> = roster::table
        .filter(roster::federation_id.eq(federation).and(roster::plan_id.eq(plan)))
        .select(diesel::dsl::max(roster::version))
        .first(tx.conn())
        .await?;
    Ok(last.unwrap_or(0))
}

pub(in crate::plans) async fn roster(tx: &mut Tx, id: RosterId) -> Result<Roster> {
    let federation = tx.federation;
    Ok(roster::table.find((federation, id)).select(Roster::as_select()).first(tx.conn()).await?)
}

pub(in crate::plans) async fn rosters_of(tx: &mut Tx, plan: PlanId) -> Result<Vec<Roster>> {
    let federation = tx.federation;
    Ok(roster::table
        .filter(roster::federation_id.eq(federation).and(roster::plan_id.eq(plan)))
        .order(roster::version)
        .select(Roster::as_select())
        .load(tx.conn())
        .await?)
}

pub(super) async fn adjustment(tx: &mut Tx, id: RosterId) -> Result<Option<AdjustmentView>> {
    let federation = tx.federation;
    Ok(standard_adjustment::table.find((federation, id)).select(AdjustmentView::as_select()).first(tx.conn()).await.optional()?)
}

pub(in crate::plans) async fn funding_totals(tx: &mut Tx, id: RosterId) -> Result<Vec<FundingTotal>> {
    let federation = tx.federation;
    Ok(diesel::sql_query(
        "select f.allocation_line_id, f.fund_source_id, f.top_up_line_id, sum(f.amount)::numeric as amount
         from roster_funding f
         join roster_entry e on e.federation_id = f.federation_id and e.id = f.roster_entry_id
         where f.federation_id = $1 and e.roster_id = $2
         group by f.allocation_line_id, f.fund_source_id, f.top_up_line_id
         order by f.allocation_line_id, f.fund_source_id, f.top_up_line_id",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<SqlUuid, _>(id)
    .load(tx.conn())
    .await?)
}

pub(super) async fn exclusions(tx: &mut Tx, id: RosterId) -> Result<Vec<ExclusionCount>> {
    let federation = tx.federation;
    Ok(diesel::sql_query(
        "select excluded_because as reason, count(*) as count from roster_entry
         where federation_id = $1 and roster_id = $2 and not included group by excluded_because order by excluded_because",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<SqlUuid, _>(id)
    .load(tx.conn())
    .await?)
}

/// Every entry in order, for the digest.
pub(in crate::plans) async fn entries(tx: &mut Tx, id: RosterId) -> Result<Vec<Entry>> {
    let federation = tx.federation;
    Ok(diesel::sql_query(
        "select id, tier_id, position, included, excluded_because, payee_kind, household_id, person_id, organisation_id, payee_account_id,
                category, standard, quantity, month_from, month_to, amount, registry
         from roster_entry where federation_id = $1 and roster_id = $2 order by position",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<SqlUuid, _>(id)
    .load(tx.conn())
    .await?)
}

/// Every part of the money that pays a roster, in order.
pub(in crate::plans) async fn parts(tx: &mut Tx, id: RosterId) -> Result<Vec<FundingPart>> {
    let federation = tx.federation;
    Ok(diesel::sql_query(
        "select f.roster_entry_id, f.position, f.allocation_line_id, f.fund_source_id, f.top_up_line_id, f.amount
         from roster_funding f
         join roster_entry e on e.federation_id = f.federation_id and e.id = f.roster_entry_id
         where f.federation_id = $1 and e.roster_id = $2
         order by e.position, f.position",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<SqlUuid, _>(id)
    .load(tx.conn())
    .await?)
}

/// The parts that pay some entries, in order.
pub(in crate::plans) async fn parts_of_entries(tx: &Tx, ids: &[Uuid]) -> Result<Vec<FundingPart>> {
    let federation = tx.federation;
    Ok(diesel::sql_query(
        "select roster_entry_id, position, allocation_line_id, fund_source_id, top_up_line_id, amount
         from roster_funding where federation_id = $1 and roster_entry_id = any($2) order by roster_entry_id, position",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Array<SqlUuid>, _>(ids)
    .prepared_for(ids.len())
    .load(&mut tx.wire())
    .await?)
}

/// The entries that are paid, in order.
pub(in crate::plans) async fn included_entries(tx: &mut Tx, id: RosterId) -> Result<Vec<EntryKey>> {
    let federation = tx.federation;
    Ok(diesel::sql_query(format!("{ENTRY_KEYS} and e.roster_id = $2 and e.included order by e.position"))
        .bind::<SqlUuid, _>(federation)
        .bind::<SqlUuid, _>(id)
        .load(tx.conn())
        .await?)
}

const ENTRY_KEYS: &str = "
    select e.id, t.channel, e.amount, e.payee_account_id, coalesce(e.household_id, e.organisation_id, e.person_id) as payee_id,
           e.person_id, e.organisation_id, t.kind as tier_kind, t.feedback_due_on, coalesce(e.registry ->> 'name', '') as name
    from roster_entry e join tier t on t.federation_id = e.federation_id and t.id = e.tier_id
    where e.federation_id = $1";

/// Some entries, by id.
pub(in crate::plans) async fn entries_by_id(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<EntryKey>> {
    let federation = tx.federation;
    Ok(diesel::sql_query(format!("{ENTRY_KEYS} and e.id = any($2) order by e.id"))
        .bind::<SqlUuid, _>(federation)
        .bind::<Array<SqlUuid>, _>(ids)
        .load(tx.conn())
        .await?)
}

#[derive(QueryableByName)]
struct PageTotals {
    #[diesel(sql_type = BigInt)]
    count: i64,
    #[diesel(sql_type = Numeric)]
    amount: Money,
}

async fn entry_totals(tx: &mut Tx, id: RosterId, included: Option<bool>) -> Result<Totals> {
    let federation = tx.federation;
    let totals: PageTotals = diesel::sql_query(
        "select count(*) as count, coalesce(sum(amount), 0)::numeric as amount from roster_entry
         where federation_id = $1 and roster_id = $2 and ($3 is null or included = $3)",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<SqlUuid, _>(id)
    .bind::<Nullable<Bool>, _>(included)
    .get_result(tx.conn())
    .await?;
    Ok(Totals { count: totals.count, amount: Some(totals.amount) })
}

pub(in crate::plans) async fn entry_page(tx: &mut Tx, id: RosterId, included: Option<bool>, page: &PageRequest) -> Result<Page<EntryView>> {
    let federation = tx.federation;
    let totals = if page.counts() { entry_totals(tx, id, included).await? } else { Totals::default() };
    let rows: Vec<EntryView> = diesel::sql_query(
        "select e.id, e.tier_id, t.name as tier, e.position, e.included, e.excluded_because, e.payee_kind, e.household_id, e.person_id,
                e.organisation_id, e.category, e.standard, e.quantity, e.amount, e.registry
         from roster_entry e join tier t on t.federation_id = e.federation_id and t.id = e.tier_id
         where e.federation_id = $1 and e.roster_id = $2 and ($3 is null or e.included = $3) and e.id > $4
         order by e.id limit $5",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<SqlUuid, _>(id)
    .bind::<Nullable<Bool>, _>(included)
    .bind::<SqlUuid, _>(page.after())
    .bind::<BigInt, _>(page.fetch())
    .load(tx.conn())
    .await?;
    let page = Page::cut(rows, page, totals, |row: &EntryView| row.id.0);
    let sight = tx.sight();
    Ok(page.map(|entry| entry.seen(sight)))
}

/// The claims of a roster's entries: one for the tier's period, or one for each month due.
const CLAIMS: &str = "
    select e.federation_id, coalesce(e.household_id, e.organisation_id, e.person_id) as payee_id, t.purpose,
           case when e.month_from is null then t.period else to_char(m.month, 'YYYY-MM') end as period, e.id as roster_entry_id
    from roster_entry e
    join tier t on t.federation_id = e.federation_id and t.id = e.tier_id
    left join lateral generate_series(to_date(e.month_from, 'YYYY-MM')::timestamp, to_date(e.month_to, 'YYYY-MM')::timestamp, '1 month')
         as m (month) on e.month_from is not null
    where e.federation_id = $1 and e.roster_id = $2 and e.included";

#[derive(QueryableByName)]
struct Position {
    #[diesel(sql_type = Integer)]
    position: i32,
}

/// Positions of entries whose payee has a live claim for the same purpose and period; the first twenty.
pub(in crate::plans) async fn conflicting_claims(tx: &mut Tx, id: RosterId) -> Result<Vec<i32>> {
    let federation = tx.federation;
    let rows: Vec<Position> = diesel::sql_query(format!(
        "select distinct e.position
         from ({CLAIMS}) c
         join payment_claim p on p.federation_id = c.federation_id and p.payee_id = c.payee_id and p.purpose = c.purpose
              and p.period = c.period and p.live
         join roster_entry e on e.federation_id = c.federation_id and e.id = c.roster_entry_id
         order by e.position limit 20"
    ))
    .bind::<SqlUuid, _>(federation)
    .bind::<SqlUuid, _>(id)
    .load(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.position).collect())
}

/// Lays the claims of a roster, in one order for everyone so that two approvals never wait for each other in a circle.
pub(in crate::plans) async fn lay_claims(tx: &mut Tx, id: RosterId) -> Result<()> {
    let federation = tx.federation;
    let laid = diesel::sql_query(format!(
        "insert into payment_claim (federation_id, payee_id, purpose, period, roster_entry_id, live)
         select c.federation_id, c.payee_id, c.purpose, c.period, c.roster_entry_id, true from ({CLAIMS}) c
         order by c.payee_id, c.purpose, c.period"
    ))
    .bind::<SqlUuid, _>(federation)
    .bind::<SqlUuid, _>(id)
    .execute(tx.conn())
    .await?;
    tx.grown_by(laid).await
}

/// Releases the claims of a roster, or of some of its entries.
pub(in crate::plans) async fn release_claims(tx: &mut Tx, roster: Option<RosterId>, entries: &[Uuid]) -> Result<()> {
    let federation = tx.federation;
    diesel::sql_query(
        "update payment_claim c set live = false
         where c.federation_id = $1 and c.live
           and (c.roster_entry_id = any($3)
                or c.roster_entry_id in (select e.id from roster_entry e where e.federation_id = $1 and e.roster_id = $2))",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Nullable<SqlUuid>, _>(roster)
    .bind::<Array<SqlUuid>, _>(entries)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Rosters that name a person as the one paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct NamingRosters {
    /// Entries that were approved at some time: they laid a claim then.
    #[diesel(sql_type = BigInt)]
    pub approved: i64,
    /// Entries of rosters that are locked or in review now.
    #[diesel(sql_type = BigInt)]
    pub pending: i64,
    /// Rosters that were never approved.
    #[diesel(sql_type = BigInt)]
    pub drafts: i64,
}

/// Which rosters name a person.
///
/// # Errors
/// When the database cannot be read.
pub async fn rosters_naming(tx: &mut Tx, person: PersonId) -> Result<NamingRosters> {
    let federation = tx.federation;
    Ok(diesel::sql_query(
        "select count(*) filter (where e.included and c.claimed) as approved,
                count(*) filter (where e.included and not c.claimed and p.status in ('locked', 'in_review') and p.roster_id = e.roster_id) as pending,
                count(distinct e.roster_id) filter (where not c.claimed) as drafts
         from roster_entry e
         join roster r on r.federation_id = e.federation_id and r.id = e.roster_id
         join plan p on p.federation_id = r.federation_id and p.id = r.plan_id
         cross join lateral (select exists (select from payment_claim k
                                            where k.federation_id = e.federation_id and k.roster_entry_id = e.id) as claimed) c
         where e.federation_id = $1 and e.person_id = $2",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<SqlUuid, _>(person)
    .get_result(tx.conn())
    .await?)
}

/// Those of some accounts that stand on any roster.
///
/// # Errors
/// When the database cannot be read.
pub async fn accounts_on_rosters(tx: &mut Tx, accounts: &[PayeeAccountId]) -> Result<HashSet<PayeeAccountId>> {
    let federation = tx.federation;
    let rows: Vec<AccountRow> = diesel::sql_query(
        "select distinct payee_account_id as id from roster_entry where federation_id = $1 and payee_account_id = any($2)",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Array<SqlUuid>, _>(accounts.iter().map(|id| id.0).collect::<Vec<Uuid>>())
    .load(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

#[derive(QueryableByName)]
struct AccountRow {
    #[diesel(sql_type = SqlUuid)]
    id: PayeeAccountId,
}
