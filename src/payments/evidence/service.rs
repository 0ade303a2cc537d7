//! Taking in evidence: all of a request or none of it.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use futures_util::join;
use uuid::Uuid;

use super::model::{ClearEvidence, EvidenceKind, EvidenceRequest, EvidenceResult, EvidenceRow, NewEvidence};
use super::store;
use super::writing::{Changes, Step, write};
use crate::access::permissions::Pay;
use crate::db::{Error, InOrder, Result, Tx};
use crate::kernel::Permit;
use crate::kernel::refusal::digest_malformed;
use crate::kernel::refusal::{in_future, none_at_fault};
use crate::kernel::{EvidenceId, FieldError, InstructionId, PlanId, Refusal, Text};
use crate::organisations::name_of;
use crate::payments::error::{EVIDENCE_AMOUNT_DIFFERS, EVIDENCE_LINE_DIFFERS, EVIDENCE_TOO_EARLY, REFERENCE_NOT_ISSUED, WITNESSES_MISSING};
use crate::payments::instructions::model::{Instruction, InstructionStatus};
use crate::payments::instructions::rules::{self, Effect, Known};
use crate::payments::instructions::service::{Funded, follow};
use crate::payments::instructions::store as instructions;
use crate::payments::{recoveries, transfers};

/// Takes in a request. Lines taken in before change nothing; every other line is kept, whatever it says.
pub(in crate::payments) async fn take_in(tx: &mut Tx, _may: &Permit<Pay>, request: &EvidenceRequest) -> Result<EvidenceResult> {
    none_at_fault(faults(tx, request))?;
    let references: Vec<Uuid> = request.items.iter().map(|item| item.reference).collect();
    let rows = instructions::lock_by_references(tx, &references).await?;
    let by_reference: HashMap<Uuid, Instruction> = rows.into_iter().map(|row| (row.reference, row)).collect();
    // What was taken in before is looked up only now: the same file at the same moment waited for these rows.
    let mut result = EvidenceResult::default();
    let fresh = without_repeated(tx, request, &by_reference, &mut result).await?;
    refuse_strangers(&fresh, &by_reference)?;
    apply(tx, Lot { act: tx.act(), request, fresh }, by_reference, &mut result).await?;
    Ok(result)
}

/// What became of one line of a statement.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    /// The evidence that was kept.
    pub evidence: EvidenceId,
    /// It says the opposite of what is known; a finding was opened.
    pub contradicts: bool,
}

/// Takes in what the lines of a statement say: of each item what became of it, in their order. The same rules as for evidence
/// that is handed in; which line is which payment was found before, and lines taken in before are not among them.
///
/// # Errors
/// As for evidence that is handed in: references nobody was given, other amounts, what was not sent, cash.
pub async fn take_in_lines<P>(tx: &mut Tx, _may: &Permit<P>, request: &EvidenceRequest) -> Result<Vec<Taken>> {
    let references: Vec<Uuid> = request.items.iter().map(|item| item.reference).collect();
    let rows = instructions::lock_by_references(tx, &references).await?;
    let by_reference: HashMap<Uuid, Instruction> = rows.into_iter().map(|row| (row.reference, row)).collect();
    let fresh: Vec<Line<'_>> = lines(request).collect();
    refuse_strangers(&fresh, &by_reference)?;
    apply(tx, Lot { act: tx.act(), request, fresh }, by_reference, &mut EvidenceResult::default()).await
}

/// What is new in a request, and the act that takes it in.
pub(super) struct Lot<'a> {
    pub(super) act: Uuid,
    pub(super) request: &'a EvidenceRequest,
    pub(super) fresh: Vec<Line<'a>>,
}

/// Keeps every line, and lets states, plans and books follow.
async fn apply(tx: &mut Tx, lot: Lot<'_>, mut by_reference: HashMap<Uuid, Instruction>, result: &mut EvidenceResult) -> Result<Vec<Taken>> {
    let past = Past::read(tx, by_reference.values()).await?;
    let changes = weigh(tx, lot, &mut by_reference, &past, result)?;
    // A file that only confirms moves nothing.
    let moving = changes.steps.iter().filter(|step| !step.money.is_empty());
    let funded = Funded::read(tx, moving.map(|step| &step.row)).await?;
    let plans: BTreeSet<PlanId> = by_reference.values().map(|row| row.plan_id).collect();
    for (instruction, evidence, outcome) in &changes.contradictions {
        crate::findings::open(tx, contradiction(*instruction, *evidence, outcome)).await?;
    }
    let behind = write(tx, &changes, &funded, &plans).await?;
    follow(tx, behind).await?;
    Ok(changes.evidence.iter().map(|row| Taken { evidence: row.id, contradicts: row.effect == "contradicts" }).collect())
}

