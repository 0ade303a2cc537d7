//! Personal tokens.

use bangfu::access::Secret;
use bangfu::kernel::Role;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{as_owner, denied, get_with, key, owner_reads, raw_as, user, user_of};
use crate::support::app::unique;
use crate::support::users::token_by_login;
use crate::support::world::TOKEN;
use crate::support::{Reply, TestApp, run};

async fn make(app: &TestApp, role: Role, key: &str, new: &Value) -> Reply {
    app.send(app.request_as(role, Method::POST, "/v1/tokens").header("Idempotency-Key", key).json(new)).await
}

async fn made(app: &TestApp, role: Role) -> (String, String) {
    let reply = make(app, role, &unique("key"), &json!({"name": "脚本"})).await.expect(200);
    (reply.id(), reply.body["secret"].as_str().unwrap().to_owned())
}

async fn listed(app: &TestApp, role: Role, id: &str) -> Value {
    let tokens = app.get_as(role, "/v1/tokens").await.expect(200).body;
    tokens.as_array().unwrap().iter().find(|token| token["id"] == id).cloned().unwrap_or_default()
}

#[test]
fn a_token_is_shown_once_and_kept_as_a_hash() {
    run(async |app| {
        let new = json!({"name": " 脚本 ", "expires_at": "2099-01-01T00:00:00Z"});
        let first = make(app, Role::Maker, "k", &new).await.expect(200);
        let secret = first.body["secret"].as_str().unwrap();
        assert!(secret.starts_with(&format!("bangfu_{}_", app.federation.0.simple())) && secret.len() == 7 + 32 + 1 + 64, "{secret}");
        assert_eq!((&first.body["name"], &first.body["expires_at"]), (&json!("脚本"), &json!("2099-01-01T00:00:00Z")));
        get_with(app, secret, "/v1/me").await.expect(200);

        // A repeat with the same key makes no second one and does not show the secret again.
        let again = make(app, Role::Maker, "k", &new).await.expect(200);
        assert_eq!((again.id(), again.header("idempotency-replayed")), (first.id(), Some("true")));
        assert_eq!(again.body.get("secret"), None);
        assert!(listed(app, Role::Maker, &first.id()).await.get("secret").is_none());
        let mine = app.get_as(Role::Maker, "/v1/tokens").await.expect(200);
        assert_eq!(mine.body.as_array().unwrap().len(), 2, "this one and the one of the test: {}", mine.text);

        let credential = Secret::parse(secret).unwrap().credential();
        let hash = owner_reads(&format!("select encode(token_hash, 'hex') from access_token where id = '{}'", first.id())).await;
        assert_eq!(hash, [hex::encode(Sha256::digest(credential.key))]);
        let random = secret.rsplit('_').next().unwrap();
        for table in ["access_token", "audit_event", "idempotency_key"] {
            for row in owner_reads(&format!("select to_jsonb(t)::text from {table} t where federation_id = '{}'", app.federation)).await {
                assert!(!row.contains(random) && !row.contains(&hex::encode(credential.key)), "{table}: {row}");
            }
        }
    });
}

#[test]
fn a_token_needs_a_name_and_an_end_that_lies_ahead() {
    run(async |app| {
        for (new, field) in [
            (json!({"name": " "}), "/name"),
            (json!({"name": "a", "expires_at": "2023-03-15T02:00:00Z"}), "/expires_at"),
            (json!({"name": "a", "expires_at": "1999-01-01T00:00:00+08:00"}), "/expires_at"),
        ] {
            let reply = make(app, Role::Maker, &unique("key"), &new).await.refused(422, "fields_invalid");
            assert_eq!(reply.faults()[0].0, field, "{new}");
        }
        for new in
            [json!({}), json!({"name": "a", "expires_at": "tomorrow"}), json!({"name": 3}), json!({"name": "a", "user_id": super::NOTHING})]
        {
            make(app, Role::Maker, &unique("key"), &new).await.refused(400, "body_invalid");
        }
        assert_eq!(app.get_as(Role::Maker, "/v1/tokens").await.expect(200).body.as_array().unwrap().len(), 1);
    });
}

#[test]
fn an_expired_token_is_dead() {
    run(async |app| {
        let (id, secret) = made(app, Role::Maker).await;
        get_with(app, &secret, "/v1/me").await.expect(200);
        as_owner(&format!("update access_token set expires_at = now() - interval '1 second' where id = '{id}'")).await;
        get_with(app, &secret, "/v1/me").await.refused(401, "token_unknown");
    });
}

