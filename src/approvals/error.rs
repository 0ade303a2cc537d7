//! What this module refuses.

use crate::db::Constraint;
use crate::kernel::{Code, Status};

/// The subject is under review already.
pub static REVIEW_OPEN: Code = Code::new("review_open", Status::Conflict, "已在审批中", "It is under review already");
/// Nothing of the subject is under review.
pub static REVIEW_NOT_OPEN: Code = Code::new("review_not_open", Status::Conflict, "没有进行中的审批", "It is not under review");
/// The decision names another digest than was submitted.
pub static REVIEW_DIGEST_DIFFERS: Code = Code::new(
    "review_digest_differs",
    Status::Conflict,
    "审批意见所指摘要与送审内容不一致",
    "The decision names another digest than was submitted",
);
/// A return without an opinion.
pub static OPINION_MISSING: Code = Code::new("opinion_missing", Status::Unprocessable, "退回必须说明理由", "A return needs its reason");
/// The step was decided meanwhile.
pub static STEP_DECIDED: Code = Code::new("step_decided", Status::Conflict, "该步骤已有审批意见", "The step has been decided");

/// The codes of this module.
pub static CODES: &[&Code] = &[&REVIEW_OPEN, &REVIEW_NOT_OPEN, &REVIEW_DIGEST_DIFFERS, &OPINION_MISSING, &STEP_DECIDED];

/// What this module's constraints mean.
pub static CONSTRAINTS: &[Constraint] = &[
    Constraint::new("review_one_open", &REVIEW_OPEN, ""),
    Constraint::new("approval_step_once", &STEP_DECIDED, ""),
    Constraint::new("approval_return_needs_opinion", &OPINION_MISSING, "/opinion"),
];
