//! Personal data: where it must not be found, who is shown it, how it goes.

mod erasure;
mod keys;
mod nowhere;
mod program;
mod reveal;
mod rotation;

use serde_json::{Value, json};

use crate::support::registry::{card_number, identity_number, with};
use crate::support::{Aid, TestApp};

/// Somebody with everything that is personal, invented for one test.
#[derive(Debug, Clone)]
struct Somebody {
    name: String,
    number: String,
    card: String,
    phone: String,
}

impl Somebody {
    fn new(name: &str) -> Self {
        let card = card_number();
        // A phone nobody else of the tests has, made of the card's running number.
        let phone = format!("1770{}", &card[card.len() - 8..card.len() - 1]);
        Self { name: name.to_owned(), number: identity_number(), card, phone }
    }

    fn body(&self) -> Value {
        json!({
            "name": self.name, "identity_number": self.number, "phone": self.phone,
            "payee_accounts": [{"kind": "one_card", "number": self.card}],
        })
    }

    /// What is nowhere to be found in clear.
    fn numbers(&self) -> [&str; 3] {
        [&self.number, &self.card, &self.phone]
    }

    /// What logs, metrics and problems do not hold either.
    fn everything(&self) -> [&str; 4] {
        [&self.number, &self.card, &self.phone, &self.name]
    }
}

/// One of everything that holds personal data: a person who is paid by bank and by a subordinate union's report, with the
/// bank's line kept, and requests about them that are refused.
async fn lives(app: &TestApp, somebody: &Somebody, reported: &Somebody) {
    let aid = Aid::new(app).await;
    let person = app.post("/v1/persons", &somebody.body()).await.expect(201).id();
    app.post("/v1/persons", &somebody.body()).await.refused(409, "person_exists");
    for (field, value) in [("identity_number", json!(format!("{}9", somebody.number))), ("name", json!(7)), ("phone", json!("x"))] {
        let refused = app.post("/v1/persons", &with(somebody.body(), json!({field: value}))).await;
        assert!([400, 422].contains(&refused.status), "{}", refused.text);
        assert!(somebody.everything().iter().all(|personal| !refused.text.contains(personal)), "{}", refused.text);
    }
    for query in [json!({"name": somebody.name}), json!({"identity_number": somebody.number}), json!({"phone": somebody.phone})] {
        assert_eq!(app.found(query).await.len(), 1);
    }
    let line = aid.line("1000").await;
    let tier = json!({
        "name": "慰问", "kind": "person", "channel": "one_card",
        "population": {"listed": {"category": "visit", "recipients": [{"person_id": person, "amount": "500"}]}},
    });
    let plan = aid.sent(&aid.plan(json!([{"allocation_line_id": line}]), json!([tier]))).await;
    let instruction = aid.instructions(&plan).await.remove(0);
    let raw = format!("{}|{}|{}|500.00", somebody.name, somebody.card, somebody.phone);
    let item = with(crate::support::aid::says(&instruction, "settled", "2022-09-08"), json!({"line_number": 1, "raw_text": raw}));
    let file = json!({"kind": "bank_result", "file_digest": "ab".repeat(32), "items": [item]});
    app.post("/v1/evidence", &file).await.expect(200);
    let transfer = transferred(&aid).await;
    let row = json!({"name": reported.name, "identity_number": reported.number, "amount": "40", "paid_on": "2022-09-20"});
    app.post(&format!("{transfer}/feedback"), &json!({"reported_on": "2022-10-10", "rows": [row]})).await.expect(200);
    app.post(&format!("{transfer}/feedback"), &json!({"reported_on": "2022-10-10", "rows": [row]})).await.expect(409);
    app.get(&format!("/v1/reconciliation/payments/{}", instruction["id"].as_str().unwrap())).await.expect(200);
}

/// The path of a transfer of 100 to a district, settled.
async fn transferred(aid: &Aid) -> String {
    let district = aid.app.organisation("district_union", &crate::support::app::unique("区总工会")).await;
    aid.app.account_of_organisation(&district).await;
    let line = aid.line("100").await;
    let tier = json!({
        "name": "划拨", "kind": "transfer_down", "channel": "bank_transfer", "feedback_due_on": "2023-06-30",
        "population": {"listed": {"category": "transfer", "recipients": [{"organisation_id": district, "amount": "100"}]}},
    });
    let plan = aid.sent(&aid.plan(json!([{"allocation_line_id": line}]), json!([tier]))).await;
    let instruction = aid.instructions(&plan).await.remove(0);
    aid.answered(&instruction, "settled", "2022-09-08").await;
    let transfer = aid.app.all(&format!("/v1/transfers?organisation_id={district}"), 10).await.remove(0);
    format!("/v1/transfers/{}", transfer["id"].as_str().unwrap())
}
