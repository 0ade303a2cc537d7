//! Climbing the ladder with a statement's lines, and letting payments follow.

use std::collections::{HashMap, HashSet};

use chrono::Days;

use super::facts::{Equation, Exception, Line, Match, Order, Period};
use super::facts_store::{self, Wanted};
use super::model::{Batches, Movement};
use super::{joining, rules, store};
use crate::access::permissions::TakeStatements;
use crate::db::{Error, Result, Tx};
use crate::interchange::bank::statement::Direction;
use crate::kernel::{EvidenceId, InstructionId, Money, Permit, PositiveMoney, StatementId, StatementLineId};
use crate::payments::{self, EvidenceKind, EvidenceRequest, NewEvidence, Outcome};

/// A statement whose lines are kept and wait to be matched.
#[derive(Debug)]
pub(super) struct Kept {
    pub id: StatementId,
    pub account_hash: Vec<u8>,
    pub currency: String,
    /// Balance after its lines, when it gives one.
    pub closing: Option<Money>,
    pub file_digest: String,
    /// The lines that it was the first to list, in its order, each with its number in the file.
    pub lines: Vec<(Line, i32)>,
    /// The days it speaks of.
    pub period: Option<(chrono::NaiveDate, chrono::NaiveDate)>,
    pub days: u16,
    pub batches: Batches,
}

/// Matches the lines of a statement, takes the evidence in, and writes down what is left. Answers the equation.
pub(super) async fn match_lines(tx: &mut Tx, may: &Permit<TakeStatements>, kept: Kept) -> Result<Equation> {
    let joining = joining::exception(tx, &kept).await?;
    let Kept { id, account_hash, file_digest, lines, period, days, batches, .. } = kept;
    let (lines, numbers): (Vec<Line>, Vec<i32>) = lines.into_iter().unzip();
    let numbers: HashMap<StatementLineId, i32> = lines.iter().map(|line| line.id).zip(numbers).collect();
    let ids = facts_store::hold(tx, &wanted(&lines, days)).await?;
    let orders = facts_store::orders(tx, &ids).await?;
    // Seconds of CPU for a hundred thousand lines: not on a thread that others wait for.
    let climbed = tokio::task::spawn_blocking(move || {
        let ladder = rules::climb(&lines, &orders, days);
        (ladder, lines, orders)
    });
    let (ladder, lines, orders) = climbed.await.map_err(|error| Error::Internal(error.to_string()))?;
    let evidence = take_in(tx, may, &ladder.matches, &lines, &orders, &numbers, &file_digest).await?;
    let contradicted: HashSet<(StatementLineId, InstructionId)> =
        evidence.iter().filter(|(_, taken)| taken.contradicts).map(|(key, _)| *key).collect();
    let ladder = rules::contradict(ladder, &orders, &contradicted);
    let matches: Vec<(Match, EvidenceId)> = ladder
        .matches
        .iter()
        .filter_map(|found| evidence.get(&(found.line, found.instruction)).map(|taken| (*found, taken.evidence)))
        .collect();
    store::insert_matches(tx, &matches).await?;
    store::insert_exceptions(tx, id, &ladder.exceptions).await?;
    store::insert_exceptions(tx, id, &joining.into_iter().collect::<Vec<_>>()).await?;
    let mut equation = ladder.equation(&lines);
    if let Some((_, last)) = period {
        let missing = missing(tx, &account_hash, last, days, batches).await?;
        store::insert_exceptions(tx, id, &missing).await?;
        equation.ledger += missing.iter().map(|exception| exception.ledger).sum();
        equation.difference += missing.iter().map(Exception::difference).sum();
    }
    if equation.ledger - equation.bank != equation.difference {
        return Err(Error::Internal(format!("the equation of statement {id} does not hold")));
    }
    Ok(equation)
}

