//! Which statements a scenario spends its time in: `BENCH_STATEMENTS=20` prints the twenty dearest after each, from
//! `pg_stat_statements`. For finding out why something is slow; it costs some time itself.

use bangfu::db::cluster::{Durability, PrivateCluster};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Double, Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use super::server::Service;

fn wanted() -> Option<i64> {
    std::env::var("BENCH_STATEMENTS").ok()?.parse().ok()
}

/// Restarts a cluster with the library that counts, where that is wanted.
pub async fn count_them(cluster: PrivateCluster, directory: &std::path::Path) -> PrivateCluster {
    if wanted().is_none() {
        return cluster;
    }
    set(&cluster, &["shared_preload_libraries = 'pg_stat_statements'"]).await;
    cluster.stop().await.unwrap();
    let cluster = PrivateCluster::start(directory, Durability::Full).await.unwrap();
    // Those within functions as well. The library's settings are known once it is loaded.
    set(&cluster, &["pg_stat_statements.track = 'all'", "pg_stat_statements.track_planning = on"]).await;
    cluster
}

async fn set(cluster: &PrivateCluster, settings: &[&str]) {
    let mut connection = bangfu::db::connect(&cluster.url("postgres", "postgres")).await.unwrap();
    for setting in settings {
        connection.batch_execute(&format!("alter system set {setting}")).await.unwrap();
    }
    connection.batch_execute("select pg_reload_conf()").await.unwrap();
}

#[derive(QueryableByName)]
struct Statement {
    #[diesel(sql_type = BigInt)]
    calls: i64,
    #[diesel(sql_type = Double)]
    total: f64,
    #[diesel(sql_type = BigInt)]
    rows: i64,
    #[diesel(sql_type = Text)]
    query: String,
}

/// Prints the dearest since the last time, and forgets them.
pub async fn print(service: &Service, scenario: &str) {
    let Some(count) = wanted() else { return };
    let mut connection = bangfu::db::connect(&service.owner_url("bangfu")).await.unwrap();
    connection.batch_execute("create extension if not exists pg_stat_statements").await.unwrap();
    let rows: Vec<Statement> = diesel::sql_query(
        "select calls, total_exec_time + total_plan_time as total, rows, regexp_replace(left(query, 600), '\\s+', ' ', 'g') as query
         from pg_stat_statements order by total_exec_time + total_plan_time desc limit $1",
    )
    .bind::<BigInt, _>(count)
    .load(&mut connection)
    .await
    .unwrap();
    eprintln!("--- {scenario}");
    for Statement { calls, total, rows, query } in rows {
        eprintln!("{total:10.1} ms {calls:8} calls {rows:8} rows  {:.170}", query.as_str());
    }
    connection.batch_execute("select pg_stat_statements_reset()").await.unwrap();
}
