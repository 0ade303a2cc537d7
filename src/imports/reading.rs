//! Reading a file whole: what can be taken in, put together in units, and which rows cannot.

use std::collections::HashMap;
use std::sync::Arc;

use super::list::{Filed, Known, List, Unit, Whole};
use super::refused::Refused;
use crate::interchange::tables::{Encoding, Faults, Kind, Limits, Reader, TABLE_EMPTY, Table, csv_template};
use crate::kernel::{Lang, Refusal};

/// A file that was read: what can be taken in, and what is refused already.
pub(super) struct ReadFile<T> {
    /// What is taken whole, in the order of the first row of each; no row of it is at fault so far.
    pub units: Vec<Unit<T>>,
    /// The digest of each row of the units.
    pub digests: HashMap<u32, [u8; 32]>,
    pub refused: Refused,
    pub unknown_columns: Vec<String>,
    pub rows: u64,
}

/// Reads a file whole. Of a unit with a row that cannot be read, the other rows are refused with it. What is wrong with a row that
/// cannot be read is not kept: [`super::telling`] reads it again.
///
/// # Errors
/// What the file as a whole is refused for.
pub(super) fn read<L: List>(list: &L, bytes: &Arc<[u8]>, known: &Known) -> Result<ReadFile<L::Content>, Refusal> {
    let mut reader = Reader::open(bytes.clone(), list.table(), &Limits::default())?;
    let mut file = ReadFile {
        units: Vec::new(),
        digests: HashMap::new(),
        refused: Refused::default(),
        unknown_columns: reader.unknown_columns().to_vec(),
        rows: 0,
    };
    let examples = examples(list.table())?;
    let mut gathering = Gathering::default();
    let mut above = None;
    while let Some(row) = reader.next().transpose()? {
        file.rows = file.rows.saturating_add(1);
        let mut found = Faults::new(1);
        let unit = gathering.unit(list.whole(&row, above.as_ref()));
        let content = list.read(&row, known, &mut found).filter(|_| found.is_empty()).map(|content| (row.digest(), content));
        match (content.filter(|(digest, _)| !examples.contains(digest)), unit) {
            (Some((digest, content)), Some(unit)) => {
                file.digests.insert(row.number(), digest);
                unit.rows.push(Filed { row: row.number(), content });
            }
            (_, unit) => {
                file.refused.unreadable(row.number());
                if let Some(unit) = unit {
                    unit.cause = unit.cause.or(Some(row.number()));
                }
            }
        }
        above = Some(row);
    }
    if file.rows == 0 {
        return Err(TABLE_EMPTY.because("表头下面没有任何行", "there are no rows below the column heads"));
    }
    for Gathered { rows, cause } in gathering.units {
        match cause {
            Some(cause) => rows.iter().for_each(|row| file.refused.with(row.row, cause)),
            None => file.units.push(Unit { rows }),
        }
    }
    Ok(file)
}

/// The digests of the invented row that the templates of a list of people show: whoever leaves it in would register people who do not
/// exist. What names nobody, such as a standard, may well be what the example says.
pub(super) fn examples(table: &'static Table) -> Result<Vec<[u8; 32]>, Refusal> {
    let mut digests = Vec::new();
    if table.columns.iter().all(|column| column.kind != Kind::Identity) {
        return Ok(digests);
    }
    for lang in [Lang::Zh, Lang::En] {
        let rows = Reader::open(csv_template(table, lang, Encoding::Utf8)?, table, &Limits::default())?;
        digests.extend(rows.map(|row| row.map(|row| row.digest())).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(digests)
}

/// Rows that are taken whole, with the first of them that cannot be read.
struct Gathered<T> {
    rows: Vec<Filed<T>>,
    cause: Option<u32>,
}

/// Units as rows come, which need not stand together.
struct Gathering<T> {
    units: Vec<Gathered<T>>,
    places: HashMap<String, usize>,
    last: usize,
}

impl<T> Default for Gathering<T> {
    fn default() -> Self {
        Self { units: Vec::new(), places: HashMap::new(), last: 0 }
    }
}

impl<T> Gathering<T> {
    /// The unit of the next row. There always is one.
    fn unit(&mut self, whole: Whole) -> Option<&mut Gathered<T>> {
        let next = self.units.len();
        self.last = match whole {
            Whole::Above if next > 0 => self.last,
            Whole::Alone | Whole::Above => next,
            Whole::By(number) => *self.places.entry(number).or_insert(next),
        };
        if self.last == next {
            // Most units are of one row, and a hundred thousand of them are held.
            self.units.push(Gathered { rows: Vec::with_capacity(1), cause: None });
        }
        self.units.get_mut(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_number_are_one_unit_wherever_they_stand_and_a_row_without_one_goes_with_the_one_above() {
        let mut gathering = Gathering::<()>::default();
        let by = |number: &str| Whole::By(number.to_owned());
        let rows = [by("a"), by("b"), Whole::Above, by("a"), Whole::Above, Whole::Alone, Whole::Above];
        let places: Vec<usize> = rows
            .into_iter()
            .map(|whole| {
                gathering.unit(whole);
                gathering.last
            })
            .collect();
        assert_eq!(places, [0, 1, 1, 0, 0, 2, 2]);
        assert_eq!(gathering.units.len(), 3);
        assert!(Gathering::<()>::default().unit(Whole::Above).is_some(), "nothing stands above the first row");
    }
}
