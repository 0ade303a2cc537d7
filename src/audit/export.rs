//! The export: JSON Lines with everything a checkpoint vouches for, as exactly the texts that were hashed.
//!
//! One header; every log number in order, with the rows it stands for and the hashes that were sealed for them; rows of sealed
//! tables that no log number stands for (there should be none); the checkpoints; the reports that were issued; and what the
//! database says now of balances and states, to be held against what follows from the rows. Then the end, so that a file cut
//! short is noticed.

use serde::{Deserialize, Serialize};

use super::rows::{Kind, Row};
use super::tree::Hash;
use crate::kernel::FederationId;

/// What the header names as its format.
pub const FORMAT: &str = "bangfu.export.v1";

/// One line of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Line {
    /// The first line.
    Header(Header),
    /// A log number.
    Entry(Entry),
    /// A row of a sealed table that no log number stands for: somebody put it there or took its act away.
    Outside(Outside),
    /// A checkpoint.
    Checkpoint(Signed),
    /// A report that was issued.
    Report(Issued),
    /// What the database says is in the accounts of a line and source.
    Balance(Balance),
    /// What the database says is the state of something.
    State(State),
    /// The last line.
    End(End),
}

/// What the export is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// [`FORMAT`].
    pub format: String,
    /// Whose log.
    pub federation: FederationId,
}

/// A log number with everything it stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its place in the log, from 1.
    pub log_number: u64,
    /// What it stands for.
    pub kind: Kind,
    /// The edition of [`super::tables`] it was sealed with.
    pub edition: u32,
    /// The row that heads it.
    pub header: Row,
    /// The other rows, in the order in which they were hashed.
    pub rows: Vec<Row>,
    /// Places in `rows`, from 0, of rows whose names are masked: only their sealed hash is as it was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub masked: Vec<usize>,
    /// What was sealed for it; absent when it is not sealed yet.
    pub sealed: Option<Sealed>,
}

/// What the sealer wrote of a log number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    /// The hash of the leaf.
    #[serde(with = "hexadecimal")]
    pub leaf: Hash,
    /// The hashes of the header and then of the other rows: by them a changed row is named.
    #[serde(with = "hexadecimals")]
    pub rows: Vec<Hash>,
}

/// A row outside the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outside {
    /// The edition its columns are of.
    pub edition: u32,
    /// The row.
    pub row: Row,
}

/// A checkpoint as it was signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// Its size.
    pub size: u64,
    /// The signed note.
    pub note: String,
}

/// A report that was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issued {
    /// The checkpoint it was made at.
    pub checkpoint: u64,
    /// What it is about: `appropriation`, `allocation_line`, `fiscal_year`, `fund_source` or `organisation`.
    pub scope: String,
    /// Which: an id or a year.
    pub subject: String,
    /// As of the end of this day.
    pub as_of: String,
    /// The report, byte for byte as it was answered.
    pub body: String,
}

/// The accounts of a line and source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Balance {
    /// The line.
    pub line: String,
    /// The source.
    pub source: String,
    /// Account by account.
    pub accounts: std::collections::BTreeMap<String, String>,
}

/// The state of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Which table: `instruction`, `plan`, `batch`, `review`, `fund_return`, `recovery` or `transfer_down`.
    pub table: String,
    /// Which row.
    pub id: String,
    /// The column and what it says.
    pub column: String,
    /// Its text.
    pub value: Option<String>,
}

/// The end of the export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// How many log numbers it has.
    pub entries: u64,
}

/// A hash in hexadecimal.
pub mod hexadecimal {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use crate::audit::tree::Hash;

    /// As 64 lower-case digits.
    ///
    /// # Errors
    /// As the serializer does.
    pub fn serialize<S: Serializer>(hash: &Hash, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(hash))
    }

    /// From 64 digits.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Hash, D::Error> {
        parse(&String::deserialize(deserializer)?).ok_or_else(|| de::Error::custom("a hash is 64 hexadecimal digits"))
    }

    pub(super) fn parse(text: &str) -> Option<Hash> {
        hex::decode(text).ok()?.try_into().ok()
    }
}

/// Hashes in hexadecimal.
pub mod hexadecimals {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use crate::audit::tree::Hash;

    /// As a list of 64 lower-case digits each.
    ///
    /// # Errors
    /// As the serializer does.
    pub fn serialize<S: Serializer>(hashes: &[Hash], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(hashes.iter().map(hex::encode))
    }

    /// From a list of 64 digits each.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Hash>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        let hashes: Option<Vec<Hash>> = texts.iter().map(|text| super::hexadecimal::parse(text)).collect();
        hashes.ok_or_else(|| de::Error::custom("a hash is 64 hexadecimal digits"))
    }
}
