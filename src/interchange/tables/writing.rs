//! Lists as files, a row at a time, in constant memory.

mod delimited;
mod workbook;

use std::io::Write;

use chrono::NaiveDate;

use self::delimited::DelimitedWriter;
use self::workbook::WorkbookWriter;
use super::error::TABLE_NOT_WRITTEN;
use super::format::Format;
use crate::kernel::{Money, Refusal};

pub(super) use self::delimited::{encoded, quoted};
pub(super) use self::workbook::{SECOND_SHEET, double, new_book, refused, serial};

/// Facts of a heading at most: the reader looks for the column heads among the first twenty rows.
const MOST_FACTS: usize = 15;

/// What stands above a list, so that whoever holds the file knows what it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Heading {
    /// What the list is.
    pub title: String,
    /// Who made it, when, of what, as label and value; 15 at most.
    pub facts: Vec<(String, String)>,
}

/// One cell to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Words; never a formula, whatever they begin with.
    Text(&'a str),
    /// A number that is not counted with: identity, account, phone, reference.
    Code(&'a str),
    /// An amount of yuan.
    Money(Money),
    /// A day.
    Date(NaiveDate),
    /// A whole number.
    Integer(i64),
    /// Nothing.
    Empty,
}

/// Writes one table. What it writes, [`super::Reader`] takes back: the same texts, normalised, and equal values.
///
/// In CSV a text that a spreadsheet would run gets an apostrophe in front, and a code that it would change gets a tab: unlike an
/// apostrophe it does not show, unlike `="…"` it is no formula, and spreadsheets leave a cell that begins with one alone.
///
/// A workbook is written through a temporary file on disk, and reaches its destination on [`TableWriter::finish`]. What has more
/// rows than a sheet goes on in `第2页`.
pub struct TableWriter<W: Write + Send> {
    inner: Inner<W>,
}

enum Inner<W: Write + Send> {
    Delimited(Box<DelimitedWriter<W>>),
    Workbook(Box<WorkbookWriter<W>>),
}

impl<W: Write + Send> TableWriter<W> {
    /// Begins with the heading, if there is one, and the column heads.
    ///
    /// # Errors
    /// [`TABLE_NOT_WRITTEN`] when the destination fails, or the heading has more than 15 facts.
    pub fn open(out: W, format: Format, heading: Option<&Heading>, heads: &[&str]) -> Result<Self, Refusal> {
        if heading.is_some_and(|heading| heading.facts.len() > MOST_FACTS) {
            return Err(not_written("a heading has 15 facts at most"));
        }
        let inner = match format {
            Format::Csv(encoding) => Inner::Delimited(Box::new(DelimitedWriter::open(out, encoding, heading, heads)?)),
            Format::Xlsx => Inner::Workbook(Box::new(WorkbookWriter::open(out, heading, heads)?)),
        };
        Ok(Self { inner })
    }

    /// Writes one row.
    ///
    /// # Errors
    /// [`TABLE_NOT_WRITTEN`] when the destination fails, or a text is longer than a workbook's cell may be (32,767 characters).
    pub fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), Refusal> {
        match &mut self.inner {
            Inner::Delimited(writer) => writer.row(cells),
            Inner::Workbook(writer) => writer.row(cells, false),
        }
    }

    /// Writes the line of totals. Its first cell must be `合计` or `Total`, by which the reader knows it.
    ///
    /// # Errors
    /// As [`TableWriter::row`].
    pub fn totals(&mut self, cells: &[Cell<'_>]) -> Result<(), Refusal> {
        match &mut self.inner {
            Inner::Delimited(writer) => writer.row(cells),
            Inner::Workbook(writer) => writer.row(cells, true),
        }
    }

    /// Completes the file and gives its destination back. Without it the file is not complete.
    ///
    /// # Errors
    /// [`TABLE_NOT_WRITTEN`] when the destination fails.
    pub fn finish(self) -> Result<W, Refusal> {
        match self.inner {
            Inner::Delimited(writer) => writer.finish(),
            Inner::Workbook(writer) => writer.finish(),
        }
    }
}

/// Why a table could not be written, for the log: English alone, people see the title.
pub(super) fn not_written(why: &str) -> Refusal {
    TABLE_NOT_WRITTEN.because(TABLE_NOT_WRITTEN.zh, why)
}

#[cfg(test)]
mod tests;
