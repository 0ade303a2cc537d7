//! Builders of what the registry keeps. Each posts through HTTP and returns ids. The people are invented: their identity
//! numbers are of the unassigned region 510599.

use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

use super::TestApp;

/// Where the households and model workers of the builders live.
pub const REGION: &str = "510502";
/// Since when households and dossiers of the builders are there.
pub const SINCE: &str = "2020-01-01";

/// A household in hardship, with an active dossier.
#[derive(Debug, Clone)]
pub struct Hardship {
    /// The head, who has an open one-card account.
    pub person: String,
    /// The household, of the head alone.
    pub household: String,
    /// Its dossier.
    pub dossier: String,
}

/// A model worker with one honour.
#[derive(Debug, Clone)]
pub struct Honoured {
    /// The model worker.
    pub id: String,
    /// The person, who has an open one-card account.
    pub person: String,
}

fn next() -> u32 {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    COUNTER.fetch_add(1, Ordering::Relaxed)
}

/// A valid identity number nobody else has.
pub fn identity_number() -> String {
    let number = next();
    let first: NaiveDate = "1960-01-01".parse().unwrap();
    identity_number_of(first + Days::new(u64::from(number / 1000)), number % 1000)
}

/// The identity number of one born on that day, the so-manieth registered: odd for men.
pub fn identity_number_of(born_on: NaiveDate, order: u32) -> String {
    let body = format!("510599{}{order:03}", born_on.format("%Y%m%d"));
    format!("{body}{}", check_character(&body))
}

/// GB 11643: what makes the weighted sum 1 modulo 11, `X` standing for ten.
pub fn check_character(body: &str) -> char {
    let weights = (1..=17).rev().map(|power| (0..power).fold(1, |weight, _| weight * 2 % 11));
    let sum: u32 = body.chars().zip(weights).map(|(digit, weight)| digit.to_digit(10).unwrap() * weight).sum();
    char::from_digit((12 - sum % 11) % 11, 10).unwrap_or('X')
}

/// A card number nobody else has, with the check digit of ISO/IEC 7812-1.
pub fn card_number() -> String {
    let body = format!("622999{:012}", next());
    let doubled = body.bytes().rev().enumerate().map(|(place, digit)| {
        let digit = u32::from(digit - b'0') * if place % 2 == 0 { 2 } else { 1 };
        if digit > 9 { digit - 9 } else { digit }
    });
    let sum: u32 = doubled.sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

/// A person to be recorded, with a one-card account.
pub fn new_person(name: &str) -> Value {
    json!({
        "name": name, "identity_number": identity_number(), "phone": "19900002835", "region_code": null,
        "payee_accounts": [{"kind": "one_card", "number": card_number()}],
    })
}

/// A dossier to be recorded: of the national system, kept by the city, in force since [`SINCE`].
pub fn new_dossier(household: &str, category: &str) -> Value {
    json!({
        "household_id": household, "number": format!("D{:08}", next()), "system": "national", "level": "city", "category": category,
        "causes": ["illness"], "opened_on": SINCE,
    })
}

/// One object over another.
pub fn with(mut body: Value, changes: Value) -> Value {
    let Value::Object(changes) = changes else { panic!("not an object: {changes}") };
    body.as_object_mut().unwrap().extend(changes);
    body
}

impl TestApp {
    /// A living person with a one-card account.
    pub async fn person(&self, name: &str) -> String {
        self.post("/v1/persons", &new_person(name)).await.expect(201).id()
    }

    /// The persons a search finds, as answered.
    pub async fn found(&self, query: Value) -> Vec<Value> {
        self.post("/v1/persons/search", &query).await.expect(200).body["items"].as_array().unwrap().clone()
    }

    /// Another account of a person; kind is `union_card`, `one_card`, `bank_card` or `bank_account`.
    pub async fn account_of_person(&self, person: &str, kind: &str) -> String {
        let account = json!({"person_id": person, "kind": kind, "number": card_number()});
        self.post("/v1/payee-accounts", &account).await.expect(201).id()
    }

    /// An account of an organisation, such as a hospital's.
    pub async fn account_of_organisation(&self, organisation: &str) -> String {
        let account = json!({"organisation_id": organisation, "kind": "bank_account", "number": card_number()});
        self.post("/v1/payee-accounts", &account).await.expect(201).id()
    }

    /// A household of its head alone, in [`REGION`] since [`SINCE`].
    pub async fn household(&self, head: &str) -> String {
        self.household_in(head, REGION).await
    }

    /// A household of its head alone, since [`SINCE`].
    pub async fn household_in(&self, head: &str, region: &str) -> String {
        self.region(region, region).await;
        let household = json!({"head": head, "region_code": region, "member_from": SINCE});
        self.post("/v1/households", &household).await.expect(201).id()
    }

    /// A dossier of a household, in force since [`SINCE`].
    pub async fn dossier(&self, household: &str, category: &str) -> String {
        self.post("/v1/dossiers", &new_dossier(household, category)).await.expect(201).id()
    }

    /// A household in hardship in [`REGION`]; category is `deep`, `relative`, `accidental` or `provincial`.
    pub async fn hardship(&self, name: &str, category: &str) -> Hardship {
        let person = self.person(name).await;
        let household = self.household(&person).await;
        let dossier = self.dossier(&household, category).await;
        Hardship { person, household, dossier }
    }

    /// A model worker in [`REGION`]; level is `national`, `provincial` or `municipal`.
    pub async fn model_worker(&self, name: &str, level: &str) -> Honoured {
        self.region(REGION, "江阳区").await;
        let worker = json!({
            "person": new_person(name), "region_code": REGION,
            "honours": [{"level": level, "title": "劳动模范", "awarded_on": "2015-04-28"}],
        });
        let made = self.post("/v1/model-workers", &worker).await.expect(201);
        Honoured { id: made.id(), person: made.body["person_id"].as_str().unwrap().to_owned() }
    }

    /// Records a death.
    pub async fn death(&self, person: &str, died_on: &str) {
        self.post(&format!("/v1/persons/{person}/death"), &json!({"died_on": died_on})).await.expect(200);
    }
}
