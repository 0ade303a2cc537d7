//! Evidence that cannot be rewritten: sealing, checkpoints, proofs, receipts, exports, reports, and tampering.

mod bench;
mod evidence;
mod export;
mod reports;
mod sealing;
mod tampering;

use bangfu::audit::note::{Checkpoint, Verifier};
use bangfu::audit::verify::{Verified, verify};
use bangfu::kernel::Role;
use serde_json::{Value, json};

use crate::support::aid::{SENT_ON, dossiers, listed, topped_up, with};
use crate::support::app::unique;
use crate::support::chain::{decision, step};
use crate::support::registry::{card_number, identity_number};
use crate::support::statements::{Row, STATEMENTS};
use crate::support::{Aid, TestApp};

/// What a busy federation has that tests go on with.
pub struct Busy {
    pub aid: Aid,
    /// The line everything is paid from.
    pub line: String,
    /// Its appropriation.
    pub appropriation: String,
    /// A settled payment to a person.
    pub settled: Value,
    /// A payment nobody has settled.
    pub unsettled: Value,
}

/// At least one row in every sealed table: paid, bounced, reissued, recovered, returned, transferred down and reported.
pub async fn busy(app: &TestApp) -> Busy {
    let aid = Aid::new(app).await;
    for category in ["deep", "relative", "relative"] {
        aid.case(json!({"category": category})).await;
    }
    let (line, own) = (aid.line("20000").await, aid.own_line("5000").await);
    aid.standard(&line, "deep", "3000", "exact").await;
    aid.standard(&line, "relative", "2000", "exact").await;
    app.arrival(&line, "15000").await;
    let district = app.organisation("district_union", &unique("区总工会")).await;
    let account = json!({"organisation_id": district, "kind": "bank_account", "number": card_number()});
    app.post("/v1/payee-accounts", &account).await.expect(201);
    let person = aid.person().await;
    let adjusted = with(dossiers(json!({"categories": ["relative"]})), json!({"adjusted": true, "name": "调标"}));
    let transfer = json!({
        "name": "划拨", "kind": "transfer_down", "channel": "bank_transfer", "feedback_due_on": "2023-06-30",
        "population": {"listed": {"category": "transfer", "recipients": [{"organisation_id": district, "amount": "120"}]}},
    });
    let people = listed(&[(&person, "100"), (&aid.person().await, "60"), (&aid.person().await, "70")]);
    let tiers = json!([dossiers(json!({"categories": ["deep"]})), adjusted, people, transfer]);
    let plan = aid.released(&aid.plan(topped_up(&[&line], &own), tiers)).await;
    let union = app.organisation("city_union", &unique("市总工会")).await;
    let paying = json!({"organisation_id": union, "kind": "bank_account", "number": card_number()});
    let paying = app.post("/v1/payee-accounts", &paying).await.expect(201).id();
    for batch in app.all(&format!("/v1/batches?plan_id={}", plan.id), 10).await {
        let path = format!("/v1/batches/{}/file", batch["id"].as_str().unwrap());
        app.post(&path, &json!({"format": "layout", "from_account_id": paying})).await.expect(200);
    }
    aid.send_all(&plan, SENT_ON).await;
    let instructions = aid.instructions(&plan).await;
    let paying = |amount: &str| instructions.iter().find(|row| row["amount"] == amount).unwrap().clone();
    for row in instructions.iter().filter(|row| row["amount"] != "70.00") {
        aid.answered(row, "settled", "2022-09-08").await;
    }
    let (settled, bounced) = (paying("100.00"), paying("60.00"));
    aid.answered(&bounced, "bounced", "2022-09-20").await;
    aid.instruction_step(&bounced, "give-up").await;
    let due = json!({"instruction_id": settled["id"], "amount": "40", "reason": "overpaid", "note": "多发", "due_on": "2022-10-10"});
    let recovery = app.post("/v1/recoveries", &due).await.expect(201).id();
    app.post(&format!("/v1/recoveries/{recovery}/receive"), &json!({"received_on": "2022-11-11"})).await.expect(200);
    let row = json!({"name": "测试乙", "identity_number": identity_number(), "amount": "50", "paid_on": "2022-09-20"});
    let transfers = app.all(&format!("/v1/transfers?organisation_id={district}"), 10).await;
    let feedback = format!("/v1/transfers/{}/feedback", transfers[0]["id"].as_str().unwrap());
    app.post(&feedback, &json!({"reported_on": "2022-10-10", "rows": [row]})).await.expect(200);
    let back = json!({"allocation_line_id": line, "amount": "10", "reason": "unspent", "note": "结余", "due_on": "2022-12-10"});
    let back = app.post("/v1/returns", &back).await.expect(201).id();
    for step in ["approve", "pay"] {
        app.post(&format!("/v1/returns/{back}/{step}"), &json!({"on": "2022-12-12"})).await.expect(200);
    }
    let of = app.get(&format!("/v1/allocation-lines/{line}")).await.expect(200).body;
    let appropriation = of["appropriation_id"].as_str().unwrap().to_owned();
    let document = app.document(&unique("报告")).await;
    let figure = json!({
        "document_id": document, "name": "发放数", "quote": "发放 1 元", "printed": "1元", "measure": "disbursed",
        "scope": {"kind": "appropriation", "id": appropriation}, "as_of": "2023-02-28",
    });
    app.post("/v1/declared-figures", &figure).await.expect(201);
    let layout = json!({"name": unique("版式"), "purpose": "statement", "description": crate::layouts::statement_layout()});
    app.post("/v1/file-layouts", &layout).await.expect(201);
    // The bank's statement confirms a settlement, and has a charge that the checker accepts.
    let lines = [Row::debit("2022-09-08", "100.00", "A1").of(&settled), Row::debit("2022-09-08", "1.00", "A2").coded("手续费")];
    let statement = app.statement_at(&format!("{STATEMENTS}&batches=known&days=0"), &lines).await;
    let charge = app.exceptions(&statement).await.into_iter().find(|exception| exception["kind"] == "fee").unwrap();
    app.resolve(&charge, &json!({"resolution": "accepted", "reason": "银行手续费"})).await.expect(200);
    app.post("/v1/period-closings", &json!({"closed_through": "2022-01-05", "reason": "季结"})).await.expect(200);
    publicised(&aid).await;
    Busy { aid, line, appropriation, settled, unsettled: paying("70.00") }
}

