//! Rates, averages and shares, exact until they are printed.
//!
//! A quotient is never rounded twice: the digits come from integer division of the operands, and
//! the one rounding is half-up (四舍五入), away from zero for negative values.

use std::cmp::Reverse;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Decimal places that a percentage adds.
const PERCENT_PLACES: u32 = 2;

/// A rate or an average as the two numbers it comes from, with a denominator other than zero.
///
/// Equality compares the two numbers, because a report names both: 1/2 and 2/4 are different.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ratio {
    numerator: Decimal,
    denominator: Decimal,
}

impl Ratio {
    /// The rate of two numbers; `None` if the denominator is zero: then there is no rate, which is
    /// not a rate of zero.
    #[must_use]
    pub fn new(numerator: Decimal, denominator: Decimal) -> Option<Self> {
        (!denominator.is_zero()).then_some(Self { numerator, denominator })
    }

    /// The number above the line, as given.
    #[must_use]
    pub const fn numerator(self) -> Decimal {
        self.numerator
    }

    /// The number below the line, as given; not zero.
    #[must_use]
    pub const fn denominator(self) -> Decimal {
        self.denominator
    }

    /// The quotient with exactly `decimals` decimals, half-up: 1000000 / 261 with one is `3831.4`.
    ///
    /// `None` for more than 28 decimals or a result beyond the 28 digits of a `Decimal`; amounts
    /// of 18 digits over counts, with up to eight decimals, never get there.
    #[must_use]
    pub fn rounded(self, decimals: u32) -> Option<Decimal> {
        self.shifted(0, decimals)
    }

    /// The percentage with exactly `decimals` decimals, half-up, without the sign:
    /// 1650000 / 1659000 with two is `99.46`.
    ///
    /// `None` as for [`Ratio::rounded`].
    #[must_use]
    pub fn percent(self, decimals: u32) -> Option<Decimal> {
        self.shifted(PERCENT_PLACES, decimals)
    }

    /// The quotient times 10^`places`, rounded to `decimals`.
    fn shifted(self, places: u32, decimals: u32) -> Option<Decimal> {
        if decimals > Decimal::MAX_SCALE {
            return None;
        }
        let above = self.numerator.mantissa().unsigned_abs();
        let below = self.denominator.mantissa().unsigned_abs();
        let up = self.denominator.scale() + places + decimals;
        let down = self.numerator.scale();
        let digits = match up.checked_sub(down) {
            Some(power) => quotient_half_up(above, below, power)?,
            None => match 10_u128.checked_pow(down - up).and_then(|power| below.checked_mul(power)) {
                Some(below) => quotient_half_up(above, below, 0)?,
                // The divisor is above 2^128 and the numerator below 2^96: far less than half.
                None => 0,
            },
        };
        let digits = i128::try_from(digits).ok()?;
        let negative = self.numerator.is_sign_negative() != self.denominator.is_sign_negative();
        decimal(if negative { -digits } else { digits }, decimals)
    }
}

/// `above` × 10^`power` / `below`, half-up, by long division so that nothing is multiplied out
/// before its digits are needed; `None` if the result is beyond 128 bits.
///
/// `above` is below 2^96; so is `below` whenever `power` is above 0, and a remainder times ten
/// fits.
fn quotient_half_up(above: u128, below: u128, power: u32) -> Option<u128> {
    let mut quotient = above.checked_div(below)?;
    let mut remainder = above.checked_rem(below)?;
    for _ in 0..power {
        remainder = remainder.checked_mul(10)?;
        let digit = remainder.checked_div(below)?;
        quotient = quotient.checked_mul(10)?.checked_add(digit)?;
        remainder = remainder.checked_rem(below)?;
    }
    // The same as 2 × remainder ≥ below, which could overflow.
    if remainder >= below - remainder {
        quotient = quotient.checked_add(1)?;
    }
    Some(quotient)
}

/// A decimal of these digits; `None` if they are beyond 96 bits.
fn decimal(digits: i128, decimals: u32) -> Option<Decimal> {
    Decimal::try_from_i128_with_scale(digits, decimals).ok()
}

/// Why shares cannot be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}", self.en())]
pub enum ShareError {
    /// A value is below zero: a part of a whole is not.
    Negative,
    /// The values add up to zero, or there are none.
    ZeroTotal,
    /// The values, aligned to one number of decimals and multiplied by 100 and the decimals
    /// wanted, are beyond 128 bits; amounts of 18 digits with up to 15 decimals never are.
    OutOfRange,
}

