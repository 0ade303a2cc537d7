//! What a bank statement says, whatever format it came in.

use std::collections::VecDeque;
use std::fmt;

use chrono::NaiveDate;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::reference::{self, Short};
use super::row::{Fault, Row};
use crate::kernel::Money;
use crate::kernel::refusal::Refusal;

/// Whether money came or went, as the account's owner sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// 贷: money came into the account.
    Credit,
    /// 借: money left the account.
    Debit,
}

impl Direction {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Credit => "credit",
            Self::Debit => "debit",
        }
    }

    /// The amount with its sign for the balance: plus for a credit.
    #[must_use]
    pub fn signed(self, amount: Money) -> Money {
        match self {
            Self::Credit => amount,
            Self::Debit => -amount,
        }
    }
}

/// What a statement says of itself. When it begins, not all of it need be known yet: MT940 gives the closing balance last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatementHead {
    /// The bank's identification of it; may be empty in CSV.
    pub id: String,
    /// The account's number as the bank writes it; empty only in CSV without such a column or header.
    pub account: String,
    /// ISO 4217; `CNY` when the format has no place for it.
    pub currency: String,
    /// Its running number, and that of the page when there are several (`12/1`).
    pub sequence: Option<String>,
    /// First day.
    pub from: Option<NaiveDate>,
    /// Last day.
    pub to: Option<NaiveDate>,
    /// Balance before the first line; negative when the account is overdrawn.
    pub opening: Option<Money>,
    /// Balance after the last line.
    pub closing: Option<Money>,
}

/// One movement of the account. `Debug` shows neither names nor accounts.
#[derive(Clone, PartialEq, Eq)]
pub struct StatementLine {
    /// Which entry of the statement, from 1 on.
    pub ordinal: u32,
    /// Which detail of the entry, from 1 on; 0 when the line is the whole entry.
    pub detail: u32,
    /// The same for all details of one batch entry, and different from those of other entries of the file; none when the
    /// line is the whole entry.
    pub group: Option<String>,
    /// The bank's own reference of the entry, by which it can be recognised again.
    pub entry_reference: Option<String>,
    /// The day on which it was booked, in China.
    pub booked_on: NaiveDate,
    /// The day from which it counts for interest.
    pub value_on: Option<NaiveDate>,
    /// Whether money came or went. Of a reversal too: what came back is a credit.
    pub direction: Direction,
    /// More than zero.
    pub amount: Money,
    /// Whether the bank says that it takes back an earlier entry.
    pub reversal: bool,
    /// Texts that may be references of a payment, in the order in which they should be tried, each once: what the parties
    /// gave, then what was found in the remittance as 32 hexadecimal digits.
    pub references: Vec<String>,
    /// Name of the other side.
    pub counterparty_name: Option<String>,
    /// Account of the other side.
    pub counterparty_account: Option<String>,
    /// What the payment was said to be for; may be empty.
    pub remittance: String,
    /// The bank's code of the kind of movement: `PMNT/ICDT/DMCT`, or the bank's own, or MT940's `NTRF`.
    pub bank_code: Option<String>,
    /// Whether that code says that it is the bank's charge.
    pub fee: bool,
    /// Why a payment was returned: code, and text when there is one.
    pub return_reason: Option<String>,
    /// Which one it is among lines that are alike in everything [`StatementLine::identity`] looks at, of the statement and of those
    /// of the file that it goes on from; from 1 on.
    pub occurrence: u32,
    /// The line's own text. Of a batch entry's detail only the detail's.
    pub raw: String,
}

impl StatementLine {
    /// A key by which a line is known again when statements overlap: 64 hexadecimal digits.
    ///
    /// It is the SHA-256 over account, booking day, direction, amount, the other side's account (its name where there is none), the
    /// references, and [`StatementLine::occurrence`], and
    /// - with an entry reference over that and the number of the detail in its entry;
    /// - without one over the remittance.
    ///
    /// All of it takes part even with an entry reference, because some banks' are counters that begin again in each file, and some
    /// give all lines of a batch the same: two equal aid payments to two people must not become one. What one statement lists twice,
    /// or two of which one goes on where the other ended, their balances count twice, so it is two movements.
    ///
    /// The prices: an entry that the bank lists again under another booking day, or with another name or account of the other side,
    /// is another line; it is then an exception of its own. And where lines are alike in everything above and two files cut a day in
    /// two, the second of them is taken for the first; the statement's closing balance counts it, and does not follow from what is
    /// known then. Details of a batch entry are told apart by the bank's order.
    ///
    /// `account` is the statement's, and must be written alike each time.
    #[must_use]
    pub fn identity(&self, account: &str) -> String {
        let mut digest = self.likeness(account);
        digest.update(self.occurrence.to_be_bytes());
        hex::encode(digest.finalize())
    }

