//! Standards: one per line, category and date.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{NOTHING, fault};
use crate::support::registry::with;
use crate::support::{TestApp, run};

fn standard(line: &str, from: &str, to: Value) -> Value {
    json!({
        "allocation_line_id": line, "category": "deep", "unit": "household", "amount": "0.2万", "mode": "exact",
        "valid_from": from, "valid_to": to,
    })
}

#[test]
fn there_is_one_standard_per_line_category_and_date() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1000"), ("乙", "1000")]).await;
        let id = grant.lines[0].as_str();
        app.standard(id, "deep", "2000").await;
        for (from, to) in [
            ("2022-01-01", json!("2022-12-31")),
            ("2022-12-31", json!("2023-12-31")),
            ("2021-01-01", json!("2022-01-01")),
            ("2021-01-01", Value::Null),
            ("2022-06-01", json!("2022-06-30")),
        ] {
            let reply = app.post("/v1/standards", &standard(id, from, to)).await.refused(409, "standard_overlaps");
            assert_eq!(reply.faults(), fault("/valid_from", "standard_overlaps"), "{from}");
        }
        // The days beside it, another category and another line are free.
        app.post("/v1/standards", &standard(id, "2021-01-01", json!("2021-12-31"))).await.expect(201);
        let open = app.post("/v1/standards", &standard(id, "2023-01-01", Value::Null)).await.expect(201);
        assert_eq!((&open.body["amount"], &open.body["valid_to"]), (&json!("2000.00"), &Value::Null));
        app.standard(id, "relative", "1000").await;
        app.standard(&grant.lines[1], "deep", "1000").await;
        assert_eq!(app.all(&format!("/v1/standards?allocation_line_id={id}"), 2).await.len(), 4);
        assert_eq!(app.all("/v1/standards?category=deep", 2).await.len(), 4);
    });
}

#[test]
fn of_sixteen_standards_for_the_same_days_one_is_recorded() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1000")]).await;
        let line = grant.lines[0].as_str();
        let statuses = join_all((1..=16).map(|day| async move {
            let new = standard(line, &format!("2022-01-{day:02}"), json!("2022-12-31"));
            app.post("/v1/standards", &new).await.status
        }))
        .await;
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [201, 409].contains(status)), "{statuses:?}");
    });
}

#[test]
fn a_standard_at_fault_is_refused() {
    run(async |app| {
        let other = TestApp::new().await;
        let theirs = other.appropriation(&[("甲", "1000")]).await;
        let ours = app.appropriation(&[("甲", "1000")]).await;
        let new = standard(&ours.lines[0], "2022-01-01", Value::Null);
        let post = async |changes| app.post("/v1/standards", &with(new.clone(), changes)).await;
        let turned = post(json!({"valid_to": "2021-12-31", "category": " "})).await.refused(422, "fields_invalid");
        let expected = [("/category", "blank"), ("/valid_to", "date_range_turned_round")];
        assert_eq!(turned.faults(), expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
        let words = post(json!({"unit": "family", "mode": "about"})).await.refused(400, "body_invalid");
        assert_eq!(words.faults().iter().map(|fault| fault.0.as_str()).collect::<Vec<_>>(), ["/mode", "/unit"]);
        for id in [theirs.lines[0].as_str(), NOTHING] {
            let unknown = post(json!({"allocation_line_id": id})).await.refused(422, "reference_unknown");
            assert_eq!(unknown.faults(), fault("/allocation_line_id", "reference_unknown"));
        }
        let unknown = post(json!({"basis_document_id": theirs.document})).await.refused(422, "reference_unknown");
        assert_eq!(unknown.faults(), fault("/basis_document_id", "reference_unknown"));
        let made = post(json!({"basis_document_id": ours.document})).await.expect(201);
        other.get(&format!("/v1/standards/{}", made.id())).await.refused(404, "not_found");
        other.finish().await;
    });
}

#[test]
fn a_standard_is_ended_over_the_version_that_was_read_and_its_amount_stays() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1000")]).await;
        let id = grant.lines[0].as_str();
        let made = app.post("/v1/standards", &standard(id, "2022-01-01", Value::Null)).await.expect(201);
        let path = format!("/v1/standards/{}", made.id());
        assert_eq!(app.get(&path).await.expect(200).header("etag"), Some("\"1\""));
        let ended = app.put(&path, "\"1\"", &json!({"valid_to": "2022-06-30"})).await.expect(200);
        assert_eq!((&ended.body["valid_to"], &ended.body["version"]), (&json!("2022-06-30"), &json!(2)));
        app.put(&path, "\"1\"", &json!({"valid_to": "2022-12-31"})).await.refused(412, "version_stale");
        let turned = app.put(&path, "\"2\"", &json!({"valid_to": "2021-12-31"})).await.refused(422, "fields_invalid");
        assert_eq!(turned.faults(), fault("/valid_to", "date_range_turned_round"));
        app.post("/v1/standards", &standard(id, "2022-07-01", Value::Null)).await.expect(201);
        for to in [json!("2022-07-01"), Value::Null] {
            let overlaps = app.put(&path, "\"2\"", &json!({"valid_to": to})).await.refused(409, "standard_overlaps");
            assert_eq!(overlaps.faults(), fault("/valid_to", "standard_overlaps"));
        }
        let amount = app.put(&path, "\"2\"", &json!({"amount": "1"})).await.refused(400, "body_invalid");
        assert_eq!(amount.faults(), fault("/amount", "field_unknown"));
    });
}
