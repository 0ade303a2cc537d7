//! Jobs: started once, watched, cancelled, taken up again, and never stuck.

use bangfu::kernel::Role;
use serde_json::{Value, json};

use super::{Line, file, head};
use crate::support::app::unique;
use crate::support::{Aid, TestApp, run, sql};
use diesel_async::SimpleAsyncConnection;

const HOUSEHOLDS: &str = "/v1/households/import";

async fn owner(statement: &str) -> Vec<String> {
    sql::texts(&mut sql::owner().await, statement).await
}

async fn owner_does(statement: &str) {
    sql::owner().await.batch_execute(statement).await.unwrap();
}

/// A job that no worker takes, because somebody else seems to have it.
async fn held(app: &TestApp, rows: &[String]) -> String {
    let started = app.upload(&format!("{HOUSEHOLDS}?dry_run=false"), "held.csv", &file(rows)).await.expect(202);
    started.id()
}

#[test]
fn a_repeated_request_starts_no_second_job() {
    run(async |app| {
        Aid::new(app).await;
        let bytes = file(&[head("N-1", &Line::new("甲一"))]);
        let key = unique("key");
        let first = app.upload_with_key(HOUSEHOLDS, "a.csv", &key, &bytes).await.expect(202);
        let again = app.upload_with_key(HOUSEHOLDS, "a.csv", &key, &bytes).await.expect(202);
        assert_eq!(first.id(), again.id());
        app.upload_with_key(HOUSEHOLDS, "a.csv", &key, b"other").await.refused(422, "idempotency_key_reused");
        app.ended(Role::Maker, &first.id()).await;
        assert_eq!(app.get_as(Role::Maker, "/v1/jobs").await.expect(200).body["totals"]["count"], 1);
    });
}

#[test]
fn a_job_acts_as_its_user_and_leaves_no_key_and_no_file() {
    run(async |app| {
        Aid::new(app).await;
        let job = app.import(HOUSEHOLDS, "a.csv", &file(&[head("N-1", &Line::new("甲一"))])).await;
        let id = job["id"].as_str().unwrap();
        let events = app.get(&format!("/v1/audit/events?subject_kind=jobs&subject_id={id}")).await.expect(200).body;
        let actions: Vec<(&str, &str)> = events["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| (event["actor"].as_str().unwrap(), event["action"].as_str().unwrap()))
            .collect();
        assert_eq!(actions, [("maker", "POST /v1/households/import"), ("maker", "job import.households")]);
        let left = owner(&format!(
            "select (j.credential_sealed is null)::text || (t.revoked_at is not null)::text || (select bool_and(f.content_sealed is null)::text from job_file f where f.job_id = j.id)
             from job j join access_token t on t.federation_id = j.federation_id and t.id = j.credential_id where j.id = '{id}'"
        )).await;
        assert_eq!(left, ["truetruetrue"]);
    });
}

#[test]
fn a_job_whose_worker_is_gone_is_taken_up_again_and_done_once() {
    run(async |app| {
        Aid::new(app).await;
        let rows = [head("N-1", &Line::new("甲一"))];
        let job = held(app, &rows).await;
        app.ended(Role::Maker, &job).await;
        // As if its worker had crashed in the middle of another job: a lease that nobody renews. A worker may be quicker.
        let again = held(app, &[head("N-2", &Line::new("乙二"))]).await;
        owner_does(&format!(
            "update job set state = 'running', lease_id = gen_random_uuid(), lease_until = clock_timestamp() - interval '1 second'
             where id = '{again}' and state = 'queued'"
        ))
        .await;
        let ended = app.ended(Role::Maker, &again).await;
        assert_eq!((&ended["state"], &ended["result"]["taken"]), (&json!("succeeded"), &json!(1)), "{ended}");
        assert_eq!(app.get("/v1/households?limit=1").await.expect(200).body["totals"]["count"], 2);
    });
}

#[test]
fn a_job_is_cancelled_on_request_and_keeps_nothing() {
    run(async |app| {
        Aid::new(app).await;
        let rows: Vec<String> = (0..3000).map(|n| head(&format!("N-{n}"), &Line::new("甲一"))).collect();
        let job = held(app, &rows).await;
        let asked = app.post_as(Role::Maker, &format!("/v1/jobs/{job}/cancel"), &json!({})).await.expect(200).body;
        assert_eq!(asked["cancel_requested"], true);
        let ended = app.ended(Role::Maker, &job).await;
        // It may have been done before anybody noticed; then it says so, and all of it is there.
        let count = app.get("/v1/households?limit=1").await.expect(200).body["totals"]["count"].as_u64().unwrap();
        match ended["state"].as_str().unwrap() {
            "cancelled" => assert_eq!((count, &ended["problem"]["code"]), (0, &json!("job_cancelled"))),
            "succeeded" => assert_eq!(count, 3000),
            other => panic!("{other}: {ended}"),
        }
        app.post_as(Role::Maker, &format!("/v1/jobs/{job}/cancel"), &json!({})).await.refused(409, "job_ended");
    });
}

#[test]
fn a_job_is_followed_as_events_until_it_has_ended() {
    run(async |app| {
        Aid::new(app).await;
        let job = held(app, &[head("N-1", &Line::new("甲一"))]).await;
        let events = app.get_as(Role::Maker, &format!("/v1/jobs/{job}/events")).await.expect(200);
        assert_eq!(events.header("content-type"), Some("text/event-stream"));
        let shown: Vec<Value> =
            events.text.split("\n\n").filter_map(|event| serde_json::from_str(event.strip_prefix("event: job\ndata: ")?).ok()).collect();
        assert_eq!(shown.last().unwrap()["state"], "succeeded", "{}", events.text);
    });
}

#[test]
fn a_job_is_nobody_elses() {
    run(async |app| {
        Aid::new(app).await;
        let job = app.import(HOUSEHOLDS, "a.csv", &file(&[head("N-1", &Line::new("甲一"))])).await;
        let path = format!("/v1/jobs/{}", job["id"].as_str().unwrap());
        for role in [Role::Finance, Role::Auditor] {
            app.get_as(role, &path).await.refused(404, "not_found");
        }
        app.post_as(Role::Finance, &format!("{path}/cancel"), &json!({})).await.refused(404, "not_found");
        assert_eq!(app.get_as(Role::Finance, "/v1/jobs").await.expect(200).body["totals"]["count"], 0);
    });
}

#[test]
fn a_job_of_a_user_who_may_no_longer_act_fails_and_changes_nothing() {
    run(async |app| {
        Aid::new(app).await;
        // A lease in the way, so that the user is disabled before a worker comes to it.
        let job = held(app, &[head("N-1", &Line::new("甲一"))]).await;
        owner_does(&format!(
            "update job set state = 'running', lease_id = gen_random_uuid(), lease_until = clock_timestamp() + interval '2 seconds'
             where id = '{job}' and state = 'queued';
             update app_user set disabled_at = clock_timestamp() where federation_id = '{}' and login = 'maker'",
            app.federation
        ))
        .await;
        if owner(&format!("select attempts::text from job where id = '{job}'")).await != ["0"] {
            return; // A worker was quicker; there is nothing left to see.
        }
        for _ in 0..100 {
            let state = owner(&format!("select state || coalesce(problem ->> 'code', '') from job where id = '{job}'")).await;
            if state == ["failedtoken_unknown"] {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("the job never failed: {:?}", owner(&format!("select to_jsonb(j)::text from job j where id = '{job}'")).await);
    });
}
