//! Each column of each sealed table, edited as superuser: `check` names the row, and so does `verify` on an export.

use std::collections::{BTreeMap, BTreeSet};

use bangfu::audit::tables::{CURRENT, Form, Table, edition};
use bangfu::audit::verify::{MOVES, STEPS};
use bangfu::kernel::FederationId;
use bangfu::payments::InstructionStatus;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use uuid::Uuid;

use super::{busy, newest, verified};
use crate::support::{TestApp, sql, world};

/// What the leaf itself covers: whose log it is, and which act wrote the row.
const OF_THE_LEAF: [&str; 2] = ["federation_id", "act_id"];

async fn columns_of(owner: &mut AsyncPgConnection, table: &str) -> BTreeMap<String, String> {
    let query = format!(
        "select a.attname::text as name, format_type(coalesce(nullif(t.typbasetype, 0), a.atttypid), null) as type
         from pg_attribute a join pg_type t on t.oid = a.atttypid
         where a.attrelid = '{table}'::regclass and a.attnum > 0 and not a.attisdropped"
    );
    let text = |row: &sql::Row, name: &str| row[name].as_str().unwrap().to_owned();
    sql::rows(owner, &query).await.iter().map(|row| (text(row, "name"), text(row, "type"))).collect()
}

#[test]
fn no_sealed_table_and_no_column_of_one_is_forgotten() {
    world().block_on(async {
        let mut owner = sql::owner().await;
        let query = "select c.relname::text from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
                       and (obj_description(c.oid, 'pg_class') ~ '\\msealed\\M'
                            or exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'act_id' and not a.attisdropped))";
        let sealed: BTreeSet<String> = sql::texts(&mut owner, query).await.into_iter().collect();
        let mut listed: BTreeSet<String> = edition(CURRENT).unwrap().iter().map(|table| table.name.to_owned()).collect();
        // The order of the leaves is the log.
        listed.insert("ledger_log".to_owned());
        let missing: Vec<_> = sealed.symmetric_difference(&listed).collect();
        assert!(missing.is_empty(), "sealed by their comment or with an act, and not in audit/tables.rs, or the other way: {missing:?}");
        for table in edition(CURRENT).unwrap() {
            let there: BTreeSet<String> = columns_of(&mut owner, table.name).await.into_keys().collect();
            let covered = table.columns.iter().map(|(name, _)| *name).chain(table.uncovered.iter().map(|(name, _)| *name));
            let known: BTreeSet<String> = covered.chain(OF_THE_LEAF).map(str::to_owned).filter(|name| there.contains(name)).collect();
            let forgotten: Vec<_> = there.difference(&known).collect();
            assert!(forgotten.is_empty(), "{}: {forgotten:?}", table.name);
            let gone: Vec<_> = table.columns.iter().filter(|(name, _)| !there.contains(*name)).collect();
            assert!(gone.is_empty(), "{}: {gone:?} are no columns", table.name);
        }
    });
}

#[test]
fn the_verifier_knows_the_moves_and_steps_that_the_service_knows() {
    world().block_on(async {
        let mut owner = sql::owner().await;
        let moves = sql::texts(&mut owner, "select kind || ' ' || from_account || ' ' || to_account from ledger_move").await;
        let known = MOVES.iter().map(|(kind, from, to)| format!("{kind} {from} {to}"));
        assert_eq!(moves.into_iter().collect::<BTreeSet<_>>(), known.collect::<BTreeSet<_>>());
    });
    use InstructionStatus::{Bounced, Failed, GivenUp, Pending, Reissued, Sent, Settled, Unknown};
    let all = [Pending, Sent, Settled, Failed, Unknown, Bounced, Reissued, GivenUp];
    let name = |status: InstructionStatus| if status == Pending { "released" } else { status.name() };
    let mut steps = BTreeSet::new();
    for next in all {
        for status in all.map(Some).into_iter().chain([None]) {
            if bangfu::payments::may_follow(status, next) {
                steps.insert((status.map_or("", name), name(next)));
            }
        }
    }
    assert_eq!(steps, STEPS.iter().copied().collect());
}

