//! The sealer: hashes what the log has taken in, off the request path, and signs how far it is.
//!
//! A log number becomes visible when its transaction commits, and the transaction takes it while it holds the federation's
//! head row, which it keeps until then. So whoever reads the log sees its numbers without a gap, however late one commits:
//! going on after the last number hashed misses nothing and turns nothing round.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use super::error::LOG_EMPTY;
use super::export::{Entry, Sealed};
use super::model::CheckpointView;
use super::note::{Checkpoint, NoteSigner, Verifier, origin};
use super::rows::{LeafHead, leaf_of};
use super::store::{rows, seals};
use super::tables::CURRENT;
use super::tree::{self, Hash, Tiles, edge, leaf_hash};
use crate::db::{Db, Error, Result, Tx};
use crate::kernel::FederationId;

/// How many log numbers one transaction of the sealer takes.
const BATCH: i64 = 2048;

/// Hashes logs and signs checkpoints.
#[derive(Debug, Clone)]
pub struct Sealer {
    db: Db,
    signer: Arc<NoteSigner>,
    /// Where each checkpoint is also written, outside the database.
    directory: Option<PathBuf>,
}

/// How far one transaction came.
enum Progress {
    More,
    Done(Option<CheckpointView>),
}

impl Sealer {
    /// A sealer with its key. Each checkpoint is also written below `directory`.
    #[must_use]
    pub fn new(db: Db, signer: NoteSigner, directory: Option<PathBuf>) -> Self {
        Self { db, signer: Arc::new(signer), directory }
    }

    /// The key that a federation's checkpoints are verified with.
    #[must_use]
    pub fn verifier(&self, federation: FederationId) -> Verifier {
        self.signer.named(&origin(federation)).verifier()
    }

    /// Hashes everything a federation's log has, and returns the checkpoint over it: a new one when there was something new.
    ///
    /// # Errors
    /// [`LOG_EMPTY`] when there is nothing at all; when the database or the directory cannot be written.
    pub async fn seal(&self, federation: FederationId) -> Result<CheckpointView> {
        self.seal_any(federation).await?.ok_or_else(|| LOG_EMPTY.refuse().into())
    }

    /// As [`Sealer::seal`]; `None` for an empty log.
    ///
    /// # Errors
    /// When the database or the directory cannot be written.
    pub async fn seal_any(&self, federation: FederationId) -> Result<Option<CheckpointView>> {
        loop {
            if let Progress::Done(checkpoint) = self.db.seal(federation, async |tx| step(tx, &self.signer).await).await? {
                if let Some(checkpoint) = &checkpoint {
                    self.publish(federation, checkpoint)?;
                }
                return Ok(checkpoint);
            }
        }
    }

    /// Writes a checkpoint outside the database, once: a file is named by its size and never written again.
    fn publish(&self, federation: FederationId, checkpoint: &CheckpointView) -> Result<()> {
        let Some(directory) = &self.directory else { return Ok(()) };
        let directory = directory.join(federation.to_string());
        let path = directory.join(format!("{:012}.txt", checkpoint.size));
        if path.exists() {
            return Ok(());
        }
        let write = || {
            std::fs::create_dir_all(&directory)?;
            // Under another name first, so that a file of this name is always whole.
            let unfinished = directory.join(format!("{:012}.{}.part", checkpoint.size, uuid::Uuid::now_v7().simple()));
            let mut file = std::fs::File::create_new(&unfinished)?;
            file.write_all(checkpoint.note.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&unfinished, &path)
        };
        write().map_err(|error: std::io::Error| Error::Internal(format!("a checkpoint cannot be written to {}: {error}", path.display())))
    }

    /// Keeps a report under its key, and returns what stands there: the same bytes for everybody who asks.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn keep_report(&self, federation: FederationId, key: &seals::ReportKey, body: &str) -> Result<String> {
        self.db
            .seal(federation, async |tx| {
                seals::keep_report(tx, key, body).await?;
                seals::report(tx, key).await?.ok_or_else(|| Error::Internal("a report just kept is gone".to_owned()))
            })
            .await
    }
}

/// Hashes the next log numbers; when there are no more, signs.
async fn step(tx: &mut Tx, signer: &NoteSigner) -> Result<Progress> {
    seals::lock(tx).await?;
    let sealed = seals::size(tx).await?;
    let entries = rows::hashed(tx, sealed, BATCH).await?;
    let more = i64::try_from(entries.len()).is_ok_and(|count| count == BATCH);
    let mut size = u64::try_from(sealed).map_err(|error| Error::Internal(error.to_string()))?;
    if entries.is_empty() {
        if let Some(newest) = seals::checkpoints(tx, None, 1).await?.pop().filter(|newest| newest.size == sealed) {
            return Ok(Progress::Done(Some(newest)));
        }
        if size == 0 {
            return Ok(Progress::Done(None));
        }
    }
    let mut tiles = Tiles::default();
    seals::load_tiles(tx, &edge(size), &mut tiles).await?;
    let mut leaves = Vec::new();
    for entry in &entries {
        if entry.log_number != size + 1 {
            return Err(Error::Internal(format!("log number {} after {size}: the log has a gap", entry.log_number)));
        }
        let header = entry.header.as_deref();
        let header = header.ok_or_else(|| Error::Internal(format!("log number {} stands for a row that is gone", entry.log_number)))?;
        let head = LeafHead { federation: tx.federation, log_number: entry.log_number, kind: entry.kind, header };
        let made = sealed_as(head, &entry.rows);
        tiles.append(size, made.leaf).map_err(|error| Error::Internal(error.to_string()))?;
        size = entry.log_number;
        leaves.push((i64::try_from(size).map_err(|error| Error::Internal(error.to_string()))?, made));
    }
    if !leaves.is_empty() {
        seals::insert_leaves(tx, CURRENT, &leaves).await?;
        seals::write_tiles(tx, tiles.take_changed()).await?;
    }
    if more {
        return Ok(Progress::More);
    }
    let root = tree::root(&tiles, size).map_err(|error| Error::Internal(error.to_string()))?;
    let note = Checkpoint { origin: origin(tx.federation), size, root }.sign(signer);
    let size = i64::try_from(size).map_err(|error| Error::Internal(error.to_string()))?;
    seals::insert_checkpoint(tx, size, &root, &note).await?;
    Ok(Progress::Done(seals::checkpoint(tx, size).await?))
}

/// The hashes of a log number; `None` when its header is gone or a row is not of the edition.
pub(super) fn seal_entry(federation: FederationId, entry: &Entry) -> Option<Sealed> {
    let header = entry.header.bytes(entry.header.table(entry.edition)?, entry.edition);
    let rows: Option<Vec<Hash>> = entry.rows.iter().map(|row| Some(row.hash(row.table(entry.edition)?, entry.edition))).collect();
    let head = LeafHead { federation, log_number: entry.log_number, kind: entry.kind, header: &header };
    Some(sealed_as(head, &rows?))
}

/// What is sealed of a log number: its leaf, and the hashes of its header and of the other rows.
fn sealed_as(head: LeafHead<'_>, rows: &[Hash]) -> Sealed {
    Sealed { leaf: leaf_of(head, rows), rows: std::iter::once(leaf_hash(head.header)).chain(rows.iter().copied()).collect() }
}
