//! The ladder: which line of a statement is which movement of which instruction, and what is left over.
//!
//! Values in, decisions out. A line is matched only where one instruction can be meant and no other line means it; whatever
//! else is an exception with every candidate. [`Ladder::equation`] holds by construction and is derived anew by `check`.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{Days, NaiveDate};
use uuid::Uuid;

use super::facts::{Equation, Exception, Line, Match, Order, Period};
use super::model::{Candidate, Kind, Movement, Rung, Why};
use crate::interchange::bank::statement::Direction;
use crate::kernel::{BatchId, InstructionId, Money, StatementLineId};
use crate::payments::InstructionStatus as S;

/// What came of a statement's lines.
#[derive(Debug, Clone, Default)]
pub struct Ladder {
    /// Payments in the order of the lines, then what came back.
    pub matches: Vec<Match>,
    /// The rest, in the order of the lines.
    pub exceptions: Vec<Exception>,
}

impl Ladder {
    /// The equation of a statement with these lines.
    #[must_use]
    pub fn equation(&self, lines: &[Line]) -> Equation {
        let matched: Money = self.matches.iter().map(|found| found.signed).sum();
        Equation {
            ledger: matched + self.exceptions.iter().map(|exception| exception.ledger).sum(),
            bank: lines.iter().map(Line::signed).sum(),
            difference: self.exceptions.iter().map(Exception::difference).sum(),
        }
    }
}

/// What is thought of a line while the ladder is climbed.
enum Found {
    Fee,
    Differs(Vec<usize>),
    Duplicate(usize),
    /// Evidence could not even be taken in.
    Impossible(usize),
    Several(Vec<(usize, Why)>),
    Batches(Vec<(BatchId, Money)>),
}

struct Climb<'a> {
    lines: &'a [Line],
    orders: Vec<Order>,
    days: u64,
    by_reference: HashMap<Uuid, usize>,
    by_account: HashMap<Vec<u8>, Vec<usize>>,
    matches: Vec<Match>,
    /// By the line's place.
    found: BTreeMap<usize, Found>,
    done: HashSet<usize>,
}

/// Climbs the ladder: own reference, then account with amount and day, then a batch that adds up; payments first, then what came
/// back. `days` is within how many the bank books what was sent.
#[must_use]
pub fn climb(lines: &[Line], orders: &[Order], days: u16) -> Ladder {
    let by_reference = orders.iter().enumerate().map(|(at, order)| (order.reference, at)).collect();
    let mut by_account: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
    for (at, order) in orders.iter().enumerate() {
        if let Some(account) = &order.account {
            by_account.entry(account.clone()).or_default().push(at);
        }
    }
    let mut climb = Climb {
        lines,
        orders: orders.to_vec(),
        days: u64::from(days),
        by_reference,
        by_account,
        matches: Vec::new(),
        found: BTreeMap::new(),
        done: HashSet::new(),
    };
    climb.fees();
    climb.references(Direction::Debit);
    climb.accounts(Direction::Debit);
    climb.batches();
    let places: HashMap<StatementLineId, usize> = lines.iter().enumerate().map(|(at, line)| (line.id, at)).collect();
    climb.matches.sort_by_key(|found| places.get(&found.line).copied());
    climb.references(Direction::Credit);
    climb.accounts(Direction::Credit);
    climb.finish()
}

