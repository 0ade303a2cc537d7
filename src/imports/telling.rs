//! What people are told of refused rows: by row in the report, and beside each row in the file given back.
//!
//! The report names the first [`REPORTED`] faults and counts the others. In the file every refused row has a reason: all of them for
//! the first [`ROWS_WHOLE`] refused rows, the first of them for each row after that. Neither is held while the file is taken in:
//! rows are read again, and what is wrong with each is said when its turn comes.

use std::sync::Arc;

use super::list::{Known, List};
use super::reading::examples;
use super::refused::{InOrder, Refused};
use crate::interchange::tables::{Fault, Faults, Limits, Reader, Row, annotate};
use crate::kernel::{Lang, Refusal};

/// Faults that the report names.
const REPORTED: usize = 1_000;
/// Refused rows that are given back with all that is wrong with them.
const ROWS_WHOLE: usize = 10_000;

/// What is told.
pub(super) struct Told {
    /// The first faults, in the order of the rows.
    pub faults: Faults,
    /// How many more there are.
    pub more: u64,
    /// The file with what is wrong beside each row; none when nothing is.
    pub annotated: Option<Vec<u8>>,
}

/// Says what is wrong with each refused row, in the words and with the values of its cells.
///
/// # Errors
/// When the file cannot be written with one more column.
pub(super) fn tell<L: List>(list: &L, bytes: &Arc<[u8]>, known: &Known, refused: Refused, lang: Lang) -> Result<Told, Refusal> {
    if refused.rows() == 0 {
        return Ok(Told { faults: Faults::new(REPORTED), more: 0, annotated: None });
    }
    let limits = Limits::default();
    let reader = Reader::open(bytes.clone(), list.table(), &limits)?;
    let examples = examples(list.table())?;
    let mut teller = Teller { list, known, reader, examples, refused: refused.in_order(), faults: Faults::new(REPORTED), rows: 0 };
    let annotated = annotate(bytes.clone(), list.table(), &mut |row| teller.faults_of(row), lang, &limits)?;
    let more = teller.faults.more().saturating_add(teller.refused.uncounted());
    Ok(Told { faults: teller.faults, more, annotated: Some(annotated) })
}

struct Teller<'a, L> {
    list: &'a L,
    known: &'a Known,
    reader: Reader,
    examples: Vec<[u8; 32]>,
    refused: InOrder,
    faults: Faults,
    rows: usize,
}

impl<L: List> Teller<'_, L> {
    /// What the file given back says beside a row.
    fn faults_of(&mut self, number: u32) -> Result<Vec<Fault>, Refusal> {
        let Some(why) = self.refused.why(number) else { return Ok(Vec::new()) };
        let Some(row) = self.row(number)? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        if why.unreadable {
            found = unreadable(self.list, &row, self.known, &self.examples);
        }
        found.extend(self.refused.faults(&why, &row));
        found.extend(why.with.map(|cause| with(&row, self.list.together().unwrap_or_default(), cause)));
        found.iter().cloned().for_each(|fault| self.faults.push(fault));
        self.rows = self.rows.saturating_add(1);
        if self.rows > ROWS_WHOLE {
            found.truncate(1);
        }
        Ok(found)
    }

    /// Reads on to a row.
    fn row(&mut self, number: u32) -> Result<Option<Row>, Refusal> {
        while let Some(row) = self.reader.next().transpose()? {
            if row.number() >= number {
                return Ok(Some(row).filter(|row| row.number() == number));
            }
        }
        Ok(None)
    }
}

/// Why a row cannot be read. At least one fault: a list that reads nothing and says nothing still refuses the row.
fn unreadable<L: List>(list: &L, row: &Row, known: &Known, examples: &[[u8; 32]]) -> Vec<Fault> {
    let mut found = Faults::default();
    let _ = list.read(row, known, &mut found);
    let first = list.table().columns.first().map_or("", |column| column.name);
    if examples.contains(&row.digest()) {
        found.push(row.fault(first, "template_example", "这是模板中的示例，请删除本行", "is the example of the template; delete the row"));
    }
    if found.is_empty() {
        found.push(row.fault(first, "row_unreadable", "本行无法读取", "the row cannot be read"));
    }
    found.kept().to_vec()
}

/// A sound row that is taken in only with another, which is at fault.
fn with(row: &Row, column: &'static str, cause: u32) -> Fault {
    row.fault(
        column,
        "unit_refused",
        format!("须与第{cause}行一并导入，而第{cause}行有误"),
        format!("is taken in only together with row {cause}, which is at fault"),
    )
}
