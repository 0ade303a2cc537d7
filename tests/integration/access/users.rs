//! Users, and the roles they are granted.

use std::collections::BTreeSet;

use bangfu::kernel::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{NOTHING, get_with, grant, log_in, user, user_of};
use crate::support::app::unique;
use crate::support::users::{PASSWORD, token_by_login};
use crate::support::world::TOKEN;
use crate::support::{Reply, TestApp, run};

/// A POST of an administrator of the service about the service itself.
async fn of_service(app: &TestApp, path: &str, body: &Value) -> Reply {
    let request = app.bare(Method::POST, path).bearer_auth(TOKEN).header("Bangfu-Federation", "00000000-0000-0000-0000-000000000000");
    app.send(request.header("Idempotency-Key", unique("key")).json(body)).await
}

async fn revoke(app: &TestApp, grant: &str) -> Reply {
    app.post(&format!("/v1/grants/{grant}/revoke"), &json!({"reason": "调岗"})).await
}

/// The roles of a token's user, each with where it holds.
async fn held(app: &TestApp, token: &str) -> Vec<(String, Option<BTreeSet<String>>)> {
    let me = get_with(app, token, "/v1/me").await.expect(200).body;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let within = |grant: &Value| grant["organisations"].as_array().map(|within| within.iter().map(text).collect());
    me["grants"].as_array().unwrap().iter().map(|grant| (text(&grant["role"]), within(grant))).collect()
}

#[test]
fn a_user_is_made_shown_and_found_with_its_roles() {
    run(async |app| {
        let new = json!({"login": "zhang.san-1", "name": " 张三 ", "password": PASSWORD});
        let made = app.post("/v1/users", &new).await.expect(201);
        assert_eq!((&made.body["login"], &made.body["name"], &made.body["version"]), (&json!("zhang.san-1"), &json!("张三"), &json!(2)));
        assert_eq!(made.header("location"), Some(format!("/v1/users/{}", made.id()).as_str()));
        let granted = grant(app, &made.id(), Role::Maker, None).await.expect(201);
        assert_eq!((&granted.body["role"], &granted.body["granted_by"]), (&json!("maker"), &json!("administrator")));
        for role in [Role::Administrator, Role::Auditor] {
            let shown = app.get_as(role, &format!("/v1/users/{}", made.id())).await.expect(200);
            assert_eq!(shown.body["grants"][0]["id"], granted.body["id"]);
            let all = app.get_as(role, "/v1/users").await.expect(200);
            assert!(all.body.as_array().unwrap().iter().any(|user| user["login"] == "zhang.san-1"));
            for secret in ["password", "verifier", "salt", "hash"] {
                assert!(!all.text.contains(secret), "{secret}");
            }
        }
        app.get(&format!("/v1/users/{NOTHING}")).await.refused(404, "not_found");
    });
}

#[test]
fn logins_are_plain_unique_and_not_reserved_and_passwords_are_long() {
    run(async |app| {
        let make = async |login: &str, name: &str, password: Value| {
            app.post("/v1/users", &json!({"login": login, "name": name, "password": password})).await
        };
        for login in ["", "a", "Zhang", "1a", "张三", "a b", "a@b", "a|b", "shell", "bootstrap", "unknown", "system", &"a".repeat(65)] {
            let reply = make(login, "测试", Value::Null).await.refused(422, "fields_invalid");
            assert_eq!(reply.faults(), [("/login".to_owned(), "login_malformed".to_owned())], "{login}");
        }
        for password in ["", "short", "elevenchars", "aaaaaaaaaaaaaaaa", &"ab".repeat(129)] {
            let reply = make("zhang", "测试", json!(password)).await.refused(422, "fields_invalid");
            assert_eq!(reply.faults(), [("/password".to_owned(), "password_weak".to_owned())], "{password}");
        }
        let all = make("Z", " ", json!("short")).await.refused(422, "fields_invalid");
        assert_eq!(all.faults().len(), 3, "{}", all.text);
        make("zhang", "测试", Value::Null).await.expect(201);
        make("zhang", "别人", Value::Null).await.refused(409, "user_exists");
        // Names are of a federation: another one may use the same.
        let other = TestApp::new().await;
        user(&other, "zhang").await;
        other.finish().await;
    });
}

