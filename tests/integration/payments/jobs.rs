//! The long steps of a plan as jobs, for who prefers that (RFC 7240, `respond-async`): the same as done at once.

use std::collections::BTreeSet;

use bangfu::kernel::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::aid::{Planned, RELEASED_ON};
use crate::support::app::unique;
use crate::support::jobs::{overtaken, owner_does, take_away, unattended};
use crate::support::{Aid, TestApp, chain, run};

fn release(plan: &Planned) -> (String, Value) {
    (format!("/v1/plans/{}/release", plan.id), json!({"digest": plan.digest, "released_on": RELEASED_ON}))
}

/// An approved plan that pays two persons.
async fn approved(aid: &Aid) -> Planned {
    let people = aid.persons(2).await;
    let line = aid.line("10000").await;
    aid.approved(&aid.paying(&line, &[(&people[0], "100"), (&people[1], "200")])).await
}

/// The events of the log about something.
async fn events(app: &TestApp, kind: &str, id: &str) -> Vec<Value> {
    let page = app.get(&format!("/v1/audit/events?subject_kind={kind}&subject_id={id}&limit=1000")).await.expect(200).body;
    page["items"].as_array().unwrap().clone()
}

#[test]
fn a_release_as_a_job_is_accepted_and_gives_what_the_direct_one_answers_and_the_same_event() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (direct, other) = (approved(&aid).await, approved(&aid).await);
        let answered = aid.release(&direct).await.expect(201);
        assert_eq!(answered.header("preference-applied"), None, "without the preference it is as ever");
        let (path, body) = release(&other);
        let started = app.prefer_job(Role::FinanceHead, &path, &body).await.expect(202);
        assert_eq!(started.header("location"), Some(format!("/v1/jobs/{}", started.id()).as_str()));
        assert_eq!((started.header("preference-applied"), &started.body["kind"]), (Some("respond-async"), &json!("plan.release")));
        let job = app.ended(Role::FinanceHead, &started.id()).await;
        assert_eq!(job["state"], "succeeded", "{job}");
        assert_eq!(aid.instructions(&other).await.len(), 2);
        let batch = app.get(&format!("/v1/batches?plan_id={}", other.id)).await.expect(200).body["items"][0].clone();
        assert_eq!(job["result"], json!({"plan_id": other.id, "batches": [batch]}));
        let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(names(&job["result"]["batches"][0]), names(&answered.body["batches"][0]));
        // The act is the user's own, and its event is what the direct one's is.
        let told = |event: &Value| ["actor", "action", "outcome", "before"].map(|field| (field, event[field].clone()));
        let last = |events: Vec<Value>| events.into_iter().find(|event| event["action"] == "POST /v1/plans/{id}/release").unwrap();
        let (one, two) = (last(events(app, "plans", &direct.id).await), last(events(app, "plans", &other.id).await));
        let without_ids = |event: &Value| told(event).map(|(field, value)| (field, if field == "before" { Value::Null } else { value }));
        assert_eq!(without_ids(&one), without_ids(&two));
        assert_eq!((&two["actor"], &two["after"]), (&json!("finance_head"), &job["result"]));
        assert_eq!(names(&one["before"]), names(&two["before"]));
    });
}

#[test]
fn the_refusal_of_a_step_is_its_jobs_error_with_the_same_facts_and_texts() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let plan = approved(&aid).await;
        let (path, mut body) = release(&plan);
        body["digest"] = json!("another");
        let direct = app.post_as(Role::FinanceHead, &path, &body).await.refused(409, "digest_differs").body;
        let started = app.prefer_job(Role::FinanceHead, &path, &body).await.expect(202).id();
        let job = app.ended(Role::FinanceHead, &started).await;
        assert_eq!((&job["state"], &job["result"]), (&json!("failed"), &Value::Null), "{job}");
        let problem = &job["problem"];
        for field in ["code", "locked"] {
            assert_eq!(problem[field], direct[field], "{problem} {direct}");
        }
        assert_eq!((&problem["zh"], &problem["errors"][0]["pointer"]), (&direct["detail"], &direct["errors"][0]["pointer"]), "{direct}");
        assert!(problem["en"].as_str().is_some_and(|text| text.is_ascii()));
        let refused: Vec<Value> = events(app, "plans", &plan.id).await.into_iter().filter(|event| event["outcome"] == "refused").collect();
        let told = |event: &Value| ["actor", "action", "code", "after"].map(|field| event[field].clone());
        assert_eq!(refused.len(), 2, "{refused:#?}");
        assert_eq!(told(&refused[0]), told(&refused[1]));
        // What is wrong with the request itself, or with who makes it, is said at once.
        app.prefer_job(Role::FinanceHead, &path, &json!({"digset": ""})).await.refused(400, "body_invalid");
        app.prefer_job(Role::Maker, &path, &body).await.refused(403, "permission_denied");
        let nothing = path.replace(&plan.id, crate::access::NOTHING);
        let gone = app.prefer_job(Role::FinanceHead, &nothing, &body).await.expect(202).id();
        assert_eq!(app.ended(Role::FinanceHead, &gone).await["problem"]["code"], "not_found");
    });
}

#[test]
fn a_repeated_request_starts_no_second_job_and_nobody_else_sees_the_first() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let plan = approved(&aid).await;
        let (path, body) = release(&plan);
        let key = unique("key");
        let send = async || {
            let request = app.request_as(Role::FinanceHead, Method::POST, &path).header("Idempotency-Key", &key);
            app.send(request.header("Prefer", "respond-async, wait=5").json(&body)).await.expect(202)
        };
        let (first, again) = (send().await, send().await);
        assert_eq!((first.id(), again.header("preference-applied")), (again.id(), Some("respond-async")));
        app.ended(Role::FinanceHead, &first.id()).await;
        for role in [Role::Maker, Role::Auditor] {
            app.get_as(role, &format!("/v1/jobs/{}", first.id())).await.refused(404, "not_found");
        }
        assert_eq!(aid.instructions(&plan).await.len(), 2);
    });
}

