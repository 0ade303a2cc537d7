//! Batches as files for the bank, and what banks answer in files.

use bangfu::kernel::Role;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::aid::{Planned, drawing_on, listed};
use crate::support::app::unique;
use crate::support::jobs::{cancelled_while_writing, unattended};
use crate::support::registry::card_number;
use crate::support::{Aid, TestApp, run, sql};

/// A plan that pays three persons, its batch not yet sent.
pub(super) async fn released(app: &TestApp, aid: &Aid) -> (Planned, String, Vec<Value>) {
    let line = aid.line("10000").await;
    let persons = aid.persons(3).await;
    let people = listed(&[(&persons[0], "100"), (&persons[1], "60.50"), (&persons[2], "70")]);
    let plan = aid.released(&aid.plan(drawing_on(&[&line]), json!([people]))).await;
    let batch = app.all(&format!("/v1/batches?plan_id={}", plan.id), 10).await[0]["id"].as_str().unwrap().to_owned();
    let instructions = aid.instructions(&plan).await;
    (plan, batch, instructions)
}

/// An account of the federation's own.
pub(super) async fn paying_account(app: &TestApp) -> String {
    let union = app.organisation("city_union", &unique("市总工会")).await;
    let number = card_number();
    let account = json!({"organisation_id": union, "kind": "bank_account", "number": number, "bank_name": "示例银行"});
    app.post("/v1/payee-accounts", &account).await.expect(201).id()
}

pub(super) async fn content(app: &TestApp, batch: &str) -> Vec<u8> {
    app.get_as(Role::Cashier, &format!("/v1/batches/{batch}/file/content")).await.expect(200).bytes
}

#[test]
fn a_batch_is_written_once_and_asked_again_it_is_the_same_bytes() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, batch, instructions) = released(app, &aid).await;
        let from = paying_account(app).await;
        let path = format!("/v1/batches/{batch}/file");
        let asked = json!({"format": "pain001", "from_account_id": from, "requested_on": "2022-09-06"});
        let written = app.post(&path, &asked).await.expect(200).body;
        assert_eq!((&written["count"], &written["total"]), (&json!(3), &json!("230.50")));
        let first = content(app, &batch).await;
        assert_eq!(written["digest"], hex::encode(Sha256::digest(&first)));
        let text = String::from_utf8(first.clone()).unwrap();
        assert!(
            text.contains("pain.001.001.09") && text.contains("<NbOfTxs>3</NbOfTxs>") && text.contains("<CtrlSum>230.50</CtrlSum>"),
            "{text}"
        );
        for row in &instructions {
            assert!(text.contains(&row["reference"].as_str().unwrap().replace('-', "")), "{text}");
        }
        // The same again, whatever has happened to the batch since; anything else is refused.
        assert_eq!(app.post(&path, &asked).await.expect(200).body, written);
        app.post(&format!("/v1/batches/{batch}/send"), &json!({"sent_on": "2022-09-06"})).await.expect(200);
        aid.answered(&instructions[0], "failed", "2022-09-07").await;
        aid.instruction_step(&instructions[0], "give-up").await;
        assert_eq!(content(app, &batch).await, first);
        app.post(&path, &json!({"format": "layout", "from_account_id": from})).await.refused(409, "batch_file_written");
        // Who fetched it is told; the file holds accounts in clear.
        let events = app.get("/v1/audit/events?subject_kind=batches&actor=cashier").await.expect(200).body;
        let fetched =
            events["items"].as_array().unwrap().iter().filter(|event| event["action"] == "GET /v1/batches/{id}/file/content").count();
        assert_eq!(fetched, 2);
        app.get_as(Role::Auditor, &format!("{path}/content")).await.refused(403, "permission_denied");
    });
}

#[test]
fn a_payment_in_a_file_that_may_be_with_the_bank_is_not_given_up() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, batch, instructions) = released(app, &aid).await;
        let from = paying_account(app).await;
        app.post(&format!("/v1/batches/{batch}/file"), &json!({"format": "layout", "from_account_id": from})).await.expect(200);
        let step = json!({"reason": "重复", "given_up_on": "2022-09-06"});
        let path = format!("/v1/instructions/{}/give-up", instructions[0]["id"].as_str().unwrap());
        app.post(&path, &step).await.refused(409, "batch_file_written");
    });
}

