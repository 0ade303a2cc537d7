//! Files as banks send them, with the references of real payments in them.

use bangfu::kernel::Role;
use serde_json::{Value, json};

use super::{equation, told};
use crate::layouts::statement_layout;
use crate::support::aid::Planned;
use crate::support::app::unique;
use crate::support::jobs::{cancelled_while_writing, unattended};
use crate::support::source::root;
use crate::support::statements::{Row, STATEMENTS, csv};
use crate::support::{Aid, TestApp, run, sql};

/// The references in the sample files, in the order of the payments they name.
const REFERENCES: [&str; 5] = [
    "12565bb7e1fe51fa93b9749feb51408e",
    "ae7bbfdd88425e7da25a2a685b0f5655",
    "1a9ba8c67a7f5abfa026a342fb59b59f",
    "980b794593bd554793a496ff134d57d4",
    "85f555fa89f953d6a4b29fbcd8bce917",
];
const CAMT: &str = "/v1/bank-statements";

/// Five payments of 2212.00, sent the day before the samples' first day.
async fn five(aid: &Aid) -> (String, Planned, Vec<Value>) {
    let line = aid.line("100000").await;
    let people = aid.persons(5).await;
    let recipients: Vec<(&str, &str)> = people.iter().map(|person| (person.as_str(), "2212")).collect();
    let plan = aid.released(&aid.paying(&line, &recipients)).await;
    aid.send_all(&plan, "2023-01-17").await;
    let instructions = aid.instructions(&plan).await;
    (line, plan, instructions)
}

/// A sample with the references of real payments. MT940 breaks one of them in two lines.
fn sample(name: &str, instructions: &[Value]) -> Vec<u8> {
    let mut bytes = std::fs::read(root().join("tests/samples/bank").join(name)).unwrap();
    for (reference, instruction) in REFERENCES.iter().zip(instructions) {
        let real = instruction["reference"].as_str().unwrap().replace('-', "");
        let pieces = [
            (reference.to_string(), real.clone()),
            (reference[..20].to_owned(), real[..20].to_owned()),
            (reference[20..].to_owned(), real[20..].to_owned()),
        ];
        for (from, to) in pieces {
            bytes = replaced(&bytes, from.as_bytes(), to.as_bytes());
        }
    }
    bytes
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at..].starts_with(from) {
            out.extend_from_slice(to);
            at += from.len();
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    out
}

async fn lines(app: &TestApp, statement: &Value, query: &str) -> Vec<Value> {
    app.all(&format!("/v1/bank-statements/{}/lines{query}", statement["id"].as_str().unwrap()), 100).await
}

#[test]
fn a_camt_file_settles_bounces_and_names_the_charge_and_what_it_repeats() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, plan, rows) = five(&aid).await;
        let bytes = sample("camt053.xml", &rows);
        let report = app.statements(CAMT, &bytes).await;
        assert_eq!((&report["outcome"], report["statements"].as_array().unwrap().len()), (&json!("taken"), 2), "{report}");
        let (first, second) = (&report["statements"][0], &report["statements"][1]);
        assert_eq!(
            (&first["format"], &first["account"], &first["bank_reference"]),
            (&json!("camt053"), &json!("****0001"), &json!("S-18"))
        );
        assert_eq!((&first["lines"], &first["repeated"]), (&json!(7), &json!(0)));
        assert_eq!((&first["matched"], &first["exceptions"]), (&json!({"reference": 6}), &json!({"fee": 1})));
        assert_eq!(equation(first), "-8848.00 - -8853.00 = 5.00");
        // The second lists the return once more, and the money that came for the next batch.
        assert_eq!((&second["lines"], &second["repeated"], &second["repeated_sum"]), (&json!(1), &json!(1), &json!("2212.00")));
        assert_eq!(equation(second), "0.00 - 100000.00 = -100000.00");
        assert_eq!(told(&app.exceptions(second).await), ["missing_in_ledger -100000.00"]);
        assert_eq!(aid.states(&rows).await, ["settled", "bounced", "settled", "settled", "settled"]);
        assert_eq!(aid.accounts(&line).await, "granted 100000.00, available 88940.00, disbursed 8848.00, bounced 2212.00");
        assert_eq!(aid.status(&plan).await, "released");
        // What a line says is evidence that names file and line.
        let evidence = app.get(&format!("/v1/instructions/{}/evidence", rows[1]["id"].as_str().unwrap())).await.expect(200).body;
        let told: Vec<_> = evidence
            .as_array()
            .unwrap()
            .iter()
            .map(|row| [&row["kind"], &row["outcome"], &row["effect"]].map(|text| text.as_str().unwrap()))
            .collect();
        assert_eq!(told, [["statement_line", "settled", "applied"], ["statement_line", "bounced", "applied"]]);
        let listed = lines(app, first, "?rung=reference").await;
        assert_eq!(listed.len(), 6);
        let of_line = |id: &Value| listed.iter().find(|line| line["id"] == *id).unwrap();
        for row in evidence.as_array().unwrap() {
            let line = of_line(&row["statement_line_id"]);
            assert_eq!((&row["file_digest"], &row["line_number"]), (&report["file_digest"], &line["number"]));
            assert_eq!(line["instruction_ids"], json!([rows[1]["id"]]));
        }
        // Masked, and the texts not shown.
        assert_eq!((&listed[0]["counterparty_name"], &listed[0]["counterparty_account"]), (&json!("王**"), &json!("****0011")));
        assert_eq!(lines(app, first, "?matched=false").await.len(), 1);
        assert_eq!(lines(app, first, "?exception=fee").await[0]["fee"], true);
        let shown = app.get("/v1/bank-statements").await.expect(200);
        assert_eq!(shown.body["items"], report["statements"], "the job tells what the list tells");
        for secret in ["510599000000000001", "6299990000000000011", "王测试"] {
            assert!(!shown.text.contains(secret) && !report.to_string().contains(secret), "{secret}");
        }
    });
}

