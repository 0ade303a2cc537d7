//! The states of a dossier, its grace periods, and when it was in force (domain.md, *States*).

use chrono::{Days, Months, NaiveDate};

use super::model::{CategoryChange, CategorySpan, CloseReason, DossierCategory, DossierStatus, DossierTransition};
use crate::kernel::refusal::none_at_fault;
use crate::kernel::{FieldError, Money, Refusal};
use crate::registry::error::DOSSIER_TRANSITION_NOT_ALLOWED;
use crate::registry::rules::{blank, blank_if_given};

/// Months of grace when nobody says how many (domain.md, decision 6).
const GRACE_MONTHS: i16 = 6;

/// What a step does to the dossier beside its new state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A new application (返困): the former opening and closing are the past.
    Reapply,
    /// Investigated or publicised: the state alone.
    Prepare,
    /// In force from this day.
    Open(NaiveDate),
    /// In grace.
    Grace(GraceSpan),
    /// No longer in force from this day.
    Close(NaiveDate, CloseReason),
}

/// A grace period to be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GraceSpan {
    pub(super) starts_on: NaiveDate,
    pub(super) months: i16,
    pub(super) ends_on: NaiveDate,
}

/// The states that a state leads to.
pub(super) const fn successors(status: DossierStatus) -> &'static [DossierStatus] {
    use DossierStatus::{Active, Applied, Closed, Grace, Investigated, Publicised};
    match status {
        Applied => &[Investigated],
        Investigated => &[Publicised],
        Publicised => &[Active],
        Active => &[Grace, Closed],
        Grace => &[Closed],
        Closed => &[Applied],
    }
}

/// What the step asked for does to a dossier in `status` whose last dated step was on `last_on`.
///
/// # Errors
/// [`DOSSIER_TRANSITION_NOT_ALLOWED`] with the states that are; fields at fault.
pub(super) fn step(status: DossierStatus, last_on: Option<NaiveDate>, asked: &DossierTransition) -> Result<Step, Refusal> {
    let allowed = successors(status);
    if !allowed.contains(&asked.to) {
        return Err(DOSSIER_TRANSITION_NOT_ALLOWED.refuse().with("from", status).with("to", asked.to).with("allowed", allowed));
    }
    let grace = (asked.to == DossierStatus::Grace).then(|| grace_span(asked.on, asked.months.unwrap_or(GRACE_MONTHS)));
    let mut faults: Vec<FieldError> = blank_if_given("/reason", asked.reason.as_deref()).into_iter().collect();
    faults.extend(
        last_on
            .filter(|last| asked.on < *last)
            .map(|_| FieldError::new("/on", "step_before_last", "不能早于上一步的日期", "must not be before the step before")),
    );
    match (asked.to, asked.close_reason) {
        (DossierStatus::Closed, None) => {
            faults.push(FieldError::new("/close_reason", "field_missing", "销档须填写原因", "closing needs a reason"));
        }
        (DossierStatus::Closed, Some(_)) | (_, None) => {}
        (_, Some(_)) => {
            faults.push(FieldError::new("/close_reason", "field_unneeded", "仅销档时填写", "is for closing only"));
        }
    }
    match grace {
        None if asked.months.is_some() => {
            faults.push(FieldError::new("/months", "field_unneeded", "仅进入渐退期时填写", "is for grace only"));
        }
        Some(None) => faults.push(FieldError::new("/months", "grace_months", "渐退期应为1至12个月", "must be 1 to 12 months")),
        None | Some(Some(_)) => {}
    }
    none_at_fault(faults)?;
    Ok(match (asked.to, grace.flatten(), asked.close_reason) {
        (DossierStatus::Applied, ..) => Step::Reapply,
        (DossierStatus::Active, ..) => Step::Open(asked.on),
        (_, Some(grace), _) => Step::Grace(grace),
        (DossierStatus::Closed, _, Some(reason)) => Step::Close(asked.on, reason),
        _ => Step::Prepare,
    })
}

/// Grace ends so many calendar months after it starts, on the same day of the month or on the month's last; `None` unless
/// it is 1 to 12 months.
pub(super) fn grace_span(starts_on: NaiveDate, months: i16) -> Option<GraceSpan> {
    let count = u32::try_from(months).ok().filter(|count| (1..=12).contains(count))?;
    let ends_on = starts_on.checked_add_months(Months::new(count))?;
    Some(GraceSpan { starts_on, months, ends_on })
}

