//! Evidence one by one and as a file: what it settles, and what changes nothing.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::aid::{Planned, bank_result, says, with};
use crate::support::{Aid, run};

const FILE: &str = "aa00000000000000000000000000000000000000000000000000000000000001";
const OTHER_FILE: &str = "aa00000000000000000000000000000000000000000000000000000000000002";

/// A file of evidence, numbered by its lines where they have no numbers yet.
fn file(digest: &str, items: &[Value]) -> Value {
    let numbered = items.iter().zip(1..).map(|(item, number)| with(json!({"line_number": number}), item.clone())).collect::<Vec<_>>();
    with(bank_result(&numbered), json!({"file_digest": digest}))
}

/// A plan of so many payments of 10, 11, 12 … yuan, sent, from a line of 100.
async fn sent(aid: &Aid, count: usize) -> (String, Planned, Vec<Value>) {
    let line = aid.line("100").await;
    let people = aid.persons(count).await;
    let amounts: Vec<String> = (10..10 + count).map(|amount| amount.to_string()).collect();
    let recipients: Vec<(&str, &str)> = people.iter().map(String::as_str).zip(amounts.iter().map(String::as_str)).collect();
    let plan = aid.sent(&aid.paying(&line, &recipients)).await;
    let instructions = aid.instructions(&plan).await;
    (line, plan, instructions)
}

async fn kept(aid: &Aid, instruction: &Value) -> Vec<(String, String)> {
    let path = format!("/v1/instructions/{}/evidence", instruction["id"].as_str().unwrap());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let body = aid.app.get(&path).await.expect(200).body;
    body.as_array().unwrap().iter().map(|row| (text(&row["outcome"]), text(&row["effect"]))).collect()
}

#[test]
fn evidence_settles_fails_or_leaves_unknown() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, _, rows) = sent(&aid, 4).await;
        for (row, outcome) in rows.iter().zip(["settled", "failed", "unknown", "bounced"]) {
            let result = aid.answered(row, outcome, "2022-09-08").await;
            assert_eq!(result, json!({"applied": 1, "confirmed": 0, "contradicted": 0, "repeated": 0}));
        }
        // A bank that returns the money before it said "paid" has not paid.
        assert_eq!(aid.states(&rows).await, ["settled", "failed", "unknown", "failed"]);
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 54.00, committed 24.00, in_transit 12.00, disbursed 10.00");
        aid.answered(&rows[0], "bounced", "2022-09-20").await;
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 54.00, committed 24.00, in_transit 12.00, bounced 10.00");
    });
}

#[test]
fn a_file_is_taken_in_as_a_whole() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, plan, rows) = sent(&aid, 3).await;
        let items: Vec<Value> =
            rows.iter().zip(["settled", "failed", "settled"]).map(|(row, outcome)| says(row, outcome, "2022-09-08")).collect();
        let result = aid.evidence(&file(FILE, &items)).await.expect(200).body;
        assert_eq!(result, json!({"applied": 3, "confirmed": 0, "contradicted": 0, "repeated": 0}));
        assert_eq!(aid.states(&rows).await, ["settled", "failed", "settled"]);
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 67.00, committed 11.00, disbursed 22.00");
        // The settlements of a file are one event of the books.
        let postings = app.get("/v1/postings").await.expect(200).body;
        let settle: Vec<&Value> = postings["items"].as_array().unwrap().iter().filter(|row| row["kind"] == "settle").collect();
        assert_eq!(settle.len(), 2);
        assert_eq!(settle[0]["journal_entry_id"], settle[1]["journal_entry_id"]);
        assert_eq!(aid.status(&plan).await, "released");
    });
}

#[test]
fn the_same_file_twice_changes_nothing() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, _, rows) = sent(&aid, 2).await;
        let items: Vec<Value> = rows.iter().map(|row| says(row, "settled", "2022-09-08")).collect();
        aid.evidence(&file(FILE, &items)).await.expect(200);
        let before = (aid.accounts(&line).await, app.get("/v1/postings").await.text, aid.instructions_text().await);
        let again = aid.evidence(&file(FILE, &items)).await.expect(200).body;
        assert_eq!(again, json!({"applied": 0, "confirmed": 0, "contradicted": 0, "repeated": 2}));
        assert_eq!((aid.accounts(&line).await, app.get("/v1/postings").await.text, aid.instructions_text().await), before);
        assert_eq!(kept(&aid, &rows[0]).await.len(), 1);
    });
}

