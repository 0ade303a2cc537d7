//! Reviews and approvals.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::schema::{approval, review};
use crate::kernel::{ApprovalId, FederationId};

/// What is reviewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// Its kind, such as `plan`.
    pub kind: &'static str,
    /// Its id.
    pub id: Uuid,
}

/// A step of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Step {
    /// Who decides.
    pub role: String,
}

/// What a person decides at one step.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The digest of what was looked at.
    pub digest: String,
    /// Approve, or return.
    pub approve: bool,
    /// Why; needed for a return.
    pub opinion: String,
    /// The day of the decision.
    pub decided_on: NaiveDate,
}

/// Where a decision leaves the review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Further steps are needed.
    Pending,
    /// The last step approved.
    Approved,
    /// It was returned.
    Returned,
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
    /// `open`, `approved` or `returned`.
    pub state: String,
    /// Who submitted it.
    pub submitted_by: String,
    /// When.
    pub submitted_at: DateTime<Utc>,
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
    /// `approved` or `returned`.
    pub decision: String,
    /// The digest decided on.
    pub digest: String,
    /// Why.
    pub opinion: String,
    /// The day of the decision.
    pub decided_on: NaiveDate,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
}

/// A review with its decisions.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReviewView {
    /// The review.
    #[serde(flatten)]
    pub review: Review,
    /// Its decisions in order.
    pub approvals: Vec<Approval>,
}
