//! Reviews and approvals.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::schema::{approval, review};
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
