//! Where money comes from and what it is for: fund sources, appropriations with their allocation lines, additions and
//! withdrawals, arrivals, standards of payment, and what is left at the year's end.
//!
//! Invariants:
//! * The lines of an appropriation add up to the total of its document, to the fen.
//! * Money enters and leaves a line only through [`crate::ledger::post`]: a line has no amount of its own, what it was
//!   granted is read from the ledger.
//! * What has arrived for a line is never more than what it was granted.
//! * On any day a line has at most one standard for a category.
//!
//! Tables: `fund_source`, `appropriation`, `allocation_line`, `line_change`, `arrival`, `standard`.

mod api;
mod error;
mod files;
mod model;
mod records;
mod requests;
mod rules;
mod service;
mod standards;
mod store;

pub use api::{configure, lists};
pub use error::{CODES, CONSTRAINTS, DATE_IN_FUTURE};
pub use files::works;
pub use records::{
    AppropriationRecord, LineRecord, StandardRecord, appropriation, arrived, lines, lines_where, lock_lines, returned_to, sources,
    standards_in_force,
};
pub use requests::LineScope;
