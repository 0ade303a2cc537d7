//! Reading with a long history: the report, now and as of an earlier day, a payee's history, a list's first page.

use std::time::{Duration, Instant};

use super::aid::Aid;
use super::client::Client;
use super::server::Service;
use super::table::Table;

const ROUNDS: usize = 200;

async fn p99(client: &Client, path: &str) -> Duration {
    client.get(path).await;
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        client.get(path).await;
        times.push(began.elapsed());
    }
    times.sort();
    times[ROUNDS * 99 / 100]
}

/// Reads what there is by now.
pub async fn reports(_service: &Service, client: &Client, _aid: &Aid, table: &mut Table) {
    let lines = client.get("/v1/allocation-lines?limit=1").await;
    let line = lines["items"][0]["id"].as_str().unwrap().to_owned();
    let count = client.get("/v1/instructions?limit=1").await["totals"]["count"].as_u64().unwrap();
    let report = format!("/v1/reconciliation/allocation-lines/{line}");
    table.milliseconds(
        &format!("reconciliation report at {count} payments, p99"),
        p99(client, &format!("{report}?as_of=2030-12-31")).await,
        20.0,
    );
    table.milliseconds("the same as of an earlier day, p99", p99(client, &format!("{report}?as_of=2022-09-06")).await, 100.0);
    let instruction = client.get("/v1/instructions?limit=1").await["items"][0].clone();
    let payee = instruction["payee_id"].as_str().unwrap();
    table.milliseconds("a payee's history, p99", p99(client, &format!("/v1/instructions?payee_id={payee}")).await, 20.0);
    table.milliseconds("a filtered list's first page, p99", p99(client, "/v1/instructions?status=failed&limit=100").await, 20.0);
}
