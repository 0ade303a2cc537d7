//! Sealing everything anew with another key, while the service goes on.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::columns::{SEALED, SealedColumn};
use super::store;
use crate::db::{Error, Result, Tx};
use crate::kernel::vault::Place;

/// Values sealed anew in one transaction: few enough that nobody waits long for one of their rows.
const BATCH: i64 = 200;

/// What one batch did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotated {
    /// The last row looked at, after which to go on.
    pub last: Uuid,
    /// Values sealed anew.
    pub sealed: usize,
    /// Values that somebody changed meanwhile: another passage meets them again.
    pub left: usize,
}

/// Seals the next values of a column anew that another key than the active one sealed; `None` when there are none. It may be
/// interrupted between any two batches and repeated. Salts stay, and commitments with them.
///
/// # Errors
/// When the database cannot be read or written, or a value does not open: then nothing of its batch is written.
pub async fn rotate_batch(tx: &mut Tx, column: &SealedColumn, after: Uuid) -> Result<Option<Rotated>> {
    let (ring, federation) = (tx.vault().ring(), tx.federation);
    let rows = store::batch(tx.conn(), column, federation, after, Some(&ring.active().bytes()), BATCH).await?;
    let Some(last) = rows.last().map(|row| row.id) else { return Ok(None) };
    let mut anew = Vec::with_capacity(rows.len());
    for row in rows {
        let place = Place { column: column.name, federation, row: row.id };
        let resealed = ring.reseal(&place, &row.sealed);
        let resealed = resealed.map_err(|error| Error::Internal(format!("{} of {}: {error}", column.name, row.id)))?;
        anew.extend(resealed.map(|sealed| (row.id, row.sealed, sealed)));
    }
    let sealed = store::replace(tx.conn(), column, federation, &anew).await?;
    Ok(Some(Rotated { last, sealed, left: anew.len().saturating_sub(sealed) }))
}

/// How many values of the federation each key sealed, by key id.
///
/// # Errors
/// When the database cannot be read.
pub async fn counts_by_key(tx: &mut Tx) -> Result<BTreeMap<String, i64>> {
    let federation = tx.federation;
    let mut counts = BTreeMap::new();
    for column in SEALED {
        for row in store::counts(tx.conn(), column, federation).await? {
            let count: &mut i64 = counts.entry(hex::encode(row.key)).or_default();
            *count = count.saturating_add(row.count);
        }
    }
    Ok(counts)
}
