//! Evidence that comes late, says the opposite, or speaks of what was reissued: a normal event, never a lost one.

use serde_json::{Value, json};

use crate::support::aid::Planned;
use crate::support::{Aid, run};

/// One payment of 60 from a line of 100, sent.
async fn sent(aid: &Aid) -> (String, Planned, Value) {
    let line = aid.line("100").await;
    let plan = aid.sent(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
    let instruction = aid.instructions(&plan).await.remove(0);
    (line, plan, instruction)
}

async fn findings(aid: &Aid, instruction: &Value) -> Vec<Value> {
    aid.app.all(&format!("/v1/findings?subject_id={}", instruction["id"].as_str().unwrap()), 50).await
}

#[test]
fn a_payment_that_failed_may_have_arrived_after_all() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, plan, instruction) = sent(&aid).await;
        aid.answered(&instruction, "failed", "2022-09-08").await;
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 40.00, committed 60.00");
        assert_eq!(aid.answered(&instruction, "settled", "2022-09-15").await["applied"], 1);
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 40.00, disbursed 60.00");
        assert_eq!(aid.status(&plan).await, "settled");
        assert_eq!(findings(&aid, &instruction).await, Vec::<Value>::new());
        aid.instruction_step(&instruction, "reissue").await.refused(409, "instruction_state");
    });
}

#[test]
fn a_settled_payment_may_bounce_weeks_later() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, plan, instruction) = sent(&aid).await;
        aid.answered(&instruction, "settled", "2022-09-08").await;
        assert_eq!(aid.status(&plan).await, "settled");
        assert_eq!(aid.answered(&instruction, "bounced", "2022-11-21").await["applied"], 1);
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 40.00, bounced 60.00");
        assert_eq!(aid.status(&plan).await, "released");
        // As of a day between, the money was with the recipient.
        let between = app.get(&format!("/v1/reconciliation/allocation-lines/{line}?as_of=2022-10-01")).await.expect(200);
        assert!(between.text.contains("\"disbursed\":\"60.00\""), "{}", between.text);
    });
}

#[test]
fn what_is_said_again_confirms_and_what_is_denied_contradicts() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, _, instruction) = sent(&aid).await;
        aid.answered(&instruction, "unknown", "2022-09-06").await;
        assert_eq!(aid.answered(&instruction, "unknown", "2022-09-07").await["confirmed"], 1);
        aid.answered(&instruction, "settled", "2022-09-08").await;
        assert_eq!(aid.answered(&instruction, "settled", "2022-09-09").await["confirmed"], 1);
        assert_eq!(aid.answered(&instruction, "unknown", "2022-09-09").await["confirmed"], 1);
        assert_eq!(findings(&aid, &instruction).await, Vec::<Value>::new());
        assert_eq!(aid.answered(&instruction, "failed", "2022-09-10").await["contradicted"], 1);
        assert_eq!(aid.states(std::slice::from_ref(&instruction)).await, ["settled"]);
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 40.00, disbursed 60.00");
        let found = findings(&aid, &instruction).await;
        assert_eq!(found.len(), 1);
        assert_eq!(
            (&found[0]["state"], &found[0]["check"], &found[0]["subject_kind"]),
            (&json!("open"), &json!("EVIDENCE"), &json!("instruction"))
        );
        let evidence = app.get(&format!("/v1/instructions/{}/evidence", instruction["id"].as_str().unwrap())).await.expect(200).body;
        assert_eq!(evidence.as_array().unwrap().len(), 6, "every line is kept, whatever it says");
    });
}

#[test]
fn a_settlement_of_what_was_reissued_as_failed_opens_a_finding_whatever_its_date() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, _, instruction) = sent(&aid).await;
        aid.answered(&instruction, "failed", "2022-09-08").await;
        aid.instruction_step(&instruction, "reissue").await.expect(200);
        // Dated before the reissue: the person has the money, and is about to get it again.
        assert_eq!(aid.answered(&instruction, "settled", "2022-09-07").await["contradicted"], 1);
        assert_eq!(aid.states(std::slice::from_ref(&instruction)).await, ["reissued"]);
        assert_eq!(findings(&aid, &instruction).await.len(), 1);
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 40.00, committed 60.00");
    });
}

#[test]
fn after_a_bounce_the_old_settlement_confirms_and_a_new_one_contradicts() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, _, instruction) = sent(&aid).await;
        aid.answered(&instruction, "settled", "2022-09-08").await;
        aid.answered(&instruction, "bounced", "2022-09-20").await;
        for step in [None, Some("reissue")] {
            if let Some(step) = step {
                aid.instruction_step(&instruction, step).await.expect(200);
            }
            assert_eq!(aid.answered(&instruction, "settled", "2022-09-08").await["confirmed"], 1);
            assert_eq!(aid.answered(&instruction, "bounced", "2022-09-20").await["confirmed"], 1);
            assert_eq!(aid.answered(&instruction, "settled", "2022-09-21").await["contradicted"], 1);
        }
        assert_eq!(findings(&aid, &instruction).await.len(), 1, "one finding while it is open, however often it is found again");
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 40.00, committed 60.00");
    });
}

#[test]
fn a_settlement_of_what_was_given_up_opens_a_finding() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, _, instruction) = sent(&aid).await;
        aid.answered(&instruction, "failed", "2022-09-08").await;
        aid.instruction_step(&instruction, "give-up").await.expect(200);
        assert_eq!(aid.answered(&instruction, "settled", "2022-09-08").await["contradicted"], 1);
        assert_eq!(findings(&aid, &instruction).await.len(), 1);
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 100.00");
    });
}

#[test]
fn a_finding_is_explained_and_keeps_its_history() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, _, instruction) = sent(&aid).await;
        aid.answered(&instruction, "settled", "2022-09-08").await;
        aid.answered(&instruction, "failed", "2022-09-10").await;
        let finding = findings(&aid, &instruction).await.remove(0);
        let path = format!("/v1/findings/{}", finding["id"].as_str().unwrap());
        let tag = app.get(&path).await.expect(200).header("etag").unwrap().to_owned();
        let explained = json!({"state": "explained", "note": "银行误报，已电话确认"});
        app.put(&format!("{path}/state"), &tag, &explained).await.expect(200);
        app.put(&format!("{path}/state"), &tag, &explained).await.refused(412, "version_stale");
        let view = app.get(&path).await.expect(200).body;
        assert_eq!((&view["state"], view["history"].as_array().unwrap().len()), (&json!("explained"), 2));
    });
}
