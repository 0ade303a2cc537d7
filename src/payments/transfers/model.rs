//! Transfers down and their feedback as they are kept and shown.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::db::schema::{transfer_down, transfer_feedback};
use crate::exports::ToValue;
use crate::imports::Take;
use crate::kernel::identity_number::IdentityNumber;
use crate::kernel::vault::Secret;
use crate::kernel::{FederationId, FeedbackId, InstructionId, Money, OrganisationId, PositiveMoney, TransferId, Versioned};

/// Where a transfer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransferStatus {
    /// 已划拨: nothing reported yet.
    Sent,
    /// 部分核销
    PartlyCleared,
    /// 已核销: every fen is reported or handed back.
    Cleared,
    /// 逾期: not all is reported, and the day has passed.
    Overdue,
    /// 已退回: all of it was handed back.
    Returned,
}

/// A transfer as it is kept.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = transfer_down)]
pub struct Transfer {
    #[serde(skip)]
    pub(super) federation_id: FederationId,
    /// Its id.
    pub id: TransferId,
    /// The instruction that pays it.
    pub instruction_id: InstructionId,
    /// To whom.
    pub organisation_id: OrganisationId,
    /// How much.
    pub amount: Money,
    /// When it was handed over.
    pub sent_on: NaiveDate,
    /// When its recipients are due.
    pub feedback_due_on: Option<NaiveDate>,
    /// Reported so far.
    pub reported: Money,
    /// Handed back.
    pub handed_back: Money,
    /// Counted up by every change.
    pub version: i32,
}

impl Transfer {
    /// What is neither reported nor handed back.
    #[must_use]
    pub fn outstanding(&self) -> Money {
        self.amount - self.reported - self.handed_back
    }

    /// Where it is on a day.
    #[must_use]
    pub fn status(&self, today: NaiveDate) -> TransferStatus {
        if self.handed_back == self.amount {
            TransferStatus::Returned
        } else if self.outstanding().is_zero() {
            TransferStatus::Cleared
        } else if self.feedback_due_on.is_some_and(|due| due < today) {
            TransferStatus::Overdue
        } else if self.reported.is_positive() || self.handed_back.is_positive() {
            TransferStatus::PartlyCleared
        } else {
            TransferStatus::Sent
        }
    }
}

/// A transfer with where it is today.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TransferView {
    /// The transfer.
    #[serde(flatten)]
    pub transfer: Transfer,
    /// Where it is.
    pub status: TransferStatus,
    /// Neither reported nor handed back.
    pub outstanding: Money,
}

impl Versioned for TransferView {
    fn version(&self) -> i32 {
        self.transfer.version
    }
}

/// A recipient a subordinate union reports.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFeedback {
    /// Name.
    pub name: String,
    /// Identity number; a recipient is reported once for a transfer.
    pub identity_number: IdentityNumber,
    /// The household's number with the union, where households are counted.
    pub household_number: Option<String>,
    /// How much.
    pub amount: PositiveMoney,
    /// When it was paid.
    pub paid_on: NaiveDate,
}

/// A list of recipients (核销名单).
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FeedbackRequest {
    /// The day of the report; today when absent. The money is disbursed as of this day.
    pub reported_on: Option<NaiveDate>,
    /// Who was paid.
    pub rows: Vec<NewFeedback>,
}

/// Money handed back by a subordinate union.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandBackRequest {
    /// How much.
    pub amount: PositiveMoney,
    /// Why.
    pub reason: String,
    /// When; today when absent.
    pub handed_back_on: Option<NaiveDate>,
}

/// A reported recipient as it is kept: the number sealed, the name in clear.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = transfer_feedback)]
pub(super) struct FeedbackRow {
    pub(super) federation_id: FederationId,
    pub(super) id: FeedbackId,
    pub(super) transfer_down_id: TransferId,
    pub(super) name: String,
    pub(super) household_number: Option<String>,
    pub(super) amount: Money,
    pub(super) paid_on: NaiveDate,
    pub(super) reported_on: NaiveDate,
    pub(super) recorded_at: DateTime<Utc>,
    pub(super) identity_number_sealed: Vec<u8>,
    pub(super) identity_number_hash: Vec<u8>,
    pub(super) identity_number_commitment: Vec<u8>,
}

impl FeedbackRow {
    /// The column the identity number is sealed for.
    pub(super) const IDENTITY_NUMBER: &str = "transfer_feedback.identity_number";
}

/// A reported recipient as it is shown.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Feedback {
    /// Its id.
    pub id: FeedbackId,
    /// Name, masked: `王**`.
    pub name: String,
    /// Identity number, masked.
    pub identity_number: String,
    /// The household's number with the union.
    pub household_number: Option<String>,
    /// How much.
    pub amount: Money,
    /// When it was paid.
    pub paid_on: NaiveDate,
    /// As of when it was reported; its money is disbursed from that day on.
    pub reported_on: NaiveDate,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
}

/// A reported recipient in clear, for an answer that was recorded.
pub struct ClearRecipient {
    /// The row of the report.
    pub id: FeedbackId,
    /// Name.
    pub name: String,
    /// Identity number.
    pub identity_number: Secret,
}

crate::list_filter! {
    /// Which transfers.
    TransferFilter {
        /// To this union.
        organisation_id: OrganisationId,
    }
}

/// How a list of recipients is taken in.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct FeedbackImport {
    /// Only try it: gives exactly the report that the real run would, and changes nothing. `false` when absent.
    pub dry_run: Option<bool>,
    /// What is taken of a file with rows at fault; `all` (or nothing) when absent.
    #[param(inline)]
    pub take: Option<Take>,
    /// The day of the report; today when absent. The money is disbursed as of this day.
    pub reported_on: Option<NaiveDate>,
}

/// Where it is, by its word.
const fn status_of(row: &TransferView) -> crate::exports::Value<'_> {
    crate::exports::word(match row.status {
        TransferStatus::Sent => "sent",
        TransferStatus::PartlyCleared => "partly_cleared",
        TransferStatus::Cleared => "cleared",
        TransferStatus::Overdue => "overdue",
        TransferStatus::Returned => "returned",
    })
}

crate::listed! {
    TransferView = "transfers", "划拨下级", "Transfers down", sum amount;
    id "编号" = |row| row.transfer.id.to_value(), instruction_id "支付指令编号" = |row| row.transfer.instruction_id.to_value(),
    organisation_id "下级工会" = |row| row.transfer.organisation_id.to_value(), amount "金额" = |row| row.transfer.amount.to_value(),
    sent_on "划拨日期" = |row| row.transfer.sent_on.to_value(), feedback_due_on "应报日期" = |row| row.transfer.feedback_due_on.to_value(),
    reported "已核销" = |row| row.transfer.reported.to_value(), handed_back "已交回" = |row| row.transfer.handed_back.to_value(),
    outstanding "未核销", status "状态" = status_of,
}

crate::listed! {
    Feedback = "feedback", "划拨核销名单", "Recipients reported for a transfer", sum amount;
    id "编号", name "姓名", identity_number "身份证号", household_number "家庭号", amount "金额", paid_on "发放日期",
    reported_on "上报日期", recorded_at "登记时间",
}
