//! Checkpoints, proofs and events as they are shown and asked for.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A signed checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema, diesel::QueryableByName)]
pub struct CheckpointView {
    /// How many log numbers it vouches for.
    #[diesel(sql_type = BigInt)]
    pub size: i64,
    /// The root over them, base64.
    #[diesel(sql_type = Text)]
    pub root: String,
    /// The signed note (C2SP), as `bangfu verify --checkpoint` reads it.
    #[diesel(sql_type = Text)]
    pub note: String,
    /// When it was signed.
    #[diesel(sql_type = Timestamptz)]
    pub signed_at: DateTime<Utc>,
}

/// The checkpoint a report was made at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PrintedCheckpoint {
    /// How many log numbers it vouches for.
    pub size: i64,
    /// The root over them, base64.
    pub root: String,
    /// The signed note.
    pub note: String,
}

impl From<CheckpointView> for PrintedCheckpoint {
    fn from(view: CheckpointView) -> Self {
        Self { size: view.size, root: view.root, note: view.note }
    }
}

/// Checkpoints, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Checkpoints {
    /// The public key they are signed with, as `bangfu verify --key` reads it. Keep it from somewhere else too.
    pub key: String,
    /// The checkpoints.
    pub items: Vec<CheckpointView>,
    /// What to pass as `below` for older ones; absent when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_below: Option<i64>,
    /// How many there are in all.
    pub count: i64,
}

/// Which checkpoints.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CheckpointFilter {
    /// Smaller than this.
    pub below: Option<i64>,
    /// 1 to 1000 checkpoints; 100 when absent.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u16>,
}

/// Between which sizes.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Between {
    /// The size of the older checkpoint.
    pub from: i64,
    /// The size of the newer one.
    pub to: i64,
}

/// The proof that nothing the older checkpoint vouches for has changed (RFC 9162, 2.1.4).
#[derive(Debug, Serialize, ToSchema)]
pub struct ConsistencyProof {
    /// The older checkpoint.
    pub from: CheckpointView,
    /// The newer one.
    pub to: CheckpointView,
    /// The hashes, base64.
    pub path: Vec<String>,
}

/// The export in clear may be fetched.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClearExportGranted {
    /// What it is fetched with: `GET /v1/audit/export?asked=<id>`. Also the id of the audit event that keeps the reason.
    pub id: Uuid,
    /// Until when, and by nobody else.
    pub until: DateTime<Utc>,
}

/// Which export.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ExportFilter {
    /// With names in clear: the id that asking for it gave. Masked when absent.
    pub asked: Option<Uuid>,
}

/// Whether an act was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventOutcome {
    /// It was done.
    Done,
    /// It was refused.
    Refused,
}

impl EventOutcome {
    /// The name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }
}

crate::list_filter! {
    /// Which events.
    EventFilter {
        /// By this login.
        actor: String,
        /// Of this kind: method and route, such as `POST /v1/plans/{id}/lock`.
        action: String,
        /// About a thing of this kind.
        subject_kind: String,
        /// About this thing.
        subject_id: String,
        /// Done or refused.
        outcome: EventOutcome,
        /// At or after this moment.
        from: DateTime<Utc>,
        /// Before this moment.
        to: DateTime<Utc>,
    }
}

/// An audit event.
#[derive(Debug, Clone, Serialize, ToSchema, diesel::QueryableByName)]
#[schema(as = AuditEventView)]
pub struct EventView {
    /// Its id, which is that of the act.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Its place in the federation's log.
    #[diesel(sql_type = BigInt)]
    pub log_number: i64,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub happened_at: DateTime<Utc>,
    /// Who.
    #[diesel(sql_type = Text)]
    pub actor: String,
    /// From where.
    #[diesel(sql_type = Nullable<Text>)]
    pub origin: Option<String>,
    /// The request's id, under which the service's own log tells more.
    #[diesel(sql_type = Nullable<Text>)]
    pub request_id: Option<String>,
    /// What: method and route.
    #[diesel(sql_type = Text)]
    pub action: String,
    /// `done` or `refused`.
    #[diesel(sql_type = Text)]
    pub outcome: String,
    /// Why it was refused.
    #[diesel(sql_type = Nullable<Text>)]
    pub code: Option<String>,
    /// What it was about.
    #[diesel(sql_type = Nullable<Text>)]
    pub subject_kind: Option<String>,
    /// Which.
    #[diesel(sql_type = Nullable<Text>)]
    pub subject_id: Option<String>,
    /// What it was, masked.
    #[diesel(sql_type = Nullable<Jsonb>)]
    pub before: Option<serde_json::Value>,
    /// What it became, masked.
    #[diesel(sql_type = Nullable<Jsonb>)]
    pub after: Option<serde_json::Value>,
    /// Why, in the words of who did it.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
}

crate::listed! {
    EventView = "audit-events", "审计事件", "Audit events", rows 250;
    id "编号", log_number "日志号", happened_at "时间", actor "操作人", origin "来源", request_id "请求编号", action "操作",
    outcome "结果" = |row| crate::exports::word(&row.outcome), code "拒绝代码", subject_kind "对象", subject_id "对象编号",
    reason "原因", before "之前", after "之后",
}

crate::listed! {
    CheckpointView = "checkpoints", "检查点", "Checkpoints", rows 1000;
    root "根", size "覆盖日志数", note "签名文本", signed_at "签名时间",
}

/// Which checkpoints are exported: all of them, newest first.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CheckpointsExported {
    /// Smaller than this, on the later pages.
    #[serde(skip)]
    #[param(ignore)]
    pub(super) below: Option<i64>,
}

impl crate::kernel::page::Walk for CheckpointsExported {
    /// The cursor of checkpoints is a size.
    fn walk_on(&mut self, cursor: Option<Uuid>, _: u16) {
        self.below = cursor.and_then(|size| i64::try_from(size.as_u128()).ok());
    }

    fn asks_for_page(&self) -> bool {
        false
    }
}
