//! The statement line `:61:`.

use chrono::{Datelike, NaiveDate};

use super::super::error::{ROW_AMOUNT, ROW_CURRENCY, ROW_DATE, ROW_DIRECTION, ROW_NOT_BOOKED, ROW_SHAPE};
use super::super::reference::References;
use super::super::row::{Problem, is_yuan, plain_amount};
use super::super::statement::{Direction, StatementLine};
use super::info::Info;
use crate::kernel::Money;

/// What a `:61:` says, and the `:86:` after it.
pub(super) struct Movement {
    value_on: NaiveDate,
    booked_on: NaiveDate,
    direction: Direction,
    reversal: bool,
    amount: Money,
    kind: String,
    customer_reference: String,
    bank_reference: Option<String>,
    supplement: Option<String>,
    pub info: Info,
}

impl Movement {
    /// Reads the lines after the tag; `currency` is the opening balance's.
    ///
    /// Value date, perhaps entry date, mark, perhaps the currency's third letter, amount, kind, reference of the customer,
    /// and after `//` that of the bank; on a line of its own what the bank adds.
    pub fn read(lines: &[String], currency: &str) -> Result<Self, Problem> {
        if !is_yuan(currency) {
            return Err(Problem::new(&ROW_CURRENCY, "账户币种不是人民币", "the account is not in yuan"));
        }
        let text = lines.first().map_or("", |line| line.trim());
        let (value, rest) = text.split_at_checked(6).ok_or_else(|| unreadable("太短", "it is too short"))?;
        let value_on = day(value).ok_or_else(no_date)?;
        let entry_digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (entry, rest) = rest.split_at_checked(if entry_digits >= 4 { 4 } else { 0 }).unwrap_or(("", rest));
        let booked_on = if entry.is_empty() { value_on } else { entry_day(entry, value_on).ok_or_else(no_date)? };
        let (direction, reversal, rest) = mark(rest)?;
        // The third letter of the currency may follow, before the digits.
        let rest = rest.strip_prefix(|character: char| character.is_ascii_alphabetic()).unwrap_or(rest);
        let digits = rest.bytes().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b'.')).count();
        let (figure, rest) = rest.split_at_checked(digits).unwrap_or((rest, ""));
        let amount = amount(figure).filter(|amount| amount.is_positive());
        let amount = amount.ok_or_else(|| Problem::new(&ROW_AMOUNT, "金额无法识别或为零", "the amount is none, or zero"))?;
        let (kind, references) = rest.split_at_checked(4).ok_or_else(|| unreadable("没有交易类型", "there is no kind of transaction"))?;
        if !(kind.starts_with(['N', 'F', 'S']) && kind.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
            return Err(unreadable("交易类型无法识别", "the kind of transaction cannot be read"));
        }
        let (customer, bank) = match references.split_once("//") {
            Some((customer, bank)) => (customer, Some(bank)),
            None => (references, None),
        };
        let tidy = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Ok(Self {
            value_on,
            booked_on,
            direction,
            reversal,
            amount,
            kind: kind.to_owned(),
            customer_reference: customer.trim().to_owned(),
            bank_reference: bank.and_then(tidy),
            supplement: lines.get(1).and_then(|line| tidy(line)),
            info: Info::default(),
        })
    }

    /// The line of the statement.
    pub fn line(self, ordinal: u32, raw: String) -> StatementLine {
        let mut references = References::default();
        references.add(&self.customer_reference);
        self.info.references.iter().for_each(|text| references.add(text));
        let remittance = match (&self.info.remittance, &self.supplement) {
            (text, Some(supplement)) if text.is_empty() => supplement.clone(),
            (text, _) => text.clone(),
        };
        references.add_found_in(&remittance);
        // A reference that the bank broke over two lines.
        references.add_found_in(&self.info.joined);
        let fee = matches!(self.kind.get(1..), Some("CHG" | "COM"));
        StatementLine {
            ordinal,
            detail: 0,
            group: None,
            entry_reference: self.bank_reference,
            booked_on: self.booked_on,
            value_on: Some(self.value_on),
            direction: self.direction,
            amount: self.amount,
            reversal: self.reversal,
            references: references.into_list(),
            counterparty_name: self.info.name,
            counterparty_account: self.info.account,
            remittance,
            bank_code: Some(self.kind),
            fee,
            return_reason: self.info.return_reason,
            occurrence: 0,
            raw,
        }
    }
}

/// Which way, and whether an earlier entry is taken back: `RC` takes a credit back, so that money leaves.
fn mark(text: &str) -> Result<(Direction, bool, &str), Problem> {
    for (mark, direction, reversal) in
        [("RC", Direction::Debit, true), ("RD", Direction::Credit, true), ("C", Direction::Credit, false), ("D", Direction::Debit, false)]
    {
        if let Some(rest) = text.strip_prefix(mark) {
            return Ok((direction, reversal, rest));
        }
    }
    if text.starts_with("EC") || text.starts_with("ED") {
        return Err(Problem::new(&ROW_NOT_BOOKED, "该笔是预期交易，尚未入账", "the movement is only expected"));
    }
    Err(Problem::new(&ROW_DIRECTION, "借贷标志无法识别", "the mark is neither credit nor debit"))
}

/// An amount with a comma, as the standard has it, or a point.
pub(super) fn amount(text: &str) -> Option<Money> {
    let point = text.replace(',', ".");
    // The standard ends whole yuan with a comma.
    plain_amount(point.strip_suffix('.').unwrap_or(&point))
}

/// `230118`: two digits of the year, of which 80 and above were before 2000.
pub(super) fn day(text: &str) -> Option<NaiveDate> {
    let year = number(text, 0..2)?;
    let year = if year >= 80 { 1900 + year } else { 2000 + year };
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, number(text, 2..4)?, number(text, 4..6)?)
}

/// `0118`, in the year that brings it nearest to the value date.
fn entry_day(text: &str, value_on: NaiveDate) -> Option<NaiveDate> {
    let (month, day) = (number(text, 0..2)?, number(text, 2..4)?);
    let year = value_on.year();
    let days = [year - 1, year, year + 1].into_iter().filter_map(|year| NaiveDate::from_ymd_opt(year, month, day));
    days.min_by_key(|day| day.signed_duration_since(value_on).num_days().abs())
}

fn number(text: &str, range: std::ops::Range<usize>) -> Option<u32> {
    let digits = text.get(range)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

fn no_date() -> Problem {
    Problem::new(&ROW_DATE, "日期无法识别", "a date is none")
}

pub(super) fn unreadable(zh: &str, en: &str) -> Problem {
    Problem::new(&ROW_SHAPE, format!(":61: 无法识别：{zh}"), format!(":61: cannot be read: {en}"))
}
