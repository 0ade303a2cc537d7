//! Decisions about funds: values in, a decision or a refusal out.

use chrono::NaiveDate;

use super::error::{ARRIVALS_EXCEED_GRANT, DATE_IN_FUTURE, LINES_DO_NOT_ADD_UP, STANDARD_OVERLAPS};
use super::requests::{NewAppropriation, NewLine};
use crate::kernel::period::{DateRange, FiscalYear};
use crate::kernel::{FieldError, Money, Refusal};

/// Characters a name has at most; longer ones would not fit into an index.
const LONGEST_NAME: usize = 200;
/// Lines an appropriation has at most.
const MOST_LINES: usize = 1000;
/// Characters of a project code (项目代码).
const PROJECT_CODE_LENGTH: usize = 21;
/// Digits of a functional code: 类, 类款, 类款项.
const FUNCTIONAL_CODE_LENGTHS: [usize; 3] = [3, 5, 7];

/// What is wrong with a short text: blank, too long, or with control characters (which the database cannot all keep).
pub(super) fn text_fault(pointer: impl Into<String>, text: &str) -> Option<FieldError> {
    let (code, zh, en) = if text.trim().is_empty() {
        ("blank", "不能为空".to_owned(), "must not be blank".to_owned())
    } else if text.chars().count() > LONGEST_NAME {
        ("too_long", format!("不能超过{LONGEST_NAME}个字符"), format!("must have at most {LONGEST_NAME} characters"))
    } else if text.chars().any(char::is_control) {
        ("character_not_allowed", "不能含有控制字符".to_owned(), "must not have control characters".to_owned())
    } else {
        return None;
    };
    Some(FieldError::new(pointer, code, zh, en))
}

/// A fault when a day lies outside the fiscal years that books are kept for.
pub(super) fn day_fault(pointer: &str, day: NaiveDate) -> Option<FieldError> {
    FiscalYear::of_date(day).err().map(|error| FieldError::new(pointer, error.code(), error.zh(), error.en()))
}

/// Faults of a range of days, both inclusive.
pub(super) fn range_faults(from: NaiveDate, to: Option<NaiveDate>) -> Vec<FieldError> {
    let mut faults: Vec<FieldError> =
        day_fault("/valid_from", from).into_iter().chain(to.and_then(|to| day_fault("/valid_to", to))).collect();
    faults.extend(to.and_then(|to| turned_round("/valid_to", from, to)));
    faults
}

/// A fault when the last day is before the first.
pub(super) fn turned_round(pointer: &str, from: NaiveDate, to: NaiveDate) -> Option<FieldError> {
    (to < from).then(|| FieldError::new(pointer, "date_range_turned_round", "结束日期早于开始日期", "ends before it starts"))
}

/// What is said to have happened must not lie in the future.
///
/// # Errors
/// [`DATE_IN_FUTURE`].
pub(super) fn has_happened(pointer: &str, day: NaiveDate, today: NaiveDate) -> Result<(), Refusal> {
    if day <= today {
        return Ok(());
    }
    Err(DATE_IN_FUTURE
        .at(pointer, format!("日期 {day} 晚于今天 {today}"), format!("{day} is later than today, {today}"))
        .with("today", today))
}

/// Everything wrong with the fields of an appropriation.
pub(super) fn appropriation_faults(new: &NewAppropriation) -> Vec<FieldError> {
    let mut faults: Vec<FieldError> = text_fault("/name", &new.name).into_iter().chain(day_fault("/granted_on", new.granted_on)).collect();
    if let Err(error) = FiscalYear::new(new.fiscal_year) {
        faults.push(FieldError::new("/fiscal_year", error.code(), error.zh(), error.en()));
    }
    if new.lines.is_empty() {
        faults.push(FieldError::new("/lines", "lines_missing", "至少需要一个资金项目", "at least one line is needed"));
    } else if new.lines.len() > MOST_LINES {
        let zh = format!("资金项目不能超过{MOST_LINES}个");
        faults.push(FieldError::new("/lines", "lines_too_many", zh, format!("at most {MOST_LINES} lines")));
        return faults;
    }
    let mut names = std::collections::HashSet::new();
    for (index, line) in new.lines.iter().enumerate() {
        faults.extend(line_faults(index, line));
        if !names.insert(line.name.as_str()) {
            let pointer = format!("/lines/{index}/name");
            faults.push(FieldError::new(pointer, "line_name_repeated", "资金项目名称重复", "another line has this name"));
        }
    }
    faults
}

