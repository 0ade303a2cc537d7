//! Builders of what the funds module keeps. Each posts through HTTP and returns ids.

use bangfu::kernel::Money;
use serde_json::{Value, json};

use super::TestApp;
use super::app::unique;

/// When the appropriations of the builders are granted.
pub const GRANTED_ON: &str = "2022-01-10";

/// An appropriation as recorded.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The appropriation.
    pub id: String,
    /// The document that grants it.
    pub document: String,
    /// The organisation it is granted to.
    pub organisation: String,
    /// Whose money it is.
    pub source: String,
    /// Its lines, in order.
    pub lines: Vec<String>,
}

/// A line to be recorded, payable by card and by bank.
pub fn new_line(source: &str, name: &str, amount: &str) -> Value {
    json!({
        "name": name, "purpose": name, "fund_source_id": source, "amount": amount,
        "channels": ["one_card", "union_card", "bank_transfer"],
    })
}

impl TestApp {
    /// A fund source; level is `central`, `provincial`, `city`, `district`, `union_own` or `donation`.
    pub async fn fund_source(&self, level: &str) -> String {
        let source = json!({"name": unique(level), "level": level});
        self.post("/v1/fund-sources", &source).await.expect(201).id()
    }

    /// An appropriation to be recorded, of 2022, for a document and an organisation of its own; the amount is what the
    /// lines add up to.
    pub async fn new_appropriation(&self, source: &str, lines: &[(&str, &str)]) -> Value {
        let document = self.document(&unique("川财建")).await;
        let organisation = self.organisation("city_union", &unique("总工会")).await;
        let amount: Money = lines.iter().map(|(_, amount)| amount.parse::<Money>().unwrap()).sum();
        let lines: Vec<Value> = lines.iter().map(|(name, amount)| new_line(source, name, amount)).collect();
        json!({
            "document_id": document, "name": "帮扶资金", "fiscal_year": 2022, "organisation_id": organisation, "amount": amount,
            "granted_on": GRANTED_ON, "lines": lines,
        })
    }

    /// Records what [`TestApp::new_appropriation`] or a test has made.
    pub async fn appropriate(&self, new: &Value) -> Grant {
        let made = self.post("/v1/appropriations", new).await.expect(201);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Grant {
            id: made.id(),
            document: text(&new["document_id"]),
            organisation: text(&new["organisation_id"]),
            source: text(&new["lines"][0]["fund_source_id"]),
            lines: made.body["lines"].as_array().unwrap().iter().map(|line| text(&line["id"])).collect(),
        }
    }

    /// An appropriation of 2022 with these lines, granted on [`GRANTED_ON`] from a provincial source of its own.
    pub async fn appropriation(&self, lines: &[(&str, &str)]) -> Grant {
        let source = self.fund_source("provincial").await;
        self.appropriation_from(&source, lines).await
    }

    /// As [`TestApp::appropriation`], from a source that is there.
    pub async fn appropriation_from(&self, source: &str, lines: &[(&str, &str)]) -> Grant {
        let new = self.new_appropriation(source, lines).await;
        self.appropriate(&new).await
    }

    /// Money that has reached the account for a line, on 2022-02-01.
    pub async fn arrival(&self, line: &str, amount: &str) -> String {
        let arrival = json!({"allocation_line_id": line, "amount": amount, "arrived_on": "2022-02-01", "account": "基本户"});
        self.post("/v1/arrivals", &arrival).await.expect(201).id()
    }

    /// A standard of exactly this amount a household, for the whole of 2022.
    pub async fn standard(&self, line: &str, category: &str, amount: &str) -> String {
        let standard = json!({
            "allocation_line_id": line, "category": category, "unit": "household", "amount": amount, "mode": "exact",
            "valid_from": "2022-01-01", "valid_to": "2022-12-31",
        });
        self.post("/v1/standards", &standard).await.expect(201).id()
    }
}
