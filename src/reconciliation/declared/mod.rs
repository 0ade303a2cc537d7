//! Declared figures (申报数): what a report prints, held against the ledger (domain.md, "Comparing declared figures").

mod api;
mod model;
mod printed;
mod rules;
mod service;
mod store;

pub use api::{configure, lists};
