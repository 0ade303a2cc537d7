//! Notices and objections as they are asked for, kept and shown.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Integer, Numeric, Text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::schema::{objection, objection_handling, publicity};
use crate::exports::ToValue;
use crate::kernel::{FederationId, Located, Money, PlanId, RosterId};

/// Days that the yearly arrangement of the State Council makes other than the week would: `true` for a make-up working day
/// (调休上班), `false` for a day off (放假).
pub type Calendar = BTreeMap<NaiveDate, bool>;

/// What a day is, other than the week would have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    /// 放假
    Holiday,
    /// 调休上班
    Workday,
}

/// A day of the yearly arrangement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarDay {
    /// The day.
    pub day: NaiveDate,
    /// What it is.
    pub kind: DayKind,
    /// What for, such as 国庆节.
    pub name: String,
}

/// Days of a yearly arrangement (国务院办公厅关于部分节假日安排的通知).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarDays {
    /// The days.
    pub days: Vec<CalendarDay>,
}

/// A notice to be started.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPublicity {
    /// Where the list is put up.
    pub place: String,
    /// The day it is put up; today when absent. That day is not counted.
    pub from_on: Option<NaiveDate>,
    /// How many working days it lasts; what the policy asks for when absent, and never less.
    pub working_days: Option<u8>,
}

/// The end of a notice.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompletionRequest {
    /// The digest of the roster that was put up.
    pub digest: String,
    /// What came of it.
    #[serde(default)]
    pub opinion: String,
    /// The day after its last, or later; today when absent.
    pub decided_on: Option<NaiveDate>,
}

/// An objection to be recorded.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewObjection {
    /// What is objected.
    pub content: String,
    /// Who, as a masked name such as 王**; nothing else of the person is kept.
    #[serde(default)]
    pub raised_by: Option<String>,
    /// When; today when absent.
    pub raised_on: Option<NaiveDate>,
}

/// What a checker decides of an objection.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandlingRequest {
    /// Upheld: the plan is returned. Rejected: the notice goes on.
    pub upheld: bool,
    /// Why.
    pub reason: String,
    /// When; today when absent.
    pub handled_on: Option<NaiveDate>,
}

/// A notice as it is kept.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = publicity)]
pub struct Publicity {
    #[serde(skip)]
    pub(super) federation_id: FederationId,
    /// Its id.
    pub id: Uuid,
    /// The review it is a step of.
    pub review_id: Uuid,
    /// The plan.
    pub plan_id: PlanId,
    /// The roster put up.
    pub roster_id: RosterId,
    /// Where.
    pub place: String,
    /// The day it is put up.
    pub from_on: NaiveDate,
    /// How many working days it lasts.
    pub working_days: i16,
    /// The last of them.
    pub ends_on: NaiveDate,
    #[serde(skip)]
    pub(super) token_hash: Vec<u8>,
    /// Who started it.
    pub started_by: String,
    /// When that was recorded: later than its first day when it was entered afterwards (补录).
    pub started_at: DateTime<Utc>,
}

/// An objection as it is kept.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = objection)]
pub struct Objection {
    #[serde(skip)]
    pub(super) federation_id: FederationId,
    /// Its id.
    pub id: Uuid,
    #[serde(skip)]
    pub(super) publicity_id: Uuid,
    /// What is objected.
    pub content: String,
    /// Who, masked.
    pub raised_by: Option<String>,
    /// When.
    pub raised_on: NaiveDate,
    /// Who recorded it.
    pub recorded_by: String,
    /// When.
    pub recorded_at: DateTime<Utc>,
}

/// What was decided of an objection.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = objection_handling)]
pub struct Handling {
    #[serde(skip)]
    pub(super) federation_id: FederationId,
    #[serde(skip)]
    pub(super) objection_id: Uuid,
    /// Upheld or rejected.
    pub upheld: bool,
    /// Why.
    pub reason: String,
    /// By whom.
    pub actor: String,
    /// When.
    pub handled_on: NaiveDate,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
}

/// An objection with its handling.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ObjectionView {
    /// The objection.
    #[serde(flatten)]
    pub objection: Objection,
    /// Absent while it is open.
    pub handling: Option<Handling>,
}

/// A notice with its objections.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PublicityView {
    /// The notice.
    #[serde(flatten)]
    pub publicity: Publicity,
    /// Its objections, oldest first.
    pub objections: Vec<ObjectionView>,
}

impl Located for PublicityView {
    fn location(&self) -> String {
        format!("/v1/plans/{}/publicity", self.publicity.plan_id)
    }
}

/// A notice that was just started, with its public address.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PublicityStarted {
    /// The notice.
    #[serde(flatten)]
    pub view: PublicityView,
    /// Where its list can be read without login while it lasts; shown this once. `?format=html` for printing.
    pub address: String,
}

impl Located for PublicityStarted {
    fn location(&self) -> String {
        self.view.location()
    }
}

/// A line of the public list.
#[derive(Debug, Clone, Serialize, ToSchema, QueryableByName)]
pub struct PublicEntry {
    /// Its number.
    #[diesel(sql_type = Integer)]
    pub number: i32,
    /// The name; masked unless it is an organisation's.
    #[diesel(sql_type = Text)]
    pub name: String,
    #[serde(skip)]
    #[diesel(sql_type = Text)]
    pub(super) payee_kind: String,
    /// How much, in yuan.
    #[diesel(sql_type = Numeric)]
    pub amount: Money,
}

/// What the public sees.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PublicList {
    /// Who puts it up.
    pub federation: String,
    /// The plan.
    pub plan: String,
    /// Where it is put up.
    pub place: String,
    /// The day it is put up.
    pub from_on: NaiveDate,
    /// Its last day.
    pub ends_on: NaiveDate,
    /// How many are on it.
    pub count: usize,
    /// What they receive together.
    pub total: Money,
    /// Who receives what.
    pub entries: Vec<PublicEntry>,
}

/// What is objected, one after the other.
fn objected(row: &PublicityView) -> crate::exports::Value<'_> {
    let texts: Vec<&str> = row.objections.iter().map(|view| view.objection.content.as_str()).collect();
    crate::exports::Value::Text(texts.join("；").into())
}

fn objections(row: &PublicityView, which: impl Fn(&&ObjectionView) -> bool) -> crate::exports::Value<'static> {
    crate::exports::Value::Integer(i64::try_from(row.objections.iter().filter(which).count()).unwrap_or(i64::MAX))
}

crate::listed! {
    PublicityView = "publicity", "公示", "Notices of a plan";
    id "编号" = |row| row.publicity.id.to_value(), review_id "审批编号" = |row| row.publicity.review_id.to_value(),
    plan_id "方案编号" = |row| row.publicity.plan_id.to_value(), roster_id "花名册编号" = |row| row.publicity.roster_id.to_value(),
    place "地点" = |row| row.publicity.place.to_value(), from_on "起" = |row| row.publicity.from_on.to_value(),
    working_days "工作日" = |row| row.publicity.working_days.to_value(), ends_on "止" = |row| row.publicity.ends_on.to_value(),
    started_by "发布人" = |row| row.publicity.started_by.to_value(), started_at "登记时间" = |row| row.publicity.started_at.to_value(),
    objections "异议数" = |row| objections(row, |_| true),
    open_objections "未处理异议数" = |row| objections(row, |view| view.handling.is_none()), objected "异议内容" = objected,
}
