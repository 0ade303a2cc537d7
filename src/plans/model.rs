//! Plans and tiers as they are asked for, kept and shown.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::adjustment::AdjustmentMethod;
use crate::db::schema::{plan, plan_funding, tier};
use crate::kernel::period::{FiscalYear, Month};
use crate::kernel::{
    FederationId, HouseholdId, LineId, Located, OrganisationId, PersonId, PlanId, PositiveMoney, RosterId, TierId, Versioned, label,
};
use crate::registry::{AccountKind, DossierCategory, DossierLevel, DossierSystem, HonourLevel};

/// Where a plan is in its life (domain.md, States).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanStatus {
    /// 草稿: may be changed, rosters may be generated.
    Draft,
    /// 锁定: its roster is frozen.
    Locked,
    /// 审批中
    InReview,
    /// 已批准: its funds are committed.
    Approved,
    /// 已下发: its instructions are written.
    Released,
    /// 已结清: every payment is settled or given up.
    Settled,
    /// 已办结
    Closed,
    /// 已取消
    Cancelled,
}

/// What a tier pays to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TierKind {
    /// 到户: to the household head's account.
    Household,
    /// 到人: to the person's own account.
    Person,
    /// 按月到人: a standard a month, through the month of death or loss.
    Monthly,
    /// 供应商: to a vendor, such as a hospital for check-ups.
    Vendor,
    /// 划拨下级: to a subordinate union, disbursed when it reports its recipients.
    TransferDown,
}

/// How a payment is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// 一卡通平台
    OneCard,
    /// 工会会员服务卡
    UnionCard,
    /// 银行转账
    BankTransfer,
    /// 现金
    Cash,
}

impl Channel {
    /// The name in the API and the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OneCard => "one_card",
            Self::UnionCard => "union_card",
            Self::BankTransfer => "bank_transfer",
            Self::Cash => "cash",
        }
    }

    /// The kinds of account it can pay to, best first; none for cash.
    #[must_use]
    pub const fn account_kinds(self) -> &'static [AccountKind] {
        match self {
            Self::OneCard => &[AccountKind::OneCard],
            Self::UnionCard => &[AccountKind::UnionCard],
            Self::BankTransfer => &[AccountKind::BankCard, AccountKind::BankAccount, AccountKind::UnionCard],
            Self::Cash => &[],
        }
    }
}

fn labelled<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer).map(|text| label(&text))
}

fn perhaps_labelled<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.map(|text| label(&text)))
}

const fn yes() -> bool {
    true
}

/// Which dossiers a tier considers; calculation rule 3 decides over them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DossierPopulation {
    /// Systems considered; all when empty.
    #[serde(default)]
    pub systems: Vec<DossierSystem>,
    /// Categories considered; all when empty.
    #[serde(default)]
    pub categories: Vec<DossierCategory>,
    /// Levels considered; all when empty.
    #[serde(default)]
    pub levels: Vec<DossierLevel>,
    /// Regions considered, by the beginning of their code; all when empty.
    #[serde(default)]
    pub regions: Vec<String>,
    /// Whether counties that the province funds directly (扩权县) are in.
    #[serde(default)]
    pub include_directly_funded: bool,
    /// Whether a grace period that ends on the cut-off date counts as ended (domain.md, decision 6).
    #[serde(default = "yes")]
    pub grace_ending_on_cutoff_has_ended: bool,
}

/// Which model workers a tier considers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelWorkerPopulation {
    /// Levels of honour considered; all when empty.
    #[serde(default)]
    pub levels: Vec<HonourLevel>,
    /// Regions considered, by the beginning of their code; all when empty.
    #[serde(default)]
    pub regions: Vec<String>,
}

/// A recipient named one by one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListedRecipient {
    /// A household, for a household tier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub household_id: Option<HouseholdId>,
    /// A person, for a person or monthly tier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person_id: Option<PersonId>,
    /// An organisation, for a vendor or a transfer down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation_id: Option<OrganisationId>,
    /// How much; the standard of the list's category when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<PositiveMoney>,
    /// For a monthly tier: the month from which this person is entitled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_month: Option<Month>,
}

/// A list of recipients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListedPopulation {
    /// The recipient category whose standard applies, such as `undossiered`.
    pub category: String,
    /// Who.
    pub recipients: Vec<ListedRecipient>,
}

/// Who is considered for a tier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Population {
    /// Households with a dossier.
    Dossiers(DossierPopulation),
    /// Model workers with an honour.
    ModelWorkers(ModelWorkerPopulation),
    /// Named one by one.
    Listed(ListedPopulation),
}

/// A tier to be planned.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTier {
    /// Its name.
    pub name: String,
    /// What it pays to whom.
    pub kind: TierKind,
    /// How.
    pub channel: Channel,
    /// Whether its standard is adjusted to the pool.
    #[serde(default)]
    pub adjusted: bool,
    /// What for; the plan's when absent. With payee and period it names what is paid only once.
    #[serde(default, deserialize_with = "perhaps_labelled")]
    pub purpose: Option<String>,
    /// Activity period; the plan's when absent.
    #[serde(default, deserialize_with = "perhaps_labelled")]
    pub period: Option<String>,
    /// First month, for a monthly tier.
    pub month_from: Option<Month>,
    /// Last month, for a monthly tier.
    pub month_to: Option<Month>,
    /// When the subordinate unions' lists are due, for a transfer down.
    pub feedback_due_on: Option<NaiveDate>,
    /// Who is considered.
    pub population: Population,
}

