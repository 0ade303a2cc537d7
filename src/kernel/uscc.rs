//! The unified social credit code (统一社会信用代码) of GB 32100-2015.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema, openapi::RefOr};

use super::identity_number::{has_lost_digits, is_spreadsheet_number, tidy};
use super::lang::Text;
use super::refusal::tagged_field_error;

/// Number of characters of a code (GB 32100-2015, 4.1).
const LENGTH: usize = 18;

/// The 31 characters in the order of their values: the letters I, O, S, V, Z are never used
/// (GB 32100-2015, table 2).
const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Modulus of the check character (GB 32100-2015, 4.2.5; GB/T 17710, ISO 7064 form).
const MODULUS: usize = 31;

/// Why a text is not a unified social credit code, in the order of precedence: visible spreadsheet
/// damage, length, characters, check character (or digits lost in a spreadsheet).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}", self.en())]
pub enum UsccError {
    /// Not exactly 18 characters.
    Length,
    /// A character outside `0-9 A-Z` without I, O, S, V, Z, or a letter in the region code
    /// (characters 3 to 8).
    Character,
    /// The last character is not the one that GB 32100-2015 computes.
    CheckCharacter,
    /// A spreadsheet held it as a number: `9.15105E+17`, a trailing `.0`, or all digits after the
    /// fifteenth turned to zero.
    SpreadsheetDamage,
}

impl UsccError {
    /// The stable code of the error, for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Length => "uscc_length",
            Self::Character => "uscc_character",
            Self::CheckCharacter => "uscc_check_character",
            Self::SpreadsheetDamage => "uscc_spreadsheet_damage",
        }
    }

    /// The message in Chinese.
    #[must_use]
    pub fn zh(self) -> String {
        match self {
            Self::Length => "统一社会信用代码必须为18位",
            Self::Character => "统一社会信用代码只能由数字和大写字母组成（不含I、O、S、V、Z），第3至8位必须为数字",
            Self::CheckCharacter => "统一社会信用代码校验码不正确",
            Self::SpreadsheetDamage => "统一社会信用代码已被电子表格按数值处理而损坏，请将该列设为文本格式后重新填写",
        }
        .to_owned()
    }

    /// The message in English.
    #[must_use]
    pub fn en(self) -> String {
        match self {
            Self::Length => "a unified social credit code has exactly 18 characters",
            Self::Character => {
                "a unified social credit code consists of digits and capital letters other than \
                 I, O, S, V and Z, with digits only at places 3 to 8"
            }
            Self::CheckCharacter => "the check character of the unified social credit code is wrong",
            Self::SpreadsheetDamage => {
                "the unified social credit code was damaged by a spreadsheet that held it as a \
                 number; format the column as text and enter it again"
            }
        }
        .to_owned()
    }
}

/// A unified social credit code (统一社会信用代码, GB 32100-2015): registering authority, kind,
/// six digits of region, nine characters of organisation code (GB 11714), check character.
///
/// Codes are public, so `Debug` shows them in full. Only the code's own check character is
/// verified: which authorities and kinds exist is amended from time to time, and some codes in use
/// carry an organisation code that does not satisfy GB 11714
/// (see [`Uscc::organisation_code_valid`]).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uscc(String);

impl Uscc {
    /// Reads a code as people type and paste it: blanks around it are dropped, full-width
    /// characters become half-width, small letters become capitals.
    ///
    /// # Errors
    /// In this order: [`UsccError::SpreadsheetDamage`] for `9.15105E+17` or a decimal point,
    /// [`UsccError::Length`], [`UsccError::Character`], and last [`UsccError::CheckCharacter`], or
    /// again `SpreadsheetDamage` if the wrong code ends in the zeros a spreadsheet leaves after
    /// the fifteenth digit.
    pub fn parse(text: &str) -> Result<Self, UsccError> {
        let text = tidy(text).to_ascii_uppercase();
        if is_spreadsheet_number(&text) {
            return Err(UsccError::SpreadsheetDamage);
        }
        if text.chars().count() != LENGTH {
            return Err(UsccError::Length);
        }
        let values: Option<Vec<usize>> = text.chars().map(value).collect();
        let values = values.ok_or(UsccError::Character)?;
        if !has_numeric_region(&text) {
            return Err(UsccError::Character);
        }
        if !check_holds(&values) {
            return Err(if has_lost_digits(&text) { UsccError::SpreadsheetDamage } else { UsccError::CheckCharacter });
        }
        Ok(Self(text))
    }

    /// The code, 18 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The six digits of the registering authority's region (GB/T 2260), characters 3 to 8; not
    /// looked up anywhere.
    #[must_use]
    pub fn region_code(&self) -> &str {
        self.0.get(2..8).unwrap_or_default()
    }

