//! CSV files: records with the row that a spreadsheet shows for each, and where in the file they lie.
//!
//! Works on the file's own bytes. In UTF-8 and GB18030 alike no part of a longer character equals a quotation mark, a separator
//! or a line feed, so records are split before anything is decoded, and an answer can leave them byte for byte.

use std::borrow::Cow;
use std::io::{Chain, Cursor, Read};
use std::ops::Range;
use std::sync::Arc;

use csv::{ByteRecord, ReaderBuilder, Terminator};
use encoding_rs::GB18030;

use super::cell::{Origin, RawCell, RawRow};
use super::error::{TABLE_ENCODING, TABLE_LINE_TOO_LONG, TABLE_QUOTE_OPEN, cell_too_long, lines_run_together, too_many_columns};
use super::format::{BOM, Encoding, without_line_end};
use super::limits::Limits;
use super::metered::{Metered, ran_out};
use super::normal::{is_formula, is_stray, without_apostrophe};
use crate::kernel::Refusal;

/// Separators that programs write, the most usual first.
pub(super) const SEPARATORS: [u8; 3] = [b',', b'\t', b';'];

/// A record behind the file's end. Where a quotation mark is still open it disappears into the last record instead of being one,
/// which is the only sign of it that a lenient parser gives.
const END: &[u8] = b"\n\x1eend of the table\x1e\n";
const END_FIELD: &[u8] = b"\x1eend of the table\x1e";

/// A file and [`END`] behind it.
type WholeFile = Chain<Cursor<Arc<[u8]>>, Cursor<&'static [u8]>>;

/// The records of a CSV file.
pub(super) struct Delimited {
    file: Arc<[u8]>,
    reader: csv::Reader<Metered<WholeFile>>,
    encoding: Encoding,
    limits: Limits,
    ahead: Option<Record>,
    /// Line feeds within cells so far: rows of a spreadsheet are records, not lines.
    within_cells: u64,
    start: usize,
}

#[derive(Debug, Clone)]
struct Record {
    fields: ByteRecord,
    number: u32,
    /// Bytes of the file from the end of the record before to the end of this one.
    bytes: Range<usize>,
}

