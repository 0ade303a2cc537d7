//! Rosters: versions, digests, locking, and what happens when a locked one is altered behind the service's back.

use diesel_async::SimpleAsyncConnection;
use serde_json::{Value, json};

use crate::support::aid::{Planned, listed, with};
use crate::support::{Aid, TestApp, run, world};

#[test]
fn the_digest_changes_with_any_change_of_the_plan() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let people = aid.persons(2).await;
        let (line, other) = (aid.line("1000").await, aid.line("1000").await);
        let plan = aid.paying(&line, &[(&people[0], "60"), (&people[1], "40")]);
        let drafted = aid.draft(&plan).await;
        let mut digests = vec![drafted.digest.clone()];
        for members in [
            json!({"name": "改名"}),
            json!({"period": "2023"}),
            json!({"cutoff_on": "2022-08-12"}),
            json!({"adjustment_method": "floor_residual"}),
            json!({"funding": [{"allocation_line_id": other}]}),
            json!({"funding": [{"allocation_line_id": line}, {"allocation_line_id": other}]}),
            json!({"tiers": [listed(&[(&people[0], "60"), (&people[1], "40.01")])]}),
            json!({"tiers": [listed(&[(&people[1], "40"), (&people[0], "60")])]}),
            json!({"tiers": [with(listed(&[(&people[0], "60"), (&people[1], "40")]), json!({"name": "另一名单"}))]}),
        ] {
            let path = format!("/v1/plans/{}", drafted.id);
            let version = app.get(&path).await.expect(200).header("etag").unwrap().to_owned();
            app.put(&path, &version, &with(plan.clone(), members)).await.expect(200);
            digests.push(aid.generate(&drafted.id).await.digest);
        }
        // The registry moves on: a death noted between two versions.
        let path = format!("/v1/persons/{}/death", people[1]);
        app.post(&path, &json!({"died_on": "2022-03-01"})).await.expect(200);
        digests.push(aid.generate(&drafted.id).await.digest);
        let all = digests.len();
        assert!(digests.iter().all(|digest| digest.len() == 64));
        digests.sort();
        digests.dedup();
        assert_eq!(digests.len(), all);
    });
}

#[test]
fn only_the_newest_roster_can_be_locked() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let person = aid.person().await;
        let line = aid.line("1000").await;
        let first = aid.draft(&aid.paying(&line, &[(&person, "60")])).await;
        let second = aid.generate(&first.id).await;
        assert_eq!((&first.view["version"], &second.view["version"]), (&json!(1), &json!(2)));
        let reply = aid.lock(&first).await.refused(409, "roster_not_newest");
        assert_eq!((&reply.body["version"], &reply.body["digest"]), (&json!(2), &json!(second.digest)));
        aid.lock(&second).await.expect(200);
        assert_eq!(app.get(&format!("/v1/plans/{}/rosters", first.id)).await.expect(200).body.as_array().unwrap().len(), 2);
    });
}

#[test]
fn a_roster_of_an_earlier_revision_of_the_plan_cannot_be_locked() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let person = aid.person().await;
        let line = aid.line("1000").await;
        let body = aid.paying(&line, &[(&person, "60")]);
        let plan = aid.draft(&body).await;
        let path = format!("/v1/plans/{}", plan.id);
        let tag = app.get(&path).await.header("etag").unwrap().to_owned();
        app.put(&path, &tag, &with(body.clone(), json!({"period": "2023"}))).await.expect(200);
        aid.lock(&plan).await.refused(409, "roster_not_newest");
        app.put(&path, &tag, &body).await.refused(412, "version_stale");
        let no_version = app.request(reqwest::Method::PUT, &path).json(&body);
        app.send(no_version).await.refused(428, "version_required");
    });
}

#[test]
fn a_plan_without_a_roster_or_with_nobody_on_it_cannot_be_locked() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("1000").await;
        let dead = aid.person_with(json!({"died_on": "2022-01-01"})).await["id"].as_str().unwrap().to_owned();
        let plan = aid.paying(&line, &[(&dead, "60")]);
        let id = app.post("/v1/plans", &plan).await.expect(201).id();
        let digest = json!({"digest": "0".repeat(64)});
        app.post(&format!("/v1/plans/{id}/lock"), &digest).await.refused(409, "roster_not_newest");
        let generated = aid.generate(&id).await;
        aid.lock(&generated).await.refused(422, "roster_empty");
    });
}

#[test]
fn a_locked_plan_does_not_change_and_a_change_is_a_new_version() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let person = aid.person().await;
        let line = aid.line("1000").await;
        let body = aid.paying(&line, &[(&person, "60")]);
        let plan = aid.draft(&body).await;
        let locked = aid.lock(&plan).await.expect(200);
        assert_eq!((&locked.body["status"], &locked.body["roster_id"]), (&json!("locked"), &json!(plan.roster)));
        let path = format!("/v1/plans/{}", plan.id);
        let tag = locked.header("etag").unwrap().to_owned();
        app.put(&path, &tag, &with(body.clone(), json!({"period": "2023"}))).await.refused(409, "plan_state");
        app.post(&format!("{path}/roster"), &json!({})).await.refused(409, "plan_state");
        let unlocked = app.post(&format!("{path}/unlock"), &json!({})).await.expect(200);
        assert_eq!((&unlocked.body["status"], &unlocked.body["roster_id"]), (&json!("draft"), &Value::Null));
        let again = aid.generate(&plan.id).await;
        assert_eq!(again.view["version"], 2);
        assert_ne!(again.digest, plan.digest);
        // The first version still says what it said.
        let old = app.get(&format!("/v1/rosters/{}", plan.roster)).await.expect(200).body;
        assert_eq!(old["digest"], json!(plan.digest));
    });
}

