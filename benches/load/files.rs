//! A hundred thousand payees through files: in, onto a roster, to the bank, and back.

use std::fmt::Write;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::aid::Aid;
use super::client::Client;
use super::people;
use super::server::Service;
use super::statements;
use super::table::Table;

/// Everything from the import to the answers of the bank.
pub async fn hundred_thousand(service: &Service, client: &Client, aid: &Aid, table: &mut Table) {
    let count = super::payees();
    let file = people::households(count);
    service.forget_peak();
    let began = Instant::now();
    let report = client.upload("/v1/households/import", file).await;
    table.time(&format!("import {count} dossiers from CSV, all checks and encryption"), began.elapsed(), 20.0);
    table.memory("the same, highest resident memory", service.peak(), 256.0);
    assert_eq!(report["taken"].as_u64(), Some(count as u64), "{report}");
    statements::print(service, "import").await;
    service.sql("analyze").await;

    let (line, _) = aid.line("困难职工帮扶", &format!("{}.00", count * 2212)).await;
    let paid = aid.release(&line, "帮扶", json!({"dossiers": {"categories": ["relative"]}}), Some("2212.00")).await;
    table.time(&format!("generate and lock a roster of {count}"), paid.rostered, 8.0);
    statements::print(service, "roster, approval and release").await;
    table.time("approve and release it: funds committed, instructions written", paid.released, 8.0);

    let began = Instant::now();
    client.post(&format!("/v1/batches/{}/file", paid.batch), &json!({"format": "pain001", "from_account_id": aid.account})).await;
    table.note("write it as pain.001", format!("{:.2} s", began.elapsed().as_secs_f64()));
    aid.send(&paid.batch).await;

    let instructions = client.all(&format!("/v1/instructions?batch_id={}", paid.batch)).await;
    let (file, failed) = results(&instructions);
    let began = Instant::now();
    let report = client.upload("/v1/results?format=layout", file).await;
    table.time(&format!("take in a result file of {count} lines, 1 % failed"), began.elapsed(), 10.0);
    assert_eq!(report["applied"].as_u64(), Some(count as u64), "{report}");
    assert!(failed > 0);
    let known = aid.account_number();
    super::statement::matching(client, known, &instructions, table).await;
    statements::print(service, "file and results").await;
}

/// A neutral result file, every hundredth line of it failed.
fn results(instructions: &[Value]) -> (Vec<u8>, usize) {
    let mut file = String::from("\u{feff}参考号,结果,金额,日期,原因\r\n");
    let (mut cents, mut failed) = (0_u64, 0);
    for (number, row) in instructions.iter().enumerate() {
        let amount = row["amount"].as_str().unwrap();
        cents += amount.replace('.', "").parse::<u64>().unwrap();
        let fails = number % 100 == 99;
        failed += usize::from(fails);
        let outcome = if fails { "failed" } else { "settled" };
        writeln!(file, "{},{outcome},{amount},2022-09-08,\r", row["reference"].as_str().unwrap()).unwrap();
    }
    writeln!(file, "合计,{},{}.{:02},\r", instructions.len(), cents / 100, cents % 100).unwrap();
    (file.into_bytes(), failed)
}

/// The payments as files. The goal is for a million of them.
pub async fn exports(service: &Service, client: &Client, table: &mut Table) {
    let count = client.get("/v1/instructions?limit=1").await["totals"]["count"].as_u64().unwrap();
    // What was done before is hashed into the log by the hundred thousand rows of one act: before what is measured here, not meanwhile.
    service.forget_peak();
    client.get("/v1/audit/checkpoints?limit=1").await;
    table.note("highest resident memory while the acts before are sealed", format!("{:.0} MB", service.peak()));
    tokio::time::sleep(Duration::from_secs(2)).await;
    for (format, goal) in [("csv", 10.0), ("xlsx", 60.0)] {
        service.forget_peak();
        let (before, began) = (service.resident(), Instant::now());
        let bytes = client.swallow(&format!("/v1/instructions/export?format={format}")).await;
        let share = count as f64 / 1_000_000.0;
        table.time(&format!("export {count} payments as {format} ({} MB)", bytes >> 20), began.elapsed(), goal * share);
        table.memory("the same, growth of resident memory", service.peak() - before, 64.0);
    }
}
