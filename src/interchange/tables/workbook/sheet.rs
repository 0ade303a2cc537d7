//! The rows of a sheet, a cell at a time.

use std::ops::Range;
use std::sync::Arc;

use quick_xml::events::{BytesStart, Event};

use super::book::Context;
use super::number::{day, shortest};
use super::strings::{LONGEST_TEXT, plain, unescaped};
use super::xml::{Xml, attribute, reference};
use crate::interchange::tables::cell::{Origin, RawCell, RawRow};
use crate::interchange::tables::error::{cell_too_long, too_many_columns};
use crate::kernel::Refusal;

/// Rows and columns of a sheet at most.
const LAST_ROW: u32 = 1_048_576;
const LAST_COLUMN: usize = 16_384;
/// Characters of a formula that are kept: enough to recognise it by.
const FORMULA_SHOWN: usize = 200;

/// The rows of one sheet. Rows without cells do not come.
pub(in crate::interchange::tables) struct SheetRows {
    xml: Xml,
    context: Arc<Context>,
    buffer: Vec<u8>,
    row: u32,
    laid: Laid,
    /// Where the sheet says how far it reaches, until [`SheetRows::extent`] is asked.
    extent: Option<Range<u64>>,
    /// The cells have begun, so their end must come.
    began: bool,
    ended: bool,
}

/// Where a row's cells are in the part, in bytes of what it inflates to.
#[derive(Debug, Default)]
pub(super) struct Laid {
    /// What stands before the colon in the row's tag.
    pub prefix: String,
    /// The cells with their columns, empty ones too, from left to right.
    cells: Vec<(usize, Range<u64>)>,
    /// Where the row's closing tag begins.
    end: u64,
}

impl Laid {
    /// What a cell of a column would replace: the one that is there, or nothing at its place among the others.
    pub fn replaced_by(&self, column: usize) -> Range<u64> {
        match self.cells.iter().find(|(place, _)| *place >= column) {
            Some((place, range)) if *place == column => range.clone(),
            Some((_, range)) => range.start..range.start,
            None => self.end..self.end,
        }
    }
}

/// What a cell's tag says of it.
struct Frame {
    kind: String,
    style: usize,
}

impl SheetRows {
    pub(super) fn new(xml: Xml, context: Arc<Context>) -> Self {
        Self { xml, context, buffer: Vec::new(), row: 0, laid: Laid::default(), extent: None, began: false, ended: false }
    }

    /// Where the cells of the row are that came last.
    pub(super) const fn laid(&self) -> &Laid {
        &self.laid
    }

    /// Where the sheet says how far it reaches, if it has come to that since this was asked last.
    pub(super) const fn extent(&mut self) -> Option<Range<u64>> {
        self.extent.take()
    }

    /// The next row that has cells.
    ///
    /// # Errors
    /// [`super::super::TABLE_WORKBOOK_MALFORMED`] for rows out of order and cells that cannot be read,
    /// [`super::super::TABLE_TOO_MANY_COLUMNS`], [`super::super::TABLE_CELL_TOO_LONG`], and those of [`Xml::next`].
    pub fn next(&mut self) -> Result<Option<RawRow>, Refusal> {
        while !self.ended {
            let mut buffer = std::mem::take(&mut self.buffer);
            let start = self.xml.position();
            let found = match self.xml.next(&mut buffer)? {
                Event::Start(tag) if tag.local_name().as_ref() == "row" => {
                    self.laid.prefix.clear();
                    self.laid.prefix.push_str(tag.name().prefix().map_or("", |prefix| prefix.into_inner()));
                    Some((self.row_number(&tag)?, true))
                }
                Event::Empty(tag) if tag.local_name().as_ref() == "dimension" => {
                    self.extent = Some(start..self.xml.position());
                    None
                }
                Event::Empty(tag) if tag.local_name().as_ref() == "row" => Some((self.row_number(&tag)?, false)),
                Event::End(tag) if tag.local_name().as_ref() == "sheetData" => {
                    // The rest of the part is of no interest, but must be there: a file cut short is refused.
                    while !matches!(self.xml.next(&mut buffer)?, Event::Eof) {}
                    self.ended = true;
                    None
                }
                Event::Start(tag) if tag.local_name().as_ref() == "sheetData" => {
                    self.began = true;
                    None
                }
                Event::Eof => return if self.began { Err(self.xml.broken()) } else { Ok(None) },
                _ => None,
            };
            self.buffer = buffer;
            if let Some((row, has_cells)) = found {
                self.row = row;
                if has_cells {
                    return Ok(Some(RawRow { number: row, cells: self.cells()? }));
                }
            }
        }
        Ok(None)
    }

    fn row_number(&self, tag: &BytesStart<'_>) -> Result<u32, Refusal> {
        let number = match attribute(tag, "r") {
            Some(number) => number.parse().map_err(|_| self.xml.broken())?,
            None => self.row.saturating_add(1),
        };
        if number > self.row && number <= LAST_ROW { Ok(number) } else { Err(self.xml.broken()) }
    }