#[test]
fn auditors_and_administrators_have_no_other_role() {
    run(async |app| {
        let made = user(app, "zhang").await;
        let maker = grant(app, &made, Role::Maker, None).await.expect(201).id();
        grant(app, &made, Role::Cashier, None).await.expect(201);
        for exclusive in [Role::Auditor, Role::Administrator] {
            grant(app, &made, exclusive, None).await.refused(409, "role_exclusive");
        }
        for exclusive in [Role::Auditor, Role::Administrator] {
            let other = user(app, &format!("{exclusive}-zhang")).await;
            grant(app, &other, exclusive, None).await.expect(201);
            for role in Role::ALL.into_iter().filter(|role| *role != exclusive) {
                grant(app, &other, role, None).await.refused(409, "role_exclusive");
            }
        }
        // What was revoked is no hindrance.
        revoke(app, &maker).await.expect(200);
        grant(app, &made, Role::Auditor, None).await.refused(409, "role_exclusive");
    });
}

#[test]
fn of_two_grants_at_once_that_exclude_each_other_one_is_made() {
    run(async |app| {
        let made = user(app, "zhang").await;
        let roles = [Role::Maker, Role::Auditor, Role::Administrator];
        let replies = futures_util::future::join_all(roles.map(|role| grant(app, &made, role, None))).await;
        let statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 2, "{statuses:?}");
    });
}

#[test]
fn nobody_grants_to_themselves() {
    run(async |app| {
        let own = user_of(app, Role::Administrator).await;
        let organisation = app.organisation("city_union", "市总工会").await;
        for role in [Role::Administrator, Role::Maker, Role::Auditor] {
            grant(app, &own, role, None).await.refused(403, "grant_to_oneself");
        }
        grant(app, &own, Role::Administrator, Some(&organisation)).await.refused(403, "grant_to_oneself");
    });
}

#[test]
fn a_grant_names_a_known_user_and_organisation_and_a_reason_and_is_made_once() {
    run(async |app| {
        let made = user(app, "zhang").await;
        let union = app.organisation("city_union", "市总工会").await;
        let other = TestApp::new().await;
        let theirs = other.organisation("city_union", "别市总工会").await;
        for unknown in [NOTHING, &theirs] {
            let reply = grant(app, &made, Role::Maker, Some(unknown)).await.refused(422, "reference_unknown");
            assert_eq!(reply.faults()[0].0, "/organisation_id");
        }
        for unknown in [NOTHING.to_owned(), user(&other, "zhang").await] {
            grant(app, &unknown, Role::Maker, None).await.refused(404, "user_unknown");
        }
        let path = format!("/v1/users/{made}/grants");
        app.post(&path, &json!({"role": "maker", "reason": " "})).await.refused(422, "fields_invalid");
        app.post(&path, &json!({"role": "maker"})).await.refused(400, "body_invalid");
        app.post(&path, &json!({"role": "owner", "reason": "测试"})).await.refused(400, "body_invalid");

        for place in [None, Some(union.as_str())] {
            let first = grant(app, &made, Role::Maker, place).await.expect(201).id();
            grant(app, &made, Role::Maker, place).await.refused(409, "grant_exists");
            revoke(app, &first).await.expect(200);
            grant(app, &made, Role::Maker, place).await.expect(201);
        }
        revoke(app, NOTHING).await.refused(404, "grant_unknown");
        other.finish().await;
    });
}

#[test]
fn a_revoked_role_is_gone_with_the_next_request() {
    run(async |app| {
        let made = user(app, "zhang").await;
        let id = grant(app, &made, Role::Maker, None).await.expect(201).id();
        let token = token_by_login(app, "zhang").await;
        get_with(app, &token, "/v1/plans").await.expect(200);
        let revoked = revoke(app, &id).await.expect(200);
        assert_eq!((&revoked.body["revoked_by"], &revoked.body["revoke_reason"]), (&json!("administrator"), &json!("调岗")));
        get_with(app, &token, "/v1/plans").await.refused(403, "permission_denied");
        revoke(app, &id).await.refused(404, "grant_unknown");
        let me = get_with(app, &token, "/v1/me").await.expect(200).body;
        assert_eq!((&me["grants"], &me["permissions"]), (&json!([]), &json!(["access.own"])), "what is one's own takes no role");
        // It stays in the history.
        let shown = app.get(&format!("/v1/users/{made}")).await.expect(200).body;
        assert_eq!(shown["grants"][0]["id"], json!(id));
    });
}

