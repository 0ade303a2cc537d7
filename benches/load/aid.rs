//! What every plan needs: a region, sources, lines with money and standards, a policy; and the way of a plan to the bank.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::Client;

/// A federation that can pay.
pub struct Aid {
    client: Client,
    union: String,
    source: String,
    /// The account that pays.
    pub account: String,
}

fn id(answer: &Value) -> String {
    answer["id"].as_str().unwrap().to_owned()
}

/// A released plan.
pub struct Paid {
    /// Its batch.
    pub batch: String,
    /// What each step took: roster and lock; submit, approve and release.
    pub rostered: Duration,
    pub released: Duration,
}

const ACCOUNT: &str = "6220990000000000001";

impl Aid {
    /// The number of the account that pays.
    pub const fn account_number(&self) -> &'static str {
        ACCOUNT
    }

    /// Makes what there has to be.
    pub async fn new(client: &Client) -> Self {
        client.post("/v1/regions", &json!({"code": "510599", "name": "测试区"})).await;
        let union = id(&client.post("/v1/organisations", &json!({"kind": "city_union", "name": "测试市总工会"})).await);
        let source = id(&client.post("/v1/fund-sources", &json!({"name": "省级财政", "level": "provincial"})).await);
        let steps = json!([
            {"name": "分管领导", "kind": "review", "role": "leader"},
            {"name": "财务负责人授权", "kind": "authorise", "role": "finance_head"},
        ]);
        let policy = client.post("/v1/approval-policies", &json!({"valid_from": "2020-01-01", "reason": "办法", "steps": steps})).await;
        client.post(&format!("/v1/approval-policies/{}/confirm", id(&policy)), &json!({})).await;
        let account = json!({"organisation_id": union, "kind": "bank_account", "number": ACCOUNT, "bank_name": "示例银行"});
        let account = id(&client.post("/v1/payee-accounts", &account).await);
        Self { client: client.clone(), union, source, account }
    }

    /// A line with money, and its appropriation.
    pub async fn line(&self, name: &str, amount: &str) -> (String, String) {
        let document = json!({"issuer": "财政厅", "number": format!("川财〔2022〕{name}"), "title": name, "kind": "allocation", "issued_on": "2022-01-01"});
        let document = id(&self.client.post("/v1/documents", &document).await);
        let made = self
            .client
            .post(
                "/v1/appropriations",
                &json!({
                    "document_id": document, "name": name, "fiscal_year": 2022, "organisation_id": self.union, "amount": amount,
                    "granted_on": "2022-01-01",
                    "lines": [{"name": name, "purpose": name, "fund_source_id": self.source, "amount": amount, "channels": ["one_card"]}],
                }),
            )
            .await;
        (made["lines"][0]["id"].as_str().unwrap().to_owned(), id(&made))
    }

    /// Pays everybody of a population out of a line, up to the release.
    pub async fn release(&self, line: &str, name: &str, population: Value, standard: Option<&str>) -> Paid {
        let client = &self.client;
        if let Some(amount) = standard {
            let standard = json!({
                "allocation_line_id": line, "category": "relative", "unit": "household", "amount": amount, "mode": "exact", "valid_from": "2022-01-01",
            });
            client.post("/v1/standards", &standard).await;
        }
        let kind = if standard.is_some() { "household" } else { "person" };
        let plan = json!({
            "name": name, "organisation_id": self.union, "fiscal_year": 2022, "purpose": name, "period": "2022", "cutoff_on": "2022-08-11",
            "funding": [{"allocation_line_id": line}],
            "tiers": [{"name": "对象", "kind": kind, "channel": "one_card", "population": population}],
        });
        let plan = id(&client.post("/v1/plans", &plan).await);
        let began = Instant::now();
        let roster = client.post(&format!("/v1/plans/{plan}/roster"), &json!({})).await;
        let digest = &roster["digest"];
        client.post(&format!("/v1/plans/{plan}/lock"), &json!({"digest": digest})).await;
        let rostered = began.elapsed();
        client.post(&format!("/v1/plans/{plan}/submit"), &json!({"digest": digest})).await;
        let began = Instant::now();
        let approve = json!({"digest": digest, "step": 1, "decided_on": "2022-08-15"});
        client.post(&format!("/v1/plans/{plan}/approve"), &approve).await;
        let released = client.post(&format!("/v1/plans/{plan}/release"), &json!({"digest": digest, "released_on": "2022-09-02"})).await;
        let took = began.elapsed();
        Paid { batch: released["batches"][0]["id"].as_str().unwrap().to_owned(), rostered, released: took }
    }

    /// Hands a batch over.
    pub async fn send(&self, batch: &str) {
        self.client.post(&format!("/v1/batches/{batch}/send"), &json!({"sent_on": "2022-09-05"})).await;
    }
}
