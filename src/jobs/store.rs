//! The only file that names this module's tables.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use uuid::Uuid;

use super::model::{JobFilter, JobRow, JobState};
use crate::db::schema::{job, job_file};
use crate::db::{Error, Result, Tx};
use crate::kernel::refusal::NOT_FOUND;
use crate::kernel::{FederationId, JobId, Page, Totals};

pub(super) async fn insert(tx: &mut Tx, row: &JobRow) -> Result<()> {
    diesel::insert_into(job::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn job(tx: &mut Tx, id: JobId) -> Result<JobRow> {
    let federation = tx.federation;
    Ok(job::table.find((federation, id)).select(JobRow::as_select()).first(tx.conn()).await?)
}

pub(super) async fn lock(tx: &mut Tx, id: JobId) -> Result<JobRow> {
    let federation = tx.federation;
    Ok(job::table.find((federation, id)).select(JobRow::as_select()).for_no_key_update().first(tx.conn()).await?)
}

pub(super) async fn list(tx: &mut Tx, filter: &JobFilter) -> Result<Page<JobRow>> {
    let (federation, actor) = (tx.federation, tx.actor.clone());
    let matching = || {
        let mut query = job::table.filter(job::federation_id.eq(federation)).filter(job::created_by.eq(&actor)).into_boxed();
        if let Some(kind) = &filter.kind {
            query = query.filter(job::kind.eq(kind));
        }
        match filter.state {
            Some(state) => query.filter(job::state.eq(state.name())),
            None => query,
        }
    };
    let page = filter.page();
    let count = if page.counts() { matching().count().get_result(tx.conn()).await? } else { 0 };
    let rows =
        matching().filter(job::id.gt(page.after())).order(job::id).limit(page.fetch()).select(JobRow::as_select()).load(tx.conn()).await?;
    Ok(Page::cut(rows, &page, Totals { count, amount: None }, |row| row.id.0))
}

pub(super) async fn ask_to_cancel(tx: &mut Tx, id: JobId) -> Result<JobRow> {
    let federation = tx.federation;
    Ok(diesel::update(job::table.find((federation, id)))
        .set(job::cancel_requested.eq(true))
        .returning(JobRow::as_returning())
        .get_result(tx.conn())
        .await?)
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = SqlUuid)]
    id: JobId,
}

/// The federations that have a job to do.
pub(super) async fn waiting(connection: &mut AsyncPgConnection) -> Result<Vec<FederationId>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        federation: FederationId,
    }
    let rows: Vec<Row> = diesel::sql_query("select f as federation from job_waiting_federations() f").load(connection).await?;
    Ok(rows.into_iter().map(|row| row.federation).collect())
}

