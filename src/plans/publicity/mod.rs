//! Publicity (公示) as a step of the chain: the roster is put up in public, masked, for a number of working days; it cannot end
//! early, and an open objection holds it. While it lasts its list can be read without login under an address that cannot be
//! guessed.
//!
//! Tables: `publicity`, `objection`, `objection_handling`, `calendar_day`.

pub(super) mod api;
mod error;
mod model;
mod page;
mod rules;
mod service;
mod store;

pub use error::{CODES, CONSTRAINTS};
