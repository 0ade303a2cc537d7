//! Recoveries: what was paid too much comes back to the line and source that paid it (domain.md, decision 8).

use serde_json::{Value, json};

use crate::support::aid::{listed, topped_up};
use crate::support::{Aid, run};

/// A payment of 120, 100 from the line and 20 from own funds, settled.
async fn settled(aid: &Aid) -> (String, Value) {
    let (line, own) = (aid.line("100").await, aid.own_line("100").await);
    let tiers = json!([listed(&[(&aid.person().await, "120")])]);
    let plan = aid.sent(&aid.plan(topped_up(&[&line], &own), tiers)).await;
    let instruction = aid.instructions(&plan).await.remove(0);
    aid.answered(&instruction, "settled", "2022-09-08").await;
    (line, instruction)
}

fn recovery(instruction: &Value, amount: &str) -> Value {
    json!({"instruction_id": instruction["id"], "amount": amount, "reason": "death", "note": "已故", "due_on": "2022-10-10"})
}

#[test]
fn partial_recoveries_end_where_the_whole_would_have() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, instruction) = settled(&aid).await;
        let mut ids = Vec::new();
        for amount in ["50", "60", "10"] {
            ids.push(app.post("/v1/recoveries", &recovery(&instruction, amount)).await.expect(201).id());
        }
        assert_eq!(aid.accounts_of(&line, &aid.provincial).await, "granted 100.00, recoverable 100.00");
        assert_eq!(aid.accounts_of(&line, &aid.own).await, "top_up 20.00, recoverable 20.00");
        // They come back in another order than they were asked for.
        let receive = async |id: &str| app.post(&format!("/v1/recoveries/{id}/receive"), &json!({"received_on": "2022-11-11"})).await;
        receive(&ids[1]).await.expect(200);
        assert_eq!(aid.accounts_of(&line, &aid.provincial).await, "granted 100.00, available 50.00, recoverable 50.00");
        assert_eq!(aid.accounts_of(&line, &aid.own).await, "top_up 20.00, available 10.00, recoverable 10.00");
        receive(&ids[1]).await.refused(409, "step_out_of_order");
        receive(&ids[2]).await.expect(200);
        receive(&ids[0]).await.expect(200);
        assert_eq!(aid.accounts(&line).await, "granted 100.00, top_up 20.00, available 120.00");
    });
}

#[test]
fn more_than_was_paid_cannot_be_recovered() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, instruction) = settled(&aid).await;
        let reply = app.post("/v1/recoveries", &recovery(&instruction, "120.01")).await.refused(422, "recovery_exceeds_payment");
        assert_eq!(reply.body["left"], "120.00");
        app.post("/v1/recoveries", &recovery(&instruction, "100")).await.expect(201);
        let reply = app.post("/v1/recoveries", &recovery(&instruction, "20.01")).await.refused(422, "recovery_exceeds_payment");
        assert_eq!((&reply.body["left"], reply.faults()[0].0.as_str()), (&json!("20.00"), "/amount"));
        assert_eq!(aid.accounts(&line).await, "granted 100.00, top_up 20.00, disbursed 20.00, recoverable 100.00");
    });
}

#[test]
fn only_what_was_settled_can_be_recovered_and_only_once_it_was() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("100").await;
        let plan = aid.sent(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        let instruction = aid.instructions(&plan).await.remove(0);
        app.post("/v1/recoveries", &recovery(&instruction, "1")).await.refused(409, "instruction_state");
        aid.answered(&instruction, "settled", "2022-11-08").await;
        app.post("/v1/recoveries", &recovery(&instruction, "1")).await.refused(422, "date_out_of_order");
        for (field, value, status) in [
            ("instruction_id", json!("00000000-0000-7000-8000-000000000001"), 422),
            ("amount", json!("0"), 422),
            ("reason", json!("whim"), 422),
            ("due_on", json!("2023-03-16"), 422),
        ] {
            let mut body = recovery(&instruction, "1");
            body[field] = value;
            let reply = app.post("/v1/recoveries", &body).await;
            assert!(reply.status == status || reply.status == 400, "{}", reply.text);
            assert_eq!(reply.faults()[0].0, format!("/{field}"));
        }
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 40.00, disbursed 60.00");
    });
}

#[test]
fn what_is_being_recovered_cannot_bounce_as_well() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("200").await;
        let people = aid.persons(2).await;
        let plan = aid.sent(&aid.paying(&line, &[(&people[0], "60"), (&people[1], "60")])).await;
        let rows = aid.instructions(&plan).await;
        for row in &rows {
            aid.answered(row, "settled", "2022-09-08").await;
        }
        app.post("/v1/recoveries", &recovery(&rows[0], "60")).await.expect(201);
        // The other payment's money is in the same account; a bounce of this one must not take it.
        assert_eq!(aid.answered(&rows[0], "bounced", "2022-10-20").await["contradicted"], 1);
        assert_eq!(aid.accounts(&line).await, "granted 200.00, available 80.00, disbursed 60.00, recoverable 60.00");
        assert_eq!(aid.states(&rows).await, ["settled", "settled"]);
    });
}

#[test]
fn what_a_subordinate_union_has_is_handed_back_and_not_recovered() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let district = app.organisation("district_union", "测试区总工会").await;
        let account = json!({"organisation_id": district, "kind": "bank_account", "number": crate::support::registry::card_number()});
        app.post("/v1/payee-accounts", &account).await.expect(201);
        let line = aid.line("200").await;
        let tier = json!({
            "name": "划拨", "kind": "transfer_down", "channel": "bank_transfer",
            "population": {"listed": {"category": "transfer", "recipients": [{"organisation_id": district, "amount": "100"}]}},
        });
        let plan = aid.sent(&aid.plan(json!([{"allocation_line_id": line}]), json!([listed(&[(&aid.person().await, "100")]), tier]))).await;
        let rows = aid.instructions(&plan).await;
        for row in &rows {
            aid.answered(row, "settled", "2022-09-08").await;
        }
        let transferred = rows.iter().find(|row| row["payee_id"] == json!(district)).unwrap();
        app.post("/v1/recoveries", &recovery(transferred, "100")).await.refused(422, "recovery_of_transfer");
        assert_eq!(aid.accounts(&line).await, "granted 200.00, disbursed 100.00, transferred_down 100.00");
    });
}
