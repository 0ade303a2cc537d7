//! The bank's own book of the account that pays: what was ordered, what the account did, and the statements that tell of it.
//!
//! It is kept from payment files and from what the bank itself said, never from the service's books: held against those, it can
//! find them wrong. Cash is handed out without a payment file, so nothing of it is here.

use std::collections::BTreeMap;

use anyhow::Context;
use chrono::{Datelike, Days, Months, NaiveDate};
use uuid::Uuid;

use super::orders::{Account, Orders, Payment};
use crate::interchange::bank::reference;
use crate::kernel::Money;

/// What the bank charges at the end of a month in which it paid something out, in yuan.
const CHARGE: u32 = 5;
/// Days after which a payment that was sent is overdue: what the service assumes unless told otherwise.
const OVERDUE: u64 = 5;

/// The book.
pub struct Book {
    opening: Money,
    account: Option<Account>,
    orders: BTreeMap<Uuid, Order>,
    entries: Vec<Entry>,
}

struct Order {
    payment: Payment,
    sent_on: NaiveDate,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Failed,
    Paid,
    CameBack,
}

/// Something that the account did.
#[derive(Clone)]
pub struct Entry {
    /// The day it was booked.
    pub on: NaiveDate,
    /// What it is.
    pub what: What,
}

/// What an entry is.
#[derive(Clone)]
pub enum What {
    /// A payment that was ordered.
    Paid(Payment),
    /// One that came back, and why.
    CameBack(Payment, String),
    /// Money returned to whom it came from: how much, and to whom. No order of ours names it.
    Returned(Money, String),
    /// The bank's charge.
    Charge(Money),
}

impl Entry {
    /// What it does to the balance.
    pub fn signed(&self) -> Money {
        match &self.what {
            What::Paid(payment) => -payment.amount,
            What::CameBack(payment, _) => payment.amount,
            What::Returned(amount, _) | What::Charge(amount) => -*amount,
        }
    }
}

/// The statement of a month.
pub struct Statement {
    /// The bank's identification of it.
    pub id: String,
    /// Its running number.
    pub number: u32,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// Balance before.
    pub opening: Money,
    /// Balance after.
    pub closing: Money,
    /// What happened, by day.
    pub entries: Vec<Entry>,
}

impl Book {
    /// An account that holds this much before anything is paid from it.
    pub const fn opened_with(opening: Money) -> Self {
        Self { opening, account: None, orders: BTreeMap::new(), entries: Vec::new() }
    }

    /// The account, once something was ordered from it.
    pub const fn account(&self) -> Option<&Account> {
        self.account.as_ref()
    }

    /// Takes orders in.
    pub fn receive(&mut self, orders: Orders, sent_on: NaiveDate) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.account.as_ref().is_none_or(|known| *known == orders.account),
            "a payment file names another account to pay from than those before"
        );
        self.account = Some(orders.account);
        for payment in orders.payments {
            let reference = reference::parse(&payment.end_to_end).with_context(|| format!("the reference {}", payment.end_to_end))?;
            // An order that is there already came again: the same file, fed in once more.
            self.orders.entry(reference).or_insert(Order { payment, sent_on, state: State::Open });
        }
        Ok(())
    }

    /// Books what the bank says of an ordered payment. Money moves once each way: what is said again is no second movement.
    pub fn say(&mut self, reference: Uuid, outcome: &str, on: NaiveDate, why: &str) -> anyhow::Result<()> {
        let order = self.orders.get_mut(&reference).with_context(|| format!("payment {reference} was in no file"))?;
        let (state, what) = match (order.state, outcome) {
            (State::Open | State::Failed, "settled") => (State::Paid, Some(What::Paid(order.payment.clone()))),
            (State::Paid, "bounced") => (State::CameBack, Some(What::CameBack(order.payment.clone(), why.to_owned()))),
            // A payment that comes back before it was paid never touched the account.
            (State::Open, "failed" | "bounced") => (State::Failed, None),
            (State::Failed, "unknown") => (State::Open, None),
            (state, "settled" | "failed" | "bounced" | "unknown") => (state, None),
            (_, other) => anyhow::bail!("a bank says settled, failed, bounced or unknown, and not {other}"),
        };
        order.state = state;
        self.entries.extend(what.map(|what| Entry { on, what }));
        Ok(())
    }

    /// Books money that is returned to whom it came from.
    pub fn give_back(&mut self, on: NaiveDate, amount: Money, to: &str) {
        self.entries.push(Entry { on, what: What::Returned(amount, to.to_owned()) });
    }

    /// The last day that statements up to a day have to tell of.
    fn last(&self, until: NaiveDate) -> NaiveDate {
        self.entries.iter().map(|entry| entry.on).fold(until, NaiveDate::max)
    }

    /// One statement a month, from that of the first order on, up to a day or the last entry's.
    pub fn statements(&self, until: NaiveDate) -> anyhow::Result<Vec<Statement>> {
        let (last, days) = (self.last(until), self.entries.iter().map(|entry| entry.on).chain(self.orders.values().map(|o| o.sent_on)));
        let Some(mut from) = days.min().and_then(|day| day.with_day(1)) else { return Ok(Vec::new()) };
        let mut statements = Vec::new();
        let mut opening = self.opening;
        for number in 1.. {
            let next = from.checked_add_months(Months::new(1)).context("a day out of range")?;
            let to = next.pred_opt().context("a day out of range")?.min(last);
            let entries = self.month(from, to);
            let closing = opening + entries.iter().map(Entry::signed).sum();
            let id = format!("DZ{}", from.format("%Y%m"));
            statements.push(Statement { id, number, from, to, opening, closing, entries });
            if next > last {
                break;
            }
            (from, opening) = (next, closing);
        }
        Ok(statements)
    }

    fn month(&self, from: NaiveDate, to: NaiveDate) -> Vec<Entry> {
        let mut entries: Vec<Entry> = self.entries.iter().filter(|entry| from <= entry.on && entry.on <= to).cloned().collect();
        // Stable: of one day they stay as the bank booked them, so that the same case gives the same file.
        entries.sort_by_key(|entry| entry.on);
        if entries.iter().any(|entry| matches!(entry.what, What::Paid(_))) {
            entries.push(Entry { on: to, what: What::Charge(Money::yuan(CHARGE)) });
        }
        entries
    }

    /// The references of what was ordered, is overdue by then and has no answer: statements up to that day have to tell of it.
    pub fn overdue(&self, until: NaiveDate) -> Vec<Uuid> {
        let last = self.last(until);
        let due = |order: &Order| order.sent_on.checked_add_days(Days::new(OVERDUE)).is_some_and(|due| due <= last);
        self.orders.iter().filter(|(_, order)| order.state == State::Open && due(order)).map(|(reference, _)| *reference).collect()
    }
}

