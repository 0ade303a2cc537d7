//! Takes the bank's statements back in, holds what came of them against what the bank wrote, and has a person decide what does
//! not match.
//!
//! What is expected follows from the bank's own book, not from the service's. So a line that was not matched, or by another rung
//! than the first, or with another payment, ends the demonstration and is named; and so does an exception that the bank has no
//! reason for.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};
use uuid::Uuid;

use super::bank::{Entry, Payment, Statement, Statements, What};
use super::client::{Api, text};
use super::progress::Stage;
use crate::interchange::bank::reference;
use crate::kernel::Money;

/// Where refusals say that a request comes from.
const ORIGIN: &str = "the bank's statements";

/// Hands the statements in, checks them and decides their exceptions. Answers the figures that are printed; nothing when the bank
/// has no statement.
pub async fn take_in(api: &Api, bank: Statements) -> anyhow::Result<Option<Value>> {
    let Statements { file, statements, overdue, references } = bank;
    let Some(file) = file else { return Ok(None) };
    let stage = Stage::begin("银行对账单", "Bank statements", statements.len());
    let report = api.upload(ORIGIN, "statements", "/bank-statements?format=camt053", "对账单.xml", file).await?;
    let views = report.get("statements").and_then(Value::as_array).context("a report without statements")?;
    same(ORIGIN, "how many there are", views.len(), statements.len())?;
    let mut missing = Vec::new();
    let mut before = 0_usize;
    for (written, view) in statements.iter().zip(views) {
        let taken = read(api, view).await?;
        let numbered: BTreeMap<usize, &Entry> = (before.saturating_add(1)..).zip(&written.entries).collect();
        for (exception, number, entry) in taken.hold_against(written, &numbered, &references)? {
            let path = format!("/statement-exceptions/{}/resolve", text(exception, "/id")?);
            let body = json!({ "resolution": "accepted", "reason": reason(entry) });
            api.post(ORIGIN, &format!("statements/resolve/{number}"), &path, &body).await?;
        }
        for instruction in taken.missing()? {
            missing.push(text(&api.get(&format!("/instructions/{instruction}")).await?, "/reference")?.parse()?);
        }
        before = before.saturating_add(written.entries.len());
        stage.step();
    }
    stage.end();
    missing.sort_unstable();
    same::<&[Uuid]>(ORIGIN, "the payments missing in the bank", &missing, &overdue)?;
    let after = api.list(&format!("/bank-statements?file_digest={}", text(&report, "/file_digest")?)).await?;
    let figures = figures(&after)?;
    same(ORIGIN, "ledger less bank", amount(&figures, "ledger_sum")? - amount(&figures, "bank_sum")?, amount(&figures, "difference")?)?;
    // What is missing waits for the bank; all else was decided.
    same(ORIGIN, "the number of open exceptions", count(&figures, "open_exceptions")?, missing.len())?;
    Ok(Some(figures))
}

/// What the service made of a statement.
struct Taken<'v> {
    view: &'v Value,
    matched: Vec<Value>,
    unmatched: Vec<Value>,
    exceptions: Vec<Value>,
}

async fn read<'v>(api: &Api, view: &'v Value) -> anyhow::Result<Taken<'v>> {
    let id = text(view, "/id")?;
    Ok(Taken {
        view,
        matched: api.list(&format!("/bank-statements/{id}/lines?matched=true")).await?,
        unmatched: api.list(&format!("/bank-statements/{id}/lines?matched=false")).await?,
        exceptions: api.list(&format!("/statement-exceptions?statement_id={id}")).await?,
    })
}

