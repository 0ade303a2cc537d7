//! Declared figures and comparisons as they are asked for, kept and shown.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::printed::Unit;
use crate::db::schema::{comparison, declared_figure};
use crate::kernel::period::FiscalYear;
use crate::kernel::{
    AppropriationId, DeclaredFigureId, DocumentId, FederationId, FindingId, FundSourceId, LineId, Located, OrganisationId,
};

/// What of the ledger a figure is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// 下达
    Granted,
    /// 自有资金补差: own money that completed lines.
    OwnTopUp,
    /// 已发放
    Disbursed,
    /// 已划拨下级, not yet reported.
    TransferredDown,
    /// 已发放 and 已划拨下级 together, top-ups included.
    DisbursedAndTransferred,
    /// 已退回财政
    Returned,
    /// 未发放
    NotDisbursed,
    /// 到账
    Arrived,
    /// 户
    Households,
    /// 人
    Persons,
    /// 人次/户次
    PersonTimes,
}

/// What a comparison gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ComparisonOutcome)]
pub enum Outcome {
    /// Equal to the fen.
    Exact,
    /// 尾差: within half a unit of the last printed digit.
    Tail,
    /// They differ.
    Mismatch,
    /// The arithmetic is right, but a rule needs an approval.
    Policy,
    /// There is nothing to compare with: no line in the scope, or another unit. Never zero, never "reconciled".
    NotEvaluable,
}

/// What a figure speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum FigureScope {
    /// One appropriation.
    Appropriation {
        /// Which.
        id: AppropriationId,
    },
    /// One line.
    AllocationLine {
        /// Which.
        id: LineId,
    },
    /// A fiscal year.
    FiscalYear {
        /// Which.
        #[schema(value_type = i32)]
        year: FiscalYear,
    },
    /// A fund source.
    FundSource {
        /// Which.
        id: FundSourceId,
    },
    /// An organisation.
    Organisation {
        /// Which.
        id: OrganisationId,
    },
}

/// A printed figure to be recorded.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDeclaredFigure {
    /// The document that prints it.
    pub document_id: DocumentId,
    /// What it is called, such as `own_funds`.
    pub name: String,
    /// The sentence it stands in.
    pub quote: String,
    /// The text as printed, such as `131.5532万元`.
    pub printed: String,
    /// Its unit, when the text has none.
    pub unit: Option<Unit>,
    /// What of the ledger it is held against.
    pub measure: Measure,
    /// What it speaks of.
    pub scope: FigureScope,
    /// As of which day.
    pub as_of: NaiveDate,
}

/// A declared figure as it is kept.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = declared_figure)]
pub struct DeclaredFigure {
    pub(super) federation_id: FederationId,
    pub(super) id: DeclaredFigureId,
    pub(super) document_id: DocumentId,
    pub(super) name: String,
    pub(super) quote: String,
    pub(super) printed: String,
    pub(super) unit: String,
    pub(super) value: Decimal,
    pub(super) decimals: i16,
    pub(super) tolerance: Decimal,
    pub(super) measure: String,
    pub(super) scope: serde_json::Value,
    pub(super) as_of: NaiveDate,
    pub(super) created_by: String,
    pub(super) created_at: DateTime<Utc>,
}

/// A comparison as it is kept.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = comparison)]
pub struct Comparison {
    pub(super) federation_id: FederationId,
    pub(super) declared_figure_id: DeclaredFigureId,
    pub(super) sequence: i32,
    pub(super) ledger_value: Option<Decimal>,
    pub(super) difference: Option<Decimal>,
    pub(super) outcome: String,
    pub(super) explanation: serde_json::Value,
    pub(super) log_number: i64,
    pub(super) compared_at: DateTime<Utc>,
}

/// A declared figure with its newest comparison.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FigureView {
    /// Its id.
    pub id: DeclaredFigureId,
    /// The document that prints it.
    pub document_id: DocumentId,
    /// What it is called.
    pub name: String,
    /// The sentence it stands in.
    pub quote: String,
    /// As printed.
    pub printed: String,
    /// See [`Unit`].
    pub unit: String,
    /// What of the ledger it is held against.
    #[schema(value_type = Measure)]
    pub measure: String,
    /// What it speaks of.
    #[schema(value_type = FigureScope)]
    pub scope: serde_json::Value,
    /// As of which day.
    pub as_of: NaiveDate,
    /// Its value: yuan with two decimals, or a count.
    pub declared: String,
    /// What rounding to the printed digits may hide.
    pub tolerance: String,
    /// The ledger's value; absent when there is nothing to compare with.
    pub ledger: Option<String>,
    /// Declared less ledger.
    pub difference: Option<String>,
    /// `exact`, `tail`, `mismatch`, `policy` or `not_evaluable`.
    pub outcome: String,
    /// What else the ledger says of the scope: what was only transferred down, and counts nobody yet.
    pub explanation: serde_json::Value,
    /// What was known then: entries up to this log number.
    pub log_number: i64,
    /// When it was compared.
    pub compared_at: DateTime<Utc>,
    /// The finding a mismatch opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding_id: Option<FindingId>,
}

impl Located for FigureView {
    fn location(&self) -> String {
        format!("/v1/declared-figures/{}", self.id)
    }
}

crate::list_filter! {
    /// Which figures.
    FigureFilter {
        /// Of this document.
        document_id: DocumentId,
    }
}

crate::listed! {
    FigureView = "declared-figures", "申报数", "Declared figures";
    id "编号", document_id "文件编号", name "名称", quote "原文", printed "印出数字", unit "单位", measure "口径",
    scope "范围", as_of "截至", declared "申报数", tolerance "允许尾差", ledger "账面数", difference "差额",
    outcome "结果" = |row| crate::exports::word(&row.outcome), log_number "日志号", compared_at "比较时间", finding_id "差异编号",
}