#[test]
fn what_was_given_up_before_stands_in_no_file() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, batch, instructions) = released(app, &aid).await;
        aid.instruction_step(&instructions[1], "give-up").await;
        let from = paying_account(app).await;
        let written =
            app.post(&format!("/v1/batches/{batch}/file"), &json!({"format": "layout", "from_account_id": from})).await.expect(200).body;
        assert_eq!(written["count"], 2);
        let text = String::from_utf8(content(app, &batch).await).unwrap();
        let reference = |row: &Value| row["reference"].as_str().unwrap().to_owned();
        assert!(!text.contains(&reference(&instructions[1])) && !text.contains(&reference(&instructions[1]).replace('-', "")), "{text}");
        assert!(text.starts_with('\u{feff}'), "the neutral file is UTF-8 with a byte order mark");
    });
}

#[test]
fn a_file_is_paid_from_an_account_of_the_federations_own() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, batch, instructions) = released(app, &aid).await;
        let person = instructions[0]["payee_account_id"].as_str().unwrap();
        let path = format!("/v1/batches/{batch}/file");
        app.post(&path, &json!({"format": "pain001", "from_account_id": person})).await.refused(422, "reference_unknown");
        let from = paying_account(app).await;
        app.post(&path, &json!({"format": "pain001", "layout": "x", "from_account_id": from})).await.refused(422, "fields_invalid");
        app.post(&path, &json!({"format": "layout", "layout": "没有", "from_account_id": from})).await.refused(422, "layout_unknown");
        app.get(&path).await.refused(404, "not_found");
    });
}

/// A layout as a card platform has it: GB18030, bars between, a trailer with count and sum.
fn platform() -> Value {
    serde_json::from_slice(&std::fs::read(crate::support::source::root().join("tests/samples/bank/one_card.payments.json")).unwrap())
        .unwrap()
}

#[test]
fn a_layout_that_is_data_writes_the_platforms_own_file() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, batch, _) = released(app, &aid).await;
        let from = paying_account(app).await;
        app.post("/v1/file-layouts", &json!({"name": "一卡通平台", "purpose": "payments", "description": platform()})).await.expect(201);
        let asked = json!({"format": "layout", "layout": "一卡通平台", "from_account_id": from, "requested_on": "2022-09-06"});
        let written = app.post(&format!("/v1/batches/{batch}/file"), &asked).await.expect(200).body;
        assert_eq!((&written["layout_name"], &written["layout_version"]), (&json!("一卡通平台"), &json!(1)));
        let first = content(app, &batch).await;
        let (text, _, broken) = encoding_rs::GB18030.decode(&first);
        assert!(!broken && text.lines().count() >= 4 && text.contains("23050"), "{text}");
        // Another version of the layout does not change what was written.
        let mut changed = platform();
        changed["encoding"] = json!("utf8");
        app.post("/v1/file-layouts", &json!({"name": "一卡通平台", "purpose": "payments", "description": changed})).await.expect(201);
        assert_eq!(content(app, &batch).await, first);
    });
}

/// A neutral result file with its trailer.
fn results(rows: &[(&str, &str, &str, &str)]) -> Vec<u8> {
    let lines: String = rows.iter().map(|(reference, outcome, amount, on)| format!("{reference},{outcome},{amount},{on},\r\n")).collect();
    let total: rust_decimal::Decimal = rows.iter().map(|row| row.2.parse::<rust_decimal::Decimal>().unwrap()).sum();
    format!("\u{feff}参考号,结果,金额,日期,原因\r\n{lines}合计,{},{total:.2},\r\n", rows.len()).into_bytes()
}

pub(super) async fn taken(app: &TestApp, query: &str, bytes: &[u8]) -> Value {
    let started = app.upload(&format!("/v1/results?{query}"), "回盘.txt", bytes).await.expect(202).id();
    let job = app.ended(Role::Cashier, &started).await;
    assert_eq!(job["state"], "succeeded", "{job}");
    job["result"].clone()
}

