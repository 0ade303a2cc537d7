//! A file as a stream of rows.

use std::sync::Arc;

use super::cell::RawRow;
use super::delimited::{Delimited, SEPARATORS};
use super::error::{TABLE_HEADER_MISSING, TABLE_SEVERAL_SHEETS, too_many_rows};
use super::fault::shown;
use super::format::{Encoding, Format, detect};
use super::header::{self, HEADER_WITHIN, Layout};
use super::limits::Limits;
use super::normal::{is_stray, trimmed};
use super::row::{Row, Shape};
use super::schema::{Kind, Table};
use super::workbook::{Book, Sheet, SheetRows};
use crate::kernel::{Refusal, label};

/// First words of a line that adds up the others.
const TOTALS: &[&str] = &["合计", "总计", "小计", "本页合计", "total", "grandtotal", "subtotal", "sum"];

/// The rows of one file, read one at a time: beyond the file's bytes, and the shared texts of a workbook, hardly more than a row
/// is held. Blank rows and lines of totals are passed over. After a refusal nothing more comes.
pub struct Reader {
    source: Source,
    format: Format,
    shape: Arc<Shape>,
    limits: Limits,
    rows: u32,
    ended: bool,
}

/// What rows come from.
enum Source {
    Delimited(Box<Delimited>),
    Sheet(Box<SheetRows>),
}

impl Source {
    fn next(&mut self) -> Result<Option<RawRow>, Refusal> {
        match self {
            Self::Delimited(records) => Ok(records.next()?.map(|(row, _)| row)),
            Self::Sheet(rows) => rows.next(),
        }
    }
}

impl Reader {
    /// Finds out what a file is and where its heads are, among the first twenty rows. Nothing below them is read yet.
    ///
    /// # Errors
    /// Every code of [`super::CODES`] but [`super::TABLE_NOT_WRITTEN`]: see each. The rows give those that lie further down.
    pub fn open(bytes: impl Into<Arc<[u8]>>, table: &'static Table, limits: &Limits) -> Result<Self, Refusal> {
        let bytes = bytes.into();
        let format = detect(&bytes, limits)?;
        let (layout, source) = match format {
            Format::Csv(encoding) => {
                let (layout, separator) = separator_of(&bytes, encoding, table, limits)?;
                (layout, Source::Delimited(Box::new(Delimited::open(&bytes, encoding, separator, limits)?)))
            }
            Format::Xlsx => {
                let book = Book::open(&bytes, limits)?;
                let (sheet, layout) = sheet_of(&book, table)?;
                (layout, Source::Sheet(Box::new(book.rows(sheet)?)))
            }
        };
        Ok(Self { source, format, shape: Arc::new(Shape { table, layout }), limits: *limits, rows: 0, ended: false })
    }

    /// What the file is.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format
    }

    /// The row of the heads, from 1.
    #[must_use]
    pub fn header_row(&self) -> u32 {
        self.shape.layout.row
    }

    /// Heads of the file that are no columns of the table, the first fifty; a warning, for what stands below them is not read.
    #[must_use]
    pub fn unknown_columns(&self) -> &[String] {
        &self.shape.layout.unknown
    }

    fn read(&mut self) -> Result<Option<Row>, Refusal> {
        while let Some(raw) = self.source.next()? {
            if raw.number <= self.shape.layout.row || is_blank(&raw) || is_totals(&raw) {
                continue;
            }
            self.rows = self.rows.saturating_add(1);
            if self.rows > self.limits.rows {
                return Err(too_many_rows(self.limits.rows));
            }
            return Ok(Some(Row::new(&self.shape, &raw)));
        }
        Ok(None)
    }
}

