//! Which rows are refused and why, kept small: a million refused rows take some megabytes, and each of them has a reason.

use std::collections::{HashMap, HashSet};

use super::list::Wrong;
use crate::interchange::tables::{Fault, Row};
use crate::kernel::Text;

/// What the domain found wrong that is kept whole. Of what comes after, the first of each row is kept and the others are counted.
const WRONGS_WHOLE: usize = 10_000;
/// Reasons that are kept with their words. A file of a million rows has few, unless their words hold values.
const REASONS: usize = 10_000;

/// Why rows are refused that a rule of the domain found something wrong with.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reason {
    column: &'static str,
    code: String,
    text: Text,
}

/// The refused rows of a file.
#[derive(Debug, Default)]
pub(super) struct Refused {
    /// How many there are.
    rows: u64,
    /// Rows that cannot be read, in the order of the file.
    unreadable: Vec<u32>,
    /// Rows that nothing is wrong with, each with the row at fault that it would be taken in with.
    with: Vec<(u32, u32)>,
    /// Rows with the places of their reasons.
    wrongs: Vec<(u32, u32)>,
    reasons: Vec<Reason>,
    places: HashMap<(&'static str, String, String), u32>,
    /// Faults that are counted only.
    uncounted: u64,
}

impl Refused {
    /// A row that cannot be read.
    pub fn unreadable(&mut self, row: u32) {
        self.rows = self.rows.saturating_add(1);
        self.unreadable.push(row);
    }

    /// A row that is refused because it is taken whole with another, which is at fault.
    pub fn with(&mut self, row: u32, cause: u32) {
        self.rows = self.rows.saturating_add(1);
        self.with.push((row, cause));
    }

    /// The rows of a unit that the domain refused.
    pub fn unit(&mut self, rows: &[u32], wrongs: Vec<Wrong>) {
        let cause = wrongs.first().map_or(0, |wrong| wrong.row);
        let mut at_fault = HashSet::new();
        for wrong in wrongs {
            if at_fault.insert(wrong.row) || self.wrongs.len() < WRONGS_WHOLE {
                let row = wrong.row;
                let reason = self.reason(wrong);
                self.wrongs.push((row, reason));
            } else {
                self.uncounted = self.uncounted.saturating_add(1);
            }
        }
        for row in rows {
            if at_fault.contains(row) {
                self.rows = self.rows.saturating_add(1);
            } else {
                self.with(*row, cause);
            }
        }
    }

    /// How many rows are refused.
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// The place of a reason; each is kept once.
    fn reason(&mut self, wrong: Wrong) -> u32 {
        let Wrong { column, code, text, .. } = wrong;
        let (mut text, mut key) = (text.clone(), (column, code.clone(), text.zh));
        if self.reasons.len() >= REASONS && !self.places.contains_key(&key) {
            text = other_reason();
            key.2.clone_from(&text.zh);
        }
        if let Some(place) = self.places.get(&key) {
            return *place;
        }
        let place = u32::try_from(self.reasons.len()).unwrap_or(u32::MAX);
        self.reasons.push(Reason { column, code, text });
        self.places.insert(key, place);
        place
    }

    /// The same, to be asked row by row.
    pub fn in_order(mut self) -> InOrder {
        // Stable, so that what is wrong with one row stays in the order in which it was found.
        self.with.sort_unstable();
        self.wrongs.sort_by_key(|(row, _)| *row);
        InOrder {
            unreadable: self.unreadable.into_iter().peekable(),
            with: self.with.into_iter().peekable(),
            wrongs: self.wrongs.into_iter().peekable(),
            reasons: self.reasons,
            uncounted: self.uncounted,
        }
    }
}

/// Said of the rows of a file with more different reasons than are kept; the code still says which kind it is.
fn other_reason() -> Text {
    Text::new(
        "本文件的错误种类过多，此处只列出代码；请更正其他错误后重新导入",
        "this file has too many different faults to keep the words of all; correct the others and hand it in again",
    )
}

type Rows<T> = std::iter::Peekable<std::vec::IntoIter<T>>;

/// The refused rows of a file in its order.
pub(super) struct InOrder {
    unreadable: Rows<u32>,
    with: Rows<(u32, u32)>,
    wrongs: Rows<(u32, u32)>,
    reasons: Vec<Reason>,
    uncounted: u64,
}

impl InOrder {
    /// Why a row is refused, or `None`. Each row is asked for once, in ascending order.
    pub fn why(&mut self, row: u32) -> Option<Why> {
        let unreadable = self.unreadable.next_if_eq(&row).is_some();
        let with = self.with.next_if(|(at, _)| *at == row).map(|(_, cause)| cause);
        let mut reasons = Vec::new();
        while let Some((_, reason)) = self.wrongs.next_if(|(at, _)| *at == row) {
            reasons.push(reason);
        }
        (unreadable || with.is_some() || !reasons.is_empty()).then_some(Why { unreadable, with, reasons })
    }

    /// Faults that are counted only.
    pub const fn uncounted(&self) -> u64 {
        self.uncounted
    }

    /// What the domain found wrong with a row, in its words.
    pub fn faults<'a>(&'a self, why: &'a Why, row: &'a Row) -> impl Iterator<Item = Fault> + 'a {
        let place = |reason: &u32| usize::try_from(*reason).ok().and_then(|place| self.reasons.get(place));
        why.reasons
            .iter()
            .filter_map(place)
            .map(|reason| row.fault(reason.column, reason.code.clone(), reason.text.zh.clone(), reason.text.en.clone()))
    }
}

/// Why a row is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Why {
    /// It cannot be read; reading it again says why.
    pub unreadable: bool,
    /// The row at fault that it would be taken in with.
    pub with: Option<u32>,
    reasons: Vec<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(row: u32, column: &'static str, words: &str) -> Wrong {
        Wrong { row, column, code: "odd".to_owned(), text: Text::new(words, words) }
    }

    #[test]
    fn every_row_of_a_refused_unit_has_a_reason_and_the_sound_ones_name_the_row_that_is_the_cause() {
        let mut refused = Refused::default();
        refused.unreadable(2);
        refused.with(4, 2);
        refused.unit(&[7, 9, 3], vec![wrong(9, "a", "x"), wrong(9, "b", "x"), wrong(7, "a", "x")]);
        assert_eq!(refused.rows(), 5);
        assert_eq!(refused.reasons.len(), 2, "a reason is kept once");
        let mut refused = refused.in_order();
        let said: Vec<_> = (1..10).filter_map(|row| refused.why(row).map(|why| (row, why.unreadable, why.with, why.reasons))).collect();
        let expected = [
            (2, true, None, vec![]),
            (3, false, Some(9), vec![]),
            (4, false, Some(2), vec![]),
            (7, false, None, vec![0]),
            (9, false, None, vec![0, 1]),
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn of_very_many_faults_each_row_keeps_its_first_and_the_others_are_counted() {
        let mut refused = Refused::default();
        for row in 1..=12_000_u32 {
            // Words that hold a value differ from row to row.
            refused.unit(&[row], vec![wrong(row, "a", &row.to_string()), wrong(row, "b", "x")]);
        }
        assert_eq!(refused.rows(), 12_000);
        assert!(refused.reasons.len() <= REASONS + 2, "{}", refused.reasons.len());
        let mut refused = refused.in_order();
        assert_eq!(refused.uncounted(), 7_000);
        assert!((1..=12_000).all(|row| refused.why(row).is_some_and(|why| !why.reasons.is_empty())));
    }
}