impl Delimited {
    /// Begins before the first record.
    ///
    /// # Errors
    /// [`TABLE_LINE_TOO_LONG`] for the first line.
    pub fn open(bytes: &Arc<[u8]>, encoding: Encoding, separator: u8, limits: &Limits) -> Result<Self, Refusal> {
        let start = if encoding == Encoding::Utf8Bom { BOM.len() } else { 0 };
        let mut file = Cursor::new(Arc::clone(bytes));
        file.set_position(u64::try_from(start).unwrap_or(0));
        let source = Metered::new(file.chain(Cursor::new(END)), limits.line_bytes);
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator)
            .terminator(Terminator::Any(b'\n'))
            .from_reader(source);
        let mut records = Self { file: Arc::clone(bytes), reader, encoding, limits: *limits, ahead: None, within_cells: 0, start };
        records.ahead = records.read()?;
        Ok(records)
    }

    /// The next row, with the bytes of the file that it takes.
    ///
    /// # Errors
    /// [`TABLE_LINE_TOO_LONG`], [`TABLE_QUOTE_OPEN`], [`TABLE_ENCODING`], [`super::TABLE_FORMAT`] where lines run together,
    /// [`super::TABLE_CELL_TOO_LONG`], [`super::TABLE_TOO_MANY_COLUMNS`].
    pub fn next(&mut self) -> Result<Option<(RawRow, Range<usize>)>, Refusal> {
        let Some(record) = self.ahead.take() else { return Ok(None) };
        self.ahead = self.read()?;
        if self.ahead.is_none() {
            if record.fields.len() == 1 && record.fields.get(0) == Some(END_FIELD) {
                return Ok(None);
            }
            let row = record.number;
            return Err(TABLE_QUOTE_OPEN
                .because(format!("第{row}行有一个引号没有配对，直到文件末尾"), format!("a quotation mark in row {row} is never closed"))
                .with("row", row));
        }
        // The last record may end with what is behind the file.
        let end = record.bytes.end.min(self.file.len());
        let raw = self.file.get(record.bytes.start..end).unwrap_or_default();
        if record.fields.as_slice().contains(&b'\r') && runs_together(raw) {
            return Err(lines_run_together(record.number));
        }
        // The carriage returns that end the line stand in its last field; others there, within quotation marks, are the cell's own.
        let line = raw.strip_suffix(b"\n").unwrap_or(raw);
        let returns = line.len() - without_line_end(line).len();
        let last = record.fields.len().saturating_sub(1);
        let mut cells = Vec::with_capacity(record.fields.len().min(self.limits.columns));
        for (place, field) in record.fields.iter().enumerate() {
            let field = if place == last { field.get(..field.len().saturating_sub(returns)).unwrap_or(field) } else { field };
            let cell = self.cell(field, record.number)?;
            if place < self.limits.columns {
                cells.push(cell);
            } else if !cell.text.trim_matches(is_stray).is_empty() {
                return Err(too_many_columns(record.number, self.limits.columns));
            }
        }
        Ok(Some((RawRow { number: record.number, cells }, record.bytes)))
    }

    fn read(&mut self) -> Result<Option<Record>, Refusal> {
        let mut fields = ByteRecord::new();
        self.reader.get_mut().refill();
        let begin = self.reader.position().byte();
        let more = self.reader.read_byte_record(&mut fields).map_err(|error| self.failed(&error))?;
        if !more {
            return Ok(None);
        }
        let position = self.reader.position();
        // Blank lines before the record count as rows, and line feeds within it do not.
        let within = u64::try_from(fields.as_slice().iter().filter(|byte| **byte == b'\n').count()).unwrap_or(0);
        let line = position.line().saturating_sub(1).saturating_sub(within);
        let number = u32::try_from(line.saturating_sub(self.within_cells)).unwrap_or(u32::MAX);
        self.within_cells = self.within_cells.saturating_add(within);
        let place = |byte: u64| usize::try_from(byte).unwrap_or(usize::MAX).saturating_add(self.start);
        Ok(Some(Record { number, bytes: place(begin)..place(position.byte()), fields }))
    }

    fn failed(&self, error: &csv::Error) -> Refusal {
        let line = self.reader.position().line();
        match error.kind() {
            csv::ErrorKind::Io(error) if ran_out(error) => {
                let limit = self.limits.line_bytes;
                TABLE_LINE_TOO_LONG
                    .because(
                        format!("第{line}行起超过{limit}字节；可能有引号没有配对"),
                        format!("from line {line} on a row has more than {limit} bytes; a quotation mark may never be closed"),
                    )
                    .with("line", line)
            }
            _ => TABLE_QUOTE_OPEN.because(format!("第{line}行无法读取"), format!("line {line} cannot be read")).with("line", line),
        }
    }

    fn cell(&self, field: &[u8], row: u32) -> Result<RawCell, Refusal> {
        let text = decoded(field, self.encoding).ok_or_else(|| {
            TABLE_ENCODING.because(format!("第{row}行的编码无法识别"), format!("the encoding of row {row} cannot be read")).with("row", row)
        })?;
        if text.chars().count() > self.limits.cell_chars {
            return Err(cell_too_long(row, self.limits.cell_chars));
        }
        Ok(match without_apostrophe(&text) {
            Some(rest) => RawCell::new(rest.to_owned(), Origin::Text),
            None if is_formula(&text) => RawCell::new(text.into_owned(), Origin::Formula),
            None => RawCell::new(text.into_owned(), Origin::Text),
        })
    }
}

/// Whether a carriage return without a line feed stands in a record, and not between quotation marks. Some programs end a line
/// there: what follows would be read as cells of the same row, or, beyond its heads, not at all.
fn runs_together(record: &[u8]) -> bool {
    let record = without_line_end(record);
    let mut quoted = false;
    record.iter().enumerate().any(|(at, byte)| {
        quoted ^= *byte == b'"';
        *byte == b'\r' && !quoted && record.get(at + 1) != Some(&b'\n')
    })
}

/// The text of some bytes, or nothing when they are not of the encoding.
pub(super) fn decoded(bytes: &[u8], encoding: Encoding) -> Option<Cow<'_, str>> {
    match encoding {
        Encoding::Utf8 | Encoding::Utf8Bom => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Encoding::Gb18030 => GB18030.decode_without_bom_handling_and_without_replacement(bytes),
    }
}
