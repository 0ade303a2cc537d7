//! What workers do with leases: on a service of one's own whose jobs are done when the test says so.

use bangfu::kernel::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Line, file, head};
use crate::support::jobs::{Held, cancelled_while_writing, overtaken, owner_does, take_away, unattended, worker};
use crate::support::{TestApp, sql};

const HOUSEHOLDS: &str = "/v1/households/import";

async fn started(app: &TestApp, number: &str) -> String {
    app.upload(HOUSEHOLDS, "a.csv", &file(&[head(number, &Line::new("甲一"))])).await.expect(202).id()
}

async fn job(app: &TestApp, id: &str) -> Value {
    app.get_as(Role::Maker, &format!("/v1/jobs/{id}")).await.expect(200).body
}

async fn households(app: &TestApp) -> u64 {
    app.get("/v1/households?limit=1").await.expect(200).body["totals"]["count"].as_u64().unwrap()
}

#[test]
fn a_job_waits_for_a_worker_and_is_done_once() {
    unattended(async |aid, _| {
        let app = &aid.app;
        let id = started(app, "N-1").await;
        assert_eq!(job(app, &id).await["state"], "queued");
        assert!(worker(app).work(app.federation).await.unwrap());
        assert!(!worker(app).work(app.federation).await.unwrap(), "there is nothing more to do");
        assert_eq!((&job(app, &id).await["state"], households(app).await), (&json!("succeeded"), 1));
    });
}

#[test]
fn a_job_whose_worker_is_gone_is_taken_up_again_and_one_under_lease_is_not() {
    unattended(async |aid, owner| {
        let app = &aid.app;
        let id = started(app, "N-1").await;
        let leased = |ends: &str| {
            format!("update job set state = 'running', attempts = 1, lease_id = gen_random_uuid(), lease_until = clock_timestamp() {ends}")
        };
        owner_does(owner, &leased("+ interval '1 hour'")).await;
        assert!(!worker(app).work(app.federation).await.unwrap(), "somebody has it");
        owner_does(owner, &leased("- interval '1 second'")).await;
        assert!(worker(app).work(app.federation).await.unwrap());
        assert_eq!((&job(app, &id).await["state"], households(app).await), (&json!("succeeded"), 1));
    });
}

#[test]
fn an_import_whose_role_was_taken_away_while_its_file_was_read_is_refused_and_changes_nothing() {
    unattended(async |aid, owner| {
        let app = &aid.app;
        let id = started(app, "N-1").await;
        // It has its permit by then, and no act yet: the names of regions are read before the file.
        let held = Held::from_readers(owner, "region").await;
        let meanwhile = async {
            Held::awaited(owner, "region").await;
            take_away(app, owner, Role::Maker).await;
            held.let_go().await;
        };
        let ended = tokio::join!(app.worked(Role::Maker, &id), meanwhile).0;
        assert_eq!((&ended["state"], &ended["problem"]["code"]), (&json!("failed"), &json!("permission_denied")), "{ended}");
        let mut reader = bangfu::db::connect(owner).await.unwrap();
        assert_eq!(sql::texts(&mut reader, "select count(*)::text from household").await, ["0"]);
    });
}

#[test]
fn a_job_begun_again_and_again_is_given_up() {
    unattended(async |aid, owner| {
        let app = &aid.app;
        let id = started(app, "N-1").await;
        owner_does(owner, "update job set attempts = 3").await;
        assert!(worker(app).work(app.federation).await.unwrap());
        let ended = job(app, &id).await;
        assert_eq!((&ended["state"], &ended["problem"]["code"]), (&json!("failed"), &json!("job_given_up")), "{ended}");
        assert_eq!(households(app).await, 0);
    });
}

#[test]
fn a_job_cancelled_before_anybody_began_it_keeps_nothing() {
    unattended(async |aid, _| {
        let app = &aid.app;
        let id = started(app, "N-1").await;
        let asked = app.post_as(Role::Maker, &format!("/v1/jobs/{id}/cancel"), &json!({})).await.expect(200).body;
        assert_eq!(asked["cancel_requested"], true);
        worker(app).work(app.federation).await.unwrap();
        let ended = job(app, &id).await;
        assert_eq!((&ended["state"], &ended["problem"]["code"]), (&json!("cancelled"), &json!("job_cancelled")), "{ended}");
        assert_eq!(households(app).await, 0);
        app.post_as(Role::Maker, &format!("/v1/jobs/{id}/cancel"), &json!({})).await.refused(409, "job_ended");
    });
}

