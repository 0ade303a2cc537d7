//! The figures of a report from the sealed rows: by effective date, and as known at a log number.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;

use super::books::Accounts;
use super::facts::Facts;
use crate::kernel::Money;
use crate::kernel::ratio::Ratio;

/// From where a report looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    /// To the end of this day, by effective date.
    pub(super) on: NaiveDate,
    /// As known when the log had this many leaves.
    pub(super) log: u64,
    /// Only this source's money.
    pub(super) source: Option<&'a str>,
}

/// The figures of a line, or of several together.
#[derive(Debug, Clone, Default)]
pub(super) struct Figures {
    pub(super) accounts: Accounts,
    pub(super) arrived: Money,
    reached: Reached,
}

/// Whom payments reached.
#[derive(Debug, Clone, Default)]
struct Reached {
    households: BTreeSet<String>,
    persons: BTreeSet<String>,
    payments: BTreeSet<String>,
}

impl Figures {
    /// Adds those of another line. Who is reached by both counts once.
    pub(super) fn add(&mut self, other: &Self) {
        self.accounts.add(&other.accounts);
        self.arrived += other.arrived;
        self.reached.households.extend(other.reached.households.iter().cloned());
        self.reached.persons.extend(other.reached.persons.iter().cloned());
        self.reached.payments.extend(other.reached.payments.iter().cloned());
    }

    /// The figures by the names they have in a report, as a report prints them; `None` stands for none.
    pub(super) fn named(&self) -> Vec<(&'static str, Option<String>)> {
        let disbursed = self.accounts.get("disbursed");
        let budget = self.accounts.get("granted") + self.accounts.get("top_up");
        let rate = Ratio::new(disbursed.as_decimal(), budget.as_decimal()).and_then(|rate| rate.percent(2));
        let here = ["available", "committed", "in_transit", "bounced"].iter().map(|account| self.accounts.get(account)).sum::<Money>();
        let mut named = accounts_of(&self.accounts);
        named.extend([
            ("not_disbursed", Some(here.to_string())),
            ("execution_rate", rate.map(|rate| rate.to_string())),
            ("arrived", Some(self.arrived.to_string())),
            ("households", Some(self.reached.households.len().to_string())),
            ("persons", Some(self.reached.persons.len().to_string())),
            ("person_times", Some(self.reached.payments.len().to_string())),
        ]);
        named
    }
}

/// The thirteen accounts and the identity's difference by name.
pub(super) fn accounts_of(accounts: &Accounts) -> Vec<(&'static str, Option<String>)> {
    let names = super::books::ORIGINS.iter().chain(&super::books::PLACES);
    let mut named: Vec<_> = names.map(|name| (*name, Some(accounts.get(name).to_string()))).collect();
    named.push(("identity_difference", Some(accounts.identity_difference().to_string())));
    named
}

/// The accounts of each line and source.
pub(super) fn balances(facts: &Facts, view: View<'_>) -> BTreeMap<(String, String), Accounts> {
    let mut books: BTreeMap<(String, String), Accounts> = BTreeMap::new();
    let known = facts.journals.iter().filter(|journal| journal.known <= view.log && journal.effective_on <= view.on);
    for posting in known.flat_map(|journal| &journal.postings) {
        if view.source.is_none_or(|source| source == posting.source) {
            books.entry((posting.line.clone(), posting.source.clone())).or_default().apply(posting);
        }
    }
    books
}

/// The figures of each of some lines.
pub(super) fn of_lines(facts: &Facts, lines: &BTreeSet<String>, view: View<'_>) -> BTreeMap<String, Figures> {
    let mut figures: BTreeMap<String, Figures> = lines.iter().map(|line| (line.clone(), Figures::default())).collect();
    for ((line, _), accounts) in balances(facts, view) {
        if let Some(figures) = figures.get_mut(&line) {
            figures.accounts.add(&accounts);
        }
    }
    for arrival in facts.arrivals.iter().filter(|arrival| arrival.known <= view.log && arrival.on <= view.on) {
        let counts = view.source.is_none_or(|source| facts.lines.get(&arrival.line).is_some_and(|line| line.source == source));
        if let Some(figures) = figures.get_mut(&arrival.line).filter(|_| counts) {
            figures.arrived += arrival.amount;
        }
    }
    reach(facts, view, &mut figures);
    figures
}

/// Adds whom settled payments reached, net of bounces and full recoveries, and whom subordinate unions reported.
fn reach(facts: &Facts, view: View<'_>, figures: &mut BTreeMap<String, Figures>) {
    let recovered = recovered(facts, view);
    for (id, order) in &facts.orders {
        let Some(entry) = facts.entries.get(&order.entry).filter(|entry| entry.payee_kind != "organisation") else { continue };
        let events = facts.events.get(id).map(Vec::as_slice).unwrap_or_default();
        let last = events.iter().filter(|event| event.known <= view.log && event.on <= view.on).max_by_key(|event| event.sequence);
        let back = recovered.get(id.as_str()).copied().unwrap_or_default();
        if last.is_none_or(|event| event.kind != "settled") || order.amount <= back {
            continue;
        }
        let person = order.person.as_ref().filter(|_| entry.payee_kind == "person");
        note(figures, &entry.paid_by, view, id, entry.household.as_ref(), person);
    }
    for row in facts.feedback.iter().filter(|row| row.known <= view.log && row.reported_on <= view.on) {
        let order = facts.transfers.get(&row.transfer).and_then(|instruction| facts.orders.get(instruction));
        if let Some(entry) = order.and_then(|order| facts.entries.get(&order.entry)) {
            note(figures, &entry.paid_by, view, &row.id, None, Some(&row.person));
        }
    }
}

/// Notes a payment at every line it was paid out of.
fn note(
    figures: &mut BTreeMap<String, Figures>,
    paid_by: &[(String, String)],
    view: View<'_>,
    id: &str,
    household: Option<&String>,
    person: Option<&String>,
) {
    for (line, _) in paid_by.iter().filter(|(_, source)| view.source.is_none_or(|only| only == source)) {
        if let Some(figures) = figures.get_mut(line) {
            figures.reached.payments.insert(id.to_owned());
            figures.reached.households.extend(household.cloned());
            figures.reached.persons.extend(person.cloned());
        }
    }
}

/// How much of each instruction came back from its recipient.
fn recovered<'a>(facts: &'a Facts, view: View<'_>) -> HashMap<&'a str, Money> {
    let mut recovered = HashMap::new();
    let known = |kind: &str, log: u64, on: NaiveDate| kind == "recover" && log <= view.log && on <= view.on;
    for journal in facts.journals.iter().filter(|journal| known(&journal.kind, journal.known, journal.effective_on)) {
        for posting in &journal.postings {
            if let Some(subject) = &posting.subject {
                *recovered.entry(subject.as_str()).or_default() += posting.amount;
            }
        }
    }
    recovered
}
