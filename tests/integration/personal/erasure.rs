//! Erasing persons, and what the law keeps.

use serde_json::{Value, json};

use super::{Somebody, lives};
use crate::support::{TestApp, run, sql};

async fn erase(app: &TestApp, person: &str, keep_required: bool) -> crate::support::Reply {
    app.post(&format!("/v1/persons/{person}/erase"), &json!({"reason": "本人申请", "keep_required": keep_required})).await
}

async fn rows(app: &TestApp, person: &str) -> String {
    let mut owner = sql::owner().await;
    let federation = app.federation;
    let rows = sql::texts(
        &mut owner,
        &format!(
            "select p::text from person p where federation_id = '{federation}' and id = '{person}'
             union all select a::text from payee_account a where federation_id = '{federation}' and person_id = '{person}'"
        ),
    )
    .await;
    rows.join("\n")
}

#[test]
fn a_person_who_was_never_paid_is_erased_for_good() {
    run(async |app| {
        let somebody = Somebody::new("欧阳静珍");
        let person = app.post("/v1/persons", &somebody.body()).await.expect(201).id();
        let sealed = rows(app, &person).await;
        assert!(sealed.contains("\\x01") && sealed.contains("欧阳静珍"), "{sealed}");
        app.post(&format!("/v1/persons/{person}/erase"), &json!({"reason": " "})).await.refused(422, "fields_invalid");
        let erased = erase(app, &person, false).await.expect(200);
        assert_eq!(erased.body, json!({"id": person, "whole": true, "kept_by": [], "accounts": 1, "names_in_drafts": 0}));
        let left = rows(app, &person).await;
        assert!(!left.contains("\\x") && !left.contains("欧阳静珍"), "neither ciphertext nor hash nor name: {left}");
        let view = app.get(&format!("/v1/persons/{person}")).await.expect(200).body;
        assert_eq!((&view["name"], &view["identity_number"], &view["phone"]), (&json!("（已删除）"), &Value::Null, &Value::Null));
        assert_eq!(view["erased_on"], crate::support::world::TODAY);
        assert_eq!((&view["payee_accounts"][0]["number"], &view["payee_accounts"][0]["holder_name"]), (&Value::Null, &json!("（已删除）")));
        for query in [json!({"name": somebody.name}), json!({"name": "（已删除）"}), json!({"identity_number": somebody.number})] {
            assert!(app.found(query).await.is_empty());
        }
        // Nothing more is recorded of somebody who is not there any more.
        erase(app, &person, true).await.refused(409, "person_erased");
        app.put(&format!("/v1/persons/{person}"), "\"2\"", &json!({"name": "新名"})).await.refused(409, "person_erased");
        app.post(&format!("/v1/persons/{person}/death"), &json!({"died_on": "2022-01-15"})).await.refused(409, "person_erased");
        let reveal = json!({"reason": "核对", "fields": ["name"]});
        app.post(&format!("/v1/persons/{person}/reveal"), &reveal).await.refused(409, "person_erased");
        let account = json!({"person_id": person, "kind": "one_card", "number": crate::support::registry::card_number()});
        app.post("/v1/payee-accounts", &account).await.refused(409, "person_erased");
        // The same person may come back, and is somebody new.
        let again = app.post("/v1/persons", &somebody.body()).await.expect(201).id();
        assert_ne!(again, person);
        let mut owner = sql::owner().await;
        let event = sql::rows(
            &mut owner,
            &format!(
                "select reason, subject_id from audit_event where federation_id = '{}' and action like '%/erase' and outcome = 'done'",
                app.federation
            ),
        )
        .await;
        assert_eq!(
            (event.len(), event[0]["reason"].as_str(), event[0]["subject_id"].as_str()),
            (1, Some("本人申请"), Some(person.as_str()))
        );
    });
}

#[test]
fn payments_keep_a_person_and_what_they_do_not_need_goes_when_asked_for() {
    run(async |app| {
        let (somebody, reported) = (Somebody::new("欧阳静珍"), Somebody::new("罗永强"));
        lives(app, &somebody, &reported).await;
        let person = app.found(json!({"identity_number": somebody.number})).await[0]["id"].as_str().unwrap().to_owned();
        let unused = app.account_of_person(&person, "bank_card").await;
        let refused = erase(app, &person, false).await.refused(409, "person_kept");
        assert_eq!(refused.body["kept_by"], json!(["payment"]));
        let kept = erase(app, &person, true).await.expect(200);
        assert_eq!((&kept.body["whole"], &kept.body["kept_by"], &kept.body["accounts"]), (&json!(false), &json!(["payment"]), &json!(1)));
        let view = app.get(&format!("/v1/persons/{person}")).await.expect(200).body;
        assert_eq!((&view["name"], &view["phone"], &view["erased_on"]), (&json!("欧阳**"), &Value::Null, &Value::Null));
        let account = |id: &str| view["payee_accounts"].as_array().unwrap().iter().find(|account| account["id"] == id).unwrap().clone();
        assert!(account(&unused)["number"].is_null() && !account(&unused)["closed_on"].is_null());
        assert_eq!(view["payee_accounts"].as_array().unwrap().iter().filter(|account| account["number"].is_string()).count(), 1);
        assert_eq!(app.found(json!({"identity_number": somebody.number})).await.len(), 1);
        // Who was reported as paid is kept as well, registered or not before.
        let same = app.post("/v1/persons", &reported.body()).await.expect(201).id();
        assert_eq!(erase(app, &same, false).await.refused(409, "person_kept").body["kept_by"], json!(["feedback"]));
    });
}

#[test]
fn a_pending_roster_or_an_open_dossier_keeps_a_person_too_and_a_draft_does_not() {
    run(async |app| {
        let aid = crate::support::Aid::new(app).await;
        let line = aid.line("1000").await;
        let hardship = app.hardship("罗永强", "relative").await;
        assert_eq!(erase(app, &hardship.person, false).await.refused(409, "person_kept").body["kept_by"], json!(["open_dossier"]));
        let person = app.person("杨静珍").await;
        let tier = json!({
            "name": "慰问", "kind": "person", "channel": "one_card",
            "population": {"listed": {"category": "visit", "recipients": [{"person_id": person, "amount": "500"}]}},
        });
        let plan = aid.draft(&aid.plan(json!([{"allocation_line_id": line}]), json!([tier]))).await;
        let path = format!("/v1/plans/{}", plan.id);
        aid.lock(&plan).await.expect(200);
        assert_eq!(erase(app, &person, false).await.refused(409, "person_kept").body["kept_by"], json!(["pending_roster"]));
        app.post(&format!("{path}/unlock"), &json!({})).await.expect(200);
        let erased = erase(app, &person, false).await.expect(200);
        assert_eq!(
            (&erased.body["whole"], &erased.body["names_in_drafts"]),
            (&json!(true), &json!(1)),
            "drafts are sealed, and it is said"
        );
    });
}

#[test]
fn only_finance_erases() {
    run(async |app| {
        let person = app.person("杨静珍").await;
        for role in bangfu::kernel::Role::ALL.into_iter().filter(|role| *role != bangfu::kernel::Role::Finance) {
            let asked = json!({"reason": "本人申请"});
            app.post_as(role, &format!("/v1/persons/{person}/erase"), &asked).await.refused(403, "permission_denied");
        }
    });
}
