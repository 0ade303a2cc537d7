//! The number of a payee account: a bank card, a union member card, or an account of the one-card
//! platform (一卡通).

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema, openapi::RefOr};

use super::identity_number::{has_lost_digits, is_blank, is_digits, is_spreadsheet_number, tidy};
use super::lang::Text;
use super::refusal::tagged_field_error;

/// Shortest and longest number of digits. ISO/IEC 7812-1 ends at 19; passbook and account numbers
/// of Chinese banks are both shorter and longer than card numbers.
const LENGTHS: std::ops::RangeInclusive<usize> = 12..=23;

/// Why a text is not a card or account number, in the order of precedence: spreadsheet damage,
/// characters, length. No message repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}", self.en())]
pub enum CardNumberError {
    /// Something other than digits and blanks.
    Character,
    /// Fewer than 12 or more than 23 digits.
    Length,
    /// A spreadsheet held it as a number: `6.22999E+18` or a trailing `.0`. The number cannot be
    /// restored from the text.
    SpreadsheetDamage,
}

impl CardNumberError {
    /// The stable code of the error, for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Character => "card_number_character",
            Self::Length => "card_number_length",
            Self::SpreadsheetDamage => "card_number_spreadsheet_damage",
        }
    }

    /// The message in Chinese.
    #[must_use]
    pub fn zh(self) -> String {
        match self {
            Self::Character => "银行卡号（账号）只能由数字组成",
            Self::Length => "银行卡号（账号）必须为12至23位数字",
            Self::SpreadsheetDamage => "银行卡号（账号）已被电子表格按数值处理而损坏，请将该列设为文本格式后重新填写",
        }
        .to_owned()
    }

    /// The message in English.
    #[must_use]
    pub fn en(self) -> String {
        match self {
            Self::Character => "a card number consists of digits only",
            Self::Length => "a card number has 12 to 23 digits",
            Self::SpreadsheetDamage => {
                "the card number was damaged by a spreadsheet that held it as a number; \
                 format the column as text and enter it again"
            }
        }
        .to_owned()
    }
}

/// The number of a card or account that receives money: 12 to 23 digits.
///
/// `Debug` shows the last four digits only. There is deliberately no `Display`:
/// [`CardNumber::as_str`] and `Serialize` give the full number for storage and bank files;
/// **responses use [`CardNumber::masked`]**.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardNumber(String);

impl CardNumber {
    /// Reads a number as people type and paste it: all blanks are dropped, full-width digits
    /// become half-width.
    ///
    /// The Luhn digit is not judged here: many valid accounts have none
    /// (see [`CardNumber::luhn_valid`]).
    ///
    /// # Errors
    /// In this order: [`CardNumberError::SpreadsheetDamage`] for `6.22999E+18` or a decimal point,
    /// [`CardNumberError::Character`], [`CardNumberError::Length`] (an empty text too).
    pub fn parse(text: &str) -> Result<Self, CardNumberError> {
        let text: String = tidy(text).chars().filter(|c| !is_blank(*c)).collect();
        if is_spreadsheet_number(&text) {
            return Err(CardNumberError::SpreadsheetDamage);
        }
        if !text.is_empty() && !is_digits(&text) {
            return Err(CardNumberError::Character);
        }
        if !LENGTHS.contains(&text.len()) {
            return Err(CardNumberError::Length);
        }
        Ok(Self(text))
    }

    /// The full number; for storage and bank files, never for logs or responses.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the last digit is the one of ISO/IEC 7812-1, annex B (Luhn). Information only: a
    /// warning to the person who enters it, never a reason to refuse.
    #[must_use]
    pub fn luhn_valid(&self) -> bool {
        luhn_sum(&self.0).is_multiple_of(10)
    }

    /// Whether the number has 18 digits or more and ends in zeros from the sixteenth on, as after
    /// a spreadsheet cell. Information only, like [`CardNumber::luhn_valid`]: one honest number in
    /// a thousand looks so.
    #[must_use]
    pub fn digits_possibly_lost(&self) -> bool {
        has_lost_digits(&self.0)
    }

    /// The last four digits after four stars, `****0019`: what responses and logs may show. The
    /// length is hidden too.
    #[must_use]
    pub fn masked(&self) -> String {
        let tail = self.0.len().checked_sub(4).and_then(|start| self.0.get(start..));
        format!("****{}", tail.unwrap_or_default())
    }
}

/// Shows the mask only.
impl fmt::Debug for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CardNumber({})", self.masked())
    }
}

impl FromStr for CardNumber {
    type Err = CardNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// Writes the full number; a response holds [`CardNumber::masked`] instead.
impl Serialize for CardNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Reads a string; the message of a refusal is [`CardNumberError::en`].
impl<'de> Deserialize<'de> for CardNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The format's own error would quote a number written without quotes.
        let text = String::deserialize(deserializer).map_err(|_| de::Error::custom("a card number must be given as a string"))?;
        Self::parse(&text).map_err(|error| de::Error::custom(tagged_field_error(error.code(), &Text::new(error.zh(), error.en()))))
    }
}

impl PartialSchema for CardNumber {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("Bank card, union member card or account number, 12 to 23 digits"))
            .pattern(Some("^[0-9]{12,23}$"))
            .examples(["6229990000000000019"])
            .into()
    }
}

impl ToSchema for CardNumber {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("CardNumber")
    }
}

