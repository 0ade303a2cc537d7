//! Dossiers as they are kept and shown.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::db::schema::{dossier, dossier_category, dossier_event, grace_period};
use crate::kernel::{DossierId, FederationId, GraceId, HouseholdId, Located, Money, PersonId, Versioned};
use crate::list_filter;
use crate::registry::model::words;

words! {
    /// The system a dossier is kept in.
    DossierSystem {
        /// 全总帮扶系统
        National = "national",
        /// 省总系统
        Provincial = "provincial",
    }
}

words! {
    /// The level of the union that keeps a dossier.
    DossierLevel {
        /// 全国
        National = "national",
        /// 省
        Provincial = "provincial",
        /// 市
        City = "city",
        /// 区
        District = "district",
        /// 县
        County = "county",
    }
}

words! {
    /// How a household is in hardship.
    DossierCategory {
        /// 深度困难
        Deep = "deep",
        /// 相对困难
        Relative = "relative",
        /// 意外致困
        Accidental = "accidental",
        /// 省级困难职工
        Provincial = "provincial",
    }
}

words! {
    /// The state of a dossier.
    DossierStatus {
        /// 申请
        Applied = "applied",
        /// 已调查
        Investigated = "investigated",
        /// 已公示
        Publicised = "publicised",
        /// 在档
        Active = "active",
        /// 渐退
        Grace = "grace",
        /// 销档
        Closed = "closed",
    }
}

words! {
    /// Why a dossier was closed.
    CloseReason {
        /// 脱困
        OutOfHardship = "out_of_hardship",
        /// 退休
        Retired = "retired",
        /// 调离
        Transferred = "transferred",
        /// 死亡
        Deceased = "deceased",
        /// 其他
        Other = "other",
    }
}

/// A dossier (困难职工档案).
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = dossier)]
pub struct Dossier {
    /// Whose it is.
    #[serde(skip)]
    pub federation_id: FederationId,
    /// Its id.
    pub id: DossierId,
    /// Whose hardship it is about.
    pub household_id: HouseholdId,
    /// 档案号, unique within its system.
    pub number: String,
    /// The system it is kept in.
    pub system: DossierSystem,
    /// The level of the union that keeps it.
    pub level: DossierLevel,
    /// Category now; before the dossier is in force, the one applied for.
    pub category: DossierCategory,
    /// What the hardship comes from, such as `illness`.
    pub causes: Vec<String>,
    /// The household's income, yuan a month.
    pub monthly_income: Option<Money>,
    /// Its unavoidable costs (刚性支出), yuan a month.
    pub rigid_costs: Option<Money>,
    /// Its state.
    pub status: DossierStatus,
    /// The day it last came into force; empty while it is applied for.
    pub opened_on: Option<NaiveDate>,
    /// The first day it is no longer in force.
    pub closed_on: Option<NaiveDate>,
    /// Why it was closed.
    pub close_reason: Option<CloseReason>,
    /// Counted up by every change.
    pub version: i32,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}

/// A dossier with its history.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DossierView {
    /// The dossier.
    #[serde(flatten)]
    pub dossier: Dossier,
    /// Its categories since it came into force, the earliest first.
    pub categories: Vec<CategorySpan>,
    /// Its grace periods, the earliest first.
    pub grace_periods: Vec<GracePeriod>,
    /// Every step it took.
    pub events: Vec<DossierEvent>,
}

/// A time in which a dossier had a category.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = dossier_category)]
pub struct CategorySpan {
    /// Whose it is.
    #[serde(skip)]
    pub federation_id: FederationId,
    /// Of which dossier.
    #[serde(skip)]
    pub dossier_id: DossierId,
    /// The category.
    pub category: DossierCategory,
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day; empty while it lasts.
    pub valid_to: Option<NaiveDate>,
}

/// A grace period (渐退期): the income is above the line, the dossier still counts.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = grace_period)]
pub struct GracePeriod {
    /// Whose it is.
    #[serde(skip)]
    pub federation_id: FederationId,
    /// Of which dossier.
    #[serde(skip)]
    pub dossier_id: DossierId,
    /// Its id.
    pub id: GraceId,
    /// First day.
    pub starts_on: NaiveDate,
    /// Calendar months, 1 to 12.
    pub months: i16,
    /// Last day.
    pub ends_on: NaiveDate,
    /// Why, in words.
    pub reason: Option<String>,
}

/// A step of a dossier; sealed.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = dossier_event)]
pub struct DossierEvent {
    /// Whose it is.
    #[serde(skip)]
    pub federation_id: FederationId,
    /// Of which dossier.
    #[serde(skip)]
    pub dossier_id: DossierId,
    /// 1, 2, 3 … within the dossier.
    pub position: i32,
    /// The state it led to.
    pub status: DossierStatus,
    /// The day; empty for an application whose day nobody said.
    #[serde(rename = "on")]
    pub happened_on: Option<NaiveDate>,
    /// Why, in words.
    pub reason: Option<String>,
    /// Why it was closed.
    pub close_reason: Option<CloseReason>,
    /// Who recorded it.
    pub actor: String,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
}

