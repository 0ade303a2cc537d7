//! A case: the folder of input files, read and checked for shape before anything is sent.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::rows::{self, Row};

/// Everything a case's folder says.
#[derive(Debug)]
pub struct Case {
    /// The folder's name.
    pub name: String,
    /// `case.json`
    pub about: About,
    /// `regions.csv`, those above before those within.
    pub regions: Vec<Row>,
    /// `organisations.csv`, those above first.
    pub organisations: Vec<Row>,
    /// `organisation_accounts.csv`
    pub organisation_accounts: Vec<Row>,
    /// `documents.csv`
    pub documents: Vec<Row>,
    /// `fund_sources.csv`
    pub fund_sources: Vec<Row>,
    /// `households.csv`: household, head and dossier.
    pub households: Vec<Row>,
    /// `household_members.csv`, by the key of the household.
    pub household_members: HashMap<String, Vec<Row>>,
    /// `model_workers.csv`
    pub model_workers: Vec<Row>,
    /// `recipients.csv`
    pub recipients: Vec<Row>,
    /// `lists/*.csv`, by name without `.csv`.
    pub lists: HashMap<String, Vec<Row>>,
    /// `appropriations.json`
    pub appropriations: Vec<Appropriation>,
    /// `standards.csv`
    pub standards: Vec<Row>,
    /// `approval_policy.json`: body of `POST /v1/approval-policies`.
    pub approval_policy: Value,
    /// `steps.json`: what happened then, in order.
    pub steps: Vec<Step>,
    /// `declared_figures.csv`
    pub declared_figures: Vec<Row>,
}

/// `case.json`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// The report's title, 中文.
    pub title_zh: String,
    /// The report's title, English.
    pub title_en: String,
    /// Body of `POST /v1/federations`.
    pub federation: Value,
    /// The day the report is as of, and declared figures that name no other.
    pub as_of: String,
    /// Lines to be shown as of another day as well.
    #[serde(default)]
    pub also: Vec<Also>,
}

/// A line as of another day.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Also {
    /// `@line/…`
    pub line: String,
    /// The day.
    pub as_of: String,
}

/// An appropriation whose money arrives in full.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Appropriation {
    /// Saved as `@appropriation/KEY`.
    pub key: String,
    /// Body of `POST /v1/appropriations`; each line also has a `key`, saved as `@line/KEY`.
    pub body: Value,
    /// When the money of each line reached the account.
    pub arrived_on: String,
    /// Which account.
    pub account: String,
}

/// Something that happened.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// A plan with its whole life.
    Plan(PlanStep),
    /// Money going back to a treasury.
    Return(ReturnStep),
    /// Any other request.
    Post(PostStep),
}

/// A plan: made, roster generated, locked, submitted; approved, released, sent and answered by the bank as far as dates are
/// given.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanStep {
    /// Saved as `@plan/KEY`.
    pub key: String,
    /// Body of `POST /v1/plans`.
    pub body: Value,
    /// What needs an approval of its own, given before it is submitted.
    #[serde(default)]
    pub specials: Vec<SpecialStep>,
    /// What is decided at the steps of the chain, in their order, publicity and the release left out.
    #[serde(default)]
    pub decisions: Vec<DecisionStep>,
    /// Body of `POST /v1/plans/{id}/publicity`; absent when it was waived.
    pub publicity: Option<Value>,
    /// The day on which the last step before the release is done: the end of publicity.
    pub approved_on: Option<String>,
    /// The day the instructions are written.
    pub released_on: Option<String>,
    /// The day they go to the bank.
    pub sent_on: Option<String>,
    /// What the bank says.
    pub result: Option<BankResult>,
}

/// A special approval.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecialStep {
    /// Its kind in the API.
    pub kind: String,
    /// Why.
    pub reason: String,
    /// The day it was approved.
    pub decided_on: String,
}

/// A decision at a step.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionStep {
    /// The day.
    pub on: String,
    /// What was said.
    #[serde(default)]
    pub opinion: String,
    /// For a meeting: the number of its minutes.
    pub minutes: Option<String>,
    /// For a meeting: its minutes as `@document/KEY`.
    pub minutes_document: Option<String>,
}

/// What a bank says of a plan's payments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BankResult {
    /// The day on which all payments settled that are no exceptions.
    pub settled_on: String,
    /// Those that went otherwise.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
}

/// A payment with a story of its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// `@household/…`, `@person/…` or `@organisation/…`
    pub payee: String,
    /// What happened, in order.
    pub story: Vec<Chapter>,
}

/// A chapter of a payment's story.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Chapter {
    /// The bank says something.
    Evidence(Said),
    /// Another attempt.
    Reissue(Reissued),
}

