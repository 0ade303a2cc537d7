//! What two plans and their payments do to the accounts, in memory: the other half of [`super::orders`].

use std::collections::BTreeMap;

/// Where a line's money of one source lies, in whole yuan.
pub type Accounts = BTreeMap<&'static str, i64>;

/// A line and a source, by their places in the test.
pub type Pocket = (usize, usize);

/// An attempt to pay an entry.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// As the service names it.
    pub status: &'static str,
    /// The day it was last settled.
    pub settled_on: Option<usize>,
    /// What of it is or was to be got back.
    pub recovered: i64,
}

/// A roster entry with the money that pays it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Which plan it is of.
    pub plan: usize,
    /// Pockets in order.
    pub parts: Vec<(Pocket, i64)>,
    /// First to last.
    pub attempts: Vec<Attempt>,
}

/// Money to be got back.
#[derive(Debug, Clone)]
pub struct Recovery {
    /// Of which entry.
    pub entry: usize,
    /// What was asked for before it.
    pub before: i64,
    /// How much.
    pub amount: i64,
    /// Whether it came back.
    pub received: bool,
}

/// The books.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// Each pocket's accounts.
    pub accounts: BTreeMap<Pocket, Accounts>,
    /// All entries of both plans.
    pub entries: Vec<Entry>,
    /// `approved`, `released`, `settled` or `cancelled`.
    pub plans: Vec<&'static str>,
    /// Own money drawn through each plan: from which pocket to which, how much.
    pub top_ups: Vec<Vec<(Pocket, Pocket, i64)>>,
    /// Entries of which evidence contradicts an attempt: nothing of them is sent until people have looked.
    pub contradicted: Vec<usize>,
    /// Entries of which the bank once did not know: nobody has approved another attempt for any of them.
    pub doubted: Vec<usize>,
    /// In the order they were asked for.
    pub recoveries: Vec<Recovery>,
}

fn unwind(parts: &[(Pocket, i64)], before: i64, amount: i64) -> Vec<(Pocket, i64)> {
    let (mut at, mut taken) = (0, Vec::new());
    for (pocket, size) in parts {
        let (from, to) = (before.max(at), (before + amount).min(at + size));
        if to > from {
            taken.push((*pocket, to - from));
        }
        at += size;
    }
    taken
}

impl Model {
    /// What is in an account.
    pub fn get(&self, pocket: Pocket, account: &str) -> i64 {
        self.accounts.get(&pocket).and_then(|accounts| accounts.get(account)).copied().unwrap_or_default()
    }

    /// Adds to an account, or takes from it.
    pub fn add(&mut self, pocket: Pocket, account: &'static str, amount: i64) {
        *self.accounts.entry(pocket).or_default().entry(account).or_default() += amount;
    }

    fn shift(&mut self, parts: &[(Pocket, i64)], from: &'static str, to: &'static str) {
        for (pocket, amount) in parts {
            self.add(*pocket, from, -amount);
            self.add(*pocket, to, *amount);
        }
    }

    fn shift_entry(&mut self, entry: usize, from: &'static str, to: &'static str) {
        let parts = self.entries[entry].parts.clone();
        self.shift(&parts, from, to);
    }

    fn follow(&mut self, plan: usize) {
        let ended = |entry: &Entry| matches!(entry.attempts.last().map(|attempt| attempt.status), Some("settled" | "given_up"));
        let all = self.entries.iter().filter(|entry| entry.plan == plan).all(ended);
        if matches!(self.plans[plan], "released" | "settled") {
            self.plans[plan] = if all { "settled" } else { "released" };
        }
    }

    /// Releases a plan; whether that is allowed.
    pub fn release(&mut self, plan: usize) -> bool {
        if self.plans[plan] != "approved" {
            return false;
        }
        self.plans[plan] = "released";
        for entry in self.entries.iter_mut().filter(|entry| entry.plan == plan) {
            entry.attempts.push(Attempt { status: "pending", settled_on: None, recovered: 0 });
        }
        true
    }

    /// Cancels a plan; whether that is allowed.
    pub fn cancel(&mut self, plan: usize) -> bool {
        if self.plans[plan] != "approved" {
            return false;
        }
        self.plans[plan] = "cancelled";
        for entry in 0..self.entries.len() {
            if self.entries[entry].plan == plan {
                self.shift_entry(entry, "committed", "available");
            }
        }
        for (own, line, amount) in self.top_ups[plan].clone() {
            self.add(line, "available", -amount);
            self.add(line, "top_up", -amount);
            self.add(own, "topped_up_elsewhere", -amount);
            self.add(own, "available", amount);
        }
        true
    }

