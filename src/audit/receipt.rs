//! The receipt of one payment: a posting, the entry it stands in, and the paths from both to a signed checkpoint.
//!
//! Whoever holds it and the public key can check offline, years later, that the posting was in the books then.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::note::{Checkpoint, Verifier, origin};
use super::rows::{Kind, LeafHead, Row, leaf};
use super::tree::{Hash, root_of_path, verify_inclusion};
use crate::kernel::FederationId;

/// What a receipt names as its format.
pub const FORMAT: &str = "bangfu.receipt.v1";

/// A receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// `bangfu.receipt.v1`.
    pub format: String,
    /// Whose books.
    pub federation: FederationId,
    /// The place of the journal entry in the log, from 1.
    pub log_number: u64,
    /// Which columns its rows have: the edition they were sealed with.
    pub edition: u32,
    /// The journal entry, column by column.
    #[schema(value_type = Vec<Option<String>>)]
    pub entry: Vec<Option<String>>,
    /// The posting, column by column.
    #[schema(value_type = Vec<Option<String>>)]
    pub posting: Vec<Option<String>>,
    /// The posting's place among those of the entry, from 0.
    pub index: u64,
    /// How many postings the entry has.
    pub count: u64,
    /// From the posting to the root over the entry's postings: hashes in base64.
    pub entry_path: Vec<String>,
    /// From the entry's leaf to the root of the log: hashes in base64.
    pub log_path: Vec<String>,
    /// The signed checkpoint.
    pub checkpoint: String,
}

/// Why a receipt does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Its form is not that of a receipt.
    #[error("not a receipt: {0}")]
    Malformed(&'static str),
    /// The checkpoint or its signature.
    #[error("the checkpoint: {0}")]
    Checkpoint(#[from] super::note::NoteError),
    /// The posting is not in the entry.
    #[error("the posting is not one of the journal entry that was sealed")]
    NotInEntry,
    /// The entry is not in the log.
    #[error("the journal entry is not in the log that was signed")]
    NotInLog,
}

/// Hashes as a receipt carries them.
#[must_use]
pub fn encoded(path: &[Hash]) -> Vec<String> {
    path.iter().map(|hash| STANDARD.encode(hash)).collect()
}

fn decoded(path: &[String]) -> Result<Vec<Hash>, ReceiptError> {
    let hash = |text: &String| STANDARD.decode(text).ok().and_then(|bytes| Hash::try_from(bytes).ok());
    path.iter().map(hash).collect::<Option<Vec<Hash>>>().ok_or(ReceiptError::Malformed("a hash is 32 bytes in base64"))
}

impl Receipt {
    /// Checks it against a public key: the signature, the way from the posting to the entry, and from the entry to the root.
    ///
    /// # Errors
    /// [`ReceiptError`], which says what does not hold.
    pub fn verify(&self, key: &Verifier) -> Result<Checkpoint, ReceiptError> {
        if self.format != FORMAT {
            return Err(ReceiptError::Malformed("another format"));
        }
        let checkpoint = Checkpoint::open(&self.checkpoint, key)?;
        if checkpoint.origin != origin(self.federation) {
            return Err(ReceiptError::Malformed("a checkpoint of another federation"));
        }
        let entry = Row("journal_entry".to_owned(), self.entry.clone());
        let posting = Row("posting".to_owned(), self.posting.clone());
        let (Some(entry_table), Some(posting_table)) = (entry.table(self.edition), posting.table(self.edition)) else {
            return Err(ReceiptError::Malformed("rows of another edition"));
        };
        let Some(place) = self.log_number.checked_sub(1) else { return Err(ReceiptError::Malformed("log numbers begin with 1")) };
        if posting.get(posting_table, "journal_entry_id") != entry.get(entry_table, "id") {
            return Err(ReceiptError::NotInEntry);
        }
        let posting_hash = posting.hash(posting_table, self.edition);
        let rows_root = root_of_path(&posting_hash, self.index, self.count, &decoded(&self.entry_path)?).ok_or(ReceiptError::NotInEntry)?;
        let header = entry.bytes(entry_table, self.edition);
        let head = LeafHead { federation: self.federation, log_number: self.log_number, kind: Kind::JournalEntry, header: &header };
        let leaf = leaf(head, self.count, &rows_root);
        let path = decoded(&self.log_path)?;
        if !verify_inclusion(&leaf, place, checkpoint.size, &path, &checkpoint.root) {
            return Err(ReceiptError::NotInLog);
        }
        Ok(checkpoint)
    }

    /// A column of the posting.
    #[must_use]
    pub fn posting_column(&self, column: &str) -> Option<String> {
        let row = Row("posting".to_owned(), self.posting.clone());
        row.table(self.edition).and_then(|table| row.get(table, column)).map(str::to_owned)
    }

    /// A column of the journal entry.
    #[must_use]
    pub fn entry_column(&self, column: &str) -> Option<String> {
        let row = Row("journal_entry".to_owned(), self.entry.clone());
        row.table(self.edition).and_then(|table| row.get(table, column)).map(str::to_owned)
    }
}
