//! Which standard applies, how it is adjusted to the pool, and what its mode allows.

use serde_json::{Value, json};

use crate::support::aid::{dossiers, drawing_on, listed, topped_up, with};
use crate::support::{Aid, run};

fn adjusted(conditions: Value) -> Value {
    with(dossiers(conditions), json!({"adjusted": true}))
}

fn names(value: &Value, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| value[name].as_str().unwrap_or("-").to_owned()).collect()
}

#[test]
fn without_a_standard_in_force_on_the_cut_off_nobody_is_paid() {
    run(async |app| {
        let aid = Aid::new(app).await;
        aid.case(json!({})).await;
        let line = aid.line("5000").await;
        let standard = |from: &str, to: &str| json!({"allocation_line_id": line, "category": "relative", "unit": "household", "amount": "1000", "mode": "exact", "valid_from": from, "valid_to": to});
        app.post("/v1/standards", &standard("2022-01-01", "2022-08-10")).await.expect(201);
        app.post("/v1/standards", &standard("2022-08-12", "2022-12-31")).await.expect(201);
        let plan = aid.draft(&aid.plan(drawing_on(&[&line]), json!([dossiers(json!({}))]))).await;
        assert_eq!(plan.view["exclusions"], json!([{"reason": "no_standard", "count": 1}]));
        aid.lock(&plan).await.refused(422, "roster_empty");
        app.post("/v1/standards", &standard("2022-08-11", "2022-08-11")).await.expect(201);
        assert_eq!(aid.generate(&plan.id).await.view["total"], "1000.00");
    });
}

#[test]
fn rounding_up_pays_the_shortfall_from_own_funds() {
    run(async |app| {
        let aid = Aid::new(app).await;
        for category in ["deep", "relative", "relative", "relative"] {
            aid.case(json!({"category": category})).await;
        }
        let (line, own) = (aid.line("10000").await, aid.own_line("500").await);
        aid.standard(&line, "deep", "3000", "exact").await;
        aid.standard(&line, "relative", "2000", "exact").await;
        let tiers = json!([dossiers(json!({"categories": ["deep"]})), adjusted(json!({"categories": ["relative"]}))]);
        let plan = aid.draft(&aid.plan(topped_up(&[&line], &own), tiers)).await;
        let figures = ["method", "pool", "fixed", "standard_before", "standard_after", "shortfall", "residual"];
        assert_eq!(names(&plan.view["adjustment"], &figures), ["ceil_topup", "10000.00", "3000.00", "2000.00", "2334.00", "2.00", "0.00"]);
        assert_eq!((&plan.view["total"], &plan.view["shortfall"]), (&json!("10002.00"), &json!("0.00")));
        aid.lock(&plan).await.expect(200);
        aid.submit(&plan).await.expect(200);
        aid.approve(&plan).await.expect(200);
        assert_eq!(aid.accounts(&line).await, "granted 10000.00, top_up 2.00, committed 10002.00");
        assert_eq!(aid.accounts_of(&line, &aid.own).await, "top_up 2.00, committed 2.00");
        assert_eq!(aid.accounts(&own).await, "granted 500.00, available 498.00, topped_up_elsewhere 2.00");
    });
}

#[test]
fn rounding_down_leaves_the_residual_available() {
    run(async |app| {
        let aid = Aid::new(app).await;
        for _ in 0..3 {
            aid.case(json!({})).await;
        }
        let line = aid.line("1000").await;
        aid.standard(&line, "relative", "300", "exact").await;
        let plan = aid.plan(drawing_on(&[&line]), json!([adjusted(json!({}))]));
        let plan = aid.approved(&with(plan, json!({"adjustment_method": "floor_residual"}))).await;
        assert_eq!(names(&plan.view["adjustment"], &["method", "standard_after", "residual"]), ["floor_residual", "333.00", "1.00"]);
        assert_eq!(aid.accounts(&line).await, "granted 1000.00, available 1.00, committed 999.00");
    });
}

#[test]
fn rounding_up_without_own_funds_cannot_be_locked() {
    run(async |app| {
        let aid = Aid::new(app).await;
        for _ in 0..3 {
            aid.case(json!({})).await;
        }
        let line = aid.line("1000").await;
        aid.standard(&line, "relative", "300", "exact").await;
        let plan = aid.draft(&aid.plan(drawing_on(&[&line]), json!([adjusted(json!({}))]))).await;
        assert_eq!(plan.view["shortfall"], "2.00");
        let reply = aid.lock(&plan).await.refused(422, "insufficient_funds");
        assert_eq!(reply.body["missing"], "2.00");
        assert_eq!(aid.status(&plan).await, "draft");
    });
}