#[test]
fn a_file_that_has_grown_brings_its_new_lines_only() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, _, rows) = sent(&aid, 2).await;
        let first = with(says(&rows[0], "settled", "2022-09-08"), json!({"line_number": 2}));
        let second = with(says(&rows[1], "settled", "2022-09-08"), json!({"line_number": 3}));
        aid.evidence(&file(FILE, std::slice::from_ref(&first))).await.expect(200);
        let result = aid.evidence(&file(FILE, &[second, first])).await.expect(200).body;
        assert_eq!(result, json!({"applied": 1, "confirmed": 0, "contradicted": 0, "repeated": 1}));
        assert_eq!(aid.states(&rows).await, ["settled", "settled"]);
    });
}

#[test]
fn a_settled_line_in_another_file_confirms() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, _, rows) = sent(&aid, 1).await;
        let item = says(&rows[0], "settled", "2022-09-08");
        aid.evidence(&file(FILE, std::slice::from_ref(&item))).await.expect(200);
        let result = aid.evidence(&file(OTHER_FILE, &[item])).await.expect(200).body;
        assert_eq!(result, json!({"applied": 0, "confirmed": 1, "contradicted": 0, "repeated": 0}));
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 90.00, disbursed 10.00");
        let expected = [("settled", "applied"), ("settled", "confirms")].map(|(outcome, effect)| (outcome.to_owned(), effect.to_owned()));
        assert_eq!(kept(&aid, &rows[0]).await, expected);
    });
}

#[test]
fn the_same_line_of_a_file_with_other_content_is_refused() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("100").await;
        let people = aid.persons(2).await;
        let plan = aid.sent(&aid.paying(&line, &[(&people[0], "10"), (&people[1], "10")])).await;
        let rows = aid.instructions(&plan).await;
        aid.evidence(&file(FILE, &[says(&rows[0], "settled", "2022-09-08")])).await.expect(200);
        for item in [
            says(&rows[0], "failed", "2022-09-08"),
            says(&rows[0], "settled", "2022-09-09"),
            with(says(&rows[0], "settled", "2022-09-08"), json!({"amount": "10.01"})),
            // The same words of another payment: the amount alone does not make it the same line.
            says(&rows[1], "settled", "2022-09-08"),
            with(says(&rows[0], "settled", "2022-09-08"), json!({"reference": Uuid::new_v4()})),
        ] {
            let reply = aid.evidence(&file(FILE, &[item])).await.refused(409, "evidence_line_differs");
            assert_eq!(reply.body["line_number"], 1);
        }
        assert_eq!(aid.states(&rows).await, ["settled", "sent"]);
    });
}

#[test]
fn one_bad_line_keeps_the_whole_file_out() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, plan, rows) = sent(&aid, 2).await;
        let pending = aid.released(&aid.paying(&line, &[(&aid.person().await, "5")])).await;
        let pending = aid.instructions(&pending).await.remove(0);
        let good = says(&rows[0], "settled", "2022-09-08");
        let before = app.get("/v1/postings").await.text;
        for (bad, status, code, pointer) in [
            (
                with(says(&rows[1], "settled", "2022-09-08"), json!({"reference": Uuid::new_v4()})),
                422,
                "reference_not_issued",
                "/items/1/reference",
            ),
            (with(says(&rows[1], "settled", "2022-09-08"), json!({"amount": "11.01"})), 422, "evidence_amount_differs", "/items/1/amount"),
            (says(&pending, "settled", "2022-09-08"), 409, "evidence_before_sending", ""),
            (says(&rows[1], "settled", "2022-09-04"), 422, "evidence_too_early", "/items/1/occurred_on"),
            (says(&rows[1], "settled", "2023-03-16"), 422, "fields_invalid", "/items/1/occurred_on"),
            (with(says(&rows[1], "settled", "2022-09-08"), json!({"line_number": 1})), 422, "fields_invalid", "/items/1/line_number"),
        ] {
            let items = [with(good.clone(), json!({"line_number": 1})), bad];
            for body in [bank_result(&items), file(FILE, &items)] {
                let reply = aid.evidence(&body).await.refused(status, code);
                let pointers: Vec<String> = reply.faults().into_iter().map(|(pointer, _)| pointer).collect();
                assert!(pointer.is_empty() || pointers == [pointer], "{pointers:?}");
            }
        }
        assert_eq!(aid.states(&rows).await, ["sent", "sent"]);
        assert_eq!(app.get("/v1/postings").await.text, before);
        assert_eq!(kept(&aid, &rows[0]).await, []);
        assert_eq!(aid.status(&plan).await, "released");
    });
}