/// What a bank says of one payment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// `settled`, `failed`, `unknown` or `bounced`.
    pub outcome: String,
    /// When.
    pub on: String,
    /// The bank's own code or words.
    pub code: Option<String>,
}

/// Another attempt for a payment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reissued {
    /// Body of `POST /v1/instructions/{id}/reissue`.
    pub body: Value,
    /// The day it goes to the bank.
    pub sent_on: String,
}

/// Money going back: due, then approved, paid and confirmed as far as days are given.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReturnStep {
    /// Saved as `@return/KEY`.
    pub key: String,
    /// Body of `POST /v1/returns`.
    pub body: Value,
    /// The day of the approval.
    pub approved_on: Option<String>,
    /// The day it was paid.
    pub paid_on: Option<String>,
    /// The day its receipt was confirmed.
    pub confirmed_on: Option<String>,
}

/// Any request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostStep {
    /// Names the request.
    pub key: String,
    /// Where to, after `/v1`; `@kind/key` in it is replaced too.
    pub path: String,
    /// The body.
    pub body: Value,
    /// Names for parts of the answer: `{"@plan/x": "/id"}`.
    #[serde(default)]
    pub save: HashMap<String, String>,
}

impl Case {
    /// Reads a folder.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let name = folder.file_name().map_or_else(|| "case".to_owned(), |name| name.to_string_lossy().into_owned());
        let csv = |file: &str, columns: &[&str]| rows::read(folder, file, columns);
        let mut household_members: HashMap<String, Vec<Row>> = HashMap::new();
        for row in csv("household_members.csv", &["household_key", "name", "identity_number", "relation", "from"])? {
            household_members.entry(row.get("household_key").to_owned()).or_default().push(row);
        }
        Ok(Self {
            name,
            about: json(folder, "case.json")?,
            regions: csv("regions.csv", &["code", "name", "parent_code", "directly_funded_from", "directly_funded_to"])?,
            organisations: csv("organisations.csv", &["key", "kind", "name", "parent_key", "region_code", "uscc", "valid_from"])?,
            organisation_accounts: csv("organisation_accounts.csv", &["organisation_key", "kind", "number", "holder_name", "bank_name"])?,
            documents: csv("documents.csv", &["key", "issuer", "number", "title", "kind", "issued_on"])?,
            fund_sources: csv("fund_sources.csv", &["key", "name", "level", "return_to_key"])?,
            households: csv("households.csv", HOUSEHOLD)?,
            household_members,
            model_workers: csv("model_workers.csv", MODEL_WORKER)?,
            recipients: csv(
                "recipients.csv",
                &["key", "name", "identity_number", "phone", "organisation_key", "card_kind", "card_number"],
            )?,
            lists: lists(folder)?,
            appropriations: json(folder, "appropriations.json")?,
            standards: csv("standards.csv", &["line", "category", "unit", "amount", "mode", "basis_key", "valid_from", "valid_to"])?,
            approval_policy: json(folder, "approval_policy.json")?,
            steps: json(folder, "steps.json")?,
            declared_figures: csv(
                "declared_figures.csv",
                &["name", "title_zh", "printed", "unit", "measure", "scope", "as_of", "document_key", "quote"],
            )?,
        })
    }
}

const HOUSEHOLD: &[&str] = &[
    "key",
    "dossier_number",
    "system",
    "level",
    "category",
    "region_code",
    "opened_on",
    "closed_on",
    "close_reason",
    "grace_from",
    "grace_months",
    "causes",
    "monthly_income",
    "rigid_costs",
    "head_name",
    "head_identity_number",
    "head_phone",
    "card_kind",
    "card_number",
];

const MODEL_WORKER: &[&str] = &[
    "key",
    "name",
    "identity_number",
    "phone",
    "honour_level",
    "honour_title",
    "awarded_on",
    "died_on",
    "region_code",
    "organisation_key",
    "card_kind",
    "card_number",
];

fn json<T: DeserializeOwned>(folder: &Path, file: &str) -> anyhow::Result<T> {
    let text = std::fs::read_to_string(folder.join(file)).with_context(|| format!("{}/{file}", folder.display()))?;
    let mut reader = serde_json::Deserializer::from_str(&text);
    serde_path_to_error::deserialize(&mut reader).with_context(|| file.to_owned())
}

fn lists(folder: &Path) -> anyhow::Result<HashMap<String, Vec<Row>>> {
    let mut lists = HashMap::new();
    for entry in std::fs::read_dir(folder.join("lists")).with_context(|| format!("{}/lists", folder.display()))? {
        let file = entry?.file_name().to_string_lossy().into_owned();
        if let Some(name) = file.strip_suffix(".csv") {
            let rows = rows::read(folder, &format!("lists/{file}"), &["recipient", "amount", "from", "to"])?;
            lists.insert(name.to_owned(), rows);
        }
    }
    Ok(lists)
}
