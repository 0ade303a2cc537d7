//! The approval chain of a plan, and the steps a plan may take.

use serde_json::{Value, json};

use crate::support::{Aid, run};

const OTHER: &str = "00000000000000000000000000000000000000000000000000000000000000ff";

#[test]
fn approving_names_the_digest_and_commits_the_funds() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let person = aid.person().await;
        let line = aid.line("100").await;
        let plan = aid.submitted(&aid.paying(&line, &[(&person, "60")])).await;
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 100.00", "a submitted plan holds nothing");
        for digest in [OTHER, "", "digest"] {
            aid.digest_step(&plan, "approve", digest).await.refused(409, "digest_differs");
        }
        assert_eq!(aid.status(&plan).await, "in_review");
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 100.00");
        let approved = aid.approve(&plan).await.expect(200);
        assert_eq!(approved.body["status"], "approved");
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 40.00, committed 60.00");
        let reviews = app.get(&format!("/v1/reviews?subject_kind=plan&subject_id={}", plan.id)).await.expect(200).body;
        let review = &reviews[0];
        assert_eq!((&review["state"], &review["digest"]), (&json!("approved"), &json!(plan.digest)));
        let approval = &review["approvals"][0];
        assert_eq!(
            (&approval["step"], &approval["role"], &approval["decision"], &approval["decided_on"]),
            (&json!(1), &json!("leader"), &json!("approved"), &json!("2022-09-01"))
        );
    });
}

#[test]
fn locking_submitting_and_releasing_another_digest_is_refused_and_nothing_written() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let person = aid.person().await;
        let line = aid.line("100").await;
        let plan = aid.draft(&aid.paying(&line, &[(&person, "60")])).await;
        aid.digest_step(&plan, "lock", OTHER).await.refused(409, "roster_not_newest");
        aid.lock(&plan).await.expect(200);
        aid.digest_step(&plan, "submit", OTHER).await.refused(409, "digest_differs");
        aid.digest_step(&plan, "submit", &plan.digest).await.expect(200);
        aid.approve(&plan).await.expect(200);
        let before = app.get("/v1/postings").await.text;
        let reply = aid.digest_step(&plan, "release", OTHER).await.refused(409, "digest_differs");
        assert_eq!(reply.body["locked"], json!(plan.digest));
        assert_eq!(aid.status(&plan).await, "approved");
        assert_eq!(app.all("/v1/batches", 10).await, Vec::<Value>::new());
        assert_eq!(app.get("/v1/postings").await.text, before);
    });
}

#[test]
fn a_returned_plan_is_a_draft_again_and_passes_the_chain_anew() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let person = aid.person().await;
        let line = aid.line("100").await;
        let plan = aid.submitted(&aid.paying(&line, &[(&person, "60")])).await;
        aid.digest_step(&plan, "return", &plan.digest).await.refused(422, "opinion_missing");
        let path = format!("/v1/plans/{}", plan.id);
        app.post(&format!("{path}/return"), &json!({"digest": OTHER, "step": 1, "opinion": "重做"})).await.refused(409, "digest_differs");
        let body = json!({"digest": plan.digest, "step": 1, "opinion": "名单有误，请核对"});
        assert_eq!(app.post(&format!("{path}/return"), &body).await.expect(200).body["status"], "draft");
        aid.approve(&plan).await.refused(409, "plan_state");
        let again = aid.generate(&plan.id).await;
        aid.lock(&again).await.expect(200);
        aid.digest_step(&again, "submit", &again.digest).await.expect(200);
        aid.digest_step(&again, "approve", &plan.digest).await.refused(409, "digest_differs");
        aid.approve(&again).await.expect(200);
        let reviews = app.get(&format!("/v1/reviews?subject_kind=plan&subject_id={}", plan.id)).await.expect(200).body;
        let states: Vec<&Value> = reviews.as_array().unwrap().iter().map(|review| &review["state"]).collect();
        assert_eq!(states, [&json!("returned"), &json!("approved")]);
        assert_eq!(reviews[0]["approvals"][0]["opinion"], "名单有误，请核对");
    });
}