fn line_faults(index: usize, line: &NewLine) -> Vec<FieldError> {
    let at = |field: &str| format!("/lines/{index}/{field}");
    let mut faults: Vec<FieldError> =
        text_fault(at("name"), &line.name).into_iter().chain(text_fault(at("purpose"), &line.purpose)).collect();
    let project_code = |code: &String| code.len() == PROJECT_CODE_LENGTH && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !line.project_code.as_ref().is_none_or(project_code) {
        let (zh, en) = ("项目代码应为21位字母或数字", "must be 21 letters and digits");
        faults.push(FieldError::new(at("project_code"), "project_code_malformed", zh, en));
    }
    let functional_code = |code: &String| FUNCTIONAL_CODE_LENGTHS.contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit());
    if !line.functional_code.as_ref().is_none_or(functional_code) {
        let (zh, en) = ("功能分类应为3、5或7位数字（类款项）", "must be 3, 5 or 7 digits");
        faults.push(FieldError::new(at("functional_code"), "functional_code_malformed", zh, en));
    }
    if line.channels.is_empty() {
        faults.push(FieldError::new(at("channels"), "channels_missing", "至少需要一种支付方式", "at least one channel is needed"));
    } else if line.channels.iter().enumerate().any(|(place, channel)| line.channels.iter().skip(place + 1).any(|other| other == channel)) {
        faults.push(FieldError::new(at("channels"), "channel_repeated", "支付方式重复", "a channel is named twice"));
    }
    faults
}

/// The lines of a document add up to its total.
///
/// # Errors
/// [`LINES_DO_NOT_ADD_UP`] with `difference`, the total less the lines.
pub(super) fn lines_add_up(total: Money, lines: impl Iterator<Item = Money>) -> Result<(), Refusal> {
    let sum: Money = lines.sum();
    let difference = total - sum;
    if difference.is_zero() {
        return Ok(());
    }
    let zh = format!("各资金项目合计 {sum} 元，文件总额 {total} 元，相差 {difference} 元");
    let en = format!("the lines add up to {sum}, the document's total is {total}: a difference of {difference}");
    Err(LINES_DO_NOT_ADD_UP.at("/amount", zh, en).with("difference", difference))
}

/// What arrived is never more than what was granted (domain.md, "arrival"): a new arrival must fit under the grant, and a
/// withdrawal must leave a grant that covers what has arrived.
///
/// # Errors
/// [`ARRIVALS_EXCEED_GRANT`] with `excess`.
pub(super) fn arrivals_within_grant(arrived: Money, granted: Money) -> Result<(), Refusal> {
    let excess = arrived - granted;
    if !excess.is_positive() {
        return Ok(());
    }
    let zh = format!("累计到账 {arrived} 元将超过下达的 {granted} 元，超出 {excess} 元");
    let en = format!("{arrived} would have arrived of {granted} granted: {excess} too much");
    Err(ARRIVALS_EXCEED_GRANT.at("/amount", zh, en).with("excess", excess))
}

