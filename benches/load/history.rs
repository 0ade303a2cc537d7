//! Reading with a long history: the report, now and as of an earlier day, a payee's history, a list's first page.
//!
//! `BENCH_HISTORY` says up to how many payments (1000000 when absent; 10000000 takes a quarter of an hour and 12 GB).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::client::Client;
use super::server::Service;
use super::statements;
use super::table::Table;

const ROUNDS: usize = 300;

/// How often all of it was read.
static READINGS: AtomicUsize = AtomicUsize::new(0);

/// The times within which half of the requests, and 99 of 100, are answered.
async fn times(client: &Client, path: impl Fn(usize) -> String) -> (Duration, Duration) {
    client.get(&path(ROUNDS)).await;
    let mut times = Vec::with_capacity(ROUNDS);
    for round in 0..ROUNDS {
        let began = Instant::now();
        client.get(&path(round)).await;
        times.push(began.elapsed());
    }
    times.sort();
    (times[ROUNDS / 2], times[ROUNDS * 99 / 100])
}

async fn p99(client: &Client, path: impl Fn(usize) -> String) -> Duration {
    times(client, path).await.1
}

/// A day, some days after the first of a year.
fn day(year: i32, days: usize) -> String {
    let first = chrono::NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
    (first + chrono::Days::new(days as u64)).to_string()
}

/// Reads what there is by now, then with a million payments, and with ten if that is wanted.
pub async fn reports(service: &Service, client: &Client, table: &mut Table) {
    let wanted: u64 = std::env::var("BENCH_HISTORY").ok().and_then(|count| count.parse().ok()).unwrap_or(1_000_000);
    let first = read(service, client, table).await;
    for size in [1_000_000, 10_000_000].into_iter().filter(|size| *size <= wanted) {
        lengthen(service, size).await;
        if size == 1_000_000 {
            super::files::exports(service, client, table).await;
        }
        let later = read(service, client, table).await;
        let ratio = later.as_secs_f64() / first.as_secs_f64();
        table.at_most(&format!("the report at {size} payments against that at the first count"), ratio, 1.3);
    }
}

async fn read(service: &Service, client: &Client, table: &mut Table) -> Duration {
    // What filling left to do is done before, not meanwhile.
    service.sql("vacuum analyze").await;
    service.sql("checkpoint").await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let count = service.number("select count(*) from instruction").await;
    let batch = client.get("/v1/batches?limit=1").await["items"][0]["plan_id"].as_str().unwrap().to_owned();
    let line = client.get(&format!("/v1/plans/{batch}")).await["funding"][0]["allocation_line_id"].as_str().unwrap().to_owned();
    let report = format!("/v1/reconciliation/allocation-lines/{line}");
    // Another day each time, in this reading and in the next: a report that was asked before is answered with its kept bytes.
    let asked = READINGS.fetch_add(1, Ordering::Relaxed) * (ROUNDS + 1);
    let (half, now) = times(client, |round| format!("{report}?as_of={}", day(2040, asked + round))).await;
    table.note(&format!("reconciliation report at {count} payments, median"), format!("{:.1} ms", half.as_secs_f64() * 1000.0));
    statements::print(service, "reports").await;
    table.milliseconds(&format!("reconciliation report at {count} payments, p99"), now, 20.0);
    let then = p99(client, |round| format!("{report}?as_of={}", day(2022, 240 + asked + round))).await;
    table.milliseconds("the same as of an earlier day, p99", then, 100.0);
    let instruction = client.get("/v1/instructions?limit=1&status=settled").await["items"][0].clone();
    let payee = instruction["payee_id"].as_str().unwrap();
    table.milliseconds("a payee's history, p99", p99(client, |_| format!("/v1/instructions?payee_id={payee}")).await, 20.0);
    let failed = p99(client, |_| "/v1/instructions?status=failed&limit=100".to_owned()).await;
    table.milliseconds("a filtered list's first page, p99", failed, 20.0);
    now
}

/// Copies the largest plan's payments, each time dated a day later, until there are so many. What failed counts as given up in the
/// copies: nobody leaves a failed payment lying. The copies have no events and postings, which nothing here reads; what was counted
/// of them and their days in the books are written as counting and booking would have.
async fn lengthen(service: &Service, size: u64) {
    service
        .sql(
            "set session_replication_role = replica;
             create table if not exists original as
                 select i.* from instruction i where i.plan_id = (select plan_id from instruction group by plan_id order by count(*) desc limit 1)",
        )
        .await;
    let (each, had) = (service.number("select count(*) from original").await, service.number("select count(*) from instruction").await);
    let columns = service
        .text("select string_agg(attname, ', ' order by attnum) from pg_attribute where attrelid = 'original'::regclass and attnum > 0 and not attisdropped")
        .await;
    let values: Vec<String> = columns
        .split(", ")
        .map(|name| match name {
            "id" | "reference" | "roster_entry_id" => format!("md5({name}::text || k)::uuid"),
            "status" => "case status when 'failed' then 'given_up' else status end".to_owned(),
            "status_on" => "status_on + k".to_owned(),
            other => other.to_owned(),
        })
        .collect();
    let first = had / each;
    let copies = (size - had.min(size)).div_ceil(each);
    for k in first..first + copies {
        let values = values.join(", ").replace("|| k)", &format!("|| '{k}')")).replace("+ k", &format!("+ {k}"));
        service
            .sql(&format!(
                "set session_replication_role = replica;
                 insert into instruction ({columns}) select {values} from original;
                 insert into beneficiary_part
                     select p.federation_id, md5(p.payment_id::text || '{k}')::uuid, p.allocation_line_id, p.fund_source_id, p.household_id, p.person,
                            daterange(lower(p.span) + {k}, null)
                     from beneficiary_part p join original o on o.id = p.payment_id and o.federation_id = p.federation_id;
                 insert into beneficiary_day as d
                     select d.federation_id, d.scope, d.subject, d.day + {k}, 0, 0, d.person_times from beneficiary_day d
                     where d.day = (select min(day) from beneficiary_day) on conflict do nothing;
                 insert into ledger_day select (jsonb_populate_record(d, jsonb_build_object('effective_on', d.effective_on + {k}))).* from ledger_day d
                     where d.effective_on = '2022-09-08' on conflict do nothing"
            ))
            .await;
    }
}
