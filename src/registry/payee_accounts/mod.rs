//! Payee accounts (收款账户): what persons and organisations are paid to.

mod api;
mod model;
mod rules;
mod service;
pub(in crate::registry) mod store;

pub(in crate::registry) use api::{configure, lists};
pub use model::{AccountKind, AccountRecord, ClearAccount, PaymentAccount, ShownAccount};
pub(in crate::registry) use model::{AccountRow, NewPersonAccount, PayeeAccount};
pub(in crate::registry) use rules::{CheckedAccount, check_accounts};
pub use service::{account_in_clear, accounts_of_payments, open_accounts_of, shown_accounts};
pub(in crate::registry) use service::{accounts_of_person, accounts_with_number, erase, open_another, open_for_person, rows_of_person};
