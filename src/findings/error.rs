//! What this module refuses.

use crate::db::Constraint;
use crate::kernel::{Code, Status};

/// The state does not follow.
pub static FINDING_STATE: Code =
    Code::new("finding_state", Status::Conflict, "疑点当前状态不允许此操作", "The finding's state does not allow this");
/// It was opened before.
pub static FINDING_EXISTS: Code = Code::new("finding_exists", Status::Conflict, "该疑点已登记", "The finding is open already");

/// The codes of this module.
pub static CODES: &[&Code] = &[&FINDING_STATE, &FINDING_EXISTS];

/// What this module's constraints mean.
pub static CONSTRAINTS: &[Constraint] = &[Constraint::new("finding_once", &FINDING_EXISTS, "")];
