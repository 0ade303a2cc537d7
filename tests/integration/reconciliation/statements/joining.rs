//! Statements that follow each other, overlap, or leave something out: nothing is added twice, and nothing is lost unseen.

use bangfu::interchange::bank::layout::{LayoutStatement, neutral};
use bangfu::interchange::bank::statement::collect;
use bangfu::kernel::vault::Indexed;
use diesel_async::SimpleAsyncConnection;
use serde_json::{Value, json};
use sha2::Digest;

use super::{equation, sent, told};
use crate::support::statements::{Row, csv};
use crate::support::{Aid, run, sql};

const MT940: &str = "/v1/bank-statements?format=mt940";
const FEE: &str = "D5,00NCHGNONREF";

/// Pages of an account: the balances before and after, the day, and the movements.
fn mt940(pages: &[(&str, &str, &str, &[&str])]) -> Vec<u8> {
    let page = |(at, (opening, closing, day, movements)): (usize, &(&str, &str, &str, &[&str]))| {
        let movements: String = movements.iter().map(|movement| format!(":61:{day}{movement}\r\n")).collect();
        format!(
            ":20:S{at}\r\n:25:510599000000000001\r\n:28C:1/{at}\r\n:60F:C{day}CNY{opening}\r\n{movements}:62F:C{day}CNY{closing}\r\n-\r\n"
        )
    };
    pages.iter().enumerate().map(page).collect::<String>().into_bytes()
}

fn counts(statement: &Value) -> (i64, i64) {
    (statement["lines"].as_i64().unwrap(), statement["repeated"].as_i64().unwrap())
}

#[test]
fn equal_amounts_to_two_people_are_two_payments_though_the_banks_counter_begins_again() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, _, rows) = sent(&aid, &["2212", "2212"]).await;
        let of = |row: &Value| Row::debit("2022-09-06", "2212.00", "1").of(row);
        let (morning, afternoon) = (app.bank_statement(&[of(&rows[0])]).await, app.bank_statement(&[of(&rows[1])]).await);
        assert_eq!((counts(&morning), counts(&afternoon)), ((1, 0), (1, 0)));
        assert_eq!(aid.states(&rows).await, ["settled", "settled"]);
        // The day exported whole adds nothing.
        let day = app.bank_statement(&[of(&rows[1]), of(&rows[0])]).await;
        assert_eq!((counts(&day), equation(&day)), ((0, 2), "0.00 - 0.00 = 0.00".to_owned()));
        // Told apart by the account of the other side alone.
        let to = |card: &str| Row::debit("2022-09-06", "7.00", "2").with(card);
        app.bank_statement(&[to("6299990000000000011")]).await;
        assert_eq!(counts(&app.bank_statement(&[to("6299990000000000022"), to("6299990000000000011")]).await), (1, 1));
    });
}

#[test]
fn a_fee_on_each_page_is_two_fees_and_the_day_as_a_whole_adds_nothing() {
    run(async |app| {
        let _ = Aid::new(app).await;
        let pages = mt940(&[("100,00", "95,00", "220906", &[FEE]), ("95,00", "90,00", "220906", &[FEE])]);
        let report = app.statements(MT940, &pages).await;
        for statement in report["statements"].as_array().unwrap() {
            assert_eq!((counts(statement), told(&app.exceptions(statement).await)), ((1, 0), vec!["fee 5.00".to_owned()]));
        }
        let whole = app.statements(MT940, &mt940(&[("100,00", "90,00", "220906", &[FEE, FEE])])).await;
        let whole = &whole["statements"][0];
        assert_eq!((counts(whole), &whole["repeated_sum"]), ((0, 2), &json!("-10.00")));
        assert_eq!(whole["exceptions"], json!({}));
    });
}

#[test]
fn a_line_that_was_taken_for_another_shows_in_the_balance() {
    run(async |app| {
        let _ = Aid::new(app).await;
        app.statements(MT940, &mt940(&[("100,00", "95,00", "220906", &[FEE])])).await;
        // Alike in everything, in another file: the balance alone tells that it is another fee.
        let report = app.statements(MT940, &mt940(&[("95,00", "90,00", "220906", &[FEE])])).await;
        let statement = &report["statements"][0];
        assert_eq!((counts(statement), &statement["exceptions"]), ((0, 1), &json!({"balance_differs": 1})), "{statement}");
        let exception = app.exceptions(statement).await.remove(0);
        let told: Vec<_> = exception["candidates"].as_array().unwrap().iter().map(|each| (&each["why"], &each["amount"])).collect();
        let (expected, given) = (json!("balance_expected"), json!("balance_given"));
        assert_eq!(told, [(&expected, &json!("95.00")), (&given, &json!("90.00"))]);
        assert_eq!(
            (&exception["difference"], &exception["line_id"], &exception["instruction_id"]),
            (&json!("0.00"), &Value::Null, &Value::Null)
        );
        // A person answers for it, and nothing else is made of it.
        let body = json!({"resolution": "matched_to", "instruction_id": exception["id"], "reason": "x"});
        app.resolve(&exception, &body).await.refused(409, "exception_state");
        let resolved = app.resolve(&exception, &json!({"resolution": "accepted", "reason": "另一笔手续费"})).await.expect(200).body;
        assert_eq!(resolved["state"], "resolved");
    });
}