/// What a request changes. Every line at fault is named at once: whoever takes the others without them asks once more, not once
/// for each.
pub(super) fn weigh(
    tx: &Tx,
    lot: Lot<'_>,
    by_reference: &mut HashMap<Uuid, Instruction>,
    past: &Past,
    result: &mut EvidenceResult,
) -> Result<Changes> {
    let mut changes = Changes::default();
    let mut refused: Option<Refusal> = None;
    for line in &lot.fresh {
        let Some(row) = by_reference.get_mut(&line.item.reference) else { continue };
        match take_one(tx, &lot, *line, row, past, &mut changes, result) {
            Ok(()) => {}
            Err(Error::Refused(mut refusal)) => {
                let mut fields = std::mem::take(&mut refusal.fields);
                if fields.is_empty() {
                    fields.push(line.at(refusal.code, "reference", refusal.detail.clone()));
                }
                refused.get_or_insert(refusal).fields.extend(fields);
            }
            Err(error) => return Err(error),
        }
    }
    match refused {
        Some(refusal) => Err(refusal.into()),
        None => Ok(changes),
    }
}

/// One line of a request.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    /// Its place in the request, for pointing at it.
    index: usize,
    /// Its number in the file.
    number: Option<i32>,
    item: &'a NewEvidence,
}

pub(super) fn lines(request: &EvidenceRequest) -> impl Iterator<Item = Line<'_>> {
    request.items.iter().enumerate().map(|(index, item)| Line { index, number: item.line_number, item })
}

impl Line<'_> {
    fn at(&self, code: &'static crate::kernel::Code, field: &str, text: Text) -> FieldError {
        FieldError { pointer: format!("/items/{}/{field}", self.index), code: code.name.to_owned(), text }
    }
}

pub(super) fn faults(tx: &Tx, request: &EvidenceRequest) -> Vec<FieldError> {
    let mut faults: Vec<FieldError> = digest_malformed("/file_digest", request.file_digest.as_deref()).into_iter().collect();
    if request.items.is_empty() {
        faults.push(FieldError::new("/items", "items_missing", "没有任何凭证", "there is no evidence in it"));
    }
    let mut numbers = HashSet::new();
    for line in lines(request) {
        faults.extend(in_future(&format!("/items/{}/occurred_on", line.index), line.item.occurred_on, tx.today()));
        let pointer = format!("/items/{}/line_number", line.index);
        match (line.number, &request.file_digest) {
            // Numbering by place would take the second part of a file that comes in parts for the first.
            (None, Some(_)) => {
                faults.push(FieldError::new(pointer, "line_number_missing", "文件中的凭证需要行号", "a line of a file needs its number"))
            }
            (Some(number), _) if number < 1 => {
                faults.push(FieldError::new(pointer, "line_number_invalid", "行号从 1 开始", "lines are counted from 1"))
            }
            (Some(number), _) if !numbers.insert(number) => {
                faults.push(FieldError::new(pointer, "line_repeated", "行号重复", "the line number stands twice"));
            }
            _ => {}
        }
    }
    faults
}

/// The lines not taken in before. A line that was, with other content, is refused: one of the two files is not what it says.
async fn without_repeated<'a>(
    tx: &mut Tx,
    request: &'a EvidenceRequest,
    rows: &HashMap<Uuid, Instruction>,
    result: &mut EvidenceResult,
) -> Result<Vec<Line<'a>>> {
    let Some(digest) = &request.file_digest else { return Ok(lines(request).collect()) };
    let numbers: Vec<i32> = lines(request).filter_map(|line| line.number).collect();
    let known: HashMap<i32, EvidenceRow> =
        store::lines_of_file(tx, digest, &numbers).await?.into_iter().filter_map(|row| Some((row.line_number?, row))).collect();
    let mut fresh = Vec::new();
    for line in lines(request) {
        let item = line.item;
        match line.number.and_then(|number| known.get(&number)) {
            None => fresh.push(line),
            Some(row)
                if rows.get(&item.reference).is_some_and(|instruction| instruction.id == row.instruction_id)
                    && row.outcome == item.outcome.name()
                    && row.amount == item.amount.get()
                    && row.occurred_on == item.occurred_on =>
            {
                result.repeated = result.repeated.saturating_add(1);
            }
            Some(_) => return Err(EVIDENCE_LINE_DIFFERS.refuse().with("line_number", line.number).into()),
        }
    }
    Ok(fresh)
}

