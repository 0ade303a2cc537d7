//! Reports as they are shown.

use chrono::NaiveDate;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Uuid as SqlUuid};
use serde::Serialize;
use utoipa::ToSchema;

use crate::audit::PrintedCheckpoint;
use crate::kernel::ratio::Ratio;
use crate::kernel::{FundSourceId, LineId, Money};
use crate::ledger::Balances;

/// The figures of a line, or of several together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Figures {
    /// Every account.
    #[serde(flatten)]
    pub balances: Balances,
    /// Granted and topped up, less everything that says where it is. Always computed, always shown: `0.00` when it holds.
    pub identity_difference: Money,
    /// Still here: available, committed, in transit or bounced (未发放).
    pub not_disbursed: Money,
    /// Disbursed in percent of granted and topped up, two decimals (预算执行率); absent when nothing was granted.
    pub execution_rate: Option<String>,
    /// Arrived in the account (到账).
    pub arrived: Money,
    /// Distinct households paid (户).
    pub households: i64,
    /// Distinct persons paid as persons (人), with those that subordinate unions reported.
    pub persons: i64,
    /// Settled payments to households and persons, net of bounces and full recoveries, with reported ones (人次/户次).
    /// Money transferred down counts none until its recipients are reported.
    pub person_times: i64,
}

impl Figures {
    /// Completes balances, arrivals and counts.
    #[must_use]
    pub fn new(balances: Balances, arrived: Money, counts: Counted) -> Self {
        let budget = balances.granted + balances.top_up;
        let rate = Ratio::new(balances.disbursed.as_decimal(), budget.as_decimal());
        Self {
            identity_difference: balances.identity_difference(),
            not_disbursed: balances.not_disbursed(),
            execution_rate: rate.and_then(|rate| rate.percent(2)).map(|percent| percent.to_string()),
            balances,
            arrived,
            households: counts.households,
            persons: counts.persons,
            person_times: counts.person_times,
        }
    }
}

/// How many were reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, QueryableByName)]
pub struct Counted {
    /// Distinct households.
    #[diesel(sql_type = BigInt)]
    pub households: i64,
    /// Distinct persons.
    #[diesel(sql_type = BigInt)]
    pub persons: i64,
    /// Settled payments.
    #[diesel(sql_type = BigInt)]
    pub person_times: i64,
}

/// What was counted of a line, or of all lines together.
#[derive(Debug, QueryableByName)]
pub(super) struct LineCounted {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub(super) allocation_line_id: Option<LineId>,
    #[diesel(embed)]
    pub(super) counted: Counted,
}

impl std::ops::AddAssign for Counted {
    fn add_assign(&mut self, other: Self) {
        self.households = self.households.saturating_add(other.households);
        self.persons = self.persons.saturating_add(other.persons);
        self.person_times = self.person_times.saturating_add(other.person_times);
    }
}

/// A line's money from one source.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SourceFigures {
    /// The source.
    pub fund_source_id: FundSourceId,
    /// Its name.
    pub name: String,
    /// Its level.
    pub level: String,
    /// Every account.
    #[serde(flatten)]
    pub balances: Balances,
    /// The identity for this source alone.
    pub identity_difference: Money,
}

/// Where to look further.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LineLinks {
    /// The line.
    pub line: String,
    /// The plans that draw on it; their payments are at `/v1/instructions?plan_id=`.
    pub plans: String,
    /// Its postings.
    pub postings: String,
}

/// One line of a report.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LineReport {
    /// The line.
    pub allocation_line_id: LineId,
    /// Its name.
    pub name: String,
    /// What for.
    pub purpose: String,
    /// The appropriation it belongs to.
    pub appropriation: String,
    /// Its figures, all sources together.
    #[serde(flatten)]
    pub figures: Figures,
    /// The same by source: every yuan keeps its source.
    pub by_source: Vec<SourceFigures>,
    /// Where to look further.
    pub links: LineLinks,
}

/// A reconciliation report.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Report {
    /// What it is about: `appropriation`, `fiscal_year`, `fund_source`, `organisation` or `allocation_line`.
    pub scope: String,
    /// The appropriation's id, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appropriation_id: Option<crate::kernel::AppropriationId>,
    /// What it is called.
    pub name: String,
    /// 文号, where it is about one appropriation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// The document's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_title: Option<String>,
    /// 资金年度, where all of it is of one.
    pub fiscal_year: Option<i16>,
    /// By effective date, to the end of this day.
    pub as_of: NaiveDate,
    /// What was known when it was made: what the log had up to this number.
    pub log_number: i64,
    /// The checkpoint it was made at: asked again with `checkpoint=` its size, the answer is the same byte for byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<PrintedCheckpoint>,
    /// All lines together.
    #[serde(flatten)]
    pub figures: Figures,
    /// Line by line.
    pub lines: Vec<LineReport>,
}
