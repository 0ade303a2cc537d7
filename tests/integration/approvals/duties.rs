//! One person, one duty on a plan: held by the database, whoever asks and however.

use bangfu::kernel::Role;
use serde_json::json;

use crate::support::aid::{APPROVED_ON, RELEASED_ON, SENT_ON, bank_result, says, with};
use crate::support::chain::{decision, full, step};
use crate::support::{Aid, Reply, run};

/// Refused because the person has this duty already.
#[track_caller]
fn conflict(reply: Reply, has: &str, wanted: &str) {
    let reply = reply.refused(409, "duty_conflict");
    assert_eq!((&reply.body["has"], &reply.body["wanted"]), (&json!(has), &json!(wanted)), "{}", reply.text);
}

#[test]
fn whoever_made_a_plan_does_nothing_else_on_it() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("1000").await;
        let person = aid.person().await;
        // Somebody with every role that one person can have.
        let every = app
            .another_with(
                "all",
                &[Role::Maker, Role::Finance, Role::Leader, Role::Principal, Role::FinanceHead, Role::Cashier, Role::Checker],
            )
            .await;
        let make = app.post_with(&every, "/v1/plans", &aid.paying(&line, &[(&person, "60")])).await.expect(201).id();
        let plan = aid.generate_with(&every, &make).await;
        let act = async |step: &str, body: serde_json::Value| app.post_with(&every, &format!("/v1/plans/{}/{step}", plan.id), &body).await;
        act("lock", json!({"digest": plan.digest})).await.expect(200);
        act("submit", json!({"digest": plan.digest})).await.expect(200);
        conflict(act("approve", decision(&plan, 1, APPROVED_ON)).await, "maker", "leader");
        conflict(act("return", with(decision(&plan, 1, APPROVED_ON), json!({"opinion": "不同意"}))).await, "maker", "leader");
        aid.approve(&plan).await.expect(200);
        conflict(act("release", json!({"digest": plan.digest, "released_on": RELEASED_ON})).await, "maker", "finance_head");
        aid.release(&plan).await.expect(201);
        let batch = app.all(&format!("/v1/batches?plan_id={}", plan.id), 10).await.remove(0)["id"].as_str().unwrap().to_owned();
        let send = format!("/v1/batches/{batch}/send");
        conflict(app.post_with(&every, &send, &json!({"sent_on": SENT_ON})).await, "maker", "cashier");
        app.post(&send, &json!({"sent_on": SENT_ON})).await.expect(200);
        let row = aid.instructions(&plan).await.remove(0);
        let evidence = bank_result(&[says(&row, "settled", "2022-09-08")]);
        conflict(app.post_with(&every, "/v1/evidence", &evidence).await, "maker", "cashier");
        app.post("/v1/evidence", &evidence).await.expect(200);
        conflict(act("close", json!({})).await, "maker", "checker");
        assert_eq!(aid.status(&plan).await, "settled");
    });
}

