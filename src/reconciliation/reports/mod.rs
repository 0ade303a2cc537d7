//! Reports over allocation lines: every account, the identity with its difference, rates and counts, as of a day.

mod api;
mod check;
mod counts_store;
mod form;
mod model;
mod past_store;
mod service;
mod store;

pub use api::configure;
pub use check::check;
pub use model::{Figures, Report};
pub use service::{Scope, count_through, report_of};
