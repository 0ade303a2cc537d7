//! The file itself, written where time may be taken: not on the threads that answer requests.

use std::io::{Error as IoError, ErrorKind, Write};

use tokio::sync::mpsc;

use super::listed::Listed;
use super::model::ExportFormat;
use super::value::Value;
use crate::db::{Error, Result};
use crate::interchange::tables::{Cell, Heading, TableWriter};
use crate::kernel::{Lang, Money, Totals};

/// A part of a list on its way to the writer.
#[derive(Debug)]
pub enum Part<T> {
    /// What stands above it; once, first.
    Begin(Heading),
    /// Some rows.
    Rows(Vec<T>),
    /// There are no more; what the list says they add up to.
    End(Totals),
}

/// Bytes that go out together.
const CHUNK: usize = 64 * 1024;

/// Pieces of a file on their way to the client.
pub type Chunks = mpsc::Sender<Result<Vec<u8>>>;

/// Cuts what is written into chunks, and waits while the client is behind.
pub struct ChunkWriter {
    chunks: Chunks,
    pending: Vec<u8>,
}

impl ChunkWriter {
    /// Writes to a channel. To be used where blocking is allowed.
    #[must_use]
    pub fn new(chunks: Chunks) -> Self {
        Self { chunks, pending: Vec::with_capacity(CHUNK) }
    }

    fn send(&mut self) -> std::io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::replace(&mut self.pending, Vec::with_capacity(CHUNK));
        self.chunks.blocking_send(Ok(chunk)).map_err(|_| gone())
    }
}

fn gone() -> IoError {
    IoError::new(ErrorKind::BrokenPipe, "the client went away")
}

impl Write for ChunkWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.pending.extend_from_slice(bytes);
        if self.pending.len() >= CHUNK {
            self.send()?;
        }
        Ok(bytes.len())
    }

    /// Leaves small pieces together: whoever is done calls [`ChunkWriter::end`].
    fn flush(&mut self) -> std::io::Result<()> {
        if self.chunks.is_closed() { Err(gone()) } else { Ok(()) }
    }
}

impl ChunkWriter {
    /// Sends what is left.
    ///
    /// # Errors
    /// When the client went away.
    pub fn end(mut self) -> std::io::Result<()> {
        self.send()
    }
}

/// How many rows were written, and what they add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Written {
    count: i64,
    amount: Money,
}

/// Writes a list as it comes. Blocks; to be called where that is allowed.
///
/// # Errors
/// A refusal of the table; [`Error::Internal`] when the list ends without its end (its reader failed, and says why), or its rows
/// are not what its totals say.
pub fn write<T: Listed>(mut parts: mpsc::Receiver<Part<T>>, chunks: Chunks, format: ExportFormat, lang: Lang) -> Result<()> {
    let Some(Part::Begin(heading)) = parts.blocking_recv() else { return Err(broken()) };
    let heads: Vec<&str> = T::COLUMNS.iter().map(|column| if lang == Lang::Zh { column.zh } else { column.name }).collect();
    let mut table = TableWriter::open(ChunkWriter::new(chunks.clone()), format.table(), Some(&heading), &heads)?;
    let mut written = Written { count: 0, amount: Money::ZERO };
    let totals = loop {
        match parts.blocking_recv() {
            Some(Part::Rows(rows)) => {
                if chunks.is_closed() {
                    return Err(Error::Internal("the client went away".to_owned()));
                }
                for row in &rows {
                    write_row(&mut table, row, lang, &mut written)?;
                }
            }
            Some(Part::End(totals)) => break totals,
            _ => return Err(broken()),
        }
    };
    let as_said = written.count == totals.count && (T::SUM.is_empty() || totals.amount.is_none_or(|amount| amount == written.amount));
    if !as_said {
        return Err(Error::Internal(format!("{}: the list says {totals:?}, the file has {written:?}", T::NAME)));
    }
    table.totals(&totals_row::<T>(written, lang))?;
    table.finish()?.end().map_err(|error| Error::Internal(error.to_string()))
}

fn broken() -> Error {
    Error::Internal("the list broke off".to_owned())
}

fn write_row<T: Listed>(table: &mut TableWriter<ChunkWriter>, row: &T, lang: Lang, written: &mut Written) -> Result<()> {
    let values: Vec<Value<'_>> = T::COLUMNS.iter().map(|column| (column.value)(row)).collect();
    for (column, value) in T::COLUMNS.iter().zip(&values) {
        if let Value::Money(amount) = value
            && T::SUM.contains(&column.name)
        {
            written.amount += *amount;
        }
    }
    written.count += 1;
    let cells: Vec<Cell<'_>> = values.iter().map(|value| value.cell(lang)).collect();
    Ok(table.row(&cells)?)
}

/// `合计`, how many, and under the column that is added up how much.
fn totals_row<T: Listed>(written: Written, lang: Lang) -> Vec<Cell<'static>> {
    let cell = |(place, name): (usize, &str)| match place {
        0 => Cell::Text(if lang == Lang::Zh { "合计" } else { "Total" }),
        1 => Cell::Integer(written.count),
        _ if T::SUM.contains(&name) => Cell::Money(written.amount),
        _ => Cell::Empty,
    };
    T::COLUMNS.iter().map(|column| column.name).enumerate().map(cell).collect()
}