impl Climb<'_> {
    fn open(&self, direction: Direction) -> Vec<(usize, Line)> {
        let open = |(at, line): &(usize, &Line)| line.direction == direction && !self.done.contains(at) && !self.found.contains_key(at);
        self.lines.iter().enumerate().filter(open).map(|(at, line)| (at, line.clone())).collect()
    }

    fn fees(&mut self) {
        for (at, line) in self.lines.iter().enumerate() {
            if line.fee {
                self.found.insert(at, Found::Fee);
            }
        }
    }

    fn take(&mut self, at: usize, line: &Line, place: usize, rung: Rung) {
        let movement = movement_of(line.direction);
        let Some(order) = self.orders.get_mut(place) else { return };
        let signed = line.direction.signed(order.amount);
        self.matches.push(Match { line: line.id, instruction: order.id, movement, rung, signed });
        order.matched.add(movement);
        match movement {
            // What evidence of it will do, so that its coming back is understood in the same statement.
            Movement::Settled if order.is_settled_by(line.booked_on) => {
                order.settled_on = order.settled_on.or(Some(line.booked_on));
                if matches!(order.status, S::Sent | S::Unknown | S::Failed) {
                    order.status = S::Settled;
                }
            }
            _ => {}
        }
        self.done.insert(at);
    }

    /// The first rung.
    fn references(&mut self, direction: Direction) {
        let movement = movement_of(direction);
        for (at, line) in self.open(direction) {
            let mut meant: Vec<usize> = Vec::new();
            for reference in &line.references {
                meant.extend(self.by_reference.get(reference).filter(|place| !meant.contains(place)));
            }
            let of = |place: &usize| self.orders.get(*place);
            let equal: Vec<usize> =
                meant.iter().copied().filter(|place| of(place).is_some_and(|order| order.amount == line.amount)).collect();
            let finding = match (meant.as_slice(), equal.as_slice()) {
                ([], _) => continue,
                // A debit that takes something back pays nobody, whatever it names.
                _ if line.returned && direction == Direction::Debit => {
                    Found::Several(meant.iter().map(|place| (*place, Why::Reference)).collect())
                }
                (_, []) => Found::Differs(meant),
                (_, [one]) => {
                    let Some(order) = of(one) else { continue };
                    if order.matched.has(movement) {
                        Found::Duplicate(*one)
                    } else if !order.can_be_paid_on(line.booked_on) {
                        Found::Impossible(*one)
                    } else if movement == Movement::Bounced && order.settled_on.is_none() {
                        // Nothing was paid that could have come back.
                        Found::Several(vec![(*one, Why::NotSettled)])
                    } else {
                        self.take(at, &line, *one, Rung::Reference);
                        continue;
                    }
                }
                (_, several) => Found::Several(several.iter().map(|place| (*place, Why::Reference)).collect()),
            };
            self.found.insert(at, finding);
        }
    }

    /// The second rung: one candidate for the line, and one line for the candidate.
    fn accounts(&mut self, direction: Direction) {
        let mut meant: Vec<(usize, Line, Vec<usize>)> = Vec::new();
        let mut claims: HashMap<usize, usize> = HashMap::new();
        for (at, line) in self.open(direction) {
            // A credit is a payment that came back only when the bank says so, and a debit that is taken back none of ours.
            if line.returned != (direction == Direction::Credit) {
                continue;
            }
            let known = line.account.as_ref().and_then(|account| self.by_account.get(account));
            let candidates: Vec<usize> = known.into_iter().flatten().copied().filter(|place| self.fits(&line, *place)).collect();
            for place in &candidates {
                *claims.entry(*place).or_default() += 1;
            }
            if !candidates.is_empty() {
                meant.push((at, line, candidates));
            }
        }
        for (at, line, candidates) in meant {
            match candidates.as_slice() {
                [one] if claims.get(one) == Some(&1) => self.take(at, &line, *one, Rung::Account),
                _ => {
                    self.found.insert(at, Found::Several(candidates.into_iter().map(|place| (place, Why::Account)).collect()));
                }
            }
        }
    }

    fn fits(&self, line: &Line, place: usize) -> bool {
        let Some(order) = self.orders.get(place) else { return false };
        order.amount == line.amount
            && match line.direction {
                Direction::Debit => order.awaits_payment(line.booked_on) && self.within(order, line.booked_on),
                Direction::Credit => {
                    !order.cash && !order.matched.bounced && order.settled_on.is_some_and(|settled| settled <= line.booked_on)
                }
            }
    }

    /// Payments to the line's account that are over without one: the bank may have said so too early. Never a match, for what is known
    /// says otherwise, but who looks into the line must see them, and they are not paid anew before somebody has.
    fn spent(&self, line: &Line) -> Vec<usize> {
        if line.direction != Direction::Debit || line.returned {
            return Vec::new();
        }
        let known = line.account.as_ref().and_then(|account| self.by_account.get(account));
        let over = |order: &Order| {
            !order.cash
                && !order.matched.settled
                && order.amount == line.amount
                && matches!(order.status, S::Failed | S::Bounced | S::Reissued | S::GivenUp)
                && self.within(order, line.booked_on)
        };
        known.into_iter().flatten().copied().filter(|place| self.orders.get(*place).is_some_and(over)).collect()
    }

    fn within(&self, order: &Order, day: NaiveDate) -> bool {
        order.sent_on.is_some_and(|sent| sent <= day && sent.checked_add_days(Days::new(self.days)).is_none_or(|last| day <= last))
    }

    /// The third rung: what of one batch is unmatched adds up to a line, of no other batch, and to no other line.
    fn batches(&mut self) {
        let mut waiting: BTreeMap<BatchId, Vec<usize>> = BTreeMap::new();
        for (place, order) in self.orders.iter().enumerate() {
            let open = matches!(order.status, S::Sent | S::Unknown | S::Settled) && !order.cash && !order.matched.settled;
            if let (true, Some(_)) = (open, order.sent_on) {
                waiting.entry(order.batch).or_default().push(place);
            }
        }
        // One payment alone does not add up to anything: an equal amount would be all there is.
        waiting.retain(|_, places| places.len() > 1);
        let totals: HashMap<BatchId, Money> = waiting.iter().map(|(batch, places)| (*batch, self.total(places))).collect();
        let mut by_total: HashMap<Money, Vec<BatchId>> = HashMap::new();
        for batch in waiting.keys() {
            by_total.entry(totals.get(batch).copied().unwrap_or_default()).or_default().push(*batch);
        }
        let mut meant: Vec<(usize, Line, Vec<BatchId>)> = Vec::new();
        let mut claims: HashMap<BatchId, usize> = HashMap::new();
        for (at, line) in self.open(Direction::Debit).into_iter().filter(|(_, line)| !line.returned) {
            let fits = |batch: &&BatchId| {
                let mut places = waiting.get(*batch).into_iter().flatten();
                places.all(|place| self.orders.get(*place).is_some_and(|order| self.within(order, line.booked_on)))
            };
            let batches: Vec<BatchId> = by_total.get(&line.amount).into_iter().flatten().filter(fits).copied().collect();
            for batch in &batches {
                *claims.entry(*batch).or_default() += 1;
            }
            if !batches.is_empty() {
                meant.push((at, line, batches));
            }
        }
        for (at, line, batches) in meant {
            match batches.as_slice() {
                // A line to somebody's account is a payment to that one.
                [one] if claims.get(one) == Some(&1) && line.account.is_none() => {
                    for place in waiting.get(one).cloned().unwrap_or_default() {
                        self.take(at, &line, place, Rung::Batch);
                    }
                }
                _ => {
                    let total = |batch: &BatchId| totals.get(batch).copied().unwrap_or_default();
                    self.found.insert(at, Found::Batches(batches.iter().map(|batch| (*batch, total(batch))).collect()));
                }
            }
        }
    }

    fn total(&self, places: &[usize]) -> Money {
        places.iter().filter_map(|place| self.orders.get(*place)).map(|order| order.amount).sum()
    }

    /// What the ledger has of a movement that nothing has counted yet; counts it.
    fn count(&mut self, place: usize, movement: Movement) -> Money {
        let Some(order) = self.orders.get_mut(place) else { return Money::ZERO };
        if order.matched.has(movement) || order.counted.has(movement) || order.booked(movement) == Money::ZERO {
            return Money::ZERO;
        }
        order.counted.add(movement);
        order.booked(movement)
    }

    fn candidate(&self, place: usize, why: Why) -> Option<Candidate> {
        self.orders.get(place).map(|order| Candidate { instruction_id: Some(order.id), batch_id: None, amount: order.amount, why })
    }

    fn finish(mut self) -> Ladder {
        let mut exceptions = Vec::new();
        for (at, line) in self.lines.iter().enumerate() {
            if self.done.contains(&at) {
                continue;
            }
            let movement = movement_of(line.direction);
            let found = self.found.remove(&at);
            let (kind, one, ledger, candidates) = match found {
                Some(Found::Fee) => (Kind::Fee, None, Money::ZERO, Vec::new()),
                Some(Found::Differs(meant)) => {
                    let one = if let [one] = meant.as_slice() { Some(*one) } else { None };
                    let ledger = one.map_or(Money::ZERO, |one| self.count(one, movement));
                    let candidates = meant.iter().filter_map(|place| self.candidate(*place, Why::Reference)).collect();
                    (Kind::AmountDiffers, one, ledger, candidates)
                }
                Some(Found::Duplicate(one)) => {
                    (Kind::Duplicate, Some(one), Money::ZERO, self.candidate(one, Why::Reference).into_iter().collect())
                }
                Some(Found::Impossible(one)) => {
                    let ledger = self.count(one, movement);
                    (Kind::Contradicted, Some(one), ledger, self.candidate(one, Why::Reference).into_iter().collect())
                }
                Some(Found::Several(meant)) => {
                    let candidates = meant.iter().filter_map(|(place, why)| self.candidate(*place, *why)).collect();
                    (unexplained(line), None, Money::ZERO, candidates)
                }
                Some(Found::Batches(batches)) => {
                    let candidate =
                        |(batch, total)| Candidate { instruction_id: None, batch_id: Some(batch), amount: total, why: Why::Batch };
                    (unexplained(line), None, Money::ZERO, batches.into_iter().map(candidate).collect())
                }
                None => {
                    let spent = self.spent(line);
                    let one = if let [one] = spent.as_slice() { Some(*one) } else { None };
                    let candidates = spent.iter().filter_map(|place| self.candidate(*place, Why::Account)).collect();
                    (unexplained(line), one, Money::ZERO, candidates)
                }
            };
            let instruction = one.and_then(|one| self.orders.get(one)).map(|order| order.id);
            exceptions.push(Exception { line: Some(line.id), instruction, kind, ledger, bank: line.signed(), candidates });
        }
        Ladder { matches: self.matches, exceptions }
    }
}

