//! What authentication with a token and roles adds to a request. `make bench-access`.
//!
//! On a throw-away cluster: the statement that authenticates alone, then the same read with and without it before, for a user
//! with one role in the whole federation and for one with three roles within an organisation that has 300 under it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark that panics has told what it had to, and what it finds goes to standard output"
)]

use std::time::{Duration, Instant};

use bangfu::access::{Reaches, Secret, authenticate};
use bangfu::db::cluster::PrivateCluster;
use bangfu::db::vault::Vault;
use bangfu::db::{Db, DbRole, PoolSettings, connect, migrations};
use bangfu::kernel::vault::Keyring;
use bangfu::kernel::{Caller, Clock, FederationId, OrganisationId, Origin};
use diesel_async::SimpleAsyncConnection;
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

const ROUNDS: usize = 5_000;
const BELOW: usize = 300;

/// Makes a federation with a tree of organisations and two users; answers the top and the users' tokens.
async fn fill(url: &str, federation: FederationId) -> (Uuid, [Secret; 2]) {
    let top = Uuid::now_v7();
    let organisation = |id: Uuid, parent: &str| {
        format!(
            "insert into organisation (federation_id, id, kind, name, parent_id, aliases, version, created_at)
             values ('{federation}', '{id}', 'city_union', '{id}', {parent}, '{{}}', 1, now());"
        )
    };
    let mut statement = format!("insert into federation (id, name, code, created_at) values ('{federation}', 'bench', 'bench', now());")
        + &organisation(top, "null");
    let mut parent = top;
    for number in 0..BELOW {
        let id = Uuid::now_v7();
        statement += &organisation(id, &format!("'{parent}'"));
        // Ten below each, then a level deeper.
        if number % 10 == 9 {
            parent = id;
        }
    }
    let mut secrets = Vec::new();
    for (login, roles, within) in [("one", &["maker"][..], None), ("many", &["maker", "finance", "cashier"][..], Some(top))] {
        let (user, secret) = (Uuid::now_v7(), Secret::of(federation, rand::random()));
        let hash = hex::encode(Sha256::digest(secret.credential().key));
        statement += &format!(
            "insert into app_user (federation_id, id, login, name, created_at) values ('{federation}', '{user}', '{login}', '{login}', now());
             insert into access_token (federation_id, id, user_id, name, token_hash, created_at)
             values ('{federation}', '{}', '{user}', 'bench', '\\x{hash}', now());",
            Uuid::now_v7()
        );
        let place = within.map_or("null".to_owned(), |id| format!("'{id}'"));
        for role in roles {
            statement += &format!(
                "insert into role_grant (federation_id, id, user_id, role, organisation_id, reason, granted_by, granted_at)
                 values ('{federation}', '{}', '{user}', '{role}', {place}, 'bench', 'shell', now());",
                Uuid::now_v7()
            );
        }
        secrets.push(secret);
    }
    statement += "analyze";
    connect(url).await.unwrap().batch_execute(&statement).await.unwrap();
    (top, [secrets[0].clone(), secrets[1].clone()])
}

/// Median and 99th percentile.
#[derive(Clone, Copy)]
struct Spread {
    median: Duration,
    p99: Duration,
}

async fn measure(mut work: impl AsyncFnMut()) -> Spread {
    for _ in 0..ROUNDS / 10 {
        work().await;
    }
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        work().await;
        times.push(start.elapsed());
    }
    times.sort();
    Spread { median: times[ROUNDS / 2], p99: times[ROUNDS * 99 / 100] }
}

fn milliseconds(duration: Duration) -> String {
    format!("{}.{:03}", duration.as_millis(), duration.as_micros() % 1000)
}

/// In hundredths.
fn ratio(of: Duration, to: Duration) -> String {
    let hundredths = of.as_nanos() * 100 / to.as_nanos().max(1);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

async fn run() {
    let cluster = PrivateCluster::start_temporary().await.unwrap();
    let url = migrations::prepare(&cluster, "bench").await.unwrap();
    let federation = FederationId::generate();
    let (top, secrets) = fill(&cluster.url("postgres", "bench"), federation).await;
    let pool = PoolSettings { url, role: DbRole::Service, size: 2, wait: Duration::from_secs(10) };
    let db = Db::new(&pool, Clock::System, Vault::of(Keyring::generate())).unwrap();
    let reaches = Reaches::default();
    let mut results = serde_json::Map::new();
    println!("| user | what | median ms | p99 ms |\n|---|---|---:|---:|");
    for (who, secret) in ["one role, whole federation", "three roles, organisation with 300 under it"].into_iter().zip(&secrets) {
        let credential = secret.credential();
        let known = authenticate(&db, &reaches, &credential).await.unwrap().unwrap();
        let caller = Caller::new(federation, known.login, known.grants, credential.clone(), Origin::default());
        let read = async || {
            let names = db.read(&caller, async |tx| bangfu::organisations::names(tx, &[OrganisationId(top)]).await).await.unwrap();
            assert_eq!(names.len(), 1);
        };
        let alone = measure(async || assert!(authenticate(&db, &reaches, &credential).await.unwrap().is_some())).await;
        let without = measure(async || read().await).await;
        let with = measure(async || {
            assert!(authenticate(&db, &reaches, &credential).await.unwrap().is_some());
            read().await;
        })
        .await;
        let mut figures = serde_json::Map::new();
        for (what, spread) in [("authenticating alone", alone), ("a read without it", without), ("the same read with it", with)] {
            println!("| {who} | {what} | {} | {} |", milliseconds(spread.median), milliseconds(spread.p99));
            figures.insert(what.to_owned(), json!({"median_ms": milliseconds(spread.median), "p99_ms": milliseconds(spread.p99)}));
        }
        let added = with.median.saturating_sub(without.median);
        println!("| {who} | added | {} | ×{} of the read |", milliseconds(added), ratio(with.median, without.median));
        figures.insert("added_median_ms".to_owned(), json!(milliseconds(added)));
        figures.insert("ratio".to_owned(), json!(ratio(with.median, without.median)));
        results.insert(who.to_owned(), figures.into());
    }
    std::fs::create_dir_all("target/bench").unwrap();
    std::fs::write(
        "target/bench/access.json",
        serde_json::to_string_pretty(&json!({"rounds": ROUNDS, "results": results})).unwrap() + "\n",
    )
    .unwrap();
    db.close();
    cluster.stop().await.unwrap();
}

fn main() {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(run());
}