#[test]
fn a_token_of_a_disabled_user_is_dead_until_the_user_is_enabled() {
    run(async |app| {
        let id = user(app, "zhang").await;
        let token = token_by_login(app, "zhang").await;
        get_with(app, &token, "/v1/me").await.expect(200);
        app.post(&format!("/v1/users/{id}/disable"), &json!({"reason": "离职"})).await.expect(200);
        get_with(app, &token, "/v1/me").await.refused(401, "token_unknown");
        app.post(&format!("/v1/users/{id}/enable"), &json!({"reason": "复职"})).await.expect(200);
        get_with(app, &token, "/v1/me").await.expect(200);
    });
}

#[test]
fn the_last_use_of_a_token_is_noted_to_the_minute() {
    run(async |app| {
        let (id, secret) = made(app, Role::Cashier).await;
        assert_eq!(listed(app, Role::Cashier, &id).await["last_used_at"], Value::Null);
        get_with(app, &secret, "/v1/me").await.expect(200);
        let used = listed(app, Role::Cashier, &id).await["last_used_at"].clone();
        assert!(used.is_string(), "{used}");
        get_with(app, &secret, "/v1/me").await.expect(200);
        assert_eq!(listed(app, Role::Cashier, &id).await["last_used_at"], used, "not written anew within a minute");
        as_owner(&format!("update access_token set last_used_at = now() - interval '2 minutes' where id = '{id}'")).await;
        let before = listed(app, Role::Cashier, &id).await["last_used_at"].clone();
        get_with(app, &secret, "/v1/me").await.expect(200);
        assert_ne!(listed(app, Role::Cashier, &id).await["last_used_at"], before);
    });
}

#[test]
fn a_token_is_revoked_by_whose_it_is_or_an_administrator_and_by_nobody_else() {
    run(async |app| {
        let revoke = async |role: Role, id: &str| app.post_as(role, &format!("/v1/tokens/{id}/revoke"), &json!({})).await;
        for by in [Role::Maker, Role::Administrator] {
            let (id, secret) = made(app, Role::Maker).await;
            for other in [Role::Cashier, Role::Leader, Role::Auditor] {
                revoke(other, &id).await.refused(404, "access_token_unknown");
            }
            get_with(app, &secret, "/v1/me").await.expect(200);
            revoke(by, &id).await.expect(200);
            get_with(app, &secret, "/v1/me").await.refused(401, "token_unknown");
            assert!(listed(app, Role::Maker, &id).await["revoked_at"].is_string());
            revoke(by, &id).await.refused(404, "access_token_unknown");
        }
        let other = TestApp::new().await;
        let (id, secret) = made(&other, Role::Maker).await;
        revoke(Role::Administrator, &id).await.refused(404, "access_token_unknown");
        get_with(&other, &secret, "/v1/me").await.expect(200);
        other.finish().await;
    });
}

#[test]
fn one_sees_ones_own_tokens_only() {
    run(async |app| {
        let (id, _) = made(app, Role::Maker).await;
        for other in [Role::Cashier, Role::Administrator, Role::Auditor] {
            assert_eq!(listed(app, other, &id).await, Value::Null, "{other}");
        }
    });
}

#[test]
fn nobody_makes_a_token_for_another() {
    run(async |app| {
        let cashier = user_of(app, Role::Cashier).await;
        let door = |user: &str| {
            format!("select access_add_token('{}', gen_random_uuid(), '{user}', 'mine', sha256('mine'), null, now())", app.federation)
        };
        for role in [Role::Maker, Role::Administrator] {
            denied(raw_as(app, role, &door(&cashier)).await, "a token is made by whom it is for");
        }
        raw_as(app, Role::Cashier, &door(&cashier)).await.unwrap();
    });
}

/// The first administrator of the service is called `admin`; a federation may have a user of that name too.
#[test]
fn an_administrator_of_the_service_is_not_taken_for_a_federations_user_of_the_same_name() {
    run(async |app| {
        let id = user(app, "admin").await;
        let (federation, act) = (app.federation.to_string(), uuid::Uuid::now_v7().to_string());
        let service = "00000000-0000-0000-0000-000000000000";
        let statement = format!(
            "select act_begin('{federation}', '{service}', array['{act}']::uuid[], '\\x{}');
             select access_add_token('{federation}', gen_random_uuid(), '{id}', 'mine', sha256('mine'), null, now())",
            key(TOKEN)
        );
        let settings = [("bangfu.federation", federation.as_str()), ("bangfu.act", act.as_str())];
        denied(super::raw(app, &settings, &statement).await, "a token is made by whom it is for");
        // What it does there is told of it by a name that no user has.
        let request = app.bare(Method::POST, "/v1/organisations").bearer_auth(TOKEN).header("Bangfu-Federation", &federation);
        let organisation = json!({"kind": "bank", "name": "银行"});
        app.send(request.header("Idempotency-Key", unique("key")).json(&organisation)).await.expect(201);
        let actors = owner_reads(&format!(
            "select actor from audit_event where federation_id = '{federation}' and action = 'POST /v1/organisations'"
        ))
        .await;
        assert_eq!(actors, ["admin@service"]);
    });
}
