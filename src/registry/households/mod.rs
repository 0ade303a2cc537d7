//! Households (家庭) and who belongs to them, from when to when.

mod api;
mod model;
mod rules;
mod service;
mod store;

pub(in crate::registry) use api::configure;
pub use model::{HouseholdRecord, Relation};
pub use service::households;