#[test]
fn a_step_whose_role_was_taken_away_before_it_ran_is_refused_and_changes_nothing() {
    unattended(async |aid, owner| {
        let plan = approved(aid).await;
        let (path, body) = release(&plan);
        let id = aid.app.prefer_job(Role::FinanceHead, &path, &body).await.expect(202).id();
        take_away(&aid.app, owner, Role::FinanceHead).await;
        let job = aid.app.worked(Role::FinanceHead, &id).await;
        assert_eq!((&job["state"], &job["problem"]["code"]), (&json!("failed"), &json!("permission_denied")), "{job}");
        assert_eq!((aid.status(&plan).await.as_str(), aid.instructions(&plan).await.len()), ("approved", 0));
    });
}

#[test]
fn a_step_whose_plan_came_out_of_reach_before_it_ran_is_refused_and_changes_nothing() {
    unattended(async |aid, owner| {
        let app = &aid.app;
        let line = aid.line("1000").await;
        let draft = app.post("/v1/plans", &aid.paying(&line, &[(&aid.person().await, "100")])).await.expect(201).id();
        let id = app.prefer_job(Role::Maker, &format!("/v1/plans/{draft}/roster"), &json!({})).await.expect(202).id();
        let elsewhere = app.organisation("county_union", &unique("江阳区总工会")).await;
        let narrowed =
            format!("update role_grant set organisation_id = '{elsewhere}' where federation_id = '{}' and role = 'maker'", app.federation);
        owner_does(owner, &narrowed).await;
        let job = app.worked(Role::Maker, &id).await;
        assert_eq!((&job["state"], &job["problem"]["code"]), (&json!("failed"), &json!("not_found")), "{job}");
        let rosters = app.get_as(Role::FinanceHead, &format!("/v1/plans/{draft}/rosters")).await.expect(200).body;
        assert_eq!(rosters, json!([]));
    });
}

#[test]
fn a_cancelled_step_changes_nothing_and_one_taken_up_twice_is_done_once() {
    unattended(async |aid, owner| {
        let app = &aid.app;
        let plan = approved(aid).await;
        let (path, body) = release(&plan);
        let id = app.prefer_job(Role::FinanceHead, &path, &body).await.expect(202).id();
        app.post_as(Role::FinanceHead, &format!("/v1/jobs/{id}/cancel"), &json!({})).await.expect(200);
        assert_eq!(app.worked(Role::FinanceHead, &id).await["state"], "cancelled");
        assert_eq!(aid.status(&plan).await, "approved");
        let id = app.prefer_job(Role::FinanceHead, &path, &body).await.expect(202).id();
        overtaken(app, owner, bangfu::payments::works()).work(app.federation).await.unwrap();
        assert_eq!((aid.status(&plan).await.as_str(), aid.instructions(&plan).await.len()), ("approved", 0), "the slow one kept nothing");
        assert_eq!(app.worked(Role::FinanceHead, &id).await["state"], "succeeded");
        assert_eq!((aid.status(&plan).await.as_str(), aid.instructions(&plan).await.len()), ("released", 2));
        // Its body is kept no longer than it takes.
        let mut reader = bangfu::db::connect(owner).await.unwrap();
        let left = crate::support::sql::texts(&mut reader, "select count(content_sealed)::text from job_file").await;
        assert_eq!(left, ["0"]);
    });
}

#[test]
fn rosters_approvals_and_the_end_of_a_notice_are_jobs_too() {
    run(async |app| {
        let aid = Aid::without_policy(app).await;
        app.policy(&json!([chain::step("review", "leader"), chain::step("publicity", "maker"), chain::step("authorise", "finance_head")]))
            .await;
        let person = aid.person().await;
        let line = aid.line("10000").await;
        let id = app.post("/v1/plans", &aid.paying(&line, &[(&person, "100")])).await.expect(201).id();
        let done = async |role: Role, path: &str, body: Value| {
            let started = app.prefer_job(role, &format!("/v1/plans/{id}/{path}"), &body).await.expect(202).id();
            let job = app.ended(role, &started).await;
            assert_eq!(job["state"], "succeeded", "{job}");
            job["result"].clone()
        };
        let roster = done(Role::Maker, "roster", json!({})).await;
        let roster_id = roster["id"].as_str().unwrap();
        assert_eq!(roster, app.get(&format!("/v1/rosters/{roster_id}")).await.expect(200).body);
        let digest = roster["digest"].as_str().unwrap().to_owned();
        let plan = Planned { id: id.clone(), roster: roster_id.to_owned(), digest: digest.clone(), view: roster.clone() };
        aid.lock(&plan).await.expect(200);
        aid.submit(&plan).await.expect(200);
        let opinion = json!({"digest": digest, "step": 1, "opinion": "同意", "decided_on": "2022-08-15"});
        let reviewed = done(Role::Leader, "approve", opinion).await;
        assert_eq!((&reviewed["id"], &reviewed["status"]), (&json!(id), &json!("in_review")));
        let event = events(app, "plans", &id).await.into_iter().find(|event| event["action"] == "POST /v1/plans/{id}/approve").unwrap();
        assert_eq!((&event["actor"], &event["reason"]), (&json!("leader"), &json!("同意")));
        aid.publish(&plan, "2022-08-16").await.expect(201);
        let completed = done(Role::Maker, "publicity/complete", json!({"digest": digest, "decided_on": "2022-09-01"})).await;
        assert_eq!(completed["status"], "approved");
    });
}
