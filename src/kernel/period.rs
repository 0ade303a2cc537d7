//! Years, months and ranges of days. Nothing here asks for today's date.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Months, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema, openapi::RefOr};

use super::lang::Text;
use super::refusal::tagged_field_error;

/// Fiscal years the service keeps books for.
const FISCAL_YEARS: std::ops::RangeInclusive<i16> = 2000..=2100;

/// Years a [`Month`] may lie in: from the earliest accepted birth to well past any plan.
const MONTH_YEARS: std::ops::RangeInclusive<i32> = 1880..=2199;

/// Why a year, a month or a range of days is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}", self.en())]
pub enum PeriodError {
    /// Not a whole year from 2000 to 2100.
    FiscalYearOutOfRange,
    /// Not written `YYYY-MM`.
    MonthFormat,
    /// The month is not 1 to 12, or the year is not 1880 to 2199.
    MonthOutOfRange,
    /// The last day of a range lies before its first.
    DateRangeReversed,
}

impl PeriodError {
    /// The stable code of the error, for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::FiscalYearOutOfRange => "fiscal_year_out_of_range",
            Self::MonthFormat => "month_format",
            Self::MonthOutOfRange => "month_out_of_range",
            Self::DateRangeReversed => "date_range_reversed",
        }
    }

    /// The message in Chinese.
    #[must_use]
    pub fn zh(self) -> String {
        match self {
            Self::FiscalYearOutOfRange => "资金年度必须为2000至2100之间的整数",
            Self::MonthFormat => "月份必须写成“年-月”，例如2022-01",
            Self::MonthOutOfRange => "月份必须为1至12，年份必须为1880至2199",
            Self::DateRangeReversed => "截止日期不得早于起始日期",
        }
        .to_owned()
    }

    /// The message in English.
    #[must_use]
    pub fn en(self) -> String {
        match self {
            Self::FiscalYearOutOfRange => "a fiscal year is a whole number from 2000 to 2100",
            Self::MonthFormat => "a month is written year-month, for example 2022-01",
            Self::MonthOutOfRange => "a month is 1 to 12 of a year from 1880 to 2199",
            Self::DateRangeReversed => "the last day of a range must not be before its first",
        }
        .to_owned()
    }
}

/// A fiscal year (资金年度), 2000 to 2100: the calendar year (Budget Law of the PRC, article 18:
/// 1 January to 31 December). An integer in JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i16", into = "i16")]
pub struct FiscalYear {
    year: i16,
    // Found once when the year is accepted, so that no later call can fail.
    first_month: Month,
    last_month: Month,
}

impl FiscalYear {
    /// Accepts a year from 2000 to 2100.
    ///
    /// # Errors
    /// [`PeriodError::FiscalYearOutOfRange`].
    pub fn new(year: i16) -> Result<Self, PeriodError> {
        if !FISCAL_YEARS.contains(&year) {
            return Err(PeriodError::FiscalYearOutOfRange);
        }
        Ok(Self { year, first_month: Month::new(year.into(), 1)?, last_month: Month::new(year.into(), 12)? })
    }

    /// The fiscal year that a day belongs to.
    ///
    /// # Errors
    /// [`PeriodError::FiscalYearOutOfRange`] for a day outside 2000 to 2100.
    pub fn of_date(date: NaiveDate) -> Result<Self, PeriodError> {
        i16::try_from(date.year()).map_err(|_| PeriodError::FiscalYearOutOfRange).and_then(Self::new)
    }

    /// The year as a number, 2000 to 2100.
    #[must_use]
    pub const fn get(self) -> i16 {
        self.year
    }

    /// January.
    #[must_use]
    pub const fn first_month(self) -> Month {
        self.first_month
    }

    /// December.
    #[must_use]
    pub const fn last_month(self) -> Month {
        self.last_month
    }

    /// 1 January.
    #[must_use]
    pub const fn first_day(self) -> NaiveDate {
        self.first_month.first_day()
    }