#[cfg(test)]
pub mod tests {
    use super::super::orders;
    use super::super::orders::tests::file;
    use super::*;

    pub fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// Three payments of one batch, one of which comes back, one of another that the bank leaves open, and money given back.
    pub fn book() -> Book {
        let mut book = Book::opened_with(Money::yuan(10_000));
        book.receive(orders::read(&file("B-1", &[(1, "100.00"), (2, "200.00"), (3, "300.00")])).unwrap(), day("2022-12-30")).unwrap();
        book.receive(orders::read(&file("B-2", &[(4, "400.00")])).unwrap(), day("2023-02-20")).unwrap();
        for reference in 1..=3 {
            book.say(Uuid::from_u128(reference), "settled", day("2023-01-03"), "").unwrap();
        }
        book.say(Uuid::from_u128(2), "bounced", day("2023-02-01"), "退票：长期不动户").unwrap();
        book.give_back(day("2023-01-02"), Money::yuan(7), "示例市财政局");
        book
    }

    fn told(statement: &Statement) -> Vec<String> {
        statement.entries.iter().map(|entry| format!("{} {}", entry.on, entry.signed())).collect()
    }

    #[test]
    fn each_month_begins_with_what_the_one_before_left() {
        let statements = book().statements(day("2023-02-28")).unwrap();
        let heads: Vec<String> = statements
            .iter()
            .map(|one| format!("{} {} {}..{} {} {}", one.id, one.number, one.from, one.to, one.opening, one.closing))
            .collect();
        assert_eq!(
            heads,
            [
                "DZ202212 1 2022-12-01..2022-12-31 10000.00 10000.00",
                "DZ202301 2 2023-01-01..2023-01-31 10000.00 9388.00",
                "DZ202302 3 2023-02-01..2023-02-28 9388.00 9588.00",
            ]
        );
        assert_eq!(
            told(&statements[1]),
            ["2023-01-02 -7.00", "2023-01-03 -100.00", "2023-01-03 -200.00", "2023-01-03 -300.00", "2023-01-31 -5.00"]
        );
        assert_eq!(told(&statements[2]), ["2023-02-01 200.00"]);
    }

    #[test]
    fn what_is_said_again_moves_nothing_and_what_failed_never_did() {
        let mut book = book();
        for (reference, outcome) in [(1, "settled"), (2, "bounced"), (2, "settled"), (4, "unknown"), (4, "failed"), (4, "bounced")] {
            book.say(Uuid::from_u128(reference), outcome, day("2023-02-27"), "").unwrap();
        }
        let of = |book: &Book| book.statements(day("2023-02-28")).unwrap().iter().flat_map(told).collect::<Vec<_>>();
        assert_eq!(of(&book), of(&super::tests::book()));
        assert!(book.say(Uuid::from_u128(9), "settled", day("2023-02-27"), "").is_err());
        assert!(book.say(Uuid::from_u128(1), "paid", day("2023-02-27"), "").is_err());
    }

    #[test]
    fn what_has_no_answer_is_overdue_on_the_fifth_day() {
        let book = book();
        assert!(book.overdue(day("2023-02-24")).is_empty());
        assert_eq!(book.overdue(day("2023-02-25")), [Uuid::from_u128(4)]);
    }

    #[test]
    fn statements_tell_of_everything_the_account_did_whatever_day_they_are_asked_for() {
        let statements = book().statements(day("2022-12-31")).unwrap();
        assert_eq!(statements.last().unwrap().to, day("2023-02-01"));
        assert!(Book::opened_with(Money::ZERO).statements(day("2023-02-28")).unwrap().is_empty());
    }
}