#[test]
fn a_statement_that_is_missing_between_two_shows_in_the_balance_and_overlapping_ones_do_not() {
    run(async |app| {
        let _ = Aid::new(app).await;
        let took = async |pages: &[(&str, &str, &str, &[&str])]| {
            let report = app.statements(MT940, &mt940(pages)).await;
            let statements = report["statements"].as_array().unwrap();
            statements.iter().map(|each| each["exceptions"]["balance_differs"].as_i64().unwrap_or_default()).collect::<Vec<_>>()
        };
        let fee = |amount: &str| format!("D{amount},00NCHGNONREF");
        let (one, two, three, four) = (fee("1"), fee("2"), fee("3"), fee("4"));
        assert_eq!(took(&[("100,00", "99,00", "220901", &[&one])]).await, [0]);
        // The second is missing when the third comes; it joins the first when it comes at last, and so does the fourth.
        assert_eq!(took(&[("97,00", "94,00", "220903", &[&three])]).await, [1]);
        assert_eq!(took(&[("99,00", "97,00", "220902", &[&two])]).await, [0]);
        assert_eq!(took(&[("94,00", "90,00", "220904", &[&four])]).await, [0]);
        // A day in two, and then as one; a day known from before; and two that are new after it.
        let five = fee("5");
        let six = fee("6");
        assert_eq!(took(&[("90,00", "85,00", "220905", &[&five])]).await, [0]);
        assert_eq!(took(&[("85,00", "79,00", "220905", &[&six])]).await, [0]);
        assert_eq!(took(&[("90,00", "79,00", "220905", &[&six, &five])]).await, [0]);
        assert_eq!(took(&[("94,00", "90,00", "220904", &[&four, "C1,00NTRFNONREF", "D1,00NTRFNONREF"])]).await, [0]);
    });
}

#[test]
fn sixteen_characters_are_enough_for_a_reference_of_ours() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, _, rows) = sent(&aid, &["2212", "2212"]).await;
        let short = |row: &Value| row["reference"].as_str().unwrap().replace('-', "")[..16].to_uppercase();
        let named = format!("D2212,00NTRF{}//T1", short(&rows[1]));
        let other = format!("D2213,00NTRF{}//T2", short(&rows[0]));
        let pages = mt940(&[("100000,00", "93362,00", "220906", &[&named, "D2213,00NTRF0123456789abcdef//T3", &other])]);
        let report = app.statements(MT940, &pages).await;
        let statement = &report["statements"][0];
        assert_eq!(statement["matched"], json!({"reference": 1}), "{statement}");
        let of = told(&app.exceptions(statement).await);
        assert_eq!(of, ["amount_differs 2213.00", "missing_in_ledger 2213.00"], "{statement}");
        assert_eq!(aid.states(&rows).await, ["sent", "settled"]);
    });
}

#[test]
fn lines_kept_under_the_earlier_identity_are_known_again() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, _, rows) = sent(&aid, &["10", "20"]).await;
        let of = |number: usize, amount: &str| Row::debit("2022-09-06", amount, &format!("T{number}")).of(&rows[number]);
        let file = csv(&[of(0, "10.00")]);
        let first = app.bank_statement(&[of(0, "10.00")]).await;
        // As it was kept before the other side took part.
        let read = collect(LayoutStatement::new(file.as_slice(), &neutral::statement()).unwrap()).unwrap();
        let likeness = read[0].lines[0].earlier_likeness("基本户");
        let identity = hex::encode(likeness.chain_update(1_u32.to_be_bytes()).finalize());
        let hash = app.db.read(&app.caller(), async |tx| Ok(hex::encode(tx.index(Indexed::StatementLine, &identity)))).await.unwrap();
        let mut owner = sql::owner().await;
        let statement = first["id"].as_str().unwrap();
        owner
            .batch_execute(&format!("update statement_line set identity_hash = decode('{hash}', 'hex') where statement_id = '{statement}'"))
            .await
            .unwrap();
        let longer = app.bank_statement(&[of(0, "10.00"), of(1, "20.00")]).await;
        assert_eq!(counts(&longer), (1, 1));
    });
}