    /// 31 December.
    #[must_use]
    pub const fn last_day(self) -> NaiveDate {
        self.last_month.last_day()
    }

    /// Whether the day lies in the year.
    #[must_use]
    pub fn contains(self, date: NaiveDate) -> bool {
        (self.first_day()..=self.last_day()).contains(&date)
    }

    /// The year after, which what is carried over goes to; `None` after 2100.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        self.year.checked_add(1).and_then(|year| Self::new(year).ok())
    }
}

impl fmt::Debug for FiscalYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FiscalYear({})", self.year)
    }
}

/// Prints `2022`.
impl fmt::Display for FiscalYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.year.fmt(f)
    }
}

/// Reads four digits.
impl FromStr for FiscalYear {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        digits(text, 4).and_then(|year| i16::try_from(year).ok()).ok_or(PeriodError::FiscalYearOutOfRange).and_then(Self::new)
    }
}

impl TryFrom<i16> for FiscalYear {
    type Error = PeriodError;

    fn try_from(year: i16) -> Result<Self, Self::Error> {
        Self::new(year)
    }
}

impl From<FiscalYear> for i16 {
    fn from(year: FiscalYear) -> Self {
        year.year
    }
}

impl PartialSchema for FiscalYear {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .description(Some("Fiscal year, the calendar year"))
            .minimum(Some(*FISCAL_YEARS.start()))
            .maximum(Some(*FISCAL_YEARS.end()))
            .examples([2022])
            .into()
    }
}

impl ToSchema for FiscalYear {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("FiscalYear")
    }
}

/// A calendar month of a year from 1880 to 2199, `"2022-01"` in JSON and in text; ordered in time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    // Both days are found once when the month is accepted, so that no later call can fail.
    first_day: NaiveDate,
    last_day: NaiveDate,
}

impl Month {
    /// Accepts a month 1 to 12 of a year from 1880 to 2199.
    ///
    /// # Errors
    /// [`PeriodError::MonthOutOfRange`].
    pub fn new(year: i32, month: u32) -> Result<Self, PeriodError> {
        if !MONTH_YEARS.contains(&year) {
            return Err(PeriodError::MonthOutOfRange);
        }
        let first_day = NaiveDate::from_ymd_opt(year, month, 1);
        let last_day = first_day.and_then(|day| day.checked_add_months(Months::new(1))).and_then(|day| day.pred_opt());
        first_day.zip(last_day).map(|(first_day, last_day)| Self { first_day, last_day }).ok_or(PeriodError::MonthOutOfRange)
    }

    /// Reads `YYYY-MM`: four digits, a hyphen, two digits, nothing around them.
    ///
    /// # Errors
    /// [`PeriodError::MonthFormat`] for another shape, [`PeriodError::MonthOutOfRange`] for a
    /// month that does not exist or a year outside 1880 to 2199.
    pub fn parse(text: &str) -> Result<Self, PeriodError> {
        let (year, month) = text.split_once('-').ok_or(PeriodError::MonthFormat)?;
        let year = digits(year, 4).ok_or(PeriodError::MonthFormat)?;
        let month = digits(month, 2).ok_or(PeriodError::MonthFormat)?;
        let year = i32::try_from(year).map_err(|_| PeriodError::MonthOutOfRange)?;
        Self::new(year, month)
    }

    /// The month that a day lies in.
    ///
    /// # Errors
    /// [`PeriodError::MonthOutOfRange`] for a day outside 1880 to 2199.
    pub fn of_date(date: NaiveDate) -> Result<Self, PeriodError> {
        Self::new(date.year(), date.month())
    }

    /// The year, 1880 to 2199.
    #[must_use]
    pub fn year(self) -> i32 {
        self.first_day.year()
    }

    /// The month of the year, 1 to 12.
    #[must_use]
    pub fn month(self) -> u32 {
        self.first_day.month()
    }

    /// The first day of the month.
    #[must_use]
    pub const fn first_day(self) -> NaiveDate {
        self.first_day
    }

