//! CSV files.

use std::borrow::Cow;
use std::io::{Error, ErrorKind, Result as IoResult, Write};

use csv::{Terminator, Writer, WriterBuilder};
use encoding_rs::{EncoderResult, GB18030};

use super::{Cell, Heading, not_written};
use crate::interchange::tables::format::{BOM, Encoding};
use crate::interchange::tables::normal::{is_formula, needs_apostrophe, needs_shelter};
use crate::kernel::Refusal;

/// Writes records, and texts so that spreadsheets neither run nor change them.
pub(super) struct DelimitedWriter<W: Write> {
    records: Writer<Encoder<W>>,
}

impl<W: Write> DelimitedWriter<W> {
    pub fn open(mut out: W, encoding: Encoding, heading: Option<&Heading>, heads: &[&str]) -> Result<Self, Refusal> {
        if encoding == Encoding::Utf8Bom {
            out.write_all(BOM).map_err(|error| not_written(&error.to_string()))?;
        }
        let encoder = Encoder { out, encoding, pending: Vec::new() };
        let records = WriterBuilder::new().flexible(true).terminator(Terminator::CRLF).buffer_capacity(64 << 10).from_writer(encoder);
        let mut writer = Self { records };
        if let Some(heading) = heading {
            writer.record(&[Cell::Text(&heading.title)])?;
            for (label, value) in &heading.facts {
                writer.record(&[Cell::Text(label), Cell::Text(value)])?;
            }
        }
        let heads: Vec<Cell<'_>> = heads.iter().map(|head| Cell::Text(head)).collect();
        writer.record(&heads)?;
        Ok(writer)
    }

    pub fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), Refusal> {
        self.record(cells)
    }

    pub fn finish(self) -> Result<W, Refusal> {
        let encoder = self.records.into_inner().map_err(|error| not_written(&error.to_string()))?;
        encoder.finish().map_err(|error| not_written(&error.to_string()))
    }

    fn record(&mut self, cells: &[Cell<'_>]) -> Result<(), Refusal> {
        let failed = |error: csv::Error| not_written(&error.to_string());
        for cell in cells {
            self.records.write_field(field(*cell).as_bytes()).map_err(failed)?;
        }
        self.records.write_record(None::<&[u8]>).map_err(failed)
    }
}

fn field(cell: Cell<'_>) -> Cow<'_, str> {
    match cell {
        // A tab shelters what is a number to a spreadsheet; what begins with a sign and is none, `+-0`, would still be a formula.
        Cell::Text(text) | Cell::Code(text) if needs_shelter(text) && !is_formula(text) => Cow::Owned(format!("\t{text}")),
        Cell::Text(text) | Cell::Code(text) if needs_apostrophe(text) => Cow::Owned(format!("'{text}")),
        Cell::Text(text) | Cell::Code(text) => Cow::Borrowed(text),
        Cell::Money(amount) => Cow::Owned(amount.to_string()),
        Cell::Date(day) => Cow::Owned(day.to_string()),
        Cell::Integer(number) => Cow::Owned(number.to_string()),
        Cell::Empty => Cow::Borrowed(""),
    }
}

/// A text as a quoted field, for files that are completed record by record.
pub(in crate::interchange::tables) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A text in an encoding; a character that it lacks becomes its number, which GB18030 needs for one character alone.
pub(in crate::interchange::tables) fn encoded(text: &str, encoding: Encoding) -> Cow<'_, [u8]> {
    match encoding {
        Encoding::Utf8 | Encoding::Utf8Bom => Cow::Borrowed(text.as_bytes()),
        Encoding::Gb18030 => GB18030.encode(text).0,
    }
}

/// Takes UTF-8 in whatever pieces it comes, and passes it on in the file's encoding.
struct Encoder<W> {
    out: W,
    encoding: Encoding,
    /// The beginning of a character whose end has not come yet.
    pending: Vec<u8>,
}

impl<W: Write> Encoder<W> {
    fn finish(mut self) -> IoResult<W> {
        self.out.flush()?;
        if self.pending.is_empty() { Ok(self.out) } else { Err(ErrorKind::InvalidData.into()) }
    }

    fn encode(&mut self, text: &str) -> IoResult<()> {
        let mut encoder = GB18030.new_encoder();
        let mut scratch = [0_u8; 4096];
        let mut rest = text;
        loop {
            let (result, read, written) = encoder.encode_from_utf8_without_replacement(rest, &mut scratch, true);
            self.out.write_all(scratch.get(..written).unwrap_or_default())?;
            rest = rest.get(read..).unwrap_or_default();
            match result {
                EncoderResult::InputEmpty => return Ok(()),
                EncoderResult::OutputFull => {}
                EncoderResult::Unmappable(character) => {
                    return Err(Error::new(ErrorKind::InvalidData, format!("U+{:04X} is not in GB18030", u32::from(character))));
                }
            }
        }
    }
}

impl<W: Write> Write for Encoder<W> {
    fn write(&mut self, bytes: &[u8]) -> IoResult<usize> {
        if self.encoding != Encoding::Gb18030 {
            return self.out.write(bytes);
        }
        self.pending.extend_from_slice(bytes);
        let whole = std::mem::take(&mut self.pending);
        let valid = match std::str::from_utf8(&whole) {
            Ok(text) => text,
            Err(error) if error.error_len().is_none() => {
                let (valid, rest) = whole.split_at(error.valid_up_to());
                self.pending = rest.to_vec();
                std::str::from_utf8(valid).map_err(|_| ErrorKind::InvalidData)?
            }
            Err(_) => return Err(ErrorKind::InvalidData.into()),
        };
        self.encode(valid)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> IoResult<()> {
        self.out.flush()
    }
}
