//! Hashing off the request path: nothing missed, nothing turned round, whatever commits late.

use std::time::Duration;

use bangfu::audit::note::Checkpoint;
use bangfu::audit::tree::verify_consistency;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use diesel_async::SimpleAsyncConnection;
use futures_util::future::join_all;
use serde_json::json;
use uuid::Uuid;

use super::{key, newest, opened, verified};
use crate::support::app::unique;
use crate::support::world::CHECKPOINTS;
use crate::support::{TestApp, run, sql, world};

/// An act of a superuser's connection that takes its log number and commits much later.
async fn slow_act(app: &TestApp, seconds: &str) {
    let mut owner = sql::owner().await;
    let (federation, act) = (app.federation, Uuid::now_v7());
    let statement = format!(
        "begin; set local bangfu.federation = '{federation}'; set local bangfu.act = '{act}';
         select act_begin('{federation}', '{federation}', array['{act}']::uuid[], null);
         insert into document (federation_id, id, issuer, number, title, kind, issued_on, created_at)
         values ('{federation}', '{act}', '慢', '{act}', '慢', 'notice', '2022-01-01', now());
         select {told};
         select audit_append('{federation}');
         select pg_sleep({seconds}); commit",
        told = sql::tell(federation, &format!("'{act}'"), "slow", "done")
    );
    owner.batch_execute(&statement).await.unwrap();
}

#[test]
fn no_number_is_missed_and_none_turned_round_when_slow_transactions_commit_under_load() {
    run(async |app| {
        let sealer = app.sealer();
        let posting = async |at: usize| {
            for _ in 0..12 {
                app.document(&unique(&format!("并发{at}"))).await;
            }
        };
        let slow = async |seconds: &str| {
            for _ in 0..3 {
                slow_act(app, seconds).await;
            }
        };
        let sealing = async {
            let mut sizes = Vec::new();
            for _ in 0..40 {
                if let Some(checkpoint) = sealer.seal_any(app.federation).await.unwrap() {
                    sizes.push(checkpoint.size);
                }
                tokio::time::sleep(Duration::from_millis(15)).await;
            }
            sizes
        };
        let (_, _, _, sizes) = tokio::join!(join_all((0..4).map(posting)), slow("0.15"), slow("0.05"), sealing);
        assert!(sizes.windows(2).all(|pair| pair[0] <= pair[1]), "{sizes:?}");
        let last = sealer.seal(app.federation).await.unwrap().size;
        assert!(last >= 4 * 12 + 6, "{last}");
        let mut owner = sql::owner().await;
        let query = |from: &str| format!("select {from} where federation_id = '{}'", app.federation);
        let sealed = sql::texts(&mut owner, &query("count(*) || ' to ' || max(log_number) from sealed_leaf")).await;
        assert_eq!(sealed, [format!("{last} to {last}")], "every number once");
        let events = sql::texts(&mut owner, &query("count(*) from audit_event")).await;
        let logged = sql::texts(&mut owner, &query("count(audit_event_id) from ledger_log")).await;
        assert_eq!(events, logged);
        let verified = verified(app).await;
        assert_eq!(verified.failures, []);
        assert!(verified.checkpoints > 3, "sealed while they committed: {}", verified.checkpoints);
    });
}

#[test]
fn a_checkpoint_stands_in_the_database_and_in_a_file_that_is_never_written_again() {
    run(async |app| {
        app.document(&unique("一")).await;
        let first = newest(app).await;
        let file = CHECKPOINTS.join(app.federation.to_string()).join(format!("{:012}.txt", first["size"].as_i64().unwrap()));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), first["note"].as_str().unwrap());
        assert_eq!(newest(app).await, first, "nothing new, nothing signed");
        std::fs::write(&file, "changed").unwrap();
        app.document(&unique("二")).await;
        let second = newest(app).await;
        assert!(second["size"].as_i64() > first["size"].as_i64());
        newest(app).await;
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "changed", "a file outside is not touched again");
        let one = app.get(&format!("/v1/audit/checkpoints/{}", first["size"])).await.expect(200).body;
        assert_eq!(one, first);
        app.get("/v1/audit/checkpoints/0").await.refused(404, "not_found");
        app.get("/v1/audit/checkpoints/x").await.refused(404, "not_found");
        assert_eq!(opened(app, &second).root.to_vec(), STANDARD.decode(second["root"].as_str().unwrap()).unwrap());
    });
}

