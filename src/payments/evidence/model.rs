//! Evidence as it is handed in, kept and shown.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::schema::evidence;
use crate::kernel::vault::Secret;
use crate::kernel::{EvidenceId, FederationId, InstructionId, Money, OrganisationId, PositiveMoney, StatementLineId, mask};
use crate::payments::instructions::model::Outcome;

/// Where evidence comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// 银行回盘
    BankResult,
    /// 银行流水
    StatementLine,
    /// 签收收据
    Receipt,
    /// 函件
    Letter,
}

/// What is said of one instruction.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEvidence {
    /// The instruction, by what banks know it by.
    pub reference: Uuid,
    /// What is said.
    pub outcome: Outcome,
    /// The amount it is said of; must be the instructed one.
    pub amount: PositiveMoney,
    /// When it happened.
    pub occurred_on: NaiveDate,
    /// Its line in the file; the place in the list when absent.
    pub line_number: Option<i32>,
    /// The bank's own code.
    pub code: Option<String>,
    /// The line as it stands in the file.
    pub raw_text: Option<String>,
    /// Who saw cash handed over; at least two for cash.
    #[serde(default)]
    pub witnesses: Vec<String>,
    /// The line of a statement that says so, when it was matched there; never handed in.
    #[serde(skip)]
    #[schema(ignore)]
    pub statement_line: Option<StatementLineId>,
}

/// One piece of evidence, or a file of it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceRequest {
    /// Where it comes from.
    pub kind: EvidenceKind,
    /// SHA-256 of the file; the same line of the same file counts once.
    pub file_digest: Option<String>,
    /// What is said, line by line.
    pub items: Vec<NewEvidence>,
}

/// What evidence did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct EvidenceResult {
    /// Lines that changed a state.
    pub applied: u32,
    /// Lines that said what was known.
    pub confirmed: u32,
    /// Lines that said the opposite of what is known; each opened a finding.
    pub contradicted: u32,
    /// Lines that were taken in before, and changed nothing.
    pub repeated: u32,
}

/// Evidence as it is kept: the line of the file sealed, witnesses in clear.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = evidence)]
pub(super) struct EvidenceRow {
    pub(super) federation_id: FederationId,
    pub(super) id: EvidenceId,
    pub(super) kind: String,
    pub(super) file_digest: Option<String>,
    pub(super) line_number: Option<i32>,
    pub(super) instruction_id: InstructionId,
    pub(super) outcome: String,
    pub(super) amount: Money,
    pub(super) occurred_on: NaiveDate,
    pub(super) code: Option<String>,
    pub(super) witnesses: Vec<String>,
    pub(super) effect: String,
    pub(super) actor: String,
    pub(super) recorded_at: DateTime<Utc>,
    pub(super) raw_text_sealed: Option<Vec<u8>>,
    pub(super) raw_text_commitment: Option<Vec<u8>>,
    pub(super) statement_line_id: Option<StatementLineId>,
    pub(super) act_id: Uuid,
}

impl EvidenceRow {
    /// The column the line is sealed for.
    pub(super) const RAW_TEXT: &str = "evidence.raw_text";
}

impl From<EvidenceRow> for EvidenceView {
    fn from(row: EvidenceRow) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            file_digest: row.file_digest,
            line_number: row.line_number,
            instruction_id: row.instruction_id,
            outcome: row.outcome,
            amount: row.amount,
            occurred_on: row.occurred_on,
            code: row.code,
            has_raw_text: row.raw_text_sealed.is_some(),
            witnesses: row.witnesses.iter().map(|name| mask::name(name)).collect(),
            effect: row.effect,
            actor: row.actor,
            recorded_at: row.recorded_at,
            statement_line_id: row.statement_line_id,
        }
    }
}

/// A piece of evidence in clear, for an answer that was recorded.
pub struct ClearEvidence {
    /// The union whose plan it pays.
    pub organisation_id: Option<OrganisationId>,
    /// The line as it stands in the file, when it is kept.
    pub raw_text: Option<Secret>,
    /// Who saw it.
    pub witnesses: Vec<String>,
}

/// Evidence as it is shown.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EvidenceView {
    /// Its id.
    pub id: EvidenceId,
    /// See [`EvidenceKind`].
    pub kind: String,
    /// SHA-256 of the file.
    pub file_digest: Option<String>,
    /// Its line.
    pub line_number: Option<i32>,
    /// The instruction.
    pub instruction_id: InstructionId,
    /// What is said.
    pub outcome: String,
    /// Of how much.
    pub amount: Money,
    /// When it happened.
    pub occurred_on: NaiveDate,
    /// The bank's own code.
    pub code: Option<String>,
    /// Whether the line of the file is kept; it may name persons and cards, so it is shown only when it is revealed.
    pub has_raw_text: bool,
    /// Who saw it; names masked: `王**`.
    pub witnesses: Vec<String>,
    /// `applied`, `confirms` or `contradicts`.
    pub effect: String,
    /// Who handed it in.
    pub actor: String,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// The line of a bank statement that it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement_line_id: Option<StatementLineId>,
}

/// `applied` is here no dossier that was applied for.
fn effect(row: &EvidenceView) -> crate::exports::Value<'_> {
    if row.effect == "applied" { crate::exports::Value::Called("applied", "已生效") } else { crate::exports::word(&row.effect) }
}

crate::listed! {
    EvidenceView = "evidence", "支付凭据", "Evidence of a payment";
    id "编号", kind "来源" = |row| crate::exports::word(&row.kind), file_digest "文件摘要", line_number "行号",
    instruction_id "支付指令编号", outcome "结果" = |row| crate::exports::word(&row.outcome), amount "金额", occurred_on "发生日期",
    code "银行代码", has_raw_text "留有原文", witnesses "见证人", effect "作用" = effect, actor "提交人", recorded_at "记录时间",
    statement_line_id "对账单明细编号",
}