#[test]
fn the_same_file_twice_adds_nothing_and_says_so() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, _, rows) = five(&aid).await;
        let bytes = sample("camt053.xml", &rows);
        let first = app.statements(CAMT, &bytes).await;
        let before = (aid.accounts(&line).await, app.get("/v1/postings").await.text, aid.instructions_text().await);
        let again = app.statements(CAMT, &bytes).await;
        assert_eq!(again["outcome"], "unchanged");
        assert_eq!(again["statements"], first["statements"]);
        assert_eq!((aid.accounts(&line).await, app.get("/v1/postings").await.text, aid.instructions_text().await), before);
        assert_eq!(app.get("/v1/bank-statements").await.expect(200).body["totals"]["count"], 2);
    });
}

#[test]
fn an_mt940_file_settles_the_rest_of_a_batch_by_its_sum() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, _, rows) = five(&aid).await;
        let report = app.statements("/v1/bank-statements?format=mt940", &sample("statement.mt940", &rows)).await;
        let first = &report["statements"][0];
        assert_eq!((&first["matched"], &first["exceptions"]), (&json!({"batch": 1, "reference": 3}), &json!({"fee": 1})), "{first}");
        assert_eq!(equation(first), "-8848.00 - -8853.00 = 5.00");
        assert_eq!(aid.states(&rows).await, ["settled", "bounced", "settled", "settled", "settled"]);
        assert_eq!(lines(app, first, "?rung=batch").await[0]["instruction_ids"].as_array().unwrap().len(), 3);
        assert_eq!(report["statements"][1]["repeated"], 1);
    });
}

#[test]
fn a_text_of_a_recorded_layout_is_read_by_its_newest_version() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, _, rows) = five(&aid).await;
        let name = unique("网银");
        for _ in 0..2 {
            let layout = json!({"name": name, "purpose": "statement", "description": statement_layout()});
            app.post("/v1/file-layouts", &layout).await.expect(201);
        }
        let report = app.statements(&format!("/v1/bank-statements?layout={name}"), &sample("statement.csv", &rows)).await;
        let first = &report["statements"][0];
        assert_eq!((&first["layout"], &first["layout_version"], &first["account"]), (&json!(name), &json!(2), &json!("****0001")));
        assert_eq!((&first["matched"], &first["exceptions"]), (&json!({"batch": 1, "reference": 3}), &json!({"fee": 1})), "{first}");
        assert_eq!(equation(first), "-8848.00 - -8853.00 = 5.00");
        assert_eq!(aid.states(&rows).await, ["settled", "bounced", "settled", "settled", "settled"]);
    });
}

