//! The citizen identity number (公民身份号码) of GB 11643-1999.
//!
//! Also home of the three small text helpers (`tidy`, `is_spreadsheet_number`, `has_lost_digits`)
//! that [`super::uscc`] and [`super::card_number`] share: all three numbers arrive from the same
//! workbooks, with the same damage.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema, openapi::RefOr};

use super::lang::Text;
use super::refusal::tagged_field_error;

/// Number of characters of an identity number (GB 11643-1999, 4.1).
const LENGTH: usize = 18;

/// Weights of the first seventeen digits, 2^(18-i) mod 11 (GB 11643-1999, annex A; ISO 7064 MOD 11-2).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// Check characters by the weighted sum mod 11 (GB 11643-1999, annex A).
const CHECK_CHARACTERS: &str = "10X98765432";

/// No one registered today was born earlier; an earlier year is a typing error.
const EARLIEST_BIRTH_YEAR: i32 = 1880;

/// Significant digits that a spreadsheet keeps of a number (IEEE 754 double, as Excel and WPS show it).
const SPREADSHEET_DIGITS: usize = 15;

/// Why a text is not an identity number.
///
/// Checked in the order of precedence: spreadsheet damage (visible), length, characters, date,
/// then the check digit (or digits lost in a spreadsheet). No message repeats the text, because
/// it may be somebody's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}", self.en())]
pub enum IdentityNumberError {
    /// Not exactly 18 characters; the former 15-digit numbers fall here too.
    Length,
    /// One of the first 17 is not a digit, or the last is neither a digit nor X.
    Character,
    /// Characters 7 to 14 are no date of the calendar, or the year is before 1880.
    Date,
    /// The last character is not the one that GB 11643-1999 computes.
    CheckDigit,
    /// A spreadsheet held it as a number: `5.10502E+17`, a trailing `.0`, or all digits after the
    /// fifteenth turned to zero. The number cannot be restored from the text.
    SpreadsheetDamage,
}

impl IdentityNumberError {
    /// The stable code of the error, for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Length => "identity_number_length",
            Self::Character => "identity_number_character",
            Self::Date => "identity_number_date",
            Self::CheckDigit => "identity_number_check_digit",
            Self::SpreadsheetDamage => "identity_number_spreadsheet_damage",
        }
    }

    /// The message in Chinese.
    #[must_use]
    pub fn zh(self) -> String {
        match self {
            Self::Length => "身份证号码必须为18位（不接受15位旧号码）",
            Self::Character => "身份证号码前17位必须为数字，末位必须为数字或X",
            Self::Date => "身份证号码中的出生日期不存在或早于1880年",
            Self::CheckDigit => "身份证号码校验码不正确",
            Self::SpreadsheetDamage => "身份证号码已被电子表格按数值处理而损坏，请将该列设为文本格式后重新填写",
        }
        .to_owned()
    }

    /// The message in English.
    #[must_use]
    pub fn en(self) -> String {
        match self {
            Self::Length => "an identity number has exactly 18 characters (15-digit numbers are not accepted)",
            Self::Character => "an identity number is 17 digits followed by a digit or X",
            Self::Date => "the date of birth in the identity number does not exist or is before 1880",
            Self::CheckDigit => "the check digit of the identity number is wrong",
            Self::SpreadsheetDamage => {
                "the identity number was damaged by a spreadsheet that held it as a number; \
                 format the column as text and enter it again"
            }
        }
        .to_owned()
    }
}

/// Sex as the identity number states it (GB 11643-1999, 4.2.3: an odd 17th digit is male).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// 男
    Male,
    /// 女
    Female,
}

impl Sex {
    /// The stable code, the same text as in JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
        }
    }

    /// The word in Chinese.
    #[must_use]
    pub fn zh(self) -> String {
        match self {
            Self::Male => "男",
            Self::Female => "女",
        }
        .to_owned()
    }

    /// The word in English.
    #[must_use]
    pub fn en(self) -> String {
        self.code().to_owned()
    }
}

/// A citizen identity number (公民身份号码, GB 11643-1999): six digits of region, eight of birth
/// date, three of sequence, one check character.
///
/// A value of this type has passed every check of the standard that needs no register and no
/// clock: length, characters, a real date from 1880 on, check digit. Whether the region was ever
/// assigned (GB/T 2260) and whether the date lies in the future is for the caller to judge.
///
/// `Debug` shows the mask only, so that a number cannot reach a log by accident. `Display` and
/// `Serialize` give the full number, for storage and for files that must carry it; **responses use
/// [`IdentityNumber::masked`]**.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdentityNumber {
    text: String,
    born_on: NaiveDate,
    sex: Sex,
}

