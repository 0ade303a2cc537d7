//! Statements, lines, exceptions and decisions as they are asked for and shown.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::model::{Batches, Candidate, Kind, Rung, StatementFormat, named};
use crate::kernel::{InstructionId, Money, StatementExceptionId, StatementId, StatementLineId};

/// What came of a file of statements (对账结果).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StatementReport {
    /// `taken`, or `unchanged` when the file was taken in before.
    pub outcome: &'static str,
    /// SHA-256 of the file.
    pub file_digest: String,
    /// Its statements in the file's order.
    pub statements: Vec<StatementView>,
}

/// A statement as it is shown. `ledger_sum` less `bank_sum` is `difference`, which is the sum of its exceptions.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StatementView {
    /// Its id.
    pub id: StatementId,
    /// SHA-256 of the file.
    pub file_digest: String,
    /// See [`StatementFormat`].
    #[schema(value_type = StatementFormat)]
    pub format: String,
    /// The layout it was read by.
    pub layout: Option<String>,
    /// The layout's version; 0 of a built-in one.
    pub layout_version: Option<i32>,
    /// The bank's identification of it.
    pub bank_reference: String,
    /// Its running number.
    pub sequence: Option<String>,
    /// The account, masked: `****0001`; a name that was given for it is shown as it is.
    pub account: String,
    /// ISO 4217.
    pub currency: String,
    /// First day: what it says, else the day of its first line.
    pub from: Option<NaiveDate>,
    /// Last day.
    pub to: Option<NaiveDate>,
    /// Balance before its lines.
    pub opening: Option<Money>,
    /// Balance after them.
    pub closing: Option<Money>,
    /// Within how many days the bank was to book what was sent.
    pub days: i16,
    /// See [`Batches`].
    #[schema(value_type = Batches)]
    pub batches: String,
    /// Lines that it was the first to list.
    pub lines: i32,
    /// Lines known from statements before.
    pub repeated: i32,
    /// Their sum, signed.
    pub repeated_sum: Money,
    /// Lines matched, by rung.
    pub matched: BTreeMap<String, i64>,
    /// Exceptions, by kind.
    pub exceptions: BTreeMap<String, i64>,
    /// What the ledger booked of what it is about, when it was taken in: payments minus, what came back plus.
    pub ledger_sum: Money,
    /// The lines that it was the first to list, signed.
    pub bank_sum: Money,
    /// Ledger less bank: the sum of the exceptions.
    pub difference: Money,
    /// Exceptions that nobody has decided and no later statement has cleared.
    pub open_exceptions: i64,
    /// Their differences together.
    pub open_difference: Money,
    /// Who handed it in.
    pub taken_by: String,
    /// When.
    pub taken_at: DateTime<Utc>,
}

/// A line as it is shown.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StatementLineView {
    /// Its id.
    pub id: StatementLineId,
    /// The statement that was the first to list it.
    pub statement_id: StatementId,
    /// Its place among the lines of the file.
    pub number: i32,
    /// The day the bank booked it.
    pub booked_on: NaiveDate,
    /// The day from which it counts for interest.
    pub value_on: Option<NaiveDate>,
    /// `credit` or `debit`.
    pub direction: String,
    /// More than zero.
    pub amount: Money,
    /// Whether the bank says that it takes back an earlier entry.
    pub reversal: bool,
    /// Whether the bank gives a reason why a payment was returned.
    pub returned: bool,
    /// Whether it is the bank's charge.
    pub fee: bool,
    /// The bank's code of the kind of movement.
    pub bank_code: Option<String>,
    /// The other side's name, masked: `王**`.
    pub counterparty_name: Option<String>,
    /// The other side's account, masked: `****0019`.
    pub counterparty_account: Option<String>,
    /// By what it was matched; see [`Rung`].
    #[schema(value_type = Option<Rung>)]
    pub rung: Option<String>,
    /// What it was matched with; several of a batch.
    pub instruction_ids: Vec<InstructionId>,
    /// Why it was not matched by itself; see [`Kind`].
    #[schema(value_type = Option<Kind>)]
    pub exception: Option<String>,
}

named! {
    /// Where an exception is.
    ExceptionState {
        /// 未处理
        Open = "open",
        /// 已消除: missing in the bank then, and in a later statement since.
        Cleared = "cleared",
        /// 已处理: a person decided.
        Resolved = "resolved",
    }
}

named! {
    /// What a person decides.
    Resolution {
        /// 认定: the line is this instruction's.
        MatchedTo = "matched_to",
        /// 接受: it stays as it is, for the reason given.
        Accepted = "accepted",
    }
}

/// A decision about an exception.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolutionRequest {
    /// What is decided.
    pub resolution: Resolution,
    /// The instruction, for `matched_to`: its amount is the line's.
    pub instruction_id: Option<InstructionId>,
    /// Why.
    pub reason: String,
}

/// An exception as it is shown.
#[derive(Debug, Clone, Serialize, ToSchema, QueryableByName)]
pub struct ExceptionView {
    /// Its id.
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    pub id: StatementExceptionId,
    /// The statement.
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    pub statement_id: StatementId,
    /// The line; absent when the bank has none.
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Uuid>)]
    pub line_id: Option<StatementLineId>,
    /// The instruction, when only one can be meant.
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Uuid>)]
    pub instruction_id: Option<InstructionId>,
    /// See [`Kind`].
    #[diesel(sql_type = diesel::sql_types::Text)]
    #[schema(value_type = Kind)]
    pub kind: String,
    /// What the ledger had then: minus for a payment, plus for what came back, zero for nothing.
    #[diesel(sql_type = diesel::sql_types::Numeric)]
    pub ledger_amount: Money,
    /// The line with its sign for the account.
    #[diesel(sql_type = diesel::sql_types::Numeric)]
    pub bank_amount: Money,
    /// Ledger less bank.
    #[diesel(sql_type = diesel::sql_types::Numeric)]
    pub difference: Money,
    /// Everything it might be.
    #[diesel(sql_type = diesel::sql_types::Jsonb)]
    #[schema(value_type = Vec<Candidate>)]
    pub candidates: Value,
    /// See [`ExceptionState`].
    #[diesel(sql_type = diesel::sql_types::Text)]
    #[schema(value_type = ExceptionState)]
    pub state: String,
    /// What was decided; see [`Resolution`].
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
    #[schema(value_type = Option<Resolution>)]
    pub resolution: Option<String>,
    /// The instruction it was matched to.
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Uuid>)]
    pub resolved_to: Option<InstructionId>,
    /// Why.
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
    pub reason: Option<String>,
    /// Who decided.
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
    pub resolved_by: Option<String>,
    /// When.
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Timestamptz>)]
    pub resolved_at: Option<DateTime<Utc>>,
}

crate::list_filter! {
    /// Which statements.
    StatementFilter {
        /// Of the file with this SHA-256.
        file_digest: String,
    }
}

crate::list_filter! {
    /// Which lines of a statement.
    LineFilter {
        /// Matched with an instruction, or not.
        matched: bool,
        /// Matched by this.
        rung: Rung,
        /// Not matched by itself, for this reason.
        exception: Kind,
    }
}

crate::list_filter! {
    /// Which exceptions.
    ExceptionFilter {
        /// Of this kind.
        kind: Kind,
        /// In this state.
        state: ExceptionState,
        /// Of this statement.
        statement_id: StatementId,
    }
}