#[test]
fn an_approver_is_neither_finance_head_nor_cashier_nor_the_next_approver() {
    run(async |app| {
        let aid = Aid::without_policy(app).await;
        app.policy(&json!([step("review", "leader"), step("review", "principal"), step("authorise", "finance_head")])).await;
        let line = aid.line("1000").await;
        let both = app.another_with("both", &[Role::Leader, Role::Principal, Role::FinanceHead, Role::Cashier]).await;
        let plan = aid.submitted(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        let path = format!("/v1/plans/{}", plan.id);
        app.post_with(&both, &format!("{path}/approve"), &decision(&plan, 1, APPROVED_ON)).await.expect(200);
        app.post_with(&both, &format!("{path}/approve"), &decision(&plan, 2, APPROVED_ON)).await.refused(409, "decided_before");
        aid.decide_as(Role::Principal, &plan, &decision(&plan, 2, APPROVED_ON)).await.expect(200);
        let release = json!({"digest": plan.digest, "released_on": RELEASED_ON});
        let reply = app.post_with(&both, &format!("{path}/release"), &release).await;
        assert!(matches!(reply.body["code"].as_str(), Some("duty_conflict" | "decided_before")), "{}", reply.text);
        aid.release(&plan).await.expect(201);
        let batch = app.all(&format!("/v1/batches?plan_id={}", plan.id), 10).await.remove(0)["id"].as_str().unwrap().to_owned();
        conflict(app.post_with(&both, &format!("/v1/batches/{batch}/send"), &json!({"sent_on": SENT_ON})).await, "leader", "cashier");
    });
}

#[test]
fn two_steps_of_one_role_take_two_people() {
    run(async |app| {
        let aid = Aid::without_policy(app).await;
        app.policy(&json!([step("meeting", "committee"), step("meeting", "committee"), step("authorise", "finance_head")])).await;
        let line = aid.line("1000").await;
        let second = app.another("committee2", Role::Committee).await;
        let plan = aid.submitted(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        let noted = |step: u8| with(decision(&plan, step, APPROVED_ON), json!({"minutes": format!("纪要{step}号")}));
        aid.decide_as(Role::Committee, &plan, &noted(1)).await.expect(200);
        aid.decide_as(Role::Committee, &plan, &noted(2)).await.refused(409, "decided_before");
        app.post_with(&second, &format!("/v1/plans/{}/approve", plan.id), &noted(2)).await.expect(200);
    });
}

#[test]
fn a_duty_lasts_over_every_review_of_a_plan() {
    run(async |app| {
        let aid = Aid::without_policy(app).await;
        app.policy(&json!([step("review", "leader"), step("review", "principal"), step("authorise", "finance_head")])).await;
        let line = aid.line("1000").await;
        let both = app.another_with("both", &[Role::Leader, Role::Principal, Role::Maker]).await;
        let plan = aid.submitted(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        let returned = with(decision(&plan, 1, APPROVED_ON), json!({"opinion": "重做"}));
        app.post_with(&both, &format!("/v1/plans/{}/return", plan.id), &returned).await.expect(200);
        // Neither makes it now, nor decides at another step.
        conflict(app.post_with(&both, &format!("/v1/plans/{}/roster", plan.id), &json!({})).await, "leader", "maker");
        let again = aid.generate(&plan.id).await;
        aid.lock(&again).await.expect(200);
        aid.submit(&again).await.expect(200);
        aid.approve(&again).await.expect(200);
        conflict(
            app.post_with(&both, &format!("/v1/plans/{}/approve", plan.id), &decision(&again, 2, APPROVED_ON)).await,
            "leader",
            "principal",
        );
        aid.decide_as(Role::Principal, &again, &decision(&again, 2, APPROVED_ON)).await.expect(200);
    });
}

#[test]
fn the_duties_of_a_plan_are_one_row_a_person() {
    run(async |app| {
        let aid = Aid::without_policy(app).await;
        app.policy(&full()).await;
        let line = aid.line("100").await;
        let plan = aid.submitted(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        aid.through_the_meeting(&plan).await;
        aid.publish(&plan, "2022-08-18").await.expect(201);
        aid.complete(&plan, "2022-08-26").await.expect(200);
        aid.release(&plan).await.expect(201);
        aid.send_all(&plan, SENT_ON).await;
        let row = aid.instructions(&plan).await.remove(0);
        aid.answered(&row, "settled", "2022-09-08").await;
        app.post(&format!("/v1/plans/{}/close", plan.id), &json!({})).await.expect(200);
        let duties = crate::support::sql::texts(
            &mut crate::support::sql::owner().await,
            &format!(
                "select actor || ' ' || role from duty where federation_id = '{}' and subject_id = '{}' order by 1",
                app.federation, plan.id
            ),
        )
        .await;
        let expected = ["cashier", "checker", "committee", "finance", "finance_head", "leader", "maker", "principal"]
            .map(|name| format!("{name} {name}"));
        assert_eq!(duties, expected);
    });
}

#[test]
fn with_nothing_but_the_services_password_no_step_can_be_skipped() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("1000").await;
        let plan = aid.submitted(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        let (federation, id) = (app.federation, &plan.id);
        let code = async |statement: String| {
            let error = app.statement(&statement).await.expect_err(&statement);
            error.refusal(bangfu::http::CONSTRAINTS).map_or_else(|| error.to_string(), |refusal| refusal.code.name.to_owned())
        };
        // The statements run as the maker's act: what a bug in a service could do.
        let plan_to = |status: &str| format!("update plan set status = '{status}' where federation_id = '{federation}' and id = '{id}'");
        assert_eq!(code(plan_to("approved")).await, "approvals_incomplete");
        assert_eq!(code(plan_to("released")).await, "plan_state");
        let review_to =
            |state: &str| format!("update review set state = '{state}' where federation_id = '{federation}' and subject_id = '{id}'");
        for state in ["approved", "authorised", "returned"] {
            assert_eq!(code(review_to(state)).await, "approvals_incomplete", "{state}");
        }
        let approval = |step: u8, role: &str, actor: &str, digest: &str| {
            format!(
                "insert into approval (federation_id, id, review_id, step, role, actor, decision, digest, opinion, decided_on, recorded_at)
                 select federation_id, gen_random_uuid(), id, {step}, '{role}', '{actor}', 'approved', '{digest}', '', '2022-09-01', now()
                 from review where federation_id = '{federation}' and subject_id = '{id}'"
            )
        };
        assert_eq!(code(approval(1, "leader", "maker", &plan.digest)).await, "role_not_held", "the maker has no such role");
        assert!(app.statement(&approval(1, "leader", "leader", &plan.digest)).await.is_err(), "in the name of another");
        assert_eq!(code(approval(2, "finance_head", "maker", &plan.digest)).await, "step_decided");
        assert_eq!(code(approval(1, "leader", "maker", &"00".repeat(32))).await, "review_digest_differs");
        for statement in [
            format!("insert into duty values ('{federation}', 'plan', '{id}', 'leader', 'maker', now())"),
            format!("delete from duty where federation_id = '{federation}'"),
            format!("update duty set role = 'leader' where federation_id = '{federation}'"),
            format!("select take_duty('{federation}', '{id}', 'leader')"),
            format!("update review set steps = '[]' where federation_id = '{federation}'"),
            format!("update approval_policy set steps = '[]' where federation_id = '{federation}'"),
            "alter table plan disable trigger all".to_owned(),
        ] {
            let error = app.statement(&statement).await.expect_err(&statement).to_string();
            assert!(error.contains("permission denied") || error.contains("must be owner"), "{statement}: {error}");
        }
        // A review of one's own making that asks for less.
        let draft = aid.draft(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        aid.lock(&draft).await.expect(200);
        let review = |steps: &str| {
            format!(
                "insert into review (federation_id, id, subject_kind, subject_id, digest, steps, state, submitted_by, submitted_at, policy_id, amount)
                 select '{federation}', gen_random_uuid(), 'plan', '{}', '{}', '{steps}', 'open', 'maker', now(), p.id, 60
                 from approval_policy p where p.federation_id = '{federation}'",
                draft.id, draft.digest
            )
        };
        assert_eq!(code(review("[]")).await, "policy_superseded");
        assert_eq!(
            code(review(r#"[{"kind": "authorise", "role": "finance_head", "people": 1, "from": "0.00"}]"#)).await,
            "policy_superseded"
        );
    });
}
