//! What a plan may be, and which step follows which.

use std::collections::HashMap;

use super::error::{CHANNEL_NOT_ALLOWED, PLAN_STATE, TOP_UP_NOT_OWN, TOP_UP_ORDER};
use super::model::{Channel, NewPlan, NewTier, PlanStatus, Population, TierKind};
use crate::funds::LineRecord;
use crate::kernel::refusal::REFERENCE_UNKNOWN;
use crate::kernel::{FieldError, LineId, Refusal};

/// Which states a plan may go to from where it is (domain.md, States).
#[must_use]
pub const fn may_follow(from: PlanStatus, to: PlanStatus) -> bool {
    use PlanStatus::{Approved, Cancelled, Closed, Draft, InReview, Locked, Released, Settled};
    matches!(
        (from, to),
        (Draft, Locked | Cancelled)
            | (Locked, InReview | Draft | Cancelled)
            | (InReview, Approved | Draft | Cancelled)
            | (Approved, Released | Cancelled)
            | (Released, Settled)
            // A bounce after everything was settled opens the plan again.
            | (Settled, Released | Closed)
    )
}

/// Refuses a step that does not follow from the plan's state.
///
/// # Errors
/// [`PLAN_STATE`] naming the state.
pub fn follow(from: PlanStatus, to: PlanStatus) -> Result<(), Refusal> {
    if may_follow(from, to) { Ok(()) } else { Err(PLAN_STATE.refuse().with("state", from).with("wanted", to)) }
}

/// Every fault of a plan that shows without looking anything up.
#[must_use]
pub fn faults(plan: &NewPlan) -> Vec<FieldError> {
    let mut faults = crate::kernel::refusal::blank([("/name", &plan.name), ("/purpose", &plan.purpose), ("/period", &plan.period)]);
    if plan.funding.is_empty() {
        faults.push(FieldError::new("/funding", "funding_missing", "至少需要一个资金项目", "at least one line is needed"));
    }
    if plan.tiers.is_empty() {
        faults.push(FieldError::new("/tiers", "tiers_missing", "至少需要一个方案明细", "at least one tier is needed"));
    }
    for (index, tier) in plan.tiers.iter().enumerate() {
        faults.extend(tier_faults(&format!("/tiers/{index}"), tier));
    }
    faults
}

fn tier_faults(pointer: &str, tier: &NewTier) -> Vec<FieldError> {
    let mut faults = Vec::new();
    let mut fault = |field: &str, code: &str, zh: &str, en: &str| faults.push(FieldError::new(format!("{pointer}/{field}"), code, zh, en));
    for (field, text) in [("purpose", &tier.purpose), ("period", &tier.period)] {
        if text.as_ref().is_some_and(String::is_empty) {
            fault(field, "blank", "不能为空", "must not be blank");
        }
    }
    if tier.name.trim().is_empty() {
        fault("name", "blank", "不能为空", "must not be blank");
    }
    match (tier.kind, tier.month_from, tier.month_to) {
        (TierKind::Monthly, Some(from), Some(to)) if to < from => {
            fault("month_to", "date_range_turned_round", "结束月份早于开始月份", "ends before it starts");
        }
        (TierKind::Monthly, Some(_), Some(_)) => {}
        (TierKind::Monthly, ..) => {
            fault("month_from", "months_missing", "按月发放需要起止月份", "a monthly tier needs its first and last month")
        }
        (_, None, None) => {}
        _ => fault("month_from", "months_unexpected", "只有按月发放才有起止月份", "only a monthly tier has months"),
    }
    let fits = match (&tier.population, tier.kind) {
        (Population::Dossiers(_), TierKind::Household) => true,
        (Population::ModelWorkers(_), TierKind::Person | TierKind::Monthly) => true,
        (Population::Listed(list), kind) => list.recipients.iter().all(|recipient| match kind {
            TierKind::Household => recipient.household_id.is_some() && recipient.person_id.is_none() && recipient.organisation_id.is_none(),
            TierKind::Person | TierKind::Monthly => {
                recipient.person_id.is_some() && recipient.household_id.is_none() && recipient.organisation_id.is_none()
            }
            TierKind::Vendor | TierKind::TransferDown => {
                recipient.organisation_id.is_some() && recipient.household_id.is_none() && recipient.person_id.is_none()
            }
        }),
        _ => false,
    };
    if !fits {
        fault("population", "population_unfit", "发放对象与明细类型不符", "does not fit what the tier pays");
    }
    if let Population::Listed(list) = &tier.population {
        if list.recipients.is_empty() {
            fault("population", "population_empty", "名单为空", "the list is empty");
        }
        if tier.adjusted && list.recipients.iter().any(|recipient| recipient.amount.is_some()) {
            fault("adjusted", "adjusted_with_amounts", "已指定金额的名单不能调标", "a list with amounts cannot be adjusted");
        }
        let needs_amount = matches!(tier.kind, TierKind::Vendor | TierKind::TransferDown);
        if needs_amount && list.recipients.iter().any(|recipient| recipient.amount.is_none()) {
            fault("population", "amount_missing", "供应商和下级工会需要指定金额", "vendors and subordinate unions need an amount");
        }
        if tier.kind != TierKind::Monthly && list.recipients.iter().any(|recipient| recipient.from_month.is_some()) {
            fault("population", "months_unexpected", "只有按月发放才有起止月份", "only a monthly tier has months");
        }
        if tier.kind == TierKind::Monthly && list.recipients.iter().any(|recipient| recipient.amount.is_some()) {
            fault("population", "amount_unexpected", "按月发放的金额由标准和月数得出", "a monthly amount follows from standard and months");
        }
    }
    if tier.adjusted && tier.kind == TierKind::Monthly {
        fault("adjusted", "adjusted_monthly", "按月发放不能调标", "a monthly tier cannot be adjusted");
    }
    faults
}

