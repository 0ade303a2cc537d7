//! A form as a workbook.

use super::model::{Form, Section};
use crate::exports::Value;
use crate::interchange::tables::{Cell, Format, Heading, TableWriter};
use crate::kernel::{Lang, Refusal};

type Book = TableWriter<Vec<u8>>;

/// The form as a workbook of one sheet: the facts above, the tables one under the other, the notes and signatures below.
///
/// # Errors
/// [`crate::interchange::tables::TABLE_NOT_WRITTEN`] when it cannot be written: more than 15 facts, a text too long for a cell.
pub fn book(form: &Form) -> Result<Vec<u8>, Refusal> {
    table(form, Format::Xlsx)
}

/// The same as any kind of table.
///
/// # Errors
/// As [`book`].
pub fn table(form: &Form, format: Format) -> Result<Vec<u8>, Refusal> {
    let first = form.sections.first().cloned().unwrap_or_default();
    let above_first = Some((first.title, String::new())).filter(|(title, _)| !title.is_empty());
    let facts = form.facts.iter().cloned().chain(above_first).map(|(label, value)| (label.to_owned(), value)).collect();
    let heading = Heading { title: form.title.to_owned(), facts };
    let mut table = TableWriter::open(Vec::new(), format, Some(&heading), &first.heads)?;
    for (place, section) in form.sections.iter().enumerate() {
        if place > 0 {
            table.row(&[])?;
            table.totals(&[Cell::Text(section.title)])?;
            let heads: Vec<Cell<'_>> = section.heads.iter().map(|head| Cell::Text(head)).collect();
            table.totals(&heads)?;
        }
        write(&mut table, section)?;
    }
    for (label, value) in &form.notes {
        table.row(&[Cell::Text(label), Cell::Text(value)])?;
    }
    table.row(&[])?;
    let signatures: Vec<String> = form.signatures.iter().map(|who| format!("{who}：")).collect();
    let signatures: Vec<Cell<'_>> = signatures.iter().flat_map(|who| [Cell::Text(who), Cell::Empty]).collect();
    table.row(&signatures)?;
    table.finish()
}

fn write(table: &mut Book, section: &Section) -> Result<(), Refusal> {
    for row in &section.rows {
        table.row(&cells(row))?;
    }
    section.totals.as_ref().map_or(Ok(()), |totals| table.totals(&cells(totals)))
}

fn cells<'a>(row: &'a [Value<'_>]) -> Vec<Cell<'a>> {
    row.iter().map(|value| value.cell(Lang::Zh)).collect()
}
