//! A workbook given back with one more column on a sheet: nothing else of it changes.

use std::io::{BufReader, Read, Write, copy, sink};

use quick_xml::escape::partial_escape;
use rust_xlsxwriter::utility::row_col_to_cell;

use super::book::{Book, Sheet};
use super::package::Content;
use crate::interchange::tables::error::{TABLE_TOO_MANY_COLUMNS, malformed};
use crate::interchange::tables::normal::without_controls;
use crate::interchange::tables::writing::not_written;
use crate::kernel::Refusal;

/// Where a column goes.
#[derive(Debug, Clone, Copy)]
pub(in crate::interchange::tables) struct Added {
    /// From 0.
    pub column: usize,
    /// The first row that has it; the cells above stay.
    pub from_row: u32,
}

/// What the column says in a row. Asked for every row that has cells, in order.
pub(in crate::interchange::tables) type TextOf<'a> = dyn FnMut(u32) -> Result<Option<String>, Refusal> + 'a;

impl Book {
    /// The workbook with a column of texts on one sheet, in place of what is there. Rows without a text have no cell in it.
    ///
    /// The rest of the workbook is copied: formats, lists to choose from, formulas and other sheets stay what they are, and what is
    /// never read, such as a picture, is not looked at.
    ///
    /// # Errors
    /// As [`super::SheetRows::next`], [`super::super::TABLE_NOT_WRITTEN`], and those of `text_of`.
    pub fn with_column(&self, sheet: &Sheet, added: Added, text_of: &mut TextOf<'_>) -> Result<Vec<u8>, Refusal> {
        let mut rows = self.rows(sheet)?;
        let mut given = Given { content: BufReader::new(self.content(sheet)?), at: 0 };
        self.package().with_part(self.part(sheet)?, |out| {
            while let Some(row) = rows.next()? {
                // How far the sheet reaches is not so any more. It need not be said, and some programs read no further.
                if let Some(extent) = rows.extent() {
                    given.copy(extent.start, out)?;
                    given.skip(extent.end)?;
                }
                let text = text_of(row.number)?;
                if row.number < added.from_row {
                    continue;
                }
                let replaced = rows.laid().replaced_by(added.column);
                given.copy(replaced.start, out)?;
                given.skip(replaced.end)?;
                if let Some(text) = text {
                    let cell = cell(&rows.laid().prefix, row.number, added.column, &text)?;
                    out.write_all(cell.as_bytes()).map_err(|error| not_written(&error.to_string()))?;
                }
            }
            given.copy(u64::MAX, out)
        })
    }
}

/// The sheet as it was given.
struct Given {
    content: BufReader<Content>,
    /// Bytes that are copied or skipped.
    at: u64,
}

impl Given {
    /// Copies what is before a byte.
    fn copy(&mut self, until: u64, out: &mut dyn Write) -> Result<(), Refusal> {
        let mut piece = self.content.by_ref().take(until.saturating_sub(self.at));
        self.at += copy(&mut piece, out).map_err(|error| not_written(&error.to_string()))?;
        Ok(())
    }

    fn skip(&mut self, until: u64) -> Result<(), Refusal> {
        self.copy(until, &mut sink())
    }
}

/// A cell with a text of its own. It has the row's prefix, so that it is of the row's namespace.
fn cell(prefix: &str, row: u32, column: usize, text: &str) -> Result<String, Refusal> {
    let column = u16::try_from(column).map_err(|_| TABLE_TOO_MANY_COLUMNS.refuse())?;
    let name = row_col_to_cell(row.checked_sub(1).ok_or_else(|| malformed("sheet"))?, column);
    let colon = if prefix.is_empty() { "" } else { ":" };
    let tag = |name: &str| format!("{prefix}{colon}{name}");
    let (c, is, t) = (tag("c"), tag("is"), tag("t"));
    // What looks like the escape of a character in workbooks must not become one.
    let text = without_controls(text).replace("_x", "_x005F_x");
    let text = partial_escape(&text);
    Ok(format!("<{c} r=\"{name}\" t=\"inlineStr\"><{is}><{t} xml:space=\"preserve\">{text}</{t}></{is}></{c}>"))
}
