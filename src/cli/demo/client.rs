//! The HTTP side: requests with a token, a federation and an idempotency key; refusals told with where they come from.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::http::openapi::{Operation, operation_of, operations};
use crate::kernel::{Lang, Role};

/// A client of the service's public API.
pub struct Api {
    client: Client,
    base: String,
    /// The administrator's, for what is above any federation.
    token: String,
    /// The users' of each role, once they are made.
    tokens: OnceLock<HashMap<Role, Vec<String>>>,
    operations: Vec<Operation>,
    lang: Lang,
    /// Begins every idempotency key.
    case: String,
    federation: OnceLock<String>,
    requests: AtomicUsize,
}

impl Api {
    /// A client for a service on this machine.
    pub fn new(case: &str, address: SocketAddr, token: &str, lang: Lang) -> anyhow::Result<Self> {
        // Whatever proxy the environment names is for elsewhere.
        let client = Client::builder().no_proxy().timeout(Duration::from_secs(120)).build()?;
        Ok(Self {
            client,
            base: format!("http://{address}/v1"),
            token: token.to_owned(),
            tokens: OnceLock::new(),
            operations: operations(&crate::app::openapi()),
            lang,
            case: case.to_owned(),
            federation: OnceLock::new(),
            requests: AtomicUsize::new(0),
        })
    }

    /// Logs in with a password and makes a token of the user's own, as a person would on a page.
    pub async fn log_in(&self, code: &str, login: &str, password: &str) -> anyhow::Result<String> {
        let body = serde_json::json!({ "federation": code, "login": login, "password": password });
        let session = self.client.post(format!("{}/sessions", self.base)).json(&body).send().await?.error_for_status()?;
        let cookie = session.headers().get("set-cookie").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let logged_in: Value = serde_json::from_str(&session.text().await?)?;
        let request = self.client.post(format!("{}/tokens", self.base)).header("Cookie", cookie);
        let request =
            request.header("Bangfu-CSRF", text(&logged_in, "/csrf_token")?).header("Idempotency-Key", self.key(&format!("token/{login}")));
        let made = request.json(&serde_json::json!({ "name": "demo" })).send().await?.error_for_status()?;
        self.requests.fetch_add(2, Ordering::Relaxed);
        Ok(text(&serde_json::from_str(&made.text().await?)?, "/secret")?.to_owned())
    }

    /// Names the federation that all further requests are about.
    pub fn speak_for(&self, federation: &str) {
        // A second naming would be of the same one: the key of its creation is fixed.
        let _ = self.federation.set(federation.to_owned());
    }

    /// Lets the users of a federation do what their roles are for.
    pub fn act_as(&self, tokens: HashMap<Role, Vec<String>>) {
        let _ = self.tokens.set(tokens);
    }

    /// The token of the first role that may do it; the administrator's for what none of the users may.
    fn token_for(&self, method: &str, path: &str) -> &str {
        let permission = operation_of(&self.operations, method, &format!("/v1{path}")).and_then(|operation| operation.permission);
        let role = permission.filter(|permission| permission.name != "service.manage").and_then(|permission| permission.roles.first());
        role.and_then(|role| self.tokens.get()?.get(role)?.first()).unwrap_or(&self.token)
    }

    /// As [`Api::post`], by a user of a role: the first, or another where the first has acted already.
    pub async fn post_as(&self, who: (Role, usize), origin: &str, step: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        let (role, place) = who;
        let users = self.tokens.get().and_then(|tokens| tokens.get(&role)).context("the users are not made yet")?;
        let token = users.get(place).with_context(|| format!("{origin}: no other {role} is there"))?;
        let request = self.client.post(format!("{}{path}", self.base)).header("Idempotency-Key", self.key(step)).json(body);
        self.send(request, token).await.with_context(|| format!("{origin}: POST /v1{path}"))
    }

    /// How many requests were made.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// Sends a body. `origin` is where in the case's files it comes from; `step` names it among all of the case's requests,
    /// so that the same case repeated is the same requests with the same keys.
    pub async fn post(&self, origin: &str, step: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self.client.post(format!("{}{path}", self.base)).header("Idempotency-Key", self.key(step)).json(body);
        self.send(request, self.token_for("POST", path)).await.with_context(|| format!("{origin}: POST /v1{path}"))
    }