#[test]
fn a_fault_is_named_by_its_place_in_the_list_not_in_the_file() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, _, rows) = sent(&aid, 2).await;
        let first = with(says(&rows[0], "settled", "2022-09-08"), json!({"line_number": 17}));
        for (members, pointer) in [
            (json!({"reference": Uuid::new_v4()}), "/items/1/reference"),
            (json!({"amount": "1.00"}), "/items/1/amount"),
            (json!({"occurred_on": "2022-09-01"}), "/items/1/occurred_on"),
        ] {
            let second = with(with(says(&rows[1], "settled", "2022-09-08"), json!({"line_number": 5})), members);
            let reply = aid.evidence(&file(FILE, &[first.clone(), second])).await;
            assert_eq!(reply.faults().iter().map(|(at, _)| at.as_str()).collect::<Vec<_>>(), [pointer], "{}", reply.text);
        }
    });
}

#[test]
fn malformed_evidence_names_its_fields_and_writes_nothing() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, _, rows) = sent(&aid, 1).await;
        let good = says(&rows[0], "settled", "2022-09-08");
        for body in [
            json!({"kind": "bank_result", "items": []}),
            json!({"kind": "rumour", "items": [good]}),
            file("not a digest", std::slice::from_ref(&good)),
            bank_result(&[with(good.clone(), json!({"outcome": "perhaps"}))]),
            bank_result(&[with(good.clone(), json!({"amount": "10.001"}))]),
            bank_result(&[with(good.clone(), json!({"amount": "-10.00"}))]),
            bank_result(&[with(good.clone(), json!({"amount": "0"}))]),
            bank_result(&[with(good.clone(), json!({"amount": 10}))]),
            bank_result(&[with(good.clone(), json!({"reference": "7"}))]),
            bank_result(&[with(good.clone(), json!({"occurred_on": "2022-02-30"}))]),
            bank_result(&[with(good.clone(), json!({"extra": 1}))]),
        ] {
            let reply = aid.evidence(&body).await;
            assert!([400, 422].contains(&reply.status), "{body}: {}", reply.text);
            assert!(!reply.faults().is_empty(), "{body}: {}", reply.text);
        }
        assert_eq!(kept(&aid, &rows[0]).await, []);
        assert_eq!(aid.states(&rows).await, ["sent"]);
    });
}

#[test]
fn a_reference_of_another_federation_was_never_issued_here() {
    run(async |app| {
        let other = crate::support::TestApp::new().await;
        let (aid, theirs) = (Aid::new(app).await, Aid::new(&other).await);
        let (_, _, rows) = sent(&theirs, 1).await;
        aid.evidence(&bank_result(&[says(&rows[0], "settled", "2022-09-08")])).await.refused(422, "reference_not_issued");
        app.get(&format!("/v1/instructions/{}", rows[0]["id"].as_str().unwrap())).await.refused(404, "not_found");
        aid.instruction_step(&rows[0], "give-up").await.refused(404, "not_found");
        assert_eq!(theirs.states(&rows).await, ["sent"]);
        other.finish().await;
    });
}

#[test]
fn two_lines_of_one_payment_in_one_file_are_taken_in_order() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, _, rows) = sent(&aid, 2).await;
        let items = [
            says(&rows[0], "settled", "2022-09-08"),
            says(&rows[1], "failed", "2022-09-08"),
            says(&rows[0], "bounced", "2022-09-12"),
            says(&rows[1], "settled", "2022-09-13"),
            // The settlement once more: known from this very file.
            says(&rows[0], "settled", "2022-09-08"),
        ];
        let result = aid.evidence(&file(FILE, &items)).await.expect(200).body;
        assert_eq!(result, json!({"applied": 4, "confirmed": 1, "contradicted": 0, "repeated": 0}));
        assert_eq!(aid.states(&rows).await, ["bounced", "settled"]);
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 79.00, disbursed 11.00, bounced 10.00");
    });
}
