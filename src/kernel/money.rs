//! Money in yuan (人民币元) with exactly two decimals.
//!
//! domain.md, decision 1: `NUMERIC(18,2)` in the database, a decimal string in JSON, never a float. JSON numbers are
//! refused, because parsers on the way may already have rounded them.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};
use std::str::FromStr;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Numeric;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, schema::Type};
use utoipa::{PartialSchema, ToSchema};

use super::lang::Text;

/// An amount of yuan, exact to the fen (分), between -10^16 and 10^16 exclusive.
///
/// Arithmetic stays far below the 28 digits of [`Decimal`], so adding and subtracting cannot overflow for any number of
/// rows a database can hold.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, FromSqlRow, AsExpression)]
#[diesel(sql_type = Numeric)]
pub struct Money(Decimal);

/// Why a text is not an amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not digits with at most one decimal point, thousands separators in threes, and an optional 万 / 万元 / 元.
    #[error("is not an amount; write 2212.00, 2,212.00 or 131.536万")]
    Malformed,
    /// More than two decimals of a yuan.
    #[error("has a fraction of a fen")]
    FractionOfFen,
    /// 10^16 yuan or more.
    #[error("is larger than any amount this ledger keeps")]
    TooLarge,
    /// Zero or less where money must move.
    #[error("must be more than zero")]
    NotPositive,
}

impl MoneyError {
    /// The stable code of a field error.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "amount_malformed",
            Self::FractionOfFen => "amount_fraction_of_fen",
            Self::TooLarge => "amount_too_large",
            Self::NotPositive => "amount_not_positive",
        }
    }

    /// The reason in both languages.
    #[must_use]
    pub fn text(self) -> Text {
        let zh = match self {
            Self::Malformed => "不是金额；请写成 2212.00、2,212.00 或 131.536万",
            Self::FractionOfFen => "金额不足一分的部分不被接受",
            Self::TooLarge => "金额过大",
            Self::NotPositive => "金额必须大于零",
        };
        Text::new(zh, self.to_string())
    }
}

impl Money {
    /// No money.
    pub const ZERO: Self = Self(Decimal::ZERO);
    const SCALE: u32 = 2;
    const LIMIT: Decimal = Decimal::from_parts(0x6fc1_0000, 0x0023_86f2, 0, false, 0);

    /// Takes a decimal number of yuan.
    ///
    /// # Errors
    /// [`MoneyError::FractionOfFen`] when it has more than two significant decimals, [`MoneyError::TooLarge`] from 10^16 on.
    pub fn new(yuan: Decimal) -> Result<Self, MoneyError> {
        if yuan.abs() >= Self::LIMIT {
            return Err(MoneyError::TooLarge);
        }
        let mut exact = yuan.normalize();
        if exact.scale() > Self::SCALE {
            return Err(MoneyError::FractionOfFen);
        }
        exact.rescale(Self::SCALE);
        Ok(Self(exact))
    }

    /// A whole number of yuan.
    #[must_use]
    pub fn yuan(whole: u32) -> Self {
        let mut value = Decimal::from(whole);
        value.rescale(Self::SCALE);
        Self(value)
    }

    /// The amount as a plain decimal number of yuan.
    #[must_use]
    pub const fn as_decimal(self) -> Decimal {
        self.0
    }

    /// More than zero.
    #[must_use]
    pub fn is_positive(self) -> bool {
        self.0 > Decimal::ZERO
    }