    /// The organisation code (GB 11714), characters 9 to 17, the last being its own check
    /// character.
    #[must_use]
    pub fn organisation_code(&self) -> &str {
        self.0.get(8..17).unwrap_or_default()
    }

    /// Whether the organisation code within satisfies GB 11714-1997. Information only: a reason to
    /// look again, never to refuse.
    #[must_use]
    pub fn organisation_code_valid(&self) -> bool {
        let code = self.organisation_code();
        code.get(..8).and_then(organisation_check) == code.chars().last()
    }
}

impl fmt::Debug for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uscc({})", self.0)
    }
}

impl fmt::Display for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Uscc {
    type Err = UsccError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Serialize for Uscc {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Reads a string; the message of a refusal is [`UsccError::en`].
impl<'de> Deserialize<'de> for Uscc {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // What stands here by mistake may be an identity number, so it is not quoted.
        let text =
            String::deserialize(deserializer).map_err(|_| de::Error::custom("a unified social credit code must be given as a string"))?;
        Self::parse(&text).map_err(|error| de::Error::custom(tagged_field_error(error.code(), &Text::new(error.zh(), error.en()))))
    }
}

impl PartialSchema for Uscc {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("Unified social credit code, GB 32100-2015"))
            .pattern(Some("^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$"))
            .examples(["81510500MC0000004P"])
            .into()
    }
}

impl ToSchema for Uscc {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Uscc")
    }
}

/// The value of a character, 0 to 30; `None` for one that is never used.
fn value(c: char) -> Option<usize> {
    ALPHABET.chars().position(|known| known == c)
}

/// Characters 3 to 8 are a region code of GB/T 2260 and so digits.
fn has_numeric_region(text: &str) -> bool {
    text.chars().skip(2).take(6).all(|c| c.is_ascii_digit())
}

/// The sum of all 18 values, weighted 3^(i-1) mod 31 and 1 for the check character, is a multiple
/// of 31: the same as comparing with 31 − sum mod 31.
fn check_holds(values: &[usize]) -> bool {
    let Some((check, body)) = values.split_last() else {
        return false;
    };
    let (sum, _) = body.iter().fold((0, 1), |(sum, weight), value| (sum + value * weight, weight * 3 % MODULUS));
    (sum + check) % MODULUS == 0
}

