//! The file given back with what is wrong with each row in a column of its own.

use std::ops::Range;
use std::sync::Arc;

use super::RESULT;
use super::cell::RawRow;
use super::delimited::Delimited;
use super::fault::Fault;
use super::format::{Encoding, Format, detect, without_line_end};
use super::header::Layout;
use super::limits::Limits;
use super::reader::{separator_of, sheet_of};
use super::schema::Table;
use super::workbook::{Added, Book};
use super::writing::{encoded, quoted};
use crate::kernel::{Lang, Refusal};

/// Bytes of one row's message: an answer that is corrected and sent again must keep to the reader's limits.
const LONGEST: usize = 3_500;

/// What is wrong with a row, by its number as a spreadsheet shows it.
pub type FaultsOf<'a> = dyn FnMut(u32) -> Result<Vec<Fault>, Refusal> + 'a;

/// The same file in the same format with one more column, `导入结果` or `Import result`, that names what is wrong with each row;
/// rows keep their order and their numbers. The column of an earlier answer is replaced. `faults_of` is asked once for each row
/// below the heads, in order, so that nobody holds what is wrong with all of them.
///
/// A CSV file stays as it is byte for byte, but for what is added; so does a workbook, with its looks, its lists to choose from,
/// its formulas and its other sheets. What is added is never a formula.
///
/// # Errors
/// As [`super::Reader::open`] and its rows, [`super::TABLE_NOT_WRITTEN`], and those of `faults_of`.
pub fn annotate(
    bytes: impl Into<Arc<[u8]>>,
    table: &'static Table,
    faults_of: &mut FaultsOf<'_>,
    lang: Lang,
    limits: &Limits,
) -> Result<Vec<u8>, Refusal> {
    let bytes = bytes.into();
    match detect(&bytes, limits)? {
        Format::Xlsx => sheet(&bytes, table, faults_of, lang, limits),
        Format::Csv(encoding) => {
            let (layout, separator) = separator_of(&bytes, encoding, table, limits)?;
            let mut csv = Csv { bytes: &bytes, encoding, separator, heads: layout.row, width: 0, earlier: None, limits };
            csv.width = csv.widest()?;
            csv.earlier = earlier(&layout, csv.width);
            csv.annotated(faults_of, lang)
        }
    }
}

/// What is said of a row; `heads` is the row of the heads.
fn message(row: u32, heads: u32, faults_of: &mut FaultsOf<'_>, lang: Lang) -> Result<Option<String>, Refusal> {
    if row <= heads {
        return Ok((row == heads).then(|| RESULT.get(lang).to_owned()));
    }
    let mut message = String::new();
    for fault in faults_of(row)? {
        let (separator, one) = match lang {
            Lang::Zh => ("；", format!("列「{}」：{} [{}]", fault.header, fault.text.zh, fault.code)),
            Lang::En => ("; ", format!("column \"{}\": {} [{}]", fault.header, fault.text.en, fault.code)),
        };
        if message.len() + one.len() <= LONGEST {
            if !message.is_empty() {
                message.push_str(separator);
            }
            message.push_str(&one);
        }
    }
    Ok((!message.is_empty()).then_some(message))
}

/// The column of an earlier answer, which a new one replaces: only if it is the last, so that nothing else goes with it.
fn earlier(layout: &Layout, widest: usize) -> Option<usize> {
    layout.result.filter(|place| place + 1 == widest)
}

struct Csv<'a> {
    bytes: &'a Arc<[u8]>,
    encoding: Encoding,
    separator: u8,
    /// The row of the heads.
    heads: u32,
    /// Fields of the longest row from the heads on.
    width: usize,
    /// The place of the column that is replaced.
    earlier: Option<usize>,
    limits: &'a Limits,
}

impl Csv<'_> {
    fn annotated(&self, faults_of: &mut FaultsOf<'_>, lang: Lang) -> Result<Vec<u8>, Refusal> {
        let width = self.earlier.unwrap_or(self.width);
        let mut out = Vec::with_capacity(self.bytes.len());
        let mut copied = 0_usize;
        let mut records = self.records()?;
        while let Some((row, range)) = records.next()? {
            out.extend_from_slice(self.bytes.get(copied..range.start).unwrap_or_default());
            copied = range.end.min(self.bytes.len());
            let (body, fields, ending) = self.parts(&row, &range);
            out.extend_from_slice(body);
            if let Some(message) = message(row.number, self.heads, faults_of, lang)? {
                // A row of three fields has two separators; one more leads to each further field.
                out.extend(std::iter::repeat_n(self.separator, (width + 1).saturating_sub(fields)));
                out.extend_from_slice(&encoded(&quoted(&message), self.encoding));
            }
            out.extend_from_slice(ending);
        }
        out.extend_from_slice(self.bytes.get(copied..).unwrap_or_default());
        Ok(out)
    }

    fn records(&self) -> Result<Delimited, Refusal> {
        Delimited::open(self.bytes, self.encoding, self.separator, self.limits)
    }

    fn widest(&self) -> Result<usize, Refusal> {
        let mut width = 0;
        let mut records = self.records()?;
        while let Some((row, _)) = records.next()? {
            if row.number >= self.heads {
                width = width.max(row.cells.len());
            }
        }
        Ok(width)
    }

    /// A record's bytes without an earlier answer and without empty fields beyond the limit, how many fields they have, and the
    /// line's end.
    fn parts(&self, row: &RawRow, range: &Range<usize>) -> (&[u8], usize, &[u8]) {
        let raw = self.bytes.get(range.start..range.end.min(self.bytes.len())).unwrap_or_default();
        let body = without_line_end(raw);
        let ending = raw.get(body.len()..).unwrap_or_default();
        let most = self.earlier.filter(|_| row.number >= self.heads).unwrap_or(self.limits.columns);
        if row.cells.len() < most || (row.cells.len() == most && most < self.limits.columns) {
            return (body, row.cells.len(), ending);
        }
        (body.get(..field_end(body, self.separator, most)).unwrap_or(body), most, ending)
    }
}

/// Where the reader is in a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Begins,
    Plain,
    Quoted,
    /// After a quotation mark within quotes: another one makes it a character.
    Closed,
}

/// Where a record's first `fields` fields end. A quotation mark counts only where a field begins, as for the parser.
fn field_end(record: &[u8], separator: u8, fields: usize) -> usize {
    let (mut place, mut separators) = (Place::Begins, 0_usize);
    for (at, byte) in record.iter().enumerate() {
        place = match (place, *byte) {
            (Place::Quoted, b'"') => Place::Closed,
            (Place::Quoted, _) | (Place::Begins | Place::Closed, b'"') => Place::Quoted,
            (_, b'\n') => {
                separators = 0;
                Place::Begins
            }
            (_, byte) if byte == separator => {
                separators += 1;
                if separators == fields {
                    return at;
                }
                Place::Begins
            }
            _ => Place::Plain,
        };
    }
    record.len()
}

fn sheet(bytes: &Arc<[u8]>, table: &'static Table, faults_of: &mut FaultsOf<'_>, lang: Lang, limits: &Limits) -> Result<Vec<u8>, Refusal> {
    let book = Book::open(bytes, limits)?;
    let (given, layout) = sheet_of(&book, table)?;
    let mut rows = book.rows(given)?;
    let mut width = 0_usize;
    while let Some(row) = rows.next()? {
        width = width.max(row.cells.len());
    }
    let added = Added { column: earlier(&layout, width).unwrap_or(width), from_row: layout.row };
    book.with_column(given, added, &mut |row| message(row, layout.row, faults_of, lang))
}

#[cfg(test)]
mod tests;
