//! Each rung, and what is not guessed.

use serde_json::{Value, json};

use super::exceptions::send_anew;
use super::{equation, sent, told};
use crate::support::aid::listed;
use crate::support::registry::card_number;
use crate::support::statements::Row;
use crate::support::{Aid, run};

/// So many payments of one amount, each to a card that is told.
async fn to_cards(aid: &Aid, count: usize, amount: &str) -> Vec<(Value, String)> {
    let line = aid.line("100000").await;
    let (mut people, mut cards) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let card = card_number();
        let person = aid.person_with(json!({"payee_accounts": [{"kind": "one_card", "number": card}]})).await;
        people.push(person["id"].as_str().unwrap().to_owned());
        cards.push((person["id"].clone(), card));
    }
    let recipients: Vec<(&str, &str)> = people.iter().map(|person| (person.as_str(), amount)).collect();
    let plan = aid.sent(&aid.plan(crate::support::aid::drawing_on(&[&line]), json!([listed(&recipients)]))).await;
    let card = |instruction: &Value| cards.iter().find(|(person, _)| *person == instruction["payee_id"]).unwrap().1.clone();
    aid.instructions(&plan)
        .await
        .into_iter()
        .map(|instruction| {
            let card = card(&instruction);
            (instruction, card)
        })
        .collect()
}

#[test]
fn a_line_without_reference_is_found_by_account_amount_and_day() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let paid = to_cards(&aid, 2, "500").await;
        // Written with blanks, as banks write cards.
        let card = &paid[0].1;
        let spaced = format!("{} {}", &card[..4], &card[4..]);
        let statement = app.bank_statement(&[Row::debit("2022-09-08", "500.00", "A1").with(&spaced)]).await;
        assert_eq!(statement["matched"], json!({"account": 1}));
        assert_eq!(aid.states(&[paid[0].0.clone(), paid[1].0.clone()]).await, ["settled", "sent"]);
        // Too late for the window, which is a parameter.
        let late = Row::debit("2022-09-12", "500.00", "A2").with(&paid[1].1);
        let out = app.bank_statement(std::slice::from_ref(&late)).await;
        assert_eq!(
            (&out["matched"], told(&app.exceptions(&out).await)),
            (&json!({}), vec!["missing_in_bank 0.00".to_owned(), "missing_in_ledger 500.00".to_owned()])
        );
        let again = Row { entry: "A3".to_owned(), ..late };
        let within = app.statement_at("/v1/bank-statements?account=基本户&days=7", &[again]).await;
        assert_eq!(within["matched"], json!({"account": 1}));
    });
}

#[test]
fn two_payments_of_one_account_and_amount_are_not_chosen_between() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("1000").await;
        let card = card_number();
        let person = aid.person_with(json!({"payee_accounts": [{"kind": "one_card", "number": card}]})).await;
        let person = person["id"].as_str().unwrap();
        let mut rows = Vec::new();
        for period in ["2022-1", "2022-2"] {
            let mut plan = aid.paying(&line, &[(person, "60")]);
            plan["period"] = json!(period);
            let plan = aid.sent(&plan).await;
            rows.extend(aid.instructions(&plan).await);
        }
        let statement = app.bank_statement(&[Row::debit("2022-09-06", "60.00", "A1").with(&card)]).await;
        let exceptions = app.exceptions(&statement).await;
        assert_eq!(told(&exceptions), ["missing_in_ledger 60.00"]);
        let candidates: Vec<&Value> =
            exceptions[0]["candidates"].as_array().unwrap().iter().map(|candidate| &candidate["instruction_id"]).collect();
        assert_eq!(candidates, [&rows[0]["id"], &rows[1]["id"]]);
        assert_eq!(aid.states(&rows).await, ["sent", "sent"]);
    });
}

#[test]
fn a_batch_is_settled_by_its_sum_only_when_no_other_adds_up() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, _, one) = sent(&aid, &["10", "20"]).await;
        let (_, _, other) = sent(&aid, &["15", "15"]).await;
        let statement = app.bank_statement(&[Row::debit("2022-09-06", "30.00", "A1")]).await;
        let exceptions = app.exceptions(&statement).await;
        assert_eq!(told(&exceptions), ["missing_in_ledger 30.00"]);
        assert_eq!(exceptions[0]["candidates"].as_array().unwrap().len(), 2);
        // Once the bank has named one payment of the second batch, the first is the only one that adds up.
        let statement =
            app.bank_statement(&[Row::debit("2022-09-06", "15.00", "A2").of(&other[0]), Row::debit("2022-09-07", "30.00", "A3")]).await;
        assert_eq!(statement["matched"], json!({"batch": 1, "reference": 1}));
        assert_eq!(equation(&statement), "-45.00 - -45.00 = 0.00");
        assert_eq!(aid.states(&one).await, ["settled", "settled"]);
        assert_eq!(aid.states(&other).await, ["settled", "sent"]);
    });
}