/// A line a plan draws on.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFunding {
    /// The line.
    pub allocation_line_id: LineId,
    /// Own funds that only complete a shortfall (自有资金补差).
    #[serde(default)]
    pub top_up: bool,
}

/// A plan to be made, or what a draft is to be changed to.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPlan {
    /// Its name.
    pub name: String,
    /// Who makes it.
    pub organisation_id: OrganisationId,
    /// 资金年度
    #[schema(value_type = i32)]
    pub fiscal_year: FiscalYear,
    /// What for. Kept without spaces and in one width: with payee and period it names what is paid only once.
    #[serde(deserialize_with = "labelled")]
    pub purpose: String,
    /// Activity period, such as 2023元旦春节; kept as the purpose is.
    #[serde(deserialize_with = "labelled")]
    pub period: String,
    /// The day as of which the registry decides who is in.
    pub cutoff_on: NaiveDate,
    /// How standards are adjusted.
    #[serde(default)]
    pub adjustment_method: AdjustmentMethod,
    /// The lines, in the order they are drawn on; own funds last.
    pub funding: Vec<NewFunding>,
    /// The groups of recipients, in order.
    pub tiers: Vec<NewTier>,
}

/// A plan as it is kept.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = plan)]
pub struct Plan {
    /// Whose it is.
    #[serde(skip)]
    pub federation_id: FederationId,
    /// Its id.
    pub id: PlanId,
    /// Its name.
    pub name: String,
    /// Who makes it.
    pub organisation_id: OrganisationId,
    /// 资金年度
    pub fiscal_year: i16,
    /// What for.
    pub purpose: String,
    /// Activity period.
    pub period: String,
    /// The day as of which the registry decides.
    pub cutoff_on: NaiveDate,
    /// `ceil_topup` or `floor_residual`.
    pub adjustment_method: String,
    /// See [`PlanStatus`].
    pub status: String,
    /// The locked roster.
    pub roster_id: Option<RosterId>,
    /// Which revision of tiers and funding holds.
    pub revision: i32,
    /// Counted up by every change.
    pub version: i32,
    /// Who made it.
    pub created_by: String,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}

/// A line of a plan as it is kept.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = plan_funding)]
pub struct Funding {
    #[serde(skip)]
    pub(super) federation_id: FederationId,
    #[serde(skip)]
    pub(super) plan_id: PlanId,
    #[serde(skip)]
    pub(super) revision: i32,
    /// Its place in the order.
    pub position: i16,
    /// The line.
    pub allocation_line_id: LineId,
    /// Completes a shortfall only.
    pub top_up: bool,
}

/// A tier as it is kept.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = tier)]
pub struct Tier {
    #[serde(skip)]
    pub(super) federation_id: FederationId,
    /// Its id.
    pub id: TierId,
    #[serde(skip)]
    pub(super) plan_id: PlanId,
    #[serde(skip)]
    pub(super) revision: i32,
    /// Its place in the order.
    pub position: i16,
    /// Its name.
    pub name: String,
    /// See [`TierKind`].
    pub kind: String,
    /// What for.
    pub purpose: String,
    /// Activity period.
    pub period: String,
    /// See [`Channel`].
    pub channel: String,
    /// Adjusted to the pool.
    pub adjusted: bool,
    /// First month.
    pub month_from: Option<String>,
    /// Last month.
    pub month_to: Option<String>,
    /// When lists are due.
    pub feedback_due_on: Option<NaiveDate>,
    /// Who is considered.
    #[schema(value_type = Population)]
    pub population: serde_json::Value,
}

/// A plan with its lines and tiers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PlanView {
    /// The plan.
    #[serde(flatten)]
    pub plan: Plan,
    /// Its lines in order.
    pub funding: Vec<Funding>,
    /// Its tiers in order.
    pub tiers: Vec<Tier>,
}

impl Located for PlanView {
    fn location(&self) -> String {
        format!("/v1/plans/{}", self.plan.id)
    }
}

impl Versioned for PlanView {
    fn version(&self) -> i32 {
        self.plan.version
    }
}

impl Versioned for Plan {
    fn version(&self) -> i32 {
        self.version
    }
}

crate::list_filter! {
    /// Which plans.
    PlanFilter {
        /// The state they are in.
        status: String,
        /// 资金年度
        fiscal_year: i16,
        /// What for.
        purpose: String,
        /// Drawing on this line.
        allocation_line_id: LineId,
    }
}

crate::list_filter! {
    /// Which entries.
    EntryFilter {
        /// Only those in, or only those out.
        included: bool,
    }
}

crate::listed! {
    Plan = "plans", "发放方案", "Plans";
    id "编号", name "名称", organisation_id "制定单位", fiscal_year "资金年度", purpose "用途", period "活动期间", cutoff_on "截止日",
    adjustment_method "调标方式" = |row| crate::exports::word(&row.adjustment_method),
    status "状态" = |row| crate::exports::word(&row.status), revision "修订", created_by "制定人", created_at "登记时间",
}
