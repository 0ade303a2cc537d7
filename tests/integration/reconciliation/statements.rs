//! Bank statements: files as banks send them, the ladder, exceptions and their decisions, and who may.

mod access;
mod decisions;
mod exceptions;
mod files;
mod joining;
mod kept;
mod ladder;

use serde_json::Value;

use crate::support::Aid;
use crate::support::aid::Planned;

/// A plan of payments of these amounts, sent on 2022-09-05 out of a line of 100,000.
async fn sent(aid: &Aid, amounts: &[&str]) -> (String, Planned, Vec<Value>) {
    let line = aid.line("100000").await;
    let people = aid.persons(amounts.len()).await;
    let recipients: Vec<(&str, &str)> = people.iter().map(String::as_str).zip(amounts.iter().copied()).collect();
    let plan = aid.sent(&aid.paying(&line, &recipients)).await;
    let instructions = aid.instructions(&plan).await;
    (line, plan, instructions)
}

/// Kind and difference of exceptions, sorted.
fn told(exceptions: &[Value]) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut told: Vec<String> = exceptions.iter().map(|each| format!("{} {}", text(&each["kind"]), text(&each["difference"]))).collect();
    told.sort();
    told
}

/// `ledger − bank = difference`.
fn equation(statement: &Value) -> String {
    let text = |name: &str| statement[name].as_str().unwrap().to_owned();
    format!("{} - {} = {}", text("ledger_sum"), text("bank_sum"), text("difference"))
}
