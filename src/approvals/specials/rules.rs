//! Who decides which special approval.

use super::model::SpecialKind;
use crate::kernel::access::Role;

/// The roles that may decide. Publicity is waived by the principal alone; whether a payment of which nothing was known may be
/// made again is for whoever authorises payments.
#[must_use]
pub const fn deciding_roles(kind: SpecialKind) -> &'static [Role] {
    match kind {
        SpecialKind::PublicityWaiver => &[Role::Principal],
        SpecialKind::AboveStandard | SpecialKind::OwnTopUp | SpecialKind::Cash => &[Role::Leader, Role::Principal],
        SpecialKind::ReissueAfterUnknown => &[Role::FinanceHead],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_makes_a_plan_or_pays_it_decides_no_special_approval_of_it() {
        for kind in ["publicity_waiver", "above_standard", "own_top_up", "cash", "reissue_after_unknown"] {
            let kind = SpecialKind::parse(kind).unwrap();
            assert!(!deciding_roles(kind).is_empty());
            for role in [Role::Maker, Role::Cashier, Role::Auditor, Role::Administrator] {
                assert!(!deciding_roles(kind).contains(&role), "{kind:?} {role}");
            }
        }
        assert_eq!(SpecialKind::parse("other"), None);
    }
}