/// One standard per line, category and date: `wanted` must share no day with the other standards of its line and category.
///
/// # Errors
/// [`STANDARD_OVERLAPS`] at `pointer`.
pub(super) fn standard_stands_alone(
    pointer: &str,
    wanted: (NaiveDate, Option<NaiveDate>),
    others: impl IntoIterator<Item = (NaiveDate, Option<NaiveDate>)>,
) -> Result<(), Refusal> {
    let range = |(from, to)| DateRange::new(from, to).ok();
    let overlapping =
        others.into_iter().find(|other| range(*other).zip(range(wanted)).is_some_and(|(other, wanted)| other.overlaps(wanted)));
    let Some((from, to)) = overlapping else { return Ok(()) };
    let (zh, en) = match to {
        Some(to) => (format!("{from} 至 {to} 已有标准"), format!("a standard holds from {from} to {to}")),
        None => (format!("自 {from} 起已有标准"), format!("a standard holds from {from} on")),
    };
    Err(STANDARD_OVERLAPS.at(pointer, zh, en))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn money(text: &str) -> Money {
        text.parse().unwrap()
    }

    fn appropriation() -> serde_json::Value {
        json!({
            "document_id": "00000000-0000-0000-0000-000000000001", "name": "省级补助", "fiscal_year": 2022,
            "organisation_id": "00000000-0000-0000-0000-000000000002", "amount": "131.536万", "granted_on": "2022-06-30",
            "lines": [
                {"name": "帮扶", "purpose": "aid", "fund_source_id": "00000000-0000-0000-0000-000000000003",
                 "amount": "266360", "channels": ["one_card", "cash"], "functional_code": "2082099"},
                {"name": "送温暖", "purpose": "warmth", "fund_source_id": "00000000-0000-0000-0000-000000000003",
                 "amount": "1049000", "channels": ["union_card"], "project_code": "51000022T000000123456"},
            ],
        })
    }

    fn faults(body: serde_json::Value) -> Vec<(String, String)> {
        let new: NewAppropriation = serde_json::from_value(body).unwrap();
        appropriation_faults(&new).into_iter().map(|fault| (fault.pointer, fault.code)).collect()
    }

    #[test]
    fn a_sound_appropriation_has_no_fault() {
        assert_eq!(faults(appropriation()), []);
    }

    #[test]
    fn every_fault_of_an_appropriation_is_named_at_once() {
        let mut body = appropriation();
        body["name"] = json!(" ");
        body["fiscal_year"] = json!(1999);
        body["granted_on"] = json!("1900-01-01");
        body["lines"][0]["name"] = json!("送温暖");
        body["lines"][0]["purpose"] = json!("a\u{0}b");
        body["lines"][0]["functional_code"] = json!("2082");
        body["lines"][0]["channels"] = json!([]);
        body["lines"][1]["project_code"] = json!("51000022T00000012345");
        body["lines"][1]["channels"] = json!(["cash", "one_card", "cash"]);
        let expected = [
            ("/name", "blank"),
            ("/granted_on", "fiscal_year_out_of_range"),
            ("/fiscal_year", "fiscal_year_out_of_range"),
            ("/lines/0/purpose", "character_not_allowed"),
            ("/lines/0/functional_code", "functional_code_malformed"),
            ("/lines/0/channels", "channels_missing"),
            ("/lines/1/project_code", "project_code_malformed"),
            ("/lines/1/channels", "channel_repeated"),
            ("/lines/1/name", "line_name_repeated"),
        ];
        assert_eq!(faults(body), expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
    }

    #[test]
    fn an_appropriation_without_lines_is_at_fault() {
        let mut body = appropriation();
        body["lines"] = json!([]);
        assert_eq!(faults(body), [("/lines".to_owned(), "lines_missing".to_owned())]);
    }

    #[test]
    fn a_text_of_two_hundred_characters_is_the_longest() {
        assert_eq!(text_fault("/name", &"帮".repeat(200)), None);
        assert_eq!(text_fault("/name", &"帮".repeat(201)).unwrap().code, "too_long");
    }

    #[test]
    fn the_lines_of_the_provincial_document_add_up() {
        let lines = ["266360.00", "376000.00", "673000.00"].map(money);
        assert_eq!(lines_add_up(money("131.536万"), lines.into_iter()), Ok(()));
    }

    #[test]
    fn lines_that_are_a_fen_off_are_refused_with_the_difference() {
        for (lines, difference) in [(["50.00", "49.99"], "0.01"), (["50.00", "50.01"], "-0.01")] {
            let refusal = lines_add_up(money("100"), lines.map(money).into_iter()).unwrap_err();
            assert_eq!((refusal.code, &refusal.facts["difference"]), (&LINES_DO_NOT_ADD_UP, &json!(difference)));
        }
    }

    #[test]
    fn what_arrives_may_reach_the_grant_and_not_pass_it() {
        assert_eq!(arrivals_within_grant(money("100"), money("100")), Ok(()));
        let refusal = arrivals_within_grant(money("100.01"), money("100")).unwrap_err();
        assert_eq!((refusal.code, &refusal.facts["excess"]), (&ARRIVALS_EXCEED_GRANT, &json!("0.01")));
    }

    #[test]
    fn today_has_happened_and_tomorrow_has_not() {
        assert_eq!(has_happened("/granted_on", day("2022-06-30"), day("2022-06-30")), Ok(()));
        let refusal = has_happened("/granted_on", day("2022-07-01"), day("2022-06-30")).unwrap_err();
        assert_eq!((refusal.code, refusal.fields[0].pointer.as_str()), (&DATE_IN_FUTURE, "/granted_on"));
    }

    #[test]
    fn a_range_is_checked_for_its_order_and_its_years() {
        let codes = |from: &str, to: Option<&str>| -> Vec<String> {
            range_faults(day(from), to.map(day)).into_iter().map(|fault| fault.pointer + " " + &fault.code).collect()
        };
        assert_eq!(codes("2022-01-01", Some("2022-01-01")), [""; 0]);
        assert_eq!(codes("2022-01-01", None), [""; 0]);
        assert_eq!(codes("2022-01-02", Some("2022-01-01")), ["/valid_to date_range_turned_round"]);
        assert_eq!(codes("2022-01-01", Some("9999-01-01")), ["/valid_to fiscal_year_out_of_range"]);
    }

    #[test]
    fn standards_may_touch_and_not_share_a_day() {
        let known = [(day("2022-01-01"), Some(day("2022-06-30"))), (day("2023-01-01"), None)];
        let alone = |from: &str, to: Option<&str>| standard_stands_alone("/valid_from", (day(from), to.map(day)), known).is_ok();
        assert!(alone("2022-07-01", Some("2022-12-31")));
        assert!(alone("2021-01-01", Some("2021-12-31")));
        assert!(!alone("2022-06-30", Some("2022-12-31")));
        assert!(!alone("2022-07-01", Some("2023-01-01")));
        assert!(!alone("2022-07-01", None));
        assert!(!alone("2040-01-01", None));
    }

    proptest! {
        #[test]
        fn lines_add_up_exactly_when_their_sum_is_the_total(lines in proptest::collection::vec(1_u32..1_000_000, 1..20), off in 0_u32..3) {
            let sum: u32 = lines.iter().sum();
            let adds_up = lines_add_up(Money::yuan(sum + off), lines.into_iter().map(Money::yuan)).is_ok();
            prop_assert_eq!(adds_up, off == 0);
        }
    }
}