impl Taken<'_> {
    /// Holds it against what the bank wrote. Answers the exceptions that it should have, each with its line's number and entry.
    fn hold_against<'e>(
        &self,
        written: &Statement,
        entries: &BTreeMap<usize, &'e Entry>,
        references: &HashMap<String, Uuid>,
    ) -> anyhow::Result<Vec<(&Value, usize, &'e Entry)>> {
        let (view, of) = (self.view, written.id.as_str());
        same(of, "its identification", text(view, "/bank_reference")?, of)?;
        same(of, "the number of its lines", count(view, "lines")?, entries.len())?;
        same(of, "the number of lines known before", count(view, "repeated")?, 0)?;
        same(of, "its opening balance", amount(view, "opening")?, written.opening)?;
        same(of, "its closing balance", amount(view, "closing")?, written.closing)?;
        self.hold_matches(of, entries, references)?;
        let expected = self.hold_exceptions(of, entries)?;
        let ordered = || entries.values().filter(|entry| order_of(entry).is_some());
        let (ledger, bank) = (ordered().map(|entry| entry.signed()).sum::<Money>(), written.closing - written.opening);
        same(of, "what the ledger has", amount(view, "ledger_sum")?, ledger)?;
        same(of, "what the bank has", amount(view, "bank_sum")?, bank)?;
        let differences: Vec<Money> = self.exceptions.iter().map(|each| amount(each, "difference")).collect::<anyhow::Result<_>>()?;
        same(of, "the sum of its exceptions", differences.into_iter().sum(), ledger - bank)?;
        same(of, "ledger less bank", amount(view, "difference")?, ledger - bank)?;
        Ok(expected)
    }

    /// Every line with an order of ours was matched with it, by its reference, and no other line was.
    fn hold_matches(&self, of: &str, entries: &BTreeMap<usize, &Entry>, references: &HashMap<String, Uuid>) -> anyhow::Result<()> {
        let mut ordered: BTreeMap<usize, &Payment> =
            entries.iter().filter_map(|(number, entry)| order_of(entry).map(|payment| (*number, payment))).collect();
        let by_rung = by_reference(ordered.len());
        for line in &self.matched {
            let number = count(line, "number")?;
            let payment = ordered.remove(&number).with_context(|| format!("{of}: line {number} is matched, and is nothing of ours"))?;
            let of = format!("{of}, line {number}");
            same(&of, "its rung", text(line, "/rung")?, "reference")?;
            let ids = line.get("instruction_ids").and_then(Value::as_array).context("a line without instructions")?;
            let meant: Vec<Option<&Uuid>> = ids.iter().map(|id| references.get(id.as_str()?)).collect();
            same(&of, "what it was matched with", meant, vec![reference::parse(&payment.end_to_end).as_ref()])?;
        }
        same(of, "lines that are matched with nothing", ordered.into_keys().collect(), Vec::new())?;
        let counted = self.view.get("matched").context("a statement without matches")?;
        same(of, "what was matched by which rung", counted.to_string(), by_rung.to_string())
    }

    /// Every other line is an exception, of the kind that it has to be, and no other exception has a line.
    fn hold_exceptions<'e>(&self, of: &str, entries: &BTreeMap<usize, &'e Entry>) -> anyhow::Result<Vec<(&Value, usize, &'e Entry)>> {
        let mut lines: HashMap<&str, usize> = HashMap::new();
        for line in &self.unmatched {
            lines.insert(text(line, "/id")?, count(line, "number")?);
        }
        let mut expected = Vec::new();
        for exception in self.exceptions.iter().filter(|exception| exception.get("line_id").is_some_and(|line| !line.is_null())) {
            let number = lines.remove(text(exception, "/line_id")?).with_context(|| format!("{of}: an exception of a matched line"))?;
            let entry = entries.get(&number).with_context(|| format!("{of}: line {number} is not the bank's"))?;
            let of = format!("{of}, line {number}");
            same(&of, "the kind of its exception", Some(text(exception, "/kind")?), kind(entry))?;
            same(&of, "its amount", amount(exception, "bank_amount")?, entry.signed())?;
            expected.push((exception, number, *entry));
        }
        same(of, "lines that are neither matched nor an exception", lines.into_values().collect(), Vec::new())?;
        Ok(expected)
    }

    /// The instructions of exceptions without a line: what the bank should have booked.
    fn missing(&self) -> anyhow::Result<Vec<&str>> {
        let bare = self.exceptions.iter().filter(|exception| exception.get("line_id").is_none_or(Value::is_null));
        bare.map(|exception| {
            let kind = text(exception, "/kind")?;
            if kind != "missing_in_bank" {
                bail!("an exception without a line is {kind}");
            }
            text(exception, "/instruction_id")
        })
        .collect()
    }
}

/// The order behind an entry.
const fn order_of(entry: &Entry) -> Option<&Payment> {
    match &entry.what {
        What::Paid(payment) | What::CameBack(payment, _) => Some(payment),
        What::Returned(..) | What::Charge(_) => None,
    }
}

/// What kind of exception an entry has to be; none of what has an order.
const fn kind(entry: &Entry) -> Option<&'static str> {
    match &entry.what {
        What::Paid(_) | What::CameBack(..) => None,
        // Statements are matched with payments only: what the ledger has of returns they do not know.
        What::Returned(..) => Some("missing_in_ledger"),
        What::Charge(_) => Some("fee"),
    }
}