    /// The last day of the month, leap years observed.
    #[must_use]
    pub const fn last_day(self) -> NaiveDate {
        self.last_day
    }

    /// The month after; `None` after 2199-12.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        self.last_day.succ_opt().and_then(|day| Self::of_date(day).ok())
    }

    /// How many months there are from this one through `last`, both counted: 1 if they are the
    /// same, 0 if `last` is earlier.
    #[must_use]
    pub fn months_between(self, last: Self) -> u32 {
        let count = last.ordinal() - self.ordinal() + 1;
        // A negative count is the case of an earlier `last`.
        u32::try_from(count).unwrap_or(0)
    }

    /// Months since the year 0; only differences of it mean anything.
    fn ordinal(self) -> i64 {
        i64::from(self.year()) * 12 + i64::from(self.month())
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Month({self})")
    }
}

/// Prints `2022-01`.
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.month())
    }
}

impl FromStr for Month {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads a string; the message of a refusal is [`PeriodError::en`].
impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|error| de::Error::custom(tagged_field_error(error.code(), &Text::new(error.zh(), error.en()))))
    }
}

impl PartialSchema for Month {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("Calendar month, year-month"))
            .pattern(Some("^[0-9]{4}-(0[1-9]|1[0-2])$"))
            .examples(["2022-01"])
            .into()
    }
}

impl ToSchema for Month {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Month")
    }
}

/// The number that exactly `count` ASCII digits write.
fn digits(text: &str, count: usize) -> Option<u32> {
    let plain = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then_some(text)?.parse().ok()
}

/// A range of days, both ends included; without a last day it has no end (valid from/to).
///
/// In JSON an object of two ISO 8601 dates, `{"from": "2022-01-01", "to": null}`; `to` may be left
/// out, an unknown member is refused (a misspelt `to` would open the range for ever).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "DateRangeMembers")]
pub struct DateRange {
    /// First day.
    from: NaiveDate,
    /// Last day, included; without one the range has no end.
    to: Option<NaiveDate>,
}

/// The members of a [`DateRange`] as they stand in JSON, not yet compared.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DateRangeMembers {
    from: NaiveDate,
    #[serde(default)]
    to: Option<NaiveDate>,
}

impl DateRange {
    /// A range from a first day through a last day, which may be the same; `None` for no end.
    ///
    /// # Errors
    /// [`PeriodError::DateRangeReversed`] if the last day is before the first.
    pub fn new(from: NaiveDate, to: Option<NaiveDate>) -> Result<Self, PeriodError> {
        if to.is_some_and(|to| to < from) {
            return Err(PeriodError::DateRangeReversed);
        }
        Ok(Self { from, to })
    }

    /// The first day.
    #[must_use]
    pub const fn from(self) -> NaiveDate {
        self.from
    }

    /// The last day; `None` if the range has no end.
    #[must_use]
    pub const fn to(self) -> Option<NaiveDate> {
        self.to
    }

    /// Whether the day lies in the range, both ends included.
    #[must_use]
    pub fn contains(self, date: NaiveDate) -> bool {
        self.from <= date && self.ends_on_or_after(date)
    }

    /// Whether the two ranges have a day in common; a range that begins on the other's last day
    /// does.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.ends_on_or_after(other.from) && other.ends_on_or_after(self.from)
    }

    fn ends_on_or_after(self, date: NaiveDate) -> bool {
        self.to.is_none_or(|to| to >= date)
    }
}

impl TryFrom<DateRangeMembers> for DateRange {
    type Error = PeriodError;

