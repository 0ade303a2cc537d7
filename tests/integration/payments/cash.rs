//! Cash: a signed receipt that two people witnessed (domain.md, States).

use serde_json::{Value, json};

use crate::support::aid::{drawing_on, listed, says, with};
use crate::support::{Aid, run};

async fn cash_payment(aid: &Aid) -> (String, Value) {
    let line = aid.line_of(&aid.provincial, "100", &["cash"]).await;
    // Nobody needs an account for cash.
    let person = aid.person_with(json!({"payee_accounts": []})).await["id"].as_str().unwrap().to_owned();
    let tier = with(listed(&[(&person, "60")]), json!({"channel": "cash"}));
    let plan = aid.sent(&aid.plan(drawing_on(&[&line]), json!([tier]))).await;
    let instruction = aid.instructions(&plan).await.remove(0);
    (line, instruction)
}

#[test]
fn cash_is_settled_by_a_receipt_with_two_witnesses_and_by_nothing_less() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, instruction) = cash_payment(&aid).await;
        assert_eq!((&instruction["account_number"], &instruction["holder_name"]), (&Value::Null, &json!("测**")));
        let item = says(&instruction, "settled", "2022-09-08");
        let witnessed = |witnesses: Value| with(item.clone(), json!({"witnesses": witnesses}));
        for (kind, item) in [
            ("receipt", item.clone()),
            ("receipt", witnessed(json!([]))),
            ("receipt", witnessed(json!(["证人一"]))),
            ("receipt", witnessed(json!(["证人一", "证人一"]))),
            ("receipt", witnessed(json!(["证人一", " 证人一 "]))),
            ("receipt", witnessed(json!(["证人一", "  "]))),
            ("bank_result", witnessed(json!(["证人一", "证人二"]))),
            ("letter", witnessed(json!(["证人一", "证人二"]))),
        ] {
            let reply = aid.evidence(&json!({"kind": kind, "items": [item]})).await.refused(422, "witnesses_missing");
            assert_eq!(reply.body["reference"], instruction["reference"]);
        }
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 40.00, in_transit 60.00");
        let receipt = json!({"kind": "receipt", "items": [witnessed(json!(["证人一", "证人二"]))]});
        assert_eq!(aid.evidence(&receipt).await.expect(200).body["applied"], 1);
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 40.00, disbursed 60.00");
        let path = format!("/v1/instructions/{}/evidence", instruction["id"].as_str().unwrap());
        assert_eq!(app.get(&path).await.expect(200).body[0]["witnesses"], json!(["证**", "证**"]));
    });
}

#[test]
fn cash_that_nobody_fetched_needs_no_witnesses_and_can_be_tried_again() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, instruction) = cash_payment(&aid).await;
        aid.evidence(&json!({"kind": "letter", "items": [says(&instruction, "failed", "2022-09-08")]})).await.expect(200);
        let again = aid.instruction_step(&instruction, "reissue").await.expect(200).body;
        assert_eq!((&again["attempt"], &again["channel"], &again["payee_account_id"]), (&json!(2), &json!("cash"), &Value::Null));
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 40.00, committed 60.00");
        app.post(&format!("/v1/instructions/{}/reissue", instruction["id"].as_str().unwrap()), &json!({"reason": "再试"}))
            .await
            .refused(409, "instruction_state");
    });
}
