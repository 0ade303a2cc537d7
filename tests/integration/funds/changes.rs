//! Additions, withdrawals, year-end moves, and the postings they leave.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{NOTHING, fault, line};
use crate::support::registry::with;
use crate::support::{Reply, TestApp, run};

async fn change(app: &TestApp, line: &str, kind: &str, amount: &str, on: &str) -> Reply {
    let document = app.document(&crate::support::app::unique("调整")).await;
    let change = json!({"kind": kind, "amount": amount, "document_id": document, "effective_on": on});
    app.post(&format!("/v1/allocation-lines/{line}/changes"), &change).await
}

async fn year_end(app: &TestApp, line: &str, kind: &str, amount: &str) -> Reply {
    let moved = json!({"kind": kind, "amount": amount, "effective_on": "2022-12-31", "reason": "年终"});
    app.post(&format!("/v1/allocation-lines/{line}/year-end"), &moved).await
}

#[test]
fn additions_and_withdrawals_make_up_what_a_line_was_granted() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1000")]).await;
        let id = &grant.lines[0];
        change(app, id, "addition", "0.05万元", "2022-03-01").await.expect(201);
        let withdrawn = change(app, id, "withdrawal", "300", "2022-04-01").await.expect(201);
        assert_eq!((&withdrawn.body["kind"], &withdrawn.body["amount"]), (&json!("withdrawal"), &json!("300.00")));
        let line = line(app, id).await;
        assert_eq!((&line["granted"], &line["available"]), (&json!("1200.00"), &json!("1200.00")));
        let listed = app.get(&format!("/v1/allocation-lines/{id}/changes?limit=2")).await.expect(200);
        assert_eq!(listed.body["totals"], json!({"count": 3, "amount": "1200.00"}));
        let changes = app.all(&format!("/v1/allocation-lines/{id}/changes"), 1).await;
        let kinds: Vec<_> = changes.iter().map(|change| (&change["kind"], &change["amount"])).collect();
        assert_eq!(
            kinds,
            [("initial", "1000.00"), ("addition", "500.00"), ("withdrawal", "300.00")]
                .map(|(kind, amount)| (json!(kind), json!(amount)))
                .iter()
                .map(|(kind, amount)| (kind, amount))
                .collect::<Vec<_>>()
        );
    });
}

#[test]
fn a_withdrawal_beyond_the_available_is_refused_with_what_is_missing() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1000")]).await;
        let id = &grant.lines[0];
        year_end(app, id, "carry_over", "400").await.expect(201);
        let refused = change(app, id, "withdrawal", "600.01", "2023-01-01").await.refused(422, "insufficient_funds");
        for (field, value) in [("missing", "0.01"), ("account", "available"), ("allocation_line_id", id)] {
            assert_eq!(refused.body[field], value);
        }
        assert_eq!(app.get(&format!("/v1/allocation-lines/{id}/changes")).await.expect(200).body["totals"]["count"], 1);
        change(app, id, "withdrawal", "600", "2023-01-01").await.expect(201);
        assert_eq!(line(app, id).await["available"], "0.00");
    });
}

#[test]
fn of_sixteen_withdrawals_at_once_no_more_than_the_available_succeed() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1000")]).await;
        let id = &grant.lines[0];
        let replies = join_all((0..16).map(|_| change(app, id, "withdrawal", "150", "2022-06-30"))).await;
        assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 6);
        for reply in replies.into_iter().filter(|reply| reply.status != 201) {
            assert_eq!(reply.refused(422, "insufficient_funds").body["missing"], "50.00");
        }
        assert_eq!(line(app, id).await["available"], "100.00");
    });
}

#[test]
fn a_withdrawal_leaves_a_grant_that_covers_what_has_arrived() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1000")]).await;
        let id = &grant.lines[0];
        app.arrival(id, "700").await;
        let refused = change(app, id, "withdrawal", "300.01", "2022-06-30").await.refused(422, "arrivals_exceed_grant");
        assert_eq!(refused.body["excess"], "0.01");
        change(app, id, "withdrawal", "300", "2022-06-30").await.expect(201);
    });
}

#[test]
fn a_change_is_dated_neither_before_the_grant_it_takes_from_nor_in_the_future() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1000")]).await;
        let id = &grant.lines[0];
        change(app, id, "withdrawal", "1", "2022-01-09").await.refused(422, "overdrawn_as_of");
        for kind in ["addition", "withdrawal"] {
            let future = change(app, id, kind, "1", "2023-03-16").await.refused(422, "date_in_future");
            assert_eq!(future.faults(), fault("/effective_on", "date_in_future"));
        }
        assert_eq!(line(app, id).await["granted"], "1000.00");
    });
}

