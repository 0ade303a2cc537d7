//! How long the service takes for what the largest federation does, on its own private cluster with full durability, beside plain
//! `pgbench` on the same cluster in the same run. `make bench`; figures also go to `target/bench/load.json`.
//!
//! `BENCH_PAYEES` sets how many payees there are (100000 when absent): a small number tries the benchmark itself. `BENCH_ONLY` names
//! the parts to run: `files`, `settling`, `history`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::float_arithmetic,
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark that panics has told what it had to; what it finds goes to standard output, and no money passes through its floats"
)]

mod aid;
mod bare;
mod client;
mod files;
mod history;
mod people;
mod raw;
mod server;
mod settling;
mod statement;
mod statements;
mod table;

use aid::Aid;
use client::Client;
use server::Service;
use table::Table;

fn payees() -> usize {
    std::env::var("BENCH_PAYEES").ok().and_then(|count| count.parse().ok()).unwrap_or(100_000)
}

fn wanted(part: &str) -> bool {
    std::env::var("BENCH_ONLY").map_or(true, |only| only.split(',').any(|named| named == part))
}

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(run());
}

async fn run() {
    let mut table = Table::default();
    let service = Service::start(&mut table).await;
    let client = Client::new(&service).await;
    let aid = Aid::new(&client).await;
    if wanted("files") {
        files::hundred_thousand(&service, &client, &aid, &mut table).await;
        files::exports(&service, &client, &mut table).await;
        raw::copies(&service, &mut table).await;
    }
    if wanted("settling") {
        settling::one_by_one(&service, &client, &aid, &mut table).await;
    }
    if wanted("history") {
        history::reports(&service, &client, &mut table).await;
    }
    table.print();
    service.stop().await;
}
