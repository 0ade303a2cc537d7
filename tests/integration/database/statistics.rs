//! Statistics keep up with what one transaction writes (ADR 0023).

use bangfu::db;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use serde_json::Value;

use crate::support::aid::{bank_result, says};
use crate::support::jobs::owner_does;
use crate::support::registry::{card_number, identity_number};
use crate::support::{Aid, TestApp, sql, world};

const FEDERATION: &str = "01890000-0000-7000-8000-000000000001";

/// What the check of a foreign key asks, whose plan is kept as long as the connection.
const CHECK: &str =
    "select pg_temp.explained($$execute found('01890000-0000-7000-8000-000000000001', '01890000-0000-7000-8000-000000000001')$$)";

async fn persons(owner: &mut AsyncPgConnection, from: u32, to: u32) {
    let insert = format!(
        "insert into person (federation_id, created_at, id, name, sex, born_on, identity_number_sealed, identity_number_hash)
         select '{FEDERATION}', now(), gen_random_uuid(), 'n', 'male', '1970-01-01', '\\x00', sha256(n::text::bytea) from generate_series({from}, {to}) n"
    );
    owner.batch_execute(&insert).await.unwrap();
}

#[test]
fn a_plan_made_while_a_table_was_small_is_made_anew_once_the_table_has_grown_within_the_transaction() {
    world().block_on(async {
        let scratch = world().scratch().await;
        let mut owner = db::connect(&scratch.owner_url).await.unwrap();
        owner
            .batch_execute(&format!(
                "alter table person set (autovacuum_enabled = false);
                 set bangfu.act = '{FEDERATION}';
                 insert into federation (id, name, code, created_at) values ('{FEDERATION}', 'f', 'f', now());
                 create function pg_temp.explained(statement text) returns setof text language plpgsql as
                 $$ begin return query execute 'explain (costs off) ' || statement; end $$;
                 set plan_cache_mode = force_generic_plan;
                 prepare found (uuid, uuid) as select 1 from only person where federation_id = $1 and id = $2 for key share"
            ))
            .await
            .unwrap();
        persons(&mut owner, 1, 1).await;
        let small = sql::texts(&mut owner, CHECK).await.join("\n");
        owner.batch_execute("begin").await.unwrap();
        persons(&mut owner, 2, 5000).await;
        assert_eq!(sql::texts(&mut owner, CHECK).await.join("\n"), small, "it is kept, whatever it costs by now");
        assert_eq!(sql::texts(&mut owner, "select refresh_statistics()").await, ["person"]);
        let grown = sql::texts(&mut owner, CHECK).await.join("\n");
        assert!(grown.contains("person_pkey") && grown.contains("(id = $2)"), "{grown}");
        assert!(sql::texts(&mut owner, "select refresh_statistics()").await.is_empty(), "it has not grown since");
        owner.batch_execute("commit").await.unwrap();
    });
}

#[test]
fn a_table_that_somebody_else_is_analysing_is_not_waited_for() {
    world().block_on(async {
        let scratch = world().scratch().await;
        let mut owner = db::connect(&scratch.owner_url).await.unwrap();
        let made = format!(
            "alter table person set (autovacuum_enabled = false); set bangfu.act = '{FEDERATION}';
             insert into federation (id, name, code, created_at) values ('{FEDERATION}', 'f', 'f', now())"
        );
        owner.batch_execute(&made).await.unwrap();
        persons(&mut owner, 1, 5000).await;
        let mut other = db::connect(&scratch.owner_url).await.unwrap();
        // The lock that analysing takes.
        other.batch_execute("begin; lock table person in share update exclusive mode").await.unwrap();
        owner.batch_execute("set lock_timeout = '1ms'").await.unwrap();
        assert_eq!(sql::texts(&mut owner, "select refresh_statistics()").await, ["person"]);
        let analysed = "select reltuples::text from pg_class where relname = 'person'";
        assert_eq!(sql::texts(&mut owner, analysed).await, ["-1"], "left to the other");
        other.batch_execute("rollback").await.unwrap();
    });
}

/// Tables that one act after another fills by the thousand.
const FILLED: [&str; 4] = ["person", "roster_entry", "instruction", "evidence"];

#[test]
fn whoever_writes_rows_by_the_thousand_leaves_statistics_of_them() {
    world().block_on(async {
        let scratch = world().scratch().await;
        for table in FILLED {
            owner_does(&scratch.owner_url, &format!("alter table {table} set (autovacuum_enabled = false)")).await;
        }
        let (db, address) = scratch.serve().await;
        let app = TestApp::on(db, address).await;
        let aid = Aid::new(&app).await;
        let rows: String = (0..2000).map(|number| format!("李四{number},{},一卡通,{}\r\n", identity_number(), card_number())).collect();
        let report = app.report("/v1/persons/import", format!("姓名,身份证号码,账户类型,银行账号\r\n{rows}").as_bytes()).await;
        assert_eq!(report["taken"], 2000);
        let people = app.all("/v1/persons", 1000).await;
        let recipients: Vec<(&str, &str)> = people.iter().map(|person| (person["id"].as_str().unwrap(), "1")).collect();
        let plan = aid.sent(&aid.paying(&aid.line("10000").await, &recipients)).await;
        let payments = app.all(&format!("/v1/instructions?plan_id={}", plan.id), 1000).await;
        let said: Vec<Value> = payments.iter().map(|payment| says(payment, "settled", "2022-09-08")).collect();
        aid.evidence(&bank_result(&said)).await.expect(200);
        let mut owner = db::connect(&scratch.owner_url).await.unwrap();
        for table in FILLED {
            let known = sql::texts(&mut owner, &format!("select (reltuples > 0)::text from pg_class where relname = '{table}'")).await;
            assert_eq!(known, ["true"], "{table}");
        }
        app.finish().await;
    });
}
