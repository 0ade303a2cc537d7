//! What makes a person's data acceptable.

use chrono::NaiveDate;

use super::model::NewPerson;
use crate::kernel::identity_number::IdentityNumber;
use crate::kernel::refusal::{in_future, none_at_fault};
use crate::kernel::{FieldError, Refusal};
use crate::registry::payee_accounts::{CheckedAccount, check_accounts};
use crate::registry::rules::name_fault;

/// A person found in order.
pub(super) struct CheckedPerson {
    pub(super) identity_number: IdentityNumber,
    pub(super) accounts: Vec<CheckedAccount>,
}

/// Looks at everything a body says of a new person. `below` is where in the body it stands.
///
/// # Errors
/// Every field at fault; then an account whose holder is another and without a reason.
pub(super) fn check(new: &NewPerson, below: &str, today: NaiveDate) -> Result<CheckedPerson, Refusal> {
    let mut faults: Vec<FieldError> = name_fault(&format!("{below}/name"), &new.name).into_iter().collect();
    let number = IdentityNumber::parse(&new.identity_number);
    match &number {
        Err(error) => faults.push(FieldError::new(format!("{below}/identity_number"), error.code(), error.zh(), error.en())),
        Ok(number) => {
            faults.extend(in_future(&format!("{below}/identity_number"), number.born_on(), today));
            faults.extend(new.died_on.into_iter().flat_map(|on| death_faults(&format!("{below}/died_on"), on, number.born_on(), today)));
        }
    }
    faults.extend(new.phone.as_deref().and_then(|phone| phone_fault(&format!("{below}/phone"), phone)));
    let accounts = check_accounts(&new.payee_accounts, new.name.trim(), &format!("{below}/payee_accounts"), &mut faults);
    none_at_fault(faults)?;
    let accounts = accounts?;
    match number {
        Ok(identity_number) => Ok(CheckedPerson { identity_number, accounts }),
        Err(error) => Err(crate::kernel::refusal::FIELDS_INVALID.because(error.zh(), error.en())),
    }
}

/// Nobody dies before birth or tomorrow.
pub(super) fn death_faults(pointer: &str, died_on: NaiveDate, born_on: NaiveDate, today: NaiveDate) -> Vec<FieldError> {
    let before_birth =
        (died_on < born_on).then(|| FieldError::new(pointer, "death_before_birth", "死亡日期早于出生日期", "must not be before birth"));
    before_birth.into_iter().chain(in_future(pointer, died_on, today)).collect()
}

/// A phone number is 5 to 20 digits, with spaces, dashes and a leading plus between; a masked one is none.
pub(super) fn phone_fault(pointer: &str, phone: &str) -> Option<FieldError> {
    let trimmed = phone.trim();
    let rest = trimmed.strip_prefix('+').unwrap_or(trimmed);
    let digits = rest.chars().filter(char::is_ascii_digit).count();
    let plain = rest.chars().all(|character| character.is_ascii_digit() || matches!(character, ' ' | '-'));
    (!plain || !(5..=20).contains(&digits) || rest.len() > 30)
        .then(|| FieldError::new(pointer, "phone_malformed", "应为5至20位数字的电话号码", "must be a phone number of 5 to 20 digits"))
}

/// A phone number as it is found: its digits, without the country code of China.
#[must_use]
pub fn phone_digits(phone: &str) -> String {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    let abroad = phone.trim_start().starts_with('+') || digits.starts_with("0086");
    let digits = digits.strip_prefix("00").filter(|_| abroad).unwrap_or(&digits);
    digits.strip_prefix("86").filter(|_| abroad).unwrap_or(digits).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn body(identity_number: &str) -> NewPerson {
        NewPerson {
            name: "杨静珍".to_owned(),
            identity_number: identity_number.to_owned(),
            phone: None,
            died_on: None,
            organisation_id: None,
            region_code: None,
            payee_accounts: Vec::new(),
        }
    }

    #[test]
    fn every_fault_of_a_person_is_named_at_once() {
        let new = NewPerson { name: " ".to_owned(), phone: Some("199****2835".to_owned()), ..body("510599199001010018") };
        let refusal = check(&new, "/person", day("2022-12-31")).err().unwrap();
        let found: Vec<_> = refusal.fields.iter().map(|fault| (fault.pointer.as_str(), fault.code.as_str())).collect();
        assert_eq!(
            found,
            [("/person/name", "blank"), ("/person/identity_number", "identity_number_check_digit"), ("/person/phone", "phone_malformed")]
        );
    }

    #[test]
    fn a_death_lies_between_birth_and_today() {
        let (born, today) = (day("1990-01-01"), day("2022-12-31"));
        let codes = |on| death_faults("/died_on", day(on), born, today).into_iter().map(|fault| fault.code).collect::<Vec<_>>();
        assert_eq!(codes("1989-12-31"), ["death_before_birth"]);
        assert_eq!(codes("2023-01-01"), ["date_in_future"]);
        assert!(codes("1990-01-01").is_empty());
        assert!(codes("2022-12-31").is_empty());
    }

    #[test]
    fn a_phone_is_found_however_it_is_written() {
        for written in ["19900002835", " 199-0000-2835 ", "+86 199 0000 2835", "0086 19900002835", "+8619900002835"] {
            assert_eq!(phone_digits(written), "19900002835", "{written}");
        }
        assert_eq!(phone_digits("0830-1234567"), "08301234567");
        assert_eq!(phone_digits("8612345"), "8612345", "no country code without a plus");
    }

    #[test]
    fn a_phone_is_digits_and_dashes() {
        for good in ["19900002835", "0830-1234567", "+86 199 0000 2835"] {
            assert!(phone_fault("/phone", good).is_none(), "{good}");
        }
        for bad in ["", "1234", "199****2835", "abc", "1+2345678", "123456789012345678901"] {
            assert!(phone_fault("/phone", bad).is_some(), "{bad}");
        }
    }
}
