//! Policies as they are proposed, kept and shown.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::approvals::model::{Step, step_names};
use crate::db::schema::{approval_policy, approval_policy_confirmation};
use crate::exports::{ToValue, Value};
use crate::kernel::{FederationId, Located};

/// A policy to be proposed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPolicy {
    /// From which day on it holds.
    pub valid_from: NaiveDate,
    /// Its steps in order.
    pub steps: Vec<Step>,
    /// Why, and by which rule.
    pub reason: String,
}

/// A policy as it is kept.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = approval_policy)]
pub struct Policy {
    #[serde(skip)]
    pub(super) federation_id: FederationId,
    /// Its id.
    pub id: Uuid,
    /// From which day on it holds.
    pub valid_from: NaiveDate,
    /// Its steps in order.
    #[schema(value_type = Vec<Step>)]
    pub steps: serde_json::Value,
    /// Why.
    pub reason: String,
    /// Who proposed it.
    pub proposed_by: String,
    /// When.
    pub proposed_at: DateTime<Utc>,
}

/// That a policy was confirmed.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = approval_policy_confirmation)]
pub struct Confirmation {
    #[serde(skip)]
    pub(super) federation_id: FederationId,
    #[serde(skip)]
    pub(super) policy_id: Uuid,
    /// Who confirmed it.
    pub confirmed_by: String,
    /// When.
    pub confirmed_at: DateTime<Utc>,
}

/// A policy with its confirmation.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PolicyView {
    /// The policy.
    #[serde(flatten)]
    pub policy: Policy,
    /// Absent while it is only proposed.
    pub confirmation: Option<Confirmation>,
}

impl Located for PolicyView {
    fn location(&self) -> String {
        "/v1/approval-policies".to_owned()
    }
}

crate::listed! {
    PolicyView = "approval-policies", "审批规则", "Approval policies";
    id "编号" = |row| row.policy.id.to_value(), valid_from "起" = |row| row.policy.valid_from.to_value(),
    steps "步骤" = |row| step_names(&row.policy.steps), reason "理由" = |row| row.policy.reason.to_value(),
    proposed_by "提出人" = |row| row.policy.proposed_by.to_value(), proposed_at "提出时间" = |row| row.policy.proposed_at.to_value(),
    confirmed_by "确认人" = |row| row.confirmation.as_ref().map_or(Value::Empty, |given| given.confirmed_by.to_value()),
    confirmed_at "确认时间" = |row| row.confirmation.as_ref().map_or(Value::Empty, |given| given.confirmed_at.to_value()),
}
