//! Jobs: started once, watched, cancelled, taken up again, and never stuck.

use bangfu::kernel::Role;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Line, file, head};
use crate::support::app::unique;
use crate::support::{Aid, run, sql};

const HOUSEHOLDS: &str = "/v1/households/import";

async fn owner(statement: &str) -> Vec<String> {
    sql::texts(&mut sql::owner().await, statement).await
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
fn a_job_is_followed_as_events_until_it_has_ended() {
    run(async |app| {
        Aid::new(app).await;
        let job = app.upload(HOUSEHOLDS, "a.csv", &file(&[head("N-1", &Line::new("甲一"))])).await.expect(202).id();
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
fn a_file_handed_in_several_times_at_once_is_taken_in_once_and_unchanged_for_the_others() {
    run(async |app| {
        Aid::new(app).await;
        let people: Vec<Line> = (0..50).map(|_| Line::new("测试甲")).collect();
        let rows: Vec<_> = people.iter().zip(1..).map(|(person, number)| head(&format!("D-{number}"), person)).collect();
        let bytes = file(&rows);
        let jobs = join_all((0..3).map(|_| app.import(HOUSEHOLDS, "a.csv", &bytes))).await;
        let mut outcomes: Vec<&str> = jobs.iter().map(|job| job["result"]["outcome"].as_str().unwrap_or("none")).collect();
        outcomes.sort_unstable();
        assert_eq!(outcomes, ["taken", "unchanged", "unchanged"], "{jobs:?}");
    });
}
