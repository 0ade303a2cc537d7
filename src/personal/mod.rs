//! Personal data as a whole, across the modules that keep it: seeing it in clear, erasing it, checking what is sealed, and
//! sealing it anew with another key (ADR 0013).
//!
//! Has no tables of its own. What is sealed stands in `registry` and `payments`; [`columns::SEALED`] names each column once,
//! and the check of the catalogue in `tests/integration/personal` holds that list against the database.

mod api;
pub mod columns;
mod erasure;
mod error;
mod model;
mod reveal;
mod rotation;
mod rules;
mod service;
mod store;

pub use api::configure;
pub use error::CODES;
pub use rotation::{Rotated, counts_by_key, rotate_batch};
pub use service::check;
