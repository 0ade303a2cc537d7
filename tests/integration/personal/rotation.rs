//! Changing the key while the service serves, and what `check` finds of sealed values.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bangfu::db::cluster::PrivateCluster;
use bangfu::db::vault::read_file;
use diesel_async::SimpleAsyncConnection;
use serde_json::json;

use super::program::{Service, data_directory};
use super::{Somebody, lives};
use crate::support::{TestApp, sql, world};

fn keys(data: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bangfu"));
    for inherited in ["LC_ALL", "DATABASE_URL", "BANGFU_KEY_FILE", "BANGFU_KEYS"] {
        command.env_remove(inherited);
    }
    command.env("LANG", "en_US.UTF-8").env("BANGFU_DATA_DIR", data).arg("keys").args(arguments).output().unwrap()
}

/// The ids of the keys that sealed something, asked of the database itself.
async fn used(owner_url: &str) -> BTreeSet<String> {
    let mut owner = bangfu::db::connect(owner_url).await.unwrap();
    let columns = bangfu::personal::columns::SEALED.iter().map(|column| {
        format!("select encode(substring({0} from 2 for 4), 'hex') from {1} where {0} is not null", column.sealed, column.table)
    });
    sql::texts(&mut owner, &columns.collect::<Vec<_>>().join(" union ")).await.into_iter().collect()
}

#[test]
fn a_key_is_rotated_while_requests_run_and_nothing_keeps_the_old_one() {
    let data = data_directory("keys-rotated");
    let file = data.with_file_name("keys-rotated.keys");
    world().block_on(async {
        let mut service = Service::start(&data, &[]);
        let app = TestApp::on(world().db.clone(), service.address).await;
        let (somebody, reported) = (Somebody::new("欧阳静珍"), Somebody::new("罗永强"));
        lives(&app, &somebody, &reported).await;
        for _ in 0..250 {
            app.person("测试甲").await;
        }
        let old = read_file(&file).unwrap().active();
        let over = Arc::new(AtomicBool::new(false));
        let (busy, stop) = (app.clone(), over.clone());
        let requests = tokio::spawn(async move {
            let mut made = 0;
            while !stop.load(Ordering::Relaxed) {
                let somebody = Somebody::new("测试乙");
                let person = busy.post("/v1/persons", &somebody.body()).await.expect(201).id();
                let phone = json!({"phone": "19912345678"});
                busy.put(&format!("/v1/persons/{person}"), "\"1\"", &phone).await.expect(200);
                assert_eq!(busy.found(json!({"identity_number": somebody.number})).await.len(), 1);
                made += 1;
            }
            made
        });
        let (place, rotated) = (data.clone(), tokio::task::spawn_blocking);
        let output = rotated(move || keys(&place, &["rotate"])).await.unwrap();
        over.store(true, Ordering::Relaxed);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(requests.await.unwrap() > 3, "requests ran all the while");
        let ring = read_file(&file).unwrap();
        let new = ring.active();
        assert_ne!(new, old);
        let owner = PrivateCluster::served_by_another(&data, "postgres", "bangfu").unwrap();
        assert_eq!(used(&owner).await, BTreeSet::from([new.to_string()]));
        // The running service took the key up, and opens everything.
        assert_eq!(app.all("/v1/persons", 500).await.iter().filter(|row| row["phone"].is_null()).count(), 0);
        let asked = json!({"reason": "核对", "fields": ["identity_number"]});
        let person = app.found(json!({"identity_number": somebody.number})).await[0]["id"].as_str().unwrap().to_owned();
        let seen = app.post(&format!("/v1/persons/{person}/reveal"), &asked).await.expect(200);
        assert_eq!(seen.body["identity_number"], somebody.number);
        let place = data.clone();
        let listed = tokio::task::spawn_blocking(move || keys(&place, &["list"])).await.unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        assert!(listed.contains(&format!("{old}\tdata\t0\tretired")) && listed.contains("\tactive"), "{listed}");
        let secrets = std::fs::read_to_string(&file).unwrap();
        let secrets = secrets.lines().filter(|line| line.starts_with("data") || line.starts_with("index"));
        assert!(secrets.map(|line| line.split(' ').next_back().unwrap()).all(|secret| !listed.contains(secret)), "{listed}");
        // Again, and the keys that seal nothing any more go.
        let place = data.clone();
        let output = tokio::task::spawn_blocking(move || keys(&place, &["rotate", "--forget"])).await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let ring = read_file(&file).unwrap();
        assert_eq!(ring.data_ids().count(), 1);
        assert_eq!(used(&owner).await, BTreeSet::from([ring.active().to_string()]));
        app.found(json!({"phone": somebody.phone})).await;
        service.stop();
        let check = Command::new(env!("CARGO_BIN_EXE_bangfu"))
            .env("LANG", "en_US.UTF-8")
            .env("BANGFU_DATA_DIR", &data)
            .env_remove("DATABASE_URL")
            .env_remove("BANGFU_KEY_FILE")
            .arg("check")
            .output()
            .unwrap();
        assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stdout));
    });
}

