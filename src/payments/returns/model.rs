//! Returns as they are asked for, kept and shown.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::db::schema::fund_return;
use crate::kernel::{
    DocumentId, FederationId, FundSourceId, LineId, Located, Money, OrganisationId, PersonId, PositiveMoney, ReturnId, Versioned,
};

/// Why money goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReturnReason {
    /// 死亡停发
    Death,
    /// 多付
    Overpaid,
    /// 未使用
    Unspent,
    /// 退票
    Bounced,
}

/// Where a return is (domain.md, States).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReturnStatus {
    /// 应退
    Due,
    /// 已批
    Approved,
    /// 已退
    Paid,
    /// 已确认
    Confirmed,
}

impl ReturnStatus {
    /// The name in the API and the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Approved => "approved",
            Self::Paid => "paid",
            Self::Confirmed => "confirmed",
        }
    }

    /// The one before it.
    #[must_use]
    pub const fn before(self) -> Option<Self> {
        match self {
            Self::Due => None,
            Self::Approved => Some(Self::Due),
            Self::Paid => Some(Self::Approved),
            Self::Confirmed => Some(Self::Paid),
        }
    }
}

/// Money that is due back.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReturn {
    /// The line it leaves.
    pub allocation_line_id: LineId,
    /// Whose money; the line's own source when absent.
    pub fund_source_id: Option<FundSourceId>,
    /// How much.
    pub amount: PositiveMoney,
    /// Why.
    pub reason: ReturnReason,
    /// In words.
    #[serde(default)]
    pub note: String,
    /// Whose payments stopped, for a death.
    pub person_id: Option<PersonId>,
    /// To whom; whoever the source is returned to when absent.
    pub to_organisation_id: Option<OrganisationId>,
    /// The document that orders it.
    pub document_id: Option<DocumentId>,
    /// Since when it is due; today when absent.
    pub due_on: Option<NaiveDate>,
}

/// A step of a return.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnStep {
    /// The day of the step; today when absent.
    pub on: Option<NaiveDate>,
}

/// A return as it is kept.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = fund_return)]
pub struct FundReturn {
    #[serde(skip)]
    pub(super) federation_id: FederationId,
    /// Its id.
    pub id: ReturnId,
    /// The line it leaves.
    pub allocation_line_id: LineId,
    /// Whose money.
    pub fund_source_id: FundSourceId,
    /// How much.
    pub amount: Money,
    /// See [`ReturnReason`].
    pub reason: String,
    /// In words.
    pub note: String,
    /// Whose payments stopped.
    pub person_id: Option<PersonId>,
    /// To whom.
    pub to_organisation_id: OrganisationId,
    /// The document that orders it.
    pub document_id: Option<DocumentId>,
    /// See [`ReturnStatus`].
    pub status: String,
    /// Since when it is due.
    pub due_on: NaiveDate,
    /// When it was approved.
    pub approved_on: Option<NaiveDate>,
    /// When it was paid.
    pub paid_on: Option<NaiveDate>,
    /// When its receipt was confirmed.
    pub confirmed_on: Option<NaiveDate>,
    /// Counted up by every step.
    pub version: i32,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}

impl Located for FundReturn {
    fn location(&self) -> String {
        format!("/v1/returns/{}", self.id)
    }
}

impl Versioned for FundReturn {
    fn version(&self) -> i32 {
        self.version
    }
}

crate::list_filter! {
    /// Which returns.
    ReturnFilter {
        /// Out of this line.
        allocation_line_id: LineId,
        /// In this state.
        status: ReturnStatus,
    }
}

crate::listed! {
    FundReturn = "returns", "退回财政", "Returns to the treasury", sum amount;
    id "编号", allocation_line_id "资金项目编号", fund_source_id "资金来源", amount "金额",
    reason "原因" = |row| crate::exports::word(&row.reason), note "说明", person_id "人员编号", to_organisation_id "退回单位",
    document_id "文件编号", status "状态" = |row| crate::exports::word(&row.status), due_on "应退日期", approved_on "批准日期",
    paid_on "退回日期", confirmed_on "确认日期", created_at "登记时间",
}
