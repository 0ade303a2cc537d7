//! Which steps are needed, and where a review stands.

use super::model::{Step, StepKind};
use crate::kernel::access::Role;
use crate::kernel::{FieldError, Money};

/// The steps of a policy that an amount needs, in their order: those whose threshold is at or below it.
#[must_use]
pub fn needed(steps: &[Step], amount: Money) -> Vec<Step> {
    steps.iter().filter(|step| step.from <= amount).cloned().collect()
}

/// The first step, from 0, that not enough people have approved. `approved` holds the step, from 1, of each approval, by
/// different people.
#[must_use]
pub fn stands_at(steps: &[Step], approved: &[i16]) -> Option<usize> {
    steps.iter().enumerate().map(|(at, step)| (at, usize::from(step.people))).find_map(|(at, people)| {
        let number = i16::try_from(at.saturating_add(1)).ok();
        let given = approved.iter().filter(|step| Some(**step) == number).count();
        (given < people).then_some(at)
    })
}

/// Which roles may act at a step of a kind.
#[must_use]
pub const fn roles_of(kind: StepKind) -> &'static [Role] {
    match kind {
        StepKind::Review => &[Role::Finance, Role::Leader, Role::Principal, Role::Committee],
        StepKind::Meeting => &[Role::Committee],
        StepKind::Publicity => &[Role::Maker],
        StepKind::Authorise => &[Role::FinanceHead],
    }
}

/// Working days that a public notice lasts at most.
const LONGEST_NOTICE: u8 = 60;
/// Steps and people at most: more is a slip of the keyboard.
const MOST: usize = 20;

/// Every fault of a policy's steps.
///
/// A policy ends with one authorisation by one finance head, for every plan; at least one step before it that people decide at
/// is for every plan too, so that none is approved by nobody; publicity stands in it at most once.
#[must_use]
pub fn faults(steps: &[Step]) -> Vec<FieldError> {
    let mut faults: Vec<FieldError> = steps.iter().enumerate().flat_map(|(at, step)| step_faults(&format!("/steps/{at}"), step)).collect();
    let mut whole = |code: &str, zh: &str, en: &str| faults.push(FieldError::new("/steps", code, zh, en));
    let last = steps.last();
    let authorised = steps.iter().filter(|step| step.kind == StepKind::Authorise).count();
    if authorised != 1 || !last.is_some_and(|step| step.kind == StepKind::Authorise && step.people == 1 && step.from.is_zero()) {
        whole(
            "authorise_last",
            "最后一步必须且只能是财务负责人一人授权",
            "the last step, and no other, is one finance head's authorisation",
        );
    }
    let decided = |step: &Step| matches!(step.kind, StepKind::Review | StepKind::Meeting) && step.from.is_zero();
    if !steps.iter().any(decided) {
        whole(
            "decided_by_nobody",
            "至少一个审批步骤必须适用于所有金额",
            "at least one step that people decide at must be for every amount",
        );
    }
    if steps.iter().filter(|step| step.kind == StepKind::Publicity).count() > 1 {
        whole("publicity_once", "公示只能有一步", "there is one step of publicity at most");
    }
    if steps.len() > MOST {
        whole("steps_too_many", "步骤不能超过20个", "there are at most 20 steps");
    }
    faults
}

