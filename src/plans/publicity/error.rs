//! What this folder refuses.

use crate::db::Constraint;
use crate::kernel::{Code, Status, refusal};

/// The review does not stand at its publicity step.
pub static PUBLICITY_NOT_DUE: Code =
    Code::new("publicity_not_due", Status::Conflict, "审批尚未到或已过公示步骤", "The review does not stand at its publicity step");
/// The notice was started before.
pub static PUBLICITY_STARTED: Code = Code::new("publicity_started", Status::Conflict, "公示已经开始", "The public notice has been started");
/// No notice was started.
pub static PUBLICITY_NOT_STARTED: Code =
    Code::new("publicity_not_started", Status::Conflict, "尚未开始公示", "No public notice has been started");
/// The notice is not over, or an objection holds it.
pub static PUBLICITY_NOT_OVER: Code = Code::new(
    "publicity_not_over",
    Status::Conflict,
    "公示尚未期满，或有异议未处理",
    "The public notice is not over, or an objection holds it",
);
/// Fewer working days than the policy asks for.
pub static PUBLICITY_TOO_SHORT: Code = Code::new(
    "publicity_too_short",
    Status::Unprocessable,
    "公示工作日少于审批流程的要求",
    "It lasts fewer working days than the approval policy asks for",
);
/// An objection on a day on which the notice did not last.
pub static OBJECTION_OUT_OF_TIME: Code = Code::new(
    "objection_out_of_time",
    Status::Unprocessable,
    "异议日期不在公示期内",
    "The objection was not raised while the notice lasted",
);
/// The objection was handled before.
pub static OBJECTION_HANDLED: Code = Code::new("objection_handled", Status::Conflict, "该异议已处理", "The objection has been handled");
/// A name that says who raised an objection.
pub static NAME_NOT_MASKED: Code = Code::new(
    "name_not_masked",
    Status::Unprocessable,
    "只能记录脱敏的姓名，如 王**",
    "Only a masked name is kept: a family name and asterisks",
);

/// The calendar knows the day already.
pub static CALENDAR_DAY_KNOWN: Code =
    Code::new("calendar_day_known", Status::Conflict, "该日期已有安排", "The calendar knows one of the days already");

/// The codes of this folder.
pub static CODES: &[&Code] = &[
    &PUBLICITY_NOT_DUE,
    &PUBLICITY_STARTED,
    &PUBLICITY_NOT_STARTED,
    &PUBLICITY_NOT_OVER,
    &PUBLICITY_TOO_SHORT,
    &OBJECTION_OUT_OF_TIME,
    &OBJECTION_HANDLED,
    &NAME_NOT_MASKED,
    &CALENDAR_DAY_KNOWN,
];

/// What its constraints mean.
pub static CONSTRAINTS: &[Constraint] = &[
    Constraint::new("calendar_day_pkey", &CALENDAR_DAY_KNOWN, "/days"),
    Constraint::new("publicity_once", &PUBLICITY_STARTED, ""),
    Constraint::new("publicity_in_order", &PUBLICITY_NOT_DUE, ""),
    Constraint::new("publicity_not_shortened", &PUBLICITY_TOO_SHORT, "/working_days"),
    Constraint::new("approval_publicity_over", &PUBLICITY_NOT_OVER, ""),
    Constraint::new("objection_in_order", &OBJECTION_OUT_OF_TIME, "/raised_on"),
    Constraint::new("objection_raised_by_masked", &NAME_NOT_MASKED, "/raised_by"),
    Constraint::new("objection_handling_pkey", &OBJECTION_HANDLED, ""),
    Constraint::new("objection_handling_objection_known", &refusal::NOT_FOUND, ""),
];
