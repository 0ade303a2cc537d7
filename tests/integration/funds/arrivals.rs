//! Arrivals: apart from being granted, and never more than it.

use futures_util::future::join_all;
use serde_json::json;

use super::{NOTHING, fault, line};
use crate::support::registry::with;
use crate::support::{TestApp, run};

#[test]
fn arrivals_may_reach_the_grant_and_not_pass_it() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1000"), ("乙", "1000")]).await;
        let id = &grant.lines[0];
        app.arrival(id, "600").await;
        let arrival = |amount: &str| json!({"allocation_line_id": id, "amount": amount, "arrived_on": "2022-03-01", "account": "基本户"});
        let refused = app.post("/v1/arrivals", &arrival("400.01")).await.refused(422, "arrivals_exceed_grant");
        assert_eq!((refused.faults(), &refused.body["excess"]), (fault("/amount", "arrivals_exceed_grant"), &json!("0.01")));
        app.post("/v1/arrivals", &arrival("400")).await.expect(201);
        // Arriving moves nothing in the ledger: what is available was so by the grant.
        let line = line(app, id).await;
        assert_eq!((&line["arrived"], &line["available"]), (&json!("1000.00"), &json!("1000.00")));
    });
}

#[test]
fn sixteen_arrivals_at_once_never_exceed_the_grant() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1000")]).await;
        let id = &grant.lines[0];
        let arrival = json!({"allocation_line_id": id, "amount": "150", "arrived_on": "2022-03-01", "account": "基本户"});
        let replies = join_all((0..16).map(|_| app.post("/v1/arrivals", &arrival))).await;
        assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 6);
        for reply in replies.into_iter().filter(|reply| reply.status != 201) {
            assert_eq!(reply.refused(422, "arrivals_exceed_grant").body["excess"], "50.00");
        }
        assert_eq!(line(app, id).await["arrived"], "900.00");
    });
}

#[test]
fn the_account_it_reached_is_answered_masked() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1000")]).await;
        let account = "工行泸州分行 2304 0012 0902 4567 891";
        let arrival = json!({"allocation_line_id": grant.lines[0], "amount": "1", "arrived_on": "2022-03-01", "account": account});
        let made = app.post("/v1/arrivals", &arrival).await.expect(201);
        assert_eq!(made.body["account"], "工行泸州分行 ****7891");
        let read = app.get(&format!("/v1/arrivals/{}", made.id())).await.expect(200);
        assert_eq!(read.body, made.body);
        assert_eq!(app.get("/v1/arrivals").await.expect(200).body["items"], json!([made.body]));
    });
}

#[test]
fn an_arrival_at_fault_is_refused() {
    run(async |app| {
        let other = TestApp::new().await;
        let theirs = other.appropriation(&[("甲", "1000")]).await;
        let ours = app.appropriation(&[("甲", "1000")]).await;
        let arrival = json!({"allocation_line_id": ours.lines[0], "amount": "1", "arrived_on": "2022-03-01", "account": "基本户"});
        let post = async |changes| app.post("/v1/arrivals", &with(arrival.clone(), changes)).await;
        for id in [theirs.lines[0].as_str(), NOTHING] {
            let refused = post(json!({"allocation_line_id": id})).await.refused(422, "reference_unknown");
            assert_eq!(refused.faults(), fault("/allocation_line_id", "reference_unknown"));
        }
        let refused = post(json!({"arrived_on": "2023-03-16"})).await.refused(422, "date_in_future");
        assert_eq!(refused.faults(), fault("/arrived_on", "date_in_future"));
        let refused = post(json!({"account": " ", "arrived_on": "1900-01-01"})).await.refused(422, "fields_invalid");
        let faults = refused.faults();
        assert_eq!(faults.iter().map(|fault| fault.0.as_str()).collect::<Vec<_>>(), ["/account", "/arrived_on"]);
        let made = post(json!({})).await.expect(201);
        other.get(&format!("/v1/arrivals/{}", made.id())).await.refused(404, "not_found");
        other.finish().await;
    });
}

#[test]
fn arrivals_are_listed_by_line_and_day_with_their_sum() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1000"), ("乙", "1000")]).await;
        for (line, amount, on) in [(0, "100", "2022-02-01"), (0, "200", "2022-03-01"), (1, "400", "2022-03-01"), (1, "50", "2022-04-01")] {
            let arrival = json!({"allocation_line_id": grant.lines[line], "amount": amount, "arrived_on": on, "account": "基本户"});
            app.post("/v1/arrivals", &arrival).await.expect(201);
        }
        for (query, count, amount) in [
            ("?limit=1".to_owned(), 4, "750.00"),
            (format!("?allocation_line_id={}", grant.lines[1]), 2, "450.00"),
            ("?arrived_from=2022-03-01".to_owned(), 3, "650.00"),
            ("?arrived_to=2022-03-01".to_owned(), 3, "700.00"),
            ("?arrived_from=2022-03-01&arrived_to=2022-03-01".to_owned(), 2, "600.00"),
            ("?arrived_from=2022-05-01".to_owned(), 0, "0.00"),
        ] {
            let listed = app.get(&format!("/v1/arrivals{query}")).await.expect(200);
            assert_eq!(listed.body["totals"], json!({"count": count, "amount": amount}), "{query}");
        }
        assert_eq!(app.all("/v1/arrivals", 3).await.len(), 4);
        let turned = app.get("/v1/arrivals?arrived_from=2022-04-01&arrived_to=2022-02-01").await.refused(422, "fields_invalid");
        assert_eq!(turned.faults(), fault("arrived_to", "date_range_turned_round"));
    });
}
