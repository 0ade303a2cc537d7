//! XLSX workbooks.

use std::io::Write;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::{Cell, Heading, not_written};
use crate::interchange::tables::normal::without_controls;
use crate::kernel::{Money, Refusal};

/// The name of the sheet on which a list goes on; a reader that finds it knows that the first is not all.
pub(in crate::interchange::tables) const SECOND_SHEET: &str = "第2页";
/// Rows of a sheet.
const SHEET_ROWS: u32 = 1_048_576;
/// Width of a column, enough for an identity number.
const COLUMN_PIXELS: u32 = 150;

/// Writes rows to a sheet that lies on disk until the workbook is complete.
pub(super) struct WorkbookWriter<W> {
    out: W,
    book: Workbook,
    sheet: Worksheet,
    heads: Vec<String>,
    formats: Formats,
    row: u32,
    sheets: u32,
    /// The last row for data, counted from 0: the one after it is kept for the totals.
    last_data_row: u32,
}

struct Formats {
    title: Format,
    head: Format,
    plain: Format,
    text: Format,
    day: Format,
    money: Format,
    strong: [Format; 4],
}

impl Formats {
    fn new() -> Self {
        let plain = [
            Format::new(),
            Format::new().set_num_format("@"),
            Format::new().set_num_format("yyyy-mm-dd"),
            Format::new().set_num_format("#,##0.00"),
        ];
        let [none, text, day, money] = plain.clone();
        let head = Format::new().set_bold().set_background_color(Color::RGB(0x00E8_EEF4)).set_num_format("@");
        Self { title: Format::new().set_bold().set_font_size(14), head, plain: none, text, day, money, strong: plain.map(Format::set_bold) }
    }
}

/// A workbook that names no time of its making: the same rows make the same bytes.
pub(in crate::interchange::tables) fn new_book() -> Result<Workbook, Refusal> {
    let mut book = Workbook::new();
    let epoch = ExcelDateTime::from_ymd(1980, 1, 1).map_err(|error| refused(&error))?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&epoch));
    Ok(book)
}

pub(in crate::interchange::tables) fn refused(error: &XlsxError) -> Refusal {
    not_written(&error.to_string())
}

impl<W: Write + Send> WorkbookWriter<W> {
    pub fn open(out: W, heading: Option<&Heading>, heads: &[&str]) -> Result<Self, Refusal> {
        Self::with_sheets_of(SHEET_ROWS, out, heading, heads)
    }

    /// As [`WorkbookWriter::open`], with so many rows a sheet, its heading and heads among them.
    pub fn with_sheets_of(rows: u32, out: W, heading: Option<&Heading>, heads: &[&str]) -> Result<Self, Refusal> {
        let mut book = new_book()?;
        let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
        let sheet = sheet(&mut book, "第1页", heads.len())?;
        let mut writer =
            Self { out, book, sheet, heads, formats: Formats::new(), row: 0, sheets: 1, last_data_row: rows.saturating_sub(2) };
        if let Some(heading) = heading {
            writer.sheet.write_string_with_format(0, 0, &heading.title, &writer.formats.title).map_err(|error| refused(&error))?;
            writer.row = 1;
            for (label, value) in &heading.facts {
                writer.row(&[Cell::Text(label), Cell::Text(value)], false)?;
            }
            // A row between what the list is and the list.
            writer.row += 1;
        }
        writer.write_heads()?;
        Ok(writer)
    }

