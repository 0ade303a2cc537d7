//! Reports are keyed by (as-of day, checkpoint): asked again with the same key, the same bytes.

use diesel_async::SimpleAsyncConnection;
use serde_json::{Value, json};

use super::{busy, key, newest, opened, verified};
use crate::support::TestApp;
use crate::support::app::unique;
use crate::support::{run, sql, world};

#[test]
fn a_report_prints_its_checkpoint_and_is_the_same_bytes_whatever_happens_later() {
    run(async |app| {
        let busy = busy(app).await;
        let path = format!("/v1/reconciliation/appropriations/{}?as_of=2022-12-31", busy.appropriation);
        let first = app.get(&path).await.expect(200);
        let printed = &first.body["checkpoint"];
        let opened = opened(app, printed);
        assert_eq!((printed["size"].as_u64(), first.body["log_number"].as_u64()), (Some(opened.size), Some(opened.size)));
        let with = format!("{path}&checkpoint={}", printed["size"]);
        assert_eq!(app.get(&with).await.expect(200).text, first.text);
        // A name is edited, money is granted for the same line and dated before, a payment settles.
        let source = app.get(&format!("/v1/fund-sources/{}", busy.aid.provincial)).await.expect(200);
        let edited = json!({"name": unique("改名"), "level": "provincial", "return_to_organisation_id": busy.aid.treasury});
        app.put(&format!("/v1/fund-sources/{}", busy.aid.provincial), source.header("etag").unwrap(), &edited).await.expect(200);
        let document = app.document(&unique("追加")).await;
        let addition = json!({"kind": "addition", "amount": "300", "document_id": document, "effective_on": "2022-06-30"});
        app.post(&format!("/v1/allocation-lines/{}/changes", busy.line), &addition).await.expect(201);
        busy.aid.answered(&busy.unsettled, "settled", "2022-12-01").await;
        assert_eq!(app.get(&with).await.expect(200).text, first.text, "asked again with the same key, the same bytes");
        let now = app.get(&path).await.expect(200).body;
        assert_eq!((&now["granted"], &first.body["granted"]), (&json!("20300.00"), &json!("20000.00")));
        assert!(now["checkpoint"]["size"].as_u64() > printed["size"].as_u64());
        app.get(&format!("{path}&checkpoint=1000000")).await.refused(404, "not_found");
        app.get(&format!("{path}&checkpoint=x")).await.refused(400, "parameter_invalid");
        assert!(key(app).to_string().starts_with("bangfu/"));
    });
}

/// Every report there is, as of two days, at a checkpoint or the newest.
async fn reports(app: &TestApp, busy: &super::Busy, checkpoint: Option<i64>) -> Vec<(String, String)> {
    let mut reports = Vec::new();
    for scope in [
        format!("appropriations/{}", busy.appropriation),
        format!("allocation-lines/{}", busy.line),
        "fiscal-years/2022".to_owned(),
        format!("fund-sources/{}", busy.aid.provincial),
        format!("fund-sources/{}", busy.aid.own),
        format!("organisations/{}", busy.aid.union),
    ] {
        for as_of in ["2022-09-10", "2023-03-15"] {
            let at = checkpoint.map(|size| format!("&checkpoint={size}")).unwrap_or_default();
            let path = format!("/v1/reconciliation/{scope}?as_of={as_of}");
            reports.push((path.clone(), app.get(&format!("{path}{at}")).await.expect(200).text));
        }
    }
    reports
}

#[test]
fn figures_from_sealed_rows_as_known_then_are_those_the_running_totals_gave_then() {
    world().block_on(async {
        let scratch = world().scratch().await;
        let (db, address) = scratch.serve().await;
        let app = TestApp::on(db, address).await;
        let busy = busy(&app).await;
        let then = reports(&app, &busy, None).await;
        let size: Value = serde_json::from_str(&then[0].1).unwrap();
        let size = size["checkpoint"]["size"].as_i64().unwrap();
        // More of everything happens, dated before and after, and the kept reports are lost.
        let document = app.document(&unique("追加")).await;
        let addition = json!({"kind": "addition", "amount": "300", "document_id": document, "effective_on": "2022-06-30"});
        app.post(&format!("/v1/allocation-lines/{}/changes", busy.line), &addition).await.expect(201);
        app.arrival(&busy.line, "77").await;
        busy.aid.answered(&busy.unsettled, "settled", "2022-09-09").await;
        let due = json!({"instruction_id": busy.settled["id"], "amount": "60", "reason": "death", "note": "已故", "due_on": "2022-12-10"});
        let recovery = app.post("/v1/recoveries", &due).await.expect(201).id();
        app.post(&format!("/v1/recoveries/{recovery}/receive"), &json!({"received_on": "2022-12-11"})).await.expect(200);
        busy.aid.line("9000").await;
        let mut owner = bangfu::db::connect(&scratch.owner_url).await.unwrap();
        owner.batch_execute("delete from issued_report").await.unwrap();
        let again = reports(&app, &busy, Some(size)).await;
        for ((path, before), (_, after)) in then.iter().zip(&again) {
            assert_eq!(before, after, "{path} at {size}");
        }
        let now = reports(&app, &busy, None).await;
        assert!(now.iter().zip(&then).all(|(now, then)| now.1 != then.1));
        // The verifier, which shares no code with either, agrees with all of them.
        let verified = verified(&app).await;
        assert_eq!(verified.failures, []);
        assert!(verified.reports >= 24, "{}", verified.reports);
        app.finish().await;
    });
}

#[test]
fn a_report_whose_kept_bytes_were_changed_is_found_offline() {
    world().block_on(async {
        let scratch = world().scratch().await;
        let (db, address) = scratch.serve().await;
        let app = TestApp::on(db, address).await;
        let busy = busy(&app).await;
        app.get(&format!("/v1/reconciliation/allocation-lines/{}?as_of=2022-12-31", busy.line)).await.expect(200);
        newest(&app).await;
        assert_eq!(verified(&app).await.failures, []);
        let mut owner = bangfu::db::connect(&scratch.owner_url).await.unwrap();
        owner
            .batch_execute("update issued_report set body = replace(body, '\"granted\":\"20000.00\"', '\"granted\":\"20001.00\"')")
            .await
            .unwrap();
        let failures = verified(&app).await.failures;
        assert!(failures.iter().any(|failure| failure.table == "issued_report" && failure.rule == "/granted"), "{failures:#?}");
        let rows = sql::texts(&mut owner, "select count(*) from issued_report").await;
        assert_eq!(rows, ["1"]);
    });
}