#[test]
fn a_file_that_cannot_be_trusted_is_refused_with_a_reason_and_leaves_nothing() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, _, rows) = five(&aid).await;
        let camt = sample("camt053.xml", &rows);
        let text = String::from_utf8(camt.clone()).unwrap();
        let neutral = |row: Row| csv(&[row]);
        let good = Row::debit("2023-01-18", "10.00", "A1");
        for (path, bytes, code) in [
            (CAMT, Vec::new(), "bank_file_empty"),
            (CAMT, b"<html></html>".to_vec(), "bank_file_format"),
            (CAMT, camt[..camt.len() / 2].to_vec(), "bank_file_truncated"),
            (CAMT, text.replace("367187.00", "367187.01").into_bytes(), "statement_unbalanced"),
            (CAMT, text.replace("<Document", "<!DOCTYPE x [<!ENTITY a \"b\">]><Document").into_bytes(), "bank_file_doctype"),
            (CAMT, text.replacen(">5.00<", ">five<", 1).into_bytes(), "statement_lines_at_fault"),
            (STATEMENTS, neutral(Row { on: "2023-03-16".to_owned(), ..good.clone() }), "statement_in_future"),
            (STATEMENTS, neutral(Row { went: "1o".to_owned(), ..good.clone() }), "statement_lines_at_fault"),
            (CAMT, neutral(good.clone()), "statement_account_missing"),
            ("/v1/bank-statements?format=mt940", camt.clone(), "bank_file_format"),
        ] {
            let job = app.statement_job(path, &bytes).await;
            assert_eq!((&job["state"], &job["problem"]["code"]), (&json!("failed"), &json!(code)), "{job}");
            assert!(job["problem"]["zh"].as_str().is_some_and(|text| !text.is_empty()), "{job}");
        }
        for (path, code) in [
            ("/v1/bank-statements?days=61", "fields_invalid"),
            ("/v1/bank-statements?account=510599000000000001", "fields_invalid"),
            ("/v1/bank-statements?layout=none", "layout_unknown"),
        ] {
            app.upload(path, "x", b"x").await.refused(422, code);
        }
        app.upload("/v1/bank-statements?format=pdf", "x", b"x").await.expect(400);
        assert_eq!(app.get("/v1/bank-statements").await.expect(200).body["totals"]["count"], 0);
        assert_eq!(aid.states(&rows).await, ["sent"; 5]);
    });
}

#[test]
fn a_statement_cancelled_while_it_is_taken_in_keeps_nothing_and_can_be_sent_again() {
    unattended(async |aid, owner| {
        let app = &aid.app;
        let (_, _, rows) = five(aid).await;
        let bytes = csv(&[Row::debit("2023-01-18", "2212.00", "F").of(&rows[0]), Row::debit("2023-01-18", "0.01", "E")]);
        let id = app.upload(STATEMENTS, "x", &bytes).await.expect(202).id();
        let ended = cancelled_while_writing(app, owner, Role::Cashier, &id, "statement_line").await;
        let told = (&ended["state"], &ended["problem"]["code"], &ended["result"]);
        assert_eq!(told, (&json!("cancelled"), &json!("job_cancelled"), &Value::Null), "{ended}");
        assert_eq!(aid.states(&rows[..1]).await, ["sent"]);
        let mut reader = bangfu::db::connect(owner).await.unwrap();
        let kept =
            "select ((select count(*) from bank_file) + (select count(*) from bank_file_piece) + (select count(*) from bank_statement)
                            + (select count(*) from statement_line) + (select count(*) from evidence))::text";
        assert_eq!(sql::texts(&mut reader, kept).await, ["0"]);
        let again = app.upload(STATEMENTS, "x", &bytes).await.expect(202).id();
        let done = app.worked(Role::Cashier, &again).await;
        assert_eq!((&done["state"], &done["result"]["outcome"]), (&json!("succeeded"), &json!("taken")), "{done}");
        assert_eq!(aid.states(&rows[..1]).await, ["settled"]);
    });
}

#[test]
fn the_same_statement_in_two_files_at_once_is_taken_in_once() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, _, rows) = five(&aid).await;
        let of = |number: usize| Row::debit("2023-01-18", "2212.00", &format!("T{number}")).of(&rows[number]);
        let all: Vec<Row> = (0..5).map(of).collect();
        let mut turned = all.clone();
        turned.reverse();
        let (one, other) = tokio::join!(app.bank_statement(&all), app.bank_statement(&turned));
        let count = |statement: &Value, name: &str| statement[name].as_i64().unwrap();
        assert_eq!((count(&one, "lines") + count(&other, "lines"), count(&one, "repeated") + count(&other, "repeated")), (5, 5));
        assert_eq!(aid.accounts(&line).await, "granted 100000.00, available 88940.00, disbursed 11060.00");
    });
}