#[test]
fn a_change_needs_a_known_line_and_document() {
    run(async |app| {
        let other = TestApp::new().await;
        let theirs = other.appropriation(&[("甲", "1000")]).await;
        let ours = app.appropriation(&[("甲", "1000")]).await;
        change(app, &theirs.lines[0], "addition", "1", "2022-06-30").await.refused(404, "not_found");
        year_end(app, &theirs.lines[0], "reclaim", "1").await.refused(404, "not_found");
        let new = json!({"kind": "addition", "amount": "1", "document_id": theirs.document, "effective_on": "2022-06-30"});
        let path = format!("/v1/allocation-lines/{}/changes", ours.lines[0]);
        let refused = app.post(&path, &new).await.refused(422, "reference_unknown");
        assert_eq!(refused.faults(), fault("/document_id", "reference_unknown"));
        let initial = app.post(&path, &with(new, json!({"kind": "initial"}))).await.refused(400, "body_invalid");
        assert_eq!(initial.faults(), fault("/kind", "field_malformed"));
        for source in [theirs.source.as_str(), NOTHING] {
            let moved = json!({"kind": "reclaim", "amount": "1", "effective_on": "2022-12-31", "reason": "年终", "fund_source_id": source});
            let refused = app.post(&format!("/v1/allocation-lines/{}/year-end", ours.lines[0]), &moved).await;
            assert_eq!(refused.refused(422, "reference_unknown").faults(), fault("/fund_source_id", "reference_unknown"));
        }
        other.finish().await;
    });
}

#[test]
fn the_year_end_moves_what_is_available_and_no_more() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1000")]).await;
        let id = &grant.lines[0];
        let carried = year_end(app, id, "carry_over", "600").await.expect(201);
        for (field, value) in [("allocation_line_id", id.as_str()), ("fund_source_id", &grant.source), ("amount", "600.00")] {
            assert_eq!(carried.body[field], value);
        }
        year_end(app, id, "reclaim", "300").await.expect(201);
        let refused = year_end(app, id, "reclaim", "100.01").await.refused(422, "insufficient_funds");
        assert_eq!(refused.body["missing"], "0.01");
        let balances = line(app, id).await["balances"].clone();
        for (account, amount) in [("granted", "1000.00"), ("available", "100.00"), ("carried_over", "600.00"), ("reclaimed", "300.00")] {
            assert_eq!(balances[account], amount, "{account}");
        }
        // Money of a source that is not in the line is not there to be moved.
        let own = app.fund_source("union_own").await;
        let moved = json!({"kind": "reclaim", "amount": "1", "effective_on": "2022-12-31", "reason": "年终", "fund_source_id": own});
        let refused = app.post(&format!("/v1/allocation-lines/{id}/year-end"), &moved).await.refused(422, "insufficient_funds");
        assert_eq!(refused.body["missing"], "1.00");
        let blank = json!({"kind": "reclaim", "amount": "1", "effective_on": "2023-03-16", "reason": " "});
        let refused = app.post(&format!("/v1/allocation-lines/{id}/year-end"), &blank).await.refused(422, "fields_invalid");
        assert_eq!(refused.faults(), fault("/reason", "blank"));
    });
}

#[test]
fn the_postings_of_a_line_tell_its_story_in_the_order_it_became_known() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1000"), ("乙", "1")]).await;
        let id = &grant.lines[0];
        change(app, id, "addition", "500", "2022-06-30").await.expect(201);
        change(app, id, "withdrawal", "300", "2022-03-01").await.expect(201);
        year_end(app, id, "carry_over", "200").await.expect(201);
        let path = format!("/v1/postings?allocation_line_id={id}");
        let postings = app.get(&path).await.expect(200).body["items"].take();
        let text = |posting: &Value, field: &str| posting[field].as_str().unwrap().to_owned();
        let told: Vec<String> = postings
            .as_array()
            .unwrap()
            .iter()
            .map(|posting| ["kind", "effective_on", "from_account", "to_account", "amount"].map(|field| text(posting, field)).join(" "))
            .collect();
        assert_eq!(
            told,
            [
                "grant 2022-01-10 granted available 1000.00",
                "grant 2022-06-30 granted available 500.00",
                "withdraw 2022-03-01 available granted 300.00",
                "carry_over 2022-12-31 available carried_over 200.00",
            ]
        );
        let second = postings[1]["log_number"].as_i64().unwrap();
        let rest = app.get(&format!("{path}&after={second}&limit=1")).await.expect(200).body;
        assert_eq!(rest["items"], json!([postings[2]]));
    });
}