#[test]
fn an_adjustment_below_a_floor_is_refused() {
    run(async |app| {
        let aid = Aid::new(app).await;
        aid.case(json!({})).await;
        for (amount, mode, refused) in
            [("999", "cap", false), ("1000", "cap", false), ("1001", "floor", true), ("500", "floor", false), ("500", "exact", false)]
        {
            let line = aid.line("1000").await;
            aid.standard(&line, "relative", amount, mode).await;
            let plan = app.post("/v1/plans", &aid.plan(drawing_on(&[&line]), json!([adjusted(json!({}))]))).await.expect(201).id();
            let reply = app.post(&format!("/v1/plans/{plan}/roster"), &json!({})).await;
            if refused {
                let reply = reply.refused(422, "above_standard");
                assert_eq!((&reply.body["mode"], &reply.body["amount"]), (&json!(mode), &json!("1000.00")));
                assert_eq!(app.get(&format!("/v1/plans/{plan}/rosters")).await.expect(200).body, json!([]), "nothing was written");
            } else {
                assert_eq!(reply.expect(201).body["total"], "1000.00");
            }
        }
    });
}

#[test]
fn a_listed_amount_is_held_against_exact_cap_and_floor() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let person = aid.person().await;
        for (mode, amount, refused) in [
            ("exact", "1000", false),
            ("exact", "999.99", true),
            ("exact", "1000.01", true),
            ("cap", "0.01", false),
            ("cap", "1000", false),
            ("cap", "1000.01", true),
            ("floor", "999.99", true),
            ("floor", "1000", false),
            ("floor", "5000", false),
        ] {
            let line = aid.line("10000").await;
            aid.standard_per("person", &line, "undossiered", "1000", mode).await;
            let plan = app.post("/v1/plans", &aid.paying(&line, &[(&person, amount)])).await.expect(201).id();
            let reply = app.post(&format!("/v1/plans/{plan}/roster"), &json!({})).await;
            if refused {
                reply.refused(422, "above_standard");
            } else {
                reply.expect(201);
            }
        }
    });
}

#[test]
fn a_listed_recipient_without_amount_receives_the_standard() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("10000").await;
        aid.standard_per("person", &line, "undossiered", "1000", "exact").await;
        let person = aid.person().await;
        let tier = with(listed(&[]), json!({"population": {"listed": {"category": "undossiered", "recipients": [{"person_id": person}]}}}));
        let plan = aid.draft(&aid.plan(drawing_on(&[&line]), json!([tier]))).await;
        let entry = aid.entries(&plan).await.remove(0);
        assert_eq!((&entry["standard"], &entry["amount"], &entry["quantity"]), (&json!("1000.00"), &json!("1000.00"), &json!(1)));
    });
}

#[test]
fn recipients_of_different_standards_cannot_be_adjusted_together() {
    run(async |app| {
        let aid = Aid::new(app).await;
        aid.case(json!({"category": "deep"})).await;
        aid.case(json!({"category": "relative"})).await;
        let line = aid.line("10000").await;
        aid.standard(&line, "deep", "3000", "exact").await;
        aid.standard(&line, "relative", "2000", "exact").await;
        let plan = app.post("/v1/plans", &aid.plan(drawing_on(&[&line]), json!([adjusted(json!({}))]))).await.expect(201).id();
        app.post(&format!("/v1/plans/{plan}/roster"), &json!({})).await.refused(422, "adjustment_ambiguous");
    });
}

#[test]
fn a_pool_that_the_fixed_tiers_use_up_cannot_be_adjusted() {
    run(async |app| {
        let aid = Aid::new(app).await;
        aid.case(json!({"category": "deep"})).await;
        aid.case(json!({"category": "relative"})).await;
        let line = aid.line("3000").await;
        aid.standard(&line, "deep", "3000", "exact").await;
        aid.standard(&line, "relative", "2000", "exact").await;
        let tiers = json!([dossiers(json!({"categories": ["deep"]})), adjusted(json!({"categories": ["relative"]}))]);
        let plan = app.post("/v1/plans", &aid.plan(drawing_on(&[&line]), tiers)).await.expect(201).id();
        app.post(&format!("/v1/plans/{plan}/roster"), &json!({})).await.refused(422, "adjustment_impossible");
    });
}
