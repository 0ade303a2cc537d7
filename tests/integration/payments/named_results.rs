//! What a line of a result file names: whole and short references, numbers in the file that was sent; and amounts that are not given.

use serde_json::{Value, json};

use super::files::{content, paying_account, released, states, taken};
use crate::support::aid::{Planned, drawing_on, listed};
use crate::support::app::unique;
use crate::support::source::root;
use crate::support::{Aid, TestApp, run};

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(root().join("tests/samples/bank").join(name)).unwrap()
}

async fn layout(app: &TestApp, purpose: &str, description: &Value) -> String {
    let name = unique("代发");
    app.post("/v1/file-layouts", &json!({"name": name, "purpose": purpose, "description": description})).await.expect(201);
    name
}

/// A batch of the sample's four payments, sent as the sample's layout writes them; and the rows of the file.
async fn sent(app: &TestApp, aid: &Aid) -> (Planned, String, Vec<Vec<String>>) {
    let line = aid.line("100000").await;
    let persons = aid.persons(4).await;
    let amounts = ["2212", "2000", "1500", "1500"];
    let recipients: Vec<(&str, &str)> = persons.iter().map(String::as_str).zip(amounts).collect();
    let plan = aid.released(&aid.plan(drawing_on(&[&line]), json!([listed(&recipients)]))).await;
    let batch = app.all(&format!("/v1/batches?plan_id={}", plan.id), 10).await[0]["id"].as_str().unwrap().to_owned();
    let name = layout(app, "payments", &serde_json::from_slice(&sample("payroll.payments.json")).unwrap()).await;
    let asked = json!({"format": "layout", "layout": name, "from_account_id": paying_account(app).await});
    app.post(&format!("/v1/batches/{batch}/file"), &asked).await.expect(200);
    let bytes = content(app, &batch).await;
    let (text, _, broken) = encoding_rs::GB18030.decode(&bytes);
    assert!(!broken);
    let rows = text.lines().skip(1).map(|line| line.split('|').map(str::to_owned).collect()).collect();
    app.post(&format!("/v1/batches/{batch}/send"), &json!({"sent_on": "2022-09-06"})).await.expect(200);
    (plan, batch, rows)
}

fn short(batch: &str) -> String {
    batch.replace('-', "").chars().skip(16).collect()
}

fn codes(report: &Value) -> Vec<&str> {
    report["lines_left_out"].as_array().unwrap().iter().map(|line| line["code"].as_str().unwrap()).collect()
}

/// The states by amount, as the order of instructions is nobody's business here.
async fn by_amount(aid: &Aid, plan: &Planned) -> Vec<String> {
    let mut told: Vec<String> = aid
        .instructions(plan)
        .await
        .iter()
        .map(|row| format!("{} {}", row["amount"].as_str().unwrap(), row["status"].as_str().unwrap()))
        .collect();
    told.sort();
    told
}

#[test]
fn a_bank_that_is_sent_short_references_answers_with_them() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (plan, batch, rows) = sent(app, &aid).await;
        let name = layout(app, "results", &serde_json::from_slice(&sample("payroll.results.json")).unwrap()).await;
        let bytes = sample("payroll.result.txt");
        let (text, ..) = encoding_rs::GB18030.decode(&bytes);
        let mut text = text.replace("B-2023-0002", &short(&batch));
        // The sample's references become those of the payments of the same amounts.
        let mut left = rows.clone();
        let old = [
            ("12565bb7e1fe51fa", "2212.00"),
            ("ae7bbfdd88425e7d", "2000.00"),
            ("1a9ba8c67a7f5abf", "1500.00"),
            ("980b794593bd5547", "1500.00"),
        ];
        for (reference, amount) in old {
            let at = left.iter().position(|row| row[3] == amount).unwrap();
            text = text.replace(reference, &left.remove(at)[6]);
        }
        let (file, ..) = encoding_rs::GB18030.encode(&text);
        let report = taken(app, &format!("format=layout&layout={name}&occurred_on=2022-09-08"), &file).await;
        assert_eq!((&report["applied"], &report["left_out"]), (&json!(4), &json!(0)), "{report}");
        assert_eq!(by_amount(&aid, &plan).await, ["1500.00 unknown", "1500.00 unknown", "2000.00 failed", "2212.00 settled"]);
    });
}

