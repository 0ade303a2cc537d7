//! Use cases: handing a file in, looking at what came of it, and deciding what does not match.

use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::facts::Match;
use super::model::{Kind, LineContent, Movement, PieceRow, ResolutionRow, Rung, StatementFormat, StatementQuery, StatementRow};
use super::run::StatementMatch;
use super::store::{self, LineRow, WholeRow};
use super::view_model::{
    ExceptionFilter, ExceptionState, ExceptionView, LineFilter, Resolution, ResolutionRequest, StatementFilter, StatementLineView,
    StatementView,
};
use super::{facts_store, matching};
use crate::access::permissions::{ReadReconciliation, ResolveStatements, TakeStatements};
use crate::db::{Error, Result, Tx, pieces};
use crate::jobs::{self, JobView, NewFile, NewJob, Starter};
use crate::kernel::refusal::{blank, none_at_fault, too_long};
use crate::kernel::{FieldError, InstructionId, Page, Permit, StatementExceptionId, StatementId, StatementLineId, Totals, mask};
use crate::layouts::{LayoutPurpose, layout_by_name};
use crate::payments;
use crate::reconciliation::error::{EXCEPTION_CONTRADICTED, EXCEPTION_STATE};

/// Within how many days the bank books what was sent, unless the request says otherwise.
pub(super) const DAYS: u16 = 5;
/// Kinds that a person may match to an instruction: those whose line could be one's.
const MATCHABLE: [Kind; 2] = [Kind::MissingInLedger, Kind::UnknownCode];
/// Days at most: a window that spans months would take any payment of the same amount.
const MOST_DAYS: u16 = 60;

/// Starts the job that takes a file in.
pub(super) async fn start(
    tx: &mut Tx,
    _may: &Permit<TakeStatements>,
    starter: &Starter,
    file: NewFile,
    query: &StatementQuery,
) -> Result<JobView> {
    let mut faults: Vec<FieldError> = too_long([("account", query.account.as_deref().unwrap_or_default())]);
    if query.days.is_some_and(|days| days > MOST_DAYS) {
        faults.push(FieldError::new("days", "days_too_many", "不能超过60天", "must be at most 60"));
    }
    // A number in an address stands in logs; a name does not tell whose account it is.
    if query.account.as_deref().is_some_and(|account| account.chars().filter(char::is_ascii_digit).count() > 5) {
        faults.push(FieldError::new("account", "account_not_a_name", "请用名称，不要用账号", "give a name, not a number"));
    }
    none_at_fault(faults)?;
    if let Some(layout) = &query.layout {
        layout_by_name(tx, LayoutPurpose::Statement, layout).await?;
    }
    let new = NewJob { kind: StatementMatch::KIND, parameters: json!({ "query": query }), file: Some(file), makes: None };
    jobs::start(tx, starter, new).await
}

pub(super) async fn list(tx: &mut Tx, _may: &Permit<ReadReconciliation>, filter: &StatementFilter) -> Result<Page<StatementView>> {
    views(tx, filter).await
}

/// Statements as they are shown.
pub(super) async fn views(tx: &mut Tx, filter: &StatementFilter) -> Result<Page<StatementView>> {
    let page = store::statements(tx, filter).await?;
    shown(tx, page).await
}

async fn shown(tx: &mut Tx, page: Page<WholeRow>) -> Result<Page<StatementView>> {
    let ids: Vec<Uuid> = page.items.iter().map(|(row, ..)| row.id.0).collect();
    let mut counts = facts_store::counts(tx, &ids).await?;
    let open = store::open_exceptions(tx, &ids).await?;
    let totals = page.totals;
    let mut items = Vec::with_capacity(ids.len());
    for (row, file, result) in page.items {
        let account = tx.open(StatementRow::ACCOUNT, row.id.0, &row.account_sealed)?;
        let account = account.expose();
        let (matched, exceptions) = counts.remove(&row.id.0).unwrap_or_default();
        let (open_exceptions, open_difference) = open.get(&row.id.0).copied().unwrap_or_default();
        items.push(StatementView {
            id: row.id,
            file_digest: file.digest,
            format: file.format,
            layout: file.layout_name,
            layout_version: file.layout_version,
            bank_reference: row.bank_reference,
            sequence: row.sequence,
            account: if account.chars().any(|character| character.is_ascii_digit()) {
                mask::account_number(account)
            } else {
                account.to_owned()
            },
            currency: row.currency,
            from: row.from_on,
            to: row.to_on,
            opening: row.opening,
            closing: row.closing,
            days: row.days,
            batches: row.batches,
            lines: result.lines,
            repeated: result.repeated,
            repeated_sum: result.repeated_sum,
            matched,
            exceptions,
            ledger_sum: result.ledger_sum,
            bank_sum: result.bank_sum,
            difference: result.difference,
            open_exceptions,
            open_difference,
            taken_by: file.taken_by,
            taken_at: file.taken_at,
        });
    }
    Ok(Page { items, next_cursor: page.next_cursor, totals })
}

pub(super) async fn one(tx: &mut Tx, _may: &Permit<ReadReconciliation>, id: StatementId) -> Result<StatementView> {
    let row = store::statement(tx, id).await?;
    let page = Page { items: vec![row], next_cursor: None, totals: Totals { count: 1, amount: None } };
    shown(tx, page).await?.items.pop().ok_or_else(|| Error::Internal("a statement is gone".to_owned()))
}

