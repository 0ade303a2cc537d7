//! Every kind of exception, and the check that finds drift.

use diesel_async::SimpleAsyncConnection;
use serde_json::{Value, json};

use super::{equation, sent, told};
use crate::support::statements::{Row, STATEMENTS};
use crate::support::{Aid, TestApp, run, world};

#[test]
fn an_amount_that_differs_is_no_match_and_tells_by_how_much() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, _, rows) = sent(&aid, &["10", "20"]).await;
        aid.answered(&rows[1], "settled", "2022-09-06").await;
        let lines = [Row::debit("2022-09-06", "10.01", "A1").of(&rows[0]), Row::debit("2022-09-06", "21.00", "A2").of(&rows[1])];
        let statement = app.bank_statement(&lines).await;
        // Of the first the ledger has nothing; the second it has with 20.00.
        assert_eq!(told(&app.exceptions(&statement).await), ["amount_differs 1.00", "amount_differs 10.01"]);
        assert_eq!(equation(&statement), "-20.00 - -31.01 = 11.01");
        assert_eq!(aid.states(&rows).await, ["sent", "settled"]);
    });
}

#[test]
fn what_was_sent_or_settled_and_has_no_line_is_missed_once_and_cleared_by_a_later_line() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, _, rows) = sent(&aid, &["10", "20", "30"]).await;
        aid.answered(&rows[1], "settled", "2022-09-06").await;
        let statement = app
            .bank_statement(&[Row::debit("2022-09-06", "30.00", "A1").of(&rows[2]), Row::debit("2022-09-12", "1.00", "A2").coded("手续费")])
            .await;
        assert_eq!(told(&app.exceptions(&statement).await), ["fee 1.00", "missing_in_bank -20.00", "missing_in_bank 0.00"]);
        assert_eq!(equation(&statement), "-50.00 - -31.00 = -19.00");
        // Nothing is said twice.
        let next = app.bank_statement(&[Row::debit("2022-09-20", "1.00", "A3").coded("手续费")]).await;
        assert_eq!(told(&app.exceptions(&next).await), ["fee 1.00"]);
        // The bank was late; its line clears what was missed.
        app.bank_statement(&[Row::debit("2022-09-21", "20.00", "A4").of(&rows[1])]).await;
        let path = format!("/v1/statement-exceptions?kind=missing_in_bank&statement_id={}", statement["id"].as_str().unwrap());
        let states: Vec<Value> = app.all(&path, 10).await.iter().map(|each| json!([each["difference"], each["state"]])).collect();
        assert!(states.contains(&json!(["-20.00", "cleared"])) && states.contains(&json!(["0.00", "open"])), "{states:?}");
        let now = app.get(&format!("/v1/bank-statements/{}", statement["id"].as_str().unwrap())).await.expect(200).body;
        assert_eq!((&now["open_exceptions"], &now["open_difference"], equation(&now)), (&json!(2), &json!("1.00"), equation(&statement)));
    });
}

#[test]
fn a_batch_known_to_be_paid_from_another_account_is_not_missed_in_this_one() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, _, rows) = sent(&aid, &["10", "20"]).await;
        app.statement_at("/v1/bank-statements?account=专户", &[Row::debit("2022-09-06", "10.00", "A1").of(&rows[0])]).await;
        let fee = |on: &str, entry: &str| {
            [Row::debit("2022-09-01", "1.00", &format!("{entry}0")).coded("手续费"), Row::debit(on, "1.00", entry).coded("手续费")]
        };
        let basic = app.bank_statement(&fee("2022-09-12", "B1")).await;
        assert_eq!(told(&app.exceptions(&basic).await), ["fee 1.00", "fee 1.00"]);
        let own = app.statement_at("/v1/bank-statements?account=专户&batches=known", &fee("2022-09-12", "A2")).await;
        assert_eq!(told(&app.exceptions(&own).await), ["fee 1.00", "fee 1.00", "missing_in_bank 0.00"]);
        // Of a batch of which nothing is known every account speaks, unless asked not to.
        sent(&aid, &["50"]).await;
        let known = app.statement_at(&format!("{STATEMENTS}&batches=known"), &fee("2022-09-13", "B2")).await;
        assert_eq!(known["exceptions"], json!({"fee": 2}));
        let all = app.bank_statement(&fee("2022-09-14", "B3")).await;
        assert_eq!(all["exceptions"], json!({"fee": 2, "missing_in_bank": 1}));
    });
}

