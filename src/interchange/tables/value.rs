//! What a cell's text means in its column, or why it means nothing.

mod codes;
mod dates;
mod words;

use chrono::NaiveDate;

use super::cell::Origin;
use super::fault::Reason;
use super::schema::{Choice, Kind};
use crate::kernel::Money;
use crate::kernel::identity_number::IdentityNumber;

/// Significant digits that a spreadsheet keeps of a quantity.
const KEPT_DIGITS: usize = 15;

/// What spreadsheets put where a value should be.
const ERRORS: &[&str] = &[
    "#N/A",
    "#VALUE!",
    "#REF!",
    "#DIV/0!",
    "#NAME?",
    "#NULL!",
    "#NUM!",
    "#SPILL!",
    "#CALC!",
    "#GETTING_DATA",
    "#FIELD!",
    "#BLOCKED!",
    "#CONNECT!",
    "#UNKNOWN!",
];

/// A cell that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Text, a name, a code, or the digits of an account or phone.
    Text(String),
    Identity(IdentityNumber),
    Money(Money),
    Date(NaiveDate),
    Integer(i64),
    Choice(&'static Choice),
    Flag(bool),
}

impl Value {
    /// The one text for this value, whatever way the file wrote it.
    pub fn canonical(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Identity(number) => number.as_str().to_owned(),
            Self::Money(amount) => amount.to_string(),
            Self::Date(day) => day.to_string(),
            Self::Integer(number) => number.to_string(),
            Self::Choice(choice) => choice.name.to_owned(),
            Self::Flag(flag) => flag.to_string(),
        }
    }
}

/// Reads a cell whose text is normalised and not empty.
pub(super) fn read(kind: Kind, text: &str, origin: Origin) -> Result<Value, Reason> {
    damage(kind, text, origin)?;
    match kind {
        Kind::Text | Kind::Name | Kind::Code | Kind::Reference => Ok(Value::Text(text.to_owned())),
        Kind::Identity => codes::identity(text).map(Value::Identity),
        Kind::Account => codes::account(text).map(Value::Text),
        Kind::Phone => codes::phone(text).map(Value::Text),
        Kind::Digits { shortest, longest } => codes::digits(text, shortest, longest, origin).map(Value::Text),
        Kind::Money => money(text).map(Value::Money),
        Kind::Date => dates::date(text, origin).map(Value::Date),
        Kind::Integer { least, most } => integer(text, least, most).map(Value::Integer),
        Kind::Choice(choices) => words::choice(text, choices).map(Value::Choice),
        Kind::Flag => words::flag(text).map(Value::Flag),
    }
}

/// What a spreadsheet leaves in place of a value, and values of which it has lost a part.
fn damage(kind: Kind, text: &str, origin: Origin) -> Result<(), Reason> {
    let refused = |code, zh: &str, en: &str| Err(Reason::new(code, zh, en));
    if origin == Origin::Formula {
        return refused("formula", "单元格是公式；请改为填写数值或文字", "the cell is a formula; enter the value itself");
    }
    if origin == Origin::Error || ERRORS.contains(&text.to_ascii_uppercase().as_str()) {
        return refused("spreadsheet_error", "单元格是电子表格的错误值（如 #N/A）", "the cell holds a spreadsheet's error, such as #N/A");
    }
    if text.len() >= 2 && text.bytes().all(|byte| byte == b'#') {
        return refused(
            "spreadsheet_overflow",
            "单元格只有 ####：导出时列宽不够，内容已丢失",
            "the cell holds only ####: the column was too narrow when it was exported, and the content is lost",
        );
    }
    if origin == Origin::Date && kind.is_code() {
        return refused(
            "turned_into_day",
            "已被电子表格变成日期；请将该列设为文本格式后重新填写",
            "a spreadsheet turned it into a day; format the column as text and enter it again",
        );
    }
    let counted = matches!(kind, Kind::Money | Kind::Integer { .. });
    // Digits and an E may be a code; a spreadsheet always writes a sign or a point too.
    let free = matches!(kind, Kind::Code | Kind::Reference);
    if (kind.is_code() || counted) && is_scientific(text) && (!free || text.contains(['.', '+', '-'])) {
        return refused(
            "scientific_notation",
            "已被电子表格变成科学计数法，位数丢失；请将该列设为文本格式后重新填写",
            "a spreadsheet turned it into scientific notation and digits are lost; format the column as text and enter it again",
        );
    }
    if kind.is_code() && has_point(text) && (!free || origin == Origin::Number || is_whole(text)) {
        return refused(
            "trailing_decimal",
            "带有小数点，说明曾按数值处理；请将该列设为文本格式后重新填写",
            "it has a decimal point, so it was held as a quantity; format the column as text and enter it again",
        );
    }
    let may_be_a_fraction = counted && text.contains('.');
    if origin == Origin::Number && !may_be_a_fraction && significant_digits(text) > KEPT_DIGITS {
        return refused(
            "digits_lost",
            "以数值形式存放，超过15位的数字已被电子表格丢失；请将该列设为文本格式后重新填写",
            "it is held as a quantity of more than 15 digits, of which a spreadsheet keeps only 15; format the column as text and enter it again",
        );
    }
    if origin == Origin::Number && matches!(kind, Kind::Account | Kind::Code) {
        return refused(
            "leading_zero_lost",
            "号码以数值形式存放，首位的0可能已丢失；请将该列设为文本格式（或在号码前加英文单引号）后重新填写",
            "it is held as a quantity, which keeps no leading zeros; format the column as text, or put an apostrophe in front, and enter it again",
        );
    }
    Ok(())
}

/// `5.10502E+17`, `5e17`.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let mantissa = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits(exponent)
        && mantissa
            .split_once('.')
            .map_or_else(|| digits(mantissa), |(whole, fraction)| digits(whole) && (fraction.is_empty() || digits(fraction)))
}

/// Digits, a point, and nothing else but digits: `510599199001010017.0`.
fn has_point(text: &str) -> bool {
    text.split_once('.').is_some_and(|(whole, fraction)| whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()))
}

/// Nothing but zeros behind the point: a whole number as a quantity is written.
fn is_whole(text: &str) -> bool {
    text.split_once('.').is_some_and(|(_, fraction)| fraction.bytes().all(|byte| byte == b'0'))
}

/// Of a whole number all digits count, for nobody knows which zeros were meant; of a fraction those after leading zeros.
fn significant_digits(text: &str) -> usize {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.trim_start_matches('0').len()
}

fn money(text: &str) -> Result<Money, Reason> {
    let (sign, rest) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let rest = rest.strip_prefix('¥').unwrap_or(rest);
    if rest.starts_with('-') && !sign.is_empty() {
        return Err(Reason::new("amount_malformed", "不是金额", "is not an amount"));
    }
    format!("{sign}{rest}").parse::<Money>().map_err(|error| Reason { code: error.code(), text: error.text() })
}

fn integer(text: &str, least: i64, most: i64) -> Result<i64, Reason> {
    if has_point(text) {
        return Err(Reason::new("integer_fraction", "应为整数，不带小数点", "must be a whole number, without a decimal point"));
    }
    let number: i64 = crate::kernel::money::plain_number(text)
        .and_then(|plain| plain.parse().ok())
        .ok_or_else(|| Reason::new("integer_malformed", "不是整数", "is not a whole number"))?;
    if (least..=most).contains(&number) {
        return Ok(number);
    }
    Err(Reason::new("integer_out_of_range", format!("应在{least}至{most}之间"), format!("must be between {least} and {most}")))
}

#[cfg(test)]
mod tests;
