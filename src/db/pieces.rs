//! Files in rows: cut into pieces, each sealed by itself, so that no more than one of them is held. Whose files they are, and for
//! how long, is their tables' business.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

use super::{Error, Result, Tx};

/// Bytes of a file that one row holds at most.
pub const PIECE: usize = 1 << 20;

/// A piece of a file as a row keeps it.
#[derive(Debug)]
pub struct SealedPiece {
    /// The row's id, which is bound into the ciphertext.
    pub id: Uuid,
    /// The ciphertext.
    pub content: Vec<u8>,
    /// What a seal covers: SHA-256 over salt and piece.
    pub commitment: Vec<u8>,
}

/// Seals a piece for a column, `table.column` without `_sealed`.
///
/// # Errors
/// As [`Tx::seal`].
pub fn seal(tx: &Tx, column: &'static str, bytes: &[u8]) -> Result<SealedPiece> {
    let id = Uuid::now_v7();
    let sealed = tx.seal(column, id, &STANDARD.encode(bytes))?;
    Ok(SealedPiece { id, content: sealed.bytes, commitment: sealed.commitment })
}

/// Opens a piece.
///
/// # Errors
/// As [`Tx::open`]; when it is no piece.
pub fn open(tx: &Tx, column: &'static str, id: Uuid, sealed: &[u8]) -> Result<Vec<u8>> {
    let text = tx.open(column, id, sealed)?;
    STANDARD.decode(text.expose()).map_err(|error| Error::Internal(format!("a piece of a file: {error}")))
}