/// Another value of a column.
fn other(form: Form, kind: &str, column: &str) -> String {
    match form {
        Form::Uuid => format!("'{}'", Uuid::now_v7()),
        Form::Date => format!("coalesce({column}, '2022-05-05') + 1"),
        Form::Moment => format!("coalesce({column}, now()) + interval '1 microsecond'"),
        Form::Integer if kind == "smallint" => format!("(coalesce({column}, 0) + 7)::int2"),
        Form::Integer => format!("coalesce({column}, 0) + 7"),
        Form::Yuan | Form::Number => format!("coalesce({column}, 0) + 0.01"),
        Form::Bool => format!("not coalesce({column}, false)"),
        Form::Json => format!("coalesce({column}, '{{}}') || '{{\"tampered\": 1}}'"),
        Form::Texts => format!("coalesce({column}, '{{}}') || array['tampered']"),
        Form::Bytes => format!("coalesce({column}, '') || '\\x00'"),
        Form::Text => format!("coalesce({column}, '') || 'x'"),
    }
}

/// Lets a superuser do what constraints and triggers forbid.
async fn unguard(owner: &mut AsyncPgConnection, tables: &[&str]) {
    owner.batch_execute("set session_replication_role = replica").await.unwrap();
    for table in tables {
        let checks = format!("select conname::text from pg_constraint where conrelid = '{table}'::regclass and contype = 'c'");
        for check in sql::texts(owner, &checks).await {
            owner.batch_execute(&format!("alter table {table} drop constraint {check}")).await.unwrap();
        }
    }
}

/// The key of the first row of a table of a federation.
async fn first_key(owner: &mut AsyncPgConnection, table: &Table, federation: FederationId) -> Option<(String, String)> {
    let key = |prefix: &str| table.key.iter().map(|column| format!("{prefix}{column}::text")).collect::<Vec<_>>().join(" || ' ' || ");
    let query = format!(
        "select {} || '|' || ctid::text from {} where federation_id = '{federation}' order by {} limit 1",
        key(""),
        table.name,
        table.key.join(", ")
    );
    let found = sql::texts(owner, &query).await.pop()?;
    let (key, place) = found.rsplit_once('|').unwrap();
    Some((key.to_owned(), place.to_owned()))
}

/// Whether `check` and `verify` name the row, by its key before or after.
async fn named(app: &TestApp, table: &str, keys: &[String]) -> (bool, bool) {
    let of_table = |text: &str| text.split('.').next().is_some_and(|name| name == table);
    let known = |subject: &str| keys.iter().any(|key| subject.contains(key.as_str()));
    let check = app.differences().await.iter().any(|difference| of_table(&difference.what) && known(&difference.subject));
    let verify = verified(app).await.failures.iter().any(|failure| failure.table == table && known(&failure.key));
    (check, verify)
}

