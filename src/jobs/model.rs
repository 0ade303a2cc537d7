//! Jobs as they are kept and shown.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::schema::job;
use crate::kernel::{FederationId, JobId, Located, Refusal, TokenId};

/// Where a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// 排队: no worker has begun it.
    Queued,
    /// 进行中
    Running,
    /// 完成: it came to its end; what came of it stands in `result`.
    Succeeded,
    /// 失败: it was refused or gave up; nothing was changed, and `problem` says why.
    Failed,
    /// 已取消: nothing was changed.
    Cancelled,
}

impl JobState {
    /// The name in the API and the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Whether a stored state is one that is never left.
pub(super) fn has_ended(state: &str) -> bool {
    [JobState::Succeeded, JobState::Failed, JobState::Cancelled].into_iter().any(|ended| ended.name() == state)
}

/// A job as the database keeps it.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = job)]
pub(super) struct JobRow {
    pub(super) federation_id: FederationId,
    pub(super) id: JobId,
    pub(super) kind: String,
    pub(super) state: String,
    pub(super) parameters: Value,
    pub(super) file_name: Option<String>,
    pub(super) file_digest: Option<String>,
    pub(super) progress_done: i64,
    pub(super) progress_total: Option<i64>,
    pub(super) result: Option<Value>,
    pub(super) problem: Option<Value>,
    pub(super) cancel_requested: bool,
    pub(super) attempts: i16,
    pub(super) lease_id: Option<Uuid>,
    pub(super) lease_until: Option<DateTime<Utc>>,
    pub(super) credential_id: TokenId,
    pub(super) credential_sealed: Option<Vec<u8>>,
    pub(super) request_id: Option<String>,
    pub(super) created_by: String,
    pub(super) created_at: DateTime<Utc>,
    pub(super) started_at: Option<DateTime<Utc>>,
    pub(super) ended_at: Option<DateTime<Utc>>,
    pub(super) file_until: Option<DateTime<Utc>>,
}

impl JobRow {
    /// The column the credential is sealed for.
    pub(super) const CREDENTIAL: &str = "job.credential";
    /// The column that pieces of files are sealed for.
    pub(super) const CONTENT: &str = "job_file.content";
}

/// A file that a job works on.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// What it is called, as its owner said.
    pub name: Option<String>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A job to be started.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Which work.
    pub kind: &'static str,
    /// With what; nothing personal.
    pub parameters: Value,
    /// On which file.
    pub file: Option<NewFile>,
    /// What the file that comes of it will be called; as the one it works on when absent.
    pub makes: Option<String>,
}

/// A job as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct JobView {
    /// Its id.
    pub id: JobId,
    /// What is done.
    pub kind: String,
    /// See [`JobState`].
    pub state: String,
    /// What it is done with.
    #[schema(value_type = Object)]
    pub parameters: Value,
    /// What its file is called: the one it works on, or the one that comes of it.
    pub file_name: Option<String>,
    /// SHA-256 of the file it works on.
    pub file_digest: Option<String>,
    /// How many rows, lines or bytes are done; what is counted depends on the kind.
    pub progress_done: i64,
    /// Of how many; empty while nobody knows.
    pub progress_total: Option<i64>,
    /// What came of it.
    #[schema(value_type = Option<Object>)]
    pub result: Option<Value>,
    /// Why it failed: `code`, and `zh` and `en` for people, and the fields at fault.
    #[schema(value_type = Option<Object>)]
    pub problem: Option<Value>,
    /// Whether somebody asked for it to be cancelled.
    pub cancel_requested: bool,
    /// Who started it.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When a worker first began it.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Until when the file that came of it can be had; empty when there is none.
    pub file_until: Option<DateTime<Utc>>,
}

/// A server-sent event about a job.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct JobEvent {
    /// Always `job`.
    pub event: String,
    /// The job as JSON; see [`JobView`].
    pub data: String,
}

impl Located for JobView {
    fn location(&self) -> String {
        format!("/v1/jobs/{}", self.id)
    }
}

impl From<JobRow> for JobView {
    fn from(row: JobRow) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            state: row.state,
            parameters: row.parameters,
            file_name: row.file_name,
            file_digest: row.file_digest,
            progress_done: row.progress_done,
            progress_total: row.progress_total,
            result: row.result,
            problem: row.problem,
            cancel_requested: row.cancel_requested,
            created_by: row.created_by,
            created_at: row.created_at,
            started_at: row.started_at,
            ended_at: row.ended_at,
            file_until: row.file_until,
        }
    }
}

/// A refusal as a job keeps it: in both languages, because nobody knows who will read it.
pub(super) fn kept(refusal: &Refusal) -> Value {
    let errors: Vec<Value> = refusal
        .fields
        .iter()
        .map(|field| json!({ "pointer": field.pointer, "code": field.code, "zh": field.text.zh, "en": field.text.en }))
        .collect();
    let mut problem = json!({ "code": refusal.code.name, "zh": refusal.detail.zh, "en": refusal.detail.en, "errors": errors });
    if let Some(members) = problem.as_object_mut() {
        members.extend(refusal.facts.clone());
    }
    problem
}

crate::list_filter! {
    /// Which of one's own jobs.
    JobFilter {
        /// Of this kind.
        kind: String,
        /// In this state.
        state: JobState,
    }
}

crate::listed! {
    JobView = "jobs", "后台任务", "Jobs", rows 50;
    id "编号", kind "工作", state "状态" = |row| crate::exports::word(&row.state), parameters "参数", file_name "文件名",
    file_digest "文件摘要", progress_done "已完成", progress_total "共", result "结果", problem "问题", cancel_requested "已请求取消",
    created_by "发起人", created_at "发起时间", started_at "开始时间", ended_at "结束时间", file_until "文件保留至",
}