    /// Exactly zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// Less than zero.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.0 < Decimal::ZERO
    }

    /// `count` times this amount.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`] when the product leaves the range.
    pub fn times(self, count: u32) -> Result<Self, MoneyError> {
        let product = self.0.checked_mul(Decimal::from(count)).ok_or(MoneyError::TooLarge)?;
        Self::new(product)
    }

    /// This amount divided evenly by `count`, rounded up to whole yuan; `None` when `count` is zero.
    #[must_use]
    pub fn divide_up_to_yuan(self, count: u32) -> Option<Self> {
        self.divide_to_yuan(count, RoundingStrategy::ToPositiveInfinity)
    }

    /// This amount divided evenly by `count`, rounded down to whole yuan; `None` when `count` is zero.
    #[must_use]
    pub fn divide_down_to_yuan(self, count: u32) -> Option<Self> {
        self.divide_to_yuan(count, RoundingStrategy::ToNegativeInfinity)
    }

    /// Rounds by remainder instead of by quotient: a quotient of 28 digits may itself already be rounded.
    fn divide_to_yuan(self, count: u32, strategy: RoundingStrategy) -> Option<Self> {
        let divisor = Decimal::from(count);
        let remainder = self.0.checked_rem(divisor)?;
        let whole = (self.0 - remainder).checked_div(divisor)?;
        let floor = whole.round_dp_with_strategy(0, RoundingStrategy::ToNegativeInfinity);
        let exact = remainder.is_zero() && whole == floor;
        let rounded = match strategy {
            RoundingStrategy::ToPositiveInfinity if !exact => floor + Decimal::ONE,
            _ => floor,
        };
        Self::new(rounded).ok()
    }

    /// The smaller of two amounts.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        Ord::min(self, other)
    }

    /// Without its sign.
    #[must_use]
    pub fn abs(self) -> Self {
        Self(self.0.abs())
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    /// Reads `2212.00`, `2,212.00`, `131.536万`, `131.536万元` and `2212元`; an optional leading minus; no exponent, no
    /// plus sign, no spaces.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let (number, factor) = match text.strip_suffix("万元").or_else(|| text.strip_suffix('万')) {
            Some(number) => (number, Decimal::from(10_000)),
            None => (text.strip_suffix('元').unwrap_or(text), Decimal::ONE),
        };
        let plain = plain_number(number).ok_or(MoneyError::Malformed)?;
        if plain.len() > 26 {
            return Err(MoneyError::TooLarge);
        }
        let value = Decimal::from_str_exact(&plain).map_err(|_| MoneyError::Malformed)?;
        Self::new(value.checked_mul(factor).ok_or(MoneyError::TooLarge)?)
    }
}

/// The digits without thousands separators, or `None` when the text is not a plain decimal number.
#[must_use]
pub fn plain_number(text: &str) -> Option<String> {
    let (sign, unsigned) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !fraction.is_none_or(digits) {
        return None;
    }
    let whole = ungroup(whole).filter(|joined| digits(joined))?;
    Some(match fraction {
        Some(fraction) => format!("{sign}{whole}.{fraction}"),
        None => format!("{sign}{whole}"),
    })
}

/// Joins `1,315,360`; a group that is not of three digits makes it unreadable rather than guessed at (「72,4」).
fn ungroup(whole: &str) -> Option<String> {
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    let well_formed = rest.is_empty() || ((1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3));
    well_formed.then(|| whole.replace(',', ""))
}

impl fmt::Display for Money {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut value = self.0;
        value.rescale(Self::SCALE);
        out.pad(&value.to_string())
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl<'a> Sum<&'a Self> for Money {
    fn sum<I: Iterator<Item = &'a Self>>(amounts: I) -> Self {
        amounts.copied().sum()
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|error: MoneyError| de::Error::custom(tagged(error)))
    }
}

/// A field error keeps its code through serde, which only knows texts: `code|zh|en`, taken apart in `http::body`.
fn tagged(error: MoneyError) -> String {
    super::refusal::tagged_field_error(error.code(), &error.text())
}

/// The schema of an amount of so many digits before the point.
fn schema_of(pattern: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(
            "Yuan with exactly two decimals, as a string. 人民币元，两位小数。Input may also be \"2,212.00\" or \"131.536万\".",
        ))
        .pattern(Some(pattern))
        .examples(["1315360.00"])
        .build()
        .into()
}

impl PartialSchema for Money {
    fn schema() -> RefOr<Schema> {
        schema_of(r"^-?([0-9]{1,16}(\.[0-9]{1,2})?|[0-9]{1,3}(,[0-9]{3}){1,4}(\.[0-9]{1,2})?|[0-9]{1,11}(\.[0-9]{1,6})?万)$")
    }
}

impl ToSchema for Money {
    fn name() -> std::borrow::Cow<'static, str> {
        "Money".into()
    }
}

impl ToSql<Numeric, Pg> for Money {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <Decimal as ToSql<Numeric, Pg>>::to_sql(&self.0, &mut out.reborrow())
    }
}

impl FromSql<Numeric, Pg> for Money {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        let decimal = <Decimal as FromSql<Numeric, Pg>>::from_sql(bytes)?;
        Ok(Self::new(decimal)?)
    }
}

