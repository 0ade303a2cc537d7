//! Personal values in exports: masked, or asked for.

use bangfu::db::{Db, DbRole, PoolSettings};
use bangfu::kernel::{Clock, Role};
use reqwest::Method;
use serde_json::json;

use super::{busy, exported, read};
use crate::support::{TestApp, run, world};

/// Lists with personal values, as they are named and where they are.
async fn personal(app: &TestApp) -> Vec<(&'static str, String)> {
    let roster = app.get("/v1/plans").await.expect(200).body["items"][0]["roster_id"].as_str().unwrap().to_owned();
    let transfer = app.get("/v1/transfers").await.expect(200).body["items"][0]["id"].as_str().unwrap().to_owned();
    let mut lists: Vec<(&str, String)> = ["persons", "households", "model-workers", "payee-accounts", "instructions"]
        .map(|list| (list, format!("/v1/{list}/export")))
        .into();
    lists.push(("roster-entries", format!("/v1/rosters/{roster}/entries/export")));
    lists.push(("feedback", format!("/v1/transfers/{transfer}/feedback/export")));
    lists
}

const NAMES: [&str; 5] = ["姓名", "户主", "户名", "姓名或名称", "身份证号"];

#[test]
fn personal_values_are_masked_as_in_answers_unless_they_were_asked_for() {
    run(async |app| {
        busy(app).await;
        for (list, path) in personal(app).await {
            let masked = exported(app, &path).await;
            let shown = |file: &super::Exported| -> Vec<String> {
                let heads = NAMES.iter().chain(&["账号", "电话"]).filter(|head| file.heads.iter().any(|each| each == **head));
                heads
                    .flat_map(|head| file.column(head).into_iter().map(str::to_owned).collect::<Vec<_>>())
                    .filter(|it| !it.is_empty())
                    .collect()
            };
            let values = shown(&masked);
            let masked_ones = values.iter().filter(|value| value.contains('*')).count();
            let of_unions = values.iter().filter(|value| value.contains("工会")).count();
            assert_eq!(masked_ones + of_unions, values.len(), "{list}: {values:?}");
            let asked = json!({"list": list, "reason": "向银行核对"});
            let granted = app.post_as(Role::Checker, "/v1/clear-exports", &asked).await.expect(200).body;
            assert!(granted["until"].as_str().unwrap().starts_with("2023-03-15"), "{granted}");
            let path = format!("{path}?asked={}", granted["id"].as_str().unwrap());
            let clear = read(app.get_as(Role::Checker, &path).await);
            assert!(clear.fact("个人信息").starts_with("明文"), "{:?}", clear.facts);
            let values = shown(&clear);
            assert!(!values.is_empty() && values.iter().all(|value| !value.contains('*')), "{list}: {values:?}");
            assert_eq!(clear.totals, masked.totals);
        }
        let events = app.get("/v1/audit/events?subject_kind=clear_export&subject_id=instructions").await.expect(200).body;
        assert_eq!((&events["items"][0]["reason"], &events["items"][0]["actor"]), (&json!("向银行核对"), &json!("checker")));
    });
}

#[test]
fn a_list_in_clear_is_for_whoever_asked_for_that_list_within_the_hour() {
    run(async |app| {
        busy(app).await;
        let ask = async |list: &str| app.post_as(Role::Checker, "/v1/clear-exports", &json!({"list": list, "reason": "核对"})).await;
        let asked = ask("persons").await.expect(200).id();
        app.get_as(Role::Checker, &format!("/v1/persons/export?asked={asked}")).await.expect(200);
        // Not for another list, not for another person, not for one who may not, not for an event that is no such request.
        app.get_as(Role::Checker, &format!("/v1/payee-accounts/export?asked={asked}")).await.refused(403, "export_not_asked_for");
        app.get_as(Role::Finance, &format!("/v1/persons/export?asked={asked}")).await.refused(403, "export_not_asked_for");
        app.get_as(Role::Leader, &format!("/v1/persons/export?asked={asked}")).await.refused(403, "permission_denied");
        let other = app.get("/v1/audit/events?limit=1").await.expect(200).body["items"][0]["id"].as_str().unwrap().to_owned();
        app.get_as(Role::Checker, &format!("/v1/persons/export?asked={other}")).await.refused(403, "export_not_asked_for");
        // The log is asked for in either way.
        let log = ask("audit").await.expect(200).id();
        app.get_as(Role::Checker, &format!("/v1/audit/export?asked={log}")).await.expect(200);
        app.get_as(Role::Checker, &format!("/v1/audit/export?asked={asked}")).await.refused(403, "export_not_asked_for");
        ask("standards").await.refused(422, "list_unknown");
        app.post_as(Role::Checker, "/v1/clear-exports", &json!({"list": "persons", "reason": " "})).await.refused(422, "fields_invalid");
        app.post_as(Role::Leader, "/v1/clear-exports", &json!({"list": "persons", "reason": "看"})).await.refused(403, "permission_denied");
        let bare = app.request_as(Role::Checker, Method::POST, "/v1/clear-exports").json(&json!({"list": "persons", "reason": "看"}));
        app.send(bare).await.refused(400, "idempotency_key_missing");
    });
}

#[test]
fn what_was_asked_for_an_hour_ago_is_no_longer_there() {
    run(async |app| {
        app.person("测试甲").await;
        let asked = app.post_as(Role::Checker, "/v1/clear-exports", &json!({"list": "persons", "reason": "核对"})).await.expect(200).id();
        let id = asked.parse().unwrap();
        let mut checker = app.caller();
        "checker".clone_into(&mut checker.actor);
        let seen_after = async |minutes: i64| {
            let now = app.db.clock().now() + chrono::TimeDelta::minutes(minutes);
            let settings = PoolSettings {
                url: world().service_url().to_owned(),
                role: DbRole::Service,
                size: 1,
                wait: std::time::Duration::from_secs(30),
            };
            let later = Db::new(&settings, Clock::Fixed(now), app.db.vault().clone()).unwrap();
            let outcome = later.read(&checker, async |tx| bangfu::exports::service::in_clear(tx, "persons", id).await).await;
            later.close();
            outcome.map_err(|error| error.to_string())
        };
        assert_eq!(seen_after(60).await, Ok(()));
        assert!(seen_after(61).await.is_err());
    });
}
