//! Quantities of a workbook, which are doubles, as decimal text; and days, which are quantities.

use chrono::{Days, NaiveDate, NaiveTime};
use rust_decimal::Decimal;

/// Characters of a quantity at most; a double needs 24.
const LONGEST: usize = 64;
/// The last day of a workbook, 9999-12-31.
const LAST_SERIAL: u64 = 2_958_465;

/// The shortest decimal text, without exponent, that stands for the same double as what the workbook says: programs write
/// `8.9` as `8.9000000000000004`. Nothing is rounded: `1521.0000000000002` is another double than `1521` and stays so.
pub(super) fn shortest(written: &str) -> Option<String> {
    let text = written.trim_ascii();
    let numeric = text.len() <= LONGEST && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'E' | b'e'));
    if !numeric {
        return None;
    }
    #[expect(clippy::disallowed_types, reason = "workbooks hold doubles; this is the one place where one becomes text")]
    let double: f64 = text.parse().ok()?;
    let text = double.is_finite().then(|| double.to_string())?;
    Some(if text == "-0" { "0".to_owned() } else { text })
}

/// The day of a serial number, as `2022-08-01`, or `2022-08-01 10:30:00` when it has a time of day; `None` when it is no day.
///
/// The calendar from 1900 counts a 29 February 1900 that never was.
pub(super) fn day(serial: &str, from_1904: bool) -> Option<String> {
    let (whole, fraction) = serial.split_once('.').unwrap_or((serial, ""));
    let whole: u64 = whole.parse().ok().filter(|whole| *whole <= LAST_SERIAL)?;
    let (start, days) = match (from_1904, whole) {
        (true, days) => (NaiveDate::from_ymd_opt(1904, 1, 1)?, days),
        (false, 0 | 60) => return None,
        (false, days @ ..60) => (NaiveDate::from_ymd_opt(1899, 12, 31)?, days),
        (false, days) => (NaiveDate::from_ymd_opt(1899, 12, 30)?, days),
    };
    let date = start.checked_add_days(Days::new(days))?;
    let share: String = fraction.chars().take(20).collect();
    let seconds = if share.is_empty() { 0 } else { seconds(&format!("0.{share}"))? };
    // The last half second belongs to the next day, as spreadsheets show it.
    let date = date.checked_add_days(Days::new(u64::from(seconds / 86_400)))?;
    match NaiveTime::from_num_seconds_from_midnight_opt(seconds % 86_400, 0)? {
        NaiveTime::MIN => Some(date.to_string()),
        time => Some(format!("{date} {time}")),
    }
}

fn seconds(share: &str) -> Option<u32> {
    let share: Decimal = share.parse().ok()?;
    (share * Decimal::from(86_400)).round().try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_keeps_its_shortest_decimal_text() {
        for (written, expected) in [
            ("8.9000000000000004", "8.9"),
            ("0.10000000000000001", "0.1"),
            ("1521", "1521"),
            ("1.521E3", "1521"),
            ("1521.0000000000002", "1521.0000000000002"),
            ("5.1059919900101E+17", "510599199001010000"),
            ("-0", "0"),
        ] {
            assert_eq!(shortest(written).as_deref(), Some(expected), "{written}");
        }
        for written in ["", "abc", "inf", "NaN", "1e999", "1 2", &"9".repeat(100)] {
            assert_eq!(shortest(written), None, "{written}");
        }
    }

    #[test]
    fn a_serial_number_is_the_day_that_a_spreadsheet_shows() {
        for (serial, from_1904, expected) in [
            ("44774", false, Some("2022-08-01")),
            ("1", false, Some("1900-01-01")),
            ("59", false, Some("1900-02-28")),
            ("60", false, None),
            ("61", false, Some("1900-03-01")),
            ("43312", true, Some("2022-08-01")),
            ("44774.4375", false, Some("2022-08-01 10:30:00")),
            ("44774.999999999", false, Some("2022-08-02")),
            ("-1", false, None),
            ("2958466", false, None),
            ("0", false, None),
        ] {
            assert_eq!(day(serial, from_1904).as_deref(), expected, "{serial}");
        }
    }
}