    fn cells(&mut self) -> Result<Vec<RawCell>, Refusal> {
        let mut cells: Vec<RawCell> = Vec::new();
        let mut next = 0_usize;
        let mut buffer = Vec::new();
        self.laid.cells.clear();
        loop {
            let start = self.xml.position();
            let (place, cell) = match self.xml.next(&mut buffer)? {
                Event::Start(tag) if tag.local_name().as_ref() == "c" => {
                    let place = self.place(&tag, next)?;
                    let frame = Frame {
                        kind: attribute(&tag, "t").unwrap_or_default(),
                        style: attribute(&tag, "s").and_then(|style| style.parse().ok()).unwrap_or(0),
                    };
                    (place, self.cell(&frame)?)
                }
                Event::Empty(tag) if tag.local_name().as_ref() == "c" => (self.place(&tag, next)?, RawCell::empty()),
                Event::End(tag) if tag.local_name().as_ref() == "row" => {
                    self.laid.end = start;
                    return Ok(cells);
                }
                Event::Eof => return Err(self.xml.broken()),
                _ => continue,
            };
            next = place + 1;
            self.laid.cells.push((place, start..self.xml.position()));
            if cell.text.is_empty() && cell.origin != Origin::Formula {
                continue;
            }
            if place >= self.context.limits.columns {
                return Err(too_many_columns(self.row, self.context.limits.columns));
            }
            cells.resize(place, RawCell::empty());
            cells.push(cell);
        }
    }

    /// The column of a cell, from 0; cells come from left to right.
    fn place(&self, tag: &BytesStart<'_>, next: usize) -> Result<usize, Refusal> {
        let Some(name) = attribute(tag, "r") else { return Ok(next) };
        let letters = name.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (column, row) = name.split_at_checked(letters).ok_or_else(|| self.xml.broken())?;
        let index = column.bytes().take(4).fold(0_usize, |sum, letter| sum * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1);
        let fits = (1..=LAST_COLUMN).contains(&index) && letters <= 3 && row.parse() == Ok(self.row);
        match index.checked_sub(1) {
            Some(place) if fits && place >= next => Ok(place),
            _ => Err(self.xml.broken()),
        }
    }

    fn cell(&mut self, frame: &Frame) -> Result<RawCell, Refusal> {
        let mut value = String::new();
        let mut formula: Option<String> = None;
        let mut buffer = Vec::new();
        let depth = self.xml.depth();
        loop {
            match self.xml.next(&mut buffer)? {
                Event::Start(tag) => match tag.local_name().as_ref() {
                    "v" => self.content(&mut value, "v")?,
                    "is" => plain(&mut self.xml, "is", &mut value)?,
                    "f" => self.content(formula.get_or_insert_default(), "f")?,
                    _ => {}
                },
                Event::Empty(tag) if tag.local_name().as_ref() == "f" => drop(formula.get_or_insert_default()),
                Event::End(tag) if tag.local_name().as_ref() == "c" => {
                    // A cell within the cell would make this the end of neither.
                    if self.xml.depth() + 1 != depth {
                        return Err(self.xml.broken());
                    }
                    break;
                }
                Event::Eof => return Err(self.xml.broken()),
                _ => {}
            }
        }
        let cell = self.understood(frame, value)?;
        if cell.text.chars().count() > self.context.limits.cell_chars {
            return Err(cell_too_long(self.row, self.context.limits.cell_chars));
        }
        Ok(match formula {
            Some(formula) if formula.is_empty() => RawCell::new(cell.text, Origin::Formula),
            Some(formula) => RawCell::new(format!("={}", formula.chars().take(FORMULA_SHOWN).collect::<String>()), Origin::Formula),
            None => cell,
        })
    }

    /// The text up to the end of a tag.
    fn content(&mut self, text: &mut String, until: &str) -> Result<(), Refusal> {
        let mut buffer = Vec::new();
        loop {
            if text.len() > LONGEST_TEXT {
                return Err(self.xml.broken());
            }
            match self.xml.next(&mut buffer)? {
                Event::Text(part) => text.push_str(&part.xml10_content()),
                Event::CData(part) => text.push_str(&part.xml10_content()),
                Event::GeneralRef(entity) => text.push(reference(&entity).ok_or_else(|| self.xml.broken())?),
                Event::End(tag) if tag.local_name().as_ref() == until => return Ok(()),
                Event::Eof => return Err(self.xml.broken()),
                _ => {}
            }
        }
    }

    fn understood(&self, frame: &Frame, value: String) -> Result<RawCell, Refusal> {
        let text = |text: &str| RawCell::new(if text.contains("_x") { unescaped(text) } else { text.to_owned() }, Origin::Text);
        Ok(match frame.kind.as_str() {
            "s" => {
                let index: usize = value.trim_ascii().parse().map_err(|_| self.xml.broken())?;
                text(self.context.shared.get(index).ok_or_else(|| self.xml.broken())?)
            }
            "inlineStr" | "str" => text(&value),
            "b" => RawCell::new(if value.trim_ascii() == "1" || value == "true" { "TRUE" } else { "FALSE" }.to_owned(), Origin::Text),
            "e" => RawCell::new(value, Origin::Error),
            "d" => RawCell::new(value, Origin::Date),
            "n" | "" if value.trim_ascii().is_empty() => RawCell::empty(),
            "n" | "" => {
                let number = shortest(&value).ok_or_else(|| self.xml.broken())?;
                let shown = if self.context.styles.shows_day(frame.style) { day(&number, self.context.from_1904) } else { None };
                match shown {
                    Some(day) => RawCell::new(day, Origin::Date),
                    None => RawCell::new(number, Origin::Number),
                }
            }
            _ => return Err(self.xml.broken()),
        })
    }
}