impl IdentityNumber {
    /// Reads a number as people type and paste it: blanks and invisible marks around it are
    /// dropped, full-width characters become half-width, `x` becomes `X`.
    ///
    /// # Errors
    /// In this order: [`IdentityNumberError::SpreadsheetDamage`] for `5.10502E+17` or a decimal
    /// point, [`IdentityNumberError::Length`], [`IdentityNumberError::Character`],
    /// [`IdentityNumberError::Date`], and last [`IdentityNumberError::CheckDigit`], or again
    /// `SpreadsheetDamage` if the wrong number ends in the zeros a spreadsheet leaves after the
    /// fifteenth digit.
    pub fn parse(text: &str) -> Result<Self, IdentityNumberError> {
        let text = tidy(text).to_ascii_uppercase();
        if is_spreadsheet_number(&text) {
            return Err(IdentityNumberError::SpreadsheetDamage);
        }
        if text.chars().count() != LENGTH {
            return Err(IdentityNumberError::Length);
        }
        let (digits, check) = split(&text).ok_or(IdentityNumberError::Character)?;
        let born_on = birth_date(&digits).ok_or(IdentityNumberError::Date)?;
        if check_character(&digits) != Some(check) {
            return Err(if has_lost_digits(&text) { IdentityNumberError::SpreadsheetDamage } else { IdentityNumberError::CheckDigit });
        }
        let sex = sex_of(&digits);
        Ok(Self { text, born_on, sex })
    }

    /// The full number; for storage and comparison, never for logs or responses.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The date of birth, characters 7 to 14; from 1880-01-01 on, possibly in the future.
    #[must_use]
    pub const fn born_on(&self) -> NaiveDate {
        self.born_on
    }

    /// The sex, from the parity of the 17th digit.
    #[must_use]
    pub const fn sex(&self) -> Sex {
        self.sex
    }

    /// The six digits of the region of first registration (GB/T 2260), not looked up anywhere:
    /// it may be an obsolete code, and it is not where the person lives now.
    #[must_use]
    pub fn region_code(&self) -> &str {
        self.text.get(..6).unwrap_or_default()
    }

    /// Whether the number ends in the three zeros that a spreadsheet leaves after the fifteenth
    /// digit, although the check digit fits: so do one damaged number in eleven and one honest
    /// number in a thousand. Information only, a warning to compare with the card.
    #[must_use]
    pub fn digits_possibly_lost(&self) -> bool {
        has_lost_digits(&self.text)
    }

    /// The number with the date of birth hidden, `510502********123X`: what responses, notices
    /// (公示) and logs may show.
    #[must_use]
    pub fn masked(&self) -> String {
        let tail = self.text.get(LENGTH - 4..).unwrap_or_default();
        format!("{}********{tail}", self.region_code())
    }
}

/// Shows the mask only.
impl fmt::Debug for IdentityNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdentityNumber({})", self.masked())
    }
}

/// Shows the full number.
impl fmt::Display for IdentityNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl FromStr for IdentityNumber {
    type Err = IdentityNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// Writes the full number; a response holds [`IdentityNumber::masked`] instead.
impl Serialize for IdentityNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// Reads a string; the message of a refusal is [`IdentityNumberError::en`].
impl<'de> Deserialize<'de> for IdentityNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The format's own error would quote what it found: a number written without quotes
        // would be repeated in full.
        let text = String::deserialize(deserializer).map_err(|_| de::Error::custom("an identity number must be given as a string"))?;
        Self::parse(&text).map_err(|error| de::Error::custom(tagged_field_error(error.code(), &Text::new(error.zh(), error.en()))))
    }
}

impl PartialSchema for IdentityNumber {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("Citizen identity number, GB 11643-1999"))
            .pattern(Some("^[0-9]{17}[0-9X]$"))
            .examples(["510599199001010017"])
            .into()
    }
}

impl ToSchema for IdentityNumber {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("IdentityNumber")
    }
}

