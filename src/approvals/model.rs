//! Reviews and approvals.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::schema::{approval, review};
use crate::exports::ToValue;
use crate::kernel::access::Role;
use crate::kernel::{ApprovalId, DocumentId, FederationId, Money};

/// What is reviewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// Its kind, such as `plan`.
    pub kind: &'static str,
    /// Its id.
    pub id: Uuid,
}

/// What a step of the chain is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// 审核、审批: somebody looks at it and decides.
    Review,
    /// 会议: what a meeting decided is noted with its minutes.
    Meeting,
    /// 公示: the list is put up in public.
    Publicity,
    /// 财务负责人授权: the money may go out. Always the last.
    Authorise,
}

/// A step of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What it is called, such as 党组会.
    pub name: String,
    /// What it is.
    pub kind: StepKind,
    /// In which role people act at it.
    pub role: Role,
    /// How many different people it needs.
    #[serde(default = "one")]
    #[schema(minimum = 1)]
    pub people: u8,
    /// From which amount on it is needed; 0.00 for every plan.
    #[serde(default)]
    pub from: Money,
    /// For publicity: how many working days it lasts.
    #[serde(default)]
    pub working_days: Option<u8>,
}

const fn one() -> u8 {
    1
}

/// What somebody makes of what is reviewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on.
    Approve,
    /// Back, with a reason.
    Return,
    /// Who submitted it takes it back, with a reason.
    Withdraw,
}

impl Verdict {
    /// The name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approve => "approved",
            Self::Return => "returned",
            Self::Withdraw => "withdrawn",
        }
    }
}

/// What a person decides at one step.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The digest of what was looked at.
    pub digest: String,
    /// The step it is meant for, from 1; the one the review stands at when absent.
    pub step: Option<i16>,
    /// What is made of it.
    pub verdict: Verdict,
    /// Why; needed to return it.
    pub opinion: String,
    /// For a meeting: the number of its minutes.
    pub minutes: Option<String>,
    /// For a meeting: its minutes as a document.
    pub minutes_document_id: Option<DocumentId>,
    /// The day of the decision.
    pub decided_on: NaiveDate,
}

/// Where a decision leaves the review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Further decisions are needed.
    Pending,
    /// Every step before the last has approved.
    Approved,
    /// The last step too.
    Authorised,
    /// It was returned or withdrawn.
    Returned,
}

/// Where a review stands.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The review.
    pub review: Review,
    /// Its steps.
    pub steps: Vec<Step>,
    /// What was decided so far.
    pub approvals: Vec<Approval>,
    /// The step it stands at, from 0; none when every step has approved.
    pub at: Option<usize>,
}

impl Standing {
    /// The step it stands at.
    #[must_use]
    pub fn step(&self) -> Option<&Step> {
        self.at.and_then(|at| self.steps.get(at))
    }

    /// The number of the step it stands at, from 1.
    #[must_use]
    pub fn number(&self) -> i16 {
        self.at.and_then(|at| i16::try_from(at.saturating_add(1)).ok()).unwrap_or_default()
    }
}

/// A review as it is kept.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = review)]
pub struct Review {
    #[serde(skip)]
    pub(super) federation_id: FederationId,
    /// Its id.
    pub id: Uuid,
    /// What kind of thing is reviewed.
    pub subject_kind: String,
    /// Which.
    pub subject_id: Uuid,
    /// The digest submitted.
    pub digest: String,
    /// The steps it needs, fixed when it was submitted.
    #[schema(value_type = Vec<Step>)]
    pub steps: serde_json::Value,
    /// `open`, `approved` (every step before the last), `authorised` or `returned`.
    pub state: String,
    /// Who submitted it.
    pub submitted_by: String,
    /// When.
    pub submitted_at: DateTime<Utc>,
    /// The policy that asked for the steps.
    pub policy_id: Option<Uuid>,
    /// The amount that the steps were chosen by.
    pub amount: Money,
}

/// A decision as it is kept.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = approval)]
pub struct Approval {
    #[serde(skip)]
    pub(super) federation_id: FederationId,
    /// Its id.
    pub id: ApprovalId,
    #[serde(skip)]
    pub(super) review_id: Uuid,
    /// Which step, from 1.
    pub step: i16,
    /// The role decided in.
    pub role: String,
    /// Who decided.
    pub actor: String,
    /// `approved`, `returned` or `withdrawn`.
    pub decision: String,
    /// The digest decided on.
    pub digest: String,
    /// Why.
    pub opinion: String,
    /// The day of the decision.
    pub decided_on: NaiveDate,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// Number of a meeting's minutes.
    pub minutes: Option<String>,
    /// A meeting's minutes as a document.
    pub minutes_document_id: Option<DocumentId>,
}

/// A review with its decisions.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReviewView {
    /// The review.
    #[serde(flatten)]
    pub review: Review,
    /// The step it stands at, from 1; absent when none is left or it was returned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stands_at: Option<usize>,
    /// Its decisions in order.
    pub approvals: Vec<Approval>,
}

/// The steps by their names, in order.
pub(super) fn step_names(steps: &serde_json::Value) -> crate::exports::Value<'_> {
    let names: Vec<&str> = steps.as_array().into_iter().flatten().filter_map(|step| step.get("name")?.as_str()).collect();
    crate::exports::Value::Text(names.join(" → ").into())
}

/// Who decided what, when and why, one after the other.
fn decisions(row: &ReviewView) -> crate::exports::Value<'_> {
    let told: Vec<String> = row
        .approvals
        .iter()
        .map(|each| format!("{}. {} {} {} {}", each.step, each.decided_on, each.actor, each.decision, each.opinion).trim_end().to_owned())
        .collect();
    crate::exports::Value::Text(told.join("；").into())
}

/// What is open here is under way, not left undone.
fn state(row: &ReviewView) -> crate::exports::Value<'_> {
    if row.review.state == "open" { crate::exports::Value::Called("open", "审批中") } else { crate::exports::word(&row.review.state) }
}

crate::listed! {
    ReviewView = "reviews", "送审", "Reviews";
    id "编号" = |row| row.review.id.to_value(), subject_kind "对象" = |row| crate::exports::word(&row.review.subject_kind),
    subject_id "对象编号" = |row| row.review.subject_id.to_value(), digest "摘要" = |row| row.review.digest.to_value(),
    state "状态" = state, amount "金额" = |row| row.review.amount.to_value(),
    steps "步骤" = |row| step_names(&row.review.steps),
    stands_at "现处步骤" = |row| row.stands_at.map_or(crate::exports::Value::Empty, |at| crate::exports::Value::Integer(i64::try_from(at).unwrap_or(i64::MAX))),
    decisions "决定经过" = decisions, submitted_by "送审人" = |row| row.review.submitted_by.to_value(),
    submitted_at "送审时间" = |row| row.review.submitted_at.to_value(), policy_id "审批规则编号" = |row| row.review.policy_id.to_value(),
}

/// Of what.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ReviewFilter {
    /// `plan`, or for special approvals `instruction` too.
    pub(super) subject_kind: String,
    /// Which.
    pub(super) subject_id: Uuid,
}

/// What there is of a subject is never more than one page.
impl crate::kernel::page::Walk for ReviewFilter {
    fn walk_on(&mut self, _: Option<Uuid>, _: u16) {}

    fn asks_for_page(&self) -> bool {
        false
    }
}
