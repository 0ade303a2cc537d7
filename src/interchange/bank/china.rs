//! Days in China. There has been one time zone since 1949 and no summer time since 1991, so a fixed offset is exact.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, TimeZone, Utc};

/// Seconds that China is ahead of UTC.
const AHEAD_SECONDS: i32 = 8 * 3600;

/// A moment as China's clocks show it: `2023-01-18T09:30:00+08:00`.
pub(super) fn moment(at: DateTime<Utc>) -> String {
    offset().map_or_else(|| at.to_rfc3339(), |china| china.from_utc_datetime(&at.naive_utc()).format("%Y-%m-%dT%H:%M:%S%:z").to_string())
}

/// The day in China of an XML date or date and time; without an offset it is China's own time.
pub(super) fn day(text: &str) -> Option<NaiveDate> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.with_timezone(&offset()?).date_naive());
    }
    let local = text.parse::<NaiveDateTime>().map(|moment| moment.date());
    local.ok().or_else(|| date(text))
}

/// An XML date, `2023-01-18`, whose offset does not matter: the day is meant as written.
fn date(text: &str) -> Option<NaiveDate> {
    let (day, offset) = text.split_at_checked(10)?;
    let known = matches!(offset.as_bytes(), [] | b"Z" | [b'+' | b'-', _, _, b':', _, _]);
    known.then(|| day.parse().ok()).flatten()
}

fn offset() -> Option<FixedOffset> {
    FixedOffset::east_opt(AHEAD_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_late_in_utc_is_the_next_day_in_china() {
        let expected = Some("2023-01-19".parse().unwrap());
        for text in [
            "2023-01-18T16:00:00Z",
            "2023-01-19T00:00:00+08:00",
            "2023-01-19T00:00:00",
            "2023-01-19T10:00:00.123",
            "2023-01-19",
            "2023-01-19+08:00",
            "2023-01-19Z",
        ] {
            assert_eq!(day(text), expected, "{text}");
        }
        for text in ["", "2023-02-30", "2023-1-9", "20230119", "2023-01-19T25:00:00", "昨天的日期是二零二三年"] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn a_moment_is_written_in_chinas_time() {
        assert_eq!(moment("2023-01-18T16:30:00Z".parse().unwrap()), "2023-01-19T00:30:00+08:00");
    }
}
