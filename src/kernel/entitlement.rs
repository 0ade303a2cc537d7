//! For how many months an allowance is due (按月津贴), and how many were paid too many.
//!
//! Calculation rule 2: the months from the later of the two starts through the month of death or
//! loss, that month included; decision 8: what was paid beyond it is recoverable.

use super::period::Month;

/// The months that a person is entitled to within a period, all ends included.
///
/// They run from the later of `period_start` and `entitled_from` through the earlier of
/// `period_end` and `lost_in`, the month of death or of losing the honour, which is still paid in
/// full. A loss after the period does not prolong it. 0 when nothing remains: loss before the
/// start, an entitlement that begins after the period, or a period that ends before it starts.
#[must_use]
pub fn months_entitled(period_start: Month, period_end: Month, entitled_from: Month, lost_in: Option<Month>) -> u32 {
    let first = period_start.max(entitled_from);
    let last = lost_in.map_or(period_end, |lost_in| period_end.min(lost_in));
    first.months_between(last)
}

/// The months paid, or budgeted, beyond the entitlement; a return or a recovery is due if it is
/// above 0. Fewer months paid than entitled is no negative overpayment: 0.
#[must_use]
pub const fn months_overpaid(paid: u32, entitled: u32) -> u32 {
    paid.saturating_sub(entitled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn month(text: &str) -> Month {
        Month::parse(text).unwrap()
    }

    /// Months of 2022 for somebody honoured long ago.
    fn in_2022(lost_in: Option<&str>) -> u32 {
        months_entitled(month("2022-01"), month("2022-12"), month("1999-05"), lost_in.map(month))
    }

    #[test]
    fn the_month_of_death_is_paid_and_the_rest_goes_back() {
        // Monthly amount, month of death, months entitled, entitled yuan, refund yuan.
        for (monthly, died_in, months, paid, refund) in [(300, 1, 1, 300, 3300), (300, 2, 2, 600, 3000), (300, 12, 12, 3600, 0)] {
            let entitled = in_2022(Some(&format!("2022-{died_in:02}")));
            assert_eq!(entitled, months);
            assert_eq!(entitled * monthly, paid);
            assert_eq!(months_overpaid(12, entitled) * monthly, refund);
        }
    }

    #[test]
    fn the_honour_allowance_of_the_seed_comes_out() {
        // 112 for the year, two of 12 granted months who die in January and February, one for three.
        let year = in_2022(None);
        let granted = 114 * year + 3;
        let entitled = 112 * year + in_2022(Some("2022-01")) + in_2022(Some("2022-02")) + 3;
        assert_eq!((granted, entitled), (1371, 1350));
        assert_eq!(months_overpaid(granted, entitled) * 300, 6300);
    }

    #[test]
    fn who_loses_nothing_gets_the_period_and_no_more() {
        assert_eq!(in_2022(None), 12);
        assert_eq!(in_2022(Some("2023-01")), 12);
        assert_eq!(in_2022(Some("2099-01")), 12);
    }

    #[test]
    fn a_loss_before_the_period_leaves_nothing() {
        assert_eq!(in_2022(Some("2021-12")), 0);
        assert_eq!(in_2022(Some("1999-01")), 0);
    }

    #[test]
    fn an_entitlement_that_begins_within_the_period_shortens_it() {
        let months =
            |from: &str, lost_in: Option<&str>| months_entitled(month("2022-01"), month("2022-12"), month(from), lost_in.map(month));
        assert_eq!(months("2022-01", None), 12);
        assert_eq!(months("2022-10", None), 3);
        assert_eq!(months("2022-12", None), 1);
        assert_eq!(months("2023-01", None), 0);
        assert_eq!(months("2022-10", Some("2022-11")), 2);
        assert_eq!(months("2022-10", Some("2022-10")), 1);
        assert_eq!(months("2022-10", Some("2022-09")), 0);
    }

    #[test]
    fn a_period_turned_round_has_no_months() {
        let nothing = months_entitled(month("2022-12"), month("2022-01"), month("2000-01"), None);
        assert_eq!(nothing, 0);
    }

    #[test]
    fn too_little_paid_is_no_overpayment() {
        assert_eq!(months_overpaid(3, 12), 0);
        assert_eq!(months_overpaid(12, 12), 0);
        assert_eq!(months_overpaid(0, u32::MAX), 0);
        assert_eq!(months_overpaid(u32::MAX, 0), u32::MAX);
    }

    fn any_month() -> impl Strategy<Value = Month> {
        (2018_i32..2026, 1_u32..13).prop_map(|(year, month)| Month::new(year, month).unwrap())
    }

    proptest! {
        #[test]
        fn it_counts_the_months_that_satisfy_every_condition(
            start in any_month(),
            end in any_month(),
            from in any_month(),
            lost_in in proptest::option::of(any_month()),
        ) {
            let counted = std::iter::successors(Some(month("2017-01")), |month| month.next())
                .take_while(|candidate| *candidate <= month("2027-12"))
                .filter(|month| start <= *month && *month <= end && from <= *month)
                .filter(|month| lost_in.is_none_or(|lost_in| *month <= lost_in))
                .count();
            let months = months_entitled(start, end, from, lost_in);
            prop_assert_eq!(usize::try_from(months).unwrap(), counted);
        }

        #[test]
        fn paid_is_entitled_plus_overpaid_unless_too_little_was_paid(paid in 0_u32..1000, entitled in 0_u32..1000) {
            prop_assert_eq!(months_overpaid(paid, entitled) + entitled, paid.max(entitled));
        }
    }
}
