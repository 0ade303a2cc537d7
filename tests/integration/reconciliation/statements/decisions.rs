//! What a person decides of an exception.

use bangfu::kernel::Role;
use serde_json::{Value, json};

use super::{equation, sent, told};
use crate::support::statements::{Row, STATEMENTS, csv};
use crate::support::{Aid, run};

fn to(instruction: &Value) -> Value {
    json!({"resolution": "matched_to", "instruction_id": instruction["id"], "reason": "银行回单已核对"})
}

fn accepted() -> Value {
    json!({"resolution": "accepted", "reason": "银行手续费，由工会经费列支"})
}

#[test]
fn a_line_is_matched_by_a_person_and_its_payment_follows() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, _, rows) = sent(&aid, &["10", "20"]).await;
        let statement = app.bank_statement(&[Row::debit("2022-09-06", "10.00", "A1")]).await;
        let exception = app.exceptions(&statement).await.remove(0);
        let decided = app.resolve(&exception, &to(&rows[0])).await.expect(200).body;
        assert_eq!(
            (&decided["state"], &decided["resolved_to"], &decided["resolved_by"]),
            (&json!("resolved"), &rows[0]["id"], &json!("checker"))
        );
        assert_eq!(aid.states(&rows).await, ["settled", "sent"]);
        assert_eq!(aid.accounts(&line).await, "granted 100000.00, available 99970.00, in_transit 20.00, disbursed 10.00");
        let now = app.get(&format!("/v1/bank-statements/{}", statement["id"].as_str().unwrap())).await.expect(200).body;
        // What was taken in stays as it was; what is open has changed.
        assert_eq!((equation(&now), &now["open_exceptions"], &now["matched"]), (equation(&statement), &json!(0), &json!({"person": 1})));
        // The exception is decided once, and another line of the payment is a duplicate.
        app.resolve(&exception, &accepted()).await.refused(409, "exception_state");
        let again = app.bank_statement(&[Row::debit("2022-09-07", "10.00", "A2").of(&rows[0])]).await;
        assert_eq!(told(&app.exceptions(&again).await), ["duplicate 10.00"]);
        // It was the checker's duty; the same person pays nothing of the plan.
        let evidence = app.get(&format!("/v1/instructions/{}/evidence", rows[0]["id"].as_str().unwrap())).await.expect(200).body;
        assert_eq!((&evidence[0]["actor"], &evidence[0]["statement_line_id"]), (&json!("checker"), &exception["line_id"]));
    });
}

#[test]
fn a_decision_that_is_not_so_is_refused_and_nothing_is_written() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, _, rows) = sent(&aid, &["10", "20", "35"]).await;
        aid.answered(&rows[2], "failed", "2022-09-06").await;
        aid.instruction_step(&rows[2], "give-up").await;
        let lines = [
            Row::debit("2022-09-06", "10.00", "A1"),
            Row::credit("2022-09-06", "20.00", "A2"),
            Row::debit("2022-09-06", "1.00", "A3").coded("手续费"),
            Row::debit("2022-09-06", "35.00", "A4"),
            Row::debit("2022-09-04", "20.00", "A5"),
        ];
        let statement = app.bank_statement(&lines).await;
        let exceptions = app.exceptions(&statement).await;
        let of = |amount: &str| exceptions.iter().find(|each| each["bank_amount"] == amount).unwrap();
        let before = aid.accounts(&line).await;
        for (exception, body, status, code) in [
            (of("-10.00"), to(&rows[1]), 422, "evidence_amount_differs"),
            // Nothing was paid that could have come back.
            (of("20.00"), to(&rows[1]), 422, "exception_contradicted"),
            (of("-1.00"), to(&rows[0]), 409, "exception_state"),
            (of("-35.00"), to(&rows[2]), 422, "exception_contradicted"),
            (of("-20.00"), to(&rows[1]), 422, "evidence_too_early"),
            (of("-10.00"), to(&json!({"id": "00000000-0000-4000-8000-000000000001"})), 422, "reference_unknown"),
            (of("-10.00"), json!({"resolution": "matched_to", "reason": "是"}), 422, "fields_invalid"),
            (of("-10.00"), json!({"resolution": "accepted", "instruction_id": rows[0]["id"], "reason": "是"}), 422, "fields_invalid"),
            (of("-10.00"), json!({"resolution": "accepted", "reason": " "}), 422, "fields_invalid"),
            (of("-10.00"), json!({"resolution": "forgiven", "reason": "是"}), 400, "body_invalid"),
        ] {
            app.resolve(exception, &body).await.refused(status, code);
        }
        assert_eq!(
            (aid.accounts(&line).await, aid.states(&rows).await),
            (before, vec!["sent".to_owned(), "sent".to_owned(), "given_up".to_owned()])
        );
        assert_eq!(app.get("/v1/statement-exceptions?state=open").await.expect(200).body["totals"]["count"], 5);
        app.resolve(of("-1.00"), &accepted()).await.expect(200);
        assert_eq!(
            app.get("/v1/statement-exceptions?state=resolved").await.expect(200).body["totals"],
            json!({"count": 1, "amount": "1.00"})
        );
    });
}

#[test]
fn who_handed_a_statement_in_decides_nothing_of_it() {
    run(async |app| {
        let token = app.another_with("both", &[Role::Cashier, Role::Checker]).await;
        let request = app.request_with(&token, reqwest::Method::POST, STATEMENTS).header("Idempotency-Key", "both-1");
        let started = app.send(request.body(csv(&[Row::debit("2022-09-06", "1.00", "A1").coded("手续费")]))).await.expect(202);
        for _ in 0..600 {
            let job =
                app.send(app.request_with(&token, reqwest::Method::GET, &format!("/v1/jobs/{}", started.id()))).await.expect(200).body;
            if job["state"] == "succeeded" {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let exception = app.all("/v1/statement-exceptions", 10).await.remove(0);
        let path = format!("/v1/statement-exceptions/{}/resolve", exception["id"].as_str().unwrap());
        app.post_with(&token, &path, &accepted()).await.refused(409, "statement_by_another");
        app.post(&path, &accepted()).await.expect(200);
    });
}

#[test]
fn who_has_another_duty_on_the_plan_does_not_match_its_payments() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, _, rows) = sent(&aid, &["10", "20"]).await;
        let token = app.another_with("two", &[Role::Cashier, Role::Checker]).await;
        // Taking in a result is the cashier's duty on this plan.
        let says = crate::support::aid::bank_result(&[crate::support::aid::says(&rows[1], "settled", "2022-09-06")]);
        app.post_with(&token, "/v1/evidence", &says).await.expect(200);
        let statement = app.bank_statement(&[Row::debit("2022-09-06", "10.00", "A1")]).await;
        let exception = app.exceptions(&statement).await.remove(0);
        let path = format!("/v1/statement-exceptions/{}/resolve", exception["id"].as_str().unwrap());
        app.post_with(&token, &path, &to(&rows[0])).await.refused(409, "duty_conflict");
        assert_eq!(aid.states(&rows).await, ["sent", "settled"]);
    });
}
