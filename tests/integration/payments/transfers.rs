//! Transfers down: with a subordinate union until it reports its recipients (domain.md, decision 3).

use serde_json::{Value, json};

use crate::support::aid::{Planned, topped_up, with};
use crate::support::registry::{card_number, identity_number};
use crate::support::{Aid, run};

/// 100 of the line and 20 of own funds, sent to a district.
struct Transfer {
    line: String,
    plan: Planned,
    instruction: Value,
    path: String,
}

async fn sent(aid: &Aid, due_on: &str) -> Transfer {
    let district = aid.app.organisation("district_union", &crate::support::app::unique("区总工会")).await;
    let account = json!({"organisation_id": district, "kind": "bank_account", "number": card_number()});
    aid.app.post("/v1/payee-accounts", &account).await.expect(201);
    let (line, own) = (aid.line("100").await, aid.own_line("100").await);
    let tier = json!({
        "name": "划拨", "kind": "transfer_down", "channel": "bank_transfer", "feedback_due_on": due_on,
        "population": {"listed": {"category": "transfer", "recipients": [{"organisation_id": district, "amount": "120"}]}},
    });
    let plan = aid.sent(&aid.plan(topped_up(&[&line], &own), json!([tier]))).await;
    let instruction = aid.instructions(&plan).await.remove(0);
    let transfer = aid.app.all(&format!("/v1/transfers?organisation_id={district}"), 10).await.remove(0);
    assert_eq!(transfer["instruction_id"], instruction["id"]);
    let path = format!("/v1/transfers/{}", transfer["id"].as_str().unwrap());
    Transfer { line, plan, instruction, path }
}

fn row(amount: &str) -> Value {
    json!({"name": "测试乙", "identity_number": identity_number(), "amount": amount, "paid_on": "2022-09-20"})
}

fn list(rows: &[Value]) -> Value {
    json!({"reported_on": "2022-10-10", "rows": rows})
}

async fn view(aid: &Aid, path: &str) -> (String, String, String, String) {
    let body = aid.app.get(path).await.expect(200).body;
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    (text("status"), text("reported"), text("handed_back"), text("outstanding"))
}

fn figures(status: &str, reported: &str, handed_back: &str, outstanding: &str) -> (String, String, String, String) {
    (status.to_owned(), reported.to_owned(), handed_back.to_owned(), outstanding.to_owned())
}

#[test]
fn a_transfer_is_not_disbursed_until_its_recipients_are_reported() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let sent = sent(&aid, "2023-06-30").await;
        aid.answered(&sent.instruction, "settled", "2022-09-08").await;
        assert_eq!(aid.accounts(&sent.line).await, "granted 100.00, top_up 20.00, transferred_down 120.00");
        assert_eq!(aid.status(&sent.plan).await, "settled");
        assert_eq!(view(&aid, &sent.path).await, figures("sent", "0.00", "0.00", "120.00"));
        let feedback = format!("{}/feedback", sent.path);
        app.post(&feedback, &list(&[row("60"), row("30")])).await.expect(200);
        assert_eq!(view(&aid, &sent.path).await, figures("partly_cleared", "90.00", "0.00", "30.00"));
        assert_eq!(aid.accounts_of(&sent.line, &aid.provincial).await, "granted 100.00, disbursed 90.00, transferred_down 10.00");
        assert_eq!(aid.accounts_of(&sent.line, &aid.own).await, "top_up 20.00, transferred_down 20.00");
        // The rest crosses the border to the second source.
        app.post(&feedback, &list(&[row("30")])).await.expect(200);
        assert_eq!(view(&aid, &sent.path).await, figures("cleared", "120.00", "0.00", "0.00"));
        assert_eq!(aid.accounts(&sent.line).await, "granted 100.00, top_up 20.00, disbursed 120.00");
        assert_eq!(aid.accounts_of(&sent.line, &aid.own).await, "top_up 20.00, disbursed 20.00");
        let rows = app.get(&feedback).await.expect(200).body;
        assert_eq!(rows.as_array().unwrap().len(), 3);
        let number = rows[0]["identity_number"].as_str().unwrap();
        assert!(number.starts_with("510599********"), "{number}");
    });
}

#[test]
fn more_than_was_transferred_is_refused_and_nothing_written() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let sent = sent(&aid, "2023-06-30").await;
        aid.answered(&sent.instruction, "settled", "2022-09-08").await;
        let feedback = format!("{}/feedback", sent.path);
        let reply = app.post(&feedback, &list(&[row("60"), row("60.01")])).await.refused(422, "feedback_exceeds_transfer");
        assert_eq!((&reply.body["outstanding"], &reply.body["reported"]), (&json!("120.00"), &json!("120.01")));
        app.post(&feedback, &list(&[row("100")])).await.expect(200);
        app.post(&feedback, &list(&[row("20.01")])).await.refused(422, "feedback_exceeds_transfer");
        let back = json!({"amount": "20.01", "reason": "未用完"});
        app.post(&format!("{}/hand-back", sent.path), &back).await.refused(422, "feedback_exceeds_transfer");
        assert_eq!(view(&aid, &sent.path).await, figures("partly_cleared", "100.00", "0.00", "20.00"));
        assert_eq!(app.get(&feedback).await.expect(200).body.as_array().unwrap().len(), 1);
    });
}

#[test]
fn a_recipient_is_reported_once_for_a_transfer() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let sent = sent(&aid, "2023-06-30").await;
        aid.answered(&sent.instruction, "settled", "2022-09-08").await;
        let feedback = format!("{}/feedback", sent.path);
        let twice = row("10");
        app.post(&feedback, &list(&[twice.clone(), row("10"), with(twice.clone(), json!({"amount": "5"}))]))
            .await
            .refused(409, "feedback_repeated");
        assert_eq!(aid.accounts(&sent.line).await, "granted 100.00, top_up 20.00, transferred_down 120.00");
        app.post(&feedback, &list(std::slice::from_ref(&twice))).await.expect(200);
        app.post(&feedback, &list(&[row("1"), twice])).await.refused(409, "feedback_repeated");
        assert_eq!(view(&aid, &sent.path).await, figures("partly_cleared", "10.00", "0.00", "110.00"));
    });
}

