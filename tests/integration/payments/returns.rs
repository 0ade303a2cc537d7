//! Returns to the treasury: due → approved → paid → confirmed (domain.md, States).

use serde_json::{Value, json};

use crate::support::{Aid, run};

async fn due(aid: &Aid, line: &str, amount: &str) -> Value {
    let body = json!({"allocation_line_id": line, "amount": amount, "reason": "unspent", "due_on": "2022-12-20"});
    aid.app.post("/v1/returns", &body).await.expect(201).body
}

#[test]
fn a_return_takes_its_steps_in_order_and_paying_moves_the_money() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("100").await;
        let row = due(&aid, &line, "30").await;
        assert_eq!((&row["status"], &row["to_organisation_id"]), (&json!("due"), &json!(aid.treasury)), "to whom the source says");
        let path = format!("/v1/returns/{}", row["id"].as_str().unwrap());
        let step = async |step: &str| app.post(&format!("{path}/{step}"), &json!({"on": "2022-12-25"})).await;
        for (next, refused, accounts) in [
            ("approve", ["pay", "confirm"], "granted 100.00, available 100.00"),
            ("pay", ["approve", "confirm"], "granted 100.00, available 70.00, returned 30.00"),
            ("confirm", ["approve", "pay"], "granted 100.00, available 70.00, returned 30.00"),
        ] {
            for other in refused {
                step(other).await.refused(409, "step_out_of_order");
            }
            step(next).await.expect(200);
            assert_eq!(aid.accounts(&line).await, accounts);
        }
        for any in ["approve", "pay", "confirm"] {
            assert_eq!(step(any).await.refused(409, "step_out_of_order").body["state"], "confirmed");
        }
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 70.00, returned 30.00");
    });
}

#[test]
fn more_than_is_available_cannot_be_paid_back() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("100").await;
        aid.approved(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        let row = due(&aid, &line, "40.01").await;
        let path = format!("/v1/returns/{}", row["id"].as_str().unwrap());
        app.post(&format!("{path}/approve"), &json!({})).await.expect(200);
        let reply = app.post(&format!("{path}/pay"), &json!({})).await.refused(422, "insufficient_funds");
        assert_eq!(reply.body["missing"], "0.01");
        assert_eq!(app.get(&path).await.expect(200).body["status"], "approved");
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 40.00, committed 60.00");
    });
}

#[test]
fn a_return_names_what_it_refers_to() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, own) = (aid.line("100").await, aid.own_line("100").await);
        let stranger = "00000000-0000-7000-8000-000000000001";
        let good = json!({"allocation_line_id": line, "amount": "10", "reason": "death"});
        for field in ["allocation_line_id", "fund_source_id", "person_id", "to_organisation_id", "document_id"] {
            let mut body = good.clone();
            body[field] = json!(stranger);
            let reply = app.post("/v1/returns", &body).await.refused(422, "reference_unknown");
            assert_eq!(reply.faults()[0].0, format!("/{field}"));
        }
        // Own funds are returned to nobody unless somebody is named.
        let body = json!({"allocation_line_id": own, "amount": "10", "reason": "unspent"});
        assert_eq!(app.post("/v1/returns", &body).await.refused(422, "reference_unknown").faults()[0].0, "/to_organisation_id");
        for (field, value) in [("amount", json!("0")), ("amount", json!("-1")), ("reason", json!("whim")), ("due_on", json!("2023-03-16"))]
        {
            let mut body = good.clone();
            body[field] = value;
            let reply = app.post("/v1/returns", &body).await;
            assert!([400, 422].contains(&reply.status) && reply.faults()[0].0 == format!("/{field}"), "{}", reply.text);
        }
        assert_eq!(app.all("/v1/returns", 10).await, Vec::<Value>::new());
    });
}
