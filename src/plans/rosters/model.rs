//! Rosters and their entries as they are kept and shown.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer, Jsonb, Nullable, Numeric, Text, Uuid as SqlUuid};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::schema::roster;
use crate::exports::{ToValue, Value, word};
use crate::kernel::mask::Sight;
use crate::kernel::{
    EntryId, FederationId, FundSourceId, HouseholdId, LineId, Located, Money, OrganisationId, PayeeAccountId, PersonId, PlanId, RosterId,
    TierId,
};

/// A roster as it is kept.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = roster)]
pub struct Roster {
    /// Whose it is.
    #[serde(skip)]
    pub federation_id: FederationId,
    /// Its id.
    pub id: RosterId,
    /// The plan it was made for.
    pub plan_id: PlanId,
    /// The revision of the plan's tiers and funding it was made from.
    pub revision: i32,
    /// Counted up by every generation.
    pub version: i32,
    /// SHA-256 over all of its content; what is locked, approved and released.
    pub digest: String,
    /// How many are in.
    pub included: i32,
    /// How many are out.
    pub excluded: i32,
    /// What it pays in all.
    pub total: Money,
    /// What the lines and the top-up cannot cover.
    pub shortfall: Money,
    /// When it was made.
    pub generated_at: DateTime<Utc>,
}

/// A part of a roster's total by line and source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema, QueryableByName)]
pub struct FundingTotal {
    /// The line that pays.
    #[diesel(sql_type = SqlUuid)]
    pub allocation_line_id: LineId,
    /// Whose money.
    #[diesel(sql_type = SqlUuid)]
    pub fund_source_id: FundSourceId,
    /// The own-funds line it comes from, for a top-up.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub top_up_line_id: Option<LineId>,
    /// How much.
    #[diesel(sql_type = Numeric)]
    pub amount: Money,
}

/// The adjustment a roster was made with (调标).
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable)]
#[diesel(table_name = crate::db::schema::standard_adjustment)]
pub struct AdjustmentView {
    /// `ceil_topup` or `floor_residual`.
    pub method: String,
    /// The money at hand.
    pub pool: Money,
    /// What the tiers that are not adjusted take of it.
    pub fixed: Money,
    /// How many share the rest.
    pub count: i32,
    /// The standard in force.
    pub standard_before: Money,
    /// The standard paid.
    pub standard_after: Money,
    /// What own funds complete.
    pub shortfall: Money,
    /// What stays available.
    pub residual: Money,
}

/// How many are out for one reason.
#[derive(Debug, Clone, Serialize, ToSchema, QueryableByName)]
pub struct ExclusionCount {
    /// The reason.
    #[diesel(sql_type = Text)]
    pub reason: String,
    /// How many.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub count: i64,
}

/// A roster with what it adds up to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RosterView {
    /// The roster.
    #[serde(flatten)]
    pub roster: Roster,
    /// The adjustment, when a tier is adjusted.
    pub adjustment: Option<AdjustmentView>,
    /// Which money pays it.
    pub funding: Vec<FundingTotal>,
    /// How many are out, by reason.
    pub exclusions: Vec<ExclusionCount>,
}

impl Located for RosterView {
    fn location(&self) -> String {
        format!("/v1/rosters/{}", self.roster.id)
    }
}

/// Who a payment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Payee {
    /// A household, paid to its head.
    Household(HouseholdId),
    /// A person.
    Person(PersonId),
    /// A vendor or subordinate union.
    Organisation(OrganisationId),
}

impl Payee {
    /// The name of its kind in the database.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Household(_) => "household",
            Self::Person(_) => "person",
            Self::Organisation(_) => "organisation",
        }
    }

    /// Its id, whatever the kind.
    #[must_use]
    pub const fn id(self) -> Uuid {
        match self {
            Self::Household(HouseholdId(id)) | Self::Person(PersonId(id)) | Self::Organisation(OrganisationId(id)) => id,
        }
    }
}

/// One row of a roster, in or out; everything its digest covers.
#[derive(Debug, Clone, QueryableByName)]
pub struct Entry {
    /// Its id.
    #[diesel(sql_type = SqlUuid)]
    pub id: EntryId,
    /// The tier.
    #[diesel(sql_type = SqlUuid)]
    pub tier_id: TierId,
    /// Its place in the roster.
    #[diesel(sql_type = Integer)]
    pub position: i32,
    /// In or out.
    #[diesel(sql_type = Bool)]
    pub included: bool,
    /// Why out.
    #[diesel(sql_type = Nullable<Text>)]
    pub excluded_because: Option<String>,
    /// `household`, `person` or `organisation`.
    #[diesel(sql_type = Text)]
    pub payee_kind: String,
    /// The household.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub household_id: Option<HouseholdId>,
    /// The person paid; for a household its head.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub person_id: Option<PersonId>,
    /// The organisation.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub organisation_id: Option<OrganisationId>,
    /// The account.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub payee_account_id: Option<PayeeAccountId>,
    /// The recipient category.
    #[diesel(sql_type = Text)]
    pub category: String,
    /// The standard applied.
    #[diesel(sql_type = Nullable<Numeric>)]
    pub standard: Option<Money>,
    /// Months, or 1.
    #[diesel(sql_type = Integer)]
    pub quantity: i32,
    /// First month paid.
    #[diesel(sql_type = Nullable<Text>)]
    pub month_from: Option<String>,
    /// Last month paid.
    #[diesel(sql_type = Nullable<Text>)]
    pub month_to: Option<String>,
    /// How much.
    #[diesel(sql_type = Numeric)]
    pub amount: Money,
    /// What the registry said.
    #[diesel(sql_type = Jsonb)]
    pub registry: serde_json::Value,
}

