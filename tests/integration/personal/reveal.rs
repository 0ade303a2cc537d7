//! Seeing personal data in clear: by whom, why, and what is kept of it.

use bangfu::kernel::Role;
use serde_json::{Value, json};

use super::{Somebody, lives};
use crate::support::{TestApp, run, sql, world};

/// The audit events of a kind of request, the newest last.
async fn events(app: &TestApp, action: &str) -> Vec<sql::Row> {
    let mut owner = sql::owner().await;
    let federation = app.federation;
    sql::rows(
        &mut owner,
        &format!("select * from audit_event where federation_id = '{federation}' and action = '{action}' order by happened_at, id"),
    )
    .await
}

async fn accounts(app: &TestApp, person: &str) -> String {
    app.get(&format!("/v1/persons/{person}")).await.expect(200).body["payee_accounts"][0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_person_is_seen_in_clear_with_a_reason_and_the_event_holds_the_fields_and_not_the_values() {
    run(async |app| {
        let somebody = Somebody::new("欧阳静珍");
        let person = app.post("/v1/persons", &somebody.body()).await.expect(201).id();
        let path = format!("/v1/persons/{person}/reveal");
        let all = json!({"reason": "与身份证核对", "fields": ["name", "identity_number", "phone"]});
        let answer = app.post_as(Role::Maker, &path, &all).await.expect(200);
        let expected = json!({"id": person, "name": somebody.name, "identity_number": somebody.number, "phone": somebody.phone});
        assert_eq!(answer.body, expected);
        let one = app.post_as(Role::Checker, &path, &json!({"reason": "回访", "fields": ["phone", "phone"]})).await.expect(200);
        assert_eq!(one.body, json!({"id": person, "phone": somebody.phone}), "only what was asked for");
        let events = events(app, "POST /v1/persons/{id}/reveal").await;
        assert_eq!(events.len(), 2);
        let told = |event: &sql::Row| {
            let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
            (text("actor"), text("outcome"), text("subject_id"), text("reason"), event["after"]["revealed"].clone())
        };
        let done = "done".to_owned();
        let fields = json!(["identity_number", "name", "phone"]);
        assert_eq!(told(&events[0]), ("maker".to_owned(), done.clone(), person.clone(), "与身份证核对".to_owned(), fields));
        assert_eq!(told(&events[1]), ("checker".to_owned(), done, person, "回访".to_owned(), json!(["phone"])));
        let kept = Value::Array(events.into_iter().map(Value::Object).collect()).to_string();
        assert!(somebody.everything().iter().all(|personal| !kept.contains(personal)), "{kept}");
    });
}

#[test]
fn a_repeated_request_is_answered_without_the_values_which_are_kept_nowhere() {
    run(async |app| {
        let somebody = Somebody::new("欧阳静珍");
        let person = app.post("/v1/persons", &somebody.body()).await.expect(201).id();
        let (path, body) = (format!("/v1/persons/{person}/reveal"), json!({"reason": "核对", "fields": ["identity_number"]}));
        let first = app.post_with_key(&path, "seen-once", &body).await.expect(200);
        assert_eq!(first.body["identity_number"], somebody.number);
        let again = app.post_with_key(&path, "seen-once", &body).await.expect(200);
        assert_eq!(again.body, json!({"id": person, "revealed": ["identity_number"]}));
        assert_eq!(events(app, "POST /v1/persons/{id}/reveal").await.len(), 1, "nothing was seen the second time");
    });
}

#[test]
fn who_may_not_or_gives_no_reason_sees_nothing() {
    run(async |app| {
        let somebody = Somebody::new("欧阳静珍");
        let person = app.post("/v1/persons", &somebody.body()).await.expect(201).id();
        let path = format!("/v1/persons/{person}/reveal");
        let asked = json!({"reason": "核对", "fields": ["identity_number"]});
        for role in Role::ALL {
            let reply = app.post_as(role, &path, &asked).await;
            let may = [Role::Maker, Role::Finance, Role::Cashier, Role::Checker, Role::Auditor].contains(&role);
            assert_eq!(reply.status, if may { 200 } else { 403 }, "{role}: {}", reply.text);
            assert_eq!(reply.text.contains(&somebody.number), may, "{role}");
        }
        for (body, pointer) in
            [(json!({"reason": " ", "fields": ["phone"]}), "/reason"), (json!({"reason": "核对", "fields": []}), "/fields")]
        {
            assert_eq!(app.post(&path, &body).await.refused(422, "fields_invalid").faults()[0].0, pointer);
        }
        app.post(&path, &json!({"reason": "核对", "fields": ["born_on"]})).await.refused(400, "body_invalid");
        app.post(&path, &json!({"fields": ["phone"]})).await.refused(400, "body_invalid");
        let elsewhere = TestApp::new().await;
        elsewhere.post(&path, &asked).await.refused(404, "not_found");
    });
}

#[test]
fn accounts_bank_lines_and_reported_recipients_are_seen_in_clear_the_same_way() {
    world().block_on(async {
        let app = TestApp::new().await;
        let (somebody, reported) = (Somebody::new("欧阳静珍"), Somebody::new("罗永强"));
        lives(&app, &somebody, &reported).await;
        let person = app.found(json!({"identity_number": somebody.number})).await[0]["id"].as_str().unwrap().to_owned();
        let account = accounts(&app, &person).await;
        let asked = json!({"reason": "核对账号", "fields": ["number", "holder_name"]});
        let seen = app.post(&format!("/v1/payee-accounts/{account}/reveal"), &asked).await.expect(200);
        assert_eq!(seen.body, json!({"id": account, "holder_name": somebody.name, "number": somebody.card}));

        let instruction = app.all(&format!("/v1/instructions?payee_id={person}"), 10).await.remove(0);
        let evidence = app.get(&format!("/v1/instructions/{}/evidence", instruction["id"].as_str().unwrap())).await.expect(200);
        assert_eq!(evidence.body[0]["has_raw_text"], true);
        assert!(somebody.everything().iter().all(|personal| !evidence.text.contains(personal)), "{}", evidence.text);
        let id = evidence.body[0]["id"].as_str().unwrap();
        let asked = json!({"reason": "与回单核对", "fields": ["raw_text"]});
        let seen = app.post(&format!("/v1/evidence/{id}/reveal"), &asked).await.expect(200);
        assert!(seen.body["raw_text"].as_str().unwrap().contains(&somebody.card) && seen.body["witnesses"].is_null());

        let transfer = app.all("/v1/transfers", 10).await.remove(0)["id"].as_str().unwrap().to_owned();
        let asked = json!({"reason": "抽查", "fields": ["name", "identity_number"]});
        let seen = app.post(&format!("/v1/transfers/{transfer}/feedback/reveal"), &asked).await.expect(200);
        assert_eq!(
            (seen.body[0]["name"].as_str(), seen.body[0]["identity_number"].as_str()),
            (Some("罗永强"), Some(reported.number.as_str()))
        );
        let masked = app.get(&format!("/v1/transfers/{transfer}/feedback")).await.expect(200);
        assert_eq!(masked.body[0]["name"], "罗**");
        for action in ["POST /v1/payee-accounts/{id}/reveal", "POST /v1/evidence/{id}/reveal", "POST /v1/transfers/{id}/feedback/reveal"] {
            assert_eq!(events(&app, action).await.len(), 1, "{action}");
        }
        app.finish().await;
    });
}