/// A plan under another policy, with a notice and an objection that was handled.
async fn publicised(aid: &Aid) {
    aid.app.policy(&json!([step("review", "leader"), step("publicity", "maker"), step("authorise", "finance_head")])).await;
    let line = aid.line("100").await;
    let plan = aid.submitted(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
    aid.decide_as(Role::Leader, &plan, &decision(&plan, 1, "2022-09-19")).await.expect(200);
    aid.publish(&plan, "2022-09-20").await.expect(201);
    let path = format!("/v1/plans/{}/publicity/objections", plan.id);
    let objection = json!({"content": "有一户收入超过标准", "raised_on": "2022-09-21", "raised_by": "王**"});
    let notice = aid.app.post(&path, &objection).await.expect(201).body;
    let id = notice["objections"][0]["id"].as_str().unwrap();
    let handled = json!({"upheld": false, "reason": "经核实收入符合条件", "handled_on": "2022-09-27"});
    aid.app.post_as(Role::Checker, &format!("{path}/{id}/handle"), &handled).await.expect(200);
}

/// The key that this federation's checkpoints are verified with.
pub fn key(app: &TestApp) -> Verifier {
    app.sealer().verifier(app.federation)
}

/// The newest checkpoint as the API gives it.
pub async fn newest(app: &TestApp) -> Value {
    let listed = app.get("/v1/audit/checkpoints?limit=1").await.expect(200).body;
    assert_eq!(listed["key"], key(app).to_string());
    listed["items"][0].clone()
}

/// A checkpoint's note, opened with the key.
pub fn opened(app: &TestApp, checkpoint: &Value) -> Checkpoint {
    let opened = Checkpoint::open(checkpoint["note"].as_str().unwrap(), &key(app)).unwrap();
    assert_eq!(opened.size, checkpoint["size"].as_u64().unwrap());
    opened
}

/// The export, verified against the newest checkpoint.
pub async fn verified(app: &TestApp) -> Verified {
    let export = app.get("/v1/audit/export").await.expect(200).text;
    let checkpoint = newest(app).await;
    verify(export.as_bytes(), checkpoint["note"].as_str().unwrap(), &key(app)).unwrap()
}
