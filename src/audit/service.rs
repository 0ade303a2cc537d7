//! Proofs and receipts.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::dump::{self, Names, Sink};
use super::error::{CHECKPOINTS_TURNED_ROUND, EXPORT_NOT_ASKED_FOR, NOT_SETTLED};
use super::model::{CheckpointFilter, CheckpointView, Checkpoints, ClearExportGranted, ConsistencyProof, EventFilter, EventView};
use super::receipt::{FORMAT, Receipt, encoded};
use super::sealer::seal_entry;
use super::store::{events, rows, seals};
use super::tables::find;
use super::tree::{self, Hash, Tiles, TreeError, path_of};
use crate::access::permissions::{ReadAudit, ReadPayments, RevealPersonalData};
use crate::db::{Error, Result, Tx};
use crate::kernel::refusal::{NOT_FOUND, blank, none_at_fault};
use crate::kernel::{InstructionId, Page, Permit, Totals};

/// What the event of asking for an export in clear is about.
const CLEAR_EXPORT: &str = "clear_export";
/// How the export of the whole log is named among the exports in clear.
const CLEAR_LOG: &str = "audit";

fn internal(error: impl std::fmt::Display) -> Error {
    Error::Internal(error.to_string())
}

/// Checkpoints, newest first.
pub(super) async fn checkpoints(tx: &mut Tx, may: &Permit<ReadAudit>, key: String, filter: &CheckpointFilter) -> Result<Checkpoints> {
    may.require(None)?;
    let limit = i64::from(filter.limit.unwrap_or(100).clamp(1, 1000));
    let mut items = seals::checkpoints(tx, filter.below, limit.saturating_add(1)).await?;
    let more = i64::try_from(items.len()).is_ok_and(|count| count > limit);
    items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next_below = items.last().filter(|_| more).map(|last| last.size);
    Ok(Checkpoints { key, items, next_below, count: seals::count_checkpoints(tx).await? })
}

/// Checkpoints, newest first, as pages of an export.
pub(super) async fn checkpoint_page(tx: &mut Tx, may: &Permit<ReadAudit>, below: Option<i64>) -> Result<Page<CheckpointView>> {
    let filter = CheckpointFilter { below, limit: Some(<CheckpointView as crate::exports::Listed>::ROWS) };
    let Checkpoints { items, next_below, count, .. } = checkpoints(tx, may, String::new(), &filter).await?;
    let next_cursor = next_below.and_then(|size| u128::try_from(size).ok()).map(Uuid::from_u128);
    Ok(Page { items, next_cursor, totals: Totals { count, amount: None } })
}

/// The checkpoint of a size.
///
/// # Errors
/// [`NOT_FOUND`] when none was signed at that size.
pub async fn checkpoint(tx: &mut Tx, size: i64) -> Result<CheckpointView> {
    seals::checkpoint(tx, size).await?.ok_or_else(|| NOT_FOUND.refuse().into())
}

/// Asks the tree, and brings the tiles it misses until it can answer.
async fn ask<T>(tx: &mut Tx, mut question: impl FnMut(&Tiles) -> std::result::Result<T, TreeError>) -> Result<T> {
    let mut tiles = Tiles::default();
    let mut missed = None;
    loop {
        match question(&tiles) {
            Ok(answer) => return Ok(answer),
            Err(TreeError::Missing(at)) if missed != Some(at) => {
                missed = Some(at);
                seals::load_tiles(tx, &[at], &mut tiles).await?;
            }
            Err(error) => return Err(internal(error)),
        }
    }
}

/// The proof that the log of the newer checkpoint begins with that of the older.
pub(super) async fn consistency(tx: &mut Tx, may: &Permit<ReadAudit>, from: i64, to: i64) -> Result<ConsistencyProof> {
    may.require(None)?;
    if from > to {
        return Err(CHECKPOINTS_TURNED_ROUND.refuse().into());
    }
    let (from, to) = (checkpoint(tx, from).await?, checkpoint(tx, to).await?);
    let (old, new) = (u64::try_from(from.size).map_err(internal)?, u64::try_from(to.size).map_err(internal)?);
    let path = ask(tx, |tiles| tree::consistency(tiles, old, new)).await?;
    Ok(ConsistencyProof { from, to, path: encoded(&path) })
}

