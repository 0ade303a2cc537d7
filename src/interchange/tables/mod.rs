//! Tables as spreadsheets keep them: reading XLSX and CSV files into typed rows, writing lists, templates, and the file given
//! back with what is wrong with each row.
//!
//! A domain declares what it takes as a [`Table`]; [`Reader`] finds the heading in a file, streams its [`Row`]s and gives each
//! cell by its [`Kind`] or the [`Fault`] that people are shown. Three rules hold throughout:
//!
//! - **What a spreadsheet has damaged is refused, never repaired.** `5.10502E+17` is not an identity number any more.
//! - **Nothing is evaluated.** A formula is a fault where a value is wanted, and never written.
//! - **Everything is bounded** by [`Limits`] before it is held: bytes, what they inflate to, rows, columns, cells, lines.
//!
//! XLSX is read here over `zip` and `quick-xml`, not through a spreadsheet library: those give numbers as floats, cells without
//! saying whether a formula made them, and reserve what the file claims to hold.

mod annotate;
mod cell;
mod delimited;
mod error;
mod fault;
mod format;
mod header;
mod limits;
mod metered;
mod normal;
mod reader;
mod row;
#[cfg(test)]
mod sample;
mod schema;
mod template;
mod value;
mod workbook;
mod writing;

pub use annotate::{FaultsOf, annotate};
pub use error::*;
pub use fault::{Fault, Faults, Reason};
pub use format::{Encoding, Format, file_digest};
pub use limits::Limits;
pub use normal::reference;
pub use reader::Reader;
pub use row::Row;
pub use schema::{Choice, Column, Kind, Table, Words};
pub use template::{csv_template, template};
pub use writing::{Cell, Heading, TableWriter};

/// Heads of the column that [`annotate()`] adds; reading passes it over.
pub(crate) const RESULT: Words = Words::new("导入结果", "Import result");
