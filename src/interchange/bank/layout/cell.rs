//! Amounts and dates as the cells of a layout write them.

use chrono::{Datelike, NaiveDate};

use super::{Amounts, Dates};
use crate::interchange::bank::error::{ROW_AMOUNT, ROW_DATE};
use crate::interchange::bank::row::{Problem, plain_amount};
use crate::kernel::Money;

/// Characters of a time of day after a date at most.
const LONGEST_TIME: usize = 20;

/// The amount as text.
pub(super) fn amount_text(amounts: Amounts, amount: Money) -> String {
    let yuan = amount.to_string();
    match amounts {
        Amounts::Yuan => yuan,
        Amounts::Fen => {
            let digits = yuan.replace(['.', '-'], "");
            let fen = match digits.trim_start_matches('0') {
                "" => "0",
                fen => fen,
            };
            if amount.is_negative() { format!("-{fen}") } else { fen.to_owned() }
        }
    }
}

/// The amount that a cell says; none when it is blank.
pub(super) fn read_amount(amounts: Amounts, text: &str) -> Result<Option<Money>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    // The plus stands before credits in statements with signed amounts.
    let unsigned = text.strip_prefix('+').filter(|rest| !rest.starts_with('-')).unwrap_or(text);
    let amount = match amounts {
        Amounts::Yuan => yuan(unsigned),
        Amounts::Fen => fen(unsigned),
    };
    amount.map(Some).ok_or_else(|| Problem::new(&ROW_AMOUNT, "金额无法识别", "an amount is none"))
}

/// With thousands separators, whose places [`Money`] checks, but none of the units that people write.
fn yuan(text: &str) -> Option<Money> {
    plain_amount(&text.replace(',', ""))?;
    text.parse().ok()
}

fn fen(text: &str) -> Option<Money> {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let padded = format!("{digits:0>3}");
    let (whole, fraction) = padded.split_at_checked(padded.len().checked_sub(2)?)?;
    format!("{sign}{whole}.{fraction}").parse().ok()
}

/// The date as text.
pub(super) fn date_text(dates: Dates, date: NaiveDate) -> String {
    let (year, month, day) = (date.year(), date.month(), date.day());
    match dates {
        Dates::Compact => format!("{year:04}{month:02}{day:02}"),
        Dates::Dashed => format!("{year:04}-{month:02}-{day:02}"),
        Dates::Slashed => format!("{year:04}/{month:02}/{day:02}"),
        Dates::Chinese => format!("{year:04}年{month:02}月{day:02}日"),
    }
}

/// The date that a cell says; none when it is blank or zeros. A time of day may follow and is left out.
pub(super) fn read_date(dates: Dates, text: &str) -> Result<Option<NaiveDate>, Problem> {
    if text.chars().all(|character| matches!(character, '0' | '-' | '/')) {
        return Ok(None);
    }
    let date = match dates {
        Dates::Compact => text.split_at_checked(8).and_then(|(date, time)| compact(date).filter(|_| is_time(time))),
        Dates::Dashed => separated(text, ["-", "-"], ""),
        Dates::Slashed => separated(text, ["/", "/"], ""),
        Dates::Chinese => separated(text, ["年", "月"], "日"),
    };
    date.map(Some).ok_or_else(|| Problem::new(&ROW_DATE, "日期无法识别", "a date is none"))
}

fn compact(date: &str) -> Option<NaiveDate> {
    let number = |range: std::ops::Range<usize>| digits(date.get(range)?);
    NaiveDate::from_ymd_opt(i32::try_from(number(0..4)?).ok()?, number(4..6)?, number(6..8)?)
}

fn separated(text: &str, [first, second]: [&str; 2], last: &str) -> Option<NaiveDate> {
    let (year, rest) = text.split_once(first)?;
    let (month, rest) = rest.split_once(second)?;
    let (day, time) = rest.split_at_checked(rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len()))?;
    let time = time.strip_prefix(last)?;
    let known = year.len() == 4 && month.len() <= 2 && day.len() <= 2 && is_time(time);
    known.then_some(())?;
    NaiveDate::from_ymd_opt(i32::try_from(digits(year)?).ok()?, digits(month)?, digits(day)?)
}

