//! Use cases: starting, watching and cancelling jobs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::error::JOB_ENDED;
use super::model::{JobFilter, JobRow, JobState, JobView, NewJob, has_ended};
use super::store::{self, Piece};
use crate::access::permissions::OwnAccess;
use crate::access::{self, NewToken};
use crate::db::{Error, Result, Tx};
use crate::kernel::refusal::NOT_FOUND;
use crate::kernel::{JobId, Page, Permit, UserId};

/// Bytes of a file that one row holds.
const PIECE: usize = 1 << 20;

/// Who starts a job, and where the request came from.
#[derive(Debug)]
pub struct Starter {
    /// The user.
    pub user: UserId,
    /// The proof that it may have tokens of its own.
    pub own: Permit<OwnAccess>,
    /// The request.
    pub request_id: Option<String>,
}

/// Starts a job within the act of the request that asks for it. Whether its user may do what it does, the work itself checks,
/// when it is done; the caller checks it before, so that nobody waits for a no.
///
/// # Errors
/// When the database cannot be written.
pub async fn start(tx: &mut Tx, starter: &Starter, new: NewJob) -> Result<JobView> {
    let id = JobId::generate();
    // It ends with the job, and every job ends.
    let token = NewToken { name: format!("job {id}"), expires_at: None };
    tx.about("jobs", id);
    let made = access::add_token(tx, &starter.own, starter.user, &token).await?;
    let credential = tx.seal(JobRow::CREDENTIAL, id.0, &made.secret)?.bytes;
    let digest = new.file.as_ref().map(|file| hex::encode(Sha256::digest(&file.bytes)));
    let row = JobRow {
        federation_id: tx.federation,
        id,
        kind: new.kind.to_owned(),
        state: JobState::Queued.name().to_owned(),
        parameters: new.parameters,
        file_name: new.file.as_ref().and_then(|file| file.name.clone()),
        file_digest: digest,
        progress_done: 0,
        progress_total: None,
        result: None,
        problem: None,
        cancel_requested: false,
        attempts: 0,
        lease_id: None,
        lease_until: None,
        credential_id: made.token.id,
        credential_sealed: Some(credential),
        request_id: starter.request_id.clone(),
        created_by: tx.actor.clone(),
        created_at: tx.now(),
        started_at: None,
        ended_at: None,
    };
    store::insert(tx, &row).await?;
    if let Some(file) = new.file {
        keep_file(tx, id, "input", &file.bytes).await?;
    }
    Ok(row.into())
}

/// Keeps a file of a job, encrypted, in pieces.
pub(super) async fn keep_file(tx: &mut Tx, job: JobId, purpose: &'static str, bytes: &[u8]) -> Result<()> {
    for (position, piece) in bytes.chunks(PIECE).enumerate() {
        let id = Uuid::now_v7();
        let content = tx.seal(JobRow::CONTENT, id, &STANDARD.encode(piece))?.bytes;
        let position = i32::try_from(position).map_err(|error| Error::Internal(error.to_string()))?;
        let piece = Piece { federation_id: tx.federation, id, job_id: job, purpose, position, content_sealed: Some(content) };
        store::insert_piece(tx, &piece).await?;
    }
    Ok(())
}

/// A file of a job; empty when it has none, or no longer.
pub(super) async fn file(tx: &mut Tx, job: JobId, purpose: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for (id, sealed) in store::pieces(tx, job, purpose).await? {
        let text = tx.open(JobRow::CONTENT, id, &sealed)?;
        let piece = STANDARD.decode(text.expose()).map_err(|error| Error::Internal(format!("a piece of a file: {error}")))?;
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// A job of the caller's own. Others' are not there for them: files hold what their owner may see.
async fn own(tx: &mut Tx, id: JobId) -> Result<JobRow> {
    let row = store::job(tx, id).await?;
    if row.created_by == tx.actor { Ok(row) } else { Err(NOT_FOUND.refuse().into()) }
}

pub(super) async fn read(tx: &mut Tx, _may: &Permit<OwnAccess>, id: JobId) -> Result<JobView> {
    Ok(own(tx, id).await?.into())
}

pub(super) async fn list(tx: &mut Tx, _may: &Permit<OwnAccess>, filter: &JobFilter) -> Result<Page<JobView>> {
    Ok(store::list(tx, filter).await?.map(JobView::from))
}

/// Asks for a job to be cancelled. One that nobody has begun ends at once; one that runs, when its worker notices.
pub(super) async fn cancel(tx: &mut Tx, _may: &Permit<OwnAccess>, id: JobId) -> Result<JobView> {
    own(tx, id).await?;
    let row = store::lock(tx, id).await?;
    if has_ended(&row.state) {
        return Err(JOB_ENDED.refuse().with("state", &row.state).into());
    }
    Ok(store::ask_to_cancel(tx, id).await?.into())
}

/// The file that came of a job, with a name for it.
pub(super) async fn answer(tx: &mut Tx, _may: &Permit<OwnAccess>, id: JobId) -> Result<(String, Vec<u8>)> {
    let row = own(tx, id).await?;
    let bytes = file(tx, id, "output").await?;
    if bytes.is_empty() {
        return Err(NOT_FOUND.refuse().into());
    }
    Ok((row.file_name.unwrap_or_else(|| id.to_string()), bytes))
}
