//! Steps in their order, by the digest, by the role.

use bangfu::kernel::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::aid::{RELEASED_ON, with};
use crate::support::chain::{decision, full, step};
use crate::support::users::within;
use crate::support::{Aid, run};

#[test]
fn a_plan_passes_the_whole_chain_and_is_released_by_the_finance_head() {
    run(async |app| {
        let aid = Aid::without_policy(app).await;
        app.policy(&full()).await;
        let line = aid.line("100").await;
        let plan = aid.submitted(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        aid.through_the_meeting(&plan).await;
        assert_eq!(aid.status(&plan).await, "in_review");
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 100.00", "nothing is committed before the last step");
        aid.publish(&plan, "2022-08-18").await.expect(201);
        assert_eq!(aid.complete(&plan, "2022-08-26").await.expect(200).body["status"], "approved");
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 40.00, committed 60.00");
        let review = aid.reviews(&plan).await[0].clone();
        assert_eq!((&review["state"], &review["stands_at"]), (&json!("approved"), &json!(6)), "between approved and released");
        aid.release(&plan).await.expect(201);
        let review = aid.reviews(&plan).await[0].clone();
        assert_eq!((&review["state"], &review["stands_at"]), (&json!("authorised"), &Value::Null));
        let acted: Vec<(String, String)> = review["approvals"]
            .as_array()
            .unwrap()
            .iter()
            .map(|approval| (approval["role"].as_str().unwrap().to_owned(), approval["actor"].as_str().unwrap().to_owned()))
            .collect();
        let expected =
            ["finance", "leader", "principal", "committee", "maker", "finance_head"].map(|name| (name.to_owned(), name.to_owned()));
        assert_eq!(acted, expected);
        assert_eq!(review["approvals"][3]["minutes"], "党组会纪要〔2022〕15号");
    });
}

#[test]
fn steps_go_in_order_and_each_in_its_role() {
    run(async |app| {
        let aid = Aid::without_policy(app).await;
        app.policy(&full()).await;
        let line = aid.line("100").await;
        let plan = aid.submitted(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        // The leader cannot go first, neither at the leader's step nor at that of finance.
        aid.decide_as(Role::Leader, &plan, &decision(&plan, 2, "2022-08-15")).await.refused(409, "step_decided");
        aid.decide_as(Role::Leader, &plan, &decision(&plan, 1, "2022-08-15")).await.refused(403, "role_not_held");
        for role in [Role::Maker, Role::Cashier, Role::FinanceHead, Role::Auditor, Role::Administrator] {
            aid.decide_as(role, &plan, &decision(&plan, 1, "2022-08-15")).await.refused(403, "permission_denied");
        }
        for wrong in [0, 3, 7] {
            let reply = aid.decide_as(Role::Finance, &plan, &decision(&plan, wrong, "2022-08-15")).await.refused(409, "step_decided");
            assert_eq!(reply.body["step"], 1);
        }
        aid.decide_as(Role::Finance, &plan, &json!({"digest": plan.digest})).await.refused(400, "body_invalid");
        aid.decide_as(Role::Finance, &plan, &decision(&plan, 1, "2022-08-15")).await.expect(200);
        aid.decide_as(Role::Finance, &plan, &decision(&plan, 1, "2022-08-15")).await.refused(409, "step_decided");
        aid.release(&plan).await.refused(409, "plan_state");
        // Not before the step before it, and not in the future.
        aid.decide_as(Role::Leader, &plan, &decision(&plan, 2, "2022-08-14")).await.refused(422, "decision_too_early");
        aid.decide_as(Role::Leader, &plan, &decision(&plan, 2, "2023-03-16")).await.refused(422, "fields_invalid");
        aid.decide_as(Role::Leader, &plan, &decision(&plan, 2, "2022-08-15")).await.expect(200);
    });
}

#[test]
fn a_meeting_notes_its_minutes() {
    run(async |app| {
        let aid = Aid::without_policy(app).await;
        app.policy(&json!([step("meeting", "committee"), step("authorise", "finance_head")])).await;
        let line = aid.line("1000").await;
        let notice = app.document("通知1号").await;
        let minutes = json!({"issuer": "市总工会", "number": "纪要〔2022〕15号", "title": "党组会纪要", "kind": "minutes", "issued_on": "2022-08-17"});
        let minutes = app.post("/v1/documents", &minutes).await.expect(201).id();
        let plan = aid.submitted(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        let decide = async |members: Value| aid.decide_as(Role::Committee, &plan, &with(decision(&plan, 1, "2022-08-18"), members)).await;
        decide(json!({})).await.refused(422, "minutes_missing");
        decide(json!({"minutes": "  "})).await.refused(422, "minutes_missing");
        decide(json!({"minutes_document_id": notice})).await.refused(422, "minutes_unfit");
        decide(json!({"minutes_document_id": uuid::Uuid::now_v7()})).await.expect(422);
        assert_eq!(decide(json!({"minutes_document_id": minutes})).await.expect(200).body["status"], "approved");
    });
}

#[test]
fn a_step_with_two_people_needs_two_different_ones() {
    run(async |app| {
        let aid = Aid::without_policy(app).await;
        let two = with(step("review", "leader"), json!({"people": 2}));
        app.policy(&json!([two, step("authorise", "finance_head")])).await;
        let line = aid.line("1000").await;
        let second = app.another("leader2", Role::Leader).await;
        let plan = aid.submitted(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        let body = decision(&plan, 1, "2022-08-15");
        assert_eq!(aid.decide_as(Role::Leader, &plan, &body).await.expect(200).body["status"], "in_review");
        aid.decide_as(Role::Leader, &plan, &body).await.refused(409, "decided_before");
        let path = format!("/v1/plans/{}/approve", plan.id);
        assert_eq!(app.post_with(&second, &path, &body).await.expect(200).body["status"], "approved");
    });
}

#[test]
fn a_return_at_any_step_needs_a_reason_and_starts_all_over() {
    run(async |app| {
        let aid = Aid::without_policy(app).await;
        app.policy(&full()).await;
        let line = aid.line("100").await;
        let plan = aid.submitted(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        aid.decide_as(Role::Finance, &plan, &decision(&plan, 1, "2022-08-15")).await.expect(200);
        aid.decide_as(Role::Leader, &plan, &decision(&plan, 2, "2022-08-16")).await.expect(200);
        let path = format!("/v1/plans/{}/return", plan.id);
        let body = decision(&plan, 3, "2022-08-17");
        app.post_as(Role::Principal, &path, &body).await.refused(422, "opinion_missing");
        let reasoned = with(body, json!({"opinion": "标准依据不足"}));
        app.post_as(Role::Leader, &path, &reasoned).await.refused(403, "role_not_held");
        assert_eq!(app.post_as(Role::Principal, &path, &reasoned).await.expect(200).body["status"], "draft");
        let again = aid.generate(&plan.id).await;
        aid.lock(&again).await.expect(200);
        aid.submit(&again).await.expect(200);
        let reviews = aid.reviews(&again).await;
        assert_eq!((&reviews[0]["state"], &reviews[1]["state"], &reviews[1]["stands_at"]), (&json!("returned"), &json!("open"), &json!(1)));
        aid.decide_as(Role::Leader, &again, &decision(&again, 2, "2022-08-18")).await.refused(409, "step_decided");
        // The same people may act again in the same duties.
        aid.through_the_meeting(&again).await;
    });
}

#[test]
fn a_plan_whose_people_changed_after_a_step_must_be_returned() {
    run(async |app| {
        let aid = Aid::without_policy(app).await;
        app.policy(&full()).await;
        let line = aid.line("10000").await;
        aid.standard(&line, "relative", "100", "exact").await;
        let (stays, dies) = (aid.case(json!({})).await, aid.case(json!({})).await);
        let plan = aid.submitted(&aid.plan(json!([{"allocation_line_id": line}]), json!([crate::support::aid::dossiers(json!({}))]))).await;
        aid.decide_as(Role::Finance, &plan, &decision(&plan, 1, "2022-08-15")).await.expect(200);
        // What happened after the cut-off date changes nothing.
        app.post(&format!("/v1/persons/{}/death", stays.head), &json!({"died_on": "2022-08-12"})).await.expect(200);
        aid.decide_as(Role::Leader, &plan, &decision(&plan, 2, "2022-08-16")).await.expect(200);
        // Somebody turns out to have died before it.
        app.post(&format!("/v1/persons/{}/death", dies.head), &json!({"died_on": "2022-08-01"})).await.expect(200);
        let reply = aid.decide_as(Role::Principal, &plan, &decision(&plan, 3, "2022-08-17")).await.refused(409, "registry_changed");
        assert_eq!((&reply.body["count"], &reply.body["changes"][0]["payee_id"]), (&json!(1), &json!(dies.household)));
        assert_eq!(reply.body["changes"][0]["now"], Value::Null);
        let returned = with(decision(&plan, 3, "2022-08-17"), json!({"opinion": "名单有变"}));
        app.post_as(Role::Principal, &format!("/v1/plans/{}/return", plan.id), &returned).await.expect(200);
        let again = aid.generate(&plan.id).await;
        assert_eq!(again.view["included"], 1);
        aid.lock(&again).await.expect(200);
        aid.submit(&again).await.expect(200);
    });
}

#[test]
fn a_plan_whose_standard_changed_is_neither_submitted_nor_released() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("10000").await;
        let standard = aid.standard(&line, "relative", "100", "exact").await;
        aid.case(json!({})).await;
        let body = || aid.plan(json!([{"allocation_line_id": line}]), json!([crate::support::aid::dossiers(json!({}))]));
        let (released, submitted) = (aid.approved(&body()).await, aid.draft(&with(body(), json!({"purpose": "另一用途"}))).await);
        aid.lock(&submitted).await.expect(200);
        let etag = app.get(&format!("/v1/standards/{standard}")).await.expect(200).header("etag").unwrap().to_owned();
        app.put(&format!("/v1/standards/{standard}"), &etag, &json!({"valid_to": "2022-08-10"})).await.expect(200);
        aid.digest_step(&submitted, "submit", &submitted.digest).await.refused(409, "registry_changed");
        aid.release(&released).await.refused(409, "registry_changed");
        assert_eq!(aid.status(&released).await, "approved");
        // An approved plan that cannot be released any more is cancelled.
        aid.cancel(&released).await.expect(200);
    });
}

#[test]
fn the_release_names_the_digest_and_is_not_before_the_approval() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("100").await;
        let plan = aid.approved(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        let path = format!("/v1/plans/{}/release", plan.id);
        app.post_as(Role::Leader, &path, &json!({"digest": plan.digest})).await.refused(403, "permission_denied");
        app.post(&path, &json!({"digest": "00".repeat(32)})).await.refused(409, "digest_differs");
        app.post(&path, &json!({"digest": plan.digest, "released_on": "2022-08-31"})).await.refused(422, "date_out_of_order");
        app.post(&path, &json!({"digest": plan.digest, "released_on": RELEASED_ON})).await.expect(201);
        let review = aid.reviews(&plan).await[0].clone();
        assert_eq!((&review["approvals"][1]["role"], &review["approvals"][1]["digest"]), (&json!("finance_head"), &json!(plan.digest)));
    });
}