/// The Luhn sum: from the right, every second digit is doubled and the digits of the result added.
fn luhn_sum(digits: &str) -> u32 {
    digits
        .chars()
        .rev()
        .filter_map(|c| c.to_digit(10))
        .enumerate()
        .map(|(place, digit)| match place % 2 {
            0 => digit,
            // The digits of 2d add up to 2d, or 2d − 9 from ten on.
            _ if digit > 4 => digit * 2 - 9,
            _ => digit * 2,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL_ERRORS: [CardNumberError; 3] = [CardNumberError::Character, CardNumberError::Length, CardNumberError::SpreadsheetDamage];

    fn parse(text: &str) -> Result<String, CardNumberError> {
        CardNumber::parse(text).map(|number| number.as_str().to_owned())
    }

    #[test]
    fn the_luhn_vectors_hold_and_a_wrong_digit_is_no_refusal() {
        for (text, valid) in
            [("4111111111111111", true), ("5555555555554444", true), ("6226000000000004", false), ("6229990000000000019", true)]
        {
            assert_eq!(CardNumber::parse(text).unwrap().luhn_valid(), valid, "{text}");
        }
    }

    #[test]
    fn blanks_go_and_full_width_digits_become_half_width() {
        for text in [
            "6229 9900 0000 0000 019",
            " 6229990000000000019\t",
            "６２２９　９９００　００００　００００　０１９",
            "\u{202D}6229990000000000019\u{202C}",
            "6229\u{A0}990000000000019",
        ] {
            assert_eq!(parse(text).as_deref(), Ok("6229990000000000019"), "{text:?}");
        }
    }

    #[test]
    fn twelve_to_twenty_three_digits_are_accepted() {
        for (length, ok) in [(1, false), (11, false), (12, true), (23, true), (24, false)] {
            let text = "1".repeat(length);
            let expected = if ok { Ok(text.clone()) } else { Err(CardNumberError::Length) };
            assert_eq!(parse(&text), expected);
        }
        assert_eq!(parse(""), Err(CardNumberError::Length));
        assert_eq!(parse(" \u{3000}"), Err(CardNumberError::Length));
    }

    #[test]
    fn anything_but_digits_is_refused() {
        for text in [
            "6229-9900-0000-0000-019",
            "622999000000000001X",
            "卡号6229990000000000019",
            "-6229990000000000019",
            "x",
            "5E17",
            "'6229990000000000019",
            "٤١١١١١١١١١١١١١١١",
        ] {
            assert_eq!(parse(text), Err(CardNumberError::Character), "{text:?}");
        }
    }

    #[test]
    fn damage_by_a_spreadsheet_is_named() {
        for text in
            ["6.22999E+18", "6.22999e+18", "6.22999E18", "6E+18", "６．２２９９９Ｅ＋１８", "6229990000000000019.0", "622999000000.0"]
        {
            assert_eq!(parse(text), Err(CardNumberError::SpreadsheetDamage), "{text:?}");
        }
    }

    #[test]
    fn lost_digits_are_only_remarked() {
        for (text, lost) in [
            ("6229991234567890000", true),
            ("622999123456789000", true),
            ("62299912345678900", false),
            ("6229991234567890001", false),
            ("4111111111111110", false),
        ] {
            assert_eq!(CardNumber::parse(text).unwrap().digits_possibly_lost(), lost, "{text}");
        }
    }

    #[test]
    fn debug_shows_the_last_four_digits() {
        let number = CardNumber::parse("6229990000000000019").unwrap();
        assert_eq!(number.masked(), "****0019");
        assert_eq!(format!("{number:?}"), "CardNumber(****0019)");
        assert!(!format!("{:#?}", [number]).contains("622999"));
    }

    #[test]
    fn json_is_a_string_and_its_errors_do_not_repeat_it() {
        let number: CardNumber = serde_json::from_str("\"6229 9900 0000 0000 019\"").unwrap();
        assert_eq!(serde_json::to_string(&number).unwrap(), "\"6229990000000000019\"");
        for json in ["6229990000000000019", "6229990000000000019.5", "\"6229990000\"", "null"] {
            let error = serde_json::from_str::<CardNumber>(json).unwrap_err().to_string();
            assert!(error.contains("a card number"), "{error}");
            assert!(!error.contains("622"), "{error}");
        }
    }

    #[test]
    fn every_error_has_its_own_code_and_messages() {
        let codes: std::collections::BTreeSet<_> = ALL_ERRORS.map(CardNumberError::code).into();
        assert_eq!(codes.len(), ALL_ERRORS.len());
        for error in ALL_ERRORS {
            assert!(error.code().starts_with("card_number_"));
            assert_eq!(error.to_string(), error.en());
            assert!(error.zh().contains("银行卡号"));
        }
        assert_eq!(CardNumber::name(), "CardNumber");
        assert_eq!(serde_json::to_value(CardNumber::schema()).unwrap()["type"], "string");
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_panic(text in "\\PC{0,30}") {
            let _ = CardNumber::parse(&text);
        }

        #[test]
        fn digits_are_kept_as_they_are(text in "[0-9]{12,23}") {
            let number = CardNumber::parse(&text).unwrap();
            prop_assert_eq!(number.as_str(), &text);
            prop_assert_eq!(number.masked(), format!("****{}", &text[text.len() - 4..]));
        }

        #[test]
        fn exactly_one_last_digit_satisfies_luhn(body in "[0-9]{11,22}") {
            let fitting = (0..10)
                .filter(|digit| CardNumber::parse(&format!("{body}{digit}")).unwrap().luhn_valid())
                .count();
            prop_assert_eq!(fitting, 1);
        }

        #[test]
        fn luhn_notices_every_single_wrong_digit(text in "[0-9]{12,23}", place in 0_usize..12, by in 1_u8..10) {
            let valid = CardNumber::parse(&text).unwrap().luhn_valid();
            let mut bytes = text.into_bytes();
            bytes[place] = b'0' + (bytes[place] - b'0' + by) % 10;
            let changed = CardNumber::parse(&String::from_utf8(bytes).unwrap()).unwrap();
            prop_assert!(!(valid && changed.luhn_valid()));
        }
    }
}
