//! The log of an export: every row hashed anew, every leaf and every root.

use std::collections::{BTreeMap, HashSet};

use super::Failure;
use crate::audit::export::{Entry, Sealed};
use crate::audit::masking::may_be_masked;
use crate::audit::note::Checkpoint;
use crate::audit::rows::{Kind, LeafHead, Row, leaf_of};
use crate::audit::tables::Table;
use crate::audit::tree::{self, Hash, ReadTiles, TileAt, Tiles};
use crate::kernel::FederationId;

/// The log as far as it was read.
#[derive(Debug, Default)]
pub struct Log {
    tiles: Tiles,
    size: u64,
    rows: u64,
    masked: u64,
    seen: HashSet<Hash>,
}

impl Log {
    /// Log numbers read.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Rows read.
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// Rows read whose names are masked: their sealed hashes were taken as they are.
    pub const fn masked(&self) -> u64 {
        self.masked
    }

    /// Takes the next log number in.
    pub fn take(&mut self, federation: FederationId, entry: &Entry, failures: &mut Vec<Failure>) {
        let expected = self.size + 1;
        if entry.log_number != expected {
            failures.push(Failure::new("ledger_log", entry.log_number, "log_number", expected, entry.log_number));
        }
        let leaf = self.leaf(federation, entry, failures);
        if let Err(error) = self.tiles.append(self.size, leaf) {
            failures.push(Failure::new("ledger_log", entry.log_number, "tree", "a leaf", error));
        }
        self.size = expected;
    }

    fn leaf(&mut self, federation: FederationId, entry: &Entry, failures: &mut Vec<Failure>) -> Hash {
        let number = entry.log_number;
        let Some(table) = entry.header.table(entry.edition).filter(|table| table.name == entry.kind.table()) else {
            failures.push(Failure::new("ledger_log", number, "header", entry.kind.table(), &entry.header.0));
            return [0; 32];
        };
        let header = entry.header.bytes(table, entry.edition);
        let mut hashes = vec![tree::leaf_hash(&header)];
        let mut named = vec![(table, &entry.header)];
        for (place, row) in entry.rows.iter().enumerate() {
            let table = row.table(entry.edition);
            let Some(table) = table.filter(|table| belongs(entry, row, table)) else {
                let key = table.map_or_else(String::new, |table| row.key(table));
                let rule = format!("a row of log number {number}");
                failures.push(Failure::new(&row.0, key, &rule, "a row that this log number covers", "another"));
                continue;
            };
            hashes.push(match masked_hash(entry, place, table) {
                Some(hash) => {
                    self.masked += 1;
                    hash
                }
                None => row.hash(table, entry.edition),
            });
            named.push((table, row));
        }
        for ((table, row), hash) in named.iter().zip(&hashes) {
            if !self.seen.insert(*hash) {
                failures.push(Failure::new(table.name, row.key(table), "once in the log", "once", "again"));
            }
        }
        self.rows += u64::try_from(hashes.len()).unwrap_or(0);
        let head = LeafHead { federation, log_number: number, kind: entry.kind, header: &header };
        let leaf = leaf_of(head, hashes.get(1..).unwrap_or_default());
        if let Some(sealed) = &entry.sealed {
            compare(number, &named, &hashes, &leaf, sealed, failures);
        }
        leaf
    }

    /// Whether a tile that was kept of the first `size` leaves holds what follows from the rows.
    #[must_use]
    pub fn has_tile(&self, at: TileAt, hashes: u64, kept: &Tiles) -> bool {
        let hashes = usize::try_from(hashes).unwrap_or(usize::MAX);
        let own = self.tiles.tile(at).and_then(|tile| tile.get(..hashes));
        own.is_some() && own == kept.tile(at)
    }

    /// Holds the root over the rows read against the one a checkpoint signed.
    pub fn hold_against(&self, checkpoint: &Checkpoint, failures: &mut Vec<Failure>) {
        let size = checkpoint.size;
        if size > self.size {
            failures.push(Failure::new("checkpoint", size, "size", format!("at least {size} log numbers"), self.size));
            return;
        }
        match tree::root(&self.tiles, size) {
            Ok(root) if root == checkpoint.root => {}
            Ok(root) => failures.push(Failure::new("checkpoint", size, "root", hex::encode(checkpoint.root), hex::encode(root))),
            Err(error) => failures.push(Failure::new("checkpoint", size, "root", hex::encode(checkpoint.root), error)),
        }
    }
}

/// The sealed hash of a row that is masked, if it may be. Any other is hashed as it stands, and so found out.
fn masked_hash(entry: &Entry, place: usize, table: &Table) -> Option<Hash> {
    let masked = entry.masked.contains(&place) && may_be_masked(table.name);
    entry.sealed.as_ref().filter(|_| masked)?.rows.get(place.checked_add(1)?).copied()
}

/// Whether a row may stand under this log number: postings under their entry, everything else under its act.
fn belongs(entry: &Entry, row: &Row, table: &Table) -> bool {
    let of_entry = table.name == "posting";
    match entry.kind {
        Kind::JournalEntry => {
            let id = entry.header.table(entry.edition).and_then(|header| entry.header.get(header, "id"));
            of_entry && row.get(table, "journal_entry_id") == id
        }
        Kind::AuditEvent => !of_entry && !["journal_entry", "audit_event"].contains(&table.name),
    }
}

/// Names the rows that are not what was sealed.
fn compare(number: u64, named: &[(&Table, &Row)], hashes: &[Hash], leaf: &Hash, sealed: &Sealed, failures: &mut Vec<Failure>) {
    let mut left: BTreeMap<Hash, usize> = BTreeMap::new();
    for hash in &sealed.rows {
        *left.entry(*hash).or_default() += 1;
    }
    let before = failures.len();
    for ((table, row), hash) in named.iter().zip(hashes) {
        match left.get_mut(hash) {
            Some(count) if *count > 0 => *count -= 1,
            _ => {
                let rule = format!("the row as sealed under log number {number}");
                failures.push(Failure::new(table.name, row.key(table), &rule, "a hash that was sealed", hex::encode(hash)));
            }
        }
    }
    let gone: usize = left.values().sum();
    if gone > 0 {
        failures.push(Failure::new("ledger_log", number, "rows", format!("{gone} sealed rows that are here no more or changed"), "none"));
    }
    if failures.len() == before && (sealed.rows != hashes || sealed.leaf != *leaf) {
        failures.push(Failure::new("sealed_leaf", number, "leaf_hash", hex::encode(leaf), hex::encode(sealed.leaf)));
    }
}