#[test]
fn a_short_reference_that_means_nothing_or_another_amount_settles_nothing() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (plan, batch, rows) = sent(app, &aid).await;
        let name = layout(app, "results", &serde_json::from_slice(&sample("payroll.results.json")).unwrap()).await;
        let of = |amount: &str| rows.iter().find(|row| row[3] == amount).unwrap()[6].clone();
        let file = format!(
            "{}|3|5712.01|20220908\r\n1|1||2212.01|S||{}|\r\n2|1||2000.00|S||0123456789abcdef|\r\n3|1||1500.00|S||{}|\r\n",
            short(&batch),
            of("2212.00"),
            &of("1500.00")[..15]
        );
        let report = taken(app, &format!("format=layout&layout={name}&occurred_on=2022-09-08"), file.as_bytes()).await;
        assert_eq!(codes(&report), ["evidence_amount_differs", "reference_not_issued", "reference_not_issued"], "{report}");
        assert_eq!(states(app, &aid, &plan).await, ["sent", "sent", "sent", "sent"]);
    });
}

/// Results of a bank that gives back nothing but its number, account and amount; with the batch at the head or without.
fn numbered(headed: bool) -> Value {
    let headers = if headed { json!([{"columns": [{"field": "batch_reference"}]}]) } else { json!([]) };
    json!({
        "name": "序号回盘", "encoding": "utf8", "line_end": "crlf", "kind": {"delimited": {"separator": "|"}},
        "amounts": "yuan", "dates": "compact", "headers": headers,
        "columns": [{"field": "sequence"}, {"field": "creditor_account"}, {"field": "amount"}, {"field": "result_code"}],
        "codes": {"S": "settled", "F": "failed"}
    })
}

#[test]
fn a_number_alone_means_the_payment_of_the_batch_that_the_file_answers() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (plan, batch, rows) = sent(app, &aid).await;
        let (with, without) = (layout(app, "results", &numbered(true)).await, layout(app, "results", &numbered(false)).await);
        let at = |amount: &str| rows.iter().find(|row| row[3] == amount).unwrap();
        let (a, b) = (at("2212.00"), at("2000.00"));
        let others: Vec<&Vec<String>> = rows.iter().filter(|row| row[3] == "1500.00").collect();
        let body = format!(
            "{}|{}|2212.00|S\r\n{}||2000.00|F\r\n{}|{}|1500.00|S\r\n9||1.00|S\r\n{}||1500.01|S\r\n",
            a[0], a[1], b[0], others[0][0], others[1][1], others[1][0]
        );
        // Without its batch a number means nothing.
        let path = format!("format=layout&layout={without}&occurred_on=2022-09-08");
        let unnamed = taken(app, &path, body.as_bytes()).await;
        assert_eq!((&unnamed["applied"], codes(&unnamed)), (&json!(0), vec!["batch_not_named"; 5]), "{unnamed}");
        let headed = format!("{}\r\n{body}", short(&batch));
        let report = taken(app, &format!("format=layout&layout={with}&occurred_on=2022-09-08"), headed.as_bytes()).await;
        assert_eq!(report["applied"], 2, "{report}");
        assert_eq!(codes(&report), ["account_differs", "reference_not_issued", "evidence_amount_differs"], "{report}");
        assert_eq!(by_amount(&aid, &plan).await, ["1500.00 sent", "1500.00 sent", "2000.00 failed", "2212.00 settled"]);
        // Said by who hands the file in; what it says otherwise is refused.
        let rest = format!("{}|{}|1500.00|S\r\n", others[0][0], others[0][1]);
        let said = taken(app, &format!("{path}&batch_id={batch}"), rest.as_bytes()).await;
        assert_eq!((&said["applied"], &said["left_out"]), (&json!(1), &json!(0)), "{said}");
        let (_, another, _) = sent(app, &aid).await;
        let path = format!("/v1/results?format=layout&layout={with}&occurred_on=2022-09-08&batch_id={another}");
        let started = app.upload(&path, "回盘.txt", headed.as_bytes()).await.expect(202).id();
        let job = app.ended(bangfu::kernel::Role::Cashier, &started).await;
        assert_eq!((&job["state"], &job["problem"]["code"]), (&json!("failed"), &json!("fields_invalid")), "{job}");
    });
}