    /// Reads one thing.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let request = self.client.get(format!("{}{path}", self.base));
        self.send(request, self.token_for("GET", path)).await.with_context(|| format!("GET /v1{path}"))
    }

    /// Reads every page of a list. `path` has a query already.
    pub async fn list(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut page = self.get(&format!("{path}&limit=1000")).await?;
        loop {
            if let Some(Value::Array(more)) = page.get_mut("items").map(Value::take) {
                items.extend(more);
            }
            let Some(cursor) = page.get("next_cursor").and_then(Value::as_str) else { return Ok(items) };
            page = self.get(&format!("{path}&limit=1000&cursor={cursor}")).await?;
        }
    }

    /// Reads a file.
    pub async fn fetch(&self, origin: &str, path: &str) -> anyhow::Result<Vec<u8>> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let request = self.client.get(format!("{}{path}", self.base)).bearer_auth(self.token_for("GET", path));
        let response = request.send().await?.error_for_status().with_context(|| format!("{origin}: GET /v1{path}"))?;
        Ok(response.bytes().await?.to_vec())
    }

    /// Hands a file in and waits until its job has ended; what came of it.
    pub async fn upload(&self, origin: &str, step: &str, path: &str, name: &str, file: Vec<u8>) -> anyhow::Result<Value> {
        let token = self.token_for("POST", path.split('?').next().unwrap_or(path));
        let disposition = crate::http::answer::disposition(name).to_string();
        let request = self.client.post(format!("{}{path}", self.base)).header("Idempotency-Key", self.key(step));
        let request = request.header("Content-Type", "application/octet-stream").header("Content-Disposition", disposition).body(file);
        let started = self.send(request, token).await.with_context(|| format!("{origin}: POST /v1{path}"))?;
        let address = format!("{}/jobs/{}", self.base, text(&started, "/id")?);
        loop {
            let mut job = self.send(self.client.get(&address), token).await?;
            match text(&job, "/state")? {
                "queued" | "running" => tokio::time::sleep(Duration::from_millis(20)).await,
                "succeeded" => return Ok(job.get_mut("result").map(Value::take).unwrap_or_default()),
                state => bail!("{origin}: the job of POST /v1{path} is {state}: {}", job.get("problem").unwrap_or(&Value::Null)),
            }
        }
    }

    fn key(&self, step: &str) -> String {
        let key = format!("{}/{step}", self.case);
        if key.is_ascii() && key.len() <= 200 { key } else { hex::encode(Sha256::digest(key.as_bytes())) }
    }

    async fn send(&self, request: RequestBuilder, token: &str) -> anyhow::Result<Value> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let mut request = request.bearer_auth(token).header("Accept-Language", self.lang.tag());
        if let Some(federation) = self.federation.get()
            && (token != self.token || self.tokens.get().is_none())
        {
            request = request.header("Bangfu-Federation", federation);
        }
        let response = request.send().await?;
        let status = response.status();
        let text = response.text().await?;
        let answer: Value = serde_json::from_str(&text).with_context(|| format!("{status}: {text}"))?;
        if !status.is_success() {
            bail!("{}", refusal(status.as_u16(), &answer));
        }
        Ok(answer)
    }
}

/// A problem in one line: status, code, detail, every field at fault, and the particulars.
pub fn refusal(status: u16, problem: &Value) -> String {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut said = format!("{status} {}: {}", text(problem, "code"), text(problem, "detail"));
    for field in problem.get("errors").and_then(Value::as_array).into_iter().flatten() {
        let _ = write!(said, "; {} {}: {}", text(field, "pointer"), text(field, "code"), text(field, "detail"));
    }
    let told = ["type", "code", "title", "status", "detail", "errors", "request_id"];
    for (name, value) in problem.as_object().into_iter().flatten().filter(|(name, _)| !told.contains(&name.as_str())) {
        let _ = write!(said, "; {name} = {value}");
    }
    said
}

/// A text of an answer, which the API promises to be there.
pub fn text<'a>(answer: &'a Value, pointer: &str) -> anyhow::Result<&'a str> {
    answer.pointer(pointer).and_then(Value::as_str).with_context(|| format!("the answer has no {pointer}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_names_code_detail_and_every_field() {
        let problem = json!({
            "type": "/problems/fields_invalid", "code": "fields_invalid", "title": "t", "status": 422, "detail": "against a rule",
            "request_id": "x", "errors": [{ "pointer": "/amount", "code": "amount_malformed", "detail": "is not an amount" }], "missing": "1.00",
        });
        assert_eq!(
            refusal(422, &problem),
            "422 fields_invalid: against a rule; /amount amount_malformed: is not an amount; missing = \"1.00\""
        );
    }

    #[test]
    fn keys_are_the_same_for_the_same_step_and_always_acceptable() {
        let api = Api::new("泸州", SocketAddr::from(([127, 0, 0, 1], 1)), "t", Lang::En).unwrap();
        assert_eq!(api.key("plans/a"), api.key("plans/a"));
        assert_ne!(api.key("plans/a"), api.key("plans/b"));
        assert!(api.key("plans/a").is_ascii());
        let ascii = Api::new("luzhou", SocketAddr::from(([127, 0, 0, 1], 1)), "t", Lang::En).unwrap();
        assert_eq!(ascii.key("plans/a"), "luzhou/plans/a");
    }
}
