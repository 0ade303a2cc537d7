//! Who may do what, and the walls in the database behind it.

mod auditors;
mod doors;
mod events;
mod login;
mod matrix;
mod row_security;
mod shell;
mod tokens;
mod users;

use bangfu::access::Secret;
use bangfu::kernel::Role;
use diesel_async::SimpleAsyncConnection;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::unique;
use crate::support::users::PASSWORD;
use crate::support::{Reply, TestApp, sql};

/// An id of nothing.
pub const NOTHING: &str = "00000000-0000-7000-8000-000000000000";

/// A browser that has logged in.
struct Session {
    cookie: String,
    csrf: String,
}

impl Session {
    /// A request as the browser sends it by itself.
    fn request(&self, app: &TestApp, method: Method, path: &str) -> RequestBuilder {
        app.bare(method, path).header("Cookie", &self.cookie).header("Idempotency-Key", unique("key"))
    }

    /// A change as a page of the service sends it.
    async fn post(&self, app: &TestApp, path: &str, body: &Value) -> Reply {
        app.send(self.request(app, Method::POST, path).header("Bangfu-CSRF", &self.csrf).json(body)).await
    }

    async fn me(&self, app: &TestApp) -> Reply {
        app.send(self.request(app, Method::GET, "/v1/me")).await
    }
}

/// Makes a user with a password; answers its id.
async fn user(app: &TestApp, login: &str) -> String {
    let new = json!({"login": login, "name": "测试", "password": PASSWORD});
    app.post("/v1/users", &new).await.expect(201).id()
}

async fn grant(app: &TestApp, user: &str, role: Role, organisation: Option<&str>) -> Reply {
    let new = json!({"role": role, "organisation_id": organisation, "reason": "测试"});
    app.post(&format!("/v1/users/{user}/grants"), &new).await
}

/// The id of the user whom every test's federation has for a role.
async fn user_of(app: &TestApp, role: Role) -> String {
    app.get_as(role, "/v1/me").await.expect(200).body["user_id"].as_str().unwrap().to_owned()
}

async fn log_in(app: &TestApp, login: &str, password: &str) -> Reply {
    let body = json!({"federation": app.code, "login": login, "password": password});
    app.send(app.bare(Method::POST, "/v1/sessions").json(&body)).await
}

async fn session(app: &TestApp, login: &str) -> Session {
    let reply = log_in(app, login, PASSWORD).await.expect(200);
    let cookie = reply.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    Session { cookie, csrf: reply.body["csrf_token"].as_str().unwrap().to_owned() }
}

/// GET with a token of one's own.
async fn get_with(app: &TestApp, token: &str, path: &str) -> Reply {
    app.send(app.bare(Method::GET, path).bearer_auth(token)).await
}

/// What the owner of the database does behind the service's back.
async fn as_owner(statement: &str) {
    sql::owner().await.batch_execute(statement).await.unwrap();
}

/// What of the federation a query of the owner finds, as text.
async fn owner_reads(query: &str) -> Vec<String> {
    sql::texts(&mut sql::owner().await, query).await
}

/// The service's own connection, with the settings a caller of the database may make. Nothing is kept.
async fn raw(app: &TestApp, settings: &[(&str, &str)], statement: &str) -> Result<(), String> {
    let mut connection = app.db.connection().await.unwrap();
    connection.batch_execute("begin").await.unwrap();
    for (name, value) in settings {
        connection.batch_execute(&format!("set local {name} = '{value}'")).await.unwrap();
    }
    let outcome = connection.batch_execute(statement).await.map_err(|error| error.to_string());
    connection.batch_execute("rollback").await.unwrap();
    outcome
}

/// As [`raw`], in an act that the database has authenticated for the user of a role.
async fn raw_as(app: &TestApp, role: Role, statement: &str) -> Result<(), String> {
    let (act, federation) = (Uuid::now_v7().to_string(), app.federation.to_string());
    let begin = format!("select act_begin('{federation}', '{federation}', array['{act}']::uuid[], '\\x{}')", key(app.token(role)));
    raw(app, &[("bangfu.federation", &federation), ("bangfu.act", &act)], &format!("{begin}; {statement}")).await
}

/// What the database knows a token by, in hexadecimal.
fn key(token: &str) -> String {
    hex::encode(Secret::parse(token).unwrap().credential().key)
}

#[track_caller]
fn denied(outcome: Result<(), String>, because: &str) {
    match outcome {
        Ok(()) => panic!("the database allows it; expected: {because}"),
        Err(error) => assert!(error.contains(because), "{error}; expected: {because}"),
    }
}
