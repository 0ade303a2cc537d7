//! Days as people and programs write them, the year first.

use chrono::{Datelike, NaiveDate};

use crate::interchange::tables::cell::Origin;
use crate::interchange::tables::fault::Reason;

/// Years that a record may name; the same as the kernel's months.
const YEARS: std::ops::RangeInclusive<i32> = 1880..=2199;

/// Reads `2022-08-01`, `2022/8/1`, `2022.8.1`, `2022年8月1日` and `20220801`, with a time of day only if it is midnight.
pub(super) fn date(text: &str, origin: Origin) -> Result<NaiveDate, Reason> {
    let (day, time) = without_time(text);
    if time.is_some_and(|time| time.bytes().any(|byte| (b'1'..=b'9').contains(&byte))) {
        return Err(Reason::new("date_has_time", "应为日期，不带时刻", "must be a day, without a time of day"));
    }
    let day: String = day.chars().filter(|each| !each.is_whitespace()).collect();
    if let Some((year, month, date)) = parts(&day) {
        let known = NaiveDate::from_ymd_opt(year, month, date).filter(|day| YEARS.contains(&day.year()));
        return known
            .ok_or_else(|| Reason::new("date_unknown", "日期不存在或年份不合理", "the day does not exist, or its year is out of range"));
    }
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if origin == Origin::Number || (day.len() == 5 && digits(&day)) {
        return Err(Reason::new(
            "date_serial",
            "日期变成了电子表格的序列号；请将该列设为日期格式后重新填写，如 2022-08-01",
            "the day has become a spreadsheet's serial number; format the column as date and enter it again, such as 2022-08-01",
        ));
    }
    let pieces: Vec<&str> = day.split(['/', '-', '.']).collect();
    if pieces.len() == 3 && pieces.iter().all(|piece| digits(piece)) {
        return Err(Reason::new(
            "date_ambiguous",
            "日期的年月日顺序不明；请写成 2022-08-01",
            "it is unclear which part is the year, the month and the day; write 2022-08-01",
        ));
    }
    Err(Reason::new("date_malformed", "不是日期；请写成 2022-08-01", "is not a date; write 2022-08-01"))
}

/// Parts `2022-08-01T00:00:00.000` and `2022/8/1 0:00`.
fn without_time(text: &str) -> (&str, Option<&str>) {
    let Some(colon) = text.find(':') else { return (text, None) };
    let before = text.get(..colon).unwrap_or_default();
    match before.rfind(['T', ' ', '日']) {
        Some(at) => {
            let cut = at + before.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
            (before.get(..cut).unwrap_or_default().trim_end_matches(['T', ' ']), text.get(cut..))
        }
        None => (text, None),
    }
}

/// Year, month and day; `None` when the text is not written the year first.
fn parts(day: &str) -> Option<(i32, u32, u32)> {
    if day.len() == 8 && day.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some((day.get(..4)?.parse().ok()?, day.get(4..6)?.parse().ok()?, day.get(6..)?.parse().ok()?));
    }
    let pieces: Vec<&str> = if let Some(rest) = day.strip_suffix(['日', '号']) {
        let (year, rest) = rest.split_once('年')?;
        let (month, date) = rest.split_once('月')?;
        vec![year, month, date]
    } else {
        let separator = day.chars().find(|each| !each.is_ascii_digit())?;
        matches!(separator, '-' | '/' | '.').then(|| day.split(separator).collect())?
    };
    let &[year, month, date] = pieces.as_slice() else { return None };
    let short = |part: &str| matches!(part.len(), 1 | 2) && part.bytes().all(|byte| byte.is_ascii_digit());
    let year_first = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit()) && short(month) && short(date);
    year_first.then_some(())?;
    Some((year.parse().ok()?, month.parse().ok()?, date.parse().ok()?))
}