/// The first seventeen digits and the check character; `None` if a character is out of place.
fn split(text: &str) -> Option<(Vec<u32>, char)> {
    let mut characters = text.chars();
    let check = characters.next_back()?;
    let digits = characters.map(|c| c.to_digit(10)).collect::<Option<_>>()?;
    (check.is_ascii_digit() || check == 'X').then_some((digits, check))
}

/// The date that digits 7 to 14 write; `None` if the calendar does not have it or it is too early.
fn birth_date(digits: &[u32]) -> Option<NaiveDate> {
    let year = i32::try_from(number(digits.get(6..10)?)).ok()?;
    let month = number(digits.get(10..12)?);
    let day = number(digits.get(12..14)?);
    NaiveDate::from_ymd_opt(year, month, day).filter(|date| date.year() >= EARLIEST_BIRTH_YEAR)
}

/// The number that a few decimal digits write.
fn number(digits: &[u32]) -> u32 {
    digits.iter().fold(0, |number, digit| number * 10 + digit)
}

/// ISO 7064 MOD 11-2 over the first seventeen digits.
fn check_character(digits: &[u32]) -> Option<char> {
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    CHECK_CHARACTERS.chars().nth(usize::try_from(sum % 11).ok()?)
}

/// The last of the three sequence digits is odd for men.
fn sex_of(digits: &[u32]) -> Sex {
    if digits.last().is_some_and(|digit| digit % 2 == 1) { Sex::Male } else { Sex::Female }
}

/// The text with full-width characters made half-width, and without blanks or invisible marks
/// around it.
pub(super) fn tidy(text: &str) -> String {
    let text: String = text.chars().map(half_width).collect();
    text.trim_matches(is_blank).to_owned()
}