#[test]
fn an_interrupted_rotation_goes_on_with_the_key_it_made() {
    let data = data_directory("keys-interrupted");
    let file = data.with_file_name("keys-interrupted.keys");
    world().block_on(async {
        let mut service = Service::start(&data, &[]);
        let app = TestApp::on(world().db.clone(), service.address).await;
        app.person("测试甲").await;
        // As a rotation leaves it that was killed right after it wrote the file.
        let mut ring = read_file(&file).unwrap();
        let made = ring.renew();
        bangfu::db::vault::write_file(&file, &ring, true).unwrap();
        app.person("测试乙").await;
        let owner = PrivateCluster::served_by_another(&data, "postgres", "bangfu").unwrap();
        assert_eq!(used(&owner).await.len(), 2, "one was sealed by each key");
        let place = data.clone();
        let output = tokio::task::spawn_blocking(move || keys(&place, &["rotate"])).await.unwrap();
        assert!(output.status.success() && String::from_utf8_lossy(&output.stderr).contains("Going on"));
        assert_eq!(used(&owner).await, BTreeSet::from([made.to_string()]));
        service.stop();
    });
}

#[test]
fn check_names_a_sealed_value_that_was_moved_altered_or_does_not_fit_its_hash_or_commitment() {
    world().block_on(async {
        let scratch = world().scratch().await;
        let (db, address) = scratch.serve().await;
        let app = TestApp::on(db, address).await;
        lives(&app, &Somebody::new("欧阳静珍"), &Somebody::new("罗永强")).await;
        app.person("测试甲").await;
        app.finish().await;
        let mut owner = bangfu::db::connect(&scratch.owner_url).await.unwrap();
        let ones = "select * from person order by id limit 1";
        let swapped = format!("update person p set phone_sealed = q.phone_sealed from ({ones}) q where p.id <> q.id");
        for (tampering, undo, expected) in [
            (swapped.as_str(), "phone_sealed", "person.phone_sealed"),
            ("update person set phone_hash = sha256(phone_hash)", "phone_hash", "person.phone_hash"),
            (
                "update person set identity_number_sealed = set_byte(identity_number_sealed, 40, get_byte(identity_number_sealed, 40) # 1)",
                "identity_number_sealed",
                "person.identity_number_sealed",
            ),
            ("update payee_account set number_sealed = 'nothing sealed'", "number_sealed", "payee_account.number_sealed"),
            (
                "update transfer_feedback set identity_number_commitment = sha256('')",
                "identity_number_commitment",
                "transfer_feedback.identity_number_commitment",
            ),
            (
                "update transfer_feedback set identity_number_hash = sha256('')",
                "identity_number_hash",
                "transfer_feedback.identity_number_hash",
            ),
            (
                "update evidence set raw_text_commitment = sha256('') where raw_text_sealed is not null",
                "raw_text_commitment",
                "evidence.raw_text_commitment",
            ),
        ] {
            let table = expected.split('.').next().unwrap();
            owner.batch_execute(&format!("create temporary table kept as select * from {table}; {tampering}")).await.unwrap();
            let found = app.db.read(&app.caller(), async |tx| bangfu::reconciliation::check(tx).await).await.unwrap();
            assert!(found.iter().any(|difference| difference.what == expected), "{tampering}: {found:#?}");
            let restore = format!("update {table} t set {undo} = k.{undo} from kept k where k.id = t.id; drop table kept");
            owner.batch_execute(&restore).await.unwrap();
        }
        app.finish().await;
    });
}