    pub fn row(&mut self, cells: &[Cell<'_>], totals: bool) -> Result<(), Refusal> {
        if self.row > self.last_data_row && !totals {
            self.next_sheet()?;
        }
        for (column, cell) in (0_u16..).zip(cells) {
            write(&mut self.sheet, &self.formats, (self.row, column), *cell, totals).map_err(|error| refused(&error))?;
        }
        self.row += 1;
        Ok(())
    }

    pub fn finish(mut self) -> Result<W, Refusal> {
        self.book.push_worksheet(self.sheet);
        self.book.save_to_writer(&mut self.out).map_err(|error| refused(&error))?;
        self.out.flush().map_err(|error| not_written(&error.to_string()))?;
        Ok(self.out)
    }

    fn next_sheet(&mut self) -> Result<(), Refusal> {
        self.sheets += 1;
        let next = sheet(&mut self.book, &format!("第{}页", self.sheets), self.heads.len())?;
        self.book.push_worksheet(std::mem::replace(&mut self.sheet, next));
        self.row = 0;
        self.write_heads()
    }

    fn write_heads(&mut self) -> Result<(), Refusal> {
        for (column, head) in (0_u16..).zip(&self.heads) {
            self.sheet.write_string_with_format(self.row, column, head, &self.formats.head).map_err(|error| refused(&error))?;
        }
        self.row += 1;
        Ok(())
    }
}

fn sheet(book: &mut Workbook, name: &str, columns: usize) -> Result<Worksheet, Refusal> {
    let mut sheet = book.new_worksheet_with_constant_memory().map_err(|error| refused(&error))?;
    sheet.set_name(name).map_err(|error| refused(&error))?;
    for column in 0..u16::try_from(columns).unwrap_or(u16::MAX) {
        sheet.set_column_width_pixels(column, COLUMN_PIXELS).map_err(|error| refused(&error))?;
    }
    Ok(sheet)
}

fn write(sheet: &mut Worksheet, formats: &Formats, (row, column): (u32, u16), cell: Cell<'_>, totals: bool) -> Result<(), XlsxError> {
    let [strong, strong_text, strong_day, strong_money] = &formats.strong;
    let pick = |plain, strong| if totals { strong } else { plain };
    let written = match cell {
        Cell::Empty | Cell::Text("") | Cell::Code("") => return Ok(()),
        Cell::Text(text) if totals => sheet.write_string_with_format(row, column, without_controls(text), strong),
        Cell::Text(text) => sheet.write_string(row, column, without_controls(text)),
        Cell::Code(text) => sheet.write_string_with_format(row, column, without_controls(text), pick(&formats.text, strong_text)),
        Cell::Money(amount) => match exact(amount) {
            Some(text) => sheet.write_number_with_format(row, column, double(&text), pick(&formats.money, strong_money)),
            None => sheet.write_string_with_format(row, column, amount.to_string(), pick(&formats.text, strong_text)),
        },
        Cell::Date(day) => match serial(day) {
            Some(serial) => sheet.write_number_with_format(row, column, serial, pick(&formats.day, strong_day)),
            None => sheet.write_string_with_format(row, column, day.to_string(), pick(&formats.text, strong_text)),
        },
        Cell::Integer(number) if number.unsigned_abs() < 1_000_000_000_000_000 => {
            sheet.write_number_with_format(row, column, double(&number.to_string()), pick(&formats.plain, strong))
        }
        Cell::Integer(number) => sheet.write_string_with_format(row, column, number.to_string(), pick(&formats.text, strong_text)),
    };
    written.map(|_| ())
}

/// The amount's text, if a double of 15 significant digits holds it.
fn exact(amount: Money) -> Option<String> {
    (amount.as_decimal().abs() < Decimal::from(10_000_000_000_000_u64)).then(|| amount.to_string())
}

/// The serial number of a day, from March 1900 on: before, the calendar of spreadsheets is a day off.
pub(in crate::interchange::tables) fn serial(day: NaiveDate) -> Option<i32> {
    let first = NaiveDate::from_ymd_opt(1900, 3, 1)?;
    let start = NaiveDate::from_ymd_opt(1899, 12, 30)?;
    if day < first { None } else { i32::try_from((day - start).num_days()).ok() }
}

/// A decimal text of up to 15 significant digits as the double that a workbook stores.
#[expect(clippy::disallowed_types, reason = "workbooks store doubles; this is the one place where text becomes one")]
pub(in crate::interchange::tables) fn double(text: &str) -> f64 {
    text.parse().unwrap_or_default()
}