#[test]
fn a_role_granted_elsewhere_decides_nothing_here_and_sees_no_review() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("100").await;
        let district = json!({"kind": "district_union", "name": "乙区总工会", "parent_id": aid.union});
        let district = app.post("/v1/organisations", &district).await.expect(201).id();
        let elsewhere = within(app, Role::Leader, &district).await;
        let here = within(app, Role::Leader, &aid.union).await;
        let plan = aid.submitted(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        aid.give(&plan, "publicity_waiver").await;
        let path = format!("/v1/plans/{}", plan.id);
        let body = decision(&plan, 1, "2022-08-15");
        app.post_with(&elsewhere, &format!("{path}/approve"), &body).await.refused(404, "not_found");
        let special = aid.propose(&plan, "own_top_up").await;
        app.post_with(&elsewhere, &format!("{path}/special-approvals/{special}/decide"), &json!({"approve": true}))
            .await
            .refused(404, "not_found");
        for list in ["reviews", "special-approvals"] {
            let list = format!("/v1/{list}?subject_kind=plan&subject_id={}", plan.id);
            let seen = async |token: &str| app.send(app.request_with(token, Method::GET, &list)).await.expect(200).body;
            assert_eq!(seen(&elsewhere).await, json!([]), "{list}");
            assert_ne!(seen(&here).await, json!([]), "{list}");
        }
        app.post_with(&here, &format!("{path}/approve"), &body).await.expect(200);
    });
}