pub(super) async fn states(app: &TestApp, aid: &Aid, plan: &Planned) -> Vec<String> {
    let _ = app;
    aid.instructions(plan).await.iter().map(|row| row["status"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_result_file_becomes_evidence_and_one_bad_line_harms_no_other() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (plan, batch, rows) = released(app, &aid).await;
        app.post(&format!("/v1/batches/{batch}/send"), &json!({"sent_on": "2022-09-06"})).await.expect(200);
        let reference = |row: &Value| row["reference"].as_str().unwrap().to_owned();
        let (a, b, c) = (reference(&rows[0]), reference(&rows[1]), reference(&rows[2]));
        let amount = |row: &Value| row["amount"].as_str().unwrap().to_owned();
        let file = results(&[
            (&a, "settled", &amount(&rows[0]), "2022-09-08"),
            (&b, "settled", "61.50", "2022-09-08"),
            (&c, "failed", &amount(&rows[2]), "2022-09-08"),
            ("00000000-0000-4000-8000-000000000000", "settled", "1.00", "2022-09-08"),
            ("nonsense", "settled", "1.00", "2022-09-08"),
        ]);
        let tried = taken(app, "format=layout&dry_run=true", &file).await;
        assert_eq!(states(app, &aid, &plan).await, ["sent", "sent", "sent"]);
        let mut done = taken(app, "format=layout", &file).await;
        assert_eq!((&done["applied"], &done["left_out"]), (&json!(2), &json!(3)), "{done}");
        let codes: Vec<&str> = done["lines_left_out"].as_array().unwrap().iter().map(|line| line["code"].as_str().unwrap()).collect();
        assert_eq!(codes, ["evidence_amount_differs", "reference_not_issued", "reference_not_issued"], "{done}");
        done["dry_run"] = json!(true);
        assert_eq!(tried, done, "a dry run reports what the real run does");
        assert_eq!(states(app, &aid, &plan).await, ["settled", "sent", "failed"], "no answer is no failure");
        // The same file again changes nothing, and says so.
        let again = taken(app, "format=layout", &file).await;
        assert_eq!((&again["applied"], &again["repeated"]), (&json!(0), &json!(2)), "{again}");
    });
}

#[test]
fn a_pain_002_settles_rejects_and_leaves_pending_what_is_pending() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (plan, batch, rows) = released(app, &aid).await;
        app.post(&format!("/v1/batches/{batch}/send"), &json!({"sent_on": "2022-09-06"})).await.expect(200);
        let transaction = |row: &Value, status: &str, more: &str| {
            format!(
                "<TxInfAndSts><OrgnlEndToEndId>{}</OrgnlEndToEndId><TxSts>{status}</TxSts>{more}<OrgnlTxRef><Amt><InstdAmt Ccy=\"CNY\">{}</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts>",
                row["reference"].as_str().unwrap().replace('-', ""),
                row["amount"].as_str().unwrap()
            )
        };
        let rejected = "<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>销户</AddtlInf></StsRsnInf>";
        let file = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt>\
             <GrpHdr><MsgId>R1</MsgId><CreDtTm>2022-09-08T10:00:00+08:00</CreDtTm></GrpHdr>\
             <OrgnlGrpInfAndSts><OrgnlMsgId>{}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInfAndSts>\
             <OrgnlPmtInfAndSts><OrgnlPmtInfId>1</OrgnlPmtInfId>{}{}{}</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>",
            batch.replace('-', ""),
            transaction(&rows[0], "ACSC", ""),
            transaction(&rows[1], "RJCT", rejected),
            transaction(&rows[2], "PDNG", "")
        );
        let report = taken(app, "format=pain002", file.as_bytes()).await;
        assert_eq!((&report["applied"], &report["left_out"]), (&json!(3), &json!(0)), "{report}");
        assert_eq!(states(app, &aid, &plan).await, ["settled", "failed", "unknown"]);
        let evidence = app.get(&format!("/v1/instructions/{}/evidence", rows[1]["id"].as_str().unwrap())).await.expect(200).body;
        assert_eq!((&evidence[0]["code"], &evidence[0]["has_raw_text"]), (&json!("RJCT AC04"), &json!(true)), "{evidence}");
        let broken = app.upload("/v1/results?format=pain002", "x.xml", b"<!DOCTYPE a><Document/>").await.expect(202).id();
        let job = app.ended(Role::Cashier, &broken).await;
        assert_eq!(job["state"], "failed", "{job}");
    });
}

#[test]
fn no_file_is_written_for_a_batch_that_went_without_one() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, batch, _) = released(app, &aid).await;
        let from = paying_account(app).await;
        app.post(&format!("/v1/batches/{batch}/send"), &json!({"sent_on": "2022-09-06"})).await.expect(200);
        let asked = json!({"format": "layout", "from_account_id": from});
        app.post(&format!("/v1/batches/{batch}/file"), &asked).await.refused(409, "batch_sent");
    });
}