impl Iterator for Reader {
    type Item = Result<Row, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.read().transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

/// The separator under which the heads come first; of those under which a line is one of heads, the one under which it has most.
///
/// What stands below decides nothing: an answer adds to it, and must be read as the file was.
pub(super) fn separator_of(bytes: &Arc<[u8]>, encoding: Encoding, table: &Table, limits: &Limits) -> Result<(Layout, u8), Refusal> {
    let mut best: Option<(usize, Layout, u8)> = None;
    let mut refusal: Option<Refusal> = None;
    for separator in SEPARATORS {
        match Delimited::open(bytes, encoding, separator, limits).and_then(|mut records| first_heads(&mut records, table)) {
            Ok((start, layout)) => {
                let precedes =
                    |(first, known, _): &(usize, Layout, u8)| start < *first || (start == *first && layout.known() > known.known());
                if best.as_ref().is_none_or(precedes) {
                    best = Some((start, layout, separator));
                }
            }
            // That nothing was found with one separator says less than what another found wrong.
            Err(found) if refusal.as_ref().is_none_or(|known| *known.code == TABLE_HEADER_MISSING) => refusal = Some(found),
            Err(_) => {}
        }
    }
    best.map(|(_, layout, separator)| (layout, separator)).ok_or_else(|| refusal.unwrap_or_else(|| TABLE_HEADER_MISSING.refuse()))
}

/// The heads of a CSV file, and the byte from which their line is read. What cannot be read below them is of no interest yet.
fn first_heads(records: &mut Delimited, table: &Table) -> Result<(usize, Layout), Refusal> {
    let (mut rows, mut starts) = (Vec::new(), Vec::new());
    let mut unread = None;
    loop {
        match records.next() {
            Ok(Some((row, range))) if row.number <= HEADER_WITHIN => {
                rows.push(row);
                starts.push(range.start);
            }
            Ok(_) => break,
            Err(refusal) => {
                unread = Some(refusal);
                break;
            }
        }
    }
    let layout = header::find(table, &rows).map_err(|lacking| unread.unwrap_or(lacking))?;
    let start = rows.iter().zip(starts).find(|(row, _)| row.number == layout.row).map_or(0, |(_, start)| start);
    Ok((start, layout))
}

/// The sheet that a table is on: the one visible sheet with the table's heads and something below them. Whoever
/// keeps a sheet for each district hands them in one by one, so that no row is left out unsaid.
///
/// # Errors
/// [`TABLE_SEVERAL_SHEETS`]; where no sheet has the heads, what is wrong with the first that has some.
pub(super) fn sheet_of<'a>(book: &'a Book, table: &Table) -> Result<(&'a Sheet, Layout), Refusal> {
    let mut refusal: Option<Refusal> = None;
    let (mut filled, mut empty) = (Vec::new(), Vec::new());
    for sheet in book.sheets() {
        let looked = book.rows(sheet).and_then(|mut rows| preview(&mut rows));
        match looked.and_then(|rows| Ok((header::find(table, &rows)?, rows))) {
            Ok((layout, rows)) if rows.iter().any(|row| row.number > layout.row && !is_blank(row)) => filled.push((sheet, layout)),
            Ok((layout, _)) => empty.push((sheet, layout)),
            Err(found) if refusal.as_ref().is_none_or(|known| *known.code == TABLE_HEADER_MISSING) => refusal = Some(found),
            Err(_) => {}
        }
    }
    if filled.len() > 1 {
        let names: Vec<String> = filled.iter().map(|(sheet, _)| shown(Kind::Text, &sheet.name)).collect();
        return Err(TABLE_SEVERAL_SHEETS
            .because(
                format!("多个工作表都有数据：{}；请每个工作表单独导入", names.join("、")),
                format!("several sheets have rows: {}; hand in one at a time", names.join(", ")),
            )
            .with("sheets", names));
    }
    filled.extend(empty);
    filled.into_iter().next().ok_or_else(|| refusal.unwrap_or_else(|| TABLE_HEADER_MISSING.refuse()))
}

/// The rows of a sheet among which the heads are.
fn preview(source: &mut SheetRows) -> Result<Vec<RawRow>, Refusal> {
    let mut rows = Vec::new();
    while let Some(row) = source.next()? {
        if row.number > HEADER_WITHIN {
            break;
        }
        rows.push(row);
    }
    Ok(rows)
}

fn is_blank(row: &RawRow) -> bool {
    row.cells.iter().all(|cell| cell.text.chars().all(is_stray))
}

fn is_totals(row: &RawRow) -> bool {
    let first = row.cells.iter().map(|cell| trimmed(&cell.text)).find(|text| !text.is_empty());
    first.is_some_and(|text| text.len() <= 32 && TOTALS.contains(&label(text).to_lowercase().trim_end_matches([':', '：'])))
}

#[cfg(test)]
mod tests;
