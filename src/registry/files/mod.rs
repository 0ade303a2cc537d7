//! Lists of the registry that are taken in from files: what their columns are, how a row is read, and how it is recorded.
//!
//! Households come by the hundred thousand, so they are recorded with a few statements for a thousand of them; the rules are the
//! same as for one. The other lists are short, and each row is recorded as a request would record it.

mod accounts;
mod api;
mod columns;
mod honours;
mod households;
mod intake;
mod recipients;

pub(in crate::registry) use api::configure;

use crate::imports::Import;
use crate::jobs::Work;

/// The jobs of this module.
#[must_use]
pub fn works() -> Vec<Box<dyn Work>> {
    vec![
        Import::work(api::HOUSEHOLDS, households::Households),
        Import::work(api::RECIPIENTS, recipients::Recipients),
        Import::work(api::MODEL_WORKERS, honours::ModelWorkers),
        Import::work(api::PAYEE_ACCOUNTS, accounts::PayeeAccounts),
    ]
}
