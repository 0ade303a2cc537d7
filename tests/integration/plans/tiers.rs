//! Tiers to households, persons, vendors and subordinate unions, and what a plan may not be.

use serde_json::{Value, json};

use crate::support::aid::{dossiers, drawing_on, listed, with};
use crate::support::registry::card_number;
use crate::support::{Aid, run};

async fn organisation_account(aid: &Aid, organisation: &str) {
    let account = json!({"organisation_id": organisation, "kind": "bank_account", "number": card_number()});
    aid.app.post("/v1/payee-accounts", &account).await.expect(201);
}

fn to_organisation(kind: &str, organisation: &str, amount: Value) -> Value {
    let recipients = json!([{"organisation_id": organisation, "amount": amount}]);
    json!({
        "name": "单位", "kind": kind, "channel": "bank_transfer",
        "population": {"listed": {"category": kind, "recipients": recipients}},
    })
}

#[test]
fn a_household_tier_pays_the_heads_account() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let case = aid.case(json!({})).await;
        let line = aid.line("5000").await;
        aid.standard(&line, "relative", "1000", "exact").await;
        let plan = aid.released(&aid.plan(drawing_on(&[&line]), json!([dossiers(json!({}))]))).await;
        let entry = aid.entries(&plan).await.remove(0);
        assert_eq!((&entry["household_id"], &entry["person_id"]), (&json!(case.household), &json!(case.head)));
        let instruction = aid.instructions(&plan).await.remove(0);
        let account = app.all(&format!("/v1/payee-accounts?person_id={}", case.head), 10).await.remove(0);
        assert_eq!(instruction["payee_account_id"], account["id"]);
        assert_eq!(instruction["payee_id"], json!(case.household));
        assert_eq!(instruction["account_number"], account["number"], "masked alike");
    });
}

#[test]
fn a_listed_household_is_paid_by_its_list_whatever_its_category() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let case = aid.case(json!({"category": "deep"})).await;
        let line = aid.line("5000").await;
        let recipients = json!([{"household_id": case.household, "amount": "800"}]);
        let tier = with(dossiers(json!({})), json!({"population": {"listed": {"category": "festival", "recipients": recipients}}}));
        let plan = aid.draft(&aid.plan(drawing_on(&[&line]), json!([tier]))).await;
        let entry = aid.entries(&plan).await.remove(0);
        assert_eq!((&entry["category"], &entry["amount"], &entry["standard"]), (&json!("festival"), &json!("800.00"), &Value::Null));
    });
}

#[test]
fn a_vendor_is_paid_to_its_account() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let hospital = app.organisation("vendor", "测试医院").await;
        let line = aid.line("89600").await;
        let tiers = json!([to_organisation("vendor", &hospital, json!("89600"))]);
        let plan = aid.draft(&aid.plan(drawing_on(&[&line]), tiers.clone())).await;
        assert_eq!(aid.exclusions(&plan).await, [(hospital.clone(), "no_account".to_owned())]);
        organisation_account(&aid, &hospital).await;
        let plan = aid.sent(&aid.plan(drawing_on(&[&line]), tiers)).await;
        let instruction = aid.instructions(&plan).await.remove(0);
        assert_eq!((&instruction["payee_id"], &instruction["holder_name"]), (&json!(hospital), &json!("测试医院")));
        aid.answered(&instruction, "settled", "2022-09-08").await;
        assert_eq!(aid.accounts(&line).await, "granted 89600.00, disbursed 89600.00");
        assert_eq!(app.all("/v1/transfers", 10).await, Vec::<Value>::new());
    });
}

#[test]
fn vendors_and_subordinate_unions_need_an_amount() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("100").await;
        for kind in ["vendor", "transfer_down"] {
            let plan = aid.plan(drawing_on(&[&line]), json!([to_organisation(kind, &aid.union, Value::Null)]));
            let reply = app.post("/v1/plans", &plan).await.refused(422, "fields_invalid");
            assert_eq!(reply.faults(), [("/tiers/0/population".to_owned(), "amount_missing".to_owned())]);
        }
    });
}