#[test]
fn what_the_registry_learns_after_locking_does_not_change_the_roster() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let person = aid.person().await;
        let line = aid.line("1000").await;
        let plan = aid.submitted(&aid.paying(&line, &[(&person, "60")])).await;
        let before = aid.entries(&plan).await;
        app.post(&format!("/v1/persons/{person}/death"), &json!({"died_on": "2022-08-01"})).await.expect(200);
        assert_eq!(aid.entries(&plan).await, before);
        // It does keep the roster from being approved: see `approvals/chain.rs`.
        aid.approve(&plan).await.refused(409, "registry_changed");
    });
}

/// Somebody else's name on each roster. Sums stay right, so that only the digest can tell.
const OTHER_NAME: &str = "alter table roster_entry disable trigger all;
    update roster_entry set registry = jsonb_set(registry, '{name}', '\"别人\"') where position = 1;";

/// A scratch database, so that what is tampered with there stays there: what is made in it, what its owner does, and what comes of it.
async fn behind_the_service<T>(make: impl AsyncFnOnce(&Aid) -> T, statement: &str, after: impl AsyncFnOnce(&Aid, &T)) {
    let scratch = world().scratch().await;
    let (db, address) = scratch.serve().await;
    let app = TestApp::on(db, address).await;
    let aid = Aid::new(&app).await;
    let made = make(&aid).await;
    app.finish().await;
    let mut owner = bangfu::db::connect(&scratch.owner_url).await.unwrap();
    owner.batch_execute(statement).await.unwrap();
    after(&aid, &made).await;
}

/// A plan that pays two persons 60 and 40.
async fn of_two(aid: &Aid) -> Value {
    let people = aid.persons(2).await;
    aid.paying(&aid.line("1000").await, &[(&people[0], "60"), (&people[1], "40")])
}

/// An approved plan that is tampered with.
async fn tampered(statement: &str, after: impl AsyncFnOnce(&Aid, &Planned)) {
    behind_the_service(async |aid| aid.approved(&of_two(aid).await).await, statement, after).await;
}

#[test]
fn a_roster_altered_behind_the_service_is_not_released_and_check_names_it() {
    world().block_on(async {
        tampered(OTHER_NAME, async |aid, plan| {
            aid.release(plan).await.refused(409, "roster_altered");
            assert_eq!(aid.status(plan).await, "approved");
            assert_eq!(aid.instructions(plan).await, Vec::<Value>::new());
            let found = aid.app.differences().await;
            assert!(found.iter().any(|difference| difference.what == "roster.digest" && difference.subject == plan.roster), "{found:?}");
            assert!(found.iter().any(|difference| difference.what.starts_with("roster_entry.the row as sealed")), "{found:?}");
        })
        .await;
    });
}

#[test]
fn an_account_swapped_in_a_locked_roster_is_noticed() {
    world().block_on(async {
        let swap = "update roster_entry e set payee_account_id =
            (select o.payee_account_id from roster_entry o where o.roster_id = e.roster_id and o.id <> e.id)";
        tampered(swap, async |aid, plan| {
            aid.release(plan).await.refused(409, "roster_altered");
        })
        .await;
    });
}

#[test]
fn the_money_of_a_locked_roster_swapped_for_other_money_is_noticed() {
    world().block_on(async {
        let swap = "update roster_funding set amount = amount + case when amount = 60 then -1 else 1 end";
        tampered(swap, async |aid, plan| {
            aid.release(plan).await.refused(409, "roster_altered");
            let found = aid.app.db.read(&aid.app.caller(), async |tx| bangfu::reconciliation::check(tx).await).await.unwrap();
            assert!(found.iter().any(|difference| difference.what == "roster.digest"), "{found:?}");
            assert!(found.iter().any(|difference| difference.what == "roster_funding of an entry"), "{found:?}");
        })
        .await;
    });
}

#[test]
fn an_altered_roster_passes_no_step() {
    world().block_on(async {
        let make = async |aid: &Aid| {
            let locked = aid.draft(&of_two(aid).await).await;
            aid.lock(&locked).await.expect(200);
            (aid.draft(&of_two(aid).await).await, locked, aid.submitted(&of_two(aid).await).await)
        };
        behind_the_service(make, OTHER_NAME, async |aid, (draft, locked, submitted)| {
            aid.lock(draft).await.refused(409, "roster_altered");
            aid.submit(locked).await.refused(409, "roster_altered");
            aid.approve(submitted).await.refused(409, "roster_altered");
            for (plan, status) in [(draft, "draft"), (locked, "locked"), (submitted, "in_review")] {
                assert_eq!(aid.status(plan).await, status);
            }
        })
        .await;
    });
}

#[test]
fn a_roster_altered_so_that_it_cannot_be_read_is_told_as_altered() {
    world().block_on(async {
        let nonsense = "alter table tier disable trigger all; update tier set population = '{\"kind\": \"nonsense\"}'";
        tampered(nonsense, async |aid, plan| {
            aid.release(plan).await.refused(409, "roster_altered");
        })
        .await;
    });
}
