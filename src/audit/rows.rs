//! The bytes that are hashed: of a sealed row, and of a leaf of the log.
//!
//! A field is its length as eight big-endian bytes, then its bytes; an absent one is the length `u64::MAX` and nothing more
//! (as [`crate::kernel::canonical`]). So no two different contents share an encoding.
//!
//! - **Row**: `bangfu.row.v1`, edition, table, number of columns, then name and text of every covered column in the order
//!   declared in [`super::tables`]. Its hash is the hash of a leaf (RFC 9162) of the tree over the rows of one log number.
//! - **Leaf**: `bangfu.leaf.v1`, federation, log number, kind, the bytes of the row that heads it, the number of the other
//!   rows, and the root over their hashes. Two levels, so that a receipt for one row of an act of thousands carries a few
//!   hashes instead of all of them.

use super::tables::{self, Table};
use super::tree::{Hash, leaf_hash, root_of};
use crate::kernel::FederationId;

/// A growing sequence of length-prefixed fields.
#[derive(Debug, Default)]
struct Fields(Vec<u8>);

impl Fields {
    fn add(&mut self, bytes: &[u8]) -> &mut Self {
        self.number(u64::try_from(bytes.len()).unwrap_or(u64::MAX - 1));
        self.0.extend_from_slice(bytes);
        self
    }

    fn number(&mut self, number: u64) -> &mut Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    fn optional(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.add(text.as_bytes()),
            None => self.number(u64::MAX),
        }
    }
}

/// A sealed row: the table's name and the canonical text of each covered column. As it stands in exports and receipts.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Row(pub String, pub Vec<Option<String>>);

impl Row {
    /// The table of an edition it belongs to; `None` when there is none, or when it has not as many columns.
    #[must_use]
    pub fn table(&self, edition: u32) -> Option<&'static Table> {
        tables::find(edition, &self.0).filter(|table| table.columns.len() == self.1.len())
    }

    /// The text of a column.
    #[must_use]
    pub fn get(&self, table: &Table, column: &str) -> Option<&str> {
        let at = table.columns.iter().position(|(name, _)| *name == column)?;
        self.1.get(at)?.as_deref()
    }

    /// Its primary key within the federation, as people name it.
    #[must_use]
    pub fn key(&self, table: &Table) -> String {
        let parts = table.key.iter().map(|column| self.get(table, column).unwrap_or("null"));
        parts.collect::<Vec<_>>().join(" ")
    }

    /// The bytes of this row.
    #[must_use]
    pub fn bytes(&self, table: &Table, edition: u32) -> Vec<u8> {
        let mut fields = Fields::default();
        fields.add(b"bangfu.row.v1").number(u64::from(edition)).add(table.name.as_bytes());
        fields.number(u64::try_from(table.columns.len()).unwrap_or(u64::MAX));
        for ((name, _), text) in table.columns.iter().zip(&self.1) {
            fields.add(name.as_bytes()).optional(text.as_deref());
        }
        fields.0
    }

    /// The hash of this row.
    #[must_use]
    pub fn hash(&self, table: &Table, edition: u32) -> Hash {
        leaf_hash(&self.bytes(table, edition))
    }
}

/// What a log number stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A journal entry; its other rows are its postings.
    JournalEntry,
    /// An audit event; its other rows are all those that its act wrote.
    AuditEvent,
}

impl Kind {
    /// The table of the row that heads the leaf.
    #[must_use]
    pub const fn table(self) -> &'static str {
        match self {
            Self::JournalEntry => "journal_entry",
            Self::AuditEvent => "audit_event",
        }
    }
}

/// What a leaf is made of beside its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeafHead<'a> {
    /// Whose log.
    pub federation: FederationId,
    /// Its place in the log, from 1.
    pub log_number: u64,
    /// What it stands for.
    pub kind: Kind,
    /// The bytes of the row that heads it.
    pub header: &'a [u8],
}

