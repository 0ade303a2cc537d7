//! Receipts of payments, and audit events with their filters.

use std::collections::BTreeSet;
use std::process::Command;

use bangfu::audit::receipt::Receipt;
use bangfu::kernel::Role;
use serde_json::{Value, json};

use super::{busy, key};
use crate::support::app::unique;
use crate::support::registry::identity_number;
use crate::support::{TestApp, run};

#[test]
fn a_settled_payment_has_a_receipt_that_is_checked_offline() {
    run(async |app| {
        let busy = busy(app).await;
        let path = format!("/v1/instructions/{}/receipt", busy.settled["id"].as_str().unwrap());
        let reply = app.get(&path).await.expect(200);
        assert!(reply.text.len() < 3000, "about a kilobyte of hashes beside the rows: {}", reply.text.len());
        let receipt: Receipt = serde_json::from_str(&reply.text).unwrap();
        receipt.verify(&key(app)).unwrap();
        assert_eq!(receipt.posting_column("amount").as_deref(), Some("100.00"));
        assert_eq!(receipt.posting_column("subject_id").as_deref(), busy.settled["id"].as_str());
        assert_eq!(receipt.entry_column("kind").as_deref(), Some("settle"));
        // It still holds when the log has grown, and asked again it is the same.
        app.document(&unique("后来")).await;
        assert_eq!(app.get(&path).await.expect(200).text, reply.text);
        let unsettled = format!("/v1/instructions/{}/receipt", busy.unsettled["id"].as_str().unwrap());
        app.get(&unsettled).await.refused(409, "receipt_not_settled");
        app.get("/v1/instructions/00000000-0000-7000-8000-000000000001/receipt").await.refused(404, "not_found");
        command_line(app, &reply.text);
    });
}

