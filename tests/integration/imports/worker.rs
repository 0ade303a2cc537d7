//! What workers do with leases: on a service of one's own whose jobs are done when the test says so.

use bangfu::kernel::Role;
use serde_json::{Value, json};

use super::{Line, file, head};
use crate::support::TestApp;
use crate::support::jobs::{overtaken, owner_does, unattended, worker};

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
