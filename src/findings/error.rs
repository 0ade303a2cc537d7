//! What this module refuses.

use crate::db::Constraint;
use crate::kernel::{Code, Status};

/// The state does not follow.
pub static FINDING_STATE: Code =
    Code::new("finding_state", Status::Conflict, "疑点当前状态不允许此操作", "The finding's state does not allow this");
/// Resolved or waived by who explained it.
pub static FINDING_BY_ANOTHER: Code = Code::new(
    "finding_by_another",
    Status::Conflict,
    "疑点须由说明人以外的人解决或豁免",
    "Another person than the one who explained it resolves or waives a finding",
);
/// Waived before it was explained.
pub static FINDING_NOT_EXPLAINED: Code =
    Code::new("finding_not_explained", Status::Conflict, "疑点须先说明才能豁免", "A finding is waived only after it was explained");
/// It was opened before.
pub static FINDING_EXISTS: Code = Code::new("finding_exists", Status::Conflict, "该疑点已登记", "The finding is open already");

/// The codes of this module.
pub static CODES: &[&Code] = &[&FINDING_STATE, &FINDING_BY_ANOTHER, &FINDING_NOT_EXPLAINED, &FINDING_EXISTS];

/// What this module's constraints mean.
pub static CONSTRAINTS: &[Constraint] = &[
    Constraint::new("finding_once", &FINDING_EXISTS, ""),
    Constraint::new("finding_closed_by_another", &FINDING_BY_ANOTHER, ""),
    Constraint::new("finding_waived_when_explained", &FINDING_NOT_EXPLAINED, ""),
    Constraint::new("finding_follows_events", &FINDING_STATE, ""),
];
