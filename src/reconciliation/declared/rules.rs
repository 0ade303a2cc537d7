//! What comparing a declared figure with a measure gives.

use rust_decimal::Decimal;

use super::model::{Measure, Outcome};
use super::printed::Unit;
use crate::reconciliation::reports::Figures;

impl Measure {
    /// Whether a figure of this unit can be held against it. 户, 人 and 人次 are distinct and never compared with each other.
    #[must_use]
    pub const fn fits(self, unit: Unit) -> bool {
        match self {
            Self::Households => matches!(unit, Unit::Household),
            Self::Persons => matches!(unit, Unit::Person),
            Self::PersonTimes => matches!(unit, Unit::PersonTime),
            _ => unit.is_money(),
        }
    }

    /// Its value in a report: yuan, or a count.
    #[must_use]
    pub fn of(self, figures: &Figures) -> Decimal {
        let balances = &figures.balances;
        match self {
            Self::Granted => balances.granted.as_decimal(),
            Self::OwnTopUp => balances.top_up.as_decimal(),
            Self::Disbursed => balances.disbursed.as_decimal(),
            Self::TransferredDown => balances.transferred_down.as_decimal(),
            Self::DisbursedAndTransferred => (balances.disbursed + balances.transferred_down).as_decimal(),
            Self::Returned => balances.returned.as_decimal(),
            Self::NotDisbursed => figures.not_disbursed.as_decimal(),
            Self::Arrived => figures.arrived.as_decimal(),
            Self::Households => Decimal::from(figures.households),
            Self::Persons => Decimal::from(figures.persons),
            Self::PersonTimes => Decimal::from(figures.person_times),
        }
    }

    /// The check that holds it (domain.md, "Reconciliation checks").
    #[must_use]
    pub const fn check_code(self) -> &'static str {
        match self {
            Self::OwnTopUp => "RC-07",
            Self::Households | Self::Persons | Self::PersonTimes => "RC-11",
            Self::Returned => "RC-12",
            Self::TransferredDown => "RC-26",
            Self::NotDisbursed => "RC-14",
            Self::Granted | Self::Arrived => "RC-01",
            Self::Disbursed | Self::DisbursedAndTransferred => "RC-06",
        }
    }
}

impl Outcome {
    /// The name in the API and the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Tail => "tail",
            Self::Mismatch => "mismatch",
            Self::Policy => "policy",
            Self::NotEvaluable => "not_evaluable",
        }
    }
}

/// Holds a declared value against the ledger's; the difference is declared less ledger.
///
/// A difference equal to the tolerance is still a tail. A figure printed in whole yuan is a figure of whole yuan: the
/// ledger may have fen beyond it, but the half yuan is all it may hide.
#[must_use]
pub fn compare(declared: Decimal, tolerance: Decimal, ledger: Decimal) -> (Decimal, Outcome) {
    let difference = declared - ledger;
    let outcome = if difference.is_zero() {
        Outcome::Exact
    } else if difference.abs() <= tolerance {
        Outcome::Tail
    } else {
        Outcome::Mismatch
    };
    (difference, outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reconciliation::declared::printed::read;

    fn outcome(printed: &str, ledger: &str) -> (String, Outcome) {
        let printed = read(printed, None).unwrap();
        let (difference, outcome) = compare(printed.value, printed.tolerance, ledger.parse().unwrap());
        (difference.normalize().to_string(), outcome)
    }

    #[test]
    fn the_contradictions_of_the_source_are_found_with_their_difference() {
        assert_eq!(outcome("172元", "116.00"), ("56".to_owned(), Outcome::Mismatch));
        assert_eq!(outcome("131.5532万元", "1315476.00"), ("56".to_owned(), Outcome::Mismatch));
        assert_eq!(outcome("980人次", "689"), ("291".to_owned(), Outcome::Mismatch));
    }

    #[test]
    fn rounding_explains_a_tail_and_nothing_more() {
        assert_eq!(outcome("131.5532万元", "1315532.00").1, Outcome::Exact);
        assert_eq!(outcome("131.5532万元", "1315532.50").1, Outcome::Tail);
        assert_eq!(outcome("131.5532万元", "1315532.51").1, Outcome::Mismatch);
        assert_eq!(outcome("980名", "981").1, Outcome::Mismatch);
    }

    #[test]
    fn counts_of_different_units_are_not_compared() {
        assert!(!Measure::PersonTimes.fits(Unit::Person));
        assert!(!Measure::Households.fits(Unit::PersonTime));
        assert!(!Measure::Disbursed.fits(Unit::Person));
        assert!(Measure::Disbursed.fits(Unit::WanYuan));
    }
}