impl ShareError {
    /// The stable code of the error, for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Negative => "share_negative",
            Self::ZeroTotal => "share_zero_total",
            Self::OutOfRange => "share_out_of_range",
        }
    }

    /// The message in Chinese.
    #[must_use]
    pub fn zh(self) -> String {
        match self {
            Self::Negative => "计算占比的各项不得为负数",
            Self::ZeroTotal => "各项合计为零，无法计算占比",
            Self::OutOfRange => "数值过大或小数位数过多，无法计算占比",
        }
        .to_owned()
    }

    /// The message in English.
    #[must_use]
    pub fn en(self) -> String {
        match self {
            Self::Negative => "a value to take the share of must not be negative",
            Self::ZeroTotal => "the values add up to zero, so there are no shares",
            Self::OutOfRange => "the values are too large or have too many decimals for shares",
        }
        .to_owned()
    }
}

/// How shares are rounded; a report names the one it used (calculation rule 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShareMethod {
    /// Each share on its own, half-up (四舍五入): the sum may be 99 or 101.
    HalfUp,
    /// Each share down, and the units missing to 100 to the largest remainders (最大余额法): the
    /// sum is 100.
    LargestRemainder,
}

impl ShareMethod {
    /// The stable code, the same text as in JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::HalfUp => "half_up",
            Self::LargestRemainder => "largest_remainder",
        }
    }

    /// The name in Chinese.
    #[must_use]
    pub fn zh(self) -> String {
        match self {
            Self::HalfUp => "四舍五入",
            Self::LargestRemainder => "最大余额法",
        }
        .to_owned()
    }

    /// The name in English.
    #[must_use]
    pub fn en(self) -> String {
        match self {
            Self::HalfUp => "half-up",
            Self::LargestRemainder => "largest remainder",
        }
        .to_owned()
    }

    /// The percentages of the values' sum by this method, in the order of the values.
    ///
    /// # Errors
    /// As [`half_up`] and [`largest_remainder`].
    pub fn shares(self, values: &[Decimal], decimals: u32) -> Result<Vec<Decimal>, ShareError> {
        match self {
            Self::HalfUp => half_up(values, decimals),
            Self::LargestRemainder => largest_remainder(values, decimals),
        }
    }
}

/// The percentages of the values' sum with exactly `decimals` decimals, each rounded half-up on
/// its own, in the order of the values (calculation rule 4). Their sum need not be 100.
///
/// # Errors
/// In this order: [`ShareError::Negative`], [`ShareError::ZeroTotal`] (an empty list too),
/// [`ShareError::OutOfRange`].
pub fn half_up(values: &[Decimal], decimals: u32) -> Result<Vec<Decimal>, ShareError> {
    let (parts, _) = parts(values, decimals)?;
    parts.into_iter().map(|part| percentage(part.units + u128::from(part.at_least_half), decimals)).collect()
}

/// The percentages of the values' sum with exactly `decimals` decimals that add up to exactly 100,
/// in the order of the values (calculation rule 4; Hamilton's method): each is rounded down, and
/// the last units missing go to the largest remainders, among equal ones to the earlier value.
/// A value of zero has a share of zero.
///
/// # Errors
/// In this order: [`ShareError::Negative`], [`ShareError::ZeroTotal`] (an empty list too),
/// [`ShareError::OutOfRange`].
pub fn largest_remainder(values: &[Decimal], decimals: u32) -> Result<Vec<Decimal>, ShareError> {
    let (parts, whole) = parts(values, decimals)?;
    let mut units: Vec<u128> = parts.iter().map(|part| part.units).collect();
    let mut order: Vec<(usize, u128)> = parts.iter().map(|part| part.remainder).enumerate().collect();
    // The sort is stable, so equal remainders stay in the order of the values.
    order.sort_by_key(|(_, remainder)| Reverse(*remainder));
    let mut missing = whole - units.iter().sum::<u128>();
    for (place, _) in order {
        if missing == 0 {
            break;
        }
        if let Some(units) = units.get_mut(place) {
            *units += 1;
            missing -= 1;
        }
    }
    units.into_iter().map(|units| percentage(units, decimals)).collect()
}

/// One value's share in units of the last decimal of a percentage, rounded down.
struct Part {
    units: u128,
    /// What rounding down left over, in fractions of the sum; comparable between parts.
    remainder: u128,
    at_least_half: bool,
}

