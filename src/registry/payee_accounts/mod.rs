//! Payee accounts (收款账户): what persons and organisations are paid to.

mod api;
mod model;
mod rules;
mod service;
mod store;

pub(in crate::registry) use api::configure;
pub use model::{AccountKind, AccountRecord, MaskedAccount};
pub(in crate::registry) use model::{NewPersonAccount, PayeeAccount};
pub(in crate::registry) use rules::{CheckedAccount, check_accounts};
pub(in crate::registry) use service::{accounts_of_person, open_for_person};
pub use service::{masked_accounts, open_accounts_of};
