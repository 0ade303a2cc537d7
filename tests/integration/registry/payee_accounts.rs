//! Payee accounts: holders, agents, masks.

use serde_json::{Value, json};

use super::fault;
use crate::support::registry::{card_number, new_person, with};
use crate::support::{TestApp, run};

#[test]
fn an_account_of_another_holder_needs_a_reason() {
    run(async |app| {
        let person = app.person("杨静珍").await;
        let number = card_number();
        let account = |changes: Value| with(json!({"person_id": person, "kind": "one_card", "number": number}), changes);
        let refused = app.post("/v1/payee-accounts", &account(json!({"holder_name": "杨贵波"}))).await.refused(422, "agent_reason_missing");
        assert_eq!(refused.faults(), fault("/agent_reason", "agent_reason_missing"));
        let own = app.post("/v1/payee-accounts", &account(json!({"agent_reason": "代领"}))).await.refused(422, "fields_invalid");
        assert_eq!(own.faults(), fault("/agent_reason", "agent_reason_unneeded"));
        let blank = account(json!({"holder_name": "杨贵波", "agent_reason": " "}));
        let blank = app.post("/v1/payee-accounts", &blank).await.refused(422, "fields_invalid");
        assert_eq!(blank.faults(), fault("/agent_reason", "blank"));
        let agent = account(json!({"holder_name": "杨贵波", "agent_reason": "本人卧床，由其子代领"}));
        let made = app.post("/v1/payee-accounts", &agent).await.expect(201);
        assert_eq!((&made.body["holder_name"], &made.body["agent_reason"]), (&json!("杨**"), &json!("本人卧床，由其子代领")));
        assert_eq!(app.all(&format!("/v1/payee-accounts?person_id={person}&agent=true"), 10).await.len(), 1);
    });
}

#[test]
fn a_person_with_an_agent_and_no_reason_is_not_recorded() {
    run(async |app| {
        let accounts = json!([{"kind": "one_card", "number": card_number(), "holder_name": "杨贵波"}]);
        let refused = app.post("/v1/persons", &with(new_person("杨静珍"), json!({"payee_accounts": accounts}))).await;
        let refused = refused.refused(422, "agent_reason_missing");
        assert_eq!(refused.faults(), fault("/payee_accounts/0/agent_reason", "agent_reason_missing"));
        assert_eq!(app.get("/v1/persons").await.expect(200).body["totals"]["count"], 0);
    });
}

#[test]
fn a_wrong_check_digit_is_a_warning_and_a_damaged_number_is_refused() {
    run(async |app| {
        let person = app.person("杨静珍").await;
        let sound = card_number();
        let last = if sound.ends_with('0') { "1" } else { "0" };
        let odd = format!("{}{last}", &sound[..18]);
        for (number, valid) in [(&sound, true), (&odd, false)] {
            let made =
                app.post("/v1/payee-accounts", &json!({"person_id": person, "kind": "bank_card", "number": number})).await.expect(201);
            assert_eq!((&made.body["luhn_valid"], &made.body["number"]), (&json!(valid), &json!(format!("****{}", &number[15..]))));
            assert!(!made.text.contains(number.as_str()));
        }
        for (number, code) in [
            ("6.22999E+18", "card_number_spreadsheet_damage"),
            ("62299", "card_number_length"),
            ("622999000000000001X", "card_number_character"),
        ] {
            let reply = app.post("/v1/payee-accounts", &json!({"person_id": person, "kind": "one_card", "number": number})).await;
            let reply = reply.refused(422, "fields_invalid");
            assert_eq!(reply.faults(), fault("/number", code), "{number}");
            assert!(!reply.text.contains(number));
        }
    });
}

#[test]
fn an_account_has_exactly_one_payee_that_is_known() {
    run(async |app| {
        let (person, union) = (app.person("杨静珍").await, app.organisation("vendor", "医院").await);
        let account = |changes: Value| with(json!({"kind": "bank_account", "number": "2304-0012-A"}), changes);
        for payees in [json!({}), json!({"person_id": person, "organisation_id": union})] {
            let refused = app.post("/v1/payee-accounts", &account(payees)).await.refused(422, "fields_invalid");
            assert_eq!(refused.faults(), fault("/person_id", "payee_not_one"));
        }
        let other = TestApp::new().await;
        for (field, theirs) in [("person_id", other.person("别人").await), ("organisation_id", other.organisation("vendor", "医院").await)]
        {
            let refused = app.post("/v1/payee-accounts", &account(json!({field: theirs}))).await.refused(422, "reference_unknown");
            assert_eq!(refused.faults(), fault(&format!("/{field}"), "reference_unknown"));
        }
        let made = app.post("/v1/payee-accounts", &account(json!({"organisation_id": union}))).await.expect(201);
        assert_eq!((&made.body["holder_name"], &made.body["luhn_valid"]), (&json!("医院"), &Value::Null));
        app.account_of_organisation(&union).await;
        assert_eq!(app.all(&format!("/v1/payee-accounts?organisation_id={union}"), 1).await.len(), 2);
        other.get(&format!("/v1/payee-accounts/{}", made.id())).await.refused(404, "not_found");
        other.finish().await;
    });
}

#[test]
fn a_payee_has_a_number_once_until_the_account_is_closed() {
    run(async |app| {
        let person = app.person("杨静珍").await;
        let account = json!({"person_id": person, "kind": "union_card", "number": card_number()});
        let path = format!("/v1/payee-accounts/{}", app.post("/v1/payee-accounts", &account).await.expect(201).id());
        let taken = app.post("/v1/payee-accounts", &account).await.refused(409, "payee_account_exists");
        assert_eq!(taken.faults(), fault("/number", "payee_account_exists"));
        let future = app.post(&format!("{path}/close"), &json!({"closed_on": "2023-03-16"})).await.refused(422, "fields_invalid");
        assert_eq!(future.faults(), fault("/closed_on", "date_in_future"));
        assert_eq!(
            app.post(&format!("{path}/close"), &json!({"closed_on": "2023-01-01"})).await.expect(200).body["closed_on"],
            "2023-01-01"
        );
        app.post(&format!("{path}/close"), &json!({"closed_on": "2023-01-01"})).await.refused(409, "payee_account_closed");
        app.post("/v1/payee-accounts", &account).await.expect(201);
        assert_eq!(app.all(&format!("/v1/payee-accounts?person_id={person}&open=true"), 1).await.len(), 2);
        assert_eq!(app.all(&format!("/v1/payee-accounts?person_id={person}&open=false"), 1).await.len(), 1);
    });
}

#[test]
fn holder_and_bank_are_changed_and_the_number_never() {
    run(async |app| {
        let person = app.person("杨静珍").await;
        let path = format!("/v1/payee-accounts/{}", app.account_of_person(&person, "bank_card").await);
        let agent = json!({"holder_name": "杨贵波", "agent_reason": "代领"});
        app.put(&path, "\"1\"", &json!({"holder_name": "杨贵波"})).await.refused(422, "agent_reason_missing");
        let changed = app.put(&path, "\"1\"", &agent).await.expect(200);
        assert_eq!(changed.body["version"], 2);
        app.put(&path, "\"1\"", &agent).await.refused(412, "version_stale");
        let number = app.put(&path, "\"2\"", &with(agent, json!({"number": card_number()}))).await.refused(400, "body_invalid");
        assert_eq!(number.faults(), fault("/number", "field_unknown"));
    });
}
