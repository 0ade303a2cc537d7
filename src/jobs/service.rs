//! Use cases: starting, watching and cancelling jobs.

use sha2::{Digest, Sha256};

use super::error::{JOB_ENDED, JOB_FILE_WITHHELD};
use super::model::{JobFilter, JobRow, JobState, JobView, NewJob, has_ended};
use super::store::{self, Piece};
use crate::access::permissions::OwnAccess;
use crate::access::{self, NewToken};
use crate::db::pieces::{self, PIECE};
use crate::db::{Result, Tx};
use crate::kernel::refusal::NOT_FOUND;
use crate::kernel::{JobId, Page, Permit, UserId};

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
        file_name: new.makes.or_else(|| new.file.as_ref().and_then(|file| file.name.clone())),
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
        file_until: None,
    };
    store::insert(tx, &row).await?;
    if let Some(file) = new.file {
        keep_file(tx, id, "input", &file.bytes).await?;
    }
    Ok(row.into())
}

/// Keeps a file of a job, encrypted, in pieces.
pub(super) async fn keep_file(tx: &mut Tx, job: JobId, purpose: &'static str, bytes: &[u8]) -> Result<()> {
    let mut file = GrowingFile::of(job, purpose);
    file.add(tx, bytes).await?;
    file.end(tx).await?;
    Ok(())
}

/// A file of a job that is kept while it is made, piece by piece: no more than a piece of it is held.
#[derive(Debug)]
pub struct GrowingFile {
    job: JobId,
    purpose: &'static str,
    pieces: i32,
    pending: Vec<u8>,
    bytes: u64,
    digest: Sha256,
}

/// What a file that was kept is.
#[derive(Debug, Clone)]
pub struct KeptFile {
    /// How many bytes.
    pub bytes: u64,
    /// Their SHA-256.
    pub digest: String,
}

impl GrowingFile {
    /// The file that comes of a job. It is kept in the act that the job ends with.
    #[must_use]
    pub fn that_comes_of(job: JobId) -> Self {
        Self::of(job, "output")
    }

    fn of(job: JobId, purpose: &'static str) -> Self {
        Self { job, purpose, pieces: 0, pending: Vec::new(), bytes: 0, digest: Sha256::new() }
    }

    /// Goes on with the file.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn add(&mut self, tx: &mut Tx, bytes: &[u8]) -> Result<()> {
        self.digest.update(bytes);
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        for part in bytes.chunks(PIECE) {
            let (now, later) = part.split_at(part.len().min(PIECE.saturating_sub(self.pending.len())));
            self.pending.extend_from_slice(now);
            if self.pending.len() >= PIECE {
                self.keep(tx).await?;
            }
            self.pending.extend_from_slice(later);
        }
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn end(mut self, tx: &mut Tx) -> Result<KeptFile> {
        if !self.pending.is_empty() {
            self.keep(tx).await?;
        }
        Ok(KeptFile { bytes: self.bytes, digest: hex::encode(self.digest.finalize()) })
    }

    async fn keep(&mut self, tx: &mut Tx) -> Result<()> {
        let sealed = pieces::seal(tx, JobRow::CONTENT, &self.pending)?;
        let (job_id, purpose, position) = (self.job, self.purpose, self.pieces);
        let piece = Piece { federation_id: tx.federation, id: sealed.id, job_id, purpose, position, content_sealed: Some(sealed.content) };
        store::insert_piece(tx, &piece).await?;
        self.pending.clear();
        self.pieces = self.pieces.saturating_add(1);
        Ok(())
    }
}

/// A file of a job; empty when it has none, or no longer.
pub(super) async fn file(tx: &mut Tx, job: JobId, purpose: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for position in 0..store::count_pieces(tx, job, purpose).await? {
        bytes.extend(piece(tx, job, purpose, position).await?);
    }
    Ok(bytes)
}

async fn piece(tx: &mut Tx, job: JobId, purpose: &str, position: i32) -> Result<Vec<u8>> {
    let (id, sealed) = store::piece(tx, job, purpose, position).await?;
    pieces::open(tx, JobRow::CONTENT, id, &sealed)
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

/// What the file that came of a job is called, until its time is over.
pub(super) async fn answer(tx: &mut Tx, _may: &Permit<OwnAccess>, id: JobId) -> Result<String> {
    let row = own(tx, id).await?;
    // Its pieces may be there for a while longer, until a worker takes them out.
    if row.file_until.is_none_or(|until| until <= tx.now()) {
        return Err(NOT_FOUND.refuse().into());
    }
    // It was made under the roles of then. Which of them it needed does not matter: with fewer, it is made anew.
    if access::lost_role_since(tx, &row.created_by, row.created_at).await? {
        return Err(JOB_FILE_WITHHELD.refuse().into());
    }
    Ok(row.file_name.unwrap_or_else(|| id.to_string()))
}

/// Of how many pieces the file that came of a job is; at least one. For whoever was told its name.
pub(super) async fn answer_pieces(tx: &mut Tx, id: JobId) -> Result<i32> {
    match store::count_pieces(tx, id, "output").await? {
        0 => Err(NOT_FOUND.refuse().into()),
        pieces => Ok(pieces),
    }
}

/// A piece of the file that came of a job, counted from 0. For whoever was told its name.
pub(super) async fn answer_piece(tx: &mut Tx, id: JobId, position: i32) -> Result<Vec<u8>> {
    piece(tx, id, "output", position).await
}
