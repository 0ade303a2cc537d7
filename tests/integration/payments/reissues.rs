//! Another attempt for what failed or bounced, or giving it up: the money goes back to the line and source that paid.

use serde_json::{Value, json};

use crate::support::aid::{Planned, listed, topped_up};
use crate::support::registry::card_number;
use crate::support::{Aid, run};

/// Two payments of 60, the second of which crosses the border from 100 of the line into own funds.
async fn split(aid: &Aid) -> (String, String, Planned, Vec<Value>) {
    let (line, own) = (aid.line("100").await, aid.own_line("100").await);
    let people = aid.persons(2).await;
    let tiers = json!([listed(&[(&people[0], "60"), (&people[1], "60")])]);
    let plan = aid.sent(&aid.plan(topped_up(&[&line], &own), tiers)).await;
    let instructions = aid.instructions(&plan).await;
    (line, own, plan, instructions)
}

#[test]
fn a_failed_split_payment_is_reissued_from_the_same_money() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, own, plan, rows) = split(&aid).await;
        aid.answered(&rows[0], "settled", "2022-09-08").await;
        aid.answered(&rows[1], "failed", "2022-09-08").await;
        assert_eq!(aid.accounts_of(&line, &aid.provincial).await, "granted 100.00, committed 40.00, disbursed 60.00");
        assert_eq!(aid.accounts_of(&line, &aid.own).await, "top_up 20.00, committed 20.00");
        let again = aid.instruction_step(&rows[1], "reissue").await.expect(200).body;
        assert_eq!((&again["attempt"], &again["status"], &again["amount"]), (&json!(2), &json!("pending"), &json!("60.00")));
        assert_ne!(again["reference"], rows[1]["reference"]);
        assert_eq!(again["roster_entry_id"], rows[1]["roster_entry_id"]);
        assert_eq!(aid.now(&rows[1]).await["status"], "reissued");
        aid.send_all(&plan, "2023-03-15").await;
        assert_eq!(aid.accounts_of(&line, &aid.own).await, "top_up 20.00, in_transit 20.00");
        aid.answered(&again, "settled", "2023-03-15").await;
        assert_eq!(aid.accounts_of(&line, &aid.provincial).await, "granted 100.00, disbursed 100.00");
        assert_eq!(aid.accounts_of(&line, &aid.own).await, "top_up 20.00, disbursed 20.00");
        assert_eq!(aid.accounts(&own).await, "granted 100.00, available 80.00, topped_up_elsewhere 20.00");
        assert_eq!(aid.status(&plan).await, "settled");
    });
}

#[test]
fn a_bounced_split_payment_goes_back_the_way_it_came() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, _, plan, rows) = split(&aid).await;
        for row in &rows {
            aid.answered(row, "settled", "2022-09-08").await;
        }
        aid.answered(&rows[1], "bounced", "2022-09-20").await;
        assert_eq!(aid.accounts_of(&line, &aid.provincial).await, "granted 100.00, disbursed 60.00, bounced 40.00");
        assert_eq!(aid.accounts_of(&line, &aid.own).await, "top_up 20.00, bounced 20.00");
        let again = aid.instruction_step(&rows[1], "reissue").await.expect(200).body;
        assert_eq!(aid.accounts_of(&line, &aid.own).await, "top_up 20.00, committed 20.00");
        aid.send_all(&plan, "2023-03-15").await;
        aid.answered(&again, "failed", "2023-03-15").await;
        aid.instruction_step(&again, "give-up").await.expect(200);
        assert_eq!(aid.accounts_of(&line, &aid.provincial).await, "granted 100.00, available 40.00, disbursed 60.00");
        assert_eq!(aid.accounts_of(&line, &aid.own).await, "top_up 20.00, available 20.00");
        assert_eq!(aid.status(&plan).await, "settled");
        let batches = app.all(&format!("/v1/batches?plan_id={}", plan.id), 10).await;
        assert_eq!(batches.iter().map(|batch| batch["sequence"].as_i64().unwrap()).collect::<Vec<_>>(), [1, 2]);
    });
}