#[test]
fn the_service_itself_cannot_put_another_number_in_place_of_one() {
    world().block_on(async {
        let scratch = world().scratch().await;
        let (db, address) = scratch.serve().await;
        let app = TestApp::on(db.clone(), address).await;
        app.person("测试甲").await;
        let mut service = db.connection().await.unwrap();
        let here = format!("set bangfu.federation = '{}'", app.federation);
        service.batch_execute(&here).await.unwrap();
        for statement in [
            "update payee_account set number_hash = sha256('another')",
            "update payee_account set number_sealed = 'another'",
            "update person set identity_number_hash = sha256('another')",
            "update transfer_feedback set identity_number_sealed = 'another'",
            "update evidence set raw_text_sealed = null",
        ] {
            assert!(service.batch_execute(statement).await.is_err(), "{statement}");
        }
        app.finish().await;
    });
}

#[test]
fn the_list_of_sealed_columns_is_that_of_the_database() {
    world().block_on(async {
        let mut owner = sql::owner().await;
        let columns = sql::texts(
            &mut owner,
            "select table_name || '.' || column_name from information_schema.columns
             where table_schema = 'public' and column_name like '%\\_sealed' order by 1",
        )
        .await;
        let mut listed: Vec<String> =
            bangfu::personal::columns::SEALED.iter().map(|column| format!("{}.{}", column.table, column.sealed)).collect();
        listed.sort();
        assert_eq!(listed, columns);
    });
}

#[test]
fn the_migration_refuses_data_in_clear_and_cannot_be_undone_with_data() {
    const UP: &str = include_str!("../../../migrations/2026-11-25-001100_personal_data/up.sql");
    const DOWN: &str = include_str!("../../../migrations/2026-11-25-001100_personal_data/down.sql");
    world().block_on(async {
        let scratch = world().scratch().await;
        let (db, address) = scratch.serve().await;
        let app = TestApp::on(db, address).await;
        app.person("测试甲").await;
        let mut owner = bangfu::db::connect(&scratch.owner_url).await.unwrap();
        let error = owner.batch_execute(DOWN).await.unwrap_err().to_string();
        assert!(error.contains("cannot decrypt"), "{error}");
        app.finish().await;

        // As it was before the step, with somebody in it.
        let scratch = world().scratch().await;
        let mut owner = bangfu::db::connect(&scratch.owner_url).await.unwrap();
        owner.batch_execute(DOWN).await.unwrap();
        let clear = "insert into federation (id, name, code, created_at) values (gen_random_uuid(), '测试', 'test', now());
                     insert into person (federation_id, id, name, identity_number, sex, born_on, created_at)
                     select id, gen_random_uuid(), '测试甲', '510599199001010017', 'male', '1990-01-01', now() from federation where code = 'test'";
        owner.batch_execute(clear).await.unwrap();
        let error = owner.batch_execute(UP).await.unwrap_err().to_string();
        assert!(error.contains("in clear") && !error.contains("5105"), "{error}");
        owner.batch_execute("delete from person").await.unwrap();
        owner.batch_execute(UP).await.unwrap();
    });
}
