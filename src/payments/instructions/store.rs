//! The only file that names the tables of batches, instructions and their events. Writes are set-based.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Date, Integer, Nullable, Numeric, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::model::{Batch, BatchFilter, EventView, Instruction, InstructionFilter, InstructionStatus, NewEvent};
use crate::db::schema::{batch, instruction, instruction_event};
use crate::db::{KeepPrepared, Result, Tx};
use crate::kernel::{BatchId, EntryId, FederationId, InstructionId, Money, Page, PayeeAccountId, PlanId, Totals};

pub(super) async fn insert_batch(tx: &mut Tx, row: &Batch) -> Result<()> {
    diesel::insert_into(batch::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

/// Writes the instructions of a batch, each with its release.
pub(super) async fn insert_instructions(tx: &mut Tx, rows: &[Instruction]) -> Result<()> {
    let federation = tx.federation;
    let uuids = |each: fn(&Instruction) -> Option<Uuid>| rows.iter().map(each).collect::<Vec<Option<Uuid>>>();
    let texts = |each: fn(&Instruction) -> Option<&str>| rows.iter().map(each).collect::<Vec<Option<&str>>>();
    let now = tx.now();
    diesel::sql_query(
        "insert into instruction (federation_id, created_at, id, reference, plan_id, batch_id, roster_entry_id, payee_id, attempt, amount, channel,
                                  payee_account_id, holder_name, status, status_on, payee_person)
         select $1, $2, i.*, p.identity_number_hash
         from unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
              as i (id, reference, plan_id, batch_id, roster_entry_id, payee_id, attempt, amount, channel, payee_account_id, holder_name, status, status_on)
         left join roster_entry e on e.federation_id = $1 and e.id = i.roster_entry_id and e.payee_kind = 'person'
         left join person p on p.federation_id = $1 and p.id = e.person_id",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Timestamptz, _>(now)
    .bind::<Array<Nullable<SqlUuid>>, _>(uuids(|row| Some(row.id.0)))
    .bind::<Array<Nullable<SqlUuid>>, _>(uuids(|row| Some(row.reference)))
    .bind::<Array<Nullable<SqlUuid>>, _>(uuids(|row| Some(row.plan_id.0)))
    .bind::<Array<Nullable<SqlUuid>>, _>(uuids(|row| Some(row.batch_id.0)))
    .bind::<Array<Nullable<SqlUuid>>, _>(uuids(|row| Some(row.roster_entry_id.0)))
    .bind::<Array<Nullable<SqlUuid>>, _>(uuids(|row| Some(row.payee_id)))
    .bind::<Array<SmallInt>, _>(rows.iter().map(|row| row.attempt).collect::<Vec<i16>>())
    .bind::<Array<Numeric>, _>(rows.iter().map(|row| row.amount).collect::<Vec<Money>>())
    .bind::<Array<Nullable<Text>>, _>(texts(|row| Some(&row.channel)))
    .bind::<Array<Nullable<SqlUuid>>, _>(uuids(|row| row.payee_account_id.map(|id| id.0)))
    .bind::<Array<Nullable<Text>>, _>(texts(|row| Some(&row.holder_name)))
    .bind::<Array<Nullable<Text>>, _>(texts(|row| Some(&row.status)))
    .bind::<Array<Date>, _>(rows.iter().map(|row| row.status_on).collect::<Vec<NaiveDate>>())
    .execute(tx.conn())
    .await?;
    tx.grown_by(rows.len()).await?;
    // The first event of each; the state it leads to, "pending", is written already.
    diesel::sql_query(
        "insert into instruction_event (federation_id, instruction_id, sequence, kind, effective_on, reason, actor, recorded_at)
         select $1, e.instruction, 1, 'released', e.effective_on, '', $4, $5 from unnest($2, $3) as e (instruction, effective_on)",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.id.0).collect::<Vec<Uuid>>())
    .bind::<Array<Date>, _>(rows.iter().map(|row| row.status_on).collect::<Vec<NaiveDate>>())
    .bind::<Text, _>(tx.actor.clone())
    .bind::<Timestamptz, _>(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Appends events and lets the status follow: every event after the release is named by the state it leads to. Its caller holds
/// the instructions' rows.
pub(in crate::payments) async fn record_events(tx: &Tx, events: &[NewEvent]) -> Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let (federation, now, actor) = (tx.federation, tx.now(), tx.actor.clone());
    let ids: Vec<Uuid> = events.iter().map(|event| event.instruction.0).collect();
    let statuses: Vec<&str> = events.iter().map(|event| event.status.name()).collect();
    let dates: Vec<NaiveDate> = events.iter().map(|event| event.effective_on).collect();
    diesel::sql_query("select instruction_follows($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
        .bind::<SqlUuid, _>(federation)
        .bind::<Array<SqlUuid>, _>(events.iter().map(|event| event.act).collect::<Vec<Uuid>>())
        .bind::<Array<SqlUuid>, _>(&ids)
        .bind::<Array<Text>, _>(&statuses)
        .bind::<Array<Date>, _>(&dates)
        .bind::<Array<Nullable<SqlUuid>>, _>(events.iter().map(|event| event.evidence.map(|id| id.0)).collect::<Vec<Option<Uuid>>>())
        .bind::<Array<Nullable<SqlUuid>>, _>(events.iter().map(|event| event.journal_entry.map(|id| id.0)).collect::<Vec<Option<Uuid>>>())
        .bind::<Array<Text>, _>(events.iter().map(|event| event.reason.as_str()).collect::<Vec<&str>>())
        .bind::<Text, _>(actor)
        .bind::<Timestamptz, _>(now)
        .prepared()
        .execute(&mut tx.wire())
        .await?;
    Ok(())
}

pub(in crate::payments) async fn instruction(tx: &mut Tx, id: InstructionId) -> Result<Instruction> {
    let federation = tx.federation;
    Ok(instruction::table.find((federation, id)).select(Instruction::as_select()).first(tx.conn()).await?)
}

/// Reads an instruction and holds its row.
pub(in crate::payments) async fn lock(tx: &mut Tx, id: InstructionId) -> Result<Instruction> {
    let federation = tx.federation;
    Ok(instruction::table.find((federation, id)).select(Instruction::as_select()).for_no_key_update().first(tx.conn()).await?)
}

/// The instructions of some references, in one order for everyone.
#[diesel::dsl::auto_type(no_type_alias)]
fn of_references<'a>(federation: FederationId, references: &'a [Uuid]) -> _ {
    let among: diesel::dsl::EqAny<instruction::reference, &'a [Uuid]> = instruction::reference.eq_any(references);
    instruction::table.filter(instruction::federation_id.eq(federation)).filter(among).order(instruction::id)
}

/// Reads the instructions of some references and holds their rows.
pub(in crate::payments) async fn lock_by_references(tx: &Tx, references: &[Uuid]) -> Result<Vec<Instruction>> {
    let held = of_references(tx.federation, references).select(Instruction::as_select()).for_no_key_update();
    Ok(held.load(&mut tx.wire()).await?)
}

/// As [`lock_by_references`], less those that somebody else holds, whom it does not wait for.
pub(in crate::payments) async fn lock_free_by_references(tx: &Tx, references: &[Uuid]) -> Result<Vec<Instruction>> {
    let held = of_references(tx.federation, references).select(Instruction::as_select()).for_no_key_update().skip_locked();
    Ok(held.load(&mut tx.wire()).await?)
}

pub(in crate::payments) async fn lock_batch(tx: &mut Tx, id: BatchId) -> Result<Batch> {
    let federation = tx.federation;
    Ok(batch::table.find((federation, id)).select(Batch::as_select()).for_no_key_update().first(tx.conn()).await?)
}

pub(in crate::payments) async fn batch(tx: &mut Tx, id: BatchId) -> Result<Batch> {
    let federation = tx.federation;
    Ok(batch::table.find((federation, id)).select(Batch::as_select()).first(tx.conn()).await?)
}

pub(in crate::payments) async fn lock_batch_instructions(tx: &mut Tx, id: BatchId) -> Result<Vec<Instruction>> {
    let federation = tx.federation;
    Ok(instruction::table
        .filter(instruction::federation_id.eq(federation).and(instruction::batch_id.eq(id)))
        .order(instruction::id)
        .select(Instruction::as_select())
        .for_no_key_update()
        .load(tx.conn())
        .await?)
}

/// When some instructions were handed over.
pub(in crate::payments) async fn sent_on(tx: &Tx, ids: &[InstructionId]) -> Result<HashMap<InstructionId, NaiveDate>> {
    dates(tx, ids, InstructionStatus::Sent).await
}

/// When some instructions were last settled.
pub(in crate::payments) async fn settled_on(tx: &Tx, ids: &[InstructionId]) -> Result<HashMap<InstructionId, NaiveDate>> {
    dates(tx, ids, InstructionStatus::Settled).await
}

/// When some instructions last came into a state; those that never did are absent.
async fn dates(tx: &Tx, ids: &[InstructionId], status: InstructionStatus) -> Result<HashMap<InstructionId, NaiveDate>> {
    use instruction_event as e;
    let federation = tx.federation;
    let rows: Vec<(InstructionId, NaiveDate)> = e::table
        .filter(e::federation_id.eq(federation).and(e::instruction_id.eq_any(ids)).and(e::kind.eq(status.name())))
        .order((e::instruction_id, e::sequence))
        .select((e::instruction_id, e::effective_on))
        .load(&mut tx.wire())
        .await?;
    Ok(rows.into_iter().collect())
}

/// Whether an attempt for an entry was ever reported unknown, whatever came afterwards.
pub(super) async fn ever_unknown(tx: &mut Tx, entry: EntryId) -> Result<bool> {
    let federation = tx.federation;
    let reported = diesel::dsl::exists(
        instruction_event::table
            .inner_join(instruction::table.on(
                instruction::federation_id.eq(instruction_event::federation_id).and(instruction::id.eq(instruction_event::instruction_id)),
            ))
            .filter(instruction::federation_id.eq(federation).and(instruction::roster_entry_id.eq(entry)))
            .filter(instruction_event::kind.eq(InstructionStatus::Unknown.name())),
    );
    Ok(diesel::select(reported).get_result(tx.conn()).await?)
}

/// The ids that a query gives of a batch: `$1` is the federation, `$2` the batch.
async fn ids_of(tx: &mut Tx, batch: BatchId, query: &'static str) -> Result<Vec<Uuid>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
    }
    let federation = tx.federation;
    let query = diesel::sql_query(query).bind::<SqlUuid, _>(federation).bind::<SqlUuid, _>(batch);
    let rows: Vec<Row> = query.load(tx.conn()).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Other attempts for the entries of a batch that evidence contradicts.
pub(super) async fn contradicted_attempts(tx: &mut Tx, id: BatchId) -> Result<Vec<Uuid>> {
    ids_of(
        tx,
        id,
        "select distinct other.id
         from instruction i
         join instruction other on other.federation_id = i.federation_id and other.roster_entry_id = i.roster_entry_id and other.id <> i.id
         join evidence e on e.federation_id = other.federation_id and e.instruction_id = other.id and e.effect = 'contradicts'
         where i.federation_id = $1 and i.batch_id = $2",
    )
    .await
}

/// The exceptions of bank statements that are open, and say of an earlier attempt for an entry of a batch that money left for it: another
/// amount under its reference, a second debit after it came back, an equal one to its account after it failed, one before it was sent.
/// Of a line that was taken for evidence there is a finding, which is asked for by itself.
pub(super) async fn attempts_in_question(tx: &mut Tx, id: BatchId) -> Result<Vec<Uuid>> {
    ids_of(
        tx,
        id,
        "select x.id
         from instruction i
         join instruction other
           on other.federation_id = i.federation_id and other.roster_entry_id = i.roster_entry_id and other.attempt < i.attempt
         join statement_exception x on x.federation_id = other.federation_id and x.instruction_id = other.id
         where i.federation_id = $1 and i.batch_id = $2 and i.attempt > 1 and x.line_id is not null and x.bank_amount < 0
           and not exists (select from evidence e
                           where e.federation_id = x.federation_id and e.instruction_id = other.id and e.statement_line_id = x.line_id)
           and not exists (select from statement_resolution r where r.federation_id = x.federation_id and r.exception_id = x.id)
         order by x.id",
    )
    .await
}

pub(super) async fn set_sent(tx: &mut Tx, id: BatchId, on: NaiveDate, count: i32, total: Money) -> Result<Batch> {
    let federation = tx.federation;
    Ok(diesel::update(batch::table.find((federation, id)))
        .set((batch::sent_on.eq(on), batch::sent_count.eq(count), batch::sent_total.eq(total)))
        .returning(Batch::as_returning())
        .get_result(tx.conn())
        .await?)
}

pub(super) async fn last_sequence(tx: &mut Tx, plan: PlanId) -> Result<i32> {
    let federation = tx.federation;
    let last: Option<i32> = batch::table
        .filter(batch::federation_id.eq(federation).and(batch::plan_id.eq(plan)))
        .select(diesel::dsl::max(batch::sequence))
        .first(tx.conn())
        .await?;
    Ok(last.unwrap_or(0))
}

/// Whether an instruction has not ended; the predicate of `instruction_open_of_plan`.
const OPEN: &str = "status in ('pending', 'sent', 'failed', 'unknown', 'bounced')";

#[derive(QueryableByName)]
struct Open {
    #[diesel(sql_type = SqlUuid)]
    id: PlanId,
}

/// Those of some plans that still have a payment that has not ended.
pub(in crate::payments) async fn with_open(tx: &Tx, plans: &[PlanId]) -> Result<HashSet<PlanId>> {
    let federation = tx.federation;
    let rows: Vec<Open> = diesel::sql_query(format!(
        "select p.id from unnest($2) as p (id)
         where exists (select from instruction i where i.federation_id = $1 and i.plan_id = p.id and i.{OPEN})",
    ))
    .bind::<SqlUuid, _>(federation)
    .bind::<Array<SqlUuid>, _>(plans.iter().map(|id| id.0).collect::<Vec<Uuid>>())
    .prepared()
    .load(&mut tx.wire())
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The plans whose payments that have not ended are all among some.
pub(in crate::payments) async fn all_open_among(tx: &Tx, ids: &[InstructionId]) -> Result<Vec<PlanId>> {
    let federation = tx.federation;
    let rows: Vec<Open> = diesel::sql_query(format!(
        "select p.id
         from (select distinct i.plan_id as id from instruction i where i.federation_id = $1 and i.id = any($2) and i.{OPEN}) p
         where (select o.id from instruction o where o.federation_id = $1 and o.plan_id = p.id and o.{OPEN} and o.id <> all($2) limit 1) is null",
    ))
    .bind::<SqlUuid, _>(federation)
    .bind::<Array<SqlUuid>, _>(ids)
    .prepared()
    .load(&mut tx.wire())
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

pub(super) async fn events(tx: &mut Tx, id: InstructionId) -> Result<Vec<EventView>> {
    let federation = tx.federation;
    Ok(instruction_event::table
        .filter(instruction_event::federation_id.eq(federation).and(instruction_event::instruction_id.eq(id)))
        .order(instruction_event::sequence)
        .select(EventView::as_select())
        .load(tx.conn())
        .await?)
}

pub(super) async fn attempts(tx: &mut Tx, entry: EntryId) -> Result<Vec<Instruction>> {
    let federation = tx.federation;
    Ok(instruction::table
        .filter(instruction::federation_id.eq(federation).and(instruction::roster_entry_id.eq(entry)))
        .order(instruction::attempt)
        .select(Instruction::as_select())
        .load(tx.conn())
        .await?)
}

pub(super) async fn batches(tx: &mut Tx, filter: &BatchFilter) -> Result<Page<Batch>> {
    let federation = tx.federation;
    let matching = || {
        let mut query = batch::table.filter(batch::federation_id.eq(federation)).into_boxed();
        if let Some(plan) = filter.plan_id {
            query = query.filter(batch::plan_id.eq(plan));
        }
        match filter.sent {
            Some(true) => query.filter(batch::sent_on.is_not_null()),
            Some(false) => query.filter(batch::sent_on.is_null()),
            None => query,
        }
    };
    let page = filter.page();
    let (count, amount): (i64, Option<Money>) = if page.counts() {
        matching().select((diesel::dsl::count_star(), diesel::dsl::sum(batch::total))).first(tx.conn()).await?
    } else {
        (0, None)
    };
    let rows = matching()
        .filter(batch::id.gt(page.after()))
        .order(batch::id)
        .limit(page.fetch())
        .select(Batch::as_select())
        .load(tx.conn())
        .await?;
    Ok(Page::cut(rows, &page, Totals { count, amount: Some(amount.unwrap_or_default()) }, |row| row.id.0))
}

pub(super) async fn instructions(tx: &mut Tx, filter: &InstructionFilter) -> Result<Page<Instruction>> {
    use instruction as i;
    let federation = tx.federation;
    let matching = || {
        let mut query = i::table.filter(i::federation_id.eq(federation)).into_boxed();
        if let Some(plan) = filter.plan_id {
            query = query.filter(i::plan_id.eq(plan));
        }
        if let Some(batch) = filter.batch_id {
            query = query.filter(i::batch_id.eq(batch));
        }
        if let Some(status) = filter.status {
            query = query.filter(i::status.eq(status.name()));
        }
        if let Some(reference) = filter.reference {
            query = query.filter(i::reference.eq(reference));
        }
        if let Some(payee) = filter.payee_id {
            query = query.filter(i::payee_id.eq(payee));
        }
        query
    };
    let page = filter.page();
    let (count, amount): (i64, Option<Money>) = if page.counts() {
        matching().select((diesel::dsl::count_star(), diesel::dsl::sum(i::amount))).first(tx.conn()).await?
    } else {
        (0, None)
    };
    let rows =
        matching().filter(i::id.gt(page.after())).order(i::id).limit(page.fetch()).select(Instruction::as_select()).load(tx.conn()).await?;
    Ok(Page::cut(rows, &page, Totals { count, amount: Some(amount.unwrap_or_default()) }, |row| row.id.0))
}

/// The instructions of a batch in one state.
#[derive(Debug, QueryableByName)]
pub(super) struct StatusTotals {
    #[diesel(sql_type = Text)]
    pub status: String,
    #[diesel(sql_type = BigInt)]
    pub count: i64,
    #[diesel(sql_type = Numeric)]
    pub amount: Money,
    #[diesel(sql_type = Numeric)]
    pub least: Money,
    #[diesel(sql_type = Numeric)]
    pub most: Money,
}

/// What a batch's instructions add up to, state by state.
pub(super) async fn totals_by_status(tx: &mut Tx, id: BatchId) -> Result<Vec<StatusTotals>> {
    let federation = tx.federation;
    Ok(diesel::sql_query(
        "select status, count(*) as count, sum(amount)::numeric as amount, min(amount)::numeric as least, max(amount)::numeric as most
         from instruction where federation_id = $1 and batch_id = $2 group by status order by status",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<SqlUuid, _>(id)
    .load(tx.conn())
    .await?)
}

/// Who handed a batch over.
pub(super) async fn sent_by(tx: &mut Tx, id: BatchId) -> Result<Vec<String>> {
    use {instruction as i, instruction_event as e};
    let federation = tx.federation;
    let of_batch = i::table.filter(i::federation_id.eq(federation).and(i::batch_id.eq(id))).select(i::id);
    Ok(e::table
        .filter(e::federation_id.eq(federation).and(e::kind.eq(InstructionStatus::Sent.name())).and(e::instruction_id.eq_any(of_batch)))
        .select(e::actor)
        .distinct()
        .order(e::actor)
        .load(tx.conn())
        .await?)
}

/// A stored status that its events do not lead to, or an account that its instructions do not fill.
#[derive(Debug, QueryableByName)]
pub(super) struct StateRow {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Text)]
    pub status: String,
    #[diesel(sql_type = Array<Text>)]
    pub events: Vec<String>,
    #[diesel(sql_type = Array<Integer>)]
    pub sequences: Vec<i32>,
}

pub(super) async fn states(tx: &mut Tx) -> Result<Vec<StateRow>> {
    let federation = tx.federation;
    Ok(diesel::sql_query(
        "select i.id, i.status, coalesce(array_agg(e.kind order by e.sequence) filter (where e.kind is not null), '{}') as events,
                coalesce(array_agg(e.sequence order by e.sequence) filter (where e.kind is not null), '{}') as sequences
         from instruction i
         left join instruction_event e on e.federation_id = i.federation_id and e.instruction_id = i.id
         where i.federation_id = $1 group by i.id, i.status order by i.id",
    )
    .bind::<SqlUuid, _>(federation)
    .load(tx.conn())
    .await?)
}

/// The rules of `schema/30_payments_check.sql`.
pub(super) async fn cross_check(tx: &mut Tx) -> Result<Vec<crate::ledger::Difference>> {
    let federation = tx.federation;
    Ok(diesel::sql_query(
        "select what, coalesce(subject, 'a row without a key') as subject, coalesce(expected, 'nothing') as expected,
                coalesce(found, 'nothing') as found
         from payments_check($1)",
    )
    .bind::<SqlUuid, _>(federation)
    .load(tx.conn())
    .await?)
}

/// The status of an instruction as stored.
pub(in crate::payments) fn status_of(row: &Instruction) -> Result<InstructionStatus> {
    InstructionStatus::parse(&row.status).ok_or_else(|| crate::db::Error::Internal("a stored status".to_owned()))
}

/// Those of some accounts that an instruction was ever written to.
///
/// # Errors
/// When the database cannot be read.
pub async fn accounts_paid_to(tx: &mut Tx, accounts: &[PayeeAccountId]) -> Result<Vec<PayeeAccountId>> {
    use instruction as i;
    let federation = tx.federation;
    let used = i::table.filter(i::federation_id.eq(federation).and(i::payee_account_id.eq_any(accounts)));
    let rows: Vec<Option<PayeeAccountId>> = used.select(i::payee_account_id).distinct().load(tx.conn()).await?;
    Ok(rows.into_iter().flatten().collect())
}