#[test]
fn what_one_may_is_told_with_ones_roles() {
    run(async |app| {
        let me = app.get_as(Role::Cashier, "/v1/me").await.expect(200).body;
        assert_eq!(me["grants"], json!([{"role": "cashier", "organisations": null}]));
        let permissions: Vec<&str> = me["permissions"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        assert!(permissions.contains(&"payments.pay") && !permissions.contains(&"plans.draft"), "{permissions:?}");
    });
}

#[test]
fn a_role_holds_in_its_organisation_and_all_that_is_under_it_now() {
    run(async |app| {
        let organisation = async |kind: &str, name: &str, parent: Option<&str>| {
            app.post("/v1/organisations", &json!({"kind": kind, "name": name, "parent_id": parent})).await.expect(201).id()
        };
        let city = organisation("city_union", "市总工会", None).await;
        let district = organisation("county_union", "区总工会", Some(&city)).await;
        let street = organisation("enterprise_union", "街道工会", Some(&district)).await;
        let elsewhere = organisation("county_union", "县总工会", Some(&city)).await;
        let made = user(app, "zhang").await;
        grant(app, &made, Role::Maker, Some(&district)).await.expect(201);
        grant(app, &made, Role::Cashier, Some(&elsewhere)).await.expect(201);
        grant(app, &made, Role::Leader, None).await.expect(201);
        let token = token_by_login(app, "zhang").await;
        let within = |ids: &[&String]| Some(ids.iter().map(|id| (*id).clone()).collect::<BTreeSet<String>>());
        let expected = |maker: &[&String]| {
            vec![("cashier".to_owned(), within(&[&elsewhere])), ("leader".to_owned(), None), ("maker".to_owned(), within(maker))]
        };
        assert_eq!(held(app, &token).await, expected(&[&district, &street]));

        // Founded below it afterwards: it holds there too.
        let shop = organisation("enterprise_union", "车间工会", Some(&street)).await;
        assert_eq!(held(app, &token).await, expected(&[&district, &street, &shop]));

        // Moved away, with what is under it: it ends there.
        let moved = json!({"kind": "enterprise_union", "name": "街道工会", "parent_id": city});
        app.put(&format!("/v1/organisations/{street}"), "\"1\"", &moved).await.expect(200);
        assert_eq!(held(app, &token).await, expected(&[&district]));
    });
}

#[test]
fn the_service_itself_has_administrators_and_no_other_role() {
    run(async |app| {
        let login = format!("a{}", &unique("x")[2..20]);
        let made = of_service(app, "/v1/users", &json!({"login": login, "name": "管理", "password": PASSWORD})).await.expect(201).id();
        let path = format!("/v1/users/{made}/grants");
        for role in Role::ALL.into_iter().filter(|role| *role != Role::Administrator) {
            of_service(app, &path, &json!({"role": role, "reason": "测试"})).await.refused(422, "service_administers");
        }
        of_service(app, &path, &json!({"role": "administrator", "reason": "测试"})).await.expect(201);
        let body = json!({"login": login, "password": PASSWORD});
        let session = app.send(app.bare(Method::POST, "/v1/sessions").json(&body)).await.expect(200);
        assert_eq!(session.body["federation_id"], "00000000-0000-0000-0000-000000000000");
    });
}

#[test]
fn an_administrator_manages_the_users_of_its_own_federation_only() {
    run(async |app| {
        let other = TestApp::new().await;
        let theirs = user(&other, "zhang").await;
        let request = app.bare(Method::GET, "/v1/users").bearer_auth(app.token(Role::Administrator));
        app.send(request.header("Bangfu-Federation", other.federation.to_string())).await.refused(404, "not_found");
        app.get(&format!("/v1/users/{theirs}")).await.refused(404, "not_found");
        for (path, body) in [
            ("password", json!({"password": PASSWORD})),
            ("disable", json!({"reason": "测试"})),
            ("enable", json!({"reason": "测试"})),
            ("grants", json!({"role": "maker", "reason": "测试"})),
        ] {
            assert_eq!(app.post(&format!("/v1/users/{theirs}/{path}"), &body).await.status, 404, "{path}");
        }
        log_in(&other, "zhang", PASSWORD).await.expect(200);
        other.finish().await;
    });
}
