//! What makes an account acceptable, and when its holder needs a reason (domain.md, calculation rule 6).

use super::model::{AccountKind, NewPersonAccount};
use crate::kernel::card_number::CardNumber;
use crate::kernel::refusal::none_at_fault;
use crate::kernel::{FieldError, Refusal};
use crate::registry::error::{AGENT_REASON_MISSING, PAYEE_ACCOUNT_EXISTS};
use crate::registry::rules::{blank_if_given, name_fault, tidy};

/// An account found in order.
#[derive(Clone)]
pub(in crate::registry) struct CheckedAccount {
    pub(super) kind: AccountKind,
    pub(super) number: String,
    pub(super) holder_name: String,
    pub(super) bank_name: Option<String>,
    pub(super) agent_reason: Option<String>,
}

/// Looks at the accounts of one payee. Fields at fault go into `faults`; what is refused beyond them is the result: a
/// holder other than the payee without a reason, or a number given twice.
pub(in crate::registry) fn check_accounts(
    accounts: &[NewPersonAccount],
    payee: &str,
    below: &str,
    faults: &mut Vec<FieldError>,
) -> Result<Vec<CheckedAccount>, Refusal> {
    let mut checked: Vec<CheckedAccount> = Vec::with_capacity(accounts.len());
    let mut without_reason = Vec::new();
    let mut repeated = Vec::new();
    for (place, account) in accounts.iter().enumerate() {
        let pointer = format!("{below}/{place}");
        match check_account(account, payee, &pointer) {
            Err(mut found) => faults.append(&mut found),
            Ok(account) => {
                without_reason.extend(reason_missing(&account, payee, &pointer));
                if checked.iter().any(|other| other.number == account.number) {
                    repeated.push(named(&PAYEE_ACCOUNT_EXISTS, format!("{pointer}/number")));
                }
                checked.push(account);
            }
        }
    }
    if !without_reason.is_empty() {
        return Err(AGENT_REASON_MISSING.refuse().with_fields(without_reason));
    }
    if !repeated.is_empty() {
        return Err(PAYEE_ACCOUNT_EXISTS.refuse().with_fields(repeated));
    }
    Ok(checked)
}

/// Looks at one account of a payee whose name is known.
///
/// # Errors
/// Every field at fault; then [`AGENT_REASON_MISSING`].
pub(super) fn check_one(account: &NewPersonAccount, payee: &str) -> Result<CheckedAccount, Refusal> {
    let account = match check_account(account, payee, "") {
        Ok(account) => account,
        Err(faults) => return Err(none_at_fault(faults).err().unwrap_or_else(|| crate::kernel::refusal::FIELDS_INVALID.refuse())),
    };
    match reason_missing(&account, payee, "") {
        Some(fault) => Err(AGENT_REASON_MISSING.refuse().with_fields(vec![fault])),
        None => Ok(account),
    }
}

fn check_account(account: &NewPersonAccount, payee: &str, below: &str) -> Result<CheckedAccount, Vec<FieldError>> {
    let holder_name = account.holder_name.as_deref().map_or_else(|| payee.to_owned(), tidy);
    let mut faults: Vec<FieldError> = [
        account.holder_name.as_deref().and_then(|name| name_fault(&format!("{below}/holder_name"), name)),
        blank_if_given(format!("{below}/bank_name"), account.bank_name.as_deref()),
        blank_if_given(format!("{below}/agent_reason"), account.agent_reason.as_deref()),
    ]
    .into_iter()
    .flatten()
    .collect();
    if account.agent_reason.is_some() && holder_name == payee {
        faults.push(FieldError::new(
            format!("{below}/agent_reason"),
            "agent_reason_unneeded",
            "户名即收款人，无需代领原因",
            "the holder is the payee: there is no agent",
        ));
    }
    let number = account_number(account.kind, &account.number, &format!("{below}/number"));
    match number {
        Ok(number) if faults.is_empty() => Ok(CheckedAccount {
            kind: account.kind,
            number,
            holder_name,
            bank_name: account.bank_name.as_deref().map(tidy),
            agent_reason: account.agent_reason.as_deref().map(tidy),
        }),
        Ok(_) => Err(faults),
        Err(fault) => {
            faults.push(fault);
            Err(faults)
        }
    }
}

fn reason_missing(account: &CheckedAccount, payee: &str, below: &str) -> Option<FieldError> {
    (account.holder_name != payee && account.agent_reason.is_none()).then(|| named(&AGENT_REASON_MISSING, format!("{below}/agent_reason")))
}

