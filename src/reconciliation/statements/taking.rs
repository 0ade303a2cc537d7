//! Taking a file of statements in: the file, its statements, its lines, each once.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use sha2::Digest;
use uuid::Uuid;

use super::facts::{Equation, Line};
use super::matching::{self, Kept};
use super::model::{Batches, FileRow, LineContent, NewLine, PieceRow, ResultRow, StatementFormat, StatementRow};
use super::reading::{plain_account, sum};
use super::store;
use crate::access::permissions::TakeStatements;
use crate::db::pieces::{self, PIECE};
use crate::db::{Error, Result, Tx};
use crate::interchange::bank::reference::Short;
use crate::interchange::bank::statement::{Statement, StatementHead, StatementLine};
use crate::jobs::Doing;
use crate::kernel::vault::Indexed;
use crate::kernel::{BankFileId, Permit, StatementId, StatementLineId};
use crate::payments;
use crate::reconciliation::error::STATEMENT_IN_FUTURE;

/// Lines kept with one statement of SQL.
const BATCH: usize = 5000;

/// A file that was read, and how it is to be taken in.
#[derive(Debug)]
pub(super) struct ReadFile {
    pub digest: String,
    pub format: StatementFormat,
    /// Name and version.
    pub layout: Option<(String, i32)>,
    pub statements: Vec<Statement>,
    pub days: u16,
    pub batches: Batches,
}

fn number(count: usize) -> Result<i32> {
    i32::try_from(count).map_err(|error| Error::Internal(error.to_string()))
}

/// Keeps a file and everything in it, and matches it; `false` when the very file was taken in before, and nothing is done.
pub(super) async fn take(tx: &mut Tx, may: &Permit<TakeStatements>, doing: &Doing, file: ReadFile) -> Result<bool> {
    refuse_future(tx, &file.statements)?;
    let row = FileRow {
        federation_id: tx.federation,
        id: BankFileId::generate(),
        digest: file.digest.clone(),
        format: file.format.name().to_owned(),
        layout_name: file.layout.as_ref().map(|(name, _)| name.clone()),
        layout_version: file.layout.as_ref().map(|(_, version)| *version),
        bytes: i64::try_from(doing.file.len()).map_err(|error| Error::Internal(error.to_string()))?,
        taken_by: tx.actor.clone(),
        taken_at: tx.now(),
    };
    if !store::insert_file(tx, &row).await? {
        return Ok(false);
    }
    keep_pieces(tx, row.id, &doing.file).await?;
    doing.total(file.statements.iter().map(|statement| statement.lines.len()).sum());
    let mut statements: Vec<(usize, Statement)> = file.statements.into_iter().enumerate().collect();
    // Where a line of one is listed by another, and where a payment came back the next day, the older one goes first.
    statements.sort_by_key(|(at, statement)| (statement.head.to.or_else(|| days_of(statement).map(|(_, last)| last)), *at));
    let starts = starts(&statements);
    let mut done = 0_usize;
    for (at, statement) in statements {
        let keeping =
            Keeping { file: &row, at, start: starts.get(at).copied().unwrap_or_default(), days: file.days, batches: file.batches };
        done = take_statement(tx, may, doing, &keeping, statement, done).await?;
    }
    Ok(true)
}

/// How many lines of the file stand before each statement of it.
fn starts(statements: &[(usize, Statement)]) -> Vec<usize> {
    let mut lengths: Vec<(usize, usize)> = statements.iter().map(|(at, statement)| (*at, statement.lines.len())).collect();
    lengths.sort_unstable();
    let mut before = 0_usize;
    let start = |(_, length): (usize, usize)| {
        let start = before;
        before = before.saturating_add(length);
        start
    };
    lengths.into_iter().map(start).collect()
}

fn refuse_future(tx: &Tx, statements: &[Statement]) -> Result<()> {
    let today = tx.today();
    let late = statements.iter().flat_map(|statement| &statement.lines).find(|line| line.booked_on > today);
    late.map_or(Ok(()), |line| Err(STATEMENT_IN_FUTURE.refuse().with("booked_on", line.booked_on).into()))
}

async fn keep_pieces(tx: &mut Tx, file: BankFileId, bytes: &[u8]) -> Result<()> {
    for (position, piece) in bytes.chunks(PIECE).enumerate() {
        let sealed = pieces::seal(tx, PieceRow::CONTENT, piece)?;
        let row = PieceRow {
            federation_id: tx.federation,
            id: sealed.id,
            file_id: file,
            position: number(position)?,
            content_sealed: sealed.content,
            content_commitment: sealed.commitment,
        };
        store::insert_piece(tx, &row).await?;
    }
    Ok(())
}