/// The file of a statement as it was handed in: a name for it, and its bytes. It holds names and accounts in clear, so that it was
/// fetched is told by the act's event.
pub(super) async fn content(tx: &mut Tx, _may: &Permit<TakeStatements>, id: StatementId) -> Result<(String, Vec<u8>)> {
    let (_, file, _) = store::statement(tx, id).await?;
    tx.about("bank-statements", id);
    tx.after(&json!({ "file_digest": file.digest }));
    let mut bytes = Vec::new();
    for (piece, sealed) in store::pieces(tx, file.id).await? {
        bytes.extend(pieces::open(tx, PieceRow::CONTENT, piece, &sealed)?);
    }
    if hex::encode(Sha256::digest(&bytes)) != file.digest {
        return Err(Error::Internal(format!("the file of statement {id} is not what was handed in")));
    }
    Ok((format!("{}.{}", file.digest, if file.format == StatementFormat::Camt053.name() { "xml" } else { "txt" }), bytes))
}

pub(super) async fn lines(
    tx: &mut Tx,
    _may: &Permit<ReadReconciliation>,
    id: StatementId,
    filter: &LineFilter,
) -> Result<Page<StatementLineView>> {
    store::statement(tx, id).await?;
    let Page { items, next_cursor, totals } = store::lines(tx, id, filter).await?;
    let items = items.into_iter().map(|row| line_view(tx, row)).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor, totals })
}

fn line_view(tx: &Tx, row: LineRow) -> Result<StatementLineView> {
    let content = tx.open(LineContent::COLUMN, row.id.0, &row.content_sealed)?;
    // What serde says would repeat the value.
    let content: LineContent = serde_json::from_str(content.expose()).map_err(|_| Error::Internal("a stored line".to_owned()))?;
    Ok(StatementLineView {
        id: row.id,
        statement_id: row.statement_id,
        number: row.number,
        booked_on: row.booked_on,
        value_on: row.value_on,
        direction: row.direction,
        amount: row.amount,
        reversal: row.reversal,
        returned: row.returned,
        fee: row.fee,
        bank_code: row.bank_code,
        counterparty_name: content.name.as_deref().map(mask::name),
        counterparty_account: content.account.as_deref().map(mask::account_number),
        rung: row.rung,
        instruction_ids: row.instruction_ids,
        exception: row.exception,
    })
}

pub(super) async fn exceptions(tx: &mut Tx, _may: &Permit<ReadReconciliation>, filter: &ExceptionFilter) -> Result<Page<ExceptionView>> {
    store::exceptions(tx, filter).await
}

/// Decides an exception. Matched to an instruction, its line becomes evidence of it as any other would.
pub(super) async fn resolve(
    tx: &mut Tx,
    may: &Permit<ResolveStatements>,
    id: StatementExceptionId,
    request: &ResolutionRequest,
) -> Result<ExceptionView> {
    none_at_fault(faults(request))?;
    let exception = store::exception(tx, id).await?;
    tx.about("statement-exceptions", id);
    tx.before(&exception);
    tx.because(&request.reason);
    if exception.state != ExceptionState::Open.name() {
        return Err(EXCEPTION_STATE.refuse().with("state", &exception.state).into());
    }
    if request.instruction_id.is_some() && !MATCHABLE.iter().any(|kind| kind.name() == exception.kind) {
        return Err(EXCEPTION_STATE.refuse().with("kind", &exception.kind).into());
    }
    let row = ResolutionRow {
        federation_id: tx.federation,
        exception_id: id,
        resolution: request.resolution.name().to_owned(),
        instruction_id: request.instruction_id,
        reason: request.reason.clone(),
        actor: tx.actor.clone(),
        resolved_at: tx.now(),
    };
    // The decision first: the database asks whose it is, and takes the evidence that follows for the checker's.
    store::insert_resolution(tx, &row).await?;
    if let (Some(instruction), Some(line)) = (request.instruction_id, exception.line_id) {
        match_to(tx, may, line, instruction).await?;
    }
    store::exception(tx, id).await
}

fn faults(request: &ResolutionRequest) -> Vec<FieldError> {
    let mut faults = blank([("/reason", &request.reason)]);
    let named = request.instruction_id.is_some();
    if named != (request.resolution == Resolution::MatchedTo) {
        let (zh, en) = ("认定时须指明支付指令，接受时不得指明", "names the instruction when matched to one, and only then");
        faults.push(FieldError::new("/instruction_id", "instruction_misplaced", zh, en));
    }
    faults
}

/// Only what leaves ledger and bank with the same movement: otherwise the decision would say what is not so.
async fn match_to(tx: &mut Tx, may: &Permit<ResolveStatements>, line: StatementLineId, id: InstructionId) -> Result<()> {
    let decided = store::decided_line(tx, line).await?;
    let movement = if decided.direction == "debit" { Movement::Settled } else { Movement::Bounced };
    facts_store::hold_one(tx, id).await?;
    let order = facts_store::orders(tx, &[id.0]).await?.pop();
    let order = order.ok_or_else(|| Error::Internal("an instruction that a decision names is gone".to_owned()))?;
    if order.matched.has(movement) {
        return Err(EXCEPTION_STATE.because("该支付指令已与其他流水匹配", "The instruction is matched with another line").into());
    }
    let request = matching::evidence_of(&decided, line, order.reference, movement)?;
    let taken = payments::take_in_lines(tx, may, &request).await?.pop();
    let after = facts_store::orders(tx, &[id.0]).await?.pop();
    let booked = after.map(|after| after.booked(movement)).unwrap_or_default();
    match taken {
        Some(taken) if !taken.contradicts && booked == matching::signed(movement, decided.amount) => {
            let found = Match { line, instruction: id, movement, rung: Rung::Person, signed: booked };
            store::insert_matches(tx, &[(found, taken.evidence)]).await
        }
        _ => Err(EXCEPTION_CONTRADICTED.refuse().into()),
    }
}