#[test]
fn a_plan_takes_its_steps_in_order_only() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let person = aid.person().await;
        let line = aid.line("100").await;
        let plan = aid.draft(&aid.paying(&line, &[(&person, "60")])).await;
        let refused = async |steps: &[&str]| {
            for step in steps {
                let reply = match *step {
                    "unlock" | "close" => app.post(&format!("/v1/plans/{}/{step}", plan.id), &json!({})).await,
                    "cancel" => aid.cancel(&plan).await,
                    _ => aid.digest_step(&plan, step, &plan.digest).await,
                };
                assert_eq!((reply.status, &reply.body["code"]), (409, &json!("plan_state")), "{step}: {}", reply.text);
            }
        };
        refused(&["submit", "approve", "return", "release", "unlock", "close"]).await;
        aid.lock(&plan).await.expect(200);
        refused(&["lock", "approve", "return", "release", "close"]).await;
        aid.digest_step(&plan, "submit", &plan.digest).await.expect(200);
        refused(&["lock", "submit", "release", "unlock", "close"]).await;
        aid.approve(&plan).await.expect(200);
        refused(&["lock", "submit", "approve", "return", "unlock", "close"]).await;
        aid.release(&plan).await.expect(201);
        refused(&["lock", "submit", "approve", "return", "release", "unlock", "close", "cancel"]).await;
        aid.send_all(&plan, "2022-09-05").await;
        let instruction = aid.instructions(&plan).await.remove(0);
        aid.answered(&instruction, "settled", "2022-09-08").await;
        assert_eq!(app.post(&format!("/v1/plans/{}/close", plan.id), &json!({})).await.expect(200).body["status"], "closed");
        refused(&["lock", "submit", "approve", "return", "release", "unlock", "close", "cancel"]).await;
    });
}

#[test]
fn a_plan_can_be_cancelled_at_every_step_before_release() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let person = aid.person().await;
        let line = aid.line("100").await;
        let body = || aid.paying(&line, &[(&person, "60")]);
        let draft = aid.draft(&body()).await;
        let locked = aid.draft(&body()).await;
        aid.lock(&locked).await.expect(200);
        let submitted = aid.submitted(&body()).await;
        let approved = aid.approved(&body()).await;
        let path = format!("/v1/plans/{}/cancel", approved.id);
        app.post(&path, &json!({"reason": "  "})).await.refused(422, "fields_invalid");
        app.post(&path, &json!({"reason": "停止", "cancelled_on": "2023-03-16"})).await.refused(422, "fields_invalid");
        for plan in [&draft, &locked, &submitted, &approved] {
            assert_eq!(aid.cancel(plan).await.expect(200).body["status"], "cancelled");
            aid.cancel(plan).await.refused(409, "plan_state");
        }
        let reviews = app.get(&format!("/v1/reviews?subject_kind=plan&subject_id={}", submitted.id)).await.expect(200).body;
        assert_eq!(reviews[0]["state"], "returned", "no review stays open");
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 100.00");
    });
}

#[test]
fn a_decision_in_the_future_or_before_the_money_was_there_is_refused() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let person = aid.person().await;
        let line = aid.line("100").await;
        let plan = aid.submitted(&aid.paying(&line, &[(&person, "60")])).await;
        let decide = async |on: &str| {
            app.post(&format!("/v1/plans/{}/approve", plan.id), &json!({"digest": plan.digest, "step": 1, "decided_on": on})).await
        };
        decide("2023-03-16").await.refused(422, "fields_invalid");
        decide("2022-01-09").await.refused(422, "overdrawn_as_of");
        assert_eq!(aid.status(&plan).await, "in_review");
        decide("2022-01-10").await.expect(200);
    });
}
