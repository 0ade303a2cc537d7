//! Every list of the API, with something in it, and where it is exported.

use std::collections::BTreeSet;

use bangfu::kernel::Role;
use serde_json::{Value, json};

use super::busy;
use crate::support::aid::{Planned, SENT_ON};
use crate::support::chain::{decision, step};
use crate::support::statements::Row;
use crate::support::{Aid, TestApp};

/// A list of the API.
pub struct AnyList {
    /// What it is called where it is exported as a job.
    pub name: &'static str,
    /// Its address.
    pub path: String,
    /// Of what it is.
    pub of: Option<String>,
    /// The filter that it cannot do without.
    pub filter: Vec<(&'static str, String)>,
    /// The field, and column, that tells its rows apart.
    pub id: &'static str,
}

impl AnyList {
    fn plain(name: &'static str) -> Self {
        Self { name, path: format!("/v1/{name}"), of: None, filter: Vec::new(), id: "id" }
    }

    fn of(name: &'static str, within: &str, of: &str, rest: &str) -> Self {
        Self { path: format!("/v1/{within}/{of}/{rest}"), of: Some(of.to_owned()), ..Self::plain(name) }
    }

    fn about_plan(name: &'static str, plan: &str) -> Self {
        let filter = vec![("subject_id", plan.to_owned()), ("subject_kind", "plan".to_owned())];
        Self { filter, ..Self::plain(name) }
    }

    fn query(&self) -> String {
        self.filter.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }

    /// Where it is answered page by page.
    pub fn listed(&self) -> String {
        format!("{}?{}", self.path, self.query())
    }

    /// Where it is exported, in a format.
    pub fn exported(&self, format: &str) -> String {
        format!("{}/export?format={format}&{}", self.path, self.query())
    }

    /// The body of the job that takes it.
    pub fn as_job(&self, format: &str) -> Value {
        let filter: serde_json::Map<String, Value> = self.filter.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        json!({"list": self.name, "of": self.of, "filter": filter, "format": format})
    }

    /// What comes and goes while somebody looks: each job is one, and has a token.
    pub fn changes_by_being_taken(&self) -> bool {
        ["audit-events", "jobs", "tokens"].contains(&self.name)
    }
}

/// A plan of one person whose roster is up in public.
async fn publicised(aid: &Aid) -> Planned {
    let app = &aid.app;
    app.policy_from("2022-06-01", &json!([step("review", "leader"), step("publicity", "maker"), step("authorise", "finance_head")])).await;
    let line = aid.line("100").await;
    let plan = aid.submitted(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
    aid.decide_as(Role::Leader, &plan, &decision(&plan, 1, "2022-08-15")).await.expect(200);
    aid.publish(&plan, "2022-08-15").await.expect(201);
    let objection = json!({"content": "有一户收入超过标准", "raised_on": "2022-08-16"});
    app.post(&format!("/v1/plans/{}/publicity/objections", plan.id), &objection).await.expect(201);
    plan
}

/// [`busy`], with something in every other list too; each list once.
pub async fn lists(app: &TestApp) -> Vec<AnyList> {
    let aid = busy(app).await;
    let first = async |path: &str, field: &str| app.get(path).await.expect(200).body["items"][0][field].as_str().unwrap().to_owned();
    let (roster, transfer) = (first("/v1/plans", "roster_id").await, first("/v1/transfers", "id").await);
    let paid = app.get("/v1/instructions?status=settled").await.expect(200).body["items"][0].clone();
    let (instruction, amount) = (paid["id"].as_str().unwrap(), paid["amount"].as_str().unwrap());
    let lines = [
        Row::debit(SENT_ON, amount, "T1").of(&paid),
        Row::debit(SENT_ON, "5.00", "T2").coded("手续费"),
        Row::credit(SENT_ON, "7.00", "T3"),
    ];
    let statement = app.bank_statement(&lines).await["id"].as_str().unwrap().to_owned();
    let line = first("/v1/allocation-lines", "id").await;
    let addition = json!({"kind": "withdrawal", "amount": "1", "document_id": app.document("调减1").await, "effective_on": "2022-11-01"});
    app.post(&format!("/v1/allocation-lines/{line}/changes"), &addition).await.expect(201);
    let public = publicised(&aid).await;
    let own = aid.draft(&aid.paying(&aid.line("100").await, &[(&aid.person().await, "60")])).await;
    aid.lock(&own).await.expect(200);
    let proposed = aid.propose(&own, "above_standard").await;
    aid.decide_special(Role::Leader, &own, &proposed, true).await.expect(200);
    let layout = json!({"name": "网银", "purpose": "statement", "description": crate::layouts::statement_layout()});
    app.post("/v1/file-layouts", &layout).await.expect(201);
    let job = app.post_as(Role::Maker, "/v1/exports", &json!({"list": "organisations"})).await.expect(202).id();
    app.ended(Role::Maker, &job).await;
    // Who asks for checkpoints seals.
    app.get("/v1/audit/checkpoints").await.expect(200);
    let mut lists: Vec<AnyList> = [
        "persons",
        "households",
        "dossiers",
        "model-workers",
        "payee-accounts",
        "federations",
        "organisations",
        "documents",
        "fund-sources",
        "appropriations",
        "allocation-lines",
        "arrivals",
        "standards",
        "plans",
        "approval-policies",
        "batches",
        "instructions",
        "transfers",
        "returns",
        "recoveries",
        "declared-figures",
        "findings",
        "bank-statements",
        "statement-exceptions",
        "file-layouts",
        "users",
        "tokens",
        "jobs",
    ]
    .map(AnyList::plain)
    .into();
    lists.extend([
        AnyList { id: "code", ..AnyList::plain("regions") },
        AnyList { id: "journal_entry_id", ..AnyList::plain("postings") },
        AnyList { path: "/v1/audit/events".to_owned(), ..AnyList::plain("audit-events") },
        AnyList { path: "/v1/audit/checkpoints".to_owned(), id: "root", ..AnyList::plain("checkpoints") },
        AnyList::of("roster-entries", "rosters", &roster, "entries"),
        AnyList::of("feedback", "transfers", &transfer, "feedback"),
        AnyList::of("bank-statement-lines", "bank-statements", &statement, "lines"),
        AnyList::of("evidence", "instructions", instruction, "evidence"),
        AnyList::of("allocation-line-changes", "allocation-lines", &line, "changes"),
        AnyList::of("rosters", "plans", &public.id, "rosters"),
        AnyList::of("publicity", "plans", &public.id, "publicity"),
        AnyList::about_plan("reviews", &public.id),
        AnyList::about_plan("special-approvals", &own.id),
    ]);
    let named: BTreeSet<&str> = lists.iter().map(|list| list.name).collect();
    assert_eq!(named.into_iter().collect::<Vec<_>>(), bangfu::app::lists().names(), "each list that can be exported, once");
    lists
}
