//! Payments settled one by one over HTTP by sixteen clients, beside pgbench's TPC-B with sixteen clients on the same cluster.

use std::collections::VecDeque;
use std::process::Command;

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::aid::Aid;
use super::bare;
use super::client::Client;
use super::server::Service;
use super::statements;
use super::table::Table;

const CLIENTS: usize = 16;
const LINES: usize = 40;

/// Transactions a second of pgbench, scale 10.
fn pgbench(service: &Service, seconds: u32) -> f64 {
    let url = service.owner_url("postgres");
    let bin = std::env::var("POSTGRES_BIN_DIR").unwrap_or_else(|_| {
        let out = Command::new("sh").args(["-c", "dirname \"$(ls /usr/lib/postgresql/*/bin/pgbench | tail -1)\""]).output().unwrap();
        String::from_utf8(out.stdout).unwrap().trim().to_owned()
    });
    let pgbench = format!("{bin}/pgbench");
    let filled = Command::new(&pgbench).args(["-i", "-q", "-s", "10", &url]).output().expect("pgbench is there");
    assert!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));
    let ran = Command::new(&pgbench).args(["-c", "16", "-j", "2", "-T", &seconds.to_string(), "-M", "prepared", &url]).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    let line = said.lines().find(|line| line.starts_with("tps")).unwrap_or_else(|| panic!("{said}"));
    line.split_whitespace().nth(2).unwrap().parse().unwrap()
}

/// Measures both, and their ratio.
pub async fn one_by_one(service: &Service, client: &Client, aid: &Aid, table: &mut Table) {
    // Enough that what a connection does once (preparing its statements) is a small part, as it is of pgbench's run.
    let each = 330;
    let persons = persons(client, LINES * each).await;
    let mut spread = VecDeque::new();
    for (number, people) in persons.chunks(each).enumerate() {
        let (line, _) = aid.line(&format!("分散{number}"), "1000000.00").await;
        spread.extend(sent(client, aid, &line, &format!("分散{number}"), people).await);
    }
    let mut spread = shuffled(spread);
    let (line, _) = aid.line("集中", "10000000.00").await;
    let hot = sent(client, aid, &line, "集中", &persons).await;
    // The first ones make connections and plans, and give the tables rows; then as pgbench does after it has filled its own.
    let warm: VecDeque<Value> = spread.drain(..spread.len() / 10).collect();
    settle(service, client, warm).await;
    service.sql("vacuum analyze").await;
    let plain = pgbench(service, 15);
    table.note("pgbench TPC-B, scale 10, 16 clients", format!("{plain:.0} a second"));
    statements::print(service, "making payments").await;
    let many = settle(service, client, spread).await;
    table.at_least(&format!("settle one by one over HTTP, 16 clients, over {LINES} lines ({many:.0} a second)"), many / plain, 0.4);
    statements::print(service, "settling over many lines").await;
    let one = settle(service, client, hot).await;
    statements::print(service, "settling on one line").await;
    table.at_least(&format!("the same, all on one line ({one:.0} a second)"), one / plain, 0.25);
}

/// Lines in turn, as clients would meet them.
fn shuffled(all: VecDeque<Value>) -> VecDeque<Value> {
    let all: Vec<Value> = all.into();
    let each = all.len() / LINES;
    (0..each).flat_map(|place| (0..LINES).map(move |line| line * each + place)).map(|at| all[at].clone()).collect()
}

/// Persons with a card each.
async fn persons(client: &Client, count: usize) -> Vec<String> {
    let mut file = String::from("姓名,身份证号码,账户类型,银行账号\r\n");
    for number in 0..count {
        let place = 5_000_000 + number;
        file += &format!("李四{number},{},一卡通,{}\r\n", super::people::identity_number(place), super::people::card(place));
    }
    let report = client.upload("/v1/persons/import", file.into_bytes()).await;
    assert_eq!(report["taken"].as_u64(), Some(count as u64), "{report}");
    let rows = client.all("/v1/persons?deceased=false").await;
    rows[rows.len() - count..].iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

/// Payments handed over and not answered yet.
async fn sent(client: &Client, aid: &Aid, line: &str, name: &str, persons: &[String]) -> VecDeque<Value> {
    let recipients: Vec<Value> = persons.iter().map(|person| json!({"person_id": person, "amount": "100.00"})).collect();
    let population = json!({"listed": {"category": "undossiered", "recipients": recipients}});
    let paid = aid.release(line, name, population, None).await;
    aid.send(&paid.batch).await;
    client.all(&format!("/v1/instructions?batch_id={}", paid.batch)).await.into()
}

/// Settles payments by sixteen clients at once; how many a second.
async fn settle(service: &Service, client: &Client, payments: VecDeque<Value>) -> f64 {
    let requests: Vec<_> = payments.iter().map(|row| settling(client, row)).collect();
    let count = requests.len();
    let took = bare::send(CLIENTS, &service.address, requests).await;
    count as f64 / took.as_secs_f64()
}

/// What a bank's interface sends of a payment that arrived.
fn settling(client: &Client, row: &Value) -> reqwest::Request {
    let item = json!({
        "reference": row["reference"], "outcome": "settled", "amount": row["amount"], "occurred_on": "2022-09-08", "line_number": 1,
    });
    let digest = format!("{:064x}", Uuid::new_v4().as_u128());
    let body = json!({"kind": "bank_result", "file_digest": digest, "items": [item]});
    client.request(Method::POST, "/v1/evidence").json(&body).build().unwrap()
}
