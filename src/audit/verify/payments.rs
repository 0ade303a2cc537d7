//! Every state from the sealed events, and the money of every instruction from its postings.

use std::collections::{BTreeMap, HashMap};

use super::Failure;
use super::facts::{Event, Facts};
use crate::audit::export::State;
use crate::kernel::Money;

/// Which event may follow which state of an instruction (domain.md, States); the first is `released`.
pub const STEPS: &[(&str, &str)] = &[
    ("", "released"),
    ("released", "sent"),
    ("released", "given_up"),
    ("sent", "settled"),
    ("sent", "failed"),
    ("sent", "unknown"),
    ("unknown", "settled"),
    ("unknown", "failed"),
    ("settled", "bounced"),
    ("failed", "settled"),
    ("failed", "unknown"),
    ("failed", "reissued"),
    ("failed", "given_up"),
    ("bounced", "reissued"),
    ("bounced", "given_up"),
];

/// A column of a row that is not sealed itself, by table, id and name.
type Column = (String, String, &'static str);

/// What follows from the rows for every column that keeps a state.
fn derive(facts: &Facts, failures: &mut Vec<Failure>) -> BTreeMap<Column, Option<String>> {
    let mut derived = BTreeMap::new();
    let mut put = |table: &str, id: &str, column: &'static str, value: Option<String>| {
        derived.insert((table.to_owned(), id.to_owned(), column), value);
    };
    let mut sent: HashMap<&str, (u64, Money)> = HashMap::new();
    for (id, order) in &facts.orders {
        let events = in_order(facts.events.get(id).map(Vec::as_slice).unwrap_or_default());
        let mut state = "";
        for (expected, event) in (1..).zip(&events) {
            if event.sequence != expected || !STEPS.contains(&(state, event.kind.as_str())) {
                let found = format!("{} as number {}", event.kind, event.sequence);
                failures.push(Failure::new("instruction_event", format!("{id} {}", event.sequence), "a step of the life", state, found));
            }
            state = &event.kind;
        }
        if state.is_empty() {
            failures.push(Failure::new("instruction", id, "events", "at least one", "none"));
        }
        put("instruction", id, "status", Some(if state == "released" { "pending" } else { state }.to_owned()));
        put("instruction", id, "status_on", events.last().map(|event| event.on.to_string()));
        if events.iter().any(|event| event.kind == "sent") {
            let batch = sent.entry(order.batch.as_str()).or_default();
            *batch = (batch.0 + 1, batch.1 + order.amount);
        }
    }
    let column = |table: &str| if table == "review" { "state" } else { "status" };
    for ((table, id), states) in &facts.states {
        let mut states: Vec<&(u64, String)> = states.iter().collect();
        states.sort();
        for (expected, (sequence, _)) in (1..).zip(&states) {
            if *sequence != expected {
                let key = format!("{table} {id} {sequence}");
                failures.push(Failure::new("state_event", key, "sequence", expected, sequence));
            }
        }
        let last = states.last().map(|(_, state)| state.clone());
        if table == "batch" {
            let (count, total) = sent.get(id.as_str()).copied().unwrap_or_default();
            let on = last.filter(|state| state != "open");
            put(table, id, "sent_count", on.as_ref().map(|_| count.to_string()));
            put(table, id, "sent_total", on.as_ref().map(|_| total.to_string()));
            put(table, id, "sent_on", on);
        } else {
            put(table, id, column(table), last);
        }
    }
    for (id, instruction) in &facts.transfers {
        let reported: Money = facts.feedback.iter().filter(|row| row.transfer == *id).map(|row| row.amount).sum();
        let back = moved(facts, "hand_back").get(instruction.as_str()).copied().unwrap_or_default();
        put("transfer_down", id, "reported", Some(reported.to_string()));
        put("transfer_down", id, "handed_back", Some(back.to_string()));
    }
    for journal in &facts.journals {
        if let Some(id) = journal.reference.strip_prefix("recover:") {
            put("recovery", id, "received_on", Some(journal.effective_on.to_string()));
        } else if let Some(id) = journal.reference.strip_prefix("return:") {
            put("fund_return", id, "paid_on", Some(journal.effective_on.to_string()));
        }
    }
    derived
}

fn in_order(events: &[Event]) -> Vec<&Event> {
    let mut events: Vec<&Event> = events.iter().collect();
    events.sort_by_key(|event| event.sequence);
    events
}

/// How much postings of a kind moved for each subject.
fn moved<'a>(facts: &'a Facts, kind: &str) -> HashMap<&'a str, Money> {
    let mut moved = HashMap::new();
    for posting in facts.journals.iter().filter(|journal| journal.kind == kind).flat_map(|journal| &journal.postings) {
        if let Some(subject) = &posting.subject {
            *moved.entry(subject.as_str()).or_default() += posting.amount;
        }
    }
    moved
}

/// Holds the states the export claims against the events, and the money of each instruction against its state.
pub(super) fn check(facts: &Facts, claimed: &[State], failures: &mut Vec<Failure>) {
    let derived = derive(facts, failures);
    for state in claimed {
        let key = derived.keys().find(|(table, id, column)| *table == state.table && *id == state.id && *column == state.column);
        let expected = key.and_then(|key| derived.get(key)).cloned().flatten();
        if expected != state.value {
            let text = |value: Option<String>| value.unwrap_or_else(|| "nothing".to_owned());
            failures.push(Failure::new(&state.table, &state.id, &state.column, text(expected), text(state.value.clone())));
        }
    }
    money(facts, &derived, failures);
}

/// The money of an instruction is in transit while it is sent or unknown, bounced while it is bounced, and with nobody unless
/// it is settled.
fn money(facts: &Facts, derived: &BTreeMap<Column, Option<String>>, failures: &mut Vec<Failure>) {
    let mut places: HashMap<(&str, &str), Money> = HashMap::new();
    for posting in facts.journals.iter().flat_map(|journal| &journal.postings) {
        if let Some(subject) = &posting.subject {
            *places.entry((subject.as_str(), posting.from.as_str())).or_default() += -posting.amount;
            *places.entry((subject.as_str(), posting.to.as_str())).or_default() += posting.amount;
        }
    }
    for (id, order) in &facts.orders {
        let status = derived.get(&("instruction".to_owned(), id.clone(), "status")).cloned().flatten().unwrap_or_default();
        let place = |account: &str| places.get(&(id.as_str(), account)).copied().unwrap_or_default();
        let whole = |holds: bool| if holds { order.amount } else { Money::ZERO };
        let rules = [
            ("in_transit", whole(["sent", "unknown"].contains(&status.as_str())), place("in_transit")),
            ("bounced", whole(status == "bounced"), place("bounced")),
        ];
        for (account, expected, found) in rules {
            if expected != found {
                failures.push(Failure::new("instruction", id, &format!("money {account} while {status}"), expected, found));
            }
        }
        let paid = place("disbursed") + place("transferred_down") + place("recoverable");
        if status != "settled" && !paid.is_zero() {
            failures.push(Failure::new("instruction", id, &format!("money paid while {status}"), Money::ZERO, paid));
        }
    }
}
