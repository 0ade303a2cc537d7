//! `bangfu check`, the part about the log: every sealed row hashed again.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::note::{Checkpoint, origin};
use super::store::{rows, seals};
use super::tree::{Hash, Tiles, tiles_of};
use super::verify::{Failure, Log};
use crate::db::{Error, Result, Tx};

/// How many log numbers are read at once.
const BATCH: i64 = 512;
/// More checkpoints than anybody looks at: all of them.
const ALL: i64 = i64::MAX;

/// Hashes every sealed row again and holds it against what the sealer wrote: rows, leaves, tiles and the roots of all
/// checkpoints. Rows of sealed tables that are in no log number are named too. Empty when nothing was changed.
///
/// # Errors
/// When the database cannot be read.
pub async fn check(tx: &mut Tx) -> Result<Vec<Failure>> {
    let (mut log, mut failures) = (Log::default(), Vec::new());
    let mut last = 0;
    loop {
        let entries = rows::entries(tx, last, BATCH).await?;
        let Some(newest) = entries.last() else { break };
        last = i64::try_from(newest.log_number).map_err(|error| Error::Internal(error.to_string()))?;
        for entry in &entries {
            log.take(tx.federation, entry, &mut failures);
        }
    }
    for row in rows::outside(tx).await? {
        let key = row.table(super::tables::CURRENT).map_or_else(String::new, |table| row.key(table));
        failures.push(Failure::new(&row.0, key, "in the log", "an act of the log", "none"));
    }
    let sealed = seals::size(tx).await?;
    hold_tiles(tx, &log, sealed, &mut failures).await?;
    for checkpoint in seals::checkpoints(tx, None, ALL).await? {
        let root = STANDARD.decode(&checkpoint.root).ok().and_then(|bytes| Hash::try_from(bytes).ok());
        let size = u64::try_from(checkpoint.size).map_err(|error| Error::Internal(error.to_string()))?;
        let printed = root.map(|root| Checkpoint { origin: origin(tx.federation), size, root });
        match printed.filter(|printed| printed.prints(&checkpoint.note)) {
            Some(printed) => log.hold_against(&printed, &mut failures),
            None => failures.push(Failure::new("checkpoint", size, "note", "the size and root beside it", "another")),
        }
    }
    Ok(failures)
}

/// Holds every tile against the rows.
async fn hold_tiles(tx: &mut Tx, log: &Log, sealed: i64, failures: &mut Vec<Failure>) -> Result<()> {
    let size = u64::try_from(sealed).map_err(|error| Error::Internal(error.to_string()))?;
    for part in tiles_of(size).chunks(1024) {
        let mut kept = Tiles::default();
        let wanted: Vec<_> = part.iter().map(|(at, _)| *at).collect();
        seals::load_tiles(tx, &wanted, &mut kept).await?;
        for (at, hashes) in part {
            if !log.has_tile(*at, *hashes, &kept) {
                failures.push(Failure::new("log_tile", format!("{} {}", at.level, at.index), "hashes", "those of the rows", "others"));
            }
        }
    }
    Ok(())
}