#[test]
fn checkpoints_are_paged_from_the_newest_on() {
    run(async |app| {
        for _ in 0..3 {
            app.document(&unique("文")).await;
            newest(app).await;
        }
        let first = app.get("/v1/audit/checkpoints?limit=2").await.expect(200).body;
        assert_eq!((first["items"].as_array().unwrap().len(), first["count"].as_i64()), (2, Some(3)));
        let rest = app.get(&format!("/v1/audit/checkpoints?limit=2&below={}", first["next_below"])).await.expect(200).body;
        assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next_below"]), (1, &json!(null)));
        app.get("/v1/audit/checkpoints?page=2").await.refused(400, "parameter_invalid");
    });
}

#[test]
fn a_newer_checkpoint_keeps_everything_of_an_older_one_and_proves_it() {
    run(async |app| {
        let mut checkpoints = Vec::new();
        for count in [1, 2, 5, 9] {
            for _ in 0..count {
                app.document(&unique("文")).await;
            }
            checkpoints.push(newest(app).await);
        }
        for older in &checkpoints {
            for newer in checkpoints.iter().filter(|newer| newer["size"].as_u64() >= older["size"].as_u64()) {
                let path = format!("/v1/audit/consistency?from={}&to={}", older["size"], newer["size"]);
                let proof = app.get(&path).await.expect(200).body;
                let hashes: Vec<[u8; 32]> = proof["path"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|hash| STANDARD.decode(hash.as_str().unwrap()).unwrap().try_into().unwrap())
                    .collect();
                let (old, new): (Checkpoint, Checkpoint) = (opened(app, &proof["from"]), opened(app, &proof["to"]));
                assert!(verify_consistency(old.size, new.size, &hashes, &old.root, &new.root), "{path}");
                assert!(old == new || !verify_consistency(old.size, new.size, &hashes, &new.root, &new.root));
            }
        }
        let (first, last) = (&checkpoints[0]["size"], &checkpoints[3]["size"]);
        app.get(&format!("/v1/audit/consistency?from={last}&to={first}")).await.refused(422, "checkpoints_turned_round");
        app.get(&format!("/v1/audit/consistency?from=0&to={last}")).await.refused(404, "not_found");
        app.get(&format!("/v1/audit/consistency?from={first}")).await.refused(400, "parameter_invalid");
    });
}

#[test]
fn the_service_seals_every_federation_by_itself_and_each_log_has_its_own_origin() {
    world().block_on(async {
        let scratch = world().scratch().await;
        let (db, address) = scratch.serve().await;
        let (one, other) = (TestApp::on(db.clone(), address).await, TestApp::on(db.clone(), address).await);
        bangfu::app::seal_all(&db, &one.sealer()).await.unwrap();
        let mut owner = bangfu::db::connect(&scratch.owner_url).await.unwrap();
        let sizes = sql::texts(&mut owner, "select federation_id::text from checkpoint").await;
        let service = Uuid::nil().to_string();
        for federation in [one.federation.to_string(), other.federation.to_string(), service] {
            assert!(sizes.contains(&federation), "{federation}: {sizes:?}");
        }
        let note = newest(&one).await["note"].as_str().unwrap().to_owned();
        assert!(Checkpoint::open(&note, &key(&one)).is_ok() && Checkpoint::open(&note, &key(&other)).is_err());
        one.finish().await;
        other.finish().await;
    });
}

#[test]
fn a_log_over_several_batches_of_the_sealer_is_one_tree() {
    run(async |app| {
        let mut owner = sql::owner().await;
        let federation = app.federation;
        // Six hundred acts at once: more than the sealer takes in one transaction, and more than two tiles.
        let statement = format!(
            "do $$
             declare v_act uuid;
             begin
                 perform set_config('bangfu.federation', '{federation}', true);
                 for i in 1..600 loop
                     v_act := gen_random_uuid();
                     perform set_config('bangfu.act', v_act::text, true);
                     perform act_begin('{federation}', '{federation}', array[v_act], null);
                     perform {told};
                     perform audit_append('{federation}');
                 end loop;
             end $$",
            told = sql::tell(federation, "v_act", "many", "done")
        );
        owner.batch_execute(&statement).await.unwrap();
        let verified = verified(app).await;
        assert_eq!(verified.failures, []);
        assert!(verified.entries >= 600, "{}", verified.entries);
    });
}