#[test]
fn what_is_handed_back_becomes_available_where_it_came_from() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let sent = sent(&aid, "2023-06-30").await;
        aid.answered(&sent.instruction, "settled", "2022-09-08").await;
        app.post(&format!("{}/feedback", sent.path), &list(&[row("90")])).await.expect(200);
        let back = |amount: &str| json!({"amount": amount, "reason": "未用完", "handed_back_on": "2022-12-20"});
        app.post(&format!("{}/hand-back", sent.path), &back("25")).await.expect(200);
        assert_eq!(view(&aid, &sent.path).await, figures("partly_cleared", "90.00", "25.00", "5.00"));
        assert_eq!(aid.accounts_of(&sent.line, &aid.provincial).await, "granted 100.00, available 10.00, disbursed 90.00");
        assert_eq!(aid.accounts_of(&sent.line, &aid.own).await, "top_up 20.00, available 15.00, transferred_down 5.00");
        app.post(&format!("{}/hand-back", sent.path), &back("5")).await.expect(200);
        assert_eq!(view(&aid, &sent.path).await, figures("cleared", "90.00", "30.00", "0.00"));
        app.post(&format!("{}/hand-back", sent.path), &json!({"amount": "1", "reason": " "})).await.refused(422, "fields_invalid");
    });
}

#[test]
fn a_transfer_handed_back_whole_is_returned_and_a_late_one_overdue() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let late = sent(&aid, "2023-03-14").await;
        aid.answered(&late.instruction, "settled", "2022-09-08").await;
        assert_eq!(view(&aid, &late.path).await.0, "overdue");
        app.post(&format!("{}/feedback", late.path), &list(&[row("20")])).await.expect(200);
        assert_eq!(view(&aid, &late.path).await.0, "overdue");
        let today = sent(&aid, "2023-03-15").await;
        aid.answered(&today.instruction, "settled", "2022-09-08").await;
        assert_eq!(view(&aid, &today.path).await.0, "sent", "due today is not late");
        app.post(&format!("{}/hand-back", today.path), &json!({"amount": "120", "reason": "未开展"})).await.expect(200);
        assert_eq!(view(&aid, &today.path).await.0, "returned");
        assert_eq!(aid.accounts(&today.line).await, "granted 100.00, top_up 20.00, available 120.00");
    });
}

#[test]
fn a_union_that_was_not_paid_has_nothing_to_report() {
    run(async |app| {
        let aid = Aid::new(app).await;
        // Another union's money is in the same account of the ledger; it must not be taken for this one's.
        let other = sent(&aid, "2023-06-30").await;
        aid.answered(&other.instruction, "settled", "2022-09-08").await;
        let sent = sent(&aid, "2023-06-30").await;
        let refused = async |state: &str| {
            let reply = app.post(&format!("{}/feedback", sent.path), &list(&[row("10")])).await.refused(409, "instruction_state");
            assert_eq!(reply.body["state"], state);
            let back = json!({"amount": "1", "reason": "未用完"});
            app.post(&format!("{}/hand-back", sent.path), &back).await.refused(409, "instruction_state");
        };
        refused("sent").await;
        aid.answered(&sent.instruction, "settled", "2022-09-08").await;
        aid.answered(&sent.instruction, "bounced", "2022-09-20").await;
        refused("bounced").await;
        assert_eq!(aid.accounts(&sent.line).await, "granted 100.00, top_up 20.00, bounced 120.00");
    });
}

#[test]
fn what_was_reported_cannot_bounce_any_more() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let sent = sent(&aid, "2023-06-30").await;
        aid.answered(&sent.instruction, "settled", "2022-09-08").await;
        app.post(&format!("{}/feedback", sent.path), &list(&[row("60")])).await.expect(200);
        let result = aid.answered(&sent.instruction, "bounced", "2022-10-20").await;
        assert_eq!(result["contradicted"], 1);
        assert_eq!(aid.accounts(&sent.line).await, "granted 100.00, top_up 20.00, disbursed 60.00, transferred_down 60.00");
        assert_eq!(app.all("/v1/findings", 10).await.len(), 1);
    });
}

#[test]
fn a_malformed_list_names_every_row_at_fault() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let sent = sent(&aid, "2023-06-30").await;
        aid.answered(&sent.instruction, "settled", "2022-09-08").await;
        let feedback = format!("{}/feedback", sent.path);
        let rows = [row("10"), with(row("10"), json!({"name": " "})), with(row("10"), json!({"paid_on": "2022-10-11"}))];
        let reply = app.post(&feedback, &list(&rows)).await.refused(422, "fields_invalid");
        let pointers: Vec<String> = reply.faults().into_iter().map(|(pointer, _)| pointer).collect();
        assert_eq!(pointers, ["/rows/1/name", "/rows/2/paid_on"]);
        for body in [
            list(&[]),
            list(&[with(row("10"), json!({"amount": "0"}))]),
            list(&[with(row("10"), json!({"identity_number": "510599199001010011"}))]),
            with(list(&[row("10")]), json!({"reported_on": "2023-03-16"})),
        ] {
            let reply = app.post(&feedback, &body).await;
            assert!([400, 422].contains(&reply.status) && !reply.faults().is_empty(), "{}", reply.text);
        }
        assert_eq!(view(&aid, &sent.path).await.1, "0.00");
    });
}
