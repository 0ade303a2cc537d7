//! Plans (发放方案): how allocation lines are spent. Tiers, eligibility, the adjustment of standards, rosters, and the way
//! of a plan from draft to approval. An approved plan's money is committed; its payments are the payments' business.
//!
//! Tables: `plan`, `plan_funding`, `tier`, and those of [`rosters`].

mod adjustment;
mod api;
mod decisions;
mod error;
mod forms;
mod lifecycle;
mod model;
pub mod publicity;
pub mod rosters;
mod rules;
mod service;
mod store;

pub use api::{configure, configure_public, lists, works};
pub use decisions::{Released, release};
pub use error::{CODES, CONSTRAINTS, PLAN_STATE};
pub use lifecycle::{
    after_payments, approved_on, check_rosters, entries, follow_payments, free_claims, funding_of_entries, hold, hold_each, plan,
};
pub use model::{Channel, Plan, PlanStatus, TierKind};
pub use rosters::{NamingRosters, accounts_on_rosters, rosters_naming};
