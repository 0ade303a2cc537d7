//! Findings as they are kept and shown.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::schema::{finding, finding_event};
use crate::kernel::{FederationId, FindingId, Versioned};

/// Where a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingState {
    /// 未处理
    Open,
    /// 已说明
    Explained,
    /// 已解决
    Resolved,
    /// 已豁免: it stays as it is, by another person's word.
    Waived,
}

impl FindingState {
    /// The name in the API and the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Explained => "explained",
            Self::Resolved => "resolved",
            Self::Waived => "waived",
        }
    }
}

/// Something a check found.
#[derive(Debug, Clone)]
pub struct NewFinding {
    /// Which check, such as `RC-07`.
    pub check_code: String,
    /// What kind of thing it is about.
    pub subject_kind: String,
    /// Which.
    pub subject_id: Uuid,
    /// What was to be expected.
    pub expected: String,
    /// What was found.
    pub found: String,
    /// By how much they differ.
    pub difference: String,
    /// `mismatch`, `policy` or `not_evaluable`.
    pub outcome: String,
}

/// A finding as it is kept.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = finding)]
pub struct Finding {
    #[serde(skip)]
    pub(super) federation_id: FederationId,
    /// Its id.
    pub id: FindingId,
    /// Which check found it.
    #[serde(rename = "check")]
    pub check_code: String,
    /// What kind of thing it is about.
    pub subject_kind: String,
    /// Which.
    pub subject_id: Uuid,
    /// What was to be expected.
    pub expected: String,
    /// What was found.
    pub found: String,
    /// By how much they differ.
    pub difference: String,
    /// `mismatch`, `policy` or `not_evaluable`.
    pub outcome: String,
    /// See [`FindingState`].
    pub state: String,
    /// Why it is so, as far as people know.
    pub explanation: String,
    /// Counted up by every change.
    pub version: i32,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
}

/// A step in the history of a finding.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = finding_event)]
pub struct FindingEvent {
    #[serde(skip)]
    pub(super) federation_id: FederationId,
    #[serde(skip)]
    pub(super) finding_id: FindingId,
    /// Its place in the order.
    pub sequence: i32,
    /// The state it led to.
    pub state: String,
    /// What was said.
    pub note: String,
    /// Who said it.
    pub actor: String,
    /// When.
    pub recorded_at: DateTime<Utc>,
}

/// A finding with its history.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FindingView {
    /// The finding.
    #[serde(flatten)]
    pub finding: Finding,
    /// Its history, oldest first.
    pub history: Vec<FindingEvent>,
}

impl Versioned for FindingView {
    fn version(&self) -> i32 {
        self.finding.version
    }
}

/// A change of state.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingTransition {
    /// The state it goes to; back to `open` when an explanation turns out wrong.
    pub state: FindingState,
    /// Why.
    pub note: String,
}

crate::list_filter! {
    /// Which findings.
    FindingFilter {
        /// In this state.
        state: FindingState,
        /// Of this check, such as `RC-07`.
        check: String,
        /// About this subject.
        subject_id: Uuid,
    }
}

crate::listed! {
    Finding = "findings", "对账差异", "Findings";
    id "编号", check_code "检查", subject_kind "对象", subject_id "对象编号", expected "应为", found "实为", difference "差异",
    outcome "结果" = |row| crate::exports::word(&row.outcome), state "状态" = |row| crate::exports::word(&row.state),
    explanation "说明", opened_at "发现时间",
}
