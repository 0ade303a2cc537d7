//! Working days (工作日), masking for the public, and when a notice may be seen.

use chrono::{Datelike, NaiveDate, Weekday};

use super::model::Calendar;

/// Whether a day is a working day in China: by the calendar where it says so, otherwise by the week.
#[must_use]
pub fn is_working_day(day: NaiveDate, calendar: &Calendar) -> bool {
    calendar.get(&day).copied().unwrap_or_else(|| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun))
}

/// The last of `days` working days after a day, which itself is not counted (民法典第二百零一条). `None` when the calendar of the
/// world ends before.
#[must_use]
pub fn working_days_after(from: NaiveDate, days: u8, calendar: &Calendar) -> Option<NaiveDate> {
    let mut day = from;
    let mut left = days;
    while left > 0 {
        day = day.succ_opt()?;
        if is_working_day(day, calendar) {
            left = left.saturating_sub(1);
        }
    }
    Some(day)
}

/// Whether a notice can be seen without login: from its first day through its last, and as long after that as an objection
/// holds it; not once the review has gone on.
#[must_use]
pub fn visible(today: NaiveDate, from_on: NaiveDate, ends_on: NaiveDate, at_its_step: bool, objection_open: bool) -> bool {
    at_its_step && today >= from_on && (today <= ends_on || objection_open)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// 国庆 2022: seven days off, a working Saturday and Sunday after them.
    fn october() -> Calendar {
        let off = (1..=7).map(|date| (day(&format!("2022-10-0{date}")), false));
        off.chain([(day("2022-10-08"), true), (day("2022-10-09"), true)]).collect()
    }

    #[test]
    fn without_a_calendar_days_go_by_the_week() {
        let none = Calendar::new();
        assert_eq!(working_days_after(day("2022-08-15"), 5, &none), Some(day("2022-08-22")), "Monday to Monday");
        assert_eq!(working_days_after(day("2022-08-12"), 1, &none), Some(day("2022-08-15")), "Friday to Monday");
        assert_eq!(working_days_after(day("2022-08-13"), 5, &none), Some(day("2022-08-19")), "from a Saturday");
        assert_eq!(working_days_after(day("2022-08-15"), 0, &none), Some(day("2022-08-15")));
    }

    #[test]
    fn days_off_are_not_counted_and_make_up_days_are() {
        assert_eq!(working_days_after(day("2022-09-29"), 5, &october()), Some(day("2022-10-11")));
        assert_eq!(working_days_after(day("2022-09-30"), 1, &october()), Some(day("2022-10-08")), "the working Saturday");
        assert!(!is_working_day(day("2022-10-03"), &october()), "a Monday off");
        assert!(is_working_day(day("2022-10-09"), &october()), "a working Sunday");
    }

    #[test]
    fn a_notice_is_seen_while_it_lasts() {
        let (from, to) = (day("2022-08-15"), day("2022-08-22"));
        let seen = |today: &str, at_its_step, objection| visible(day(today), from, to, at_its_step, objection);
        assert!(!seen("2022-08-14", true, false));
        assert!(seen("2022-08-15", true, false) && seen("2022-08-22", true, false));
        assert!(!seen("2022-08-23", true, false), "over");
        assert!(seen("2022-08-23", true, true), "held by an objection");
        assert!(!seen("2022-08-16", false, false), "returned or completed");
    }

    proptest! {
        #[test]
        fn between_start_and_end_lie_exactly_so_many_working_days(offset in 0i64..700, days in 0u8..40) {
            let from = day("2022-01-01") + chrono::Duration::days(offset);
            let end = working_days_after(from, days, &october()).unwrap();
            let between = from.iter_days().skip(1).take_while(|day| *day <= end).filter(|day| is_working_day(*day, &october())).count();
            prop_assert_eq!(between, usize::from(days));
            prop_assert!(days == 0 || is_working_day(end, &october()), "it ends on a working day");
        }
    }
}