/// Where a statement stands, and how it is matched.
struct Keeping<'a> {
    file: &'a FileRow,
    /// Its place in the file, from 0 on.
    at: usize,
    /// Lines of the file before its own.
    start: usize,
    days: u16,
    batches: Batches,
}

/// First and last day of booking.
fn days_of(statement: &Statement) -> Option<(NaiveDate, NaiveDate)> {
    let days = statement.lines.iter().map(|line| line.booked_on);
    days.clone().min().zip(days.max())
}

/// The days a statement speaks of: what it says itself, else those of its lines.
fn period(statement: &Statement) -> Option<(NaiveDate, NaiveDate)> {
    let StatementHead { from, to, .. } = statement.head;
    let (first, last) = days_of(statement).unzip();
    let to = to.or(last).or(from)?;
    let from = from.or(first).unwrap_or(to);
    Some((from.min(to), to))
}

async fn take_statement(
    tx: &mut Tx,
    may: &Permit<TakeStatements>,
    doing: &Doing,
    keeping: &Keeping<'_>,
    statement: Statement,
    done: usize,
) -> Result<usize> {
    let id = StatementId::generate();
    let (head, total, period) = (&statement.head, sum(&statement), period(&statement));
    let account = tx.seal(StatementRow::ACCOUNT, id.0, &head.account)?;
    let account_hash = tx.index(Indexed::AccountNumber, &head.account);
    let row = StatementRow {
        federation_id: tx.federation,
        id,
        file_id: keeping.file.id,
        position: number(keeping.at.saturating_add(1))?,
        bank_reference: head.id.clone(),
        sequence: head.sequence.clone(),
        account_sealed: account.bytes,
        account_hash: account_hash.clone(),
        account_commitment: account.commitment,
        currency: head.currency.clone(),
        from_on: period.map(|(from, _)| from),
        to_on: period.map(|(_, to)| to),
        opening: head.opening,
        closing: head.closing,
        days: i16::try_from(keeping.days).map_err(|error| Error::Internal(error.to_string()))?,
        batches: keeping.batches.name().to_owned(),
    };
    store::insert_statement(tx, &row).await?;
    let account = head.account.clone();
    let count = statement.lines.len();
    let named = by_short(tx, &statement.lines).await?;
    let mut alike = HashMap::new();
    let mut lines = Vec::with_capacity(count);
    for (at, line) in statement.lines.into_iter().enumerate() {
        let place = number(keeping.start.saturating_add(at).saturating_add(1))?;
        let earlier = earlier_identity(&account, &line, &mut alike);
        lines.push(kept_line(tx, &account, place, line, &earlier, &named)?);
    }
    let lines = keep_lines(tx, doing, id, lines, done).await?;
    let done = done.saturating_add(count);
    let kept = lines.len();
    let lines = Kept {
        id,
        account_hash,
        currency: row.currency,
        closing: row.closing,
        file_digest: keeping.file.digest.clone(),
        lines,
        period,
        days: keeping.days,
        batches: keeping.batches,
    };
    let Equation { ledger, bank, difference } = matching::match_lines(tx, may, lines).await?;
    let result = ResultRow {
        federation_id: tx.federation,
        statement_id: id,
        lines: number(kept)?,
        repeated: number(count.saturating_sub(kept))?,
        repeated_sum: total - bank,
        ledger_sum: ledger,
        bank_sum: bank,
        difference,
    };
    store::insert_result(tx, &result).await?;
    doing.done(done)?;
    Ok(done)
}

/// The payments that the short references of some lines mean; those that might mean several are not among them.
async fn by_short(tx: &mut Tx, lines: &[StatementLine]) -> Result<HashMap<Short, Uuid>> {
    let shorts: HashSet<Short> = lines.iter().flat_map(StatementLine::short_references).collect();
    payments::references_by_short(tx, &shorts.into_iter().collect::<Vec<_>>()).await
}

/// By what a line would have been known before the other side took part in its identity: its number among equals was counted in the
/// statement then, which `alike` does.
fn earlier_identity(account: &str, line: &StatementLine, alike: &mut HashMap<[u8; 32], u32>) -> String {
    let likeness = line.earlier_likeness(account);
    let count = alike.entry(likeness.clone().finalize().into()).or_insert(0);
    *count = count.saturating_add(1);
    hex::encode(likeness.chain_update(count.to_be_bytes()).finalize())
}

