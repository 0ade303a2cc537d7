//! Reconciliation (对账): what was disbursed held against what was granted, to the fen; the story of one payment; the
//! figures printed in reports held against the ledger; and bank statements, line by line.
//!
//! Reads other modules and writes only its own tables.
//!
//! Tables: `beneficiary_head`, `beneficiary_part`, `beneficiary_day`, `declared_figure`, `comparison`, `bank_file`, `bank_file_piece`, `bank_statement`, `statement_line`, `statement_match`,
//! `statement_exception`, `statement_result`, `statement_resolution`.

mod check;
mod declared;
mod error;
mod reports;
mod statements;
mod story;

pub use check::check;
pub use error::{CODES, CONSTRAINTS};
pub use reports::count_through;

/// The work of this module that is done in the background.
#[must_use]
pub fn works() -> Vec<Box<dyn crate::jobs::Work>> {
    vec![Box::new(statements::StatementMatch)]
}

/// The lists of this module that can be taken whole.
#[must_use]
pub fn lists() -> Vec<&'static dyn crate::exports::AnyList> {
    [declared::lists(), statements::lists()].into_iter().flatten().collect()
}

/// Mounts the routes of this module.
pub fn configure(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.configure(reports::configure).configure(story::configure).configure(declared::configure).configure(statements::configure);
}