    fn try_from(members: DateRangeMembers) -> Result<Self, Self::Error> {
        Self::new(members.from, members.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL_ERRORS: [PeriodError; 4] =
        [PeriodError::FiscalYearOutOfRange, PeriodError::MonthFormat, PeriodError::MonthOutOfRange, PeriodError::DateRangeReversed];

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn month(text: &str) -> Month {
        Month::parse(text).unwrap()
    }

    fn range(from: &str, to: Option<&str>) -> DateRange {
        DateRange::new(day(from), to.map(day)).unwrap()
    }

    #[test]
    fn a_fiscal_year_is_the_calendar_year() {
        for number in FISCAL_YEARS {
            let year = FiscalYear::new(number).unwrap();
            assert_eq!(year.get(), number);
            assert_eq!(year.first_day().to_string(), format!("{number}-01-01"));
            assert_eq!(year.last_day().to_string(), format!("{number}-12-31"));
            assert_eq!(year.first_month().months_between(year.last_month()), 12);
            assert_eq!(year.to_string().parse(), Ok(year));
            assert_eq!(FiscalYear::of_date(year.last_day()), Ok(year));
            assert_eq!(year.next(), FiscalYear::new(number + 1).ok());
        }
        let year = FiscalYear::new(2022).unwrap();
        assert!(year.contains(day("2022-01-01")) && year.contains(day("2022-12-31")));
        assert!(!year.contains(day("2021-12-31")) && !year.contains(day("2023-01-01")));
        assert!(year < FiscalYear::new(2023).unwrap());
        assert_eq!(format!("{year:?}"), "FiscalYear(2022)");
    }

    #[test]
    fn a_fiscal_year_out_of_range_is_refused() {
        for number in [i16::MIN, -2022, 0, 22, 1999, 2101, i16::MAX] {
            assert_eq!(FiscalYear::new(number), Err(PeriodError::FiscalYearOutOfRange));
        }
        for text in ["", "22", "+2022", "2022 ", "2022年", "２０２２", "1999", "02022", "-2022"] {
            assert_eq!(text.parse::<FiscalYear>(), Err(PeriodError::FiscalYearOutOfRange), "{text}");
        }
        for date in [NaiveDate::MIN, NaiveDate::MAX, day("1999-12-31"), day("2101-01-01")] {
            assert_eq!(FiscalYear::of_date(date), Err(PeriodError::FiscalYearOutOfRange));
        }
    }

    #[test]
    fn a_fiscal_year_is_an_integer_in_json() {
        let year: FiscalYear = serde_json::from_str("2022").unwrap();
        assert_eq!(serde_json::to_string(&year).unwrap(), "2022");
        for json in ["1999", "2101", "70000", "\"2022\"", "2022.0", "2022.5", "null"] {
            assert!(serde_json::from_str::<FiscalYear>(json).is_err(), "{json}");
        }
        let schema = serde_json::to_value(FiscalYear::schema()).unwrap();
        assert_eq!(schema["type"], "integer");
        assert_eq!(schema["minimum"], 2000);
        assert_eq!(schema["maximum"], 2100);
    }

    #[test]
    fn a_month_knows_its_days() {
        for (text, last) in [
            ("2022-01", "2022-01-31"),
            ("2022-02", "2022-02-28"),
            ("2024-02", "2024-02-29"),
            ("1900-02", "1900-02-28"),
            ("2022-12", "2022-12-31"),
            ("1880-01", "1880-01-31"),
            ("2199-12", "2199-12-31"),
        ] {
            assert_eq!(month(text).first_day(), day(&format!("{text}-01")));
            assert_eq!(month(text).last_day(), day(last));
            assert_eq!(month(text).to_string(), text);
        }
        assert_eq!((month("2022-07").year(), month("2022-07").month()), (2022, 7));
        assert_eq!(Month::of_date(day("2024-02-29")), Ok(month("2024-02")));
        assert_eq!(format!("{:?}", month("2022-07")), "Month(2022-07)");
    }

    #[test]
    fn a_month_of_another_shape_is_refused() {
        for text in [
            "",
            "-",
            "2022",
            "2022-1",
            "22-01",
            "2022-001",
            "2022/01",
            "202201",
            " 2022-01",
            "2022-01 ",
            "2022-01-01",
            "+022-01",
            "-022-01",
            "2022-+1",
            "２０２２-０１",
            "2022年1月",
            "2022--1",
        ] {
            assert_eq!(Month::parse(text), Err(PeriodError::MonthFormat), "{text:?}");
        }
    }

    #[test]
    fn a_month_out_of_range_is_refused() {
        for text in ["2022-00", "2022-13", "2022-99", "1879-12", "2200-01", "0000-01", "9999-12"] {
            assert_eq!(Month::parse(text), Err(PeriodError::MonthOutOfRange), "{text}");
        }
        for (year, number) in [(i32::MIN, 1), (i32::MAX, 1), (2022, 0), (2022, 13), (2022, u32::MAX)] {
            assert_eq!(Month::new(year, number), Err(PeriodError::MonthOutOfRange));
        }
        for date in [NaiveDate::MIN, NaiveDate::MAX, day("1879-12-31"), day("2200-01-01")] {
            assert_eq!(Month::of_date(date), Err(PeriodError::MonthOutOfRange));
        }
    }

    #[test]
    fn months_follow_each_other_until_the_last() {
        assert_eq!(month("2022-01").next(), Some(month("2022-02")));
        assert_eq!(month("2022-12").next(), Some(month("2023-01")));
        assert_eq!(month("2199-12").next(), None);
        assert!(month("2021-12") < month("2022-01"));
    }

    #[test]
    fn months_are_counted_with_both_ends() {
        for (first, last, count) in [
            ("2022-01", "2022-12", 12),
            ("2022-01", "2022-01", 1),
            ("2021-12", "2022-01", 2),
            ("2022-01", "2021-12", 0),
            ("2022-12", "2022-01", 0),
            ("1880-01", "2199-12", 3840),
            ("2199-12", "1880-01", 0),
        ] {
            assert_eq!(month(first).months_between(month(last)), count, "{first} {last}");
        }
    }

    #[test]
    fn a_month_is_a_string_in_json() {
        let value: Month = serde_json::from_str("\"2022-01\"").unwrap();
        assert_eq!(serde_json::to_string(&value).unwrap(), "\"2022-01\"");
        for json in ["\"2022-13\"", "\"2022-1\"", "202201", "null", "{}"] {
            assert!(serde_json::from_str::<Month>(json).is_err(), "{json}");
        }
        assert_eq!(serde_json::to_value(Month::schema()).unwrap()["type"], "string");
        assert_eq!(Month::name(), "Month");
    }

    #[test]
    fn a_range_contains_both_its_ends() {
        let year = range("2022-01-01", Some("2022-12-31"));
        assert!(year.contains(day("2022-01-01")) && year.contains(day("2022-12-31")));
        assert!(!year.contains(day("2021-12-31")) && !year.contains(day("2023-01-01")));
        let one_day = range("2022-01-01", Some("2022-01-01"));
        assert!(one_day.contains(day("2022-01-01")));
        let open = range("2022-01-01", None);
        assert!(open.contains(NaiveDate::MAX) && !open.contains(day("2021-12-31")));
        assert_eq!((open.from(), open.to()), (day("2022-01-01"), None));
    }

    #[test]
    fn a_range_turned_round_is_refused() {
        let result = DateRange::new(day("2022-01-02"), Some(day("2022-01-01")));
        assert_eq!(result, Err(PeriodError::DateRangeReversed));
    }

    #[test]
    fn ranges_overlap_when_they_share_a_day() {
        let year = range("2022-01-01", Some("2022-12-31"));
        for (other, expected) in [
            (range("2022-12-31", Some("2023-01-31")), true),
            (range("2023-01-01", Some("2023-01-31")), false),
            (range("2021-01-01", Some("2022-01-01")), true),
            (range("2021-01-01", Some("2021-12-31")), false),
            (range("2022-06-01", Some("2022-06-01")), true),
            (range("2021-06-01", None), true),
            (range("2022-12-31", None), true),
            (range("2023-01-01", None), false),
        ] {
            assert_eq!(year.overlaps(other), expected, "{other:?}");
            assert_eq!(other.overlaps(year), expected, "{other:?}");
        }
        assert!(range("2022-01-01", None).overlaps(range("2030-01-01", None)));
    }

    #[test]
    fn a_range_is_an_object_of_two_dates_in_json() {
        let json = r#"{"from":"2022-01-01","to":"2022-12-31"}"#;
        let year: DateRange = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&year).unwrap(), json);
        let open = range("2022-01-01", None);
        assert_eq!(serde_json::to_string(&open).unwrap(), r#"{"from":"2022-01-01","to":null}"#);
        for json in [r#"{"from":"2022-01-01"}"#, r#"{"from":"2022-01-01","to":null}"#] {
            assert_eq!(serde_json::from_str::<DateRange>(json).unwrap(), open);
        }
        for json in [
            r#"{"from":"2022-12-31","to":"2022-01-01"}"#,
            r#"{"from":"2022-01-01","till":"2022-12-31"}"#,
            r#"{"from":"2022-02-30"}"#,
            r#"{"to":"2022-01-01"}"#,
            r#"{"from":null}"#,
            r#"{"from":"2022-01-01","to":""}"#,
        ] {
            assert!(serde_json::from_str::<DateRange>(json).is_err(), "{json}");
        }
        let schema = serde_json::to_value(DateRange::schema()).unwrap();
        assert_eq!(schema["properties"]["from"]["format"], "date");
        assert_eq!(schema["required"], serde_json::json!(["from"]));
    }

    #[test]
    fn every_error_has_its_own_code_and_messages() {
        let codes: std::collections::BTreeSet<_> = ALL_ERRORS.map(PeriodError::code).into();
        assert_eq!(codes.len(), ALL_ERRORS.len());
        for error in ALL_ERRORS {
            assert_eq!(error.to_string(), error.en());
            assert!(!error.zh().is_ascii());
        }
    }

    fn any_month() -> impl Strategy<Value = Month> {
        (1880_i32..2200, 1_u32..13).prop_map(|(year, month)| Month::new(year, month).unwrap())
    }

    fn any_range() -> impl Strategy<Value = DateRange> {
        (0_u64..400, proptest::option::of(0_u64..400)).prop_map(|(start, length)| {
            let from = day("2022-01-01") + chrono::Days::new(start);
            DateRange::new(from, length.map(|length| from + chrono::Days::new(length))).unwrap()
        })
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_panic(text in "\\PC{0,12}") {
            let _ = (Month::parse(&text), text.parse::<FiscalYear>());
        }

        #[test]
        fn a_month_survives_printing(value in any_month()) {
            prop_assert_eq!(Month::parse(&value.to_string()), Ok(value));
            prop_assert_eq!(Month::of_date(value.first_day()), Ok(value));
            prop_assert_eq!(Month::of_date(value.last_day()), Ok(value));
        }

        #[test]
        fn the_next_month_begins_the_day_after_the_last(value in any_month()) {
            if let Some(next) = value.next() {
                prop_assert_eq!(value.last_day().succ_opt(), Some(next.first_day()));
                prop_assert_eq!(value.months_between(next), 2);
                prop_assert!(value < next);
            }
        }

        #[test]
        fn months_split_anywhere_add_up(a in any_month(), b in any_month(), c in any_month()) {
            let mut months = [a, b, c];
            months.sort();
            let [first, middle, last] = months;
            prop_assert_eq!(
                first.months_between(last) + 1,
                first.months_between(middle) + middle.months_between(last)
            );
        }

        #[test]
        fn ranges_overlap_exactly_when_one_contains_the_others_start(a in any_range(), b in any_range()) {
            prop_assert_eq!(a.overlaps(b), b.overlaps(a));
            prop_assert_eq!(a.overlaps(b), a.contains(b.from()) || b.contains(a.from()));
            prop_assert!(a.overlaps(a));
        }
    }
}