fn digits(text: &str) -> Option<u32> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

fn is_time(text: &str) -> bool {
    text.len() <= LONGEST_TIME && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'T' | b':' | b'.'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    use super::*;

    #[test]
    fn amounts_of_banks_are_read_and_those_of_people_are_not() {
        for (text, expected) in [("2,212.00", "2212.00"), ("2212", "2212.00"), ("2212.5", "2212.50"), ("+1.00", "1.00"), ("-3.00", "-3.00")]
        {
            assert_eq!(read_amount(Amounts::Yuan, text).unwrap().unwrap().to_string(), expected);
        }
        for (text, expected) in [("221200", "2212.00"), ("5", "0.05"), ("0000000000012", "0.12"), ("0", "0.00")] {
            assert_eq!(read_amount(Amounts::Fen, text).unwrap().unwrap().to_string(), expected);
        }
        for text in ["1.5万", "2.2E3", "1.005", "22,12.00", "+-1", "--1", "１", "abc", "1 000"] {
            assert!(read_amount(Amounts::Yuan, text).is_err(), "{text}");
        }
        for text in ["1.00", "1,000", "", "-"] {
            assert!(!matches!(read_amount(Amounts::Fen, text), Ok(Some(_))), "{text}");
        }
        assert!(read_amount(Amounts::Fen, &"9".repeat(60)).is_err());
    }

    #[test]
    fn dates_are_read_with_a_time_of_day_and_zeros_are_none() {
        let expected = Some("2023-01-18".parse().unwrap());
        for (dates, text) in [
            (Dates::Compact, "20230118"),
            (Dates::Compact, "20230118093000"),
            (Dates::Compact, "20230118 09:30:00"),
            (Dates::Dashed, "2023-01-18"),
            (Dates::Dashed, "2023-01-18 09:30:00"),
            (Dates::Slashed, "2023/1/18"),
            (Dates::Chinese, "2023年1月18日"),
        ] {
            assert_eq!(read_date(dates, text).unwrap(), expected, "{text}");
        }
        assert_eq!(read_date(Dates::Compact, "00000000").unwrap(), None);
        for (dates, text) in [
            (Dates::Compact, "20230230"),
            (Dates::Compact, "2023-01-18"),
            (Dates::Dashed, "23-01-18"),
            (Dates::Dashed, "2023-01-18x"),
            (Dates::Compact, "二〇二三"),
            (Dates::Slashed, "2023/01"),
            (Dates::Chinese, "2023年1月18"),
        ] {
            assert!(read_date(dates, text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_amount_survives_writing_and_reading(fen in -999_999_999_999i64..=999_999_999_999) {
            let amount = Money::new(Decimal::new(fen, 2)).unwrap();
            for amounts in [Amounts::Yuan, Amounts::Fen] {
                prop_assert_eq!(read_amount(amounts, &amount_text(amounts, amount)).unwrap(), Some(amount));
            }
        }

        #[test]
        fn a_date_survives_writing_and_reading(days in 0u64..100_000) {
            let date = NaiveDate::from_ymd_opt(1990, 1, 1).unwrap() + chrono::Days::new(days);
            for dates in [Dates::Compact, Dates::Dashed, Dates::Slashed, Dates::Chinese] {
                prop_assert_eq!(read_date(dates, &date_text(dates, date)).unwrap(), Some(date));
            }
        }

        #[test]
        fn any_text_is_judged_without_panic(text in "\\PC{0,24}") {
            for dates in [Dates::Compact, Dates::Dashed, Dates::Slashed, Dates::Chinese] {
                let _ = read_date(dates, &text);
            }
            let _ = (read_amount(Amounts::Yuan, &text), read_amount(Amounts::Fen, &text));
        }
    }
}
