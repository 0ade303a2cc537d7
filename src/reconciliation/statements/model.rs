//! Statements, their lines, matches, exceptions and resolutions as they are asked for, kept and shown.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::db::schema::{bank_file, bank_file_piece, bank_statement, statement_resolution, statement_result};
use crate::kernel::{BankFileId, BatchId, FederationId, InstructionId, Money, StatementExceptionId, StatementId, StatementLineId};

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// The name in the API and the database.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

named! {
    /// Which movement of an instruction a line is.
    Movement {
        /// 付款: it was paid.
        Settled = "settled",
        /// 退票: it came back.
        Bounced = "bounced",
    }
}

named! {
    /// By what a line was matched.
    Rung {
        /// 参考号: it names the instruction's own reference, and its amount.
        Reference = "reference",
        /// 账号: account of the payee, amount and day, and nothing else fits.
        Account = "account",
        /// 批次合计: what is open of exactly one batch adds up to it.
        Batch = "batch",
        /// 人工: a person decided.
        Person = "person",
    }
}

named! {
    /// Why something does not match.
    Kind {
        /// 金额不符: it names a reference of ours, and another amount.
        AmountDiffers = "amount_differs",
        /// 银行未达: the ledger has it, or it was sent, and the bank has no line of it.
        MissingInBank = "missing_in_bank",
        /// 账面未达: the bank has it, and no instruction, or not exactly one, can be meant.
        MissingInLedger = "missing_in_ledger",
        /// 重复: a second line of what was matched already.
        Duplicate = "duplicate",
        /// 手续费: the bank's charge.
        Fee = "fee",
        /// 未知代码: as missing in the ledger, and the bank's code is none of payments.
        UnknownCode = "unknown_code",
        /// 矛盾: the line names an instruction, and what is known of it says otherwise.
        Contradicted = "contradicted",
    }
}

/// What makes something a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The line names its reference.
    Reference,
    /// Its payee's account and its amount are the line's.
    Account,
    /// What is open of the batch adds up to the line.
    Batch,
    /// The line says that it came back, and it was never settled.
    NotSettled,
    /// It was sent and has no answer.
    Sent,
    /// The ledger has it settled.
    Settled,
    /// The ledger has it bounced.
    Bounced,
}

/// What an exception might be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Candidate {
    /// The instruction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instruction_id: Option<InstructionId>,
    /// The batch, when all that is open of it is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_id: Option<BatchId>,
    /// Its amount.
    pub amount: Money,
    /// What makes it one.
    pub why: Why,
}

/// How a file of statements is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatementFormat {
    /// ISO 20022 `camt.053`.
    Camt053,
    /// SWIFT MT940.
    Mt940,
    /// A text file by a layout.
    Layout,
}

impl StatementFormat {
    /// The name in the API and the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Camt053 => "camt053",
            Self::Mt940 => "mt940",
            Self::Layout => "layout",
        }
    }
}

/// Which batches can be missing in a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Batches {
    /// All but those known to be paid from another account.
    #[default]
    All,
    /// Those known to be paid from this one, by lines matched before.
    Known,
}

impl Batches {
    /// The name in the API and the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Known => "known",
        }
    }
}

/// How a file of statements is taken in.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct StatementQuery {
    /// How it is written; XML and MT940 are recognised when absent, and anything else is of a layout.
    #[param(inline)]
    pub format: Option<StatementFormat>,
    /// The layout's name, for a text file; `neutral` is built in.
    pub layout: Option<String>,
    /// What to call the account when the file does not name it, such as `基本户`. The same each time: by it and the account's
    /// lines are known again. No number.
    pub account: Option<String>,
    /// Within how many days the bank books what was sent, 0 to 60; 5 when absent.
    #[param(minimum = 0, maximum = 60)]
    pub days: Option<u16>,
    /// Which batches can be missing in it; `all` when absent.
    #[param(inline)]
    pub batches: Option<Batches>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = bank_file)]
pub(super) struct FileRow {
    pub(super) federation_id: FederationId,
    pub(super) id: BankFileId,
    pub(super) digest: String,
    pub(super) format: String,
    pub(super) layout_name: Option<String>,
    pub(super) layout_version: Option<i32>,
    pub(super) bytes: i64,
    pub(super) taken_by: String,
    pub(super) taken_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = bank_file_piece)]
pub(super) struct PieceRow {
    pub(super) federation_id: FederationId,
    pub(super) id: uuid::Uuid,
    pub(super) file_id: BankFileId,
    pub(super) position: i32,
    pub(super) content_sealed: Vec<u8>,
    pub(super) content_commitment: Vec<u8>,
}

impl PieceRow {
    /// The column pieces are sealed for.
    pub(super) const CONTENT: &str = "bank_file_piece.content";
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = bank_statement)]
pub(super) struct StatementRow {
    pub(super) federation_id: FederationId,
    pub(super) id: StatementId,
    pub(super) file_id: BankFileId,
    pub(super) position: i32,
    pub(super) bank_reference: String,
    pub(super) sequence: Option<String>,
    pub(super) account_sealed: Vec<u8>,
    pub(super) account_hash: Vec<u8>,
    pub(super) account_commitment: Vec<u8>,
    pub(super) currency: String,
    pub(super) from_on: Option<NaiveDate>,
    pub(super) to_on: Option<NaiveDate>,
    pub(super) opening: Option<Money>,
    pub(super) closing: Option<Money>,
    pub(super) days: i16,
    pub(super) batches: String,
}

impl StatementRow {
    /// The column accounts are sealed for.
    pub(super) const ACCOUNT: &str = "bank_statement.account";
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = statement_result)]
pub(super) struct ResultRow {
    pub(super) federation_id: FederationId,
    pub(super) statement_id: StatementId,
    pub(super) lines: i32,
    pub(super) repeated: i32,
    pub(super) repeated_sum: Money,
    pub(super) ledger_sum: Money,
    pub(super) bank_sum: Money,
    pub(super) difference: Money,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = statement_resolution)]
pub(super) struct ResolutionRow {
    pub(super) federation_id: FederationId,
    pub(super) exception_id: StatementExceptionId,
    pub(super) resolution: String,
    pub(super) instruction_id: Option<InstructionId>,
    pub(super) reason: String,
    pub(super) actor: String,
    pub(super) resolved_at: DateTime<Utc>,
}

/// A line that is to be kept.
#[derive(Debug, Clone)]
pub(super) struct NewLine {
    pub(super) id: StatementLineId,
    pub(super) number: i32,
    pub(super) entry: i32,
    pub(super) detail: i32,
    pub(super) identity_hash: Vec<u8>,
    pub(super) booked_on: NaiveDate,
    pub(super) value_on: Option<NaiveDate>,
    pub(super) direction: &'static str,
    pub(super) amount: Money,
    pub(super) reversal: bool,
    pub(super) returned: bool,
    pub(super) fee: bool,
    pub(super) bank_code: Option<String>,
    pub(super) content_sealed: Vec<u8>,
    pub(super) content_commitment: Vec<u8>,
}

/// What of a line is sealed, as JSON.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct LineContent {
    pub(super) account: Option<String>,
    pub(super) name: Option<String>,
    pub(super) references: Vec<String>,
    pub(super) remittance: String,
    pub(super) return_reason: Option<String>,
    pub(super) entry_reference: Option<String>,
    pub(super) raw: String,
}

impl LineContent {
    /// The column contents are sealed for.
    pub(super) const COLUMN: &str = "statement_line.content";
}

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
pub struct LineView {
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