/// The receipt of a payment: of the posting that settled it.
pub(super) async fn receipt(tx: &mut Tx, _may: &Permit<ReadPayments>, instruction: InstructionId) -> Result<Receipt> {
    let Some((log_number, position)) = seals::settlement(tx, instruction.0).await? else {
        let known = rows::exists(tx, "instruction", instruction.0).await?;
        return Err(if known { NOT_SETTLED.refuse() } else { NOT_FOUND.refuse() }.into());
    };
    let checkpoint = seals::checkpoint_with(tx, log_number).await?.ok_or_else(|| internal("a log number without a checkpoint"))?;
    let entry = rows::entries(tx, log_number.saturating_sub(1), 1).await?.pop().ok_or_else(|| internal("a log number is gone"))?;
    let table = find(entry.edition, "posting").ok_or_else(|| internal("an edition without postings"))?;
    let position = position.to_string();
    let index = entry.rows.iter().position(|row| row.get(table, "position") == Some(&position));
    let index = index.ok_or_else(|| internal("a posting is gone"))?;
    let hashes: Vec<Hash> = seal_entry(tx.federation, &entry).ok_or_else(|| internal("a row is gone"))?.rows;
    let entry_path = path_of(hashes.get(1..).unwrap_or_default(), index).ok_or_else(|| internal("a posting is gone"))?;
    let size = u64::try_from(checkpoint.size).map_err(internal)?;
    let log_path = ask(tx, |tiles| tree::inclusion(tiles, entry.log_number.saturating_sub(1), size)).await?;
    let posting = entry.rows.get(index).map(|row| row.1.clone()).unwrap_or_default();
    Ok(Receipt {
        format: FORMAT.to_owned(),
        federation: tx.federation,
        log_number: entry.log_number,
        edition: entry.edition,
        entry: entry.header.1,
        posting,
        index: u64::try_from(index).map_err(internal)?,
        count: u64::try_from(entry.rows.len()).map_err(internal)?,
        entry_path: encoded(&entry_path),
        log_path: encoded(&log_path),
        checkpoint: checkpoint.note,
    })
}

/// Audit events. The log is the federation's as a whole, so only who reaches all of it reads it; so too the rest of this file.
pub(super) async fn events(tx: &mut Tx, may: &Permit<ReadAudit>, filter: &EventFilter) -> Result<Page<EventView>> {
    may.require(None)?;
    events::events(tx, filter).await
}

/// One checkpoint.
pub(super) async fn one_checkpoint(tx: &mut Tx, may: &Permit<ReadAudit>, size: i64) -> Result<CheckpointView> {
    may.require(None)?;
    checkpoint(tx, size).await
}

/// How long an export in clear may be fetched after it was asked for.
const CLEAR_FOR: TimeDelta = TimeDelta::hours(1);

/// Until when an export asked for at a moment may be fetched.
fn clear_until(asked_at: DateTime<Utc>) -> DateTime<Utc> {
    asked_at.checked_add_signed(CLEAR_FOR).unwrap_or(asked_at)
}

/// Asks for a list with personal values in clear. The act's event holds who, which and why; its id is what it is fetched with.
///
/// # Errors
/// A reason that is blank.
pub fn ask_for_list_in_clear(tx: &mut Tx, _may: &Permit<RevealPersonalData>, list: &str, reason: &str) -> Result<ClearExportGranted> {
    none_at_fault(blank([("/reason", &reason.to_owned())]))?;
    tx.because(reason);
    tx.about(CLEAR_EXPORT, list);
    Ok(ClearExportGranted { id: tx.act(), until: clear_until(tx.now()) })
}

/// Makes sure that the transaction's actor asked for an export in clear within the hour, by the id that asking gave.
///
/// # Errors
/// [`EXPORT_NOT_ASKED_FOR`] when it is no such event of the actor's, of another list, or too old.
pub async fn asked_in_clear(tx: &mut Tx, asked: Uuid, list: &str) -> Result<()> {
    let asked_at = events::asked_for(tx, asked, CLEAR_EXPORT, list).await?;
    let in_time = asked_at.is_some_and(|at| tx.now() <= clear_until(at));
    if in_time { Ok(()) } else { Err(EXPORT_NOT_ASKED_FOR.refuse().into()) }
}

/// The newest checkpoint of the federation; `None` before the first.
///
/// # Errors
/// When the database cannot be read.
pub async fn newest_checkpoint(tx: &mut Tx) -> Result<Option<CheckpointView>> {
    Ok(seals::checkpoints(tx, None, 1).await?.pop())
}

/// The export, line by line: masked, unless whoever reads it asked for it in clear and said why.
///
/// # Errors
/// [`EXPORT_NOT_ASKED_FOR`] when `asked` is no such event of the caller's, or too old.
pub(super) async fn export(tx: &mut Tx, may: &Permit<ReadAudit>, asked: Option<Uuid>, sink: &mut impl Sink) -> Result<()> {
    may.require(None)?;
    let names = match asked {
        None => Names::Masked,
        Some(id) => {
            asked_in_clear(tx, id, CLEAR_LOG).await?;
            Names::Clear
        }
    };
    dump::export(tx, names, sink).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_in_clear_is_there_for_an_hour() {
        let at = |time: &str| format!("2022-12-31T{time}Z").parse::<DateTime<Utc>>().unwrap();
        assert_eq!(clear_until(at("10:00:00")), at("11:00:00"));
    }
}