#[test]
fn lines_that_the_rules_refuse_are_left_out_all_at_once() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (plan, batch, rows) = released(app, &aid).await;
        let (_, _, unsent) = released(app, &aid).await;
        app.post(&format!("/v1/batches/{batch}/send"), &json!({"sent_on": "2022-09-06"})).await.expect(200);
        let said =
            |row: &Value, on: &'static str| (row["reference"].as_str().unwrap().to_owned(), row["amount"].as_str().unwrap().to_owned(), on);
        let lines =
            [said(&rows[0], "2022-09-01"), said(&unsent[0], "2022-09-08"), said(&rows[1], "2022-09-08"), said(&rows[2], "2022-09-02")];
        let lines: Vec<(&str, &str, &str, &str)> =
            lines.iter().map(|(reference, amount, on)| (reference.as_str(), "settled", amount.as_str(), *on)).collect();
        let report = taken(app, "format=layout", &results(&lines)).await;
        assert_eq!((&report["applied"], &report["left_out"]), (&json!(1), &json!(3)), "{report}");
        let codes: Vec<&str> = report["lines_left_out"].as_array().unwrap().iter().map(|line| line["code"].as_str().unwrap()).collect();
        assert_eq!(codes, ["evidence_too_early", "evidence_before_sending", "evidence_too_early"], "{report}");
        assert_eq!(states(app, &aid, &plan).await, ["sent", "settled", "sent"]);
    });
}

#[test]
fn a_payment_given_up_at_the_same_moment_stands_in_no_file() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let from = paying_account(app).await;
        for _ in 0..8 {
            let (_, batch, rows) = released(app, &aid).await;
            let file = format!("/v1/batches/{batch}/file");
            let asked = json!({"format": "layout", "from_account_id": from});
            let give_up = format!("/v1/instructions/{}/give-up", rows[0]["id"].as_str().unwrap());
            let step = json!({"reason": "重复", "given_up_on": "2022-09-06"});
            let (written, given_up) = futures_util::join!(app.post(&file, &asked), app.post(&give_up, &step));
            let count = written.expect(200).body["count"].as_u64().unwrap();
            match given_up.status {
                200 => assert_eq!(count, 2, "what was given up is in no file"),
                409 => assert_eq!((given_up.refused(409, "batch_file_written").status, count), (409, 3)),
                other => panic!("{other}"),
            }
        }
    });
}

#[test]
fn a_result_file_cancelled_while_it_is_taken_in_keeps_nothing_and_can_be_sent_again() {
    unattended(async |aid, owner| {
        let app = &aid.app;
        let (plan, batch, instructions) = released(app, aid).await;
        app.post(&format!("/v1/batches/{batch}/send"), &json!({"sent_on": "2022-09-06"})).await.expect(200);
        let text = |row: &Value, field: &str| row[field].as_str().unwrap().to_owned();
        let rows: Vec<(String, String)> = instructions.iter().map(|row| (text(row, "reference"), text(row, "amount"))).collect();
        let rows: Vec<(&str, &str, &str, &str)> =
            rows.iter().map(|(reference, amount)| (reference.as_str(), "成功", amount.as_str(), "2022-09-07")).collect();
        let bytes = results(&rows);
        let id = app.upload("/v1/results", "回盘.txt", &bytes).await.expect(202).id();
        let ended = cancelled_while_writing(app, owner, Role::Cashier, &id, "evidence").await;
        let told = (&ended["state"], &ended["problem"]["code"], &ended["result"]);
        assert_eq!(told, (&json!("cancelled"), &json!("job_cancelled"), &Value::Null), "{ended}");
        assert_eq!(states(app, aid, &plan).await, ["sent"; 3]);
        let mut reader = bangfu::db::connect(owner).await.unwrap();
        assert_eq!(sql::texts(&mut reader, "select count(*)::text from evidence").await, ["0"]);
        let again = app.upload("/v1/results", "回盘.txt", &bytes).await.expect(202).id();
        let done = app.worked(Role::Cashier, &again).await;
        assert_eq!((&done["state"], &done["result"]["applied"]), (&json!("succeeded"), &json!(3)), "{done}");
        assert_eq!(states(app, aid, &plan).await, ["settled"; 3]);
    });
}
