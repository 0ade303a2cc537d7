//! Adjusting a standard to its pool (调标): domain.md, decision 2 and calculation rule 1; source, 附件2 二（一）2.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::ADJUSTMENT_IMPOSSIBLE;
use crate::kernel::{Money, Refusal};

/// How a standard that does not divide its pool evenly is adjusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdjustmentMethod {
    /// Round up to whole yuan; own funds pay the shortfall.
    #[default]
    CeilTopup,
    /// Round down to whole yuan; the residual stays available.
    FloorResidual,
}

/// An adjusted standard and what it leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Adjustment {
    /// Which way it was rounded.
    pub method: AdjustmentMethod,
    /// The adjusted standard, whole yuan.
    pub standard: Money,
    /// How many receive it.
    pub count: u32,
    /// All that is paid: the fixed part and `count` times the standard.
    pub total: Money,
    /// What the pool lacks; own funds pay it.
    pub shortfall: Money,
    /// What stays in the pool.
    pub residual: Money,
}

/// Divides what `pool` leaves after `fixed` among `count`, by one of the two methods.
///
/// # Errors
/// [`ADJUSTMENT_IMPOSSIBLE`] when nobody receives it, when nothing is left, or when less than one yuan each is left to
/// round down.
pub fn adjust(pool: Money, fixed: Money, count: u32, method: AdjustmentMethod) -> Result<Adjustment, Refusal> {
    let remainder = pool - fixed;
    let standard = match method {
        AdjustmentMethod::CeilTopup => remainder.divide_up_to_yuan(count),
        AdjustmentMethod::FloorResidual => remainder.divide_down_to_yuan(count),
    };
    let Some(standard) = standard.filter(|standard| standard.is_positive() && remainder.is_positive()) else {
        return Err(ADJUSTMENT_IMPOSSIBLE.refuse().with("pool", pool).with("fixed", fixed).with("count", count));
    };
    let adjusted = standard.times(count).map_err(|_| ADJUSTMENT_IMPOSSIBLE.refuse())?;
    let over = adjusted - remainder;
    let (shortfall, residual) = if over.is_negative() { (Money::ZERO, -over) } else { (over, Money::ZERO) };
    Ok(Adjustment { method, standard, count, total: fixed + adjusted, shortfall, residual })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    use super::*;

    fn both(pool: u32, fixed: u32, count: u32) -> [(String, String); 2] {
        [AdjustmentMethod::CeilTopup, AdjustmentMethod::FloorResidual].map(|method| {
            let adjustment = adjust(Money::yuan(pool), Money::yuan(fixed), count, method).unwrap();
            let rest = if method == AdjustmentMethod::CeilTopup { adjustment.shortfall } else { adjustment.residual };
            (adjustment.standard.to_string(), rest.to_string())
        })
    }

    #[test]
    fn the_two_adjustments_of_the_source_come_out_to_the_fen() {
        let pair = |standard: &str, rest: &str| (standard.to_owned(), rest.to_owned());
        assert_eq!(both(266_360, 90_000, 116), [pair("1521.00", "76.00"), pair("1520.00", "40.00")]);
        assert_eq!(both(376_000, 0, 170), [pair("2212.00", "40.00"), pair("2211.00", "130.00")]);
    }

    #[test]
    fn a_pool_that_divides_evenly_needs_no_rounding() {
        assert_eq!(both(1000, 0, 10), [("100.00".to_owned(), "0.00".to_owned()), ("100.00".to_owned(), "0.00".to_owned())]);
    }

    #[test]
    fn nobody_to_pay_or_nothing_left_is_refused() {
        for (pool, fixed, count) in [(1000, 0, 0), (1000, 1000, 5), (1000, 2000, 5)] {
            for method in [AdjustmentMethod::CeilTopup, AdjustmentMethod::FloorResidual] {
                assert!(adjust(Money::yuan(pool), Money::yuan(fixed), count, method).is_err());
            }
        }
        assert!(adjust(Money::yuan(5), Money::ZERO, 10, AdjustmentMethod::FloorResidual).is_err());
    }

    proptest! {
        #[test]
        fn pool_and_shortfall_pay_the_total_and_the_residual(fen in 100i64..10_000_000_000, count in 1u32..100_000) {
            let pool = Money::new(Decimal::new(fen, 2)).unwrap();
            for method in [AdjustmentMethod::CeilTopup, AdjustmentMethod::FloorResidual] {
                if let Ok(adjustment) = adjust(pool, Money::ZERO, count, method) {
                    prop_assert_eq!(pool + adjustment.shortfall, adjustment.total + adjustment.residual);
                    prop_assert!(adjustment.shortfall.is_zero() || adjustment.residual.is_zero());
                    let bound = Money::yuan(count);
                    prop_assert!(adjustment.shortfall < bound && adjustment.residual < bound);
                }
            }
        }
    }
}
