//! Reconciliation (对账): what was disbursed held against what was granted, to the fen; the story of one payment; and the
//! figures printed in reports held against the ledger.
//!
//! Reads other modules and writes only its own tables.
//!
//! Tables: `declared_figure`, `comparison`.

mod check;
mod declared;
mod error;
mod reports;
mod story;

pub use check::check;
pub use error::{CODES, CONSTRAINTS};

/// Mounts the routes of this module.
pub fn configure(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.configure(reports::configure).configure(story::configure).configure(declared::configure);
}