    /// Sends those of some entries that wait; whether that is allowed.
    pub fn send(&mut self, entries: &[usize]) -> bool {
        let waits = |entry: &usize| self.entries[*entry].attempts.last().is_some_and(|attempt| attempt.status == "pending");
        let waiting: Vec<usize> = entries.iter().copied().filter(|entry| waits(entry)).collect();
        if waiting.is_empty() || waiting.iter().any(|entry| self.contradicted.contains(entry)) {
            return false;
        }
        for entry in waiting {
            self.entries[entry].attempts.last_mut().unwrap().status = "sent";
            self.shift_entry(entry, "committed", "in_transit");
        }
        true
    }

    /// Takes in evidence dated `day`: `applied`, `confirmed`, `contradicted`, or nothing for a refusal.
    pub fn evidence(&mut self, entry: usize, attempt: usize, outcome: &str, day: usize) -> Option<&'static str> {
        let Attempt { status, settled_on, recovered } = self.entries[entry].attempts[attempt].clone();
        let become_ = |model: &mut Self, next: &'static str, moves: &[(&'static str, &'static str)]| {
            let changed = &mut model.entries[entry].attempts[attempt];
            changed.status = next;
            if next == "unknown" {
                model.doubted.push(entry);
            } else if next == "settled" {
                changed.settled_on = Some(day);
            }
            for (from, to) in moves {
                model.shift_entry(entry, from, to);
            }
            Some("applied")
        };
        let answer = match (status, outcome) {
            ("pending", _) => None,
            ("sent" | "unknown", "settled") => become_(self, "settled", &[("in_transit", "disbursed")]),
            ("sent" | "unknown", "failed" | "bounced") => become_(self, "failed", &[("in_transit", "committed")]),
            ("sent", "unknown") => become_(self, "unknown", &[]),
            ("settled", "bounced") if recovered == 0 => become_(self, "bounced", &[("disbursed", "bounced")]),
            ("settled", "bounced" | "failed") => Some("contradicted"),
            ("failed", "settled") => become_(self, "settled", &[("committed", "disbursed")]),
            ("failed", "unknown") => become_(self, "unknown", &[("committed", "in_transit")]),
            ("bounced" | "reissued" | "given_up", "settled") if settled_on.is_none_or(|settled| day > settled) => Some("contradicted"),
            _ => Some("confirmed"),
        };
        if answer == Some("contradicted") {
            self.contradicted.push(entry);
        }
        self.follow(self.entries[entry].plan);
        answer
    }

    /// Another attempt; whether that is allowed.
    pub fn reissue(&mut self, entry: usize, attempt: usize) -> bool {
        if self.doubted.contains(&entry) {
            return false;
        }
        match self.entries[entry].attempts[attempt].status {
            "failed" => {}
            "bounced" => self.shift_entry(entry, "bounced", "committed"),
            _ => return false,
        }
        self.entries[entry].attempts[attempt].status = "reissued";
        self.entries[entry].attempts.push(Attempt { status: "pending", settled_on: None, recovered: 0 });
        self.follow(self.entries[entry].plan);
        true
    }

    /// Gives an attempt up; whether that is allowed.
    pub fn give_up(&mut self, entry: usize, attempt: usize) -> bool {
        match self.entries[entry].attempts[attempt].status {
            "pending" | "failed" => self.shift_entry(entry, "committed", "available"),
            "bounced" => self.shift_entry(entry, "bounced", "available"),
            _ => return false,
        }
        self.entries[entry].attempts[attempt].status = "given_up";
        self.follow(self.entries[entry].plan);
        true
    }

    /// Asks for money back; whether that is allowed.
    pub fn recover(&mut self, entry: usize, attempt: usize, amount: i64) -> bool {
        let whole: i64 = self.entries[entry].parts.iter().map(|(_, amount)| amount).sum();
        let Attempt { status, recovered: before, .. } = self.entries[entry].attempts[attempt];
        if status != "settled" || before + amount > whole {
            return false;
        }
        self.entries[entry].attempts[attempt].recovered += amount;
        let parts = unwind(&self.entries[entry].parts, before, amount);
        self.shift(&parts, "disbursed", "recoverable");
        self.recoveries.push(Recovery { entry, before, amount, received: false });
        true
    }

    /// Money came back; whether that is allowed.
    pub fn receive(&mut self, recovery: usize) -> bool {
        let Recovery { entry, before, amount, received } = self.recoveries[recovery].clone();
        if received {
            return false;
        }
        self.recoveries[recovery].received = true;
        let parts = unwind(&self.entries[entry].parts, before, amount);
        self.shift(&parts, "recoverable", "available");
        true
    }

    /// Pays money back to the treasury; whether there is enough.
    pub fn pay_back(&mut self, pocket: Pocket, amount: i64) -> bool {
        if self.get(pocket, "available") < amount {
            return false;
        }
        self.shift(&[(pocket, amount)], "available", "returned");
        true
    }
}