/// A line that nothing of ours is behind, as far as can be told.
fn unexplained(line: &Line) -> Kind {
    if line.code.as_deref().is_none_or(is_known) { Kind::MissingInLedger } else { Kind::UnknownCode }
}

/// Which movement of an instruction a line would be.
#[must_use]
pub const fn movement_of(direction: Direction) -> Movement {
    match direction {
        Direction::Debit => Movement::Settled,
        Direction::Credit => Movement::Bounced,
    }
}

/// SWIFT's types of movement (MT940, field 61) that payments, returns and charges have.
const SWIFT: [&str; 12] = ["TRF", "RTI", "CHG", "MSC", "CHK", "CMI", "COM", "DDT", "INT", "RET", "STO", "TCK"];

/// Whether a code is one of the standards' for payments. A bank's own words cannot be judged and count as known.
fn is_known(code: &str) -> bool {
    if let Some((domain, _)) = code.split_once('/') {
        return domain == "PMNT";
    }
    let swift = code.strip_prefix(['N', 'F', 'S']).filter(|rest| rest.len() == 3 && rest.bytes().all(|byte| byte.is_ascii_uppercase()));
    swift.is_none_or(|kind| SWIFT.contains(&kind))
}

/// Turns matches whose evidence contradicts what is known into exceptions. Those of a batch never do: what waits for its payment
/// is settled by it.
#[must_use]
pub fn contradict(ladder: Ladder, orders: &[Order], contradicted: &HashSet<(StatementLineId, InstructionId)>) -> Ladder {
    let Ladder { matches, mut exceptions } = ladder;
    let by_id: HashMap<InstructionId, &Order> = orders.iter().map(|order| (order.id, order)).collect();
    let (gone, matches): (Vec<Match>, Vec<Match>) =
        matches.into_iter().partition(|found| contradicted.contains(&(found.line, found.instruction)));
    let mut counted: HashSet<(InstructionId, Movement)> = HashSet::new();
    counted.extend(exceptions.iter().filter(|exception| exception.ledger != Money::ZERO).filter_map(|exception| {
        let movement = if exception.ledger.is_negative() { Movement::Settled } else { Movement::Bounced };
        exception.instruction.map(|instruction| (instruction, movement))
    }));
    for found in gone {
        let Some(order) = by_id.get(&found.instruction) else { continue };
        let new = !order.counted.has(found.movement) && !order.matched.has(found.movement) && counted.insert((order.id, found.movement));
        let ledger = if new { order.booked(found.movement) } else { Money::ZERO };
        let why = if found.rung == Rung::Account { Why::Account } else { Why::Reference };
        exceptions.push(Exception {
            line: Some(found.line),
            instruction: Some(found.instruction),
            kind: Kind::Contradicted,
            ledger,
            bank: found.signed,
            candidates: vec![Candidate { instruction_id: Some(order.id), batch_id: None, amount: order.amount, why }],
        });
    }
    Ladder { matches, exceptions }
}

