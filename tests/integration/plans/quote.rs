//! Quotes of an adjusted standard (调标): domain.md, calculation rule 1.

use serde_json::{Value, json};

use crate::support::aid::{CUTOFF, dossiers};
use crate::support::{Aid, TestApp, run};

async fn quote(app: &TestApp, body: Value) -> crate::support::Reply {
    app.post("/v1/plans/quote", &body).await
}

/// Standard, total, shortfall and residual of one adjustment.
fn figures(adjustment: &Value) -> [&str; 4] {
    ["standard", "total", "shortfall", "residual"].map(|name| adjustment[name].as_str().unwrap())
}

#[test]
fn the_quotes_of_the_source_come_out_to_the_fen() {
    run(async |app| {
        let provincial = quote(app, json!({"pool": "266360", "fixed": "90000", "count": 116})).await.expect(200).body;
        assert_eq!(figures(&provincial["ceil_topup"]), ["1521.00", "266436.00", "76.00", "0.00"]);
        assert_eq!(figures(&provincial["floor_residual"]), ["1520.00", "266320.00", "0.00", "40.00"]);
        assert_eq!((&provincial["pool"], &provincial["fixed"]), (&json!("266360.00"), &json!("90000.00")));
        assert_eq!(provincial["ceil_topup"]["count"], 116);
        for pool in [json!({"pool": "376000.00", "fixed": "0.00", "count": 170}), json!({"pool": "37.6万", "count": 170})] {
            let festival = quote(app, pool).await.expect(200).body;
            assert_eq!(figures(&festival["ceil_topup"]), ["2212.00", "376040.00", "40.00", "0.00"]);
            assert_eq!(figures(&festival["floor_residual"]), ["2211.00", "375870.00", "0.00", "130.00"]);
        }
    });
}

#[test]
fn a_quote_counts_its_tiers_in_the_registry() {
    run(async |app| {
        let aid = Aid::new(app).await;
        for category in ["deep", "relative", "relative", "relative", "accidental"] {
            aid.case(json!({"category": category})).await;
        }
        aid.case(json!({"category": "relative", "opened_on": "2022-12-01"})).await;
        let tier = |name: &str, standard: Value, categories: Value| json!({"name": name, "standard": standard, "population": dossiers(json!({"categories": categories}))["population"]});
        let body = json!({
            "pool": "10000.00", "cutoff_on": CUTOFF,
            "tiers": [tier("深度", json!("3000"), json!(["deep"])), tier("其他", Value::Null, json!(["relative", "accidental"]))],
        });
        let quoted = quote(app, body).await.expect(200).body;
        assert_eq!((&quoted["tiers"][0]["count"], &quoted["tiers"][1]["count"]), (&json!(1), &json!(4)));
        assert_eq!(quoted["fixed"], "3000.00");
        assert_eq!(figures(&quoted["ceil_topup"]), ["1750.00", "10000.00", "0.00", "0.00"]);
    });
}

#[test]
fn a_quote_writes_nothing() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("1000").await;
        aid.case(json!({})).await;
        let before = (aid.accounts(&line).await, app.get("/v1/postings").await.text);
        let tiers = json!([{"name": "在档", "population": dossiers(json!({}))["population"]}]);
        quote(app, json!({"pool": "1000", "cutoff_on": CUTOFF, "tiers": tiers})).await.expect(200);
        assert_eq!((aid.accounts(&line).await, app.get("/v1/postings").await.text), before);
        assert_eq!(app.all("/v1/plans", 100).await, Vec::<Value>::new());
    });
}

#[test]
fn a_quote_needs_no_key() {
    run(async |app| {
        let request = app.request(reqwest::Method::POST, "/v1/plans/quote").json(&json!({"pool": "100", "count": 3}));
        app.send(request).await.expect(200);
    });
}

#[test]
fn a_quote_without_a_residual_of_one_yuan_each_rounds_up_only() {
    run(async |app| {
        let quoted = quote(app, json!({"pool": "2.00", "count": 3})).await.expect(200).body;
        assert_eq!(figures(&quoted["ceil_topup"]), ["1.00", "3.00", "1.00", "0.00"]);
        assert_eq!(quoted["floor_residual"], Value::Null);
    });
}

#[test]
fn a_quote_that_divides_nothing_is_refused() {
    run(async |app| {
        for body in [
            json!({"pool": "1000", "count": 0}),
            json!({"pool": "1000", "fixed": "1000", "count": 3}),
            json!({"pool": "1000", "fixed": "1000.01", "count": 3}),
            json!({"pool": "1000", "cutoff_on": CUTOFF, "tiers": [{"name": "无人", "population": dossiers(json!({}))["population"]}]}),
        ] {
            quote(app, body).await.refused(422, "adjustment_impossible");
        }
    });
}

#[test]
fn a_malformed_quote_names_its_fields() {
    run(async |app| {
        for (body, pointer) in [
            (json!({"pool": "0", "count": 3}), "/pool"),
            (json!({"pool": "-5", "count": 3}), "/pool"),
            (json!({"pool": "1.005", "count": 3}), "/pool"),
            (json!({"pool": 1000, "count": 3}), "/pool"),
            (json!({"pool": "1000", "fixed": "-1", "count": 3}), "/fixed"),
            (json!({"pool": "1000", "count": -3}), "/count"),
            (json!({"pool": "1000"}), "/count"),
            (json!({"pool": "1000", "count": 3, "tiers": [{"name": "甲", "population": dossiers(json!({}))["population"]}]}), "/count"),
            (json!({"pool": "1000", "tiers": [{"name": "甲", "population": dossiers(json!({}))["population"]}]}), "/cutoff_on"),
        ] {
            let reply = quote(app, body.clone()).await;
            assert!([400, 422].contains(&reply.status), "{body}: {}", reply.text);
            assert!(reply.faults().iter().any(|(at, _)| at == pointer), "{body}: {}", reply.text);
        }
        assert!([400, 422].contains(&quote(app, json!({"pool": "1", "count": 1, "extra": 1})).await.status));
    });
}