    /// Everything of the identity but the running number among equals.
    pub(super) fn likeness(&self, account: &str) -> Sha256 {
        let mut digest = self.movement("bangfu statement line 2", account);
        match &self.entry_reference {
            Some(reference) => ["reference", reference, &self.detail.to_string()].iter().for_each(|text| field(&mut digest, text)),
            None => ["content", &self.remittance].iter().for_each(|text| field(&mut digest, text)),
        }
        match (&self.counterparty_account, &self.counterparty_name) {
            (Some(account), _) => ["account", account].iter().for_each(|text| field(&mut digest, text)),
            (None, Some(name)) => ["name", name].iter().for_each(|text| field(&mut digest, text)),
            (None, None) => field(&mut digest, "nobody"),
        }
        self.references.iter().for_each(|reference| field(&mut digest, reference));
        digest
    }

    /// The key by which a line was known before the other side took part in [`StatementLine::identity`], without its running number
    /// among equals of the statement: lines kept until then are known again by it.
    #[must_use]
    pub fn earlier_likeness(&self, account: &str) -> Sha256 {
        let mut digest = self.movement("bangfu statement line 1", account);
        match &self.entry_reference {
            Some(reference) => ["reference", reference, &self.detail.to_string()].iter().for_each(|text| field(&mut digest, text)),
            None => {
                let account = self.counterparty_account.as_deref().unwrap_or_default();
                ["content", &self.remittance, account].iter().for_each(|text| field(&mut digest, text));
                self.references.iter().for_each(|reference| field(&mut digest, reference));
            }
        }
        digest
    }

    fn movement(&self, version: &str, account: &str) -> Sha256 {
        let mut digest = Sha256::new();
        for text in [version, account, &self.booked_on.to_string(), self.direction.code(), &self.amount.to_string()] {
            field(&mut digest, text);
        }
        digest
    }

    /// The references that are UUIDs, as the payments of this ledger have them.
    pub fn payment_references(&self) -> impl Iterator<Item = Uuid> + '_ {
        self.references.iter().filter_map(|text| reference::parse(text))
    }

    /// Those that are short ones, as formats with room for sixteen characters have them.
    pub fn short_references(&self) -> impl Iterator<Item = Short> + '_ {
        self.references.iter().filter_map(|text| Short::parse(text))
    }
}

/// Each text after its length, so that no two lists of texts are the same bytes.
fn field(digest: &mut Sha256, text: &str) {
    digest.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
    digest.update(text);
}

impl fmt::Debug for StatementLine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ordinal, detail, booked_on, direction, amount, .. } = self;
        write!(out, "StatementLine({ordinal}.{detail} {booked_on} {} {amount})", direction.code())
    }
}

/// One thing after another of a file of statements.
#[derive(Debug, Clone, PartialEq)]
pub enum StatementPart {
    /// A statement begins.
    Begin(StatementHead),
    /// A line of it, or why there is none.
    Line(Box<Row<StatementLine>>),
    /// It is complete, with all that is known of it; its balances hold unless [`Balance`] says that they could not be checked.
    End(StatementHead, Balance),
}

/// Whether opening balance and lines give the closing balance. That they do not is a refusal, so it is not among these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Balance {
    /// They do.
    Holds,
    /// The statement gives not both balances.
    NotGiven,
    /// Some booked lines could not be read, so that nothing can be said.
    LinesAtFault,
}

/// A whole statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// What it says of itself.
    pub head: StatementHead,
    /// The lines in the file's order.
    pub lines: Vec<StatementLine>,
    /// What could not be read.
    pub faults: Vec<Fault>,
    /// Whether the balances were checked.
    pub balance: Balance,
}

/// Gathers the statements of a file. Takes memory for all lines: large files are read part by part instead.
///
/// # Errors
/// The first refusal among the parts.
pub fn collect(parts: impl IntoIterator<Item = Result<StatementPart, Refusal>>) -> Result<Vec<Statement>, Refusal> {
    let mut statements = Vec::new();
    let (mut lines, mut faults) = (Vec::new(), Vec::new());
    for part in parts {
        match part? {
            StatementPart::Begin(_) => {}
            StatementPart::Line(row) => match *row {
                Row::Read(line) => lines.push(line),
                Row::Faulty(fault) => faults.push(fault),
            },
            StatementPart::End(head, balance) => {
                statements.push(Statement { head, lines: std::mem::take(&mut lines), faults: std::mem::take(&mut faults), balance });
            }
        }
    }
    Ok(statements)
}

