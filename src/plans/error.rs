//! What this module refuses.

use crate::db::Constraint;
use crate::kernel::{Code, Status, refusal};

/// No standard comes of the pool.
pub static ADJUSTMENT_IMPOSSIBLE: Code = Code::new(
    "adjustment_impossible",
    Status::Unprocessable,
    "资金池扣除固定部分后无法调标",
    "No standard can be made of what the pool leaves",
);
/// Recipients of an adjusted tier have different standards.
pub static ADJUSTMENT_AMBIGUOUS: Code = Code::new(
    "adjustment_ambiguous",
    Status::Unprocessable,
    "调标的方案明细中对象的原标准不一致",
    "The recipients of the adjusted tiers have different standards to start from",
);
/// An adjusted standard is above the cap.
pub static ABOVE_STANDARD: Code =
    Code::new("above_standard", Status::Unprocessable, "金额不符合发放标准", "An amount is against the standard in force");
/// Another plan has the name.
pub static PLAN_EXISTS: Code = Code::new("plan_exists", Status::Conflict, "已有同名方案", "A plan of this name exists");
/// The plan's state does not allow it.
pub static PLAN_STATE: Code = Code::new("plan_state", Status::Conflict, "方案当前状态不允许此操作", "The plan's state does not allow this");
/// Own funds that complete a shortfall must come last.
pub static TOP_UP_ORDER: Code = Code::new(
    "top_up_order",
    Status::Unprocessable,
    "自有资金补差必须排在最后",
    "Own funds that complete a shortfall come last, after at least one line",
);
/// Only own funds complete a shortfall.
pub static TOP_UP_NOT_OWN: Code =
    Code::new("top_up_not_own", Status::Unprocessable, "补差资金必须是工会自有资金", "Only the union's own funds may complete a shortfall");
/// The channel is not allowed for a line.
pub static CHANNEL_NOT_ALLOWED: Code =
    Code::new("channel_not_allowed", Status::Unprocessable, "资金项目不允许此支付方式", "An allocation line does not allow this channel");
/// The roster named is not the plan's newest.
pub static ROSTER_NOT_NEWEST: Code =
    Code::new("roster_not_newest", Status::Conflict, "花名册已有更新的版本", "The roster has a newer version");
/// The digest named is not that of the roster.
pub static DIGEST_DIFFERS: Code =
    Code::new("digest_differs", Status::Conflict, "摘要与锁定的花名册不一致", "The digest is not that of the locked roster");
/// The roster as stored no longer has the digest it was locked with.
pub static ROSTER_ALTERED: Code = Code::new(
    "roster_altered",
    Status::Conflict,
    "花名册内容与其摘要不符",
    "The stored roster does not have the digest it was locked with",
);
/// The registry or the standards would give another roster by now.
pub static REGISTRY_CHANGED: Code = Code::new(
    "registry_changed",
    Status::Conflict,
    "名册生成后人员、标准或金额已有变化，方案须退回重做",
    "People, standards or amounts have changed since the roster was made; the plan must be returned",
);
/// There is nothing to print of a plan without a roster.
pub static PLAN_WITHOUT_ROSTER: Code =
    Code::new("plan_without_roster", Status::Conflict, "方案尚未生成花名册", "The plan has no roster yet");
/// Nobody is on the roster.
pub static ROSTER_EMPTY: Code = Code::new("roster_empty", Status::Unprocessable, "花名册中没有发放对象", "Nobody is on the roster");
/// A payee has a live payment for the purpose and period.
pub static ALREADY_CLAIMED: Code = Code::new(
    "already_claimed",
    Status::Conflict,
    "有对象在同一用途和期间已有有效的发放",
    "A payee has a live payment for the same purpose and period already",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[
    &ADJUSTMENT_IMPOSSIBLE,
    &ADJUSTMENT_AMBIGUOUS,
    &ABOVE_STANDARD,
    &PLAN_EXISTS,
    &PLAN_STATE,
    &TOP_UP_ORDER,
    &TOP_UP_NOT_OWN,
    &CHANNEL_NOT_ALLOWED,
    &ROSTER_NOT_NEWEST,
    &DIGEST_DIFFERS,
    &ROSTER_ALTERED,
    &REGISTRY_CHANGED,
    &ROSTER_EMPTY,
    &PLAN_WITHOUT_ROSTER,
    &ALREADY_CLAIMED,
];

/// What this module's constraints mean.
pub static CONSTRAINTS: &[Constraint] = &[
    Constraint::new("plan_name_unique", &PLAN_EXISTS, "/name"),
    Constraint::new("plan_organisation_known", &refusal::REFERENCE_UNKNOWN, "/organisation_id"),
    Constraint::new("plan_funding_line_known", &refusal::REFERENCE_UNKNOWN, "/funding"),
    Constraint::new("plan_funding_line_once", &refusal::FIELDS_INVALID, "/funding"),
    Constraint::new("roster_version_unique", &ROSTER_NOT_NEWEST, ""),
    Constraint::new("roster_locked", &PLAN_STATE, ""),
    Constraint::new("plan_step_in_order", &PLAN_STATE, ""),
    Constraint::new("payment_claim_one_live", &ALREADY_CLAIMED, ""),
];
