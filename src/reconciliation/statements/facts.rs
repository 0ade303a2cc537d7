//! What the ladder looks at and what it finds: lines, instructions with what is known of them, matches and exceptions.

use chrono::NaiveDate;
use uuid::Uuid;

use super::model::{Candidate, Kind, Movement, Rung};
use crate::interchange::bank::statement::Direction;
use crate::kernel::{BatchId, InstructionId, Money, StatementLineId};
use crate::payments::InstructionStatus as S;

/// A line of a statement, as far as it matters here.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its id.
    pub id: StatementLineId,
    /// When the bank booked it.
    pub booked_on: NaiveDate,
    /// Whether money came or went.
    pub direction: Direction,
    /// More than zero.
    pub amount: Money,
    /// Whether the bank calls it a reversal, or gives a reason of return.
    pub returned: bool,
    /// Whether it is the bank's charge.
    pub fee: bool,
    /// Texts of it that may be references of ours.
    pub references: Vec<Uuid>,
    /// Keyed hash of the other side's account.
    pub account: Option<Vec<u8>>,
    /// The bank's code of the kind of movement.
    pub code: Option<String>,
}

impl Line {
    /// Its amount with its sign for the account.
    #[must_use]
    pub fn signed(&self) -> Money {
        self.direction.signed(self.amount)
    }
}

/// An instruction with what the ledger and earlier statements know of it.
#[derive(Debug, Clone)]
pub struct Order {
    /// Its id.
    pub id: InstructionId,
    /// What banks know it by.
    pub reference: Uuid,
    /// Its batch.
    pub batch: BatchId,
    /// How much.
    pub amount: Money,
    /// Paid in cash: no bank has a line of it.
    pub cash: bool,
    /// Keyed hash of the payee's account.
    pub account: Option<Vec<u8>>,
    /// Its state.
    pub status: S,
    /// The day it was handed over.
    pub sent_on: Option<NaiveDate>,
    /// The day its settlement was booked in the ledger.
    pub settled_on: Option<NaiveDate>,
    /// The day its bounce was.
    pub bounced_on: Option<NaiveDate>,
    /// Movements that a line was matched with.
    pub matched: Movements,
    /// Movements that an exception has counted already.
    pub counted: Movements,
    /// Whether it was called missing already, while nothing was booked of it.
    pub missed: bool,
}

/// Which movements of an instruction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Movements {
    /// Its payment.
    pub settled: bool,
    /// Its coming back.
    pub bounced: bool,
}

impl Movements {
    /// Whether it is among them.
    #[must_use]
    pub const fn has(self, movement: Movement) -> bool {
        match movement {
            Movement::Settled => self.settled,
            Movement::Bounced => self.bounced,
        }
    }

    pub(super) fn add(&mut self, movement: Movement) {
        match movement {
            Movement::Settled => self.settled = true,
            Movement::Bounced => self.bounced = true,
        }
    }
}

impl Order {
    /// What the ledger has of a movement, with its sign for the account; zero when it has none.
    #[must_use]
    pub fn booked(&self, movement: Movement) -> Money {
        match movement {
            Movement::Settled if self.settled_on.is_some() => -self.amount,
            Movement::Bounced if self.bounced_on.is_some() => self.amount,
            _ => Money::ZERO,
        }
    }

    /// Whether a payment of that day can be said of it at all: evidence of any other is refused before it is looked at.
    pub(super) fn can_be_paid_on(&self, day: NaiveDate) -> bool {
        !self.cash && self.status != S::Pending && self.sent_on.is_none_or(|sent| sent <= day)
    }

    /// Whether it waits for its payment: under way, or settled by other evidence.
    pub(super) fn awaits_payment(&self, day: NaiveDate) -> bool {
        let under_way = matches!(self.status, S::Sent | S::Unknown | S::Settled);
        let known_before = self.settled_on.is_some_and(|settled| day <= settled);
        !self.cash && !self.matched.settled && self.sent_on.is_some() && (under_way || known_before)
    }

    /// What a payment of that day does to it, if evidence of it is taken in: whether the ledger has it afterwards.
    pub(super) fn is_settled_by(&self, day: NaiveDate) -> bool {
        match self.status {
            S::Sent | S::Unknown | S::Failed | S::Settled => true,
            S::Bounced | S::Reissued | S::GivenUp => self.settled_on.is_some_and(|settled| day <= settled),
            S::Pending => false,
        }
    }
}

/// A line matched with a movement of an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// The line.
    pub line: StatementLineId,
    /// The instruction.
    pub instruction: InstructionId,
    /// Which movement of it.
    pub movement: Movement,
    /// By what.
    pub rung: Rung,
    /// The amount of the instruction with its sign for the account.
    pub signed: Money,
}

/// What does not match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// The line; none when the bank has none.
    pub line: Option<StatementLineId>,
    /// The instruction, when only one can be meant.
    pub instruction: Option<InstructionId>,
    /// Why.
    pub kind: Kind,
    /// What the ledger has, with its sign for the account.
    pub ledger: Money,
    /// What the bank has.
    pub bank: Money,
    /// Everything it might be.
    pub candidates: Vec<Candidate>,
}

impl Exception {
    /// Ledger less bank.
    #[must_use]
    pub fn difference(&self) -> Money {
        self.ledger - self.bank
    }
}

/// Ledger, bank, and the sum of the exceptions: the first less the second is the third.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Equation {
    /// What the ledger booked of what the statement is about.
    pub ledger: Money,
    /// The lines with their signs.
    pub bank: Money,
    /// The differences of the exceptions.
    pub difference: Money,
}

/// From the first day that any statement of the account speaks of to the last day of this one.
#[derive(Debug, Clone, Copy)]
pub struct Period {
    /// The account's first day.
    pub first: NaiveDate,
    /// The statement's last day.
    pub last: NaiveDate,
}