/// A line as it is kept, and as the ladder looks at it.
fn kept_line(
    tx: &Tx,
    account: &str,
    number: i32,
    line: StatementLine,
    earlier: &str,
    named: &HashMap<Short, Uuid>,
) -> Result<(NewLine, Line)> {
    let id = StatementLineId::generate();
    let identity = line.identity(account);
    let short = line.short_references().filter_map(|short| named.get(&short).copied());
    let references = line.payment_references().chain(short).collect();
    let returned = line.reversal || line.return_reason.is_some();
    let counterparty = line.counterparty_account.as_deref().and_then(plain_account);
    let looked_at = Line {
        id,
        booked_on: line.booked_on,
        direction: line.direction,
        amount: line.amount,
        returned,
        fee: line.fee,
        references,
        account: counterparty.as_deref().map(|number| tx.index(Indexed::AccountNumber, number)),
        code: line.bank_code.clone(),
    };
    let content = LineContent {
        account: counterparty,
        name: line.counterparty_name,
        references: line.references,
        remittance: line.remittance,
        return_reason: line.return_reason,
        entry_reference: line.entry_reference,
        raw: line.raw,
    };
    let content = serde_json::to_string(&content).map_err(|error| Error::Internal(error.to_string()))?;
    let sealed = tx.seal(LineContent::COLUMN, id.0, &content)?;
    let place = |number: u32| i32::try_from(number).map_err(|error| Error::Internal(error.to_string()));
    let kept = NewLine {
        id,
        number,
        entry: place(line.ordinal)?,
        detail: place(line.detail)?,
        identity_hash: tx.index(Indexed::StatementLine, &identity),
        earlier_hash: tx.index(Indexed::StatementLine, earlier),
        booked_on: line.booked_on,
        value_on: line.value_on,
        direction: line.direction.code(),
        amount: line.amount,
        reversal: line.reversal,
        returned,
        fee: line.fee,
        bank_code: line.bank_code,
        content_sealed: sealed.bytes,
        content_commitment: sealed.commitment,
    };
    Ok((kept, looked_at))
}

/// Keeps the lines that are new, and answers them in the statement's order with their numbers.
async fn keep_lines(
    tx: &mut Tx,
    doing: &Doing,
    statement: StatementId,
    lines: Vec<(NewLine, Line)>,
    done: usize,
) -> Result<Vec<(Line, i32)>> {
    let (mut rows, looked_at): (Vec<NewLine>, Vec<Line>) = lines.into_iter().unzip();
    let numbers: Vec<i32> = rows.iter().map(|row| row.number).collect();
    rows.sort_unstable_by(|one, other| one.identity_hash.cmp(&other.identity_hash));
    let mut new = HashSet::new();
    for (at, batch) in rows.chunks(BATCH).enumerate() {
        new.extend(store::insert_lines(tx, statement, batch).await?);
        doing.done(done.saturating_add(at.saturating_mul(BATCH)))?;
    }
    Ok(looked_at.into_iter().zip(numbers).filter(|(line, _)| new.contains(&line.id.0)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Money;

    fn statement(from: Option<&str>, to: Option<&str>) -> Statement {
        let day = |text: Option<&str>| text.map(|text| text.parse().unwrap());
        let head = StatementHead { from: day(from), to: day(to), ..StatementHead::default() };
        Statement { head, lines: Vec::new(), faults: Vec::new(), balance: crate::interchange::bank::statement::Balance::NotGiven }
    }

    #[test]
    fn a_statement_speaks_of_the_days_it_gives() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(period(&statement(None, None)), None);
        assert_eq!(period(&statement(None, Some("2023-01-18"))), Some((day("2023-01-18"), day("2023-01-18"))));
        assert_eq!(period(&statement(Some("2023-01-01"), Some("2023-01-18"))), Some((day("2023-01-01"), day("2023-01-18"))));
        assert_eq!(period(&statement(Some("2023-01-20"), Some("2023-01-18"))), Some((day("2023-01-18"), day("2023-01-18"))));
    }

    #[test]
    fn lines_are_numbered_through_the_file_whatever_the_order_in_which_its_statements_are_taken() {
        let with = |lines: usize| {
            let mut statement = statement(None, None);
            let line = crate::interchange::bank::statement::tests::line("1.00", None);
            statement.lines = vec![line; lines];
            statement
        };
        assert_eq!(starts(&[(1, with(3)), (0, with(2)), (2, with(1))]), [0, 2, 5]);
        assert_eq!(sum(&with(2)), -Money::yuan(2));
    }
}
