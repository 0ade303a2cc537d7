//! Whom the federation helps: persons, households, dossiers of hardship, model workers, and the accounts they are paid to.
//!
//! Tables: `person`, `household`, `household_member`, `dossier`, `dossier_event`, `dossier_category`, `grace_period`,
//! `model_worker`, `honour`, `payee_account`. One folder a noun, each with the same few files as any module.
//!
//! **Invariants.** One person per identity number. A person is in one household at a time, and the head is a member. A
//! household has one dossier that is not closed. What a dossier was on a day (in force, its category, in grace) is read
//! from dated rows, so a report as of a past day does not change with what happens later. Death ends every honour.
//!
//! **Personal data.** Identity, phone and account numbers are sealed in the database and found through keyed hashes (ADR
//! 0013). They and names leave through the API masked, unless revealed. The date of birth never leaves: with the six digits
//! before and the four after it, the mask would give the whole number away.

mod dossiers;
mod error;
mod files;
mod households;
mod model;
mod model_workers;
mod payee_accounts;
mod persons;
mod rules;

pub use dossiers::{
    CloseReason, DossierCategory, DossierLevel, DossierRecord, DossierStatus, DossierSystem, GraceRecord, dossiers_opened_by,
};
pub use error::{CODES, CONSTRAINTS};
pub use files::works;
pub use households::{HouseholdRecord, Relation, households};
pub use model_workers::{HonourEndReason, HonourLevel, HonourRecord, honours_awarded_by};
pub use payee_accounts::{
    AccountKind, AccountRecord, ClearAccount, PaymentAccount, ShownAccount, account_in_clear, accounts_of_payments, open_accounts_of,
    shown_accounts,
};
pub use persons::{
    ClearPerson, ErasablePerson, PersonRecord, erase, hold_for_erasure, person_in_clear, persons, phone_digits, shown_identity_numbers,
};

/// The lists of this module that can be taken whole.
#[must_use]
pub fn lists() -> Vec<&'static dyn crate::exports::AnyList> {
    [persons::lists(), households::lists(), dossiers::lists(), model_workers::lists(), payee_accounts::lists()]
        .into_iter()
        .flatten()
        .collect()
}

/// Mounts the routes of this module.
pub fn configure(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    persons::configure(config);
    households::configure(config);
    dossiers::configure(config);
    model_workers::configure(config);
    payee_accounts::configure(config);
    files::configure(config);
}