/// The check character of the first eight characters of an organisation code (GB 11714-1997):
/// 11 − sum mod 11, where 10 is written X and 11 is written 0.
fn organisation_check(body: &str) -> Option<char> {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    // Here letters count in plain alphabetical order, A = 10 … Z = 35, unlike in GB 32100.
    let values: Option<Vec<u32>> = body.chars().map(|c| c.to_digit(36)).collect();
    let sum: u32 = values?.iter().zip(WEIGHTS).map(|(value, weight)| value * weight).sum();
    match (11 - sum % 11) % 11 {
        10 => Some('X'),
        digit => char::from_digit(digit, 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EXAMPLE: &str = "91350100M000100Y43";
    const UNION: &str = "81510500MC0000004P";

    const ALL_ERRORS: [UsccError; 4] = [UsccError::Length, UsccError::Character, UsccError::CheckCharacter, UsccError::SpreadsheetDamage];

    fn parse(text: &str) -> Result<String, UsccError> {
        Uscc::parse(text).map(|code| code.to_string())
    }

    fn compose(first: &str) -> String {
        ALPHABET
            .chars()
            .map(|check| format!("{first}{check}"))
            .find(|text| check_holds(&text.chars().filter_map(value).collect::<Vec<_>>()))
            .unwrap()
    }

    #[test]
    fn the_vectors_are_accepted() {
        assert_eq!(parse(EXAMPLE).as_deref(), Ok(EXAMPLE));
        assert_eq!(parse(UNION).as_deref(), Ok(UNION));
        let union = Uscc::parse(UNION).unwrap();
        assert_eq!(union.region_code(), "510500");
        assert_eq!(union.organisation_code(), "MC0000004");
        assert!(union.organisation_code_valid());
        assert!(Uscc::parse(EXAMPLE).unwrap().organisation_code_valid());
    }

    #[test]
    fn text_is_tidied_before_it_is_judged() {
        for text in [
            "81510500mc0000004p",
            " 81510500MC0000004P\n",
            "\u{3000}８１５１０５００ＭＣ００００００４Ｐ",
            "８１５１０５００ｍｃ００００００４ｐ",
        ] {
            assert_eq!(parse(text).as_deref(), Ok(UNION), "{text:?}");
        }
    }

    #[test]
    fn a_wrong_length_is_refused() {
        for text in ["", " ", "81510500MC0000004", "81510500MC0000004P0", "81510500 MC0000004 P"] {
            assert_eq!(parse(text), Err(UsccError::Length), "{text:?}");
        }
    }

    #[test]
    fn letters_that_are_never_used_are_refused() {
        for letter in ['I', 'O', 'S', 'V', 'Z', 'i', 'o', '-', '工', ' '] {
            let text: String = format!("81510500M{letter}0000004P");
            assert_eq!(parse(&text), Err(UsccError::Character), "{text:?}");
        }
        assert_eq!(parse("91350100M000100Y4Z"), Err(UsccError::Character));
    }

    #[test]
    fn a_letter_in_the_region_is_refused_even_if_the_check_character_fits() {
        for first in ["81A10500MC0000004", "8151050AMC0000004"] {
            assert_eq!(parse(&compose(first)), Err(UsccError::Character));
        }
        assert!(parse(&compose("A1510500MC0000004")).is_ok());
    }

    #[test]
    fn a_wrong_check_character_is_refused() {
        for text in ["81510500MC0000004Q", "91350100M000100Y44", "91350100M000100Y4A"] {
            assert_eq!(parse(text), Err(UsccError::CheckCharacter), "{text:?}");
        }
    }

    #[test]
    fn damage_by_a_spreadsheet_is_named_but_an_e_is_only_a_letter() {
        for text in ["9.15105E+17", "9.15105e+17", "915105002047000000.0", "915105002047000000"] {
            assert_eq!(parse(text), Err(UsccError::SpreadsheetDamage), "{text:?}");
        }
        let with_e = compose("9151050020470E012");
        assert_eq!(parse(&with_e).as_deref(), Ok(with_e.as_str()));
    }

    #[test]
    fn an_organisation_code_with_a_wrong_digit_is_only_remarked() {
        let code = Uscc::parse(&compose("81510500MC0000005")).unwrap();
        assert!(!code.organisation_code_valid());
        // Sums that leave 1 and 0: the check characters X and 0.
        assert_eq!(organisation_check("00000006"), Some('X'));
        assert_eq!(organisation_check("00000000"), Some('0'));
    }

    #[test]
    fn json_is_a_string_and_its_errors_do_not_repeat_it() {
        let code: Uscc = serde_json::from_str("\"81510500mc0000004p\"").unwrap();
        assert_eq!(serde_json::to_string(&code).unwrap(), format!("\"{UNION}\""));
        assert_eq!(format!("{code:?}"), "Uscc(81510500MC0000004P)");
        for json in ["510599199001010017", "\"510599199001010018\"", "null"] {
            let error = serde_json::from_str::<Uscc>(json).unwrap_err().to_string();
            assert!(!error.contains("510599"), "{error}");
        }
    }

    #[test]
    fn every_error_has_its_own_code_and_messages() {
        let codes: std::collections::BTreeSet<_> = ALL_ERRORS.map(UsccError::code).into();
        assert_eq!(codes.len(), ALL_ERRORS.len());
        for error in ALL_ERRORS {
            assert!(error.code().starts_with("uscc_"));
            assert_eq!(error.to_string(), error.en());
            assert!(error.zh().contains("统一社会信用代码"));
        }
        assert_eq!(Uscc::name(), "Uscc");
        assert_eq!(serde_json::to_value(Uscc::schema()).unwrap()["type"], "string");
    }

    fn any_code() -> impl Strategy<Value = String> {
        "[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{9}".prop_map(|first| compose(&first))
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_panic(text in "\\PC{0,24}") {
            let _ = Uscc::parse(&text);
        }

        #[test]
        fn a_composed_code_is_accepted_and_printed_as_it_was(text in any_code()) {
            let code = Uscc::parse(&text).unwrap();
            prop_assert_eq!(code.to_string(), text);
            let _ = code.organisation_code_valid();
        }

        #[test]
        fn no_single_wrong_character_passes(text in any_code(), place in 0_usize..18, wrong in 0_usize..31) {
            let mut characters: Vec<char> = text.chars().collect();
            let wrong = ALPHABET.chars().nth(wrong).unwrap();
            if characters[place] == wrong {
                return Ok(());
            }
            characters[place] = wrong;
            let changed: String = characters.into_iter().collect();
            prop_assert!(Uscc::parse(&changed).is_err());
        }

        #[test]
        fn no_swap_of_neighbours_passes(text in any_code(), place in 0_usize..17) {
            let mut characters: Vec<char> = text.chars().collect();
            if characters[place] == characters[place + 1] {
                return Ok(());
            }
            characters.swap(place, place + 1);
            let changed: String = characters.into_iter().collect();
            prop_assert!(Uscc::parse(&changed).is_err());
        }
    }
}