/// Names every line whose reference was never issued or whose amount is not the one instructed.
pub(super) fn refuse_strangers(fresh: &[Line<'_>], known: &HashMap<Uuid, Instruction>) -> Result<()> {
    let (mut unknown, mut differing) = (Vec::new(), Vec::new());
    for line in fresh {
        match known.get(&line.item.reference) {
            None => unknown.push(line.at(&REFERENCE_NOT_ISSUED, "reference", Text::new(REFERENCE_NOT_ISSUED.zh, REFERENCE_NOT_ISSUED.en))),
            Some(row) if row.amount != line.item.amount.get() => {
                let text = Text::new(format!("应为 {}", row.amount), format!("was instructed as {}", row.amount));
                differing.push(line.at(&EVIDENCE_AMOUNT_DIFFERS, "amount", text));
            }
            Some(_) => {}
        }
    }
    if !unknown.is_empty() {
        return Err(REFERENCE_NOT_ISSUED.refuse().with_fields(unknown).into());
    }
    if !differing.is_empty() {
        return Err(EVIDENCE_AMOUNT_DIFFERS.refuse().with_fields(differing).into());
    }
    Ok(())
}

/// What happened before to the instructions of a request; their rows are held, so it stays true until the end.
pub(super) struct Past {
    sent_on: HashMap<InstructionId, NaiveDate>,
    settled_on: HashMap<InstructionId, NaiveDate>,
    transfers: HashSet<InstructionId>,
    part_gone: HashSet<InstructionId>,
}

impl Past {
    pub(super) async fn read(tx: &Tx, rows: impl Iterator<Item = &Instruction> + Clone) -> Result<Self> {
        let ids: Vec<InstructionId> = rows.clone().map(|row| row.id).collect();
        // What waits for its first answer has never been settled, and nothing of it has gone on.
        let waiting = [InstructionStatus::Pending, InstructionStatus::Sent].map(InstructionStatus::name);
        let answered: Vec<InstructionId> = rows.filter(|row| !waiting.contains(&row.status.as_str())).map(|row| row.id).collect();
        let (sent_on, transfers) = join!(instructions::sent_on(tx, &ids), transfers::among(tx, &ids)).in_order()?;
        let (settled_on, mut part_gone) = if answered.is_empty() {
            (HashMap::new(), HashSet::new())
        } else {
            join!(instructions::settled_on(tx, &answered), recoveries::among(tx, &answered)).in_order()?
        };
        part_gone
            .extend(transfers.iter().filter(|transfer| transfer.outstanding() != transfer.amount).map(|transfer| transfer.instruction_id));
        Ok(Self { sent_on, settled_on, transfers: transfers.iter().map(|transfer| transfer.instruction_id).collect(), part_gone })
    }

    fn known(&self, row: &Instruction) -> Known {
        Known {
            transfer: self.transfers.contains(&row.id),
            // What earlier lines of this very request say is known as well: only "settled" leads to "bounced".
            settled_on: self.settled_on.get(&row.id).copied().or_else(|| {
                let settled = [InstructionStatus::Settled, InstructionStatus::Bounced].map(InstructionStatus::name);
                settled.contains(&row.status.as_str()).then_some(row.status_on)
            }),
            part_gone: self.part_gone.contains(&row.id),
        }
    }
}

fn take_one(
    tx: &Tx,
    lot: &Lot<'_>,
    line: Line<'_>,
    row: &mut Instruction,
    past: &Past,
    changes: &mut Changes,
    result: &mut EvidenceResult,
) -> Result<()> {
    let (item, request) = (line.item, lot.request);
    refuse_bare_cash(request.kind, item, row)?;
    let effect = rules::apply(instructions::status_of(row)?, item.outcome, past.known(row), item.occurred_on)?;
    if past.sent_on.get(&row.id).is_some_and(|sent| item.occurred_on < *sent) {
        let field = line.at(&EVIDENCE_TOO_EARLY, "occurred_on", Text::new(EVIDENCE_TOO_EARLY.zh, EVIDENCE_TOO_EARLY.en));
        return Err(EVIDENCE_TOO_EARLY.refuse().with_fields(vec![field]).into());
    }
    let id = EvidenceId::generate();
    let (name, counter) = match &effect {
        Effect::Applied(..) => ("applied", &mut result.applied),
        Effect::Confirms => ("confirms", &mut result.confirmed),
        Effect::Contradicts => ("contradicts", &mut result.contradicted),
    };
    *counter = counter.saturating_add(1);
    let raw_text = item.raw_text.as_deref().map(|text| tx.seal(EvidenceRow::RAW_TEXT, id.0, text)).transpose()?;
    changes.evidence.push(EvidenceRow {
        federation_id: tx.federation,
        id,
        kind: name_of(&request.kind)?,
        file_digest: request.file_digest.clone(),
        line_number: line.number.filter(|_| request.file_digest.is_some()),
        instruction_id: row.id,
        outcome: item.outcome.name().to_owned(),
        amount: item.amount.get(),
        occurred_on: item.occurred_on,
        code: item.code.clone(),
        raw_text_commitment: raw_text.as_ref().map(|sealed| sealed.commitment.clone()),
        raw_text_sealed: raw_text.map(|sealed| sealed.bytes),
        statement_line_id: item.statement_line,
        witnesses: item.witnesses.clone(),
        effect: name.to_owned(),
        actor: tx.actor.clone(),
        recorded_at: tx.now(),
        act_id: lot.act,
    });
    match effect {
        Effect::Applied(status, money) => {
            // What happened before an event that is booked already is booked on that event's day: the books keep their
            // order, and the evidence keeps its own date.
            let on = item.occurred_on.max(row.status_on);
            let reason = item.code.clone().unwrap_or_default();
            changes.steps.push(Step { act: lot.act, row: row.clone(), evidence: id, status, money, on, reason });
            row.status = status.name().to_owned();
            row.status_on = on;
        }
        Effect::Contradicts => changes.contradictions.push((row.id, id, item.outcome.name())),
        Effect::Confirms => {}
    }
    Ok(())
}

/// Cash is settled by a signed receipt that two people witnessed (domain.md, States).
fn refuse_bare_cash(kind: EvidenceKind, item: &NewEvidence, row: &Instruction) -> std::result::Result<(), Refusal> {
    let settles_cash = row.channel == "cash" && item.outcome == crate::payments::instructions::model::Outcome::Settled;
    let named: HashSet<&str> = item.witnesses.iter().map(|name| name.trim()).filter(|name| !name.is_empty()).collect();
    if settles_cash && (kind != EvidenceKind::Receipt || named.len() < 2) {
        return Err(WITNESSES_MISSING.refuse().with("reference", item.reference));
    }
    Ok(())
}

/// Names the evidence, so that further evidence of the kind opens a finding anew that people have explained already.
fn contradiction(instruction: InstructionId, evidence: EvidenceId, outcome: &str) -> crate::findings::NewFinding {
    crate::findings::NewFinding {
        check_code: "EVIDENCE".to_owned(),
        subject_kind: "instruction".to_owned(),
        subject_id: instruction.0,
        expected: "evidence that agrees with the instruction's state".to_owned(),
        found: format!("evidence {evidence} that says {outcome}"),
        difference: String::new(),
        outcome: "mismatch".to_owned(),
    }
}

/// A piece of evidence in clear. Whoever asks has the permission, and the act says why.
///
/// # Errors
/// Not found; a line that cannot be opened.
pub async fn evidence_in_clear(tx: &mut Tx, id: EvidenceId) -> Result<ClearEvidence> {
    let row = store::one(tx, id).await?;
    let plan = instructions::instruction(tx, row.instruction_id).await?.plan_id;
    Ok(ClearEvidence {
        organisation_id: Some(crate::plans::plan(tx, plan).await?.organisation_id),
        raw_text: row.raw_text_sealed.as_ref().map(|sealed| tx.open(EvidenceRow::RAW_TEXT, id.0, sealed)).transpose()?,
        witnesses: row.witnesses,
    })
}
