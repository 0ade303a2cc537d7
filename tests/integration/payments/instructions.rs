//! Release writes the instructions, sending puts their money in transit.

use diesel_async::SimpleAsyncConnection;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::aid::{RELEASED_ON, SENT_ON, drawing_on, listed, with};
use crate::support::{Aid, run, sql};

#[test]
fn release_writes_one_instruction_an_entry_and_one_batch_a_channel() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let people = aid.persons(3).await;
        for person in &people[2..] {
            let account = json!({"person_id": person, "kind": "bank_card", "number": crate::support::registry::card_number()});
            app.post("/v1/payee-accounts", &account).await.expect(201);
        }
        let line = aid.line("1000").await;
        let by_bank = with(listed(&[(&people[2], "30")]), json!({"channel": "bank_transfer", "name": "转账"}));
        let plan = aid.approved(&aid.plan(drawing_on(&[&line]), json!([listed(&[(&people[0], "60"), (&people[1], "40")]), by_bank]))).await;
        let released = aid.release(&plan).await.expect(201);
        let batch = |index: usize| {
            let batch = &released.body["batches"][index];
            json!([batch["channel"], batch["sequence"], batch["count"], batch["total"], batch["sent_on"], batch["roster_digest"]])
        };
        assert_eq!(batch(0), json!(["one_card", 1, 2, "100.00", null, plan.digest]));
        assert_eq!(batch(1), json!(["bank_transfer", 2, 1, "30.00", null, plan.digest]));
        let instructions = aid.instructions(&plan).await;
        let rows: Vec<Value> = instructions
            .iter()
            .map(|row| json!([row["payee_id"], row["amount"], row["attempt"], row["status"], row["status_on"]]))
            .collect();
        let row = |person: &str, amount: &str| json!([person, amount, 1, "pending", RELEASED_ON]);
        assert_eq!(rows, [row(&people[0], "60.00"), row(&people[1], "40.00"), row(&people[2], "30.00")]);
        for row in &instructions {
            let number = row["account_number"].as_str().unwrap();
            assert!(number.starts_with("****") && number.len() == 8, "{number}");
        }
        let page = app.get(&format!("/v1/instructions?plan_id={}&status=pending&limit=2", plan.id)).await.expect(200).body;
        assert_eq!((&page["totals"]["count"], &page["totals"]["amount"]), (&json!(3), &json!("130.00")));
        assert_eq!(aid.accounts(&line).await, "granted 1000.00, available 870.00, committed 130.00", "release moves no money");
    });
}

#[test]
fn a_reference_is_a_uuid_of_plan_entry_and_attempt_and_stays() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let people = aid.persons(2).await;
        let line = aid.line("1000").await;
        let plan = aid.released(&aid.paying(&line, &[(&people[0], "60"), (&people[1], "40")])).await;
        let before = aid.instructions(&plan).await;
        let namespace = Uuid::from_u128(0x6261_6e67_6675_4000_8000_0062_616e_6766);
        for row in &before {
            let name = format!("{}/{}/1", plan.id, row["roster_entry_id"].as_str().unwrap());
            assert_eq!(row["reference"], json!(Uuid::new_v5(&namespace, name.as_bytes())));
            let found = app.all(&format!("/v1/instructions?reference={}", row["reference"].as_str().unwrap()), 10).await;
            assert_eq!(found, std::slice::from_ref(row));
        }
        aid.send_all(&plan, SENT_ON).await;
        let after = aid.instructions(&plan).await;
        assert!(before.iter().zip(&after).all(|(before, after)| before["reference"] == after["reference"]));
    });
}

#[test]
fn sending_puts_the_money_in_transit_once() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let person = aid.person().await;
        let line = aid.line("100").await;
        let plan = aid.released(&aid.paying(&line, &[(&person, "60")])).await;
        let batch = app.all(&format!("/v1/batches?plan_id={}", plan.id), 10).await.remove(0);
        let path = format!("/v1/batches/{}/send", batch["id"].as_str().unwrap());
        app.post(&path, &json!({"sent_on": "2023-03-16"})).await.refused(422, "fields_invalid");
        app.post(&path, &json!({"sent_on": "2022-09-01"})).await.refused(422, "date_out_of_order");
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 40.00, committed 60.00");
        let sent = app.post(&path, &json!({"sent_on": SENT_ON})).await.expect(200).body;
        assert_eq!(sent["sent_on"], SENT_ON);
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 40.00, in_transit 60.00");
        app.post(&path, &json!({"sent_on": SENT_ON})).await.refused(409, "batch_sent");
        let instruction = aid.instructions(&plan).await.remove(0);
        assert_eq!((&instruction["status"], &instruction["status_on"]), (&json!("sent"), &json!(SENT_ON)));
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 40.00, in_transit 60.00");
    });
}