#[test]
fn a_bounced_payment_is_given_up() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, _, _, rows) = split(&aid).await;
        aid.answered(&rows[1], "settled", "2022-09-08").await;
        aid.answered(&rows[1], "bounced", "2022-09-20").await;
        aid.instruction_step(&rows[1], "give-up").await.expect(200);
        assert_eq!(aid.accounts_of(&line, &aid.provincial).await, "granted 100.00, available 40.00, in_transit 60.00");
        assert_eq!(aid.accounts_of(&line, &aid.own).await, "top_up 20.00, available 20.00");
        for step in ["give-up", "reissue"] {
            let reply = aid.instruction_step(&rows[1], step).await.refused(409, "instruction_state");
            assert_eq!(reply.body["state"], "given_up");
        }
    });
}

#[test]
fn what_is_on_its_way_paid_or_unknown_is_neither_reissued_nor_given_up() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, _, _, rows) = split(&aid).await;
        let refused = async |row: &Value, state: &str, steps: &[&str]| {
            for step in steps {
                let reply = aid.instruction_step(row, step).await.refused(409, "instruction_state");
                assert_eq!(reply.body["state"], state);
            }
        };
        refused(&rows[0], "sent", &["reissue", "give-up"]).await;
        aid.answered(&rows[0], "unknown", "2022-09-08").await;
        refused(&rows[0], "unknown", &["reissue", "give-up"]).await;
        aid.answered(&rows[0], "settled", "2022-09-09").await;
        refused(&rows[0], "settled", &["reissue", "give-up"]).await;
        assert_eq!(aid.accounts_of(&line, &aid.provincial).await, "granted 100.00, in_transit 40.00, disbursed 60.00");
        let plan = aid.released(&aid.paying(&aid.line("10").await, &[(&aid.person().await, "1")])).await;
        refused(&aid.instructions(&plan).await[0], "pending", &["reissue"]).await;
    });
}

#[test]
fn a_reissue_needs_a_reason_and_an_account_of_the_payee() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, _, plan, rows) = split(&aid).await;
        aid.answered(&rows[0], "failed", "2022-09-08").await;
        let path = format!("/v1/instructions/{}/reissue", rows[0]["id"].as_str().unwrap());
        let person = rows[0]["payee_id"].as_str().unwrap();
        app.post(&path, &json!({"reason": " "})).await.refused(422, "fields_invalid");
        app.post(&path, &json!({"reason": "换卡", "reissued_on": "2023-03-16"})).await.refused(422, "fields_invalid");
        let account = async |person: &str, kind: &str| {
            let account = json!({"person_id": person, "kind": kind, "number": card_number()});
            app.post("/v1/payee-accounts", &account).await.expect(201).id()
        };
        let theirs = account(rows[1]["payee_id"].as_str().unwrap(), "one_card").await;
        let unfit = account(person, "bank_card").await;
        for id in [theirs, unfit, "00000000-0000-7000-8000-000000000001".to_owned()] {
            let reply = app.post(&path, &json!({"reason": "换卡", "payee_account_id": id})).await.refused(422, "account_not_payees");
            assert_eq!(reply.faults()[0].0, "/payee_account_id");
        }
        assert_eq!(aid.now(&rows[0]).await["status"], "failed");
        assert_eq!(aid.instructions(&plan).await.len(), 2, "nothing was written");
        let other = account(person, "one_card").await;
        let again = app.post(&path, &json!({"reason": "换卡", "payee_account_id": other})).await.expect(200).body;
        assert_eq!(again["payee_account_id"], json!(other));
    });
}

#[test]
fn a_reissue_takes_another_open_account_when_the_one_tried_is_closed() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, _, _, rows) = split(&aid).await;
        aid.answered(&rows[0], "failed", "2022-09-08").await;
        let path = format!("/v1/payee-accounts/{}/close", rows[0]["payee_account_id"].as_str().unwrap());
        app.post(&path, &json!({"closed_on": "2022-09-09"})).await.expect(200);
        let reply = aid.instruction_step(&rows[0], "reissue").await.refused(422, "account_not_payees");
        assert_eq!(reply.faults()[0].0, "/payee_account_id");
        let account = json!({"person_id": rows[0]["payee_id"], "kind": "one_card", "number": card_number()});
        let fresh = app.post("/v1/payee-accounts", &account).await.expect(201).id();
        assert_eq!(aid.instruction_step(&rows[0], "reissue").await.expect(200).body["payee_account_id"], json!(fresh));
    });
}