#[test]
fn a_second_payment_is_a_duplicate_however_late() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, _, rows) = sent(&aid, &["10"]).await;
        let statement = app
            .bank_statement(&[Row::debit("2022-09-06", "10.00", "A1").of(&rows[0]), Row::debit("2022-09-06", "10.00", "A2").of(&rows[0])])
            .await;
        assert_eq!(
            (told(&app.exceptions(&statement).await), equation(&statement)),
            (vec!["duplicate 10.00".to_owned()], "-10.00 - -20.00 = 10.00".to_owned())
        );
        let later = app.bank_statement(&[Row::debit("2022-10-06", "10.00", "A3").of(&rows[0])]).await;
        let exceptions = app.exceptions(&later).await;
        assert_eq!((told(&exceptions), &exceptions[0]["instruction_id"]), (vec!["duplicate 10.00".to_owned()], &rows[0]["id"]));
        assert_eq!(aid.accounts(&line).await, "granted 100000.00, available 99990.00, disbursed 10.00");
    });
}

/// Sends what was reissued for an instruction.
pub(super) async fn send_anew(aid: &Aid, instruction: &Value) -> crate::support::Reply {
    let again = aid.instruction_step(instruction, "reissue").await.expect(200).body;
    let path = format!("/v1/batches/{}/send", again["batch_id"].as_str().unwrap());
    aid.app.post(&path, &json!({"sent_on": "2023-03-15"})).await
}

#[test]
fn what_the_bank_paid_again_after_it_came_back_is_not_sent_again_until_somebody_has_explained_it() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, _, rows) = sent(&aid, &["10"]).await;
        let back = Row::credit("2022-09-07", "10.00", "A2").of(&rows[0]);
        app.bank_statement(&[Row::debit("2022-09-06", "10.00", "A1").of(&rows[0]), back]).await;
        assert_eq!(aid.states(&rows).await, ["bounced"]);
        let later = app.bank_statement(&[Row::debit("2022-09-09", "10.00", "A3").of(&rows[0])]).await;
        let exception = app.exceptions(&later).await.remove(0);
        assert_eq!(told(std::slice::from_ref(&exception)), ["duplicate 10.00"]);
        let again = send_anew(&aid, &rows[0]).await;
        assert_eq!(again.refused(409, "attempt_in_question").body["exceptions"], json!([exception["id"]]));
    });
}

#[test]
fn a_debit_that_names_a_failed_payment_holds_the_next_attempt_whatever_its_day_and_amount() {
    for (day, amount, kind) in [("2022-09-04", "10.00", "contradicted 10.00"), ("2022-09-06", "9.00", "amount_differs 9.00")] {
        run(async |app| {
            let aid = Aid::new(app).await;
            let (_, _, rows) = sent(&aid, &["10"]).await;
            aid.answered(&rows[0], "failed", "2022-09-06").await;
            let statement = app.bank_statement(&[Row::debit(day, amount, "A1").of(&rows[0])]).await;
            let exceptions = app.exceptions(&statement).await;
            assert_eq!(told(&exceptions), [kind]);
            let refused = send_anew(&aid, &rows[0]).await.refused(409, "attempt_in_question");
            assert_eq!(refused.body["exceptions"], json!([exceptions[0]["id"]]));
        });
    }
}

#[test]
fn evidence_that_says_otherwise_is_contradicted_and_moves_nothing() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, _, rows) = sent(&aid, &["10", "20"]).await;
        aid.answered(&rows[0], "failed", "2022-09-06").await;
        aid.instruction_step(&rows[0], "give-up").await;
        let before = aid.accounts(&line).await;
        let lines = [Row::debit("2022-09-07", "10.00", "A1").of(&rows[0]), Row::debit("2022-09-04", "20.00", "A2").of(&rows[1])];
        let statement = app.bank_statement(&lines).await;
        assert_eq!(told(&app.exceptions(&statement).await), ["contradicted 10.00", "contradicted 20.00"]);
        assert_eq!((aid.accounts(&line).await, equation(&statement)), (before, "0.00 - -30.00 = 30.00".to_owned()));
        // Of what was given up the evidence is kept, and a finding opened; before the sending no evidence can be.
        let findings = app.all(&format!("/v1/findings?subject_id={}", rows[0]["id"].as_str().unwrap()), 10).await;
        assert_eq!((findings.len(), &findings[0]["state"]), (1, &json!("open")));
        let kept = app.get(&format!("/v1/instructions/{}/evidence", rows[1]["id"].as_str().unwrap())).await.expect(200).body;
        assert_eq!(kept, json!([]));
    });
}