#[test]
fn a_job_of_a_user_who_may_no_longer_act_fails_and_changes_nothing() {
    unattended(async |aid, owner| {
        let app = &aid.app;
        let id = started(app, "N-1").await;
        let disable =
            |at: &str| format!("update app_user set disabled_at = {at} where federation_id = '{}' and login = 'maker'", app.federation);
        owner_does(owner, &disable("clock_timestamp()")).await;
        worker(app).work(app.federation).await.unwrap();
        owner_does(owner, &disable("null")).await;
        let ended = job(app, &id).await;
        assert_eq!((&ended["state"], &ended["problem"]["code"]), (&json!("failed"), &json!("token_unknown")), "{ended}");
        assert_eq!(households(app).await, 0);
    });
}

#[test]
fn whoever_lost_the_lease_ends_nothing_and_keeps_nothing() {
    unattended(async |aid, owner| {
        let app = &aid.app;
        let id = started(app, "N-1").await;
        overtaken(app, owner, bangfu::registry::works()).work(app.federation).await.unwrap();
        assert_eq!(job(app, &id).await["state"], "running", "it is another's now");
        let told = app.get(&format!("/v1/audit/events?subject_kind=jobs&subject_id={id}")).await.expect(200).body;
        assert_eq!(told["totals"]["count"], 1, "nothing is told but that it was started: {told}");
        worker(app).work(app.federation).await.unwrap();
        let ended = job(app, &id).await;
        assert_eq!((&ended["state"], &ended["result"]["taken"], households(app).await), (&json!("succeeded"), &json!(1), 1), "{ended}");
    });
}

#[test]
fn an_import_cancelled_while_it_writes_keeps_nothing_and_can_be_sent_again() {
    unattended(async |aid, owner| {
        let app = &aid.app;
        let bytes = file(&[head("N-1", &Line::new("甲一")), head("N-2", &Line::new("乙二"))]);
        let id = app.upload(HOUSEHOLDS, "a.csv", &bytes).await.expect(202).id();
        // Its rows are remembered after everything else of them is written.
        let ended = cancelled_while_writing(app, owner, Role::Maker, &id, "imported_row").await;
        let told = (&ended["state"], &ended["problem"]["code"], &ended["result"], &ended["file_until"]);
        assert_eq!(told, (&json!("cancelled"), &json!("job_cancelled"), &Value::Null, &Value::Null), "{ended}");
        let mut reader = bangfu::db::connect(owner).await.unwrap();
        let kept = "select ((select count(*) from household) + (select count(*) from person) + (select count(*) from dossier)
                            + (select count(*) from payee_account) + (select count(*) from imported_row))::text";
        assert_eq!((households(app).await, sql::texts(&mut reader, kept).await), (0, vec!["0".to_owned()]));
        let again = app.upload(HOUSEHOLDS, "a.csv", &bytes).await.expect(202).id();
        let done = app.worked(Role::Maker, &again).await;
        assert_eq!((&done["state"], &done["result"]["taken"], households(app).await), (&json!("succeeded"), &json!(2), 2), "{done}");
    });
}

/// What a stream of events has shown so far.
fn shown(text: &str) -> Vec<Value> {
    text.split("\n\n").filter_map(|event| serde_json::from_str(event.strip_prefix("event: job\ndata: ")?).ok()).collect()
}

#[test]
fn a_job_that_is_followed_is_shown_while_it_runs() {
    unattended(async |aid, owner| {
        let app = &aid.app;
        let bytes = file(&[head("N-1", &Line::new("甲一")), head("N-2", &Line::new("乙二"))]);
        let id = app.upload(HOUSEHOLDS, "a.csv", &bytes).await.expect(202).id();
        let held = Held::table(owner, "imported_row").await;
        let events = app.request_as(Role::Maker, Method::GET, &format!("/v1/jobs/{id}/events"));
        let mut events = events.header("Accept-Encoding", "identity").send().await.unwrap();
        let mut text = String::from_utf8(events.chunk().await.unwrap().unwrap().to_vec()).unwrap();
        assert_eq!(shown(&text)[0]["state"], "queued", "nobody has begun it: {text}");
        let following = async {
            // It is not let go before its progress was shown.
            while shown(&text).last().is_none_or(|job| job["progress_total"] != 2) {
                text += std::str::from_utf8(&events.chunk().await.unwrap().unwrap()).unwrap();
            }
            held.let_go().await;
            while let Some(more) = events.chunk().await.unwrap() {
                text += std::str::from_utf8(&more).unwrap();
            }
            shown(&text)
        };
        let (done, shown) = tokio::join!(app.worked(Role::Maker, &id), following);
        let mut states: Vec<&str> = shown.iter().map(|job| job["state"].as_str().unwrap()).collect();
        states.dedup();
        assert_eq!(states, ["queued", "running", "succeeded"], "{shown:?}");
        assert!(shown.iter().any(|job| job["state"] == "running" && job["progress_done"] == 0 && job["progress_total"] == 2), "{shown:?}");
        assert!(shown.windows(2).all(|two| two[0] != two[1]), "only what has changed is shown: {shown:?}");
        assert_eq!((shown.last().unwrap(), &done["progress_done"]), (&done, &json!(2)));
    });
}