/// Which money pays how much of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct FundingPart {
    /// The entry.
    #[diesel(sql_type = SqlUuid)]
    pub roster_entry_id: EntryId,
    /// Its place among the entry's parts.
    #[diesel(sql_type = diesel::sql_types::SmallInt)]
    pub position: i16,
    /// The line that pays.
    #[diesel(sql_type = SqlUuid)]
    pub allocation_line_id: LineId,
    /// Whose money.
    #[diesel(sql_type = SqlUuid)]
    pub fund_source_id: FundSourceId,
    /// The own-funds line it comes from, for a top-up.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub top_up_line_id: Option<LineId>,
    /// How much.
    #[diesel(sql_type = Numeric)]
    pub amount: Money,
}

/// An included entry as the payments need it.
#[derive(Debug, Clone, QueryableByName)]
pub struct EntryKey {
    /// The entry.
    #[diesel(sql_type = SqlUuid)]
    pub id: EntryId,
    /// How it is paid.
    #[diesel(sql_type = Text)]
    pub channel: String,
    /// How much.
    #[diesel(sql_type = Numeric)]
    pub amount: Money,
    /// The account.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub payee_account_id: Option<PayeeAccountId>,
    /// The household, person or organisation it is for.
    #[diesel(sql_type = SqlUuid)]
    pub payee_id: Uuid,
    /// The person paid, when it is one.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub person_id: Option<PersonId>,
    /// The organisation paid, when it is one.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub organisation_id: Option<OrganisationId>,
    /// The tier's kind.
    #[diesel(sql_type = Text)]
    pub tier_kind: String,
    /// When a transfer's lists are due.
    #[diesel(sql_type = Nullable<diesel::sql_types::Date>)]
    pub feedback_due_on: Option<chrono::NaiveDate>,
    /// What the payee was called when the roster was made.
    #[diesel(sql_type = Text)]
    pub name: String,
}

/// A row of a roster as it is shown.
#[derive(Debug, Clone, Serialize, ToSchema, QueryableByName)]
pub struct EntryView {
    /// Its id.
    #[diesel(sql_type = SqlUuid)]
    pub id: EntryId,
    /// The tier.
    #[diesel(sql_type = SqlUuid)]
    pub tier_id: TierId,
    /// The tier's name.
    #[diesel(sql_type = Text)]
    pub tier: String,
    /// Its place in the roster.
    #[diesel(sql_type = Integer)]
    pub position: i32,
    /// In or out.
    #[diesel(sql_type = Bool)]
    pub included: bool,
    /// Why out.
    #[diesel(sql_type = Nullable<Text>)]
    pub excluded_because: Option<String>,
    /// `household`, `person` or `organisation`.
    #[diesel(sql_type = Text)]
    pub payee_kind: String,
    /// The household.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub household_id: Option<HouseholdId>,
    /// The person paid.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub person_id: Option<PersonId>,
    /// The organisation.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub organisation_id: Option<OrganisationId>,
    /// The recipient category.
    #[diesel(sql_type = Text)]
    pub category: String,
    /// The standard applied.
    #[diesel(sql_type = Nullable<Numeric>)]
    pub standard: Option<Money>,
    /// Months, or 1.
    #[diesel(sql_type = Integer)]
    pub quantity: i32,
    /// How much.
    #[diesel(sql_type = Numeric)]
    pub amount: Money,
    /// What the registry said when the roster was made; a person's name masked: `王**`.
    #[diesel(sql_type = Jsonb)]
    #[schema(value_type = Object)]
    pub registry: serde_json::Value,
}

impl EntryView {
    /// The row as it is shown: organisations keep their names.
    #[must_use]
    pub fn seen(mut self, sight: Sight) -> Self {
        if self.payee_kind != "organisation"
            && let Some(name) = self.registry.get_mut("name")
        {
            let masked = name.as_str().filter(|name| !name.is_empty()).map(|name| sight.name(name)).unwrap_or_default();
            *name = serde_json::Value::String(masked);
        }
        self
    }
}

/// What the payee was called when the roster was made.
fn name_of(row: &EntryView) -> Value<'_> {
    row.registry.get("name").map_or(Value::Empty, ToValue::to_value)
}

crate::listed! {
    EntryView = "roster-entries", "发放花名册", "Roster entries", sum amount;
    position "序号", id "编号", tier "方案明细", included "列入", excluded_because "未列入原因",
    payee_kind "对象" = |row| word(&row.payee_kind), name "姓名或名称" = name_of, household_id "家庭编号", person_id "人员编号",
    organisation_id "组织编号", category "对象类别", standard "标准", quantity "数量", amount "金额",
}

crate::listed! {
    Roster = "rosters", "花名册版本", "Rosters of a plan";
    id "编号", plan_id "方案编号", revision "修订", version "版本", digest "摘要", included "在册笔数", excluded "不在册笔数", total "金额",
    shortfall "缺口", generated_at "生成时间",
}