#[test]
fn what_nothing_of_ours_is_behind_is_told_by_what_the_bank_calls_it() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, _, rows) = sent(&aid, &["10"]).await;
        let lines = [
            Row::debit("2022-09-06", "1.00", "A1").coded("手续费"),
            Row::credit("2022-09-06", "100000.00", "A2").coded("转账"),
            Row::debit("2022-09-06", "7.00", "A3").coded("XTND/NTAV/NTAV"),
            // It says that it came back, and nothing was paid.
            Row::credit("2022-09-06", "10.00", "A4").of(&rows[0]),
        ];
        let statement = app.bank_statement(&lines).await;
        let expected = ["fee 1.00", "missing_in_ledger -10.00", "missing_in_ledger -100000.00", "unknown_code 7.00"];
        assert_eq!(told(&app.exceptions(&statement).await), expected);
        assert_eq!(equation(&statement), "0.00 - 100002.00 = -100002.00");
        assert_eq!(
            app.get("/v1/statement-exceptions?kind=fee&state=open").await.expect(200).body["totals"],
            json!({"count": 1, "amount": "1.00"})
        );
        assert_eq!(aid.states(&rows).await, ["sent"]);
    });
}

#[test]
fn a_statement_of_nothing_reconciles_nothing() {
    run(async |app| {
        let aid = Aid::new(app).await;
        sent(&aid, &["10"]).await;
        let report = app.statements(STATEMENTS, &crate::support::statements::csv(&[])).await;
        assert_eq!((&report["statements"][0]["lines"], &report["statements"][0]["from"]), (&json!(0), &Value::Null));
    });
}

#[test]
fn drift_of_lines_matches_and_exceptions_is_found_by_the_check() {
    world().block_on(async {
        let scratch = world().scratch().await;
        let (db, address) = scratch.serve().await;
        let app = TestApp::on(db, address).await;
        let aid = Aid::new(&app).await;
        let (_, _, rows) = sent(&aid, &["10", "20"]).await;
        aid.answered(&rows[1], "settled", "2022-09-06").await;
        let lines = [Row::debit("2022-09-06", "10.00", "A1").of(&rows[0]), Row::debit("2022-09-12", "1.00", "A2").coded("手续费")];
        let statement = app.bank_statement(&lines).await;
        assert_eq!(equation(&statement), "-30.00 - -11.00 = -19.00");
        app.finish().await;
        let mut owner = bangfu::db::connect(&scratch.owner_url).await.unwrap();
        for (tampering, what) in [
            ("update statement_line set amount = amount + 1 where fee", "statement_result.bank_sum"),
            ("update statement_result set ledger_sum = ledger_sum + 1, difference = difference + 1", "statement_result.ledger_sum"),
            (
                "update statement_exception set ledger_amount = -21, difference = -21 where kind = 'missing_in_bank'",
                "statement_exception.ledger_amount against the postings",
            ),
            ("update statement_exception set bank_amount = -2, difference = 2 where kind = 'fee'", "statement_exception.bank_amount"),
            ("delete from statement_match", "statement_line with one outcome"),
            ("delete from statement_exception where kind = 'fee'", "statement_line with one outcome"),
            ("delete from statement_exception where kind = 'missing_in_bank'", "statement_result.difference"),
            ("update statement_match set movement = 'bounced'", "statement_match against the postings"),
            ("update evidence set statement_line_id = null", "statement_match against its evidence"),
            ("update posting set amount = amount + 1 where from_account = 'in_transit'", "statement_match against the postings"),
            ("delete from statement_result", "statement_result.lines"),
        ] {
            owner.batch_execute("begin; set local session_replication_role = replica").await.unwrap();
            owner.batch_execute(tampering).await.unwrap();
            let query = format!("select what from statements_check('{}')", app.federation);
            let found = crate::support::sql::texts(&mut owner, &query).await;
            owner.batch_execute("rollback").await.unwrap();
            assert!(found.iter().any(|found| found == what), "{tampering}: {found:?}");
        }
        app.finish().await;
    });
}