/// Every value's part, and how many units make 100 percent.
fn parts(values: &[Decimal], decimals: u32) -> Result<(Vec<Part>, u128), ShareError> {
    if values.iter().any(|value| *value < Decimal::ZERO) {
        return Err(ShareError::Negative);
    }
    if values.iter().all(Decimal::is_zero) {
        return Err(ShareError::ZeroTotal);
    }
    let whole = decimals.checked_add(PERCENT_PLACES).and_then(|power| 10_u128.checked_pow(power)).ok_or(ShareError::OutOfRange)?;
    let aligned = aligned(values).ok_or(ShareError::OutOfRange)?;
    let total = aligned.iter().try_fold(0_u128, |total, value| total.checked_add(*value)).ok_or(ShareError::OutOfRange)?;
    let parts: Option<Vec<Part>> = aligned.into_iter().map(|value| part(value, total, whole)).collect();
    Ok((parts.ok_or(ShareError::OutOfRange)?, whole))
}

/// The part of one value; `None` beyond 128 bits.
fn part(value: u128, total: u128, whole: u128) -> Option<Part> {
    let product = value.checked_mul(whole)?;
    let units = product.checked_div(total)?;
    let remainder = product.checked_rem(total)?;
    Some(Part { units, remainder, at_least_half: remainder >= total - remainder })
}

/// The values as integers of one common unit, their smallest decimal; `None` beyond 128 bits.
fn aligned(values: &[Decimal]) -> Option<Vec<u128>> {
    let values: Vec<Decimal> = values.iter().map(Decimal::normalize).collect();
    let scale = values.iter().map(Decimal::scale).max()?;
    values
        .iter()
        .map(|value| {
            let power = 10_u128.checked_pow(scale.checked_sub(value.scale())?)?;
            value.mantissa().unsigned_abs().checked_mul(power)
        })
        .collect()
}