fn step_faults(pointer: &str, step: &Step) -> Vec<FieldError> {
    let mut faults = Vec::new();
    let mut fault = |field: &str, code: &str, zh: &str, en: &str| faults.push(FieldError::new(format!("{pointer}/{field}"), code, zh, en));
    if step.name.trim().is_empty() {
        fault("name", "blank", "不能为空", "must not be blank");
    }
    if !roles_of(step.kind).contains(&step.role) {
        fault("role", "role_unfit", "该角色不能担任此步骤", "this role does not act at such a step");
    }
    if step.people == 0 || usize::from(step.people) > MOST || (step.kind == StepKind::Publicity && step.people != 1) {
        fault("people", "people_unfit", "人数应为1至20人，公示为1人", "1 to 20 people, and 1 for publicity");
    }
    if step.from.is_negative() {
        fault("from", "amount_negative", "不能为负数", "must not be negative");
    }
    let days_fit = match (step.kind, step.working_days) {
        (StepKind::Publicity, Some(days)) => (1..=LONGEST_NOTICE).contains(&days),
        (StepKind::Publicity, None) => false,
        (_, days) => days.is_none(),
    };
    if !days_fit {
        fault(
            "working_days",
            "working_days_unfit",
            "公示需要1至60个工作日，其他步骤没有",
            "publicity lasts 1 to 60 working days; other steps have none",
        );
    }
    faults
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn step(kind: StepKind, role: Role, people: u8, from: u32) -> Step {
        let working_days = (kind == StepKind::Publicity).then_some(5);
        Step { name: "步骤".to_owned(), kind, role, people, from: Money::yuan(from), working_days }
    }

    fn chain() -> Vec<Step> {
        vec![
            step(StepKind::Review, Role::Finance, 1, 0),
            step(StepKind::Review, Role::Leader, 2, 0),
            step(StepKind::Meeting, Role::Committee, 1, 100_000),
            step(StepKind::Publicity, Role::Maker, 1, 0),
            step(StepKind::Authorise, Role::FinanceHead, 1, 0),
        ]
    }

    fn codes(steps: &[Step]) -> Vec<String> {
        faults(steps).into_iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect()
    }

    #[test]
    fn every_threshold_at_or_below_the_amount_adds_its_step() {
        let roles = |amount: u32| needed(&chain(), Money::yuan(amount)).iter().map(|step| step.role).collect::<Vec<_>>();
        assert_eq!(roles(99_999), [Role::Finance, Role::Leader, Role::Maker, Role::FinanceHead]);
        assert_eq!(roles(100_000), [Role::Finance, Role::Leader, Role::Committee, Role::Maker, Role::FinanceHead]);
    }

    #[test]
    fn a_review_stands_at_the_first_step_without_enough_people() {
        let at = |approved: &[i16]| stands_at(&chain(), approved);
        assert_eq!(at(&[]), Some(0));
        assert_eq!(at(&[1]), Some(1));
        assert_eq!(at(&[1, 2]), Some(1), "two people are needed");
        assert_eq!(at(&[1, 2, 2]), Some(2));
        assert_eq!(at(&[1, 2, 2, 3, 4]), Some(4));
        assert_eq!(at(&[1, 2, 2, 3, 4, 5]), None);
    }

    #[test]
    fn a_policy_that_lets_something_through_is_refused() {
        assert_eq!(codes(&chain()), Vec::<String>::new());
        assert_eq!(codes(&[]), ["/steps authorise_last", "/steps decided_by_nobody"]);
        let without_authorisation = &chain()[..4];
        assert_eq!(codes(without_authorisation), ["/steps authorise_last"]);
        let mut authorised_first = chain();
        authorised_first.rotate_right(1);
        assert_eq!(codes(&authorised_first), ["/steps authorise_last"]);
        let mut only_large = chain();
        only_large.drain(..2);
        assert_eq!(codes(&only_large), ["/steps decided_by_nobody"], "a small plan would be approved by nobody");
        let mut twice = chain();
        twice.insert(0, step(StepKind::Publicity, Role::Maker, 1, 0));
        assert_eq!(codes(&twice), ["/steps publicity_once"]);
        let mut unfit = chain();
        unfit[0].role = Role::Cashier;
        unfit[1].people = 0;
        unfit[2].from = -Money::yuan(1);
        unfit[3].working_days = None;
        unfit[4].working_days = Some(5);
        assert_eq!(
            codes(&unfit),
            [
                "/steps/0/role role_unfit",
                "/steps/1/people people_unfit",
                "/steps/2/from amount_negative",
                "/steps/3/working_days working_days_unfit",
                "/steps/4/working_days working_days_unfit",
            ]
        );
    }

    proptest! {
        #[test]
        fn a_larger_amount_never_needs_less(first in 0u32..200_000, more in 0u32..200_000) {
            let (small, large) = (needed(&chain(), Money::yuan(first)), needed(&chain(), Money::yuan(first + more)));
            prop_assert!(small.iter().all(|step| large.contains(step)));
            prop_assert_eq!(small.last().map(|step| step.kind), Some(StepKind::Authorise));
        }

        #[test]
        fn steps_are_taken_in_order_however_approvals_lie(approved in proptest::collection::vec(1i16..6, 0..12)) {
            let at = stands_at(&chain(), &approved);
            for (before, step) in chain().iter().enumerate().take(at.unwrap_or(chain().len())) {
                let given = approved.iter().filter(|number| usize::try_from(**number).unwrap() == before + 1).count();
                prop_assert!(given >= usize::from(step.people));
            }
        }
    }
}
