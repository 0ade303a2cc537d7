//! What this module refuses.

use crate::db::{Constraint, Error};
use crate::kernel::{Code, Refusal, Status, refusal};

/// The identity number is registered.
pub static PERSON_EXISTS: Code =
    Code::new("person_exists", Status::Conflict, "该身份证号码已登记", "A person with this identity number is registered");
/// The death is recorded already.
pub static PERSON_DECEASED: Code =
    Code::new("person_deceased", Status::Conflict, "已登记死亡日期", "The person's death is recorded already");
/// Nothing is left of the person.
pub static PERSON_ERASED: Code = Code::new("person_erased", Status::Conflict, "该人员信息已删除", "The person was erased");
/// The person belongs to a household in that time.
pub static PERSON_IN_HOUSEHOLD: Code =
    Code::new("person_in_household", Status::Conflict, "该人员在此期间已属于一个家庭", "The person belongs to a household in that time");
/// The head cannot leave.
pub static HOUSEHOLD_HEAD_STAYS: Code = Code::new(
    "household_head_stays",
    Status::Conflict,
    "户主不能离开家庭，请先变更户主",
    "The head cannot leave the household; name another head first",
);
/// The new head is no current member.
pub static HOUSEHOLD_HEAD_NOT_MEMBER: Code =
    Code::new("household_head_not_member", Status::Unprocessable, "户主必须是现有家庭成员", "The head must be a current member");
/// The member has left already.
pub static MEMBER_LEFT: Code = Code::new("member_left", Status::Conflict, "该成员已离开家庭", "The member has left already");
/// The number is taken in that system.
pub static DOSSIER_EXISTS: Code =
    Code::new("dossier_exists", Status::Conflict, "该系统中已有此档案号", "The system has a dossier of this number");
/// The household has a dossier that is not closed.
pub static DOSSIER_ACTIVE_EXISTS: Code = Code::new(
    "dossier_active_exists",
    Status::Conflict,
    "该家庭已有未销档的困难职工档案",
    "The household has a dossier that is not closed",
);
/// The state machine has no such step.
pub static DOSSIER_TRANSITION_NOT_ALLOWED: Code =
    Code::new("dossier_transition_not_allowed", Status::Conflict, "档案不能这样变更状态", "The dossier cannot take this step");
/// The dossier is closed.
pub static DOSSIER_CLOSED: Code = Code::new("dossier_closed", Status::Conflict, "档案已销档", "The dossier is closed");
/// The person is a model worker already.
pub static MODEL_WORKER_EXISTS: Code =
    Code::new("model_worker_exists", Status::Conflict, "该人员已登记为劳模", "The person is registered as a model worker");
/// The model worker has this honour.
pub static HONOUR_EXISTS: Code = Code::new("honour_exists", Status::Conflict, "已登记此荣誉", "The model worker has this honour already");
/// The honour has ended.
pub static HONOUR_ENDED: Code = Code::new("honour_ended", Status::Conflict, "荣誉已终止", "The honour has ended already");
/// The payee has an open account of this number.
pub static PAYEE_ACCOUNT_EXISTS: Code =
    Code::new("payee_account_exists", Status::Conflict, "该收款人已有此账号", "The payee has an open account of this number");
/// The account is closed.
pub static PAYEE_ACCOUNT_CLOSED: Code =
    Code::new("payee_account_closed", Status::Conflict, "收款账户已停用", "The account is closed already");
/// Another holder than the payee, and nobody said why.
pub static AGENT_REASON_MISSING: Code = Code::new(
    "agent_reason_missing",
    Status::Unprocessable,
    "户名与收款人不一致，请填写代领原因",
    "The holder is not the payee; say why (agent_reason)",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[
    &PERSON_EXISTS,
    &PERSON_DECEASED,
    &PERSON_ERASED,
    &PERSON_IN_HOUSEHOLD,
    &HOUSEHOLD_HEAD_STAYS,
    &HOUSEHOLD_HEAD_NOT_MEMBER,
    &MEMBER_LEFT,
    &DOSSIER_EXISTS,
    &DOSSIER_ACTIVE_EXISTS,
    &DOSSIER_TRANSITION_NOT_ALLOWED,
    &DOSSIER_CLOSED,
    &MODEL_WORKER_EXISTS,
    &HONOUR_EXISTS,
    &HONOUR_ENDED,
    &PAYEE_ACCOUNT_EXISTS,
    &PAYEE_ACCOUNT_CLOSED,
    &AGENT_REASON_MISSING,
];

/// What this module's constraints mean.
pub static CONSTRAINTS: &[Constraint] = &[
    Constraint::new("person_identity_number_unique", &PERSON_EXISTS, "/identity_number"),
    Constraint::new("person_organisation_known", &refusal::REFERENCE_UNKNOWN, "/organisation_id"),
    Constraint::new("person_region_known", &refusal::REFERENCE_UNKNOWN, "/region_code"),
    Constraint::new("household_head_known", &refusal::REFERENCE_UNKNOWN, "/head"),
    Constraint::new("household_region_known", &refusal::REFERENCE_UNKNOWN, "/region_code"),
    Constraint::new("household_organisation_known", &refusal::REFERENCE_UNKNOWN, "/organisation_id"),
    Constraint::new("household_member_person_known", &refusal::REFERENCE_UNKNOWN, "/person_id"),
    Constraint::new("household_member_one_household_at_a_time", &PERSON_IN_HOUSEHOLD, ""),
    Constraint::new("dossier_household_known", &refusal::REFERENCE_UNKNOWN, "/household_id"),
    Constraint::new("dossier_number_unique", &DOSSIER_EXISTS, "/number"),
    Constraint::new("dossier_one_active_per_household", &DOSSIER_ACTIVE_EXISTS, ""),
    Constraint::new("model_worker_person_known", &refusal::REFERENCE_UNKNOWN, "/person_id"),
    Constraint::new("model_worker_person_unique", &MODEL_WORKER_EXISTS, "/person_id"),
    Constraint::new("model_worker_region_known", &refusal::REFERENCE_UNKNOWN, "/region_code"),
    Constraint::new("model_worker_organisation_known", &refusal::REFERENCE_UNKNOWN, "/organisation_id"),
    Constraint::new("honour_once", &HONOUR_EXISTS, "/title"),
    Constraint::new("payee_account_person_known", &refusal::REFERENCE_UNKNOWN, "/person_id"),
    Constraint::new("payee_account_organisation_known", &refusal::REFERENCE_UNKNOWN, "/organisation_id"),
    Constraint::new("payee_account_number_once_per_person", &PAYEE_ACCOUNT_EXISTS, "/number"),
    Constraint::new("payee_account_number_once_per_organisation", &PAYEE_ACCOUNT_EXISTS, "/number"),
];

/// A reference of a body that names nothing in the federation.
pub(in crate::registry) fn reference_unknown(pointer: impl Into<String>) -> Refusal {
    refusal::REFERENCE_UNKNOWN.at(pointer, refusal::REFERENCE_UNKNOWN.zh, refusal::REFERENCE_UNKNOWN.en)
}

/// The same refusal with every pointer below `prefix`: constraints know the fields of a body, not where in a larger body
/// that one stands.
pub(in crate::registry) fn below(prefix: &str, error: Error) -> Error {
    if prefix.is_empty() {
        return error;
    }
    match error.refusal(&[CONSTRAINTS]) {
        Some(mut refusal) if matches!(error, Error::Database(_)) => {
            for field in &mut refusal.fields {
                field.pointer = format!("{prefix}{}", field.pointer);
            }
            Error::Refused(refusal)
        }
        _ => error,
    }
}
