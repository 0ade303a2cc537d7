//! Returns to the treasury (退回财政): due, approved, paid, confirmed. The money leaves the line when it is paid.

mod api;
mod model;
mod service;
mod store;

pub use api::{configure, lists};
