//! Reading a printed figure: its value, its unit, and how exactly it was printed.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::Refusal;
use crate::reconciliation::error::FIGURE_UNREADABLE;

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// 元
    Yuan,
    /// 万元
    WanYuan,
    /// 户
    Household,
    /// 人、名
    Person,
    /// 人次、户次
    PersonTime,
}

impl Unit {
    /// Amounts of money, not counts.
    #[must_use]
    pub const fn is_money(self) -> bool {
        matches!(self, Self::Yuan | Self::WanYuan)
    }

    /// The name in the API and the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Yuan => "yuan",
            Self::WanYuan => "wan_yuan",
            Self::Household => "household",
            Self::Person => "person",
            Self::PersonTime => "person_time",
        }
    }
}

/// A printed figure, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Printed {
    /// In yuan, or in units counted.
    pub value: Decimal,
    /// As printed.
    pub unit: Unit,
    /// Decimals printed.
    pub decimals: u32,
    /// Half a unit of the last printed digit, in yuan; zero for counts, which are exact.
    pub tolerance: Decimal,
}

/// Longest first, so that 人次 is not read as 人.
const UNITS: [(&str, Unit); 9] = [
    ("万元", Unit::WanYuan),
    ("人次", Unit::PersonTime),
    ("户次", Unit::PersonTime),
    ("万", Unit::WanYuan),
    ("元", Unit::Yuan),
    ("户", Unit::Household),
    ("人", Unit::Person),
    ("名", Unit::Person),
    ("家", Unit::Household),
];

/// Reads `131.5532万元`, `1,315,532元`, `980人次` or, with `unit` given, a bare number.
///
/// # Errors
/// [`FIGURE_UNREADABLE`] for what is not a number, has its separators in the wrong places (「72,4万元」), has no unit or
/// another than `unit`, or counts in fractions.
pub fn read(printed: &str, unit: Option<Unit>) -> Result<Printed, Refusal> {
    let text = printed.trim();
    let suffixed = UNITS.iter().find_map(|(suffix, found)| Some((text.strip_suffix(suffix)?, *found)));
    let (number, unit) = match (suffixed, unit) {
        (Some((number, found)), wanted) if wanted.is_none_or(|wanted| wanted == found) => (number, found),
        (None, Some(unit)) => (text, unit),
        _ => return Err(unreadable()),
    };
    let plain = crate::kernel::money::plain_number(number).ok_or_else(unreadable)?;
    let value = Decimal::from_str_exact(&plain).map_err(|_| unreadable())?;
    let decimals = value.scale();
    let one = Decimal::ONE;
    let factor = if unit == Unit::WanYuan { Decimal::from(10_000) } else { one };
    let last_digit = Decimal::try_new(1, decimals).map_err(|_| unreadable())?;
    if !unit.is_money() && (decimals > 0 || value.is_sign_negative()) {
        return Err(unreadable());
    }
    let scaled =
        value.checked_mul(factor).filter(|scaled| scaled.abs() < Decimal::from(10_000_000_000_000_000_u64)).ok_or_else(unreadable)?;
    let tolerance = if unit.is_money() { last_digit * factor / Decimal::TWO } else { Decimal::ZERO };
    Ok(Printed { value: scaled, unit, decimals, tolerance })
}

fn unreadable() -> Refusal {
    FIGURE_UNREADABLE.at("/printed", FIGURE_UNREADABLE.zh, FIGURE_UNREADABLE.en)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(text: &str) -> (String, Unit, String) {
        let printed = read(text, None).unwrap();
        (printed.value.normalize().to_string(), printed.unit, printed.tolerance.normalize().to_string())
    }

    #[test]
    fn a_figure_keeps_its_unit_and_its_tolerance() {
        assert_eq!(figure("131.5532万元"), ("1315532".to_owned(), Unit::WanYuan, "0.5".to_owned()));
        assert_eq!(figure("131.536万"), ("1315360".to_owned(), Unit::WanYuan, "5".to_owned()));
        assert_eq!(figure("172元"), ("172".to_owned(), Unit::Yuan, "0.5".to_owned()));
        assert_eq!(figure("1,315,532.00元"), ("1315532".to_owned(), Unit::Yuan, "0.005".to_owned()));
        assert_eq!(figure("980人次"), ("980".to_owned(), Unit::PersonTime, "0".to_owned()));
        assert_eq!(figure("980名"), ("980".to_owned(), Unit::Person, "0".to_owned()));
    }

    #[test]
    fn what_is_misprinted_is_refused_and_not_guessed() {
        for text in ["72,4万元", "一百元", "12", "1.5户", "-3人", "元", "", "1e3元", "12万户", "12元元", "3人次人次"] {
            assert!(read(text, None).is_err(), "{text}");
        }
        assert!(read("980人次", Some(Unit::Person)).is_err());
        assert!(read("12", Some(Unit::Household)).is_ok());
    }
}