/// Parts that a reader has read and not handed out yet.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub ready: VecDeque<StatementPart>,
    /// There is nothing more: the file is at its end, or was refused.
    pub ended: bool,
}

/// A reader that finds no part, one or several at a time.
pub(super) trait ReadsAhead {
    /// What is ready.
    fn parts(&mut self) -> &mut Parts;

    /// Reads on.
    fn advance(&mut self) -> Result<(), Refusal>;

    /// The next part. After a refusal nothing follows.
    fn part(&mut self) -> Option<Result<StatementPart, Refusal>> {
        loop {
            if let Some(part) = self.parts().ready.pop_front() {
                return Some(Ok(part));
            }
            if self.parts().ended {
                return None;
            }
            if let Err(refusal) = self.advance() {
                *self.parts() = Parts { ended: true, ..Parts::default() };
                return Some(Err(refusal));
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::running::Running;
    use super::*;

    pub fn line(amount: &str, entry_reference: Option<&str>) -> StatementLine {
        StatementLine {
            ordinal: 1,
            detail: 0,
            group: None,
            entry_reference: entry_reference.map(str::to_owned),
            booked_on: "2023-01-18".parse().unwrap(),
            value_on: None,
            direction: Direction::Debit,
            amount: amount.parse().unwrap(),
            reversal: false,
            references: vec!["A".to_owned()],
            counterparty_name: None,
            counterparty_account: None,
            remittance: "慰问金".to_owned(),
            bank_code: None,
            fee: false,
            return_reason: None,
            occurrence: 0,
            raw: String::new(),
        }
    }

    #[test]
    fn equal_lines_of_one_statement_stay_two_and_those_of_two_statements_are_the_same() {
        for reference in [None, Some("R")] {
            let statement = || {
                let mut running = Running::default();
                let mut lines = [line("1.00", reference), line("1.00", reference)];
                let head = StatementHead { account: "510599".to_owned(), ..StatementHead::default() };
                lines.iter_mut().for_each(|line| running.line(&head, line).unwrap());
                lines.map(|line| line.identity("510599"))
            };
            let [first, second] = statement();
            assert_ne!(first, second);
            assert_eq!(statement(), [first, second]);
        }
        assert_ne!(line("1.00", None).identity("x"), line("1.00", Some("R")).identity("x"));
        assert_ne!(line("1.00", None).identity("x"), line("1.00", None).identity("y"));
    }

    #[test]
    fn counters_that_begin_again_do_not_make_different_lines_one() {
        let mut later = line("1.00", Some("1"));
        later.booked_on = "2023-01-19".parse().unwrap();
        assert_ne!(later.identity("x"), line("1.00", Some("1")).identity("x"));
        assert_ne!(line("2.00", Some("1")).identity("x"), line("1.00", Some("1")).identity("x"));
    }

    #[test]
    fn who_is_paid_makes_lines_different_whatever_the_banks_reference_says() {
        let with = |change: fn(&mut StatementLine)| {
            let mut line = line("2212.00", Some("1"));
            change(&mut line);
            line.identity("x")
        };
        let all = [
            with(|_| ()),
            with(|line| line.counterparty_account = Some("6299".to_owned())),
            with(|line| line.counterparty_account = Some("6298".to_owned())),
            with(|line| line.counterparty_name = Some("6299".to_owned())),
            with(|line| line.references = vec!["B".to_owned()]),
        ];
        let different: std::collections::HashSet<&String> = all.iter().collect();
        assert_eq!(different.len(), all.len());
        // A name beside an account says nothing more: banks shorten it.
        let named = with(|line| {
            line.counterparty_account = Some("6299".to_owned());
            line.counterparty_name = Some("王".to_owned());
        });
        assert_eq!(named, all[1]);
    }

    #[test]
    fn texts_cannot_move_from_one_field_to_the_next() {
        let (mut one, mut two) = (line("1.00", None), line("1.00", None));
        one.references = vec!["AB".to_owned(), "C".to_owned()];
        two.references = vec!["A".to_owned(), "BC".to_owned()];
        assert_ne!(one.identity("x"), two.identity("x"));
    }
}