/// `bangfu verify-receipt` says the same.
fn command_line(app: &TestApp, receipt: &str) {
    let directory = std::env::temp_dir().join(unique("receipt"));
    std::fs::create_dir_all(&directory).unwrap();
    let run = |text: &str| {
        let file = directory.join("receipt.json");
        std::fs::write(&file, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_bangfu"));
        command.args(["verify-receipt", "--key", &key(app).to_string()]).arg(&file).env("LANG", "en");
        command.output().unwrap()
    };
    let holds = run(receipt);
    assert!(
        holds.status.success() && String::from_utf8_lossy(&holds.stderr).contains("100.00 yuan from in_transit to disbursed"),
        "{holds:?}"
    );
    let changed = run(&receipt.replace("100.00", "900.00"));
    assert!(!changed.status.success(), "{changed:?}");
    assert!(!run("{}").status.success());
    std::fs::remove_dir_all(directory).unwrap();
}

async fn events(app: &TestApp, query: &str) -> Vec<Value> {
    app.all(&format!("/v1/audit/events?{query}"), 7).await
}

#[test]
fn events_are_found_by_who_what_when_and_how_it_ended() {
    run(async |app| {
        let document = app.document(&unique("文")).await;
        app.document(&unique("文")).await;
        let all = events(app, "").await;
        assert!(all.len() >= 2);
        let numbers: Vec<i64> = all.iter().map(|event| event["log_number"].as_i64().unwrap()).collect();
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
        let of = |name: &str| all.last().unwrap()[name].as_str().unwrap().to_owned();
        assert_eq!((of("actor"), of("action"), of("outcome")), ("maker".to_owned(), "POST /v1/documents".to_owned(), "done".to_owned()));
        assert!(!of("request_id").is_empty() && of("origin") == "127.0.0.1");
        let about = all.iter().filter(|event| event["after"]["id"] == json!(document)).count();
        assert_eq!(about, 1, "what it became");
        for (query, matches) in [
            ("actor=maker", all.len()),
            ("actor=nobody", 0),
            ("action=POST%20/v1/documents", 2),
            ("action=POST%20/v1/plans", 0),
            ("outcome=done", all.len()),
            ("outcome=refused", 0),
            ("from=2023-03-15T00:00:00Z&to=2023-03-16T00:00:00Z", all.len()),
            ("to=2023-03-15T00:00:00Z", 0),
            ("subject_id=00000000-0000-7000-8000-000000000001", 0),
        ] {
            assert_eq!(events(app, query).await.len(), matches, "{query}");
        }
        let kind = of("subject_kind");
        assert_eq!(events(app, &format!("subject_kind={kind}&subject_id={}", of("subject_id"))).await.len(), 1);
        let totals = app.get("/v1/audit/events?limit=1").await.expect(200).body;
        assert_eq!(totals["totals"]["count"].as_u64(), u64::try_from(all.len()).ok());
        for bad in ["outcome=maybe", "from=yesterday", "colour=red"] {
            app.get(&format!("/v1/audit/events?{bad}")).await.refused(400, "parameter_invalid");
        }
    });
}

#[test]
fn a_refused_money_operation_is_an_event_in_the_sealed_log() {
    run(async |app| {
        let id = app.document(&unique("文")).await;
        let new = json!({"document_id": id, "name": "x", "fiscal_year": 2022, "organisation_id": id, "amount": "1", "granted_on": "2022-01-01",
            "lines": [{"name": "a", "purpose": "b", "fund_source_id": id, "amount": "2", "channels": ["cash"]}]});
        let refused = app.post("/v1/appropriations", &new).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        let events = events(app, "outcome=refused").await;
        assert_eq!((events.len(), &events[0]["code"]), (1, &refused.body["code"]));
        app.sealer().seal(app.federation).await.unwrap();
        let failures = super::verified(app).await.failures;
        assert_eq!(failures, []);
    });
}

#[test]
fn the_log_is_for_those_who_audit() {
    run(async |app| {
        app.document(&unique("文")).await;
        for path in ["/v1/audit/checkpoints", "/v1/audit/events", "/v1/audit/export", "/v1/audit/consistency?from=1&to=1"] {
            app.get_as(Role::Maker, path).await.refused(403, "permission_denied");
            app.get_as(Role::Administrator, path).await.refused(403, "permission_denied");
            let auditor = app.get_as(Role::Auditor, path).await;
            assert!(auditor.status == 200, "{path}: {}", auditor.text);
        }
        app.post_as(Role::Auditor, "/v1/documents", &json!({})).await.refused(403, "permission_denied");
    });
}

/// Acts on what was there already that change nothing of it: they add something beside it, or show it.
const CHANGE_NOTHING: [&str; 11] = [
    "/roster",
    "/reveal",
    "/changes",
    "/compare",
    "/objections",
    "/handle",
    "/publicity",
    "/special-approvals",
    "/decide",
    "/file",
    "/import",
];

#[test]
fn a_change_of_something_keeps_what_it_was_before() {
    run(async |app| {
        busy(app).await;
        let new = json!({"name": "测试甲", "identity_number": identity_number()});
        let id = app.post("/v1/persons", &new).await.expect(201).id();
        let person = app.get(&format!("/v1/persons/{}", id)).await.expect(200);
        let tag = person.header("etag").unwrap().to_owned();
        app.put(&format!("/v1/persons/{}", id), &tag, &json!({"phone": "19900001111"})).await.expect(200);
        app.post(&format!("/v1/persons/{}/death", id), &json!({"died_on": "2022-11-01"})).await.expect(200);
        let events = app.all("/v1/audit/events?outcome=done", 500).await;
        let of = |event: &Value| event["action"].as_str().unwrap_or_default().to_owned();
        let changes: Vec<&Value> = events
            .iter()
            .filter(|event| of(event).contains("/{id}") && !of(event).starts_with("DELETE"))
            .filter(|event| !CHANGE_NOTHING.iter().any(|ending| of(event).ends_with(ending)))
            .collect();
        let silent: BTreeSet<String> = changes.iter().filter(|event| event["before"].is_null()).map(|event| of(event)).collect();
        assert_eq!(silent, BTreeSet::new());
        let kinds: BTreeSet<String> = changes.iter().map(|event| of(event)).collect();
        assert!(kinds.len() > 10, "{kinds:?}");
        let put = changes.iter().find(|event| of(event).starts_with("PUT")).unwrap();
        assert!(put["before"]["phone"].is_null() && put["after"]["phone"] == "199****1111", "{put}");
    });
}
