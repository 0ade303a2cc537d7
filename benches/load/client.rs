//! Requests as the users of a federation.

use std::collections::HashMap;
use std::time::Duration;

use bangfu::access::Secret;
use bangfu::http::openapi::{Operation, operation_of, operations};
use bangfu::kernel::{FederationId, Role};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::server::{Service, TOKEN};

/// A client with a user for each role.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    tokens: HashMap<Role, String>,
    operations: std::sync::Arc<Vec<Operation>>,
}

impl Client {
    /// Makes a federation and its users.
    pub async fn new(service: &Service) -> Self {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(900)).build().unwrap();
        let base = format!("http://{}", service.address);
        let made = http.post(format!("{base}/v1/federations")).bearer_auth(TOKEN).header("Idempotency-Key", "federation");
        let made: Value = made.json(&json!({"name": "测试市总工会", "code": "bench"})).send().await.unwrap().json().await.unwrap();
        let federation: FederationId = made["id"].as_str().unwrap().parse().unwrap();
        let (mut statement, mut tokens) = (String::new(), HashMap::new());
        for role in Role::ALL {
            let (user, secret) = (Uuid::now_v7(), Secret::of(federation, rand::random()));
            let hash = hex::encode(Sha256::digest(secret.credential().key));
            statement += &format!(
                "insert into app_user (federation_id, id, login, name, created_at) values ('{federation}', '{user}', '{role}', '{role}', now());
                 insert into role_grant (federation_id, id, user_id, role, reason, granted_by, granted_at)
                 values ('{federation}', '{}', '{user}', '{role}', 'bench', 'shell', now());
                 insert into access_token (federation_id, id, user_id, name, token_hash, created_at)
                 values ('{federation}', '{}', '{user}', 'bench', '\\x{hash}', now());",
                Uuid::now_v7(),
                Uuid::now_v7()
            );
            tokens.insert(role, secret.text().to_owned());
        }
        service.sql(&statement).await;
        let operations = std::sync::Arc::new(operations(&bangfu::app::openapi()));
        Self { http, base, tokens, operations }
    }

    /// A request of the first role that may make it.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let bare = path.split('?').next().unwrap();
        let permission = operation_of(&self.operations, method.as_str(), bare).and_then(|operation| operation.permission);
        let role = permission.map_or(Role::Maker, |permission| permission.roles[0]);
        let token = if path.starts_with("/v1/regions") && method == Method::POST { TOKEN } else { &self.tokens[&role] };
        let request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(token);
        request.header("Idempotency-Key", Uuid::now_v7().to_string())
    }

    async fn answered(request: RequestBuilder, what: &str) -> Value {
        let response = request.send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{what}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// POST
    pub async fn post(&self, path: &str, body: &Value) -> Value {
        Self::answered(self.request(Method::POST, path).json(body), path).await
    }

    /// GET
    pub async fn get(&self, path: &str) -> Value {
        Self::answered(self.request(Method::GET, path), path).await
    }

    /// Every row of a list. `path` has a query.
    pub async fn all(&self, path: &str) -> Vec<Value> {
        let (mut rows, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{path}&limit=1000{cursor}")).await;
            rows.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return rows,
            }
        }
    }

    /// Hands a file in and waits until its job has ended.
    pub async fn upload(&self, path: &str, bytes: Vec<u8>) -> Value {
        let request = self.request(Method::POST, path).header("Content-Type", "application/octet-stream").body(bytes);
        let started = Self::answered(request, path).await;
        let bare = path.split('?').next().unwrap();
        let permission = operation_of(&self.operations, "POST", bare).and_then(|operation| operation.permission).unwrap();
        let token = &self.tokens[&permission.roles[0]];
        loop {
            let address = format!("{}/v1/jobs/{}", self.base, started["id"].as_str().unwrap());
            let job = Self::answered(self.http.get(address).bearer_auth(token), "jobs").await;
            match job["state"].as_str().unwrap() {
                "succeeded" => return job["result"].clone(),
                "failed" | "cancelled" => panic!("{path}: {job}"),
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// Reads a file to its end without keeping it; how many bytes it has.
    pub async fn swallow(&self, path: &str) -> u64 {
        let mut response = self.request(Method::GET, path).send().await.unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.text().await.unwrap());
        let mut bytes = 0;
        while let Some(chunk) = response.chunk().await.unwrap() {
            bytes += chunk.len() as u64;
        }
        bytes
    }
}