/// Which instructions the lines may mean: those they name, those sent so recently that the bank may book them now, and those whose
/// payees' accounts what came back names.
fn wanted(lines: &[Line], days: u16) -> Wanted {
    let booked = lines.iter().filter(|line| line.direction == Direction::Debit).map(|line| line.booked_on);
    let (first, last) = (booked.clone().min(), booked.max());
    let back = |line: &&Line| line.direction == Direction::Credit && line.returned;
    Wanted {
        references: lines.iter().flat_map(|line| line.references.iter().copied()).collect::<HashSet<_>>().into_iter().collect(),
        sent: first.zip(last).map(|(first, last)| (first.checked_sub_days(Days::new(u64::from(days))).unwrap_or(first), last)),
        accounts: lines.iter().filter(back).filter_map(|line| line.account.clone()).collect::<HashSet<_>>().into_iter().collect(),
    }
}

type Said = HashMap<(StatementLineId, InstructionId), payments::Taken>;

async fn take_in(
    tx: &mut Tx,
    may: &Permit<TakeStatements>,
    matches: &[Match],
    lines: &[Line],
    orders: &[Order],
    numbers: &HashMap<StatementLineId, i32>,
    file_digest: &str,
) -> Result<Said> {
    if matches.is_empty() {
        return Ok(Said::new());
    }
    let by_line: HashMap<StatementLineId, &Line> = lines.iter().map(|line| (line.id, line)).collect();
    let by_order: HashMap<InstructionId, &Order> = orders.iter().map(|order| (order.id, order)).collect();
    let mut items = Vec::with_capacity(matches.len());
    for found in matches {
        let (Some(line), Some(order)) = (by_line.get(&found.line), by_order.get(&found.instruction)) else {
            return Err(Error::Internal("a match of nothing".to_owned()));
        };
        items.push(NewEvidence {
            reference: order.reference,
            outcome: outcome_of(found.movement),
            amount: PositiveMoney::new(order.amount)?,
            occurred_on: line.booked_on,
            line_number: numbers.get(&line.id).copied(),
            code: line.code.clone(),
            raw_text: None,
            witnesses: Vec::new(),
            statement_line: Some(line.id),
        });
    }
    let request = EvidenceRequest { kind: EvidenceKind::StatementLine, file_digest: Some(file_digest.to_owned()), items };
    let taken = payments::take_in_lines(tx, may, &request).await?;
    Ok(matches.iter().map(|found| (found.line, found.instruction)).zip(taken).collect())
}

/// What a line says of its instruction.
pub(super) const fn outcome_of(movement: Movement) -> Outcome {
    match movement {
        Movement::Settled => Outcome::Settled,
        Movement::Bounced => Outcome::Bounced,
    }
}

async fn missing(tx: &mut Tx, account_hash: &[u8], last: chrono::NaiveDate, days: u16, batches: Batches) -> Result<Vec<Exception>> {
    let Some(first) = facts_store::first_day(tx, account_hash).await? else { return Ok(Vec::new()) };
    let before = |day: chrono::NaiveDate| day.checked_sub_days(Days::new(u64::from(days))).unwrap_or(day);
    let ids = facts_store::unmatched(tx, account_hash, (before(first), before(last)), batches == Batches::All).await?;
    let orders = facts_store::orders(tx, &ids).await?;
    Ok(rules::missing(&orders, Period { first, last }, days))
}

/// A decision's evidence: one line for one instruction.
pub(super) fn evidence_of(
    line: &store::DecidedLine,
    id: StatementLineId,
    reference: uuid::Uuid,
    movement: Movement,
) -> Result<EvidenceRequest> {
    let item = NewEvidence {
        reference,
        outcome: outcome_of(movement),
        amount: PositiveMoney::new(line.amount)?,
        occurred_on: line.booked_on,
        line_number: Some(line.number),
        code: line.bank_code.clone(),
        raw_text: None,
        witnesses: Vec::new(),
        statement_line: Some(id),
    };
    Ok(EvidenceRequest { kind: EvidenceKind::StatementLine, file_digest: Some(line.digest.clone()), items: vec![item] })
}

/// The amount of a line with its sign.
pub(super) fn signed(movement: Movement, amount: Money) -> Money {
    if movement == Movement::Settled { -amount } else { amount }
}
