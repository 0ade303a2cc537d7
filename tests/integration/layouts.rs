//! Layouts of banks' text files, recorded under names.

use bangfu::kernel::Role;
use bangfu::layouts::{LayoutPurpose, layout_by_name};
use serde_json::{Value, json};

use crate::support::app::unique;
use crate::support::source::root;
use crate::support::{TestApp, run};

/// The layout of the sample statement in CSV.
pub fn statement_layout() -> Value {
    let text = std::fs::read_to_string(root().join("tests/samples/bank/statement.layout.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn new(name: &str, purpose: &str, description: Value) -> Value {
    json!({"name": name, "purpose": purpose, "description": description})
}

async fn version_in_use(app: &TestApp, purpose: LayoutPurpose, name: &str) -> Result<i32, String> {
    let found = app.db.read(&app.caller(), async |tx| layout_by_name(tx, purpose, name).await).await;
    found.map(|layout| layout.version).map_err(|error| error.to_string())
}

#[test]
fn another_description_under_a_name_is_its_next_version_and_the_first_stays() {
    run(async |app| {
        let name = unique("网银");
        let first = app.post("/v1/file-layouts", &new(&name, "statement", statement_layout())).await.expect(201);
        assert_eq!((&first.body["version"], &first.body["created_by"]), (&json!(1), &json!("finance")));
        assert_eq!(first.header("location"), Some(format!("/v1/file-layouts/{}", first.id()).as_str()));
        let mut changed = statement_layout();
        changed["fees"] = json!(["手续费", "工本费"]);
        let second = app.post("/v1/file-layouts", &new(&name, "statement", changed)).await.expect(201);
        assert_eq!(second.body["version"], 2);
        assert_eq!(app.get(&format!("/v1/file-layouts/{}", first.id())).await.expect(200).body, first.body);
        assert_eq!(app.all(&format!("/v1/file-layouts?purpose=statement&name={name}"), 1).await.len(), 2);
        assert_eq!(app.all("/v1/file-layouts?purpose=results", 10).await.len(), 0);
        assert_eq!(version_in_use(app, LayoutPurpose::Statement, &name).await, Ok(2));
        assert!(version_in_use(app, LayoutPurpose::Results, &name).await.unwrap_err().starts_with("layout_unknown"));
    });
}

#[test]
fn the_neutral_layouts_are_there_for_every_purpose_and_cannot_be_replaced() {
    run(async |app| {
        for purpose in [LayoutPurpose::Payments, LayoutPurpose::Results, LayoutPurpose::Statement] {
            assert_eq!(version_in_use(app, purpose, "neutral").await, Ok(0));
        }
        let reply = app.post("/v1/file-layouts", &new("neutral", "statement", statement_layout())).await.refused(409, "layout_built_in");
        assert_eq!(reply.faults(), [("/name".to_owned(), "layout_built_in".to_owned())]);
    });
}

#[test]
fn a_layout_that_does_not_fit_its_purpose_is_refused_with_its_faults() {
    run(async |app| {
        let refused = app.post("/v1/file-layouts", &new("甲", "payments", statement_layout())).await.refused(422, "bank_layout_invalid");
        assert!(!refused.faults().is_empty() && refused.faults().iter().all(|(at, _)| at.starts_with("/description/")), "{}", refused.text);
        let unread = app.post("/v1/file-layouts", &new("甲", "statement", json!({"name": "甲"}))).await.refused(400, "body_invalid");
        assert!(unread.faults().iter().any(|(at, _)| at == "/description/encoding"), "{}", unread.text);
        app.post("/v1/file-layouts", &new(" ", "statement", statement_layout())).await.refused(422, "fields_invalid");
        let everybodys = new("甲", "statement", statement_layout());
        app.post_as(Role::Cashier, "/v1/file-layouts", &everybodys).await.refused(403, "permission_denied");
        let other = TestApp::new().await;
        let theirs = other.post("/v1/file-layouts", &everybodys).await.expect(201).id();
        app.get(&format!("/v1/file-layouts/{theirs}")).await.refused(404, "not_found");
        other.finish().await;
    });
}
