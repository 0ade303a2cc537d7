//! Special approvals (专项审批): what needs an approval of its own besides the chain, because it departs from a rule. One person
//! proposes it with a reason, another decides; both are kept as they were said.
//!
//! Tables: `special_approval`, `special_decision`.

mod model;
mod rules;
mod service;
mod store;

pub use super::error::SPECIAL_MISSING;
pub use model::{NewSpecial, SpecialDecisionRequest, SpecialKind, SpecialView};
pub use rules::deciding_roles;
pub(super) use service::list;
pub use service::{decide, given, propose, require_none_missing, special};
