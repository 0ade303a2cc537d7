//! How long a large statement takes: nothing is asserted of the time.
//!
//! `cargo test --release --test integration -- --ignored --nocapture a_large_statement`

use std::time::{Duration, Instant};

use bangfu::kernel::Role;
use diesel_async::SimpleAsyncConnection;
use serde_json::json;

use super::sent;
use crate::support::statements::{Row, STATEMENTS, csv};
use crate::support::{Aid, TestApp, sql, world};

/// Lines of one file: as many as the test service's limit of a file holds.
const LINES: usize = 60_000;

/// One payment that was sent, so many times over: rows as releasing and sending that many would have written them.
async fn multiply(owner_url: &str, app: &TestApp, copies: usize) -> Vec<String> {
    let federation = app.federation;
    let mut owner = bangfu::db::connect(owner_url).await.unwrap();
    let statement = format!(
        "begin; set local session_replication_role = replica;
         create temp table copy as select n, gen_random_uuid() as entry, gen_random_uuid() as instruction, gen_random_uuid() as reference
             from generate_series(1, {copies}) n;
         insert into roster_entry
             select (jsonb_populate_record(e, jsonb_build_object('id', c.entry, 'position', e.position + c.n))).* from roster_entry e, copy c where e.federation_id = '{federation}';
         insert into roster_funding
             select (jsonb_populate_record(f, jsonb_build_object('roster_entry_id', c.entry))).* from roster_funding f, copy c where f.federation_id = '{federation}';
         insert into instruction_event
             select (jsonb_populate_record(v, jsonb_build_object('instruction_id', c.instruction))).* from instruction_event v, copy c where v.federation_id = '{federation}';
         insert into instruction
             select (jsonb_populate_record(i, jsonb_build_object('id', c.instruction, 'reference', c.reference, 'roster_entry_id', c.entry))).* from instruction i, copy c where i.federation_id = '{federation}';
         update ledger_balance set available = available - {copies}, in_transit = in_transit + {copies} where federation_id = '{federation}';
         update ledger_day set available = available - {copies}, in_transit = in_transit + {copies}
             where federation_id = '{federation}' and effective_on = '2022-09-05';
         commit; analyze"
    );
    owner.batch_execute(&statement).await.unwrap();
    sql::texts(&mut owner, "select reference::text from copy order by n").await
}

#[test]
#[ignore = "a benchmark: see above"]
fn a_large_statement() {
    world().block_on(async {
        let scratch = world().scratch().await;
        let (db, address) = scratch.serve().await;
        let app = TestApp::on(db, address).await;
        let aid = Aid::new(&app).await;
        sent(&aid, &["1"]).await;
        let references = multiply(&scratch.owner_url, &app, LINES).await;
        let row = |(number, reference): (usize, &String)| {
            Row::debit("2022-09-06", "1.00", &format!("E{number}")).of(&json!({"reference": reference}))
        };
        let rows: Vec<Row> = references.iter().enumerate().map(row).collect();
        let bytes = csv(&rows);
        for (what, bytes) in [("matched", bytes.clone()), ("known before", [bytes, b"\r\n".to_vec()].concat())] {
            let started = Instant::now();
            let job = app.upload(STATEMENTS, "x", &bytes).await.expect(202).id();
            let ended = loop {
                tokio::time::sleep(Duration::from_millis(50)).await;
                let job = app.get_as(Role::Cashier, &format!("/v1/jobs/{job}")).await.expect(200).body;
                if !["queued", "running"].contains(&job["state"].as_str().unwrap()) {
                    break job;
                }
            };
            let statement = &ended["result"]["statements"][0];
            println!("{LINES} lines {what}: {:?}, {} {}", started.elapsed(), ended["state"], statement["matched"]);
            assert_eq!(ended["state"], "succeeded", "{ended}");
        }
    });
}
