//! Users for every role, and which of them makes which request.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use bangfu::access::Secret;
use bangfu::db;
use bangfu::http::openapi::{Operation, operation_of, operations};
use bangfu::kernel::{FederationId, Role};
use diesel_async::SimpleAsyncConnection;
use reqwest::Method;
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::TestApp;
use super::app::unique;
use super::world::TOKEN;

/// The password of every user made by [`by_http`].
pub const PASSWORD: &str = "correct horse battery staple";

static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| operations(&bangfu::app::openapi()));

/// Whose request it would be: the first role of its permission; `None` for an administrator of the service.
pub fn role_for(method: &Method, path: &str) -> Option<Role> {
    let Some(operation) = operation_of(&OPERATIONS, method.as_str(), path) else { return Some(Role::Maker) };
    operation.permission.filter(|permission| permission.name != "service.manage").map(|permission| permission.roles[0])
}

/// A user with some roles for the whole federation, as plain rows; answers a token.
pub async fn one(owner_url: &str, federation: FederationId, login: &str, roles: &[Role]) -> String {
    let (user, secret) = (Uuid::now_v7(), Secret::of(federation, rand::random()));
    let hash = hex::encode(Sha256::digest(secret.credential().key));
    let mut statement = format!(
        "insert into app_user (federation_id, id, login, name, created_at) values ('{federation}', '{user}', '{login}', '{login}', now());
         insert into access_token (federation_id, id, user_id, name, token_hash, created_at)
         values ('{federation}', '{}', '{user}', 'test', '\\x{hash}', now());",
        Uuid::now_v7()
    );
    for role in roles {
        statement += &format!(
            "insert into role_grant (federation_id, id, user_id, role, reason, granted_by, granted_at)
             values ('{federation}', '{}', '{user}', '{role}', 'test', 'shell', now());",
            Uuid::now_v7()
        );
    }
    db::connect(owner_url).await.unwrap().batch_execute(&statement).await.unwrap();
    secret.text().to_owned()
}

/// Users as plain rows: quick, because every test has its own.
pub async fn by_owner(owner_url: &str, federation: FederationId) -> BTreeMap<Role, String> {
    let mut statement = String::new();
    let mut tokens = BTreeMap::new();
    for role in Role::ALL {
        let (user, secret) = (Uuid::now_v7(), Secret::of(federation, rand::random()));
        let hash = hex::encode(Sha256::digest(secret.credential().key));
        statement += &format!(
            "insert into app_user (federation_id, id, login, name, created_at) values ('{federation}', '{user}', '{role}', '{role}', now());
             insert into role_grant (federation_id, id, user_id, role, reason, granted_by, granted_at)
             values ('{federation}', '{}', '{user}', '{role}', 'test', 'shell', now());
             insert into access_token (federation_id, id, user_id, name, token_hash, created_at)
             values ('{federation}', '{}', '{user}', 'test', '\\x{hash}', now());",
            Uuid::now_v7(),
            Uuid::now_v7()
        );
        tokens.insert(role, secret.text().to_owned());
    }
    let mut owner = db::connect(owner_url).await.unwrap();
    owner.batch_execute(&statement).await.unwrap();
    tokens
}

/// A user of a role within one organisation; answers its token.
pub async fn within(app: &TestApp, role: Role, organisation: &str) -> String {
    let (user, secret) = (Uuid::now_v7(), Secret::of(app.federation, rand::random()));
    let (federation, hash) = (app.federation, hex::encode(Sha256::digest(secret.credential().key)));
    let statement = format!(
        "insert into app_user (federation_id, id, login, name, created_at) values ('{federation}', '{user}', 'u{}', '{role}', now());
         insert into role_grant (federation_id, id, user_id, role, organisation_id, reason, granted_by, granted_at)
         values ('{federation}', '{}', '{user}', '{role}', '{organisation}', 'test', 'shell', now());
         insert into access_token (federation_id, id, user_id, name, token_hash, created_at)
         values ('{federation}', '{}', '{user}', 'test', '\\x{hash}', now());",
        user.simple(),
        Uuid::now_v7(),
        Uuid::now_v7()
    );
    super::sql::owner().await.batch_execute(&statement).await.unwrap();
    secret.text().to_owned()
}

/// Users as an administrator makes them, each with a token it made for itself.
pub async fn by_http(app: &TestApp) -> BTreeMap<Role, String> {
    let mut tokens = BTreeMap::new();
    for role in Role::ALL {
        let administer = async |path: &str, body: serde_json::Value| {
            let request = app.bare(Method::POST, path).bearer_auth(TOKEN).header("Bangfu-Federation", app.federation.to_string());
            app.send(request.header("Idempotency-Key", unique("user")).json(&body)).await.expect(201)
        };
        let user = administer("/v1/users", json!({"login": role, "name": role, "password": PASSWORD})).await.id();
        administer(&format!("/v1/users/{user}/grants"), json!({"role": role, "reason": "test"})).await;
        tokens.insert(role, token_by_login(app, role.name()).await);
    }
    tokens
}

/// Logs in and makes a token.
pub async fn token_by_login(app: &TestApp, login: &str) -> String {
    let body = json!({"federation": app.code, "login": login, "password": PASSWORD});
    let session = app.send(app.bare(Method::POST, "/v1/sessions").json(&body)).await.expect(200);
    let cookie = session.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let request =
        app.bare(Method::POST, "/v1/tokens").header("Cookie", cookie).header("Bangfu-CSRF", session.body["csrf_token"].as_str().unwrap());
    let made = app.send(request.header("Idempotency-Key", unique("token")).json(&json!({"name": "test"}))).await.expect(200);
    made.body["secret"].as_str().unwrap().to_owned()
}
