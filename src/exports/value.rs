//! What stands in a cell of an export, before it is known which file it is.

use std::borrow::Cow;

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::words::translated;
use crate::interchange::tables::Cell;
use crate::kernel::{self, Lang, Money};

/// A value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    /// Words.
    Text(Cow<'a, str>),
    /// A number that is not counted with, or an id.
    Code(Cow<'a, str>),
    /// A word of a closed list, such as a state; in Chinese where the reader reads Chinese.
    Word(&'a str),
    /// A word that is called otherwise in this list than elsewhere: as the API has it, and in Chinese.
    Called(&'a str, &'a str),
    /// Yuan.
    Money(Money),
    /// A day.
    Date(NaiveDate),
    /// A count.
    Integer(i64),
    /// Yes or no.
    Flag(bool),
    /// Nothing.
    Empty,
}

impl Value<'_> {
    /// The cell that shows it.
    #[must_use]
    pub fn cell(&self, lang: Lang) -> Cell<'_> {
        match self {
            Self::Text(text) => Cell::Text(text),
            Self::Code(code) => Cell::Code(code),
            Self::Word(word) => Cell::Text(translated(word, lang)),
            Self::Called(en, zh) => Cell::Text(if lang == Lang::Zh { zh } else { en }),
            Self::Money(amount) => Cell::Money(*amount),
            Self::Date(day) => Cell::Date(*day),
            Self::Integer(number) => Cell::Integer(*number),
            Self::Flag(flag) => Cell::Text(match (flag, lang) {
                (true, Lang::Zh) => "是",
                (false, Lang::Zh) => "否",
                (true, Lang::En) => "yes",
                (false, Lang::En) => "no",
            }),
            Self::Empty => Cell::Empty,
        }
    }
}

/// A word of a closed list.
#[must_use]
pub const fn word(word: &str) -> Value<'_> {
    Value::Word(word)
}

/// What can stand in a cell.
pub trait ToValue {
    /// The value as it stands there.
    fn to_value(&self) -> Value<'_>;
}

/// Digits from which on a text is written as a code: a spreadsheet that made a number of it would lose some.
const SHORTEST_CODE: usize = 6;

impl ToValue for String {
    fn to_value(&self) -> Value<'_> {
        let code = self.len() >= SHORTEST_CODE && self.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'X' | b'*'));
        if code { Value::Code(Cow::Borrowed(self)) } else { Value::Text(Cow::Borrowed(self)) }
    }
}

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Empty, ToValue::to_value)
    }
}

impl ToValue for Vec<String> {
    fn to_value(&self) -> Value<'_> {
        Value::Text(Cow::Owned(self.join("、")))
    }
}

impl ToValue for serde_json::Value {
    fn to_value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Empty,
            Self::String(text) => Value::Text(Cow::Borrowed(text)),
            other => Value::Text(Cow::Owned(shortened(other.to_string()))),
        }
    }
}

/// Characters that a cell of a workbook takes.
const LONGEST: usize = 32_767;

/// What fits into a cell; what is cut off is said so.
fn shortened(text: String) -> String {
    if text.chars().count() <= LONGEST { text } else { text.chars().take(LONGEST - 1).chain(['…']).collect() }
}

impl ToValue for Money {
    fn to_value(&self) -> Value<'_> {
        Value::Money(*self)
    }
}

impl ToValue for Decimal {
    fn to_value(&self) -> Value<'_> {
        Value::Text(Cow::Owned(self.to_string()))
    }
}

impl ToValue for NaiveDate {
    fn to_value(&self) -> Value<'_> {
        Value::Date(*self)
    }
}

impl ToValue for bool {
    fn to_value(&self) -> Value<'_> {
        Value::Flag(*self)
    }
}

/// Moments are shown in the time of China, which everybody who reads the file lives in.
impl ToValue for DateTime<Utc> {
    fn to_value(&self) -> Value<'_> {
        let shown = match FixedOffset::east_opt(8 * 3600) {
            Some(china) => self.with_timezone(&china).format("%Y-%m-%d %H:%M:%S%:z").to_string(),
            None => self.to_rfc3339(),
        };
        Value::Text(Cow::Owned(shown))
    }
}

macro_rules! integers {
    ($($integer:ty),+) => {$(
        impl ToValue for $integer {
            fn to_value(&self) -> Value<'_> {
                Value::Integer(i64::from(*self))
            }
        }
    )+};
}

integers!(i16, i32, i64);

macro_rules! codes {
    ($($id:ty),+ $(,)?) => {$(
        impl ToValue for $id {
            fn to_value(&self) -> Value<'_> {
                Value::Code(Cow::Owned(self.to_string()))
            }
        }
    )+};
}

codes!(
    Uuid,
    kernel::OrganisationId,
    kernel::DocumentId,
    kernel::PersonId,
    kernel::HouseholdId,
    kernel::DossierId,
    kernel::ModelWorkerId,
    kernel::PayeeAccountId,
    kernel::FundSourceId,
    kernel::AppropriationId,
    kernel::LineId,
    kernel::ArrivalId,
    kernel::StandardId,
    kernel::PlanId,
    kernel::TierId,
    kernel::RosterId,
    kernel::EntryId,
    kernel::BatchId,
    kernel::InstructionId,
    kernel::TransferId,
    kernel::FeedbackId,
    kernel::ReturnId,
    kernel::RecoveryId,
    kernel::JournalEntryId,
    kernel::DeclaredFigureId,
    kernel::FindingId,
    kernel::StatementId,
    kernel::StatementLineId,
    kernel::StatementExceptionId,
    kernel::EvidenceId,
    kernel::LineChangeId,
    kernel::FederationId,
    kernel::FileLayoutId,
    kernel::JobId,
    kernel::TokenId,
    kernel::UserId,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_not_counted_with_are_codes() {
        for text in ["6222020200112233445", "510599199001010017", "51059919900101001X", "510502********123X", "****0019", "510502"] {
            assert_eq!(text.to_owned().to_value(), Value::Code(Cow::Borrowed(text)), "{text}");
        }
        for text in ["王**", "", "12", "2023元旦春节", "=1+1"] {
            assert_eq!(text.to_owned().to_value(), Value::Text(Cow::Borrowed(text)), "{text}");
        }
    }

    #[test]
    fn moments_are_shown_in_the_time_of_china() {
        let moment: DateTime<Utc> = "2022-12-31T18:30:05Z".parse().unwrap();
        assert_eq!(moment.to_value(), Value::Text(Cow::Borrowed("2023-01-01 02:30:05+08:00")));
    }

    #[test]
    fn a_word_is_chinese_for_who_reads_chinese() {
        assert_eq!(word("given_up").cell(Lang::Zh), Cell::Text("已放弃"));
        assert_eq!(word("given_up").cell(Lang::En), Cell::Text("given_up"));
        assert_eq!(Value::Called("cleared", "已消除").cell(Lang::Zh), Cell::Text("已消除"));
        assert_eq!(Value::Called("cleared", "已消除").cell(Lang::En), Cell::Text("cleared"));
        assert_eq!(Some(true).to_value().cell(Lang::Zh), Cell::Text("是"));
    }

    #[test]
    fn a_text_too_long_for_a_cell_says_that_it_was_cut() {
        let long = serde_json::json!(["长".repeat(40_000)]);
        let Value::Text(text) = long.to_value() else { panic!("words") };
        assert!(text.chars().count() == LONGEST && text.ends_with('…'));
    }
}
