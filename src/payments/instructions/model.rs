//! Batches, instructions and their events as they are kept and shown.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::schema::{batch, instruction, instruction_event};
use crate::kernel::{BatchId, EntryId, EvidenceId, FederationId, InstructionId, JournalEntryId, Money, PayeeAccountId, PlanId, Versioned};

/// Where an instruction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InstructionStatus {
    /// 待送: written, not handed to the bank.
    Pending,
    /// 已送: handed over, no answer yet.
    Sent,
    /// 成功
    Settled,
    /// 失败
    Failed,
    /// 未知: the bank did not say. Blocks another attempt until evidence says more.
    Unknown,
    /// 退票: settled, then came back.
    Bounced,
    /// 已重发: another attempt took its place.
    Reissued,
    /// 已放弃: nobody will be paid by it.
    GivenUp,
}

impl InstructionStatus {
    /// The name in the API and the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Settled => "settled",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Bounced => "bounced",
            Self::Reissued => "reissued",
            Self::GivenUp => "given_up",
        }
    }

    /// The status of a stored name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let all = [Self::Pending, Self::Sent, Self::Settled, Self::Failed, Self::Unknown, Self::Bounced, Self::Reissued, Self::GivenUp];
        all.into_iter().find(|status| status.name() == name)
    }
}

/// What evidence says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// 成功
    Settled,
    /// 失败
    Failed,
    /// 未知
    Unknown,
    /// 退票
    Bounced,
}

impl Outcome {
    /// The name in the API and the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Bounced => "bounced",
        }
    }
}

/// A batch as it is kept.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = batch)]
pub struct Batch {
    #[serde(skip)]
    pub(in crate::payments) federation_id: FederationId,
    /// Its id.
    pub id: BatchId,
    /// The plan.
    pub plan_id: PlanId,
    /// How it is paid.
    pub channel: String,
    /// Its number within the plan.
    pub sequence: i32,
    /// How many instructions.
    pub count: i32,
    /// Their amount together.
    pub total: Money,
    /// The digest of the roster it pays.
    pub roster_digest: String,
    /// The day it was handed over.
    pub sent_on: Option<NaiveDate>,
    /// How many were handed over: those not given up before.
    pub sent_count: Option<i32>,
    /// Their amount together.
    pub sent_total: Option<Money>,
    /// Who released it.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// An instruction as it is kept, the holder's name in clear.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = instruction)]
pub struct Instruction {
    /// Whose it is.
    pub(in crate::payments) federation_id: FederationId,
    /// Its id.
    pub id: InstructionId,
    /// What banks know it by: the same for the same plan, entry and attempt, always.
    pub reference: Uuid,
    /// The plan.
    pub plan_id: PlanId,
    /// The batch.
    pub batch_id: BatchId,
    /// The roster entry it pays.
    pub roster_entry_id: EntryId,
    /// The household, person or organisation it is for.
    pub payee_id: Uuid,
    /// Which attempt, from 1.
    pub attempt: i16,
    /// How much.
    pub amount: Money,
    /// How.
    pub channel: String,
    /// The account.
    pub payee_account_id: Option<PayeeAccountId>,
    /// Who holds it.
    pub holder_name: String,
    /// See [`InstructionStatus`].
    pub status: String,
    /// The business date of the last event.
    pub status_on: NaiveDate,
    /// Counted up by every event.
    pub version: i32,
    /// When it was written.
    pub created_at: DateTime<Utc>,
}

/// An instruction as it is shown.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InstructionView {
    /// Its id.
    pub id: InstructionId,
    /// What banks know it by: the same for the same plan, entry and attempt, always.
    pub reference: Uuid,
    /// The plan.
    pub plan_id: PlanId,
    /// The batch.
    pub batch_id: BatchId,
    /// The roster entry it pays.
    pub roster_entry_id: EntryId,
    /// The household, person or organisation it is for.
    pub payee_id: Uuid,
    /// Which attempt, from 1.
    pub attempt: i16,
    /// How much.
    pub amount: Money,
    /// How.
    pub channel: String,
    /// The account.
    pub payee_account_id: Option<PayeeAccountId>,
    /// Its number, masked: `****0019`. A payee account's number never changes.
    pub account_number: Option<String>,
    /// Who holds it, or receives the cash; a person's name is masked: `王**`.
    pub holder_name: String,
    /// See [`InstructionStatus`].
    pub status: String,
    /// The business date of the last event.
    pub status_on: NaiveDate,
    /// Counted up by every event.
    pub version: i32,
    /// When it was written.
    pub created_at: DateTime<Utc>,
}

impl Versioned for InstructionView {
    fn version(&self) -> i32 {
        self.version
    }
}

/// Something that happened to an instruction.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable)]
#[diesel(table_name = instruction_event)]
pub struct EventView {
    /// Its place in the order.
    pub sequence: i32,
    /// The state it led to; `released` for the first.
    pub kind: String,
    /// The business date.
    pub effective_on: NaiveDate,
    /// The evidence it rests on.
    pub evidence_id: Option<EvidenceId>,
    /// The journal entry it was booked with.
    pub journal_entry_id: Option<JournalEntryId>,
    /// Why.
    pub reason: String,
    /// Who recorded it.
    pub actor: String,
    /// When.
    pub recorded_at: DateTime<Utc>,
}

/// A change of state to be written.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// The act that changes it.
    pub act: Uuid,
    /// The instruction.
    pub instruction: InstructionId,
    /// The state it leads to.
    pub status: InstructionStatus,
    /// The business date.
    pub effective_on: NaiveDate,
    /// The evidence.
    pub evidence: Option<EvidenceId>,
    /// The journal entry.
    pub journal_entry: Option<JournalEntryId>,
    /// Why.
    pub reason: String,
}

crate::list_filter! {
    /// Which batches.
    BatchFilter {
        /// Of this plan.
        plan_id: PlanId,
        /// Handed over, or not yet.
        sent: bool,
    }
}

crate::list_filter! {
    /// Which instructions.
    InstructionFilter {
        /// Of this plan.
        plan_id: PlanId,
        /// Of this batch.
        batch_id: BatchId,
        /// In this state.
        status: InstructionStatus,
        /// By what banks know it by.
        reference: Uuid,
        /// For this household, person or organisation: its payments in one place.
        payee_id: Uuid,
    }
}

crate::listed! {
    Batch = "batches", "代发批次", "Batches", sum total;
    id "编号", plan_id "方案编号", sequence "批次", channel "渠道" = |row| crate::exports::word(&row.channel), count "笔数",
    total "金额", sent_on "送出日期", sent_count "送出笔数", sent_total "送出金额", roster_digest "花名册摘要", created_by "下发人",
    created_at "下发时间",
}

crate::listed! {
    InstructionView = "instructions", "支付指令", "Payment instructions", sum amount;
    id "编号", reference "支付参考号", plan_id "方案编号", batch_id "批次编号", roster_entry_id "花名册行编号", payee_id "对象编号",
    attempt "次数", amount "金额", channel "渠道" = |row| crate::exports::word(&row.channel), account_number "账号",
    holder_name "户名", status "状态" = |row| crate::exports::word(&row.status), status_on "状态日期", created_at "下发时间",
}