/// Why an exception is accepted.
fn reason(entry: &Entry) -> String {
    match &entry.what {
        What::Charge(amount) => format!("银行手续费{amount}元，由工会行政经费承担，不占帮扶资金"),
        What::Returned(amount, to) => format!("退回{to}{amount}元，账面另有退回记录，非支付指令"),
        What::Paid(_) | What::CameBack(..) => String::new(),
    }
}

fn by_reference(lines: usize) -> Value {
    if lines == 0 { json!({}) } else { json!({ "reference": lines }) }
}

/// The figures of all statements together, in their order.
fn figures(statements: &[Value]) -> anyhow::Result<Value> {
    let of = |statement: Option<&Value>, name: &str| statement.and_then(|it| it.get(name)).cloned().unwrap_or(Value::Null);
    let (first, last) = (statements.first(), statements.last());
    let sum = |name: &str| statements.iter().map(|each| amount(each, name)).sum::<anyhow::Result<Money>>();
    let total = |name: &str| statements.iter().map(|each| count(each, name)).sum::<anyhow::Result<usize>>();
    Ok(json!({
        "from": of(first, "from"), "to": of(last, "to"), "statements": statements.len(), "lines": total("lines")?,
        "matched": counts(statements, "matched"), "exceptions": counts(statements, "exceptions"),
        "opening": of(first, "opening"), "closing": of(last, "closing"),
        "ledger_sum": sum("ledger_sum")?, "bank_sum": sum("bank_sum")?, "difference": sum("difference")?,
        "open_exceptions": total("open_exceptions")?, "open_difference": sum("open_difference")?,
    }))
}

/// How many of which kind.
fn counts(statements: &[Value], name: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for (kind, number) in statements.iter().filter_map(|each| each.get(name)?.as_object()).flatten() {
        let count: &mut u64 = counts.entry(kind.clone()).or_default();
        *count = count.saturating_add(number.as_u64().unwrap_or_default());
    }
    counts
}

fn amount(answer: &Value, name: &str) -> anyhow::Result<Money> {
    let amount = text(answer, &format!("/{name}"))?;
    amount.parse().with_context(|| format!("{name} {amount}"))
}

fn count(answer: &Value, name: &str) -> anyhow::Result<usize> {
    let number = answer.get(name).and_then(Value::as_u64).with_context(|| format!("the answer has no {name}"))?;
    Ok(usize::try_from(number)?)
}

