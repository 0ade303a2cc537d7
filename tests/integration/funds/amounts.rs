//! Amounts as requests write them, for every field that takes one.

use serde_json::{Value, json};

use super::line;
use crate::support::app::unique;
use crate::support::registry::with;
use crate::support::{TestApp, run};

/// Each way in which an amount is no amount that moves, with the reason given.
fn bad_amounts() -> Vec<(Value, &'static str)> {
    vec![
        (json!("100.005"), "amount_fraction_of_fen"),
        (json!("1.23456789万"), "amount_fraction_of_fen"),
        (json!("1e2"), "amount_malformed"),
        (json!("-1.00"), "amount_not_positive"),
        (json!("0"), "amount_not_positive"),
        (json!("0.00"), "amount_not_positive"),
        (json!("72,4万元"), "amount_malformed"),
        (json!("NaN"), "amount_malformed"),
        (json!("１００"), "amount_malformed"),
        (json!(""), "amount_malformed"),
        (json!("10000000000000000"), "amount_too_large"),
        (json!(100), "field_malformed"),
        (json!(100.5), "field_malformed"),
        (Value::Null, "field_malformed"),
    ]
}

async fn refuses_bad_amounts(app: &TestApp, path: &str, pointer: &str, body: &Value) {
    for (amount, code) in bad_amounts() {
        let mut bad = body.clone();
        *bad.pointer_mut(pointer).unwrap() = amount.clone();
        let reply = app.post(path, &bad).await.refused(400, "body_invalid");
        assert_eq!(reply.faults(), super::fault(pointer, code), "{path} {amount}");
    }
}

#[test]
fn the_four_ways_to_write_an_amount_are_answered_as_one() {
    run(async |app| {
        let source = app.fund_source("provincial").await;
        for amount in ["1315360.00", "1,315,360.00", "131.536万", "131.536万元", "1315360"] {
            let new = app.new_appropriation(&source, &[("甲", "1,049,000"), ("乙", "26.636万元")]).await;
            let made = app.post("/v1/appropriations", &with(new, json!({"amount": amount}))).await.expect(201);
            assert_eq!(made.body["granted"], "1315360.00");
            assert_eq!(made.body["lines"][1]["granted"], "266360.00");
            assert_eq!(app.get(&format!("/v1/appropriations/{}", made.id())).await.expect(200).body, made.body);
        }
    });
}

#[test]
fn no_field_takes_an_amount_that_does_not_move_whole_fen() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1000")]).await;
        let id = &grant.lines[0];
        let new = app.new_appropriation(&grant.source, &[("甲", "100")]).await;
        refuses_bad_amounts(app, "/v1/appropriations", "/amount", &new).await;
        refuses_bad_amounts(app, "/v1/appropriations", "/lines/0/amount", &new).await;
        let changes = format!("/v1/allocation-lines/{id}/changes");
        let document = app.document(&unique("追加")).await;
        for kind in ["addition", "withdrawal"] {
            let change = json!({"kind": kind, "amount": "1", "document_id": document, "effective_on": "2022-06-30"});
            refuses_bad_amounts(app, &changes, "/amount", &change).await;
        }
        let arrival = json!({"allocation_line_id": id, "amount": "1", "arrived_on": "2022-02-01", "account": "基本户"});
        refuses_bad_amounts(app, "/v1/arrivals", "/amount", &arrival).await;
        let standard = json!({
            "allocation_line_id": id, "category": "deep", "unit": "household", "amount": "1", "mode": "exact", "valid_from": "2022-01-01",
        });
        refuses_bad_amounts(app, "/v1/standards", "/amount", &standard).await;
        let move_on = json!({"kind": "carry_over", "amount": "1", "effective_on": "2022-12-31", "reason": "结转"});
        refuses_bad_amounts(app, &format!("/v1/allocation-lines/{id}/year-end"), "/amount", &move_on).await;
        // Nothing of all that was written.
        let line = line(app, id).await;
        assert_eq!((&line["granted"], &line["available"], &line["arrived"]), (&json!("1000.00"), &json!("1000.00"), &json!("0.00")));
        assert_eq!(app.get("/v1/standards").await.expect(200).body["totals"]["count"], 0);
        assert_eq!(app.get("/v1/appropriations").await.expect(200).body["totals"], json!({"count": 1, "amount": "1000.00"}));
    });
}

#[test]
fn every_amount_at_fault_is_named_at_once() {
    run(async |app| {
        let source = app.fund_source("provincial").await;
        let mut new = app.new_appropriation(&source, &[("甲", "1"), ("乙", "2"), ("丙", "3")]).await;
        new["amount"] = json!(6);
        new["lines"][0]["amount"] = json!("1.005");
        new["lines"][2]["amount"] = json!("-3");
        let reply = app.post("/v1/appropriations", &new).await.refused(400, "body_invalid");
        let expected =
            [("/amount", "field_malformed"), ("/lines/0/amount", "amount_fraction_of_fen"), ("/lines/2/amount", "amount_not_positive")];
        assert_eq!(reply.faults(), expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
    });
}

#[test]
fn what_an_account_cannot_hold_is_refused() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "9999999999999999.99")]).await;
        let document = app.document(&unique("追加")).await;
        let change = json!({"kind": "addition", "amount": "0.01", "document_id": document, "effective_on": "2022-06-30"});
        app.post(&format!("/v1/allocation-lines/{}/changes", grant.lines[0]), &change).await.refused(422, "amount_too_large");
        assert_eq!(line(app, &grant.lines[0]).await["granted"], "9999999999999999.99");
    });
}