/// A percentage of that many units of its last decimal.
fn percentage(units: u128, decimals: u32) -> Result<Decimal, ShareError> {
    i128::try_from(units).ok().and_then(|units| decimal(units, decimals)).ok_or(ShareError::OutOfRange)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VECTOR: [&str; 5] = ["163.86", "1.3", "777.76", "29.75", "15.84"];

    const ALL_ERRORS: [ShareError; 3] = [ShareError::Negative, ShareError::ZeroTotal, ShareError::OutOfRange];

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn decs(texts: &[&str]) -> Vec<Decimal> {
        texts.iter().map(|text| dec(text)).collect()
    }

    fn texts(values: &[Decimal]) -> Vec<String> {
        values.iter().map(ToString::to_string).collect()
    }

    fn rounded(numerator: &str, denominator: &str, decimals: u32) -> Option<String> {
        let ratio = Ratio::new(dec(numerator), dec(denominator)).unwrap();
        ratio.rounded(decimals).map(|value| value.to_string())
    }

    fn percent(numerator: &str, denominator: &str, decimals: u32) -> Option<String> {
        let ratio = Ratio::new(dec(numerator), dec(denominator)).unwrap();
        ratio.percent(decimals).map(|value| value.to_string())
    }

    #[test]
    fn rates_and_averages_of_the_seed_come_out() {
        assert_eq!(percent("1650000", "1659000", 2).as_deref(), Some("99.46"));
        assert_eq!(percent("1650000.00", "1659000.00", 2).as_deref(), Some("99.46"));
        assert_eq!(rounded("1000000", "261", 1).as_deref(), Some("3831.4"));
        assert_eq!(rounded("300000.00", "291", 2).as_deref(), Some("1030.93"));
        assert_eq!(percent("266360", "266360.00", 2).as_deref(), Some("100.00"));
        assert_eq!(percent("988.50", "1151.06", 0).as_deref(), Some("86"));
        assert_eq!(percent("0", "72", 1).as_deref(), Some("0.0"));
    }

    #[test]
    fn half_is_rounded_up_and_away_from_zero() {
        assert_eq!(rounded("1", "8", 2).as_deref(), Some("0.13"));
        assert_eq!(rounded("-1", "8", 2).as_deref(), Some("-0.13"));
        assert_eq!(rounded("1", "-8", 2).as_deref(), Some("-0.13"));
        assert_eq!(rounded("-1", "-8", 2).as_deref(), Some("0.13"));
        assert_eq!(rounded("5", "2", 0).as_deref(), Some("3"));
        assert_eq!(rounded("4.9", "2", 0).as_deref(), Some("2"));
        assert_eq!(rounded("-1", "1000", 2).as_deref(), Some("0.00"));
        assert_eq!(percent("0.00005", "1", 2).as_deref(), Some("0.01"));
    }

    #[test]
    fn a_quotient_is_not_rounded_twice() {
        // Just below one half, by less than a Decimal division can show.
        let numerator = "39614081257132168796771975167";
        let denominator = "79228162514264337593543950335";
        assert_eq!(rounded(numerator, denominator, 0).as_deref(), Some("0"));
        assert_eq!(dec(numerator) / dec(denominator), dec("0.5"));
    }

    #[test]
    fn without_a_denominator_there_is_no_rate() {
        assert_eq!(Ratio::new(dec("1"), dec("0")), None);
        assert_eq!(Ratio::new(dec("0"), dec("0.00")), None);
        assert_eq!(Ratio::new(dec("1"), dec("-0.0")), None);
    }

    #[test]
    fn a_result_too_long_to_print_is_none_and_a_tiny_one_is_zero() {
        assert_eq!(rounded("1", "3", 29), None);
        assert_eq!(rounded("1", "3", u32::MAX), None);
        let max = Decimal::MAX.to_string();
        assert_eq!(rounded(&max, "0.0000000000000000000000000001", 0), None);
        assert_eq!(rounded(&max, "1", 1), None);
        assert_eq!(rounded(&max, "1", 0), Some(max.clone()));
        assert_eq!(rounded("0.0000000000000000000000000001", &max, 2).as_deref(), Some("0.00"));
        assert_eq!(rounded("1", "3", 28).as_deref(), Some("0.3333333333333333333333333333"));
    }

    #[test]
    fn both_numbers_are_kept_as_given() {
        let ratio = Ratio::new(dec("1.50"), dec("3")).unwrap();
        assert_eq!(ratio.numerator().to_string(), "1.50");
        assert_eq!(ratio.denominator().to_string(), "3");
    }

    #[test]
    fn the_largest_remainders_bring_the_sum_to_100() {
        let values = decs(&VECTOR);
        let shares = largest_remainder(&values, 0).unwrap();
        assert_eq!(texts(&shares), ["16", "0", "79", "3", "2"]);
        assert_eq!(ShareMethod::LargestRemainder.shares(&values, 0), Ok(shares));
    }

    #[test]
    fn half_up_shares_may_miss_100() {
        let values = decs(&VECTOR);
        let shares = half_up(&values, 0).unwrap();
        assert_eq!(texts(&shares), ["17", "0", "79", "3", "2"]);
        assert_eq!(ShareMethod::HalfUp.shares(&values, 0), Ok(shares));
        let thirds = decs(&["1", "1", "1"]);
        assert_eq!(texts(&half_up(&thirds, 2).unwrap()), ["33.33", "33.33", "33.33"]);
        assert_eq!(texts(&largest_remainder(&thirds, 2).unwrap()), ["33.34", "33.33", "33.33"]);
    }

    #[test]
    fn equal_remainders_go_to_the_earlier_value() {
        let values = decs(&["1", "1", "1", "1", "1", "1"]);
        let shares = largest_remainder(&values, 0).unwrap();
        assert_eq!(texts(&shares), ["17", "17", "17", "17", "16", "16"]);
    }

    #[test]
    fn one_value_has_it_all_and_zero_has_nothing() {
        for method in [ShareMethod::HalfUp, ShareMethod::LargestRemainder] {
            assert_eq!(texts(&method.shares(&decs(&["0.01"]), 1).unwrap()), ["100.0"]);
            let shares = method.shares(&decs(&["0", "7", "0.00"]), 0).unwrap();
            assert_eq!(texts(&shares), ["0", "100", "0"]);
        }
    }

    #[test]
    fn shares_of_nothing_or_of_negative_values_are_refused() {
        for method in [ShareMethod::HalfUp, ShareMethod::LargestRemainder] {
            assert_eq!(method.shares(&[], 0), Err(ShareError::ZeroTotal));
            assert_eq!(method.shares(&decs(&["0", "-0.0"]), 0), Err(ShareError::ZeroTotal));
            assert_eq!(method.shares(&decs(&["5", "-1"]), 0), Err(ShareError::Negative));
            assert_eq!(method.shares(&decs(&["1", "-1"]), 0), Err(ShareError::Negative));
        }
    }

    #[test]
    fn shares_out_of_range_are_refused() {
        for method in [ShareMethod::HalfUp, ShareMethod::LargestRemainder] {
            for decimals in [29, 40, u32::MAX] {
                let result = method.shares(&decs(&["1"]), decimals);
                assert_eq!(result, Err(ShareError::OutOfRange));
            }
            let max = [Decimal::MAX, dec("0.0000000000000000000000000001")];
            assert_eq!(method.shares(&max, 0), Err(ShareError::OutOfRange));
            let amounts = decs(&["9999999999999999.99", "0.01"]);
            assert!(method.shares(&amounts, 15).is_ok());
        }
    }

    #[test]
    fn every_error_has_its_own_code_and_messages() {
        let codes: std::collections::BTreeSet<_> = ALL_ERRORS.map(ShareError::code).into();
        assert_eq!(codes.len(), ALL_ERRORS.len());
        for error in ALL_ERRORS {
            assert!(error.code().starts_with("share_"));
            assert_eq!(error.to_string(), error.en());
            assert!(error.zh().contains("占比"));
        }
        for method in [ShareMethod::HalfUp, ShareMethod::LargestRemainder] {
            let json = serde_json::to_string(&method).unwrap();
            assert_eq!(json, format!("\"{}\"", method.code()));
            assert_ne!(method.zh(), method.en());
        }
    }

    fn any_amount() -> impl Strategy<Value = Decimal> {
        (0_i64..1_000_000_000_000, 0_u32..5).prop_map(|(digits, scale)| Decimal::new(digits, scale))
    }

    fn any_amounts() -> impl Strategy<Value = Vec<Decimal>> {
        proptest::collection::vec(any_amount(), 1..12).prop_filter("a sum above zero", |values| values.iter().any(|value| !value.is_zero()))
    }

    proptest! {
        #[test]
        fn any_two_decimals_divide_without_panic(
            a in any::<(u32, u32, u32, bool)>(), b in any::<(u32, u32, u32, bool)>(),
            scales in (0_u32..29, 0_u32..29), decimals in 0_u32..32,
        ) {
            let above = Decimal::from_parts(a.0, a.1, a.2, a.3, scales.0);
            let below = Decimal::from_parts(b.0, b.1, b.2, b.3, scales.1);
            if let Some(ratio) = Ratio::new(above, below) {
                let _ = (ratio.rounded(decimals), ratio.percent(decimals));
                let _ = half_up(&[above, below], decimals);
                let _ = largest_remainder(&[above, below], decimals);
            }
        }

        #[test]
        fn the_printed_quotient_is_within_half_a_unit(above in any_amount(), below in 1_i64..100_000, decimals in 0_u32..5) {
            let below = Decimal::from(below);
            let quotient = Ratio::new(above, below).unwrap().rounded(decimals).unwrap();
            prop_assert_eq!(quotient.scale(), decimals);
            let twice_off = (quotient * below - above) * Decimal::TWO;
            let unit = Decimal::new(1, decimals);
            // Half-up: never more than half below, up to and including half above.
            prop_assert!(-below * unit < twice_off && twice_off <= below * unit);
        }

        #[test]
        fn the_unit_of_both_numbers_does_not_matter(above in any_amount(), below in 1_i64..100_000, decimals in 0_u32..5) {
            let (below, wan) = (Decimal::from(below), Decimal::from(10_000));
            let plain = Ratio::new(above, below).unwrap().percent(decimals);
            let scaled = Ratio::new(above * wan, below * wan).unwrap().percent(decimals);
            prop_assert_eq!(plain, scaled);
        }

        #[test]
        fn largest_remainder_always_adds_up_to_100(values in any_amounts(), decimals in 0_u32..5) {
            let shares = largest_remainder(&values, decimals).unwrap();
            prop_assert_eq!(shares.len(), values.len());
            prop_assert_eq!(shares.iter().sum::<Decimal>(), Decimal::ONE_HUNDRED);
        }

        #[test]
        fn no_share_is_a_unit_away_from_the_exact_one(values in any_amounts(), decimals in 0_u32..5) {
            let total: Decimal = values.iter().sum();
            let unit = Decimal::new(1, decimals);
            for (share, value) in largest_remainder(&values, decimals).unwrap().iter().zip(&values) {
                let off = (share * total - value * Decimal::ONE_HUNDRED).abs();
                prop_assert!(off < unit * total);
                prop_assert!(!value.is_zero() || share.is_zero());
            }
        }

        #[test]
        fn half_up_shares_are_the_ratios_printed(values in any_amounts(), decimals in 0_u32..5) {
            let total: Decimal = values.iter().sum();
            let shares = half_up(&values, decimals).unwrap();
            for (share, value) in shares.into_iter().zip(values) {
                prop_assert_eq!(Some(share), Ratio::new(value, total).unwrap().percent(decimals));
            }
        }

        #[test]
        fn a_larger_value_never_has_a_smaller_share(values in any_amounts()) {
            let shares = largest_remainder(&values, 0).unwrap();
            for (a, share_a) in values.iter().zip(&shares) {
                for (b, share_b) in values.iter().zip(&shares) {
                    prop_assert!(a <= b || share_a >= share_b);
                }
            }
        }
    }
}
