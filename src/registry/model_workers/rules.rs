//! When an honour begins and ends.

use chrono::NaiveDate;

use super::model::{Honour, HonourEndReason, HonourEnding, NewHonour};
use crate::kernel::FieldError;
use crate::kernel::refusal::too_long;
use crate::registry::rules::{blank, turned_round};

/// The faults of honours of a person born on `born_on`. `below` is where in the body they stand: `/honours/0` is the first.
pub(super) fn honour_faults(honours: &[NewHonour], born_on: NaiveDate, below: &dyn Fn(usize) -> String) -> Vec<FieldError> {
    let faults = honours.iter().enumerate().flat_map(|(place, honour)| {
        let at = below(place);
        let before_birth = (honour.awarded_on < born_on)
            .then(|| FieldError::new(format!("{at}/awarded_on"), "award_before_birth", "授予日期早于出生日期", "must not be before birth"));
        let earlier = honours.iter().take(place);
        let same = |other: &NewHonour| other.level == honour.level && other.title.trim() == honour.title.trim();
        let repeated = earlier
            .filter(|other| same(other))
            .map(|_| FieldError::new(format!("{at}/title"), "honour_repeated", "荣誉重复", "the honour is named already"))
            .next();
        let long = too_long([(&format!("{at}/title"), &honour.title)]);
        [blank(format!("{at}/title"), &honour.title), before_birth, repeated].into_iter().flatten().chain(long)
    });
    faults.collect()
}

/// How death ends an honour: on its day; one awarded afterwards (追授) on the day of the award, so that it never counts.
pub(super) fn end_by_death(awarded_on: NaiveDate, died_on: Option<NaiveDate>) -> (Option<NaiveDate>, Option<HonourEndReason>) {
    (died_on.map(|died| died.max(awarded_on)), died_on.map(|_| HonourEndReason::Deceased))
}

/// The faults of ending an honour.
pub(super) fn ending_faults(honour: &Honour, ending: HonourEnding) -> Vec<FieldError> {
    let by_death = (ending.reason == HonourEndReason::Deceased).then(|| {
        FieldError::new(
            "/reason",
            "death_not_recorded",
            "请在人员信息中登记死亡，荣誉随之终止",
            "record the death of the person: it ends the honour",
        )
    });
    turned_round("/ended_on", honour.awarded_on, ending.ended_on).into_iter().chain(by_death).collect()
}

#[cfg(test)]
mod tests {
    use super::super::model::HonourLevel;
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn honour(title: &str, awarded_on: &str) -> NewHonour {
        NewHonour { level: HonourLevel::Provincial, title: title.to_owned(), awarded_on: day(awarded_on) }
    }

    #[test]
    fn every_honour_at_fault_is_named() {
        let honours = [honour("四川省劳动模范", "2015-04-28"), honour(" ", "1970-01-01"), honour("四川省劳动模范 ", "2020-04-28")];
        let faults = honour_faults(&honours, day("1978-09-01"), &|place| format!("/honours/{place}"));
        let found: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code.as_str())).collect();
        assert_eq!(
            found,
            [("/honours/1/title", "blank"), ("/honours/1/awarded_on", "award_before_birth"), ("/honours/2/title", "honour_repeated")]
        );
    }

    #[test]
    fn death_ends_an_honour_and_one_awarded_afterwards_never_counts() {
        let deceased = Some(HonourEndReason::Deceased);
        assert_eq!(end_by_death(day("2015-04-28"), Some(day("2022-01-15"))), (Some(day("2022-01-15")), deceased));
        assert_eq!(end_by_death(day("2022-04-28"), Some(day("2022-01-15"))), (Some(day("2022-04-28")), deceased));
        assert_eq!(end_by_death(day("2015-04-28"), None), (None, None));
    }

    #[test]
    fn an_honour_ends_after_its_award_and_by_death_only_with_the_person() {
        let held = Honour {
            federation_id: crate::kernel::FederationId::generate(),
            id: crate::kernel::HonourId::generate(),
            model_worker_id: crate::kernel::ModelWorkerId::generate(),
            level: HonourLevel::Municipal,
            title: "市劳动模范".to_owned(),
            awarded_on: day("2015-04-28"),
            ended_on: None,
            end_reason: None,
        };
        let faults = |ended_on, reason| ending_faults(&held, HonourEnding { ended_on: day(ended_on), reason });
        assert!(faults("2015-04-28", HonourEndReason::Revoked).is_empty());
        let found: Vec<_> = faults("2015-04-27", HonourEndReason::Deceased).into_iter().map(|fault| fault.pointer).collect();
        assert_eq!(found, ["/ended_on", "/reason"]);
    }
}