/// The hash of a leaf from the number of its rows and the root over their hashes.
#[must_use]
pub fn leaf(head: LeafHead<'_>, rows: u64, rows_root: &Hash) -> Hash {
    let mut fields = Fields::default();
    fields
        .add(b"bangfu.leaf.v1")
        .add(head.federation.to_string().as_bytes())
        .number(head.log_number)
        .add(head.kind.table().as_bytes())
        .add(head.header)
        .number(rows)
        .add(rows_root);
    leaf_hash(&fields.0)
}

/// The hash of a leaf from the hashes of all its rows.
#[must_use]
pub fn leaf_of(head: LeafHead<'_>, rows: &[Hash]) -> Hash {
    leaf(head, u64::try_from(rows.len()).unwrap_or(u64::MAX), &root_of(rows))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EDITION: u32 = tables::CURRENT;

    fn posting(change: impl Fn(&mut Vec<Option<String>>)) -> Hash {
        let table = tables::find(EDITION, "posting").unwrap();
        let mut texts: Vec<Option<String>> = table.columns.iter().map(|(name, _)| Some((*name).to_owned())).collect();
        change(&mut texts);
        Row("posting".to_owned(), texts).hash(table, EDITION)
    }

    #[test]
    fn a_row_is_hashed_the_same_for_ever() {
        // Written down, so that nobody changes the encoding without noticing: it would break every seal there is.
        let mut fields = Fields::default();
        fields.add(b"ab").optional(None).number(7);
        assert_eq!(hex::encode(&fields.0), "00000000000000026162ffffffffffffffff0000000000000007");
    }

    #[test]
    fn every_column_changes_the_hash_and_null_is_not_empty() {
        let table = tables::find(EDITION, "posting").unwrap();
        let original = posting(|_| ());
        let mut seen = vec![original];
        for at in 0..table.columns.len() {
            for hash in [posting(|texts| texts[at] = None), posting(|texts| texts[at] = Some(String::new()))] {
                assert!(!seen.contains(&hash), "{}", table.columns[at].0);
                seen.push(hash);
            }
        }
    }

    #[test]
    fn a_row_knows_its_key_and_columns() {
        let table = tables::find(EDITION, "posting").unwrap();
        let texts = table.columns.iter().map(|(name, _)| Some(format!("<{name}>"))).collect();
        let row = Row("posting".to_owned(), texts);
        assert_eq!(row.key(table), "<journal_entry_id> <position>");
        assert_eq!(row.get(table, "amount"), Some("<amount>"));
        assert!(row.table(EDITION).is_some());
        assert!(Row("posting".to_owned(), vec![]).table(EDITION).is_none());
        assert!(Row("nothing".to_owned(), vec![]).table(EDITION).is_none());
        assert!(row.table(99).is_none());
    }

    #[test]
    fn a_leaf_covers_federation_number_kind_header_and_rows() {
        let federation = |last: u128| FederationId(uuid::Uuid::from_u128(last));
        let head = LeafHead { federation: federation(1), log_number: 5, kind: Kind::JournalEntry, header: b"header" };
        let rows = [[1; 32], [2; 32]];
        let original = leaf_of(head, &rows);
        let others = [
            leaf_of(LeafHead { federation: federation(2), ..head }, &rows),
            leaf_of(LeafHead { log_number: 6, ..head }, &rows),
            leaf_of(LeafHead { kind: Kind::AuditEvent, ..head }, &rows),
            leaf_of(LeafHead { header: b"heades", ..head }, &rows),
            leaf_of(head, &[rows[1], rows[0]]),
            leaf_of(head, &rows[..1]),
            leaf_of(head, &[]),
        ];
        assert!(others.iter().all(|other| *other != original));
    }

    proptest! {
        #[test]
        fn texts_never_move_across_the_border_between_columns(left in ".{0,9}", right in ".{0,9}", at in 0usize..9) {
            let joined: Vec<char> = format!("{left}{right}").chars().collect();
            let at = at.min(joined.len());
            let (a, b): (String, String) = (joined[..at].iter().collect(), joined[at..].iter().collect());
            let one = posting(|texts| { texts[0] = Some(left.clone()); texts[1] = Some(right.clone()); });
            let other = posting(|texts| { texts[0] = Some(a.clone()); texts[1] = Some(b.clone()); });
            prop_assert_eq!(one == other, left == a && right == b);
        }
    }
}