#[test]
fn a_late_return_is_a_normal_line() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let paid = to_cards(&aid, 2, "500").await;
        let rows: Vec<Value> = paid.iter().map(|(row, _)| row.clone()).collect();
        app.bank_statement(&[Row::debit("2022-09-06", "500.00", "A1").of(&rows[0]), Row::debit("2022-09-06", "500.00", "A2").of(&rows[1])])
            .await;
        // Months later: by reference; and 红字 in the column of what went, by the account.
        let statement = app
            .bank_statement(&[
                Row::credit("2023-01-10", "500.00", "B1").of(&rows[0]),
                Row::debit("2023-01-10", "-500.00", "B2").with(&paid[1].1),
            ])
            .await;
        assert_eq!(statement["matched"], json!({"account": 1, "reference": 1}), "{statement}");
        assert_eq!(equation(&statement), "1000.00 - 1000.00 = 0.00");
        assert_eq!(aid.states(&rows).await, ["bounced", "bounced"]);
        assert_eq!(aid.instruction_step(&rows[0], "reissue").await.status, 200);
    });
}

#[test]
fn what_a_result_file_settled_a_statement_confirms() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, plan, rows) = sent(&aid, &["10", "20"]).await;
        for row in &rows {
            aid.answered(row, "settled", "2022-09-06").await;
        }
        let before = aid.accounts(&line).await;
        let statement = app.bank_statement(&[Row::debit("2022-09-07", "30.00", "A1")]).await;
        assert_eq!((&statement["matched"], equation(&statement)), (&json!({"batch": 1}), "-30.00 - -30.00 = 0.00".to_owned()));
        assert_eq!((aid.accounts(&line).await, aid.status(&plan).await), (before, "settled".to_owned()));
        let path = format!("/v1/instructions/{}/evidence", rows[0]["id"].as_str().unwrap());
        let evidence = app.get(&path).await.expect(200).body;
        assert_eq!((&evidence[1]["kind"], &evidence[1]["effect"]), (&json!("statement_line"), &json!("confirms")));
    });
}

#[test]
fn statements_that_overlap_add_nothing_twice() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, _, rows) = sent(&aid, &["10", "20", "30"]).await;
        let of = |number: usize, amount: &str| Row::debit("2022-09-06", amount, &format!("T{number}")).of(&rows[number]);
        let (a, b, c) = (of(0, "10.00"), of(1, "20.00"), of(2, "30.00"));
        app.bank_statement(&[a, b.clone()]).await;
        let second = app.bank_statement(&[b, c]).await;
        assert_eq!((&second["lines"], &second["repeated"], &second["repeated_sum"]), (&json!(1), &json!(1), &json!("-20.00")));
        assert_eq!(equation(&second), "-30.00 - -30.00 = 0.00");
        assert_eq!(aid.accounts(&line).await, "granted 100000.00, available 99940.00, disbursed 60.00");
    });
}

#[test]
fn what_was_debited_for_the_payee_of_a_failed_payment_names_it_and_holds_the_next_attempt() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (paid, card) = to_cards(&aid, 1, "10").await.remove(0);
        aid.answered(&paid, "failed", "2022-09-06").await;
        let statement = app.bank_statement(&[Row::debit("2022-09-07", "10.00", "A1").with(&card)]).await;
        let exception = app.exceptions(&statement).await.remove(0);
        assert_eq!((&exception["kind"], &exception["candidates"][0]["why"]), (&json!("missing_in_ledger"), &json!("account")));
        assert_eq!((&exception["candidates"][0]["instruction_id"], &exception["instruction_id"]), (&paid["id"], &paid["id"]));
        send_anew(&aid, &paid).await.refused(409, "attempt_in_question");
        // Looked into, and told: it was another payment to the same person.
        app.resolve(&exception, &json!({"resolution": "accepted", "reason": "另一笔补助，银行回单已核对"})).await.expect(200);
        let batch = &app.get(&format!("/v1/instructions?payee_id={}", paid["payee_id"].as_str().unwrap())).await.expect(200).body["items"];
        let again = batch.as_array().unwrap().iter().find(|each| each["status"] == "pending").unwrap();
        let path = format!("/v1/batches/{}/send", again["batch_id"].as_str().unwrap());
        app.post(&path, &json!({"sent_on": "2023-03-15"})).await.expect(200);
    });
}