/// A dossier to be recorded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDossier {
    /// Whose hardship it is about.
    pub household_id: HouseholdId,
    /// 档案号
    pub number: String,
    /// The system it is kept in.
    pub system: DossierSystem,
    /// The level of the union that keeps it.
    pub level: DossierLevel,
    /// The category.
    pub category: DossierCategory,
    /// What the hardship comes from: words of one's own, such as `illness`, `disability`, `accident`, `education`.
    #[serde(default)]
    pub causes: Vec<String>,
    /// The household's income, yuan a month.
    pub monthly_income: Option<Money>,
    /// Its unavoidable costs, yuan a month.
    pub rigid_costs: Option<Money>,
    /// The day of the application, when it is known.
    pub applied_on: Option<NaiveDate>,
    /// For a dossier that exists on paper: the day it came into force. It is then recorded as `active` since that day,
    /// without the steps before. Without it the dossier begins as `applied`.
    pub opened_on: Option<NaiveDate>,
}

/// What a dossier is changed to. State and category have their own requests.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedDossier {
    /// The level of the union that keeps it.
    pub level: DossierLevel,
    /// What the hardship comes from.
    #[serde(default)]
    pub causes: Vec<String>,
    /// The household's income, yuan a month.
    pub monthly_income: Option<Money>,
    /// Its unavoidable costs, yuan a month.
    pub rigid_costs: Option<Money>,
}

/// A step to be taken: applied → investigated → publicised → active → grace → closed; active → closed; closed → applied.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DossierTransition {
    /// The state it leads to.
    pub to: DossierStatus,
    /// The day: not before the step before. For `active` the first day in force, for `grace` the first day of grace, for
    /// `closed` the first day no longer in force.
    pub on: NaiveDate,
    /// Why, in words.
    pub reason: Option<String>,
    /// Why it is closed; needed for `closed`, refused otherwise.
    pub close_reason: Option<CloseReason>,
    /// Calendar months of grace, 1 to 12, 6 when absent; for `grace` only.
    pub months: Option<i16>,
}

/// Another category from a day on.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CategoryChange {
    /// The category.
    pub category: DossierCategory,
    /// First day; the category before ends on the day before. Not kept for a dossier that is not in force yet.
    pub from: NaiveDate,
}

list_filter! {
    /// Which dossiers.
    DossierFilter {
        /// Of which household.
        household_id: HouseholdId,
        /// 档案号
        number: String,
        /// In which system.
        system: DossierSystem,
        /// Kept at which level.
        level: DossierLevel,
        /// Of which category now.
        category: DossierCategory,
        /// In which state now.
        status: DossierStatus,
        /// Where the household lives.
        region_code: String,
    }
}

/// A dossier as it stood on a cut-off day, for other modules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DossierRecord {
    /// Its id.
    pub dossier_id: DossierId,
    /// Whose hardship it is about.
    pub household_id: HouseholdId,
    /// The household's head now.
    pub head_person_id: PersonId,
    /// The head's name.
    pub head_name: String,
    /// When the head died.
    pub head_died_on: Option<NaiveDate>,
    /// 档案号
    pub number: String,
    /// The system it is kept in.
    pub system: DossierSystem,
    /// The level of the union that keeps it.
    pub level: DossierLevel,
    /// The category on the cut-off day, or on its last day before.
    pub category: DossierCategory,
    /// Where the household lives now.
    pub region_code: String,
    /// The last day up to the cut-off on which it came into force.
    pub opened_on: NaiveDate,
    /// The first day after that on which it was no longer in force; may lie after the cut-off.
    pub closed_on: Option<NaiveDate>,
    /// The latest grace period since `opened_on` that started on or before the cut-off.
    pub grace: Option<GraceRecord>,
}

/// A grace period, for other modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GraceRecord {
    /// First day.
    pub starts_on: NaiveDate,
    /// Last day.
    pub ends_on: NaiveDate,
}

/// What [`DossierRecord`] needs of dossier, household and head.
#[derive(Debug, Clone, Queryable)]
pub(super) struct DossierOfHead {
    pub(super) dossier_id: DossierId,
    pub(super) household_id: HouseholdId,
    pub(super) head_person_id: PersonId,
    pub(super) head_name: String,
    pub(super) head_died_on: Option<NaiveDate>,
    pub(super) number: String,
    pub(super) system: DossierSystem,
    pub(super) level: DossierLevel,
    pub(super) category: DossierCategory,
    pub(super) region_code: String,
}

impl Located for DossierView {
    fn location(&self) -> String {
        format!("/v1/dossiers/{}", self.dossier.id)
    }
}

impl Versioned for DossierView {
    fn version(&self) -> i32 {
        self.dossier.version
    }
}

crate::listed! {
    Dossier = "dossiers", "困难职工档案", "Dossiers";
    id "编号", household_id "家庭编号", number "档案号", system "系统", level "级别", category "类别", causes "致困原因",
    monthly_income "月收入", rigid_costs "月刚性支出", status "状态", opened_on "建档日期", closed_on "销档日期",
    close_reason "销档原因", created_at "登记时间",
}
