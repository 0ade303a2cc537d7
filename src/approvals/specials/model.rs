//! Special approvals as they are proposed, decided, kept and shown.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::schema::{special_approval, special_decision};
use crate::exports::{ToValue, Value, word};
use crate::kernel::{FederationId, Located};

/// What needs an approval of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SpecialKind {
    /// 免予公示: no public notice, though the chain asks for one.
    PublicityWaiver,
    /// 超标准: an adjusted standard above the one in force.
    AboveStandard,
    /// 自有资金补差
    OwnTopUp,
    /// 现金发放
    Cash,
    /// 未知后重发: another attempt, though an earlier one was reported unknown.
    ReissueAfterUnknown,
}

impl SpecialKind {
    /// The name in the API and the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PublicityWaiver => "publicity_waiver",
            Self::AboveStandard => "above_standard",
            Self::OwnTopUp => "own_top_up",
            Self::Cash => "cash",
            Self::ReissueAfterUnknown => "reissue_after_unknown",
        }
    }

    /// The kind of a stored name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::PublicityWaiver, Self::AboveStandard, Self::OwnTopUp, Self::Cash, Self::ReissueAfterUnknown]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// A special approval to be proposed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSpecial {
    /// What for.
    pub kind: SpecialKind,
    /// For a plan: the digest of the locked roster, to which it is bound.
    #[serde(default)]
    pub digest: Option<String>,
    /// Why.
    pub reason: String,
}

/// A decision on one.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpecialDecisionRequest {
    /// Whether it is approved.
    pub approve: bool,
    /// Why; needed to refuse it.
    #[serde(default)]
    pub opinion: String,
    /// The day of the decision; today when absent.
    pub decided_on: Option<NaiveDate>,
}

/// A special approval as it was proposed.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = special_approval)]
pub struct Special {
    #[serde(skip)]
    pub(super) federation_id: FederationId,
    /// Its id.
    pub id: Uuid,
    /// See [`SpecialKind`].
    pub kind: String,
    /// `plan` or `instruction`.
    pub subject_kind: String,
    /// Which.
    pub subject_id: Uuid,
    /// The digest of the plan's roster that it is bound to.
    pub digest: Option<String>,
    /// Why.
    pub reason: String,
    /// Who proposed it.
    pub proposed_by: String,
    /// When.
    pub proposed_at: DateTime<Utc>,
}

/// What was decided of one.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = special_decision)]
pub struct SpecialDecision {
    #[serde(skip)]
    pub(super) federation_id: FederationId,
    #[serde(skip)]
    pub(super) special_id: Uuid,
    /// Approved or refused.
    pub approved: bool,
    /// In which role.
    pub role: String,
    /// By whom.
    pub actor: String,
    /// Why.
    pub opinion: String,
    /// On which day.
    pub decided_on: NaiveDate,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
}

/// A special approval with its decision.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SpecialView {
    /// What was proposed.
    #[serde(flatten)]
    pub special: Special,
    /// Absent while it is undecided.
    pub decision: Option<SpecialDecision>,
}

impl Located for SpecialView {
    fn location(&self) -> String {
        format!("/v1/special-approvals?subject_kind={}&subject_id={}", self.special.subject_kind, self.special.subject_id)
    }
}

/// What was decided, where something was.
fn decided<'a>(row: &'a SpecialView, what: impl Fn(&'a SpecialDecision) -> Value<'a>) -> Value<'a> {
    row.decision.as_ref().map_or(Value::Empty, what)
}

crate::listed! {
    SpecialView = "special-approvals", "专项审批", "Special approvals";
    id "编号" = |row| row.special.id.to_value(), kind "类型" = |row| word(&row.special.kind),
    subject_kind "对象" = |row| word(&row.special.subject_kind), subject_id "对象编号" = |row| row.special.subject_id.to_value(),
    digest "摘要" = |row| row.special.digest.to_value(), reason "理由" = |row| row.special.reason.to_value(),
    proposed_by "提出人" = |row| row.special.proposed_by.to_value(), proposed_at "提出时间" = |row| row.special.proposed_at.to_value(),
    approved "批准" = |row| decided(row, |decision| decision.approved.to_value()), role "审批角色" = |row| decided(row, |decision| word(&decision.role)),
    actor "审批人" = |row| decided(row, |decision| decision.actor.to_value()),
    opinion "意见" = |row| decided(row, |decision| decision.opinion.to_value()),
    decided_on "审批日期" = |row| decided(row, |decision| decision.decided_on.to_value()),
    recorded_at "记录时间" = |row| decided(row, |decision| decision.recorded_at.to_value()),
}
