//! Approval policies: dated, confirmed by another person, never changed.

use bangfu::kernel::Role;
use serde_json::{Value, json};

use crate::support::chain::{decision, full, short, step};
use crate::support::{Aid, TestApp, run};

async fn propose(app: &TestApp, role: Role, steps: &Value) -> crate::support::Reply {
    app.post_as(role, "/v1/approval-policies", &json!({"valid_from": "2022-01-01", "steps": steps, "reason": "资金管理办法"})).await
}

#[test]
fn without_a_policy_in_force_nothing_can_be_submitted() {
    run(async |app| {
        let aid = Aid::without_policy(app).await;
        let line = aid.line("100").await;
        let plan = aid.draft(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        aid.lock(&plan).await.expect(200);
        aid.digest_step(&plan, "submit", &plan.digest).await.refused(409, "policy_missing");
        // Proposed is not in force.
        let id = propose(app, Role::Administrator, &short()).await.expect(201).id();
        aid.digest_step(&plan, "submit", &plan.digest).await.refused(409, "policy_missing");
        assert_eq!(aid.status(&plan).await, "locked");
        app.post_as(Role::Principal, &format!("/v1/approval-policies/{id}/confirm"), &json!({})).await.expect(200);
        aid.digest_step(&plan, "submit", &plan.digest).await.expect(200);
    });
}

#[test]
fn a_policy_that_begins_tomorrow_is_not_in_force_today() {
    run(async |app| {
        let aid = Aid::without_policy(app).await;
        let line = aid.line("100").await;
        let plan = aid.draft(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        aid.lock(&plan).await.expect(200);
        app.policy_from("2023-03-16", &short()).await;
        aid.digest_step(&plan, "submit", &plan.digest).await.refused(409, "policy_missing");
        app.policy_from("2023-03-15", &short()).await;
        aid.digest_step(&plan, "submit", &plan.digest).await.expect(200);
    });
}

#[test]
fn a_policy_takes_two_people_an_administrator_and_a_principal() {
    run(async |app| {
        for role in [Role::Maker, Role::Principal, Role::FinanceHead, Role::Auditor] {
            propose(app, role, &short()).await.refused(403, "permission_denied");
        }
        let id = propose(app, Role::Administrator, &short()).await.expect(201).id();
        let path = format!("/v1/approval-policies/{id}/confirm");
        for role in [Role::Administrator, Role::Leader, Role::Maker, Role::FinanceHead] {
            app.post_as(role, &path, &json!({})).await.refused(403, "permission_denied");
        }
        let confirmed = app.post_as(Role::Principal, &path, &json!({})).await.expect(200).body;
        assert_eq!((&confirmed["proposed_by"], &confirmed["confirmation"]["confirmed_by"]), (&json!("administrator"), &json!("principal")));
        app.post_as(Role::Principal, &path, &json!({})).await.refused(409, "policy_confirmed");
        app.post_as(Role::Principal, &format!("/v1/approval-policies/{}/confirm", uuid::Uuid::now_v7()), &json!({}))
            .await
            .refused(404, "not_found");
        let listed = app.get("/v1/approval-policies").await.expect(200).body;
        assert_eq!(listed[0]["steps"][1]["role"], "finance_head");
    });
}

#[test]
fn a_policy_that_would_let_money_out_unseen_is_refused() {
    run(async |app| {
        let faults = async |steps: Value| propose(app, Role::Administrator, &steps).await.refused(422, "fields_invalid").faults();
        let fault = |pointer: &str, code: &str| vec![(pointer.to_owned(), code.to_owned())];
        assert_eq!(faults(json!([step("review", "leader")])).await, fault("/steps", "authorise_last"));
        assert_eq!(faults(json!([step("authorise", "finance_head")])).await, fault("/steps", "decided_by_nobody"));
        assert_eq!(
            faults(json!([step("review", "cashier"), step("authorise", "finance_head")])).await,
            fault("/steps/0/role", "role_unfit")
        );
        let mut large = step("review", "leader");
        large["from"] = json!("1000000");
        assert_eq!(faults(json!([large, step("authorise", "finance_head")])).await, fault("/steps", "decided_by_nobody"));
        let mut many = step("authorise", "finance_head");
        many["people"] = json!(2);
        assert_eq!(faults(json!([step("review", "leader"), many])).await, fault("/steps", "authorise_last"));
        let mut endless = step("publicity", "maker");
        endless["working_days"] = json!(null);
        assert_eq!(
            faults(json!([step("review", "leader"), endless, step("authorise", "finance_head")])).await,
            fault("/steps/1/working_days", "working_days_unfit")
        );
        propose(app, Role::Administrator, &json!([{"name": "x", "kind": "review", "role": "leader", "people": -1}]))
            .await
            .refused(400, "body_invalid");
        assert_eq!(app.get("/v1/approval-policies").await.expect(200).body, json!([]));
    });
}

#[test]
fn every_threshold_at_or_below_the_amount_adds_its_step() {
    run(async |app| {
        let aid = Aid::without_policy(app).await;
        let line = aid.line("1000").await;
        let mut meeting = step("meeting", "committee");
        meeting["from"] = json!("100.00");
        app.policy(&json!([step("review", "leader"), meeting, step("authorise", "finance_head")])).await;
        for (amount, roles) in [("99.99", vec!["leader", "finance_head"]), ("100.00", vec!["leader", "committee", "finance_head"])] {
            let plan = aid.submitted(&aid.paying(&line, &[(&aid.person().await, amount)])).await;
            let review = &aid.reviews(&plan).await[0];
            let needed: Vec<&Value> = review["steps"].as_array().unwrap().iter().map(|step| &step["role"]).collect();
            assert_eq!(needed, roles, "{amount}");
            assert_eq!((&review["amount"], &review["stands_at"]), (&json!(amount), &json!(1)));
        }
    });
}

#[test]
fn a_later_policy_changes_nothing_of_what_is_under_review() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("1000").await;
        let before = aid.submitted(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        app.policy(&full()).await;
        let after = aid.submitted(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        assert_eq!(aid.approve(&before).await.expect(200).body["status"], "approved");
        aid.decide_as(Role::Leader, &after, &decision(&after, 1, "2022-09-01")).await.refused(403, "role_not_held");
        assert_eq!(aid.status(&after).await, "in_review");
    });
}
