//! What this module refuses.

use crate::db::Constraint;
use crate::kernel::{Code, Status, refusal};

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
/// The person has decided in this review already.
pub static DECIDED_BEFORE: Code = Code::new(
    "decided_before",
    Status::Conflict,
    "您在本次审批中已有意见，一人只能参与一个步骤",
    "You have decided in this review already; nobody acts at two steps",
);
/// The step is decided in a role that the caller does not have there.
pub static ROLE_NOT_HELD: Code =
    Code::new("role_not_held", Status::Forbidden, "该步骤需要您没有的角色", "This step is decided in a role that you do not have here");
/// The person has another duty on the plan.
pub static DUTY_CONFLICT: Code =
    Code::new("duty_conflict", Status::Conflict, "您在该方案上已承担其他职责", "You have another duty on this plan already");
/// A decision dated before the one it follows.
pub static DECISION_TOO_EARLY: Code =
    Code::new("decision_too_early", Status::Unprocessable, "日期早于前一步骤", "It is dated before what it follows");
/// A meeting's decision without minutes.
pub static MINUTES_MISSING: Code = Code::new(
    "minutes_missing",
    Status::Unprocessable,
    "会议步骤需要纪要文号或纪要文件",
    "A meeting needs the number or the document of its minutes",
);
/// The document named is no minutes.
pub static MINUTES_UNFIT: Code =
    Code::new("minutes_unfit", Status::Unprocessable, "所指文件不是会议纪要", "The document named is no minutes");
/// The step is not decided this way.
pub static STEP_UNFIT: Code = Code::new(
    "step_unfit",
    Status::Conflict,
    "该步骤不能这样办理",
    "This step is not decided this way: publicity is completed, authorising is the release",
);
/// No policy is in force.
pub static POLICY_MISSING: Code = Code::new(
    "policy_missing",
    Status::Conflict,
    "没有生效的审批流程，不能送审",
    "No approval policy is in force, so nothing can be submitted",
);
/// The policy changed while it was submitted.
pub static POLICY_SUPERSEDED: Code =
    Code::new("policy_superseded", Status::Conflict, "审批流程刚刚变更，请重新送审", "The approval policy has just changed; submit again");
/// The policy was confirmed before.
pub static POLICY_CONFIRMED: Code = Code::new("policy_confirmed", Status::Conflict, "该审批流程已确认", "The policy has been confirmed");
/// Proposed and decided by one person.
pub static SAME_PERSON: Code =
    Code::new("same_person", Status::Conflict, "必须由另一人确认或决定", "Another person must confirm or decide it");
/// A special approval is missing.
pub static SPECIAL_MISSING: Code =
    Code::new("special_missing", Status::Conflict, "缺少专项审批", "It needs an approval of its own that has not been given");
/// The special approval was decided before.
pub static SPECIAL_DECIDED: Code = Code::new("special_decided", Status::Conflict, "该专项审批已有决定", "It has been decided");
/// The database's own record of the approvals says no.
pub static APPROVALS_INCOMPLETE: Code =
    Code::new("approvals_incomplete", Status::Conflict, "审批步骤尚未完成", "The approvals it needs are not complete");

/// The codes of this module.
pub static CODES: &[&Code] = &[
    &REVIEW_OPEN,
    &REVIEW_NOT_OPEN,
    &REVIEW_DIGEST_DIFFERS,
    &OPINION_MISSING,
    &STEP_DECIDED,
    &DECIDED_BEFORE,
    &ROLE_NOT_HELD,
    &DUTY_CONFLICT,
    &DECISION_TOO_EARLY,
    &MINUTES_MISSING,
    &MINUTES_UNFIT,
    &STEP_UNFIT,
    &POLICY_MISSING,
    &POLICY_SUPERSEDED,
    &POLICY_CONFIRMED,
    &SAME_PERSON,
    &SPECIAL_MISSING,
    &SPECIAL_DECIDED,
    &APPROVALS_INCOMPLETE,
];

/// What this module's constraints mean.
pub static CONSTRAINTS: &[Constraint] = &[
    Constraint::new("review_one_open", &REVIEW_OPEN, ""),
    Constraint::new("review_by_policy", &POLICY_SUPERSEDED, ""),
    Constraint::new("review_state_follows", &APPROVALS_INCOMPLETE, ""),
    Constraint::new("approval_person_once", &DECIDED_BEFORE, ""),
    Constraint::new("approval_return_needs_opinion", &OPINION_MISSING, "/opinion"),
    Constraint::new("approval_in_order", &STEP_DECIDED, ""),
    Constraint::new("approval_on_its_digest", &REVIEW_DIGEST_DIFFERS, "/digest"),
    Constraint::new("approval_by_its_role", &ROLE_NOT_HELD, ""),
    Constraint::new("approval_dates_in_order", &DECISION_TOO_EARLY, ""),
    Constraint::new("approval_meeting_has_minutes", &MINUTES_MISSING, "/minutes"),
    Constraint::new("approval_minutes_are_minutes", &MINUTES_UNFIT, "/minutes_document_id"),
    Constraint::new("approval_minutes_document_known", &refusal::REFERENCE_UNKNOWN, "/minutes_document_id"),
    Constraint::new("duty_one_a_person", &DUTY_CONFLICT, ""),
    Constraint::new("approval_policy_confirmation_pkey", &POLICY_CONFIRMED, ""),
    Constraint::new("policy_confirmed_by_another", &SAME_PERSON, ""),
    Constraint::new("special_decided_by_another", &SAME_PERSON, ""),
    Constraint::new("special_decision_pkey", &SPECIAL_DECIDED, ""),
    Constraint::new("special_subject_known", &refusal::NOT_FOUND, ""),
    Constraint::new("plan_needs_its_approvals", &APPROVALS_INCOMPLETE, ""),
    Constraint::new("plan_needs_its_specials", &SPECIAL_MISSING, ""),
    Constraint::new("reissue_needs_its_special", &SPECIAL_MISSING, ""),
];