/// Whitespace, and the invisible direction and joining marks that come along when text is copied
/// from Windows dialogs, chat programs and web pages.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// The half-width form of a full-width character (Unicode block Halfwidth and Fullwidth Forms).
fn half_width(c: char) -> char {
    match u32::from(c) {
        0x3000 => ' ',
        code @ 0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

/// Whether the text is how a spreadsheet prints a number that should have been text:
/// `5.10502E+17`, `5E+17` or `510502199001011230.0`.
///
/// A bare `E` between digits does not count: it may be a letter of a credit code.
pub(super) fn is_spreadsheet_number(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['E', 'e']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let power = exponent.map(|exponent| exponent.trim_start_matches(['+', '-']));
    let signed = exponent.is_some_and(|exponent| exponent.starts_with(['+', '-']));
    is_digits(whole)
        && fraction.is_none_or(|fraction| fraction.is_empty() || is_digits(fraction))
        && power.is_none_or(is_digits)
        && (fraction.is_some() || signed)
}

/// Whether every digit after the fifteenth is zero and at least three are: what remains of a long
/// number that went through a spreadsheet cell.
///
/// True for one honest number in a thousand, so it explains a number found wrong; it does not
/// prove one wrong.
pub(super) fn has_lost_digits(text: &str) -> bool {
    is_digits(text) && text.get(SPREADSHEET_DIGITS..).is_some_and(|tail| tail.len() >= 3 && tail.chars().all(|c| c == '0'))
}

/// One or more ASCII digits and nothing else.
pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VALID: [&str; 5] = ["11010519491231002X", "440524188001010014", "510599199001010017", "510599199001010025", "510599196503151238"];

    const ALL_ERRORS: [IdentityNumberError; 5] = [
        IdentityNumberError::Length,
        IdentityNumberError::Character,
        IdentityNumberError::Date,
        IdentityNumberError::CheckDigit,
        IdentityNumberError::SpreadsheetDamage,
    ];

    fn parse(text: &str) -> Result<String, IdentityNumberError> {
        IdentityNumber::parse(text).map(|number| number.to_string())
    }

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    /// A well-formed number for a date and a sequence.
    fn compose(born_on: NaiveDate, sequence: u32) -> String {
        let date = born_on.to_string().replace('-', "");
        let first = format!("510599{date}{sequence:03}");
        let digits: Vec<u32> = first.chars().filter_map(|c| c.to_digit(10)).collect();
        format!("{first}{}", check_character(&digits).unwrap())
    }

    #[test]
    fn the_vectors_are_accepted() {
        for text in VALID {
            assert_eq!(parse(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn parts_are_read_from_their_places() {
        let number = IdentityNumber::parse("11010519491231002X").unwrap();
        assert_eq!(number.born_on(), day(1949, 12, 31));
        assert_eq!(number.sex(), Sex::Female);
        assert_eq!(number.region_code(), "110105");
        let number = IdentityNumber::parse("510599196503151238").unwrap();
        assert_eq!(number.born_on(), day(1965, 3, 15));
        assert_eq!(number.sex(), Sex::Male);
        assert_eq!(number.region_code(), "510599");
    }

    #[test]
    fn text_is_tidied_before_it_is_judged() {
        for text in [
            "11010519491231002x",
            "  11010519491231002X\r\n",
            "\t11010519491231002X",
            "\u{3000}１１０１０５１９４９１２３１００２Ｘ\u{3000}",
            "１１０１０５１９４９１２３１００２ｘ",
            "\u{FEFF}11010519491231002X\u{200B}",
            "\u{202D}11010519491231002X\u{202C}",
        ] {
            assert_eq!(parse(text).as_deref(), Ok("11010519491231002X"), "{text:?}");
        }
    }

    #[test]
    fn a_wrong_length_is_refused() {
        for text in
            ["", "   ", "5", "51059919900101001", "5105991990010100170", "110105491231002", "510599 19900101 0017", "'510599199001010017"]
        {
            assert_eq!(parse(text), Err(IdentityNumberError::Length), "{text:?}");
        }
    }

    #[test]
    fn a_wrong_character_is_refused() {
        for text in [
            "51059919900101001Y",
            "X10599199001010017",
            "5105991990010100X7",
            "510599-19900101001",
            "51059919900101 017",
            "身份证号码身份证号码身份证号码身份证",
            "-10599199001010017",
            "51059919900101001Х", // Cyrillic
            "٥١٠٥٩٩١٩٩٠٠١٠١٠٠١٧", // Arabic-Indic
        ] {
            assert_eq!(parse(text), Err(IdentityNumberError::Character), "{text:?}");
        }
    }

    #[test]
    fn an_impossible_date_is_refused_before_the_check_digit() {
        for text in [
            "510599200102290017",
            "510599199013010013",
            "510599199000010013",
            "510599199001000013",
            "510599199001320013",
            "510599190002290013",
            "510599187912310012",
            "510599000001010010",
            "510599001300101010",
        ] {
            assert_eq!(parse(text), Err(IdentityNumberError::Date), "{text:?}");
        }
        assert!(parse(&compose(day(1880, 1, 1), 1)).is_ok());
        assert!(parse(&compose(day(2000, 2, 29), 1)).is_ok());
        assert!(parse(&compose(day(9999, 12, 31), 1)).is_ok());
    }

    #[test]
    fn a_wrong_check_digit_is_refused() {
        for text in ["110105194912310021", "510599199001010018", "51059919900101001X"] {
            assert_eq!(parse(text), Err(IdentityNumberError::CheckDigit), "{text:?}");
        }
    }

    #[test]
    fn damage_by_a_spreadsheet_is_named() {
        for text in [
            "5.10502E+17",
            "5.10502e+17",
            "5.10502E17",
            "5E+17",
            "５．１０５０２Ｅ＋１７",
            " 5.10599199001010E+17 ",
            "510599199001010017.0",
            "510599199001010017.00",
            "510599199001010017.",
            "510599199001010000.0",
            "510599199001010000",
            "510599196503152000",
        ] {
            assert_eq!(parse(text), Err(IdentityNumberError::SpreadsheetDamage), "{text:?}");
        }
        for text in ["5E17", "E+17", "5.1E+", "+5.1E+17", "1.2.3", ".0", "5.1E+-x"] {
            assert_eq!(parse(text), Err(IdentityNumberError::Length), "{text:?}");
        }
    }

    #[test]
    fn a_number_that_ends_in_zeros_and_fits_is_accepted_and_remarked() {
        let honest = (1..=366)
            .filter_map(|ordinal| NaiveDate::from_yo_opt(1992, ordinal))
            .map(|born_on| compose(born_on, 100))
            .find(|text| text.ends_with("1000"))
            .unwrap();
        let number = IdentityNumber::parse(&honest).unwrap();
        assert_eq!(number.as_str(), honest);
        assert!(number.digits_possibly_lost());
        let other = IdentityNumber::parse("510599199001010017").unwrap();
        assert!(!other.digits_possibly_lost());
    }

    #[test]
    fn debug_shows_the_mask_and_display_the_number() {
        let number = IdentityNumber::parse("11010519491231002X").unwrap();
        assert_eq!(number.masked(), "110105********002X");
        assert_eq!(format!("{number:?}"), "IdentityNumber(110105********002X)");
        assert_eq!(format!("{:?}", Some(&number)), "Some(IdentityNumber(110105********002X))");
        assert!(!format!("{number:#?}").contains("1949"));
        assert_eq!(number.to_string(), "11010519491231002X");
        assert_eq!(number.as_str(), "11010519491231002X");
    }

    #[test]
    fn json_is_a_string_and_its_errors_do_not_repeat_it() {
        let number: IdentityNumber = serde_json::from_str("\"51059919900101001７\"").unwrap();
        assert_eq!(serde_json::to_string(&number).unwrap(), "\"510599199001010017\"");
        for (json, message) in [
            ("\"510599199001010018\"", "check digit"),
            ("510599199001010017", "must be given as a string"),
            ("510599199001010017.0", "must be given as a string"),
            ("[\"510599199001010017\"]", "must be given as a string"),
            ("null", "must be given as a string"),
        ] {
            let error = serde_json::from_str::<IdentityNumber>(json).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
            assert!(!error.contains("510599"), "{error}");
        }
    }

    #[test]
    fn every_error_has_its_own_code_and_messages() {
        let codes: std::collections::BTreeSet<_> = ALL_ERRORS.map(IdentityNumberError::code).into();
        assert_eq!(codes.len(), ALL_ERRORS.len());
        for error in ALL_ERRORS {
            assert!(error.code().starts_with("identity_number_"));
            assert_eq!(error.to_string(), error.en());
            assert!(error.zh().contains("身份证号码"));
        }
        assert_eq!(Sex::Male.zh(), "男");
        assert_eq!(serde_json::to_string(&Sex::Female).unwrap(), "\"female\"");
        assert_eq!(Sex::Female.en(), "female");
    }

    #[test]
    fn the_schema_is_a_string_named_after_the_type() {
        let schema = serde_json::to_value(IdentityNumber::schema()).unwrap();
        assert_eq!(schema["type"], "string");
        assert_eq!(IdentityNumber::name(), "IdentityNumber");
    }

    fn any_number() -> impl Strategy<Value = String> {
        (0_u32..54_000, 1_u32..1000).prop_map(|(days, sequence)| {
            let born_on = day(1880, 1, 1) + chrono::Days::new(days.into());
            compose(born_on, sequence)
        })
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_panic(text in "\\PC{0,24}") {
            let _ = IdentityNumber::parse(&text);
        }

        #[test]
        fn a_composed_number_is_accepted_and_printed_as_it_was(text in any_number()) {
            let number = IdentityNumber::parse(&text).unwrap();
            prop_assert_eq!(number.to_string(), text);
            prop_assert_eq!(IdentityNumber::parse(number.as_str()), Ok(number));
        }

        #[test]
        fn full_width_and_half_width_are_the_same(text in any_number()) {
            let wide: String = text
                .chars()
                .map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap())
                .collect();
            prop_assert_eq!(IdentityNumber::parse(&wide), IdentityNumber::parse(&text));
        }

        #[test]
        fn no_single_wrong_digit_passes(text in any_number(), place in 0_usize..18, digit in 0_u32..10) {
            let mut characters: Vec<char> = text.chars().collect();
            let wrong = char::from_digit(digit, 10).unwrap();
            if characters[place] == wrong {
                return Ok(());
            }
            characters[place] = wrong;
            let changed: String = characters.into_iter().collect();
            prop_assert!(IdentityNumber::parse(&changed).is_err());
        }

        #[test]
        fn no_swap_of_neighbouring_digits_passes(text in any_number(), place in 0_usize..16) {
            let mut characters: Vec<char> = text.chars().collect();
            if characters[place] == characters[place + 1] {
                return Ok(());
            }
            characters.swap(place, place + 1);
            let changed: String = characters.into_iter().collect();
            prop_assert!(IdentityNumber::parse(&changed).is_err());
        }

        #[test]
        fn the_mask_hides_the_date_of_birth(text in any_number()) {
            let masked = IdentityNumber::parse(&text).unwrap().masked();
            prop_assert_eq!(masked.len(), 18);
            prop_assert_eq!(&masked[6..14], "********");
            prop_assert_eq!(&masked[..6], &text[..6]);
            prop_assert_eq!(&masked[14..], &text[14..]);
        }
    }
}