#[test]
fn whatever_a_superuser_edits_is_named_by_check_and_verify() {
    world().block_on(async {
        let scratch = world().scratch().await;
        let (db, address) = scratch.serve().await;
        let app = TestApp::on(db.clone(), address).await;
        let other_app = TestApp::on(db, address).await;
        busy(&app).await;
        newest(&app).await;
        assert_eq!(verified(&app).await.failures, []);
        assert!(app.differences().await.is_empty());
        let mut owner = bangfu::db::connect(&scratch.owner_url).await.unwrap();
        let tables = edition(CURRENT).unwrap();
        unguard(&mut owner, &tables.iter().map(|table| table.name).collect::<Vec<_>>()).await;
        let (mut tried, mut unnoticed, mut empty) = (0, Vec::new(), Vec::new());
        for table in tables {
            let kinds = columns_of(&mut owner, table.name).await;
            let name = table.name;
            owner.batch_execute(&format!("create temp table kept as select * from {name}")).await.unwrap();
            let mut columns: Vec<(&str, Form)> = table.columns.to_vec();
            columns.extend(OF_THE_LEAF.into_iter().filter(|column| kinds.contains_key(*column)).map(|column| (column, Form::Uuid)));
            for (column, form) in columns {
                let Some((before, place)) = first_key(&mut owner, table, app.federation).await else {
                    empty.push(name);
                    break;
                };
                let value = match column {
                    "federation_id" => format!("'{}'", other_app.federation),
                    _ => other(form, &kinds[column], column),
                };
                let key = table.key.iter().map(|column| format!("{column}::text")).collect::<Vec<_>>().join(" || ' ' || ");
                owner.batch_execute(&format!("update {name} set {column} = {value} where ctid = '{place}'")).await.unwrap();
                let new = format!("select key from (select {key} as key from {name} except select {key} as key from kept) k");
                let mut keys = sql::texts(&mut owner, &new).await;
                keys.push(before);
                let mut found = named(&app, name, &keys).await;
                if column == "federation_id" {
                    // The row has gone to another federation, which does not know its act.
                    let there = named(&other_app, name, &keys).await;
                    found = (found.0 || there.0, found.1 || there.1);
                }
                if found != (true, true) {
                    unnoticed.push(format!("{name}.{column}: check {}, verify {}", found.0, found.1));
                }
                owner.batch_execute(&format!("delete from {name}; insert into {name} select * from kept")).await.unwrap();
                tried += 1;
            }
            owner.batch_execute("drop table kept").await.unwrap();
        }
        assert!(unnoticed.is_empty(), "{unnoticed:#?}");
        assert!(empty.is_empty(), "no row to edit in {empty:?}");
        assert!(tried > 200, "{tried}");
        assert_eq!(verified(&app).await.failures, [], "everything was put back");
        app.finish().await;
    });
}

#[test]
fn what_follows_from_the_log_is_named_when_it_is_edited() {
    world().block_on(async {
        let scratch = world().scratch().await;
        let (db, address) = scratch.serve().await;
        let app = TestApp::on(db, address).await;
        busy(&app).await;
        app.finish().await;
        newest(&app).await;
        let mut owner = bangfu::db::connect(&scratch.owner_url).await.unwrap();
        unguard(&mut owner, &["ledger_balance", "ledger_day", "instruction", "transfer_down", "batch", "sealed_leaf", "log_tile", "ledger_log"]).await;
        for (edit, undo, what) in [
            ("update ledger_balance set disbursed = disbursed + 1", "update ledger_balance set disbursed = disbursed - 1", "ledger_balance"),
            ("update beneficiary_day set persons = persons + 1", "update beneficiary_day set persons = persons - 1", "beneficiary_day"),
            ("update beneficiary_part set person = person || '\\x00' where person is not null", "update beneficiary_part set person = substr(person, 1, length(person) - 1) where person is not null", "beneficiary_part"),
            ("update log_tile set hashes = set_byte(hashes, 0, get_byte(hashes, 0) # 255)", "", "log_tile"),
            ("update checkpoint set note = replace(note, 'bangfu/', 'bangfv/')", "update checkpoint set note = replace(note, 'bangfv/', 'bangfu/')", "checkpoint"),
            ("update sealed_leaf set leaf_hash = row_hashes where octet_length(row_hashes) = 32", "", "sealed_leaf"),
        ] {
            owner.batch_execute("create temp table leaves as select * from sealed_leaf; create temp table tiles as select * from log_tile").await.unwrap();
            owner.batch_execute(edit).await.unwrap();
            let differences = app.differences().await;
            assert!(differences.iter().any(|difference| difference.what.starts_with(what)), "{edit}: {differences:#?}");
            let back = "delete from sealed_leaf; insert into sealed_leaf select * from leaves; delete from log_tile; insert into log_tile select * from tiles; drop table leaves; drop table tiles";
            owner.batch_execute(&format!("{undo}; {back}")).await.unwrap();
            assert!(app.differences().await.is_empty(), "{edit} was undone");
        }
        for edit in ["update instruction set status = 'failed' where status = 'settled'", "update transfer_down set reported = 0", "update ledger_balance set available = available + 1"] {
            owner.batch_execute(edit).await.unwrap();
            let table = edit.split(' ').nth(1).unwrap();
            let failures = verified(&app).await.failures;
            assert!(failures.iter().any(|failure| failure.table == table), "{edit}: {failures:#?}");
        }
    });
}
