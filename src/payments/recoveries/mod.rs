//! Recoveries (追回): money paid that was not due, such as beyond the month of death, got back into the line and source
//! that paid it (domain.md, decision 8).

mod api;
mod model;
mod service;
mod store;

pub use api::{configure, lists};
pub(super) use store::among;
