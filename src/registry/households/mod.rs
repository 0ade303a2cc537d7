//! Households (家庭) and who belongs to them, from when to when.

mod api;
mod model;
mod rules;
mod service;
pub(in crate::registry) mod store;

pub(in crate::registry) use api::{configure, lists};
pub use model::{HouseholdRecord, Relation};
pub(in crate::registry) use model::{HouseholdRow, MemberRow};
pub use service::households;