/// Checks the lines a plan draws on: known, own funds last and own, channels allowed.
///
/// # Errors
/// [`REFERENCE_UNKNOWN`], [`TOP_UP_ORDER`], [`TOP_UP_NOT_OWN`], [`CHANNEL_NOT_ALLOWED`].
pub fn check_funding(plan: &NewPlan, lines: &HashMap<LineId, LineRecord>) -> Result<(), Refusal> {
    let mut topping_up = false;
    for (index, funding) in plan.funding.iter().enumerate() {
        let pointer = format!("/funding/{index}/allocation_line_id");
        let Some(line) = lines.get(&funding.allocation_line_id) else {
            return Err(REFERENCE_UNKNOWN.at(pointer, REFERENCE_UNKNOWN.zh, REFERENCE_UNKNOWN.en));
        };
        if (topping_up && !funding.top_up) || (index == 0 && funding.top_up) {
            return Err(TOP_UP_ORDER.at(pointer, TOP_UP_ORDER.zh, TOP_UP_ORDER.en));
        }
        topping_up = funding.top_up;
        if funding.top_up && line.source_level != "union_own" {
            return Err(TOP_UP_NOT_OWN.at(pointer, TOP_UP_NOT_OWN.zh, TOP_UP_NOT_OWN.en));
        }
    }
    for (index, tier) in plan.tiers.iter().enumerate() {
        let refused =
            |funding: &&super::model::NewFunding| lines.get(&funding.allocation_line_id).is_some_and(|line| !allows(line, tier.channel));
        // Own money that completes a shortfall is paid the way the line it completes is.
        if plan.funding.iter().filter(|funding| !funding.top_up).any(|funding| refused(&funding)) {
            return Err(CHANNEL_NOT_ALLOWED.at(format!("/tiers/{index}/channel"), CHANNEL_NOT_ALLOWED.zh, CHANNEL_NOT_ALLOWED.en));
        }
    }
    Ok(())
}

fn allows(line: &LineRecord, channel: Channel) -> bool {
    line.channels.iter().any(|allowed| allowed == channel.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_moves_only_along_its_life() {
        use PlanStatus::{Approved, Cancelled, Closed, Draft, InReview, Locked, Released, Settled};
        let all = [Draft, Locked, InReview, Approved, Released, Settled, Closed, Cancelled];
        let allowed: usize = all.iter().map(|from| all.iter().filter(|to| may_follow(*from, **to)).count()).sum();
        assert_eq!(allowed, 13);
        assert!(!may_follow(Released, Cancelled), "what is released is not cancelled but given up payment by payment");
        assert!(!may_follow(Draft, Approved));
        assert!(all.iter().all(|to| !may_follow(Closed, *to) && !may_follow(Cancelled, *to)));
    }
}
