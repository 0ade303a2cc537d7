//! Transfers down (划拨下级): money with a subordinate union, disbursed only as far as it reports its recipients
//! (domain.md, decision 3).

mod api;
mod files;
mod model;
mod service;
mod store;

pub use api::{configure, lists};
pub(super) use files::works;
pub use model::ClearRecipient;
pub use service::feedback_in_clear;
pub(super) use service::open;
pub(super) use store::among;
pub use store::is_reported;