#[test]
fn an_instruction_given_up_before_sending_is_not_sent() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let people = aid.persons(2).await;
        let line = aid.line("100").await;
        let plan = aid.released(&aid.paying(&line, &[(&people[0], "60"), (&people[1], "40")])).await;
        let instructions = aid.instructions(&plan).await;
        aid.instruction_step(&instructions[0], "give-up").await.expect(200);
        aid.send_all(&plan, SENT_ON).await;
        assert_eq!(aid.states(&instructions).await, ["given_up", "sent"]);
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 60.00, in_transit 40.00");
    });
}

#[test]
fn a_batch_of_which_everything_was_given_up_cannot_be_sent() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let person = aid.person().await;
        let line = aid.line("100").await;
        let plan = aid.released(&aid.paying(&line, &[(&person, "60")])).await;
        let instruction = aid.instructions(&plan).await.remove(0);
        aid.instruction_step(&instruction, "give-up").await.expect(200);
        let path = format!("/v1/batches/{}/send", instruction["batch_id"].as_str().unwrap());
        app.post(&path, &json!({"sent_on": SENT_ON})).await.refused(409, "instruction_state");
        assert_eq!(aid.status(&plan).await, "settled", "nothing is left to be paid");
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 100.00");
    });
}

#[test]
fn an_account_closed_since_the_roster_was_locked_stops_the_release() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let people = aid.persons(2).await;
        let line = aid.line("100").await;
        let plan = aid.approved(&aid.paying(&line, &[(&people[0], "60"), (&people[1], "40")])).await;
        let account = app.all(&format!("/v1/payee-accounts?person_id={}", people[1]), 10).await.remove(0);
        let path = format!("/v1/payee-accounts/{}/close", account["id"].as_str().unwrap());
        app.post(&path, &json!({"closed_on": "2022-09-01"})).await.expect(200);
        let reply = aid.release(&plan).await.refused(422, "account_not_payees");
        let entries = aid.entries(&plan).await;
        assert_eq!(reply.body["roster_entry_id"], entries[1]["id"], "the entry to be looked at");
        assert_eq!(aid.instructions(&plan).await, Vec::<Value>::new());
        assert_eq!(aid.status(&plan).await, "approved");
        aid.cancel(&plan).await.expect(200);
    });
}

#[test]
fn a_plan_is_settled_when_all_its_payments_have_ended_and_open_again_after_a_bounce() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let people = aid.persons(3).await;
        let line = aid.line("100").await;
        let plan = aid.sent(&aid.paying(&line, &[(&people[0], "10"), (&people[1], "20"), (&people[2], "30")])).await;
        let instructions = aid.instructions(&plan).await;
        aid.answered(&instructions[0], "settled", "2022-09-08").await;
        aid.answered(&instructions[1], "failed", "2022-09-08").await;
        aid.answered(&instructions[2], "unknown", "2022-09-08").await;
        assert_eq!(aid.status(&plan).await, "released");
        aid.answered(&instructions[2], "settled", "2022-09-09").await;
        assert_eq!(aid.status(&plan).await, "released", "a failed payment has not ended");
        aid.instruction_step(&instructions[1], "give-up").await.expect(200);
        assert_eq!(aid.status(&plan).await, "settled");
        aid.answered(&instructions[0], "bounced", "2022-10-20").await;
        assert_eq!(aid.status(&plan).await, "released");
        app.post(&format!("/v1/plans/{}/close", plan.id), &json!({})).await.refused(409, "plan_state");
        aid.instruction_step(&instructions[0], "give-up").await.expect(200);
        assert_eq!(aid.status(&plan).await, "settled");
    });
}

/// The service writes the hash by which a person counts once, and which plan pays; the database takes neither on trust.
#[test]
fn an_instruction_for_another_person_or_of_another_plan_than_its_batchs_is_refused_by_the_database() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("200").await;
        let person = aid.person().await;
        let plan = aid.sent(&aid.paying(&line, &[(&person, "10")])).await;
        let other = aid.sent(&with(aid.paying(&line, &[(&person, "10")]), json!({"period": "2023"}))).await;
        let instruction = aid.instructions(&plan).await.remove(0);
        let mut owner = sql::owner().await;
        for (changed, refused) in [
            ("'payee_person', '\\x00'", "another person"),
            ("'payee_person', null", "another person"),
            (&format!("'plan_id', '{}'", other.id), "instruction_batch_known"),
        ] {
            let again = "'id', gen_random_uuid(), 'reference', gen_random_uuid(), 'attempt', 2, 'status', 'given_up'";
            let statement = format!(
                "begin; set local bangfu.act = '{}';
                 insert into instruction select (jsonb_populate_record(i, jsonb_build_object({again}, {changed}))).* from instruction i where i.id = '{}'",
                Uuid::now_v7(),
                instruction["id"].as_str().unwrap()
            );
            let error = owner.batch_execute(&statement).await.unwrap_err().to_string();
            assert!(error.contains(refused), "{changed}: {error}");
            owner.batch_execute("rollback").await.unwrap();
        }
    });
}
