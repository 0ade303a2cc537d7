//! What departs from a rule needs an approval of its own, by another person.

use bangfu::kernel::Role;
use serde_json::{Value, json};

use crate::support::aid::{bank_result, dossiers, drawing_on, listed, says, topped_up, with};
use crate::support::{Aid, run};

fn missing(reply: &crate::support::Reply) -> Vec<String> {
    reply.body["missing"].as_array().unwrap().iter().map(|kind| kind.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_raised_standard_and_a_top_up_are_named_when_they_are_missing() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, own) = (aid.line("100").await, aid.own_line("10").await);
        aid.standard(&line, "relative", "30", "exact").await;
        for _ in 0..3 {
            aid.case(json!({})).await;
        }
        // 100 among 3 is 34 each, above 30, and own funds pay 2.
        let plan = aid.draft(&aid.plan(topped_up(&[&line], &own), json!([with(dossiers(json!({})), json!({"adjusted": true}))]))).await;
        aid.lock(&plan).await.expect(200);
        let submit = async || aid.digest_step(&plan, "submit", &plan.digest).await;
        assert_eq!(missing(&submit().await.refused(409, "special_missing")), ["above_standard", "own_top_up"]);
        let proposed = aid.propose(&plan, "above_standard").await;
        assert_eq!(missing(&submit().await.refused(409, "special_missing")), ["above_standard", "own_top_up"], "proposed is not given");
        aid.decide_special(Role::Leader, &plan, &proposed, true).await.expect(200);
        assert_eq!(missing(&submit().await.refused(409, "special_missing")), ["own_top_up"]);
        aid.give(&plan, "own_top_up").await;
        submit().await.expect(200);
        // The leader of the special approvals may be that of the chain: one duty.
        assert_eq!(aid.approve(&plan).await.expect(200).body["status"], "approved");
        let listed = app.get(&format!("/v1/special-approvals?subject_kind=plan&subject_id={}", plan.id)).await.expect(200).body;
        assert_eq!((&listed[0]["kind"], &listed[0]["decision"]["actor"]), (&json!("above_standard"), &json!("leader")));
    });
}

#[test]
fn a_standard_adjusted_down_needs_none() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("100").await;
        aid.standard(&line, "relative", "60", "cap").await;
        aid.case(json!({})).await;
        aid.case(json!({})).await;
        let plan = aid.draft(&aid.plan(drawing_on(&[&line]), json!([with(dossiers(json!({})), json!({"adjusted": true}))]))).await;
        aid.lock(&plan).await.expect(200);
        aid.digest_step(&plan, "submit", &plan.digest).await.expect(200);
    });
}

#[test]
fn cash_needs_its_own_approval() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line_of(&aid.provincial, "100", &["cash"]).await;
        let tier = with(listed(&[(&aid.person().await, "60")]), json!({"channel": "cash"}));
        let plan = aid.draft(&aid.plan(drawing_on(&[&line]), json!([tier]))).await;
        aid.lock(&plan).await.expect(200);
        let reply = aid.digest_step(&plan, "submit", &plan.digest).await.refused(409, "special_missing");
        assert_eq!(missing(&reply), ["cash"]);
        let refused = aid.propose(&plan, "cash").await;
        aid.decide_special(Role::Principal, &plan, &refused, false).await.expect(200);
        aid.digest_step(&plan, "submit", &plan.digest).await.refused(409, "special_missing");
        aid.give(&plan, "cash").await;
        aid.digest_step(&plan, "submit", &plan.digest).await.expect(200);
    });
}

