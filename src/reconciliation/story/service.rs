//! Collecting what every module knows of one payment.

use serde::Serialize;
use utoipa::ToSchema;

use crate::access::permissions::ReadPayments;
use crate::approvals::{self, ReviewView};
use crate::db::{Error, Result, Tx};
use crate::funds;
use crate::kernel::Permit;
use crate::kernel::{FundSourceId, InstructionId, LineId, Money};
use crate::ledger::{self, PostingView};
use crate::payments::{self, EventView, EvidenceView, Instruction, InstructionView};
use crate::plans::{self, Plan};

/// Which money paid it, and by which document it was granted.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PaidBy {
    /// The line.
    pub allocation_line_id: LineId,
    /// Its name.
    pub line: String,
    /// The appropriation's name.
    pub appropriation: String,
    /// 文号
    pub document: String,
    /// The document's title.
    pub document_title: String,
    /// Whose money.
    pub fund_source_id: FundSourceId,
    /// The source's name.
    pub fund_source: String,
    /// The own-funds line it came from, for a top-up (自有资金补差).
    pub top_up_line_id: Option<LineId>,
    /// How much.
    pub amount: Money,
}

/// One attempt with everything that happened to it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Attempt {
    /// The instruction.
    #[serde(flatten)]
    pub instruction: InstructionView,
    /// What happened, in order.
    pub events: Vec<EventView>,
}

/// The story of one payment.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Story {
    /// Which money paid it.
    pub paid_by: Vec<PaidBy>,
    /// The plan.
    pub plan: Plan,
    /// Its passages through the approval chain.
    pub reviews: Vec<ReviewView>,
    /// Every attempt for the same roster entry, first to last.
    pub attempts: Vec<Attempt>,
    /// What banks and receipts said of them.
    pub evidence: Vec<EvidenceView>,
    /// How its money moved, in the order it became known.
    pub postings: Vec<PostingView>,
}

/// More attempts for one entry than any bank makes.
const MOST_POSTINGS: i64 = 1000;

pub(super) async fn story(tx: &mut Tx, _may: &Permit<ReadPayments>, id: InstructionId) -> Result<Story> {
    let instruction = payments::instruction(tx, id).await?;
    let plan = plans::plan(tx, instruction.plan_id).await?;
    let mut attempts = Vec::new();
    let rows = payments::attempts_of(tx, instruction.roster_entry_id).await?;
    for attempt in payments::views(tx, rows).await? {
        let events = payments::events_of(tx, attempt.id).await?;
        attempts.push(Attempt { instruction: attempt, events });
    }
    let ids: Vec<InstructionId> = attempts.iter().map(|attempt| attempt.instruction.id).collect();
    let subjects: Vec<uuid::Uuid> = ids.iter().map(|id| id.0).collect();
    Ok(Story {
        paid_by: paid_by(tx, &instruction).await?,
        reviews: approvals::reviews_of(tx, "plan", plan.id.0).await?,
        plan,
        evidence: payments::evidence_of(tx, &ids).await?,
        postings: ledger::postings_of(tx, Some(&subjects), None, (0, 0), MOST_POSTINGS).await?,
        attempts,
    })
}

async fn paid_by(tx: &mut Tx, instruction: &Instruction) -> Result<Vec<PaidBy>> {
    let parts = plans::funding_of_entries(tx, &[instruction.roster_entry_id.0]).await?;
    let ids: Vec<LineId> = parts.iter().map(|part| part.allocation_line_id).collect();
    let lines = funds::lines(tx, &ids).await?;
    let sources = funds::sources(tx).await?;
    let mut paid = Vec::new();
    for part in parts {
        let line = lines.iter().find(|line| line.id == part.allocation_line_id);
        let line = line.ok_or_else(|| Error::Internal("a line is gone".to_owned()))?;
        let appropriation = funds::appropriation(tx, line.appropriation_id).await?;
        paid.push(PaidBy {
            allocation_line_id: line.id,
            line: line.name.clone(),
            appropriation: appropriation.name,
            document: appropriation.document_number,
            document_title: appropriation.document_title,
            fund_source_id: part.fund_source_id,
            fund_source: sources.get(&part.fund_source_id).map(|(name, _)| name.clone()).unwrap_or_default(),
            top_up_line_id: part.top_up_line_id,
            amount: part.amount,
        });
    }
    Ok(paid)
}
