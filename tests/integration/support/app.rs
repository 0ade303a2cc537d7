//! A client of the service, acting for one federation.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use bangfu::access::Secret;
use bangfu::audit::Sealer;
use bangfu::db::Db;
use bangfu::kernel::{Caller, FederationId, Grant, Origin, Role};
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

use super::users;
use super::world::{TOKEN, sealer, world};

/// One federation and a client that acts for it. Clones are of the same federation.
#[derive(Clone)]
pub struct TestApp {
    /// The database under the service, for what the API does not show.
    pub db: Db,
    /// Whose rows this client sees.
    pub federation: FederationId,
    /// The federation's code, which logins name.
    pub code: String,
    address: SocketAddr,
    /// A token of one user for each role; the user is called like the role.
    tokens: Arc<BTreeMap<Role, String>>,
}

/// An answer of the service.
#[derive(Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The body, byte for byte.
    pub bytes: Vec<u8>,
    /// The body as text.
    pub text: String,
    /// The body as JSON; null if it is none.
    pub body: Value,
}

impl Reply {
    async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("the service answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.expect("the answer is whole").to_vec();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_str(&text).unwrap_or_default();
        Self { status, headers, bytes, text, body }
    }

    /// The answer, which must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// The answer, which must be this problem, and well-formed as one.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}", self.text);
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(self.body["status"], status);
        assert_eq!(self.body["type"], format!("/problems/{code}"));
        for member in ["title", "detail", "request_id"] {
            assert!(self.body[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {}", self.text);
        }
        self
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The fields at fault with their codes, sorted.
    pub fn faults(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        let mut faults: Vec<_> = errors.iter().map(|error| (text(&error["pointer"]), text(&error["code"]))).collect();
        faults.sort();
        faults
    }

    /// `id` of the thing answered.
    #[track_caller]
    pub fn id(&self) -> String {
        self.body["id"].as_str().unwrap_or_else(|| panic!("no id in {}", self.text)).to_owned()
    }
}

/// A name nobody else has.
pub fn unique(prefix: &str) -> String {
    format!("{prefix}-{}", Uuid::new_v4().simple())
}

impl TestApp {
    /// A new federation on the shared service, with a user for each role.
    pub async fn new() -> Self {
        let world = world();
        let mut app = Self::without_users(world.db.clone(), world.address).await;
        app.tokens = Arc::new(users::by_owner(&world.owner_url, app.federation).await);
        app
    }

    /// A new federation on a service of one's own, with a user for each role.
    pub async fn on(db: Db, address: SocketAddr) -> Self {
        let mut app = Self::without_users(db, address).await;
        app.tokens = Arc::new(users::by_http(&app).await);
        app
    }

    async fn without_users(db: Db, address: SocketAddr) -> Self {
        let code = unique("test");
        let nobody = FederationId(Uuid::nil());
        let mut app = Self { db, federation: nobody, code: code.clone(), address, tokens: Arc::new(BTreeMap::new()) };
        let made = app.post("/v1/federations", &json!({"name": "测试市总工会", "code": code})).await.expect(201);
        app.federation = made.id().parse().unwrap();
        app
    }

    /// The token of the user of a role.
    pub fn token(&self, role: Role) -> &str {
        &self.tokens[&role]
    }

    /// Checks the books: everything stored follows from what is sealed. Every test ends with it.
    pub async fn finish(&self) {
        if let Some(checkpoint) = self.sealer().seal_any(self.federation).await.unwrap() {
            bangfu::reconciliation::count_through(&self.db, self.federation, &checkpoint).await.unwrap();
        }
        let differences = self.db.read(&self.caller(), async |tx| bangfu::reconciliation::check(tx).await).await.unwrap();
        assert!(differences.is_empty(), "the books do not agree with the sealed rows: {differences:#?}");
    }

    /// Hashes the log and signs checkpoints, as the service does.
    pub fn sealer(&self) -> Sealer {
        sealer(&self.db)
    }

    /// Everything that does not follow from what was sealed.
    pub async fn differences(&self) -> Vec<bangfu::ledger::Difference> {
        self.db.read(&self.caller(), async |tx| bangfu::reconciliation::check(tx).await).await.unwrap()
    }

    /// Checks the books alone, where entries were booked without the payments that belong to them.
    pub async fn finish_books(&self) {
        let differences = self.db.read(&self.caller(), async |tx| bangfu::ledger::check(tx).await).await.unwrap();
        assert!(differences.is_empty(), "the balances do not agree with the postings: {differences:#?}");
    }

    /// Acts below HTTP for the same federation, as a user.
    pub fn caller(&self) -> Caller {
        let credential = Secret::parse(self.token(Role::Maker)).unwrap().credential();
        let grants = Role::ALL.into_iter().filter(|role| *role != Role::Auditor).map(Grant::everywhere).collect();
        Caller::new(self.federation, "maker".to_owned(), grants, credential, Origin { action: "test".to_owned(), ..Origin::default() })
    }

    /// A request with neither token nor federation.
    pub fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        world().client.request(method, format!("http://{}{path}", self.address))
    }

    /// A request of a user who may make it, for tests that shape the rest themselves.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let token = match users::role_for(&method, path) {
            Some(role) => self.tokens.get(&role).map_or(TOKEN, String::as_str),
            None => TOKEN,
        };
        self.request_with(token, method, path)
    }

    /// A request with a token of one's own.
    pub fn request_with(&self, token: &str, method: Method, path: &str) -> RequestBuilder {
        let request = self.bare(method, path).bearer_auth(token);
        // What is about the service itself names no federation.
        if token == TOKEN { request } else { request.header("Bangfu-Federation", self.federation.to_string()) }
    }

    /// A request of the user of a role.
    pub fn request_as(&self, role: Role, method: Method, path: &str) -> RequestBuilder {
        self.request_with(self.token(role), method, path)
    }

    /// Another user of a role, on the shared service; answers a token.
    pub async fn another(&self, login: &str, role: Role) -> String {
        self.another_with(login, &[role]).await
    }

    /// A user with several roles, on the shared service; answers a token.
    pub async fn another_with(&self, login: &str, roles: &[Role]) -> String {
        users::one(&world().owner_url, self.federation, login, roles).await
    }

    /// POST with a token of one's own, under a fresh key.
    pub async fn post_with(&self, token: &str, path: &str, body: &Value) -> Reply {
        Reply::of(self.request_with(token, Method::POST, path).header("Idempotency-Key", unique("key")).json(body)).await
    }

    /// PUT with a token of one's own.
    pub async fn put_with(&self, token: &str, path: &str, if_match: &str, body: &Value) -> Reply {
        Reply::of(self.request_with(token, Method::PUT, path).header("If-Match", if_match).json(body)).await
    }

    /// GET as the user of a role.
    pub async fn get_as(&self, role: Role, path: &str) -> Reply {
        Reply::of(self.request_as(role, Method::GET, path)).await
    }

    /// POST as the user of a role, under a fresh key.
    pub async fn post_as(&self, role: Role, path: &str, body: &Value) -> Reply {
        Reply::of(self.request_as(role, Method::POST, path).header("Idempotency-Key", unique("key")).json(body)).await
    }

    /// Sends a request made by [`TestApp::bare`] or [`TestApp::request`].
    pub async fn send(&self, request: RequestBuilder) -> Reply {
        Reply::of(request).await
    }

    /// GET
    pub async fn get(&self, path: &str) -> Reply {
        Reply::of(self.request(Method::GET, path)).await
    }

    /// POST under a fresh key.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.post_with_key(path, &unique("key"), body).await
    }

    /// POST under a key of one's own.
    pub async fn post_with_key(&self, path: &str, key: &str, body: &Value) -> Reply {
        Reply::of(self.request(Method::POST, path).header("Idempotency-Key", key).json(body)).await
    }

    /// PUT over the version that `If-Match` names.
    pub async fn put(&self, path: &str, if_match: &str, body: &Value) -> Reply {
        Reply::of(self.request(Method::PUT, path).header("If-Match", if_match).json(body)).await
    }

    /// All rows of a list, by following `next_cursor`.
    pub async fn all(&self, path: &str, limit: u16) -> Vec<Value> {
        let join = if path.contains('?') { '&' } else { '?' };
        let (mut rows, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{path}{join}limit={limit}{cursor}")).await.expect(200);
            rows.extend(page.body["items"].as_array().unwrap().iter().cloned());
            match page.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return rows,
            }
        }
    }
}
