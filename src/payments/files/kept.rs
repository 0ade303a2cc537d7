//! The file of a batch as bytes: written in pieces, kept in pieces, given again piece by piece. No more than a few pieces of it are
//! held in clear; each is compressed by itself, because a payment looks much like the next one.

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::model::BatchFilePiece;
use super::store;
use crate::db::pieces::{self, PIECE};
use crate::db::{Error, Result, Tx};
use crate::kernel::{BatchId, Refusal};

/// Pieces that wait to be kept: the writer is not to run ahead of the database.
const WAITING: usize = 4;

/// Where a file is written to: cuts it into pieces and digests it. To be used where blocking is allowed.
pub(super) struct Cutter {
    pieces: mpsc::Sender<Vec<u8>>,
    pending: Vec<u8>,
    digest: Sha256,
}

impl Cutter {
    fn send(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.digest.update(&self.pending);
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&self.pending)?;
        self.pending.clear();
        let packed = packed.finish()?;
        self.pieces.blocking_send(packed).map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "the file is not kept"))
    }

    /// Sends what is left; the SHA-256 of all that was written.
    fn end(mut self) -> io::Result<String> {
        self.send()?;
        Ok(hex::encode(self.digest.finalize()))
    }
}

impl Write for Cutter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = PIECE.saturating_sub(self.pending.len());
        let (now, _) = bytes.split_at(bytes.len().min(room));
        self.pending.extend_from_slice(now);
        if self.pending.len() >= PIECE {
            self.send()?;
        }
        Ok(now.len())
    }

    /// Leaves what is no piece yet: whoever is done calls [`Cutter::end`].
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file that is being written.
pub(super) struct Making {
    pieces: mpsc::Receiver<Vec<u8>>,
    digest: JoinHandle<Result<String>>,
}

impl Making {
    /// Lets `write` write a file where time may be taken: some hundred thousand payments are a moment of CPU.
    pub(super) fn begin(write: impl FnOnce(Cutter) -> std::result::Result<Cutter, Refusal> + Send + 'static) -> Self {
        let (sender, pieces) = mpsc::channel(WAITING);
        let digest = tokio::task::spawn_blocking(move || {
            let cutter = write(Cutter { pieces: sender, pending: Vec::with_capacity(PIECE), digest: Sha256::new() })?;
            cutter.end().map_err(|error| Error::Internal(format!("the end of a file: {error}")))
        });
        Self { pieces, digest }
    }

    async fn digest(self) -> Result<String> {
        // The writer may still want to send what nobody waits for.
        drop(self.pieces);
        self.digest.await.map_err(|error| Error::Internal(error.to_string()))?
    }

    /// Keeps what is written as the file of a batch; answers its digest.
    ///
    /// # Errors
    /// What cannot be written; when the database cannot be written. Pieces may be there then: the act is to be dropped.
    pub(super) async fn keep(mut self, tx: &mut Tx, batch: BatchId) -> Result<String> {
        let mut position = 0_i32;
        while let Some(packed) = self.pieces.recv().await {
            keep_piece(tx, batch, position, &packed).await?;
            position = position.saturating_add(1);
        }
        self.digest().await
    }

    /// What is written, without keeping it: for files from before they were kept.
    ///
    /// # Errors
    /// What cannot be written.
    pub(super) async fn gather(mut self) -> Result<(Vec<Packed>, String)> {
        let mut packed = Vec::new();
        while let Some(piece) = self.pieces.recv().await {
            packed.push(Packed(piece));
        }
        Ok((packed, self.digest().await?))
    }
}

/// A piece of a file, compressed.
#[derive(Debug)]
pub(super) struct Packed(Vec<u8>);

impl Packed {
    /// The piece itself.
    ///
    /// # Errors
    /// When it is none, or longer than a piece.
    pub(super) fn bytes(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(PIECE);
        let most = u64::try_from(PIECE).unwrap_or(u64::MAX);
        GzDecoder::new(self.0.as_slice()).take(most.saturating_add(1)).read_to_end(&mut bytes)?;
        if bytes.len() > PIECE { Err(io::Error::other("longer than a piece")) } else { Ok(bytes) }
    }
}

async fn keep_piece(tx: &mut Tx, batch: BatchId, position: i32, packed: &[u8]) -> Result<()> {
    let sealed = pieces::seal(tx, BatchFilePiece::CONTENT, packed)?;
    let row = BatchFilePiece {
        federation_id: tx.federation,
        id: sealed.id,
        batch_id: batch,
        position,
        content_sealed: sealed.content,
        content_commitment: sealed.commitment,
    };
    store::insert_piece(tx, &row).await
}

/// Keeps what was gathered as the file of a batch.
pub(super) async fn keep(tx: &mut Tx, batch: BatchId, packed: &[Packed]) -> Result<()> {
    for (position, piece) in (0_i32..).zip(packed) {
        keep_piece(tx, batch, position, &piece.0).await?;
    }
    Ok(())
}

/// The file of a batch as it was kept; no pieces for one from before files were kept.
pub(super) async fn kept(tx: &mut Tx, batch: BatchId) -> Result<Vec<Packed>> {
    let rows = store::pieces(tx, batch).await?;
    rows.into_iter().map(|(id, sealed)| Ok(Packed(pieces::open(tx, BatchFilePiece::CONTENT, id, &sealed)?))).collect()
}

/// Length and SHA-256 of what the pieces are together, and the pieces again.
pub(super) async fn measured(packed: Vec<Packed>) -> Result<(u64, String, Vec<Packed>)> {
    let measuring = tokio::task::spawn_blocking(move || {
        let (mut length, mut digest) = (0_u64, Sha256::new());
        for piece in &packed {
            let bytes = piece.bytes().map_err(|error| Error::Internal(format!("a piece of a batch's file: {error}")))?;
            length = length.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
            digest.update(&bytes);
        }
        Ok((length, hex::encode(digest.finalize()), packed))
    });
    measuring.await.map_err(|error| Error::Internal(error.to_string()))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_cut_is_the_same_together_and_each_piece_is_short() {
        let bytes: Vec<u8> = (0..u32::try_from(PIECE).unwrap()).flat_map(u32::to_be_bytes).take(3 * PIECE + 7).collect();
        let (written, expected) = (bytes.clone(), hex::encode(Sha256::digest(&bytes)));
        let (packed, digest) = Making::begin(move |mut cutter| {
            written.chunks(1 << 17).for_each(|chunk| cutter.write_all(chunk).unwrap());
            Ok(cutter)
        })
        .gather()
        .await
        .unwrap();
        assert_eq!((digest.as_str(), packed.len()), (expected.as_str(), 4));
        let whole: Vec<u8> = packed.iter().flat_map(|piece| piece.bytes().unwrap()).collect();
        assert!(whole == bytes);
        let (length, measured, _) = measured(packed).await.unwrap();
        assert_eq!((length, measured), (u64::try_from(bytes.len()).unwrap(), expected));
    }

    #[test]
    fn no_piece_unpacks_to_more_than_a_piece() {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&vec![0; PIECE + 1]).unwrap();
        assert!(Packed(packed.finish().unwrap()).bytes().is_err());
        assert!(Packed(b"nonsense".to_vec()).bytes().is_err());
    }
}