/// The movements that the bank should have booked by the end of a period and has not, each once: what the ledger has settled or
/// bounced, and what was sent and has no answer. `orders` are as after the statement's own lines.
#[must_use]
pub fn missing(orders: &[Order], period: Period, days: u16) -> Vec<Exception> {
    let due = |day: NaiveDate| {
        let due = day.checked_add_days(Days::new(u64::from(days))).unwrap_or(day);
        period.first <= due && due <= period.last
    };
    let mut found = Vec::new();
    for order in orders.iter().filter(|order| !order.cash) {
        let mut push = |movement: Movement, why: Why| {
            let candidates = vec![Candidate { instruction_id: Some(order.id), batch_id: None, amount: order.amount, why }];
            let ledger = order.booked(movement);
            found.push(Exception {
                line: None,
                instruction: Some(order.id),
                kind: Kind::MissingInBank,
                ledger,
                bank: Money::ZERO,
                candidates,
            });
        };
        if !order.matched.settled {
            match order.settled_on {
                Some(day) if due(day) && !order.counted.settled => push(Movement::Settled, Why::Settled),
                None if matches!(order.status, S::Sent | S::Unknown) && !order.missed && order.sent_on.is_some_and(due) => {
                    push(Movement::Settled, Why::Sent);
                }
                _ => {}
            }
        }
        if !order.matched.bounced && !order.counted.bounced && order.bounced_on.is_some_and(due) {
            push(Movement::Bounced, Why::Bounced);
        }
    }
    found
}

#[cfg(test)]
mod tests;