/// An amount that moves: more than zero. What every request that grants, pays or returns money takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct PositiveMoney(Money);

impl PositiveMoney {
    /// # Errors
    /// [`MoneyError::NotPositive`] for zero and below.
    pub fn new(money: Money) -> Result<Self, MoneyError> {
        if money.is_positive() { Ok(Self(money)) } else { Err(MoneyError::NotPositive) }
    }

    /// The amount.
    #[must_use]
    pub const fn get(self) -> Money {
        self.0
    }
}

impl<'de> Deserialize<'de> for PositiveMoney {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let money = Money::deserialize(deserializer)?;
        Self::new(money).map_err(|error| de::Error::custom(tagged(error)))
    }
}

impl PartialSchema for PositiveMoney {
    // Two digits fewer than an amount may have, so that a hundred of the largest can still be added up.
    fn schema() -> RefOr<Schema> {
        schema_of(r"^([0-9]{1,14}|[0-9]{1,3}(,[0-9]{3}){1,4})(\.[0-9]{1,2}|(\.[0-9]{1,6})?万)?$")
    }
}

impl ToSchema for PositiveMoney {
    fn name() -> std::borrow::Cow<'static, str> {
        "PositiveMoney".into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn money(text: &str) -> Money {
        text.parse().unwrap()
    }

    #[test]
    fn the_four_ways_to_write_an_amount_are_one_amount() {
        for text in ["1315360.00", "1,315,360.00", "131.536万", "131.536万元", "1315360元", "1315360"] {
            assert_eq!(money(text).to_string(), "1315360.00", "{text}");
        }
    }

    #[test]
    fn what_is_not_an_amount_is_refused() {
        for text in
            ["", " 1", "1e2", "+1", "1.", ".5", "72,4", "72,4万元", "1,23,456", "0x10", "NaN", "inf", "--1", "１２", "1_000", "1,2345"]
        {
            assert_eq!(text.parse::<Money>(), Err(MoneyError::Malformed), "{text}");
        }
    }

    #[test]
    fn a_fraction_of_a_fen_is_refused_and_trailing_zeros_are_not_one() {
        assert_eq!("0.005".parse::<Money>(), Err(MoneyError::FractionOfFen));
        assert_eq!("1.23456789万".parse::<Money>(), Err(MoneyError::FractionOfFen));
        assert_eq!(money("1.230").to_string(), "1.23");
        assert_eq!(money("0.000001万").to_string(), "0.01");
    }

    #[test]
    fn ten_to_the_sixteenth_is_too_large() {
        assert_eq!("10000000000000000".parse::<Money>(), Err(MoneyError::TooLarge));
        assert_eq!("99999999999999999999999999999999".parse::<Money>(), Err(MoneyError::TooLarge));
        assert_eq!(money("9999999999999999.99").to_string(), "9999999999999999.99");
    }

    #[test]
    fn json_numbers_are_refused() {
        assert!(serde_json::from_str::<Money>("2212.00").is_err());
        assert_eq!(serde_json::to_string(&money("2212")).unwrap(), "\"2212.00\"");
        assert!(serde_json::from_str::<PositiveMoney>("\"0.00\"").is_err());
        assert!(serde_json::from_str::<PositiveMoney>("\"-1\"").is_err());
    }

    #[test]
    fn seventy_thousand_rows_sum_without_losing_a_fen() {
        let total: Money = std::iter::repeat_n(money("12345.67"), 170).sum();
        assert_eq!(total.to_string(), "2098763.90");
    }

    proptest! {
        #[test]
        fn printing_and_reading_is_the_identity(fen in -999_999_999_999_999_999i64..=999_999_999_999_999_999) {
            let money = Money::new(Decimal::new(fen, 2)).unwrap();
            prop_assert_eq!(money.to_string().parse::<Money>().unwrap(), money);
        }

        #[test]
        fn rounding_up_covers_and_rounding_down_stays_within(fen in 0i64..1_000_000_000, count in 1u32..10_000) {
            let pool = Money::new(Decimal::new(fen, 2)).unwrap();
            let up = pool.divide_up_to_yuan(count).unwrap();
            let down = pool.divide_down_to_yuan(count).unwrap();
            prop_assert!(up.times(count).unwrap() >= pool);
            prop_assert!(down.times(count).unwrap() <= pool);
            prop_assert!(up - down <= Money::yuan(1));
        }
    }
}
