//! What is asked about files, kept and shown.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::db::schema::{batch_file, batch_file_piece};
use crate::kernel::{BatchId, FederationId, Money, PayeeAccountId};

/// The form of a file of payments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderFormat {
    /// ISO 20022 `pain.001.001.09`.
    Pain001,
    /// A layout: a bank's or platform's own text file. Without a name the neutral CSV.
    Layout,
}

impl OrderFormat {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Pain001 => "pain001",
            Self::Layout => "layout",
        }
    }
}

/// How a batch is written.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBatchFile {
    /// The form.
    pub format: OrderFormat,
    /// The layout's name, for a file of a layout; `neutral` when absent.
    pub layout: Option<String>,
    /// The account that pays: one of an organisation.
    pub from_account_id: PayeeAccountId,
    /// The day on which the bank is to pay; today when absent.
    pub requested_on: Option<NaiveDate>,
}

/// The file of a batch.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = batch_file)]
pub struct BatchFile {
    #[serde(skip)]
    pub(super) federation_id: FederationId,
    /// The batch.
    pub batch_id: BatchId,
    /// See [`OrderFormat`].
    pub format: String,
    /// The layout's name.
    pub layout_name: Option<String>,
    /// Its version; 0 of the product's own.
    pub layout_version: Option<i32>,
    /// The account that pays.
    pub from_account_id: PayeeAccountId,
    /// The day on which the bank is to pay.
    pub requested_on: NaiveDate,
    /// The file's own identification.
    pub message_id: String,
    /// How many payments it has.
    pub count: i32,
    /// Their sum.
    pub total: Money,
    /// SHA-256 of the file.
    pub digest: String,
    /// Who wrote it.
    pub written_by: String,
    /// When.
    pub written_at: DateTime<Utc>,
}

/// A piece of the file of a batch.
#[derive(Debug, Insertable)]
#[diesel(table_name = batch_file_piece)]
pub(super) struct BatchFilePiece {
    pub(super) federation_id: FederationId,
    pub(super) id: uuid::Uuid,
    pub(super) batch_id: BatchId,
    pub(super) position: i32,
    pub(super) content_sealed: Vec<u8>,
    pub(super) content_commitment: Vec<u8>,
}

impl BatchFilePiece {
    /// The column pieces are sealed for.
    pub(super) const CONTENT: &str = "batch_file_piece.content";
}

/// The form of a file of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResultFormat {
    /// ISO 20022 `pain.002`.
    Pain002,
    /// A layout: a bank's or platform's own text file. Without a name the neutral CSV.
    Layout,
}

/// How a result file is taken in.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ResultQuery {
    /// The form; told by the file when absent.
    #[param(inline)]
    pub format: Option<ResultFormat>,
    /// The layout's name, for a file of a layout; `neutral` when absent.
    pub layout: Option<String>,
    /// The batch that the file answers, where it names none itself: for lines that give nothing but a number in the file that was sent.
    pub batch_id: Option<BatchId>,
    /// The day of lines that name none; such lines are left out when it is absent.
    pub occurred_on: Option<NaiveDate>,
    /// Only try it: gives exactly the report that the real run would, and changes nothing. `false` when absent.
    pub dry_run: Option<bool>,
}

/// What became of a result file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ResultReport {
    /// Whether it was only tried.
    pub dry_run: bool,
    /// SHA-256 of the file.
    pub file_digest: String,
    /// Lines of payments in the file.
    pub lines: u64,
    /// Lines that changed a state.
    pub applied: u32,
    /// Lines that said what was known.
    pub confirmed: u32,
    /// Lines that said the opposite of what is known; each opened a finding.
    pub contradicted: u32,
    /// Lines that were taken in before, and changed nothing.
    pub repeated: u32,
    /// Lines that name a payment and no amount, and were taken for the amount instructed; the file answers the batch of each, and
    /// what it says of the batch is what went out.
    pub without_amount: u64,
    /// How many lines were left out.
    pub left_out: u64,
    /// Which, and why: `line`, `code`, `zh`, `en`; at most 1000 of them.
    #[schema(value_type = Vec<Object>)]
    pub lines_left_out: Vec<Value>,
    /// What the file says of itself as a whole, such as that the bank took none of it. It changes no payment.
    pub file_status: Option<String>,
    /// Why, in the bank's words.
    pub file_reason: Option<String>,
}
