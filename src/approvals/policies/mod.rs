//! Approval policies (审批流程): which steps the plans of a federation pass, from a day on. An administrator proposes one, a
//! principal confirms it; it is never changed, a newer one takes its place from its day on.
//!
//! Tables: `approval_policy`, `approval_policy_confirmation`.

pub(super) mod api;
mod model;
mod service;
mod store;

pub use model::{NewPolicy, PolicyView};
pub use service::in_force;
