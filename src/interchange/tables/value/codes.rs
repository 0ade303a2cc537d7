//! Numbers that are not counted with: identity numbers, accounts, phones.

use crate::interchange::tables::cell::Origin;
use crate::interchange::tables::fault::Reason;
use crate::kernel::identity_number::IdentityNumber;

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Seventeen digits are told apart from other wrong lengths: they have lost one.
pub(super) fn identity(text: &str) -> Result<IdentityNumber, Reason> {
    if text.len() == 17 && all_digits(text) {
        return Err(Reason::new(
            "identity_number_17_digits",
            "只有17位：末位的X或首位的0已丢失",
            "it has only 17 digits: a final X or a leading zero is lost",
        ));
    }
    IdentityNumber::parse(text).map_err(|error| Reason::new(error.code(), error.zh(), error.en()))
}

pub(super) fn account(text: &str) -> Result<String, Reason> {
    let plain: String = text.chars().filter(|each| *each != '-').collect();
    if !all_digits(&plain) {
        return Err(Reason::new("account_character", "账号只能由数字组成", "an account number consists of digits only"));
    }
    if !(8..=32).contains(&plain.len()) {
        return Err(Reason::new("account_length", "账号应为8至32位数字", "an account number has 8 to 32 digits"));
    }
    Ok(plain)
}

/// A mobile number (11 digits), or a landline: 7 or 8 digits, with its area code 11 or 12. The country's code in front is dropped.
pub(super) fn phone(text: &str) -> Result<String, Reason> {
    let text = text.strip_prefix("+86").or_else(|| text.strip_prefix("0086")).unwrap_or(text);
    let plain: String = text.chars().filter(|each| !matches!(each, '-' | '(' | ')')).collect();
    if !all_digits(&plain) {
        return Err(Reason::new("phone_character", "电话号码只能由数字组成", "a phone number consists of digits only"));
    }
    if plain.len() == 10 {
        return Err(Reason::new(
            "phone_ten_digits",
            "电话号码只有10位：少了一位，或区号的首位0已丢失",
            "the phone number has ten digits: one is missing, or the leading zero of the area code is lost",
        ));
    }
    let mobile = plain.len() == 11 && plain.starts_with('1') && !matches!(plain.as_bytes().get(1), Some(b'0'..=b'2'));
    let landline = matches!(plain.len(), 11 | 12) && plain.starts_with('0') || matches!(plain.len(), 7 | 8) && !plain.starts_with('0');
    if mobile || landline {
        return Ok(plain);
    }
    Err(Reason::new("phone_malformed", "不是手机号码或固定电话号码", "is neither a mobile nor a landline number"))
}

pub(super) fn digits(text: &str, shortest: usize, longest: usize, origin: Origin) -> Result<String, Reason> {
    if !all_digits(text) {
        return Err(Reason::new("digits_character", "只能由数字组成", "must consist of digits only"));
    }
    if (shortest..=longest).contains(&text.len()) {
        return Ok(text.to_owned());
    }
    if origin == Origin::Number && text.len() < shortest {
        return Err(Reason::new(
            "leading_zero_lost",
            format!("以数值形式存放且不足{shortest}位，首位的0可能已丢失；请将该列设为文本格式后重新填写"),
            format!(
                "it is held as a quantity of fewer than {shortest} digits, so leading zeros may be lost; format the column as text and enter it again"
            ),
        ));
    }
    Err(if shortest == longest {
        Reason::new("digits_length", format!("应为{shortest}位数字"), format!("must have {shortest} digits"))
    } else {
        Reason::new("digits_length", format!("应为{shortest}至{longest}位数字"), format!("must have {shortest} to {longest} digits"))
    })
}
