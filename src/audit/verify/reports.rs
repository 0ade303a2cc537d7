//! Every figure of an issued report, held against the sealed rows.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Failure;
use super::facts::Facts;
use super::figures::{self, Figures, View};
use crate::audit::export::Issued;

/// Holds one report against the rows known at its checkpoint.
pub(super) fn check(facts: &Facts, issued: &Issued, note: Option<&str>, failures: &mut Vec<Failure>) {
    let key = format!("{} {} {} {}", issued.checkpoint, issued.scope, issued.subject, issued.as_of);
    let mut wrong = |rule: &str, expected: &str, found: &str| failures.push(Failure::new("issued_report", &key, rule, expected, found));
    let Ok(body) = serde_json::from_str::<Value>(&issued.body) else {
        return wrong("body", "JSON", "something else");
    };
    let Ok(on) = issued.as_of.parse() else {
        return wrong("as_of", "a date", &issued.as_of);
    };
    let source = (issued.scope == "fund_source").then_some(issued.subject.as_str());
    let view = View { on, log: issued.checkpoint, source };
    let Some(lines) = lines_of(facts, issued, view) else {
        return wrong("scope", "a scope of reports", &issued.scope);
    };
    let size = issued.checkpoint.to_string();
    for (pointer, expected) in [
        ("/scope", Some(issued.scope.as_str())),
        ("/as_of", Some(issued.as_of.as_str())),
        ("/log_number", Some(size.as_str())),
        ("/checkpoint/size", Some(size.as_str())),
        ("/checkpoint/note", note),
    ] {
        hold(&body, pointer, expected, &mut wrong);
    }
    let figures = figures::of_lines(facts, &lines, view);
    let mut together = Figures::default();
    for of_line in figures.values() {
        together.add(of_line);
    }
    for (name, expected) in together.named() {
        hold(&body, &format!("/{name}"), expected.as_deref(), &mut wrong);
    }
    let by_source = figures::balances(facts, view);
    let shown: BTreeMap<&str, (usize, &Value)> = listed(&body, "/lines", "allocation_line_id");
    for (line, of_line) in &figures {
        let Some((index, shown)) = shown.get(line.as_str()) else {
            wrong("lines", line, "not shown");
            continue;
        };
        for (name, expected) in of_line.named() {
            hold_at(shown, name, &format!("/lines/{index}"), expected.as_deref(), &mut wrong);
        }
        let sources = listed(shown, "/by_source", "fund_source_id");
        for ((_, source), accounts) in by_source.iter().filter(|((of, _), _)| of == line) {
            let Some((at, shown)) = sources.get(source.as_str()) else {
                wrong(&format!("/lines/{index}/by_source"), source, "not shown");
                continue;
            };
            for (name, expected) in figures::accounts_of(accounts) {
                hold_at(shown, name, &format!("/lines/{index}/by_source/{at}"), expected.as_deref(), &mut wrong);
            }
        }
    }
    for line in shown.keys().filter(|line| !figures.contains_key(**line)) {
        wrong("lines", "not a line of this report", line);
    }
}

/// The lines a report is about, as known at its checkpoint; `None` for a scope nobody knows.
fn lines_of(facts: &Facts, issued: &Issued, view: View<'_>) -> Option<BTreeSet<String>> {
    let appropriation = |id: &str| facts.appropriations.get(id);
    let subject = issued.subject.as_str();
    let with_source: BTreeSet<&str> = facts
        .journals
        .iter()
        .filter(|journal| journal.known <= view.log)
        .flat_map(|journal| &journal.postings)
        .filter(|posting| posting.source == subject)
        .map(|posting| posting.line.as_str())
        .collect();
    if !["appropriation", "allocation_line", "fiscal_year", "organisation", "fund_source"].contains(&issued.scope.as_str()) {
        return None;
    }
    let matching = facts.lines.iter().filter(|(id, line)| {
        line.known <= view.log
            && match issued.scope.as_str() {
                "appropriation" => line.appropriation == subject,
                "allocation_line" => id.as_str() == subject,
                "fiscal_year" => appropriation(&line.appropriation).is_some_and(|of| of.fiscal_year == subject),
                "organisation" => appropriation(&line.appropriation).is_some_and(|of| of.organisation == subject),
                _ => with_source.contains(id.as_str()),
            }
    });
    Some(matching.map(|(id, _)| id.clone()).collect())
}

/// The members of a list by their id, with their places.
fn listed<'a>(body: &'a Value, pointer: &str, id: &str) -> BTreeMap<&'a str, (usize, &'a Value)> {
    let items = body.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items.iter().enumerate().filter_map(|(index, item)| Some((item.get(id)?.as_str()?, (index, item)))).collect()
}

fn hold_at(shown: &Value, name: &str, at: &str, expected: Option<&str>, wrong: &mut impl FnMut(&str, &str, &str)) {
    let found = shown.get(name).and_then(text);
    if found.as_deref() != expected {
        wrong(&format!("{at}/{name}"), expected.unwrap_or("null"), found.as_deref().unwrap_or("null"));
    }
}

fn hold(body: &Value, pointer: &str, expected: Option<&str>, wrong: &mut impl FnMut(&str, &str, &str)) {
    let found = body.pointer(pointer).and_then(text);
    if found.as_deref() != expected {
        wrong(pointer, expected.unwrap_or("null"), found.as_deref().unwrap_or("null"));
    }
}

/// A text or number as it is printed.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
