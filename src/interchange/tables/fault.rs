//! What is wrong with one cell, as people are told: where, what stands there, and why it is not taken.

use std::borrow::Cow;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use unicode_normalization::UnicodeNormalization;

use super::schema::Kind;
use crate::kernel::{Text, mask};

/// Characters of a value or head that are shown at most.
const SHOWN: usize = 60;
/// Digits in a row from which a number may be somebody's.
const PERSONAL_DIGITS: usize = 11;

/// Why a value is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Stable snake_case code.
    pub code: &'static str,
    /// The reason for people; never holds the value.
    pub text: Text,
}

impl Reason {
    /// A reason with its sentence in both languages.
    #[must_use]
    pub fn new(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, text: Text::new(zh, en) }
    }
}

/// A cell that is not taken. Serialises as `{row, column, header, value, code, zh, en}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The row as a spreadsheet shows it, from 1.
    pub row: u32,
    /// The column's name in the API.
    pub column: &'static str,
    /// The column's head as the file has it; of a column that the file lacks, its Chinese head.
    pub header: String,
    /// What stands in the cell, masked and shortened.
    pub value: String,
    /// Stable snake_case code.
    pub code: Cow<'static, str>,
    /// The reason for people.
    pub text: Text,
}

impl Serialize for Fault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fault = serializer.serialize_struct("Fault", 7)?;
        fault.serialize_field("row", &self.row)?;
        fault.serialize_field("column", self.column)?;
        fault.serialize_field("header", &self.header)?;
        fault.serialize_field("value", &self.value)?;
        fault.serialize_field("code", &self.code)?;
        fault.serialize_field("zh", &self.text.zh)?;
        fault.serialize_field("en", &self.text.en)?;
        fault.end()
    }
}

/// The faults of a file: as many as people can read, and how many more there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    kept: Vec<Fault>,
    most: usize,
    more: u64,
}

impl Default for Faults {
    fn default() -> Self {
        Self::new(1_000)
    }
}

impl Faults {
    /// Keeps the first `most` faults and counts the others.
    #[must_use]
    pub const fn new(most: usize) -> Self {
        Self { kept: Vec::new(), most, more: 0 }
    }

    /// Takes one in.
    pub fn push(&mut self, fault: Fault) {
        if self.kept.len() < self.most {
            self.kept.push(fault);
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    /// Takes the value, or notes the fault and gives nothing: so that a row names all its faults at once.
    pub fn take<T>(&mut self, result: Result<Option<T>, Fault>) -> Option<T> {
        result.unwrap_or_else(|fault| {
            self.push(fault);
            None
        })
    }

    /// Those that are kept, in the order in which they came.
    #[must_use]
    pub fn kept(&self) -> &[Fault] {
        &self.kept
    }

    /// How many were counted and not kept.
    #[must_use]
    pub const fn more(&self) -> u64 {
        self.more
    }

    /// Whether there were none at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.kept.is_empty() && self.more == 0
    }
}

/// What may be shown of a cell: personal values by the kernel's masks, and in every other text whatever long number it holds.
pub(super) fn shown(kind: Kind, value: &str) -> String {
    if value.is_empty() {
        return String::new();
    }
    shortened(&match kind {
        Kind::Identity => mask::identity_number(value),
        Kind::Account => mask::account_number(value),
        Kind::Phone => mask::phone(value),
        Kind::Name => mask::name(value),
        _ => without_long_numbers(value),
    })
}

/// At most [`SHOWN`] characters, on one line.
pub(super) fn shortened(text: &str) -> String {
    let one_line: String = text.chars().take(SHOWN).map(|each| if each.is_control() { ' ' } else { each }).collect();
    if text.chars().nth(SHOWN).is_some() { format!("{one_line}…") } else { one_line }
}

/// Masks runs of digits (and X, for identity numbers) from [`PERSONAL_DIGITS`] on, also when single blanks or hyphens part them.
fn without_long_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    let mut digits = 0_usize;
    let flush = |run: &mut String, digits: &mut usize, out: &mut String| {
        if *digits >= PERSONAL_DIGITS {
            let plain: String = run.chars().filter(char::is_ascii_alphanumeric).collect();
            out.push_str(&mask::account_number(&plain));
            out.extend(run.chars().rev().take_while(|each| is_joint(*each)));
        } else {
            out.push_str(run);
        }
        run.clear();
        *digits = 0;
    };
    for each in text.chars().map(narrow_digit) {
        let joins = is_joint(each) && run.ends_with(|last: char| last.is_ascii_digit());
        if each.is_ascii_digit() || (matches!(each, 'X' | 'x') && digits > 0) || joins {
            digits += usize::from(!is_joint(each));
            run.push(each);
        } else {
            flush(&mut run, &mut digits, &mut out);
            out.push(each);
        }
    }
    flush(&mut run, &mut digits, &mut out);
    out
}

/// A digit or letter in another width as what it is, so that no width hides a number; everything else as it stands.
fn narrow_digit(each: char) -> char {
    let mut forms = std::iter::once(each).nfkc();
    forms.next().filter(|form| form.is_ascii_alphanumeric() && forms.next().is_none()).unwrap_or(each)
}

const fn is_joint(each: char) -> bool {
    matches!(each, ' ' | '-' | '\u{a0}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_fault_shows_no_personal_value() {
        for (kind, value, expected) in [
            (Kind::Identity, "510599199001010017", "510599********0017"),
            (Kind::Account, "6229990000000000019", "****0019"),
            (Kind::Phone, "19900002835", "199****2835"),
            (Kind::Name, "王小明", "王**"),
            (Kind::Text, "卡号6229 9900 0000 0000 019，电话 12345", "卡号****0019，电话 12345"),
            (Kind::Text, "５１０５９９１９９００１０１００１７", "****0017"),
            (Kind::Text, "51059919900101001X 王", "****001X 王"),
            (Kind::Money, "1521.005", "1521.005"),
            (Kind::Text, "", ""),
        ] {
            assert_eq!(shown(kind, value), expected, "{value}");
        }
        assert_eq!(shown(Kind::Text, &"长".repeat(100)).chars().count(), SHOWN + 1);
    }

    #[test]
    fn faults_beyond_the_limit_are_counted() {
        let fault =
            Fault { row: 1, column: "a", header: String::new(), value: String::new(), code: "c".into(), text: Text::new("中", "e") };
        let mut faults = Faults::new(2);
        for _ in 0..5 {
            faults.push(fault.clone());
        }
        assert_eq!((faults.kept().len(), faults.more()), (2, 3));
        let json = serde_json::to_value(&fault).unwrap();
        assert_eq!(json, serde_json::json!({"row": 1, "column": "a", "header": "", "value": "", "code": "c", "zh": "中", "en": "e"}));
    }

    proptest! {
        #[test]
        fn no_long_number_is_shown(before in "[一-龥 a-w]{0,5}", number in "[0-9]{11,30}", after in "[一-龥 a-w]{0,5}") {
            let shown = shown(Kind::Text, &format!("{before}{number}{after}"));
            prop_assert!(!shown.contains(&number) && !shown.contains(&number[..6]) || number[..6] == number[number.len() - 4..]);
        }
    }
}