#[test]
fn every_fault_of_a_plan_is_named_at_once() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let person = aid.person().await;
        let line = aid.line("100").await;
        let misfit = with(listed(&[(&person, "1")]), json!({"kind": "household", "name": " "}));
        let empty = listed(&[]);
        let plan = with(aid.plan(drawing_on(&[&line]), json!([misfit, empty])), json!({"name": "", "purpose": " ", "period": ""}));
        let reply = app.post("/v1/plans", &plan).await.refused(422, "fields_invalid");
        let pointers: Vec<String> = reply.faults().into_iter().map(|(pointer, _)| pointer).collect();
        assert_eq!(pointers, ["/name", "/period", "/purpose", "/tiers/0/name", "/tiers/0/population", "/tiers/1/population"]);
        let nothing = aid.plan(json!([]), json!([]));
        let reply = app.post("/v1/plans", &nothing).await.refused(422, "fields_invalid");
        assert_eq!(reply.faults().iter().map(|(pointer, _)| pointer.as_str()).collect::<Vec<_>>(), ["/funding", "/tiers"]);
    });
}

#[test]
fn what_no_plan_may_hold_is_refused_and_nothing_written() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let person = aid.person().await;
        let line = aid.line("100").await;
        let good = aid.paying(&line, &[(&person, "10")]);
        let bad_amount = |amount: Value| {
            let mut plan = good.clone();
            plan["tiers"][0]["population"]["listed"]["recipients"][0]["amount"] = amount;
            plan
        };
        for plan in [
            bad_amount(json!("0")),
            bad_amount(json!("-1")),
            bad_amount(json!("1.001")),
            bad_amount(json!("1e2")),
            bad_amount(json!(10)),
            with(good.clone(), json!({"cutoff_on": "2022-02-30"})),
            with(good.clone(), json!({"status": "approved"})),
            with(good.clone(), json!({"adjustment_method": "banker"})),
            with(good.clone(), json!({"fiscal_year": "2022"})),
        ] {
            let reply = app.post("/v1/plans", &plan).await;
            assert!([400, 422].contains(&reply.status), "{plan}: {}", reply.text);
        }
        let stranger = json!("00000000-0000-7000-8000-000000000001");
        let reply = app.post("/v1/plans", &with(good.clone(), json!({"organisation_id": stranger}))).await;
        assert_eq!(reply.refused(422, "reference_unknown").faults()[0].0, "/organisation_id");
        let reply = app.post("/v1/plans", &with(good.clone(), json!({"funding": [{"allocation_line_id": stranger}]}))).await;
        assert_eq!(reply.refused(422, "reference_unknown").faults()[0].0, "/funding/0/allocation_line_id");
        assert_eq!(app.all("/v1/plans", 100).await, Vec::<Value>::new());
        app.post("/v1/plans", &good).await.expect(201);
        app.post("/v1/plans", &good).await.refused(409, "plan_exists");
    });
}

#[test]
fn another_federations_lines_and_plans_are_not_there() {
    run(async |app| {
        let other = crate::support::TestApp::new().await;
        let (aid, theirs) = (Aid::new(app).await, Aid::new(&other).await);
        let (person, line) = (theirs.person().await, theirs.line("100").await);
        app.post("/v1/plans", &with(aid.plan(drawing_on(&[&line]), json!([listed(&[(&person, "10")])])), json!({})))
            .await
            .refused(422, "reference_unknown");
        let plan = theirs.submitted(&theirs.paying(&line, &[(&person, "10")])).await;
        aid.approve(&plan).await.refused(404, "not_found");
        app.get(&format!("/v1/rosters/{}", plan.roster)).await.refused(404, "not_found");
        // Their person, named here, is nobody.
        let own = aid.line("100").await;
        let plan = aid.draft(&aid.paying(&own, &[(&person, "10")])).await;
        assert_eq!(plan.view["exclusions"], json!([{"reason": "not_registered", "count": 1}]));
        other.finish().await;
    });
}
