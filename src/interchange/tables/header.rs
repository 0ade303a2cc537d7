//! Where the column heads are, and which column of the file is which of the table.

use super::RESULT;
use super::cell::RawRow;
use super::error::{TABLE_COLUMN_MISSING, TABLE_COLUMN_TWICE, TABLE_HEADER_MISSING};
use super::fault::{shortened, shown};
use super::normal::trimmed;
use super::schema::{Column, Kind, Table};
use crate::kernel::{Refusal, label};

/// Rows among which the heads are looked for: exports carry who, when and which filter above them.
pub(super) const HEADER_WITHIN: u32 = 20;

/// Unknown columns that are named at most.
const UNKNOWN: usize = 50;

/// Marks that a head carries for those who fill it in.
const MARKS: &[&str] = &["*", "(必填)", "(必填项)", "(选填)", "(required)", "(optional)", "_"];

/// The form in which heads are compared: width, case, blanks and marks aside.
pub(super) fn key(head: &str) -> String {
    let mut key = label(head).to_lowercase();
    for mark in MARKS {
        if key.contains(mark) {
            key = key.replace(mark, "");
        }
    }
    key
}

/// How a file lays the table out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// The row of the heads.
    pub row: u32,
    /// Of each column of the table, its place in the file.
    pub places: Vec<Option<usize>>,
    /// Of each column of the table, its head as the file has it.
    pub heads: Vec<String>,
    /// Heads that are none of the table's.
    pub unknown: Vec<String>,
    /// The place of an earlier answer's column, if it is the last one.
    pub result: Option<usize>,
    /// Columns up to the last head.
    pub width: usize,
}

impl Layout {
    /// How many columns of the table are there.
    pub fn known(&self) -> usize {
        self.places.iter().flatten().count()
    }
}

/// The best line of heads among the first rows of a file.
///
/// The first row that names every required column is taken; failing that, the row that names most is refused with what it lacks.
///
/// # Errors
/// [`TABLE_HEADER_MISSING`], [`TABLE_COLUMN_MISSING`], [`TABLE_COLUMN_TWICE`].
pub(super) fn find(table: &Table, rows: &[RawRow]) -> Result<Layout, Refusal> {
    let keys: Vec<Vec<String>> = table.columns.iter().map(|column| column.heads().map(key).collect()).collect();
    let mut best: Option<Layout> = None;
    for row in rows {
        let layout = layout(table, &keys, row)?;
        if lacking(table, &layout).is_empty() && layout.known() > 0 {
            return Ok(layout);
        }
        if layout.known() > best.as_ref().map_or(0, Layout::known) {
            best = Some(layout);
        }
    }
    let Some(best) = best else {
        return Err(TABLE_HEADER_MISSING.refuse());
    };
    let lacking = lacking(table, &best);
    let (zh, en): (Vec<&str>, Vec<&str>) = lacking.iter().map(|column| (column.zh, column.name)).unzip();
    let row = best.row;
    Err(TABLE_COLUMN_MISSING
        .because(
            format!("第{row}行的表头缺少必填的列：{}", zh.join("、")),
            format!("the heads in row {row} lack required columns: {}", en.join(", ")),
        )
        .with("row", row)
        .with("columns", en))
}

fn lacking<'a>(table: &'a Table, layout: &Layout) -> Vec<&'a Column> {
    table
        .columns
        .iter()
        .zip(&layout.places)
        .filter(|(column, place)| column.required && place.is_none())
        .map(|(column, _)| column)
        .collect()
}

fn layout(table: &Table, keys: &[Vec<String>], row: &RawRow) -> Result<Layout, Refusal> {
    let mut layout = Layout {
        row: row.number,
        places: vec![None; table.columns.len()],
        heads: table.columns.iter().map(|column| column.zh.to_owned()).collect(),
        unknown: Vec::new(),
        result: None,
        width: 0,
    };
    let mut twice = None;
    for (place, cell) in row.cells.iter().enumerate() {
        let head = trimmed(&cell.text);
        if head.is_empty() {
            continue;
        }
        layout.width = place + 1;
        let wanted = key(head);
        let known = keys.iter().position(|keys| keys.contains(&wanted));
        let is_result = [RESULT.zh, RESULT.en].iter().any(|own| key(own) == wanted);
        layout.result = (known.is_none() && is_result).then_some(place);
        match known.and_then(|index| Some((layout.places.get_mut(index)?, layout.heads.get_mut(index)?))) {
            Some((Some(_), first)) => twice = twice.or_else(|| Some((first.clone(), shortened(head)))),
            Some((empty, shown)) => {
                *empty = Some(place);
                *shown = shortened(head);
            }
            None if is_result => {}
            None if layout.unknown.len() < UNKNOWN => layout.unknown.push(shown(Kind::Text, head)),
            None => {}
        }
    }
    match twice {
        // A title or a row of values may repeat a word; heads name at least two columns.
        Some((first, second)) if layout.known() > 1 || table.columns.len() == 1 => Err(TABLE_COLUMN_TWICE
            .because(
                format!("第{}行的表头「{first}」与「{second}」是同一列", row.number),
                format!("in row {} the heads \"{first}\" and \"{second}\" are the same column", row.number),
            )
            .with("row", row.number)),
        _ => Ok(layout),
    }
}