#[test]
fn a_special_approval_is_another_persons_and_bound_to_the_digest() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line_of(&aid.provincial, "100", &["cash"]).await;
        let tier = with(listed(&[(&aid.person().await, "60")]), json!({"channel": "cash"}));
        let plan = aid.draft(&aid.plan(drawing_on(&[&line]), json!([tier]))).await;
        let path = format!("/v1/plans/{}/special-approvals", plan.id);
        let body = json!({"kind": "cash", "digest": plan.digest, "reason": "偏远山区无银行网点"});
        app.post(&path, &body).await.refused(409, "plan_state");
        aid.lock(&plan).await.expect(200);
        app.post(&path, &with(body.clone(), json!({"reason": " "}))).await.refused(422, "fields_invalid");
        app.post(&path, &with(body.clone(), json!({"digest": "00".repeat(32)}))).await.refused(409, "digest_differs");
        app.post(&path, &with(body.clone(), json!({"kind": "reissue_after_unknown"}))).await.refused(422, "fields_invalid");
        app.post(&path, &with(body.clone(), json!({"kind": "other"}))).await.refused(400, "body_invalid");
        for role in [Role::Leader, Role::Principal, Role::Administrator, Role::Auditor] {
            app.post_as(role, &path, &body).await.refused(403, "permission_denied");
        }
        app.post_as(Role::Cashier, &path, &body).await.refused(403, "role_not_held");
        let both = app.another_with("both", &[Role::Maker, Role::Leader]).await;
        let own = app.post_with(&both, &path, &body).await.expect(201).id();
        let decide = format!("{path}/{own}/decide");
        app.post_with(&both, &decide, &json!({"approve": true})).await.refused(409, "same_person");
        for role in [Role::Maker, Role::Cashier, Role::Checker] {
            app.post_as(role, &decide, &json!({"approve": true})).await.refused(403, "permission_denied");
        }
        app.post_as(Role::FinanceHead, &decide, &json!({"approve": true})).await.refused(403, "role_not_held");
        app.post_as(Role::Leader, &decide, &json!({"approve": false})).await.refused(422, "opinion_missing");
        app.post_as(Role::Leader, &decide, &json!({"approve": true, "decided_on": "2023-03-16"})).await.refused(422, "fields_invalid");
        app.post_as(Role::Leader, &decide, &json!({"approve": true})).await.expect(200);
        app.post_as(Role::Leader, &decide, &json!({"approve": true})).await.refused(409, "special_decided");
        // A new version of the roster has another digest, and needs it again.
        app.post(&format!("/v1/plans/{}/unlock", plan.id), &json!({})).await.expect(200);
        let again = aid.generate(&plan.id).await;
        aid.lock(&again).await.expect(200);
        aid.digest_step(&again, "submit", &again.digest).await.refused(409, "special_missing");
    });
}

#[test]
fn a_payment_that_was_unknown_is_made_again_only_with_the_finance_heads_approval() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("100").await;
        let plan = aid.sent(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        let row = aid.instructions(&plan).await.remove(0);
        aid.evidence(&bank_result(&[says(&row, "unknown", "2022-09-08")])).await.expect(200);
        aid.instruction_step(&row, "reissue").await.refused(409, "instruction_state");
        aid.evidence(&bank_result(&[says(&row, "failed", "2022-09-10")])).await.expect(200);
        assert_eq!(missing(&aid.instruction_step(&row, "reissue").await.refused(409, "special_missing")), ["reissue_after_unknown"]);
        let path = format!("/v1/instructions/{}/special-approvals", row["id"].as_str().unwrap());
        let body = json!({"kind": "reissue_after_unknown", "reason": "银行书面确认未付"});
        app.post_as(Role::Maker, &path, &body).await.refused(403, "role_not_held");
        app.post_as(Role::Cashier, &path, &with(body.clone(), json!({"kind": "cash"}))).await.refused(422, "fields_invalid");
        let id = app.post_as(Role::Cashier, &path, &body).await.expect(201).id();
        aid.instruction_step(&row, "reissue").await.refused(409, "special_missing");
        let decide = format!("{path}/{id}/decide");
        app.post_as(Role::Leader, &decide, &json!({"approve": true})).await.refused(403, "role_not_held");
        app.post_as(Role::FinanceHead, &decide, &json!({"approve": true})).await.expect(200);
        let again = aid.instruction_step(&row, "reissue").await.expect(200).body;
        assert_eq!(again["attempt"], 2);
        // It was for that attempt: another failure needs another approval.
        aid.send_all(&plan, "2023-03-15").await;
        aid.evidence(&bank_result(&[says(&again, "failed", "2023-03-15")])).await.expect(200);
        aid.instruction_step(&again, "reissue").await.refused(409, "special_missing");
    });
}

#[test]
fn a_finding_is_waived_by_another_person_than_explained_it() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("100").await;
        let plan = aid.sent(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        let row = aid.instructions(&plan).await.remove(0);
        aid.answered(&row, "settled", "2022-09-08").await;
        aid.answered(&row, "failed", "2022-09-09").await;
        let finding = app.all("/v1/findings", 10).await.remove(0);
        let path = format!("/v1/findings/{}", finding["id"].as_str().unwrap());
        let second = app.another("checker2", Role::Checker).await;
        let change = async |token: &str, state: &str| -> crate::support::Reply {
            let etag = app.get(&path).await.expect(200).header("etag").unwrap().to_owned();
            app.put_with(token, &format!("{path}/state"), &etag, &json!({"state": state, "note": "银行说明"})).await
        };
        let (first, finance) = (app.token(Role::Checker).to_owned(), app.token(Role::Finance).to_owned());
        change(&first, "waived").await.refused(409, "finding_not_explained");
        change(&first, "explained").await.expect(200);
        for state in ["resolved", "waived"] {
            change(&first, state).await.refused(409, "finding_by_another");
        }
        change(&finance, "waived").await.refused(403, "role_not_held");
        change(&second, "waived").await.expect(200);
        let view = app.get(&path).await.expect(200).body;
        let states: Vec<&Value> = view["history"].as_array().unwrap().iter().map(|event| &event["state"]).collect();
        assert_eq!(states, ["open", "explained", "waived"]);
    });
}