/// A status report about payments, with the amount where one is given.
fn report(message: &str, more: &str, transactions: &[(&Value, &str, Option<&str>)]) -> String {
    let transactions: String = transactions
        .iter()
        .map(|(row, status, amount)| {
            let amount = amount.map_or_else(String::new, |amount| {
                format!("<OrgnlTxRef><Amt><InstdAmt Ccy=\"CNY\">{amount}</InstdAmt></Amt></OrgnlTxRef>")
            });
            let reference = row["reference"].as_str().unwrap().replace('-', "");
            format!("<TxInfAndSts><OrgnlEndToEndId>{reference}</OrgnlEndToEndId><TxSts>{status}</TxSts>{amount}</TxInfAndSts>")
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt>\
         <GrpHdr><MsgId>R1</MsgId><CreDtTm>2022-09-08T10:00:00+08:00</CreDtTm></GrpHdr>\
         <OrgnlGrpInfAndSts><OrgnlMsgId>{}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{more}</OrgnlGrpInfAndSts>\
         <OrgnlPmtInfAndSts><OrgnlPmtInfId>1</OrgnlPmtInfId>{transactions}</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>",
        message.replace('-', "")
    )
}

#[test]
fn a_status_report_without_amounts_is_about_the_amounts_that_were_instructed() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (plan, batch, rows) = released(app, &aid).await;
        let (_, other, _) = released(app, &aid).await;
        for each in [&batch, &other] {
            app.post(&format!("/v1/batches/{each}/send"), &json!({"sent_on": "2022-09-06"})).await.expect(200);
        }
        let all = [(&rows[0], "ACSC", None), (&rows[1], "RJCT", None), (&rows[2], "ACSC", Some("9.99"))];
        // An answer to another file, one that speaks of other totals, and one to nobody's.
        let wrong = "<OrgnlNbOfTxs>3</OrgnlNbOfTxs><OrgnlCtrlSum>230.51</OrgnlCtrlSum>";
        let nobody = "00000000-0000-4000-8000-000000000000".to_owned();
        for (message, more) in [(&other, ""), (&batch, wrong), (&nobody, "")] {
            let refused = taken(app, "format=pain002", report(message, more, &all).as_bytes()).await;
            assert_eq!(codes(&refused), ["amount_missing", "amount_missing", "evidence_amount_differs"], "{refused}");
        }
        assert_eq!(states(app, &aid, &plan).await, ["sent", "sent", "sent"]);
        let right = "<OrgnlNbOfTxs>3</OrgnlNbOfTxs><OrgnlCtrlSum>230.50</OrgnlCtrlSum>";
        let report = taken(app, "format=pain002", report(&batch, right, &all).as_bytes()).await;
        assert_eq!((&report["applied"], &report["without_amount"]), (&json!(2), &json!(2)), "{report}");
        assert_eq!(codes(&report), ["evidence_amount_differs"], "an amount that is given must be the payment's");
        assert_eq!(states(app, &aid, &plan).await, ["settled", "failed", "sent"]);
        let evidence = app.get(&format!("/v1/instructions/{}/evidence", rows[0]["id"].as_str().unwrap())).await.expect(200).body;
        assert_eq!(evidence[0]["amount"], rows[0]["amount"]);
    });
}