/// Where the open category ends when another begins on `change.from`.
///
/// # Errors
/// When it is the same category, or would begin on or before the day on which the open one did.
pub(super) fn category_ends(open: &CategorySpan, change: CategoryChange) -> Result<NaiveDate, Refusal> {
    let mut faults = Vec::new();
    if open.category == change.category {
        faults.push(FieldError::new("/category", "category_unchanged", "类别没有变化", "is the category already"));
    }
    if change.from <= open.valid_from {
        faults.push(FieldError::new(
            "/from",
            "category_from_too_early",
            "必须晚于当前类别的开始日期",
            "must be after the day on which the present category began",
        ));
    }
    none_at_fault(faults)?;
    Ok(change.from.checked_sub_days(Days::new(1)).unwrap_or(open.valid_from))
}

/// The faults of what stands in a dossier besides its states.
pub(super) fn content_faults(causes: &[String], monthly_income: Option<Money>, rigid_costs: Option<Money>) -> Vec<FieldError> {
    let negative = |pointer: &str, amount: Option<Money>| {
        amount
            .filter(|amount| amount.is_negative())
            .map(|_| FieldError::new(pointer, "amount_negative", "金额不能为负", "must not be negative"))
    };
    let blanks = causes.iter().enumerate().filter_map(|(place, cause)| blank(format!("/causes/{place}"), cause));
    blanks.chain(negative("/monthly_income", monthly_income)).chain(negative("/rigid_costs", rigid_costs)).collect()
}

/// An application comes before the opening.
pub(super) fn applied_after_opening(applied_on: Option<NaiveDate>, opened_on: Option<NaiveDate>) -> Option<FieldError> {
    let (applied, opened) = (applied_on?, opened_on?);
    (applied > opened).then(|| FieldError::new("/applied_on", "applied_after_opening", "申请日期晚于在档日期", "is after opened_on"))
}

/// A time in force: the first day, and the first day no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) opened_on: NaiveDate,
    pub(super) closed_on: Option<NaiveDate>,
}

/// The last time in force that began on or before the cut-off. `steps` are the openings and closings in their order.
pub(super) fn term_as_of(steps: &[(DossierStatus, NaiveDate)], cutoff: NaiveDate) -> Option<Term> {
    let mut term: Option<Term> = None;
    for (status, on) in steps {
        match status {
            DossierStatus::Active if *on <= cutoff => term = Some(Term { opened_on: *on, closed_on: None }),
            DossierStatus::Active => break,
            DossierStatus::Closed => {
                if let Some(term) = &mut term {
                    term.closed_on = Some(*on);
                }
            }
            DossierStatus::Applied | DossierStatus::Investigated | DossierStatus::Publicised | DossierStatus::Grace => {}
        }
    }
    term
}

/// The category on the cut-off day. `spans` are dated and do not overlap.
pub(super) fn category_as_of(spans: &[(NaiveDate, DossierCategory)], cutoff: NaiveDate) -> Option<DossierCategory> {
    spans.iter().filter(|(from, _)| *from <= cutoff).max_by_key(|(from, _)| *from).map(|(_, category)| *category)
}

#[cfg(test)]
mod tests {
    use super::*;
    use DossierStatus::{Active, Applied, Closed, Grace, Investigated, Publicised};

    const ALL: [DossierStatus; 6] = [Applied, Investigated, Publicised, Active, Grace, Closed];

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn asked(to: DossierStatus, on: &str) -> DossierTransition {
        let close_reason = (to == Closed).then_some(CloseReason::OutOfHardship);
        DossierTransition { to, on: day(on), reason: None, close_reason, months: None }
    }

    #[test]
    fn only_the_steps_of_the_domain_are_taken() {
        let steps = [
            (Applied, Investigated),
            (Investigated, Publicised),
            (Publicised, Active),
            (Active, Grace),
            (Active, Closed),
            (Grace, Closed),
            (Closed, Applied),
        ];
        for from in ALL {
            for to in ALL {
                let taken = step(from, None, &asked(to, "2022-01-01"));
                assert_eq!(taken.is_ok(), steps.contains(&(from, to)), "{from:?} to {to:?}");
                if let Err(refusal) = taken {
                    assert_eq!(refusal.code.name, "dossier_transition_not_allowed");
                }
            }
        }
    }

