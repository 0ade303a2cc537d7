//! The reconciliation report as the service gives it.

use anyhow::Context;
use serde_json::{Map, Value, json};

use super::case::Case;
use super::client::{Api, text};
use super::names::Names;

/// The accounts of a line, in the order of its identity.
const ACCOUNTS: [&str; 13] = [
    "granted",
    "top_up",
    "available",
    "committed",
    "in_transit",
    "disbursed",
    "transferred_down",
    "bounced",
    "recoverable",
    "returned",
    "carried_over",
    "reclaimed",
    "topped_up_elsewhere",
];

/// What follows from them.
const FIGURES: [&str; 7] = ["not_disbursed", "identity_difference", "execution_rate", "arrived", "households", "persons", "person_times"];

/// The report: answers of the service, in the order of the case's files.
pub struct Report {
    /// The case's title, 中文 and English.
    pub title: (String, String),
    /// The day it is as of.
    pub as_of: String,
    /// Appropriations with their lines.
    pub appropriations: Vec<Value>,
    /// Lines as of other days: the day and the line.
    pub also: Vec<(String, Value)>,
    /// Declared figures with their 中文 titles.
    pub declared: Vec<(String, Value)>,
    /// What came of the bank's statements; none when it has none.
    pub bank_statements: Option<Value>,
}

impl Report {
    /// Reads the report from the service; `bank_statements` stand beside it.
    pub async fn read(api: &Api, names: &Names, case: &Case, bank_statements: Option<Value>) -> anyhow::Result<Self> {
        let as_of = &case.about.as_of;
        let mut appropriations = Vec::new();
        for appropriation in &case.appropriations {
            let id = names.id(&format!("@appropriation/{}", appropriation.key))?;
            appropriations.push(api.get(&format!("/reconciliation/appropriations/{id}?as_of={as_of}")).await?);
        }
        let mut also = Vec::new();
        for wanted in &case.about.also {
            let line = names.id(&wanted.line).context("case.json, also")?;
            let then = api.get(&format!("/reconciliation/allocation-lines/{line}?as_of={}", wanted.as_of)).await?;
            let line = lines(&then).first().cloned().context("the report of a line has no line")?;
            also.push((wanted.as_of.clone(), line));
        }
        let mut declared = Vec::new();
        for row in &case.declared_figures {
            let id = names.id(&format!("@declared/{}", row.get("name")))?;
            declared.push((row.get("title_zh").to_owned(), api.get(&format!("/declared-figures/{id}")).await?));
        }
        let title = (case.about.title_zh.clone(), case.about.title_en.clone());
        Ok(Self { title, as_of: as_of.clone(), appropriations, also, declared, bank_statements })
    }

    /// The one object that `--json` prints.
    pub fn to_json(&self) -> anyhow::Result<Value> {
        let appropriations: Vec<Value> = self.appropriations.iter().map(appropriation).collect::<anyhow::Result<_>>()?;
        let declared: Vec<Value> = self.declared.iter().map(|(_, figure)| declared(figure)).collect();
        let also: Vec<Value> = self.also.iter().map(|(as_of, line)| with_as_of(as_of, line)).collect::<anyhow::Result<_>>()?;
        Ok(json!({
            "as_of": self.as_of, "appropriations": appropriations, "declared": declared, "also": also,
            "bank_statements": self.bank_statements,
        }))
    }
}

/// The lines of an appropriation's answer.
pub fn lines(appropriation: &Value) -> &[Value] {
    appropriation.get("lines").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn figures(answer: &Value) -> anyhow::Result<Map<String, Value>> {
    let field = |name: &str| {
        let value = answer.get(name).with_context(|| format!("the report has no {name}"))?;
        Ok((name.to_owned(), value.clone()))
    };
    ACCOUNTS.iter().chain(&FIGURES).map(|name| field(name)).collect()
}

fn appropriation(answer: &Value) -> anyhow::Result<Value> {
    let mut object = Map::new();
    for name in ["document", "name"] {
        object.insert(name.to_owned(), json!(text(answer, &format!("/{name}"))?));
    }
    object.extend(figures(answer)?);
    object.insert("lines".to_owned(), lines(answer).iter().map(line).collect::<anyhow::Result<Value>>()?);
    Ok(Value::Object(object))
}

fn line(answer: &Value) -> anyhow::Result<Value> {
    let mut object = Map::new();
    object.insert("name".to_owned(), json!(text(answer, "/name")?));
    object.extend(figures(answer)?);
    Ok(Value::Object(object))
}

fn with_as_of(as_of: &str, answer: &Value) -> anyhow::Result<Value> {
    let mut object = Map::new();
    object.insert("as_of".to_owned(), json!(as_of));
    object.insert("name".to_owned(), json!(text(answer, "/name")?));
    object.extend(figures(answer)?);
    Ok(Value::Object(object))
}

fn declared(figure: &Value) -> Value {
    let of = |name: &str| figure.get(name).cloned().unwrap_or(Value::Null);
    json!({
        "figure": of("name"), "printed": of("printed"), "declared": of("declared"), "ledger": of("ledger"), "difference": of("difference"),
        "outcome": of("outcome"),
    })
}
