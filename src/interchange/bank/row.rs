//! One row of a file: read, or at fault; and the characters that no row may have.

use std::fmt;

use crate::kernel::refusal::Code;
use crate::kernel::{Money, Text};

/// Bytes of a row's text that a fault keeps at most.
const LONGEST_KEPT: usize = 4096;

/// A row of a file, or why it cannot be used. The rows after it are read all the same.
#[derive(Debug, Clone, PartialEq)]
pub enum Row<T> {
    /// The row.
    Read(T),
    /// Why there is none.
    Faulty(Fault),
}

/// Why one row of a file cannot be used. `Debug` does not show the row.
#[derive(Clone, PartialEq)]
pub struct Fault {
    /// The row: of text files the physical line, of XML files the entry or transaction; from 1 on.
    pub line: u32,
    /// Which kind, one of [`super::error::CODES`].
    pub code: &'static Code,
    /// What is the matter, without repeating the row: it may hold somebody's account.
    pub text: Text,
    /// The row's own text, at most 4096 bytes of it, for whoever may see it.
    pub raw: String,
}

impl fmt::Debug for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Fault({} {}: {})", self.line, self.code.name, self.text.en)
    }
}

/// What is the matter with a value, before anybody knows in which row it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Problem {
    pub code: &'static Code,
    pub text: Text,
}

impl Problem {
    pub fn new(code: &'static Code, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, text: Text::new(zh, en) }
    }

    pub fn at(self, line: u32, raw: &str) -> Fault {
        Fault { line, code: self.code, text: self.text, raw: kept(raw) }
    }
}

/// As much of a row as a fault keeps, cut at a character.
pub(super) fn kept(raw: &str) -> String {
    let mut end = raw.len().min(LONGEST_KEPT);
    while !raw.is_char_boundary(end) {
        end -= 1;
    }
    raw.get(..end).unwrap_or_default().to_owned()
}

/// Whether a character may stand in a text of a row: no control characters, and none of those that turn the direction of
/// reading, with which a shown name or account could differ from the one in the file.
pub(super) fn is_plain(character: char) -> bool {
    !(character.is_control()
        || matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FFFE}' | '\u{FFFF}' | '\u{FEFF}'))
}

/// Digits with at most one point and at most one leading minus, as XML and the layouts write amounts: none of the units and
/// separators that [`Money`] reads from people.
pub(super) fn plain_amount(text: &str) -> Option<Money> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let plain = !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    plain.then(|| text.parse().ok()).flatten()
}

/// Whether a currency is the yuan. Chinese banks also write RMB, which no standard has.
pub(super) fn is_yuan(currency: &str) -> bool {
    matches!(currency, "CNY" | "RMB" | "156" | "人民币" | "人民币元")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_of_a_file_has_no_units_and_no_exponent() {
        assert_eq!(plain_amount("1500.00000").map(|amount| amount.to_string()).as_deref(), Some("1500.00"));
        for text in ["", "-", "1,500.00", "1.5万", "1e3", "+1", "1.005", ".", "１", "1元"] {
            assert_eq!(plain_amount(text), None, "{text}");
        }
    }

    #[test]
    fn what_a_fault_keeps_is_bounded_and_ends_at_a_character() {
        let text = "慰".repeat(5000);
        let kept = kept(&text);
        assert!(kept.len() <= LONGEST_KEPT && text.starts_with(&kept) && kept.len() > LONGEST_KEPT - 3);
    }
}