/// Refuses to go on when the service has something else than the bank.
fn same<T: PartialEq + Debug>(of: &str, what: &str, found: T, expected: T) -> anyhow::Result<()> {
    ensure!(found == expected, "{of}: {what}: {found:?} was found, and {expected:?} expected");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::bank::tests::statements;
    use super::*;

    /// What the service would answer for a statement that it took in as the bank wrote it.
    fn answers(written: &Statement, first: usize) -> (Value, [Vec<Value>; 3]) {
        let (mut matched, mut unmatched, mut exceptions) = (Vec::new(), Vec::new(), Vec::new());
        for (number, entry) in (first..).zip(&written.entries) {
            let line = format!("line-{number}");
            if let (Some(payment), None) = (order_of(entry), kind(entry)) {
                matched.push(json!({ "number": number, "rung": "reference", "instruction_ids": [payment.end_to_end] }));
            } else {
                unmatched.push(json!({ "id": line, "number": number }));
                let (bank, difference) = (entry.signed(), -entry.signed());
                exceptions.push(json!({ "line_id": line, "kind": kind(entry), "bank_amount": bank, "difference": difference }));
            }
        }
        let sum = |entries: &mut dyn Iterator<Item = &Entry>| entries.map(Entry::signed).sum::<Money>();
        let ledger = sum(&mut written.entries.iter().filter(|entry| order_of(entry).is_some()));
        let bank = sum(&mut written.entries.iter());
        let view = json!({
            "bank_reference": written.id, "lines": written.entries.len(), "repeated": 0, "opening": written.opening,
            "closing": written.closing, "matched": by_reference(matched.len()), "ledger_sum": ledger, "bank_sum": bank,
            "difference": ledger - bank,
        });
        (view, [matched, unmatched, exceptions])
    }

    fn held(written: &Statement, view: &Value, [matched, unmatched, exceptions]: [Vec<Value>; 3], first: usize) -> anyhow::Result<usize> {
        let entries: BTreeMap<usize, &Entry> = (first..).zip(&written.entries).collect();
        let named = |number: u128| (Uuid::from_u128(number).simple().to_string(), Uuid::from_u128(number));
        let references = (1..=4).map(named).collect();
        let taken = Taken { view, matched, unmatched, exceptions };
        Ok(taken.hold_against(written, &entries, &references)?.len())
    }

    #[test]
    fn what_was_taken_in_as_it_was_written_holds() {
        let mut first = 1;
        for (statement, exceptions) in statements().iter().zip([0, 2, 0]) {
            let (view, rows) = answers(statement, first);
            assert_eq!(held(statement, &view, rows, first).unwrap(), exceptions);
            first += statement.entries.len();
        }
    }

    #[test]
    fn whatever_differs_in_a_statement_is_told() {
        let january = &statements()[1];
        for (name, other, told_as) in [
            ("bank_reference", json!("DZ202302"), "its identification"),
            ("lines", json!(4), "the number of its lines"),
            ("repeated", json!(1), "the number of lines known before"),
            ("opening", json!("10000.01"), "its opening balance"),
            ("closing", json!("9388.01"), "its closing balance"),
            ("matched", json!({ "reference": 2, "account": 1 }), "what was matched by which rung"),
            ("ledger_sum", json!("-599.99"), "what the ledger has"),
            ("bank_sum", json!("-611.99"), "what the bank has"),
            ("difference", json!("0.00"), "ledger less bank"),
        ] {
            let (mut view, rows) = answers(january, 1);
            view[name] = other;
            let told = held(january, &view, rows, 1).unwrap_err().to_string();
            assert!(told.starts_with(&format!("DZ202301: {told_as}: ")), "{told}");
        }
    }

    #[test]
    fn whatever_differs_in_a_line_is_told() {
        let january = &statements()[1];
        type Change = fn(&mut [Vec<Value>; 3]);
        let changes: [(Change, &str); 9] = [
            (|rows| rows[0][0]["rung"] = json!("account"), "DZ202301, line 2: its rung"),
            // The payment of another line, one that nobody knows, and several.
            (|rows| rows[0][0]["instruction_ids"] = rows[0][1]["instruction_ids"].clone(), "DZ202301, line 2: what it was matched with"),
            (|rows| rows[0][0]["instruction_ids"] = json!(["unknown"]), "DZ202301, line 2: what it was matched with"),
            (|rows| rows[0][0]["number"] = json!(1), "DZ202301: line 1 is matched, and is nothing of ours"),
            (|rows| drop(rows[0].pop()), "DZ202301: lines that are matched with nothing: [4] was found"),
            (|rows| rows[2][0]["kind"] = json!("unknown_code"), "DZ202301, line 1: the kind of its exception"),
            (|rows| rows[2][1]["bank_amount"] = json!("-5.01"), "DZ202301, line 5: its amount"),
            (|rows| drop(rows[2].pop()), "DZ202301: lines that are neither matched nor an exception: [5] was found"),
            (|rows| rows[2][1]["difference"] = json!("5.01"), "DZ202301: the sum of its exceptions"),
        ];
        for (change, expected) in changes {
            let (view, mut rows) = answers(january, 1);
            change(&mut rows);
            let told = held(january, &view, rows, 1).unwrap_err().to_string();
            assert!(told.starts_with(expected), "{told}");
        }
    }

    #[test]
    fn a_payment_that_became_an_exception_is_told() {
        let january = &statements()[1];
        let (mut view, [mut matched, mut unmatched, mut exceptions]) = answers(january, 1);
        matched.remove(0);
        view["matched"] = by_reference(2);
        unmatched.push(json!({ "id": "line-2", "number": 2 }));
        exceptions.push(json!({ "line_id": "line-2", "kind": "contradicted", "bank_amount": "-100.00", "difference": "0.00" }));
        assert!(held(january, &view, [matched, unmatched, exceptions], 1).is_err());
    }

    #[test]
    fn only_a_payment_missing_in_the_bank_has_no_line() {
        let bare = |kind: &str| {
            let exceptions = vec![json!({ "line_id": null, "instruction_id": "i", "kind": kind })];
            Taken { view: &Value::Null, matched: Vec::new(), unmatched: Vec::new(), exceptions }.missing().map(|found| found.len())
        };
        assert_eq!(bare("missing_in_bank").unwrap(), 1);
        assert!(bare("duplicate").is_err());
    }
}
