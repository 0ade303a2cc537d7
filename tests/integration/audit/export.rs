//! `bangfu verify` over a real export: without the database, and without trusting the server.

use std::process::{Command, Output};

use bangfu::kernel::Role;
use serde_json::{Value, json};

use super::{busy, key, newest, verified};
use crate::support::app::unique;
use crate::support::{TestApp, run};

/// Runs `bangfu verify` on an export.
fn verify(app: &TestApp, checkpoint: &Value, export: &str) -> Output {
    let directory = std::env::temp_dir().join(unique("export"));
    std::fs::create_dir_all(&directory).unwrap();
    let (note, file) = (directory.join("checkpoint.txt"), directory.join("export.jsonl"));
    std::fs::write(&note, checkpoint["note"].as_str().unwrap()).unwrap();
    std::fs::write(&file, export).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_bangfu"));
    // It needs neither a database nor anything else of the environment.
    command.env_clear().env("LANG", "en").arg("verify").arg("--checkpoint").arg(&note).args(["--key", &key(app).to_string()]).arg(&file);
    let output = command.output().unwrap();
    std::fs::remove_dir_all(directory).unwrap();
    output
}

#[test]
fn an_export_verifies_offline_and_a_changed_one_names_the_row() {
    run(async |app| {
        let busy = busy(app).await;
        app.get(&format!("/v1/reconciliation/allocation-lines/{}?as_of=2022-12-31", busy.line)).await.expect(200);
        let export = app.get("/v1/audit/export").await.expect(200);
        assert_eq!(export.header("content-type"), Some("application/jsonl"));
        let checkpoint = newest(app).await;
        let good = verify(app, &checkpoint, &export.text);
        assert!(good.status.success(), "{good:?}");
        assert!(String::from_utf8_lossy(&good.stderr).contains("Verified against checkpoint"), "{good:?}");
        assert!(good.stdout.is_empty());
        // One figure of one posting.
        let booked = export.text.lines().find(|line| line.contains("journal_entry") && line.contains("\"100.00\"")).unwrap();
        let changed = export.text.replace(booked, &booked.replacen("\"100.00\"", "\"900.00\"", 1));
        assert_ne!(changed, export.text);
        let bad = verify(app, &checkpoint, &changed);
        let said = String::from_utf8_lossy(&bad.stdout).into_owned();
        assert!(!bad.status.success() && said.contains("as sealed under log number") && said.contains("root"), "{said}");
        let cut: Vec<&str> = export.text.lines().collect();
        assert!(!verify(app, &checkpoint, &cut[..cut.len() - 1].join("\n")).status.success());
    });
}

#[test]
fn every_balance_and_state_of_a_busy_federation_follows_from_its_rows() {
    run(async |app| {
        busy(app).await;
        let verified = verified(app).await;
        assert_eq!(verified.failures, []);
        assert!(verified.claims > 20 && verified.rows > 100, "{} claims, {} rows", verified.claims, verified.rows);
        assert_eq!(verified.checkpoint.size, verified.entries);
    });
}

#[test]
fn an_export_holds_no_number_of_a_person() {
    run(async |app| {
        busy(app).await;
        let export = app.get("/v1/audit/export").await.expect(200).text;
        // Identity numbers of tests begin like this; 18 characters with a check digit.
        let numbers: Vec<&str> = export.match_indices("510599").map(|(at, _)| &export[at..(at + 18).min(export.len())]).collect();
        let clear: Vec<&&str> = numbers.iter().filter(|text| text.chars().take(17).all(|c| c.is_ascii_digit())).collect();
        assert!(clear.is_empty(), "{clear:?}");
    });
}

/// Names of the synthetic people that the busy federation paid.
fn names(export: &str) -> Vec<String> {
    let rows = export.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let rows = rows.flat_map(|line| line["entry"]["rows"].as_array().cloned().unwrap_or_default());
    let holders = rows.filter(|row| row[0] == "instruction").filter_map(|row| row[1][10].as_str().map(str::to_owned));
    holders.collect()
}

#[test]
fn an_export_is_masked_and_still_adds_up_to_the_signed_root() {
    run(async |app| {
        busy(app).await;
        let masked = app.get("/v1/audit/export").await.expect(200).text;
        let checkpoint = newest(app).await;
        let holders = names(&masked);
        assert!(!holders.is_empty() && holders.iter().all(|name| name.ends_with('*')), "{holders:?}");
        let good = verify(app, &checkpoint, &masked);
        let said = String::from_utf8_lossy(&good.stderr).into_owned();
        assert!(good.status.success() && said.contains("names masked"), "{good:?}");
        // A row that has no names may not hide behind a mask, nor may a masked row stand for another that was sealed.
        let lines: Vec<Value> = masked.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let altered = |change: &dyn Fn(&mut Value) -> bool| {
            let mut lines = lines.clone();
            assert!(lines.iter_mut().any(change));
            lines.iter().map(|line| line.to_string()).collect::<Vec<_>>().join("\n")
        };
        let hidden = altered(&|line| {
            let posting = line["entry"]["kind"] == "journal_entry" && line["entry"]["rows"].as_array().is_some_and(|rows| !rows.is_empty());
            if posting {
                line["entry"]["masked"] = serde_json::json!([0]);
                line["entry"]["rows"][0][1][6] = "9.00".into();
            }
            posting
        });
        assert!(String::from_utf8_lossy(&verify(app, &checkpoint, &hidden).stdout).contains("as sealed under log number"));
        let resealed = altered(&|line| {
            let place = line["entry"]["masked"][0].as_u64();
            if let Some(place) = place {
                line["entry"]["sealed"]["rows"][usize::try_from(place).unwrap() + 1] = "0".repeat(64).into();
            }
            place.is_some()
        });
        assert!(String::from_utf8_lossy(&verify(app, &checkpoint, &resealed).stdout).contains("root"));
    });
}

#[test]
fn an_export_in_clear_is_for_whoever_asked_and_said_why() {
    run(async |app| {
        busy(app).await;
        let asked =
            app.post_as(Role::Auditor, "/v1/clear-exports", &json!({ "list": "audit", "reason": "年度审计" })).await.expect(200).body;
        let path = format!("/v1/audit/export?asked={}", asked["id"].as_str().unwrap());
        let clear = app.get_as(Role::Auditor, &path).await.expect(200).text;
        assert!(names(&clear).iter().any(|name| !name.contains('*')));
        let good = verify(app, &newest(app).await, &clear);
        assert!(good.status.success() && !String::from_utf8_lossy(&good.stderr).contains("masked"), "{good:?}");
        // Not for another person, not for an event that is no such request, and not without a reason.
        app.get_as(Role::Checker, &path).await.refused(403, "export_not_asked_for");
        let other = app.get("/v1/audit/events?limit=1").await.expect(200).body["items"][0]["id"].as_str().unwrap().to_owned();
        app.get_as(Role::Auditor, &format!("/v1/audit/export?asked={other}")).await.refused(403, "export_not_asked_for");
        app.post_as(Role::Auditor, "/v1/clear-exports", &json!({ "list": "audit", "reason": " " })).await.refused(422, "fields_invalid");
        let events = app.get("/v1/audit/events?subject_kind=clear_export").await.expect(200).body;
        assert_eq!(events["items"][0]["reason"], "年度审计");
    });
}