/// Takes the lease of the oldest job that waits, or whose worker is gone.
pub(super) async fn lease(tx: &mut Tx, lease: Uuid, seconds: i64) -> Result<Option<JobRow>> {
    let federation = tx.federation;
    let taken: Option<Id> = diesel::sql_query(
        "update job set state = 'running', attempts = attempts + 1, lease_id = $2,
                lease_until = clock_timestamp() + $3 * interval '1 second', started_at = coalesce(started_at, clock_timestamp())
         where federation_id = $1 and id = (
             select j.id from job j
             where j.federation_id = $1 and (j.state = 'queued' or (j.state = 'running' and j.lease_until < clock_timestamp()))
             order by j.created_at, j.id limit 1 for no key update skip locked)
         returning id",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<SqlUuid, _>(lease)
    .bind::<BigInt, _>(seconds)
    .get_result(tx.conn())
    .await
    .optional()?;
    match taken {
        Some(Id { id }) => job(tx, id).await.map(Some),
        None => Ok(None),
    }
}

#[derive(QueryableByName)]
struct Cancel {
    #[diesel(sql_type = diesel::sql_types::Bool)]
    cancel_requested: bool,
}

/// Keeps a lease and tells how far the work is; whether to cancel it. `None` when the lease is somebody else's by now.
pub(super) async fn renew(tx: &mut Tx, id: JobId, lease: Uuid, seconds: i64, done: i64, total: Option<i64>) -> Result<Option<bool>> {
    let federation = tx.federation;
    let kept: Option<Cancel> = diesel::sql_query(
        "update job set lease_until = clock_timestamp() + $4 * interval '1 second', progress_done = $5, progress_total = $6
         where federation_id = $1 and id = $2 and lease_id = $3 returning cancel_requested",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(lease)
    .bind::<BigInt, _>(seconds)
    .bind::<BigInt, _>(done)
    .bind::<Nullable<BigInt>, _>(total)
    .get_result(tx.conn())
    .await
    .optional()?;
    Ok(kept.map(|kept| kept.cancel_requested))
}

/// Gives a lease back: the job waits again.
pub(super) async fn give_back(tx: &mut Tx, id: JobId, lease: Uuid) -> Result<()> {
    let federation = tx.federation;
    diesel::update(job::table.find((federation, id)).filter(job::lease_id.eq(lease)))
        .set((job::state.eq(JobState::Queued.name()), job::lease_id.eq(None::<Uuid>), job::lease_until.eq(None::<DateTime<Utc>>)))
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// How a job ends.
#[derive(Debug, Clone)]
pub(super) struct Ending {
    pub(super) state: JobState,
    pub(super) done: i64,
    pub(super) total: Option<i64>,
    pub(super) result: Option<Value>,
    pub(super) problem: Option<Value>,
    /// Until when the file that came of it can be had.
    pub(super) file_until: Option<DateTime<Utc>>,
}

/// Ends a job, if the lease is still one's own: `false` when it is not.
pub(super) async fn end(tx: &mut Tx, id: JobId, lease: Uuid, ending: &Ending) -> Result<bool> {
    let (federation, now) = (tx.federation, tx.now());
    let ended = diesel::update(job::table.find((federation, id)).filter(job::lease_id.eq(lease)))
        .set((
            job::state.eq(ending.state.name()),
            job::progress_done.eq(ending.done),
            job::progress_total.eq(ending.total),
            job::result.eq(&ending.result),
            job::problem.eq(&ending.problem),
            job::lease_id.eq(None::<Uuid>),
            job::lease_until.eq(None::<DateTime<Utc>>),
            job::credential_sealed.eq(None::<Vec<u8>>),
            job::ended_at.eq(now),
            job::file_until.eq(ending.file_until),
        ))
        .execute(tx.conn())
        .await?;
    if ended > 0 {
        let input = job_file::table.filter(job_file::federation_id.eq(federation)).filter(job_file::job_id.eq(id));
        diesel::update(input.filter(job_file::purpose.eq("input")))
            .set(job_file::content_sealed.eq(None::<Vec<u8>>))
            .execute(tx.conn())
            .await?;
    }
    Ok(ended > 0)
}

/// Takes out the files whose time was over at a moment.
pub(super) async fn forget_files(tx: &mut Tx, at: DateTime<Utc>) -> Result<()> {
    let federation = tx.federation;
    diesel::sql_query(
        "update job_file f set content_sealed = null
         from job j where j.federation_id = $1 and j.file_until <= $2 and f.federation_id = j.federation_id and f.job_id = j.id
           and f.content_sealed is not null",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<diesel::sql_types::Timestamptz, _>(at)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A piece of a file.
#[derive(Debug, Insertable)]
#[diesel(table_name = job_file)]
pub(super) struct Piece {
    pub(super) federation_id: FederationId,
    pub(super) id: Uuid,
    pub(super) job_id: JobId,
    pub(super) purpose: &'static str,
    pub(super) position: i32,
    pub(super) content_sealed: Option<Vec<u8>>,
}

pub(super) async fn insert_piece(tx: &mut Tx, piece: &Piece) -> Result<()> {
    diesel::insert_into(job_file::table).values(piece).execute(tx.conn()).await?;
    Ok(())
}

/// How many pieces of a file are there.
pub(super) async fn count_pieces(tx: &mut Tx, id: JobId, purpose: &str) -> Result<i32> {
    let federation = tx.federation;
    let there = job_file::table
        .filter(job_file::federation_id.eq(federation))
        .filter(job_file::job_id.eq(id))
        .filter(job_file::purpose.eq(purpose))
        .filter(job_file::content_sealed.is_not_null());
    let count: i64 = there.count().get_result(tx.conn()).await?;
    i32::try_from(count).map_err(|error| Error::Internal(error.to_string()))
}

/// A piece of a file, with its id.
pub(super) async fn piece(tx: &mut Tx, id: JobId, purpose: &str, position: i32) -> Result<(Uuid, Vec<u8>)> {
    let federation = tx.federation;
    let (piece, content): (Uuid, Option<Vec<u8>>) = job_file::table
        .filter(job_file::federation_id.eq(federation))
        .filter(job_file::job_id.eq(id))
        .filter(job_file::purpose.eq(purpose))
        .filter(job_file::position.eq(position))
        .select((job_file::id, job_file::content_sealed))
        .first(tx.conn())
        .await?;
    Ok((piece, content.ok_or_else(|| NOT_FOUND.refuse())?))
}
