//! Every balance from the postings.

use std::collections::BTreeMap;

use super::Failure;
use super::facts::{Facts, Posting};
use crate::audit::export::Balance;
use crate::kernel::Money;

/// The accounts money comes from: out of them adds, because they count what has come from there.
pub(super) const ORIGINS: [&str; 2] = ["granted", "top_up"];
/// The accounts that say where it is.
pub(super) const PLACES: [&str; 11] = [
    "available",
    "committed",
    "in_transit",
    "disbursed",
    "transferred_down",
    "bounced",
    "recoverable",
    "returned",
    "carried_over",
    "reclaimed",
    "topped_up_elsewhere",
];

/// Which moves each kind of event may make (`ledger_move`, docs/adr/0004).
pub const MOVES: &[(&str, &str, &str)] = &[
    ("grant", "granted", "available"),
    ("withdraw", "available", "granted"),
    ("top_up", "available", "topped_up_elsewhere"),
    ("top_up", "top_up", "available"),
    ("untop_up", "topped_up_elsewhere", "available"),
    ("untop_up", "available", "top_up"),
    ("commit", "available", "committed"),
    ("uncommit", "committed", "available"),
    ("send", "committed", "in_transit"),
    ("settle", "in_transit", "disbursed"),
    ("settle", "in_transit", "transferred_down"),
    ("fail", "in_transit", "committed"),
    ("bounce", "disbursed", "bounced"),
    ("bounce", "transferred_down", "bounced"),
    ("reissue", "bounced", "committed"),
    ("give_up", "bounced", "available"),
    ("give_up", "committed", "available"),
    ("feedback", "transferred_down", "disbursed"),
    ("hand_back", "transferred_down", "available"),
    ("recover_due", "disbursed", "recoverable"),
    ("recover", "recoverable", "available"),
    ("recover_waived", "recoverable", "disbursed"),
    ("return", "available", "returned"),
    ("carry_over", "available", "carried_over"),
    ("reclaim", "available", "reclaimed"),
];

/// What is in each account; one that is not named is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Accounts(BTreeMap<String, Money>);

impl Accounts {
    /// What is in one account.
    pub(super) fn get(&self, account: &str) -> Money {
        self.0.get(account).copied().unwrap_or_default()
    }

    /// Applies a posting: out of an origin adds to it, into one takes from it; elsewhere as one expects.
    pub(super) fn apply(&mut self, posting: &Posting) {
        let change = |account: &str, into: bool| if ORIGINS.contains(&account) == into { -posting.amount } else { posting.amount };
        *self.0.entry(posting.from.clone()).or_default() += change(&posting.from, false);
        *self.0.entry(posting.to.clone()).or_default() += change(&posting.to, true);
    }

    /// Adds those of another line or source.
    pub(super) fn add(&mut self, other: &Self) {
        for (account, amount) in &other.0 {
            *self.0.entry(account.clone()).or_default() += *amount;
        }
    }

    /// What came less where it is: zero when the books are right.
    pub(super) fn identity_difference(&self) -> Money {
        let sum = |accounts: &[&str]| accounts.iter().map(|account| self.get(account)).sum::<Money>();
        sum(&ORIGINS) - sum(&PLACES)
    }
}

/// Holds what the export says of every balance against the postings, and the postings against the rules of the ledger.
pub(super) fn check(facts: &Facts, claimed: &[Balance], failures: &mut Vec<Failure>) {
    let mut books: BTreeMap<(String, String), Accounts> = BTreeMap::new();
    for journal in &facts.journals {
        if journal.postings.is_empty() {
            failures.push(Failure::new("journal_entry", &journal.id, "postings", "at least one", "none"));
        }
        for posting in &journal.postings {
            let key = format!("{} {}", journal.id, posting.position);
            if !MOVES.contains(&(journal.kind.as_str(), posting.from.as_str(), posting.to.as_str())) {
                let found = format!("{} to {}", posting.from, posting.to);
                failures.push(Failure::new("posting", &key, "from_account and to_account", format!("a move of {}", journal.kind), found));
            }
            if !posting.amount.is_positive() {
                failures.push(Failure::new("posting", &key, "amount", "more than zero", posting.amount));
            }
            books.entry((posting.line.clone(), posting.source.clone())).or_default().apply(posting);
        }
        for posting in &journal.postings {
            let accounts = books.get(&(posting.line.clone(), posting.source.clone()));
            for account in [&posting.from, &posting.to] {
                if let Some(amount) = accounts.map(|accounts| accounts.get(account)).filter(|amount| amount.is_negative()) {
                    let key = format!("{} {}", posting.line, posting.source);
                    let rule = format!("{account} after log number {}", journal.known);
                    failures.push(Failure::new("ledger_balance", key, &rule, "zero or more", amount));
                }
            }
        }
    }
    for balance in claimed {
        let accounts = books.remove(&(balance.line.clone(), balance.source.clone())).unwrap_or_default();
        for account in ORIGINS.iter().chain(&PLACES) {
            let (expected, found) = (accounts.get(account).to_string(), balance.accounts.get(*account).cloned().unwrap_or_default());
            if expected != found {
                failures.push(Failure::new("ledger_balance", format!("{} {}", balance.line, balance.source), account, expected, found));
            }
        }
    }
    // An export without any balance says nothing of them; one with some must have all.
    for (line, source) in books.keys().filter(|_| !claimed.is_empty()) {
        failures.push(Failure::new("ledger_balance", format!("{line} {source}"), "row", "a balance", "none"));
    }
}
