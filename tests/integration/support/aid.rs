//! A federation with money, people and plans: what the tests of plans and payments begin with.
//!
//! The dates follow each other: granted in January 2022, cut-off on 2022-08-11, approved, released and sent in September.

use serde_json::{Value, json};

use super::TestApp;
use super::app::{Reply, unique};
pub use super::registry::with;
use super::registry::{card_number, identity_number};

/// The day as of which the registry decides in [`Aid::plan`].
pub const CUTOFF: &str = "2022-08-11";
/// When plans are approved.
pub const APPROVED_ON: &str = "2022-09-01";
/// When they are released.
pub const RELEASED_ON: &str = "2022-09-02";
/// When their batches are sent.
pub const SENT_ON: &str = "2022-09-05";
/// The counties of tests that are not about counties.
pub const REGION: &str = "510599";

/// A union with a treasury, a provincial source and funds of its own.
#[derive(Clone)]
pub struct Aid {
    /// The client.
    pub app: TestApp,
    /// The city's union.
    pub union: String,
    /// To whom provincial money is returned.
    pub treasury: String,
    /// The province's money.
    pub provincial: String,
    /// The union's own.
    pub own: String,
}

/// A household with a dossier.
#[derive(Debug, Clone)]
pub struct Case {
    /// The household.
    pub household: String,
    /// Its head, with an account.
    pub head: String,
    /// Its dossier.
    pub dossier: String,
}

/// A plan with its newest roster.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The plan.
    pub id: String,
    /// The roster.
    pub roster: String,
    /// What is locked, approved and released.
    pub digest: String,
    /// The roster as answered.
    pub view: Value,
}

/// `[{"allocation_line_id": …}]` in this order.
pub fn drawing_on(lines: &[&str]) -> Value {
    lines.iter().map(|line| json!({"allocation_line_id": line})).collect()
}

/// As [`drawing_on`], completed by own funds.
pub fn topped_up(lines: &[&str], own: &str) -> Value {
    let mut funding = drawing_on(lines);
    funding.as_array_mut().unwrap().push(json!({"allocation_line_id": own, "top_up": true}));
    funding
}

/// A tier of persons named one by one, each with an amount.
pub fn listed(recipients: &[(&str, &str)]) -> Value {
    let recipients: Vec<Value> = recipients.iter().map(|(person, amount)| json!({"person_id": person, "amount": amount})).collect();
    json!({
        "name": "名单", "kind": "person", "channel": "one_card",
        "population": {"listed": {"category": "undossiered", "recipients": recipients}},
    })
}

/// A tier of households with a dossier that meets `conditions`.
pub fn dossiers(conditions: Value) -> Value {
    json!({"name": "在档困难职工", "kind": "household", "channel": "one_card", "population": {"dossiers": conditions}})
}

/// A tier of model workers that meet `conditions`.
pub fn model_workers(conditions: Value) -> Value {
    json!({"name": "劳模", "kind": "person", "channel": "one_card", "population": {"model_workers": conditions}})
}

/// What evidence says of an instruction.
pub fn says(instruction: &Value, outcome: &str, on: &str) -> Value {
    json!({"reference": instruction["reference"], "outcome": outcome, "amount": instruction["amount"], "occurred_on": on})
}