fn named(code: &'static crate::kernel::Code, pointer: String) -> FieldError {
    FieldError::new(pointer, code.name, code.zh, code.en)
}

/// The number as it is kept: cards without blanks; bank accounts (对公账户) are 5 to 34 digits, letters and dashes.
fn account_number(kind: AccountKind, text: &str, pointer: &str) -> Result<String, FieldError> {
    match kind {
        AccountKind::UnionCard | AccountKind::OneCard | AccountKind::BankCard => match CardNumber::parse(text) {
            Ok(number) => Ok(number.as_str().to_owned()),
            Err(error) => Err(FieldError::new(pointer, error.code(), error.zh(), error.en())),
        },
        AccountKind::BankAccount => {
            let number: String = text.chars().filter(|character| !character.is_whitespace()).collect();
            let plain = number.chars().all(|character| character.is_ascii_alphanumeric() || character == '-');
            if plain && (5..=34).contains(&number.len()) {
                Ok(number)
            } else {
                Err(FieldError::new(
                    pointer,
                    "account_number_malformed",
                    "账号应为5至34位数字、字母或连字符",
                    "must be 5 to 34 digits, letters and dashes",
                ))
            }
        }
    }
}

/// Whether a card's last digit fits; `None` for an account that has no check digit.
pub(super) fn luhn_valid(kind: AccountKind, number: &str) -> Option<bool> {
    match kind {
        AccountKind::BankAccount => None,
        AccountKind::UnionCard | AccountKind::OneCard | AccountKind::BankCard => {
            CardNumber::parse(number).ok().map(|number| number.luhn_valid())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: &str = "6229990000000000019";

    fn account(kind: AccountKind, number: &str) -> NewPersonAccount {
        NewPersonAccount { kind, number: number.to_owned(), holder_name: None, bank_name: None, agent_reason: None }
    }

    #[test]
    fn the_holder_is_the_payee_unless_said_otherwise() {
        let checked = check_one(&account(AccountKind::OneCard, "6229 9900 0000 0000 019"), "杨静珍").unwrap();
        assert_eq!((checked.holder_name.as_str(), checked.number.as_str()), ("杨静珍", CARD));
    }

    #[test]
    fn another_holder_needs_a_reason() {
        let mut of_son = NewPersonAccount { holder_name: Some("杨贵波".to_owned()), ..account(AccountKind::OneCard, CARD) };
        let refusal = check_one(&of_son, "杨静珍").err().unwrap();
        assert_eq!((refusal.code.name, refusal.fields[0].pointer.as_str()), ("agent_reason_missing", "/agent_reason"));
        of_son.agent_reason = Some("本人卧床，由其子代领".to_owned());
        assert!(check_one(&of_son, "杨静珍").is_ok());
        of_son.holder_name = None;
        assert_eq!(check_one(&of_son, "杨静珍").err().unwrap().fields[0].code, "agent_reason_unneeded");
    }

    #[test]
    fn one_payee_has_a_number_once() {
        let twice = [account(AccountKind::OneCard, CARD), account(AccountKind::BankCard, CARD)];
        let mut faults = Vec::new();
        let refusal = check_accounts(&twice, "杨静珍", "/payee_accounts", &mut faults).err().unwrap();
        assert!(faults.is_empty());
        assert_eq!((refusal.code.name, refusal.fields[0].pointer.as_str()), ("payee_account_exists", "/payee_accounts/1/number"));
    }

    #[test]
    fn faults_of_all_accounts_are_named() {
        let bad = [account(AccountKind::OneCard, "12"), account(AccountKind::BankAccount, "12*4")];
        let mut faults = Vec::new();
        assert!(check_accounts(&bad, "杨静珍", "/person/payee_accounts", &mut faults).is_ok());
        let found: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code.as_str())).collect();
        assert_eq!(
            found,
            [("/person/payee_accounts/0/number", "card_number_length"), ("/person/payee_accounts/1/number", "account_number_malformed")]
        );
    }

    #[test]
    fn luhn_is_a_warning_for_cards_only() {
        assert_eq!(luhn_valid(AccountKind::OneCard, CARD), Some(true));
        assert_eq!(luhn_valid(AccountKind::OneCard, "6229990000000000018"), Some(false));
        assert_eq!(luhn_valid(AccountKind::BankAccount, CARD), None);
    }
}