    #[test]
    fn each_step_does_its_own() {
        let on = day("2022-03-01");
        assert_eq!(step(Closed, None, &asked(Applied, "2022-03-01")), Ok(Step::Reapply));
        assert_eq!(step(Applied, None, &asked(Investigated, "2022-03-01")), Ok(Step::Prepare));
        assert_eq!(step(Publicised, None, &asked(Active, "2022-03-01")), Ok(Step::Open(on)));
        assert_eq!(step(Grace, None, &asked(Closed, "2022-03-01")), Ok(Step::Close(on, CloseReason::OutOfHardship)));
        let grace = GraceSpan { starts_on: on, months: 6, ends_on: day("2022-09-01") };
        assert_eq!(step(Active, None, &asked(Grace, "2022-03-01")), Ok(Step::Grace(grace)));
    }

    #[test]
    fn a_step_is_not_before_the_last() {
        let last = Some(day("2022-03-01"));
        assert!(step(Active, last, &asked(Closed, "2022-03-01")).is_ok());
        assert_eq!(step(Active, last, &asked(Closed, "2022-02-28")).unwrap_err().fields[0].code, "step_before_last");
    }

    #[test]
    fn reasons_and_months_stand_where_they_belong() {
        let pointers = |status, asked: &DossierTransition| {
            step(status, None, asked).unwrap_err().fields.into_iter().map(|fault| fault.pointer).collect::<Vec<_>>()
        };
        let closing = DossierTransition { close_reason: None, months: Some(6), ..asked(Closed, "2022-03-01") };
        assert_eq!(pointers(Active, &closing), ["/close_reason", "/months"]);
        let grace = DossierTransition { close_reason: Some(CloseReason::Retired), months: Some(13), ..asked(Grace, "2022-03-01") };
        assert_eq!(pointers(Active, &grace), ["/close_reason", "/months"]);
    }

    #[test]
    fn grace_ends_on_the_same_day_or_the_last_of_the_month() {
        for (start, months, end) in [
            ("2022-07-31", 5, "2022-12-31"),
            ("2022-06-30", 6, "2022-12-30"),
            ("2022-08-31", 6, "2023-02-28"),
            ("2023-08-31", 6, "2024-02-29"),
            ("2022-01-01", 12, "2023-01-01"),
        ] {
            assert_eq!(grace_span(day(start), months).unwrap().ends_on, day(end));
        }
        for months in [-1, 0, 13] {
            assert_eq!(grace_span(day("2022-01-01"), months), None);
        }
    }

    #[test]
    fn a_category_begins_after_the_one_before() {
        let open = CategorySpan {
            federation_id: crate::kernel::FederationId::generate(),
            dossier_id: crate::kernel::DossierId::generate(),
            category: DossierCategory::Deep,
            valid_from: day("2020-01-01"),
            valid_to: None,
        };
        let change = |category, from| category_ends(&open, CategoryChange { category, from: day(from) });
        assert_eq!(change(DossierCategory::Relative, "2022-03-01").unwrap(), day("2022-02-28"));
        assert_eq!(change(DossierCategory::Deep, "2020-01-01").unwrap_err().fields.len(), 2);
    }

    #[test]
    fn a_past_day_sees_the_dossier_as_it_stood() {
        let steps = [(Active, day("2017-03-07")), (Closed, day("2019-06-01")), (Active, day("2022-05-01"))];
        let term =
            |cutoff| term_as_of(&steps, day(cutoff)).map(|term| (term.opened_on.to_string(), term.closed_on.map(|on| on.to_string())));
        assert_eq!(term("2017-03-06"), None);
        assert_eq!(term("2018-01-01"), Some(("2017-03-07".to_owned(), Some("2019-06-01".to_owned()))));
        assert_eq!(term("2022-04-30"), Some(("2017-03-07".to_owned(), Some("2019-06-01".to_owned()))));
        assert_eq!(term("2022-05-01"), Some(("2022-05-01".to_owned(), None)));
    }

    #[test]
    fn the_category_is_that_of_the_day() {
        let spans = [(day("2017-03-07"), DossierCategory::Deep), (day("2022-03-01"), DossierCategory::Relative)];
        assert_eq!(category_as_of(&spans, day("2022-02-28")), Some(DossierCategory::Deep));
        assert_eq!(category_as_of(&spans, day("2022-03-01")), Some(DossierCategory::Relative));
        assert_eq!(category_as_of(&spans, day("2017-03-06")), None);
    }
}