/// A bank result without a file.
pub fn bank_result(items: &[Value]) -> Value {
    json!({"kind": "bank_result", "items": items})
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

impl Aid {
    /// The union of a test's federation, whose plans pass a leader and the finance head.
    pub async fn new(app: &TestApp) -> Self {
        app.policy(&super::chain::short()).await;
        Self::without_policy(app).await
    }

    /// The union of a test's federation, which has no approval policy.
    pub async fn without_policy(app: &TestApp) -> Self {
        let union = app.organisation("city_union", "测试市总工会").await;
        let treasury = app.organisation("treasury", "测试市财政局").await;
        app.region(REGION, "测试区").await;
        let source = async |name: &str, level: &str, back: Value| {
            let source = json!({"name": name, "level": level, "return_to_organisation_id": back});
            app.post("/v1/fund-sources", &source).await.expect(201).id()
        };
        let provincial = source("省级财政", "provincial", json!(treasury)).await;
        let own = source("工会经费", "union_own", Value::Null).await;
        Self { app: app.clone(), union, treasury, provincial, own }
    }

    /// A line of this source and amount that may be paid in these ways.
    pub async fn line_of(&self, source: &str, amount: &str, channels: &[&str]) -> String {
        let document = self.app.document(&unique("财建")).await;
        let appropriation = json!({
            "document_id": document, "name": unique("资金"), "fiscal_year": 2022, "organisation_id": self.union, "amount": amount,
            "granted_on": "2022-01-10",
            "lines": [{"name": "困难职工帮扶", "purpose": "困难帮扶", "fund_source_id": source, "amount": amount, "channels": channels}],
        });
        text(&self.app.post("/v1/appropriations", &appropriation).await.expect(201).body["lines"][0]["id"])
    }

    /// A provincial line that is paid to cards and accounts.
    pub async fn line(&self, amount: &str) -> String {
        self.line_of(&self.provincial, amount, &["one_card", "union_card", "bank_transfer"]).await
    }

    /// A line of own funds.
    pub async fn own_line(&self, amount: &str) -> String {
        self.line_of(&self.own, amount, &["one_card", "bank_transfer"]).await
    }

    /// A standard a household since 2022.
    pub async fn standard(&self, line: &str, category: &str, amount: &str, mode: &str) -> String {
        self.standard_per("household", line, category, amount, mode).await
    }

    /// A standard for another unit than a household.
    pub async fn standard_per(&self, unit: &str, line: &str, category: &str, amount: &str, mode: &str) -> String {
        let standard = json!({
            "allocation_line_id": line, "category": category, "unit": unit, "amount": amount, "mode": mode, "valid_from": "2022-01-01",
        });
        self.app.post("/v1/standards", &standard).await.expect(201).id()
    }

    /// A person with other members than the usual ones.
    pub async fn person_with(&self, members: Value) -> Value {
        let person = json!({
            "name": "测试甲", "identity_number": identity_number(), "region_code": REGION,
            "payee_accounts": [{"kind": "one_card", "number": card_number()}],
        });
        self.app.post("/v1/persons", &with(person, members)).await.expect(201).body
    }

    /// A person with a one-card account.
    pub async fn person(&self) -> String {
        text(&self.person_with(json!({})).await["id"])
    }

    /// So many persons.
    pub async fn persons(&self, count: usize) -> Vec<String> {
        let mut persons = Vec::new();
        for _ in 0..count {
            persons.push(self.person().await);
        }
        persons
    }

    /// A household in a county, headed by a person.
    pub async fn household_of(&self, head: &str, region: &str) -> String {
        let household = json!({"head": head, "region_code": region, "member_from": "2015-01-01"});
        self.app.post("/v1/households", &household).await.expect(201).id()
    }

    /// A dossier of a household; usually of the national system, relative hardship, opened in 2020.
    pub async fn dossier_of(&self, household: &str, members: Value) -> String {
        let dossier = json!({
            "household_id": household, "number": unique("D"), "system": "national", "level": "city", "category": "relative",
            "opened_on": "2020-03-01",
        });
        self.app.post("/v1/dossiers", &with(dossier, members)).await.expect(201).id()
    }

    /// A household with a dossier of these members; `region` and `died_on` are those of the household and its head.
    pub async fn case(&self, mut members: Value) -> Case {
        let mut take = |name: &str| members.as_object_mut().unwrap().remove(name);
        let region = take("region").map_or(REGION.to_owned(), |region| text(&region));
        let person = take("died_on").map_or(json!({}), |died_on| json!({"died_on": died_on}));
        let head = text(&self.person_with(person).await["id"]);
        let household = self.household_of(&head, &region).await;
        let dossier = self.dossier_of(&household, members).await;
        Case { household, head, dossier }
    }

    /// A step of a dossier.
    pub async fn step(&self, dossier: &str, step: Value) {
        self.app.post(&format!("/v1/dossiers/{dossier}/transitions"), &step).await.expect(200);
    }

    /// A model worker with an honour of this level; answers the person.
    pub async fn model_worker(&self, level: &str, person: Value) -> String {
        let person = text(&self.person_with(person).await["id"]);
        let worker = json!({
            "person_id": person, "region_code": REGION, "honours": [{"level": level, "title": "劳动模范", "awarded_on": "2010-05-01"}],
        });
        self.app.post("/v1/model-workers", &worker).await.expect(201);
        person
    }

    /// A plan to be made.
    pub fn plan(&self, funding: Value, tiers: Value) -> Value {
        json!({
            "name": unique("方案"), "organisation_id": self.union, "fiscal_year": 2022, "purpose": "困难帮扶", "period": "2022",
            "cutoff_on": CUTOFF, "funding": funding, "tiers": tiers,
        })
    }

    /// A plan that pays persons these amounts from one line.
    pub fn paying(&self, line: &str, recipients: &[(&str, &str)]) -> Value {
        self.plan(drawing_on(&[line]), json!([listed(recipients)]))
    }

    /// The plan with a roster.
    pub async fn draft(&self, plan: &Value) -> Planned {
        let id = self.app.post("/v1/plans", plan).await.expect(201).id();
        self.generate(&id).await
    }

    /// Another roster of a draft, made by somebody with this token.
    pub async fn generate_with(&self, token: &str, plan: &str) -> Planned {
        let reply = self.app.post_with(token, &format!("/v1/plans/{plan}/roster"), &json!({})).await.expect(201);
        Planned { id: plan.to_owned(), roster: reply.id(), digest: text(&reply.body["digest"]), view: reply.body }
    }

    /// Another roster of a draft.
    pub async fn generate(&self, plan: &str) -> Planned {
        let reply = self.app.post(&format!("/v1/plans/{plan}/roster"), &json!({})).await.expect(201);
        Planned { id: plan.to_owned(), roster: reply.id(), digest: text(&reply.body["digest"]), view: reply.body }
    }

    /// All rows of a roster in their order.
    pub async fn entries(&self, plan: &Planned) -> Vec<Value> {
        let mut entries = self.app.all(&format!("/v1/rosters/{}/entries", plan.roster), 500).await;
        entries.sort_by_key(|entry| entry["position"].as_i64());
        entries
    }

    /// Why each payee is out, by the id of household, person or organisation; empty for those who are in.
    pub async fn exclusions(&self, plan: &Planned) -> Vec<(String, String)> {
        let payee = |entry: &Value| {
            ["household_id", "organisation_id", "person_id"].into_iter().find_map(|id| entry[id].as_str().map(str::to_owned))
        };
        let why = |entry: &Value| entry["excluded_because"].as_str().unwrap_or_default().to_owned();
        self.entries(plan).await.iter().map(|entry| (payee(entry).unwrap_or_default(), why(entry))).collect()
    }

    /// A step of a plan that names its digest.
    pub async fn digest_step(&self, plan: &Planned, step: &str, digest: &str) -> Reply {
        let mut body = json!({"digest": digest});
        match step {
            "approve" | "return" => {
                body["step"] = json!(1);
                body["decided_on"] = json!(APPROVED_ON);
            }
            "release" => body["released_on"] = json!(RELEASED_ON),
            _ => {}
        }
        self.app.post(&format!("/v1/plans/{}/{step}", plan.id), &body).await
    }

    /// Locks a plan.
    pub async fn lock(&self, plan: &Planned) -> Reply {
        self.digest_step(plan, "lock", &plan.digest).await
    }

    /// Approves a submitted plan.
    pub async fn approve(&self, plan: &Planned) -> Reply {
        self.digest_step(plan, "approve", &plan.digest).await
    }

    /// Releases an approved plan.
    pub async fn release(&self, plan: &Planned) -> Reply {
        self.digest_step(plan, "release", &plan.digest).await
    }

    /// Cancels a plan.
    pub async fn cancel(&self, plan: &Planned) -> Reply {
        self.app.post(&format!("/v1/plans/{}/cancel", plan.id), &json!({"reason": "不再执行"})).await
    }

    /// A plan waiting for its approval.
    pub async fn submitted(&self, plan: &Value) -> Planned {
        let plan = self.draft(plan).await;
        self.lock(&plan).await.expect(200);
        self.submit(&plan).await.expect(200);
        plan
    }

    /// A plan with its funds committed.
    pub async fn approved(&self, plan: &Value) -> Planned {
        let plan = self.submitted(plan).await;
        self.approve(&plan).await.expect(200);
        plan
    }

    /// A plan with its instructions written.
    pub async fn released(&self, plan: &Value) -> Planned {
        let plan = self.approved(plan).await;
        self.release(&plan).await.expect(201);
        plan
    }

    /// A plan with its batches sent.
    pub async fn sent(&self, plan: &Value) -> Planned {
        let plan = self.released(plan).await;
        self.send_all(&plan, SENT_ON).await;
        plan
    }

    /// Sends what of a plan has not been sent.
    pub async fn send_all(&self, plan: &Planned, on: &str) {
        for batch in self.app.all(&format!("/v1/batches?plan_id={}&sent=false", plan.id), 500).await {
            self.app.post(&format!("/v1/batches/{}/send", text(&batch["id"])), &json!({"sent_on": on})).await.expect(200);
        }
    }

    /// The state of a plan.
    pub async fn status(&self, plan: &Planned) -> String {
        text(&self.app.get(&format!("/v1/plans/{}", plan.id)).await.expect(200).body["status"])
    }

    /// The instructions of a plan, in the order of its roster and their attempts.
    pub async fn instructions(&self, plan: &Planned) -> Vec<Value> {
        self.app.all(&format!("/v1/instructions?plan_id={}", plan.id), 500).await
    }

    /// An instruction as it is now.
    pub async fn now(&self, instruction: &Value) -> Value {
        self.app.get(&format!("/v1/instructions/{}", text(&instruction["id"]))).await.expect(200).body
    }

    /// The states of some instructions now.
    pub async fn states(&self, instructions: &[Value]) -> Vec<String> {
        let mut states = Vec::new();
        for instruction in instructions {
            states.push(text(&self.now(instruction).await["status"]));
        }
        states
    }

    /// All instructions of the federation as text, to be held against themselves later.
    pub async fn instructions_text(&self) -> String {
        self.app.get("/v1/instructions?limit=1000").await.expect(200).text
    }

    /// Hands in evidence.
    pub async fn evidence(&self, evidence: &Value) -> Reply {
        self.app.post("/v1/evidence", evidence).await
    }

    /// One instruction is answered by the bank.
    pub async fn answered(&self, instruction: &Value, outcome: &str, on: &str) -> Value {
        self.evidence(&bank_result(&[says(instruction, outcome, on)])).await.expect(200).body
    }

    /// A step of an instruction: `reissue` or `give-up`.
    pub async fn instruction_step(&self, instruction: &Value, step: &str) -> Reply {
        self.app.post(&format!("/v1/instructions/{}/{step}", text(&instruction["id"])), &json!({"reason": "账号有误"})).await
    }

    /// The accounts of a line that are not zero, over all sources: `available 100.00, disbursed 20.00`.
    pub async fn accounts(&self, line: &str) -> String {
        let view = self.app.get(&format!("/v1/allocation-lines/{line}")).await.expect(200).body;
        assert_eq!(view["identity_difference"], "0.00");
        not_zero(&view["balances"])
    }

    /// As [`Aid::accounts`], of one source.
    pub async fn accounts_of(&self, line: &str, source: &str) -> String {
        let view = self.app.get(&format!("/v1/allocation-lines/{line}")).await.expect(200).body;
        let sources = view["sources"].as_array().unwrap();
        sources.iter().find(|each| each["fund_source_id"] == source).map_or(String::new(), |each| not_zero(&each["balances"]))
    }
}

fn not_zero(balances: &Value) -> String {
    // In the order of the accounts, not of the alphabet.
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
    let parts = ACCOUNTS.iter().map(|account| (account, balances[account].as_str().unwrap()));
    parts.filter(|(_, amount)| *amount != "0.00").map(|(account, amount)| format!("{account} {amount}")).collect::<Vec<_>>().join(", ")
}
