//! `bangfu verify` over a real export: without the database, and without trusting the server.

use std::process::{Command, Output};

use serde_json::Value;

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
        // One figure of one row.
        let changed = export.text.replacen("\"100.00\"", "\"900.00\"", 1);
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
