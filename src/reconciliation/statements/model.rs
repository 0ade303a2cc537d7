//! Statements, their lines, matches, exceptions and resolutions as they are asked for, kept and shown.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::db::schema::{bank_file, bank_file_piece, bank_statement, statement_resolution, statement_result};
use crate::kernel::{BankFileId, BatchId, FederationId, InstructionId, Money, StatementExceptionId, StatementId, StatementLineId};

/// Declares an enumeration with its names.
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

pub(super) use named;

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
        /// 余额不衔接: the closing balance does not follow from the statement before and the lines that are known.
        BalanceDiffers = "balance_differs",
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
    /// The balance that follows from the statement before and the lines that are known.
    BalanceExpected,
    /// The balance that the statement gives.
    BalanceGiven,
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
    /// Its amount; of a balance, that.
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
    /// What it would have been known by before the other side took part; a line that was kept by it is not kept again.
    pub(super) earlier_hash: Vec<u8>,
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
