//! Logging in and out, with passwords and browser sessions.

use std::time::{Duration, Instant};

use bangfu::kernel::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{as_owner, grant, log_in, owner_reads, session, user};
use crate::support::app::unique;
use crate::support::users::PASSWORD;
use crate::support::{Reply, TestApp, run};

const WRONG: &str = "wrong horse battery staple";

async fn attempt(app: &TestApp, federation: Value, login: &str, password: &str) -> Reply {
    let body = json!({"federation": federation, "login": login, "password": password});
    app.send(app.bare(Method::POST, "/v1/sessions").json(&body)).await
}

/// The answer but for what is of this request alone.
fn told(reply: &Reply) -> (u16, Value) {
    let mut body = reply.body.clone();
    body.as_object_mut().unwrap().remove("request_id");
    (reply.status, body)
}

#[test]
fn the_right_password_opens_a_session_in_a_cookie_that_scripts_and_other_sites_cannot_use() {
    run(async |app| {
        let id = user(app, "zhang").await;
        let reply = log_in(app, "zhang", PASSWORD).await.expect(200);
        assert_eq!((&reply.body["login"], &reply.body["user_id"]), (&json!("zhang"), &json!(id)));
        assert_eq!(reply.body["federation_id"], json!(app.federation));
        let cookie = reply.header("set-cookie").unwrap();
        assert!(cookie.starts_with("bangfu_session=bangfu_"), "{cookie}");
        for attribute in ["HttpOnly", "Secure", "SameSite=Strict", "Path=/"] {
            assert!(cookie.split("; ").any(|part| part == attribute), "{attribute}: {cookie}");
        }
        assert!(!reply.text.contains(cookie.split(['=', ';']).nth(1).unwrap()), "the secret is in the cookie alone");
        let kept = owner_reads(&format!("select to_jsonb(s)::text from login_session s where user_id = '{id}'")).await;
        assert_eq!(kept.len(), 1);
        assert!(!kept[0].contains(cookie.split(['=', ';']).nth(1).unwrap()), "the database holds a hash");
    });
}

#[test]
fn whatever_was_wrong_at_a_login_the_answer_is_the_same() {
    run(async |app| {
        user(app, "zhang").await;
        app.post("/v1/users", &json!({"login": "without-password", "name": "无"})).await.expect(201);
        let disabled = user(app, "gone").await;
        app.post(&format!("/v1/users/{disabled}/disable"), &json!({"reason": "离职"})).await.expect(200);
        let expected = told(&attempt(app, json!(app.code), "zhang", WRONG).await.refused(401, "login_failed"));
        let others = [
            (json!(app.code), "nobody", PASSWORD),
            (json!(app.code), "without-password", PASSWORD),
            (json!(app.code), "gone", PASSWORD),
            (json!("no-such-federation"), "zhang", PASSWORD),
            (Value::Null, "zhang", PASSWORD),
            (json!(app.code), "", PASSWORD),
            (json!(app.code), "张三 ' or 1=1 --", PASSWORD),
        ];
        for (federation, login, password) in others {
            let reply = attempt(app, federation.clone(), login, password).await;
            assert_eq!(told(&reply), expected, "{federation} {login}");
            assert_eq!(reply.header("set-cookie"), None);
        }
    });
}

/// The quickest of several tries: what else the machine does can only make a try slower.
async fn quickest(app: &TestApp, tries: &[(Value, &str)]) -> Duration {
    let mut quickest = Duration::MAX;
    for (federation, login) in tries {
        let start = Instant::now();
        attempt(app, federation.clone(), login, WRONG).await.expect(401);
        quickest = quickest.min(start.elapsed());
    }
    quickest
}

#[test]
fn a_login_that_cannot_succeed_takes_as_long_as_one_that_could() {
    run(async |app| {
        let code = json!(app.code);
        for login in ["zhang", "wang"] {
            user(app, login).await;
        }
        app.post("/v1/users", &json!({"login": "blank", "name": "无"})).await.expect(201);
        let known =
            quickest(app, &[(code.clone(), "zhang"), (code.clone(), "wang"), (code.clone(), "zhang"), (code.clone(), "wang")]).await;
        for (what, federation, login) in [
            ("unknown login", code.clone(), "nobody"),
            ("no password", code.clone(), "blank"),
            ("unknown federation", json!(unique("no")), "zhang"),
        ] {
            let other = quickest(app, &vec![(federation, login); 4]).await;
            // Hashing is nearly all of it: without it the other would be a small part.
            assert!(other * 3 > known, "{what}: {other:?} against {known:?}");
        }
    });
}

#[test]
fn five_failures_lock_a_user_until_time_or_an_administrator_unlocks() {
    run(async |app| {
        let id = user(app, "zhang").await;
        let failed = async || app.get(&format!("/v1/users/{id}")).await.expect(200).body["failed_logins"].as_i64().unwrap();
        let lock = async || {
            for _ in 0..5 {
                log_in(app, "zhang", WRONG).await.refused(401, "login_failed");
            }
            let locked = log_in(app, "zhang", PASSWORD).await.refused(429, "too_many_logins");
            assert!(locked.header("retry-after").is_some());
            log_in(app, "zhang", WRONG).await.refused(429, "too_many_logins");
        };
        for _ in 0..4 {
            log_in(app, "zhang", WRONG).await.refused(401, "login_failed");
        }
        assert_eq!(failed().await, 4);
        log_in(app, "zhang", PASSWORD).await.expect(200);
        assert_eq!(failed().await, 0, "a good login forgets what failed before");

        lock().await;
        let until = app.get(&format!("/v1/users/{id}")).await.expect(200).body["locked_until"].clone();
        assert!(until.is_string(), "{until}");
        as_owner(&format!("update app_user set locked_until = now() - interval '1 second' where id = '{id}'")).await;
        log_in(app, "zhang", PASSWORD).await.expect(200);
    });
}

#[test]
fn an_administrator_unlocks_by_enabling_and_by_setting_a_password() {
    run(async |app| {
        for (login, how, body) in [("zhang", "enable", json!({"reason": "本人来电"})), ("wang", "password", json!({"password": PASSWORD}))]
        {
            let id = user(app, login).await;
            for _ in 0..5 {
                log_in(app, login, WRONG).await.refused(401, "login_failed");
            }
            log_in(app, login, PASSWORD).await.refused(429, "too_many_logins");
            app.post(&format!("/v1/users/{id}/{how}"), &body).await.expect(200);
            log_in(app, login, PASSWORD).await.expect(200);
        }
    });
}

#[test]
fn each_further_failure_after_a_lock_doubles_it() {
    run(async |app| {
        let id = user(app, "zhang").await;
        as_owner(&format!("update app_user set failed_logins = 7, locked_until = null where id = '{id}'")).await;
        log_in(app, "zhang", WRONG).await.refused(401, "login_failed");
        let minutes =
            owner_reads(&format!("select round(extract(epoch from locked_until - now()) / 60)::int::text from app_user where id = '{id}'"))
                .await;
        assert_eq!(minutes, ["8"]);
        as_owner(&format!("update app_user set failed_logins = 1000, locked_until = null where id = '{id}'")).await;
        log_in(app, "zhang", WRONG).await.refused(401, "login_failed");
        let minutes =
            owner_reads(&format!("select round(extract(epoch from locked_until - now()) / 60)::int::text from app_user where id = '{id}'"))
                .await;
        assert_eq!(minutes, ["60"], "an hour at most");
    });
}

#[test]
fn too_many_attempts_for_one_name_are_refused_whether_it_is_there_or_not() {
    run(async |app| {
        // The service of the tests allows twenty a minute, and a further one every three seconds.
        let mut attempts = 0;
        let refused = loop {
            attempts += 1;
            let reply = log_in(app, "nobody", WRONG).await;
            if reply.status == 429 || attempts > 100 {
                break reply;
            }
            reply.refused(401, "login_failed");
        };
        let refused = refused.refused(429, "too_many_logins");
        assert!(attempts > 20, "{attempts}");
        assert!(refused.header("retry-after").unwrap().parse::<u32>().unwrap() > 0);
        // Another name is not concerned.
        log_in(app, "somebody", WRONG).await.refused(401, "login_failed");
    });
}

#[test]
fn a_change_of_a_session_needs_the_token_that_only_its_page_knows() {
    run(async |app| {
        let id = user(app, "zhang").await;
        grant(app, &id, Role::Maker, None).await.expect(201);
        let (mine, other) = (session(app, "zhang").await, session(app, "zhang").await);
        assert_ne!(mine.csrf, other.csrf);
        mine.me(app).await.expect(200);
        app.send(mine.request(app, Method::GET, "/v1/documents")).await.expect(200);

        let document = json!({"issuer": "市总工会", "number": "1", "title": "通知", "kind": "notice", "issued_on": "2022-01-10"});
        let post = || mine.request(app, Method::POST, "/v1/documents").json(&document);
        app.send(post()).await.refused(403, "csrf_missing");
        for wrong in ["", "x", &other.csrf, &mine.csrf[1..], &mine.csrf.to_uppercase()] {
            app.send(post().header("Bangfu-CSRF", wrong)).await.refused(403, "csrf_missing");
        }
        let made = app.send(post().header("Bangfu-CSRF", &mine.csrf)).await.expect(201).id();
        let put = || mine.request(app, Method::PUT, &format!("/v1/documents/{made}")).header("If-Match", "\"1\"").json(&document);
        app.send(put()).await.refused(403, "csrf_missing");
        app.send(put().header("Bangfu-CSRF", &other.csrf)).await.refused(403, "csrf_missing");
        app.send(put().header("Bangfu-CSRF", &mine.csrf)).await.expect(200);
        // A question changes nothing, but is a POST all the same.
        app.send(mine.request(app, Method::POST, "/v1/plans/quote").json(&json!({}))).await.refused(403, "csrf_missing");
        let mangled = app.bare(Method::GET, "/v1/me").header("Cookie", "bangfu_session=x");
        app.send(mangled).await.refused(401, "token_unknown");
    });
}

#[test]
fn logging_out_ends_the_session_in_the_database_and_no_other() {
    run(async |app| {
        let id = user(app, "zhang").await;
        let (mine, other) = (session(app, "zhang").await, session(app, "zhang").await);
        let reply = mine.post(app, "/v1/sessions/end", &json!({})).await.expect(200);
        let cookie = reply.header("set-cookie").unwrap();
        assert!(cookie.starts_with("bangfu_session=;") && cookie.contains("Max-Age=0"), "{cookie}");
        mine.me(app).await.refused(401, "token_unknown");
        other.me(app).await.expect(200);
        let ended = owner_reads(&format!("select count(*) from login_session where user_id = '{id}' and ended_at is not null")).await;
        assert_eq!(ended, ["1"]);
    });
}

#[test]
fn a_session_of_a_disabled_user_is_dead_and_stays_so() {
    run(async |app| {
        let id = user(app, "zhang").await;
        let session = session(app, "zhang").await;
        session.me(app).await.expect(200);
        app.post(&format!("/v1/users/{id}/disable"), &json!({"reason": "离职"})).await.expect(200);
        session.me(app).await.refused(401, "token_unknown");
        app.post(&format!("/v1/users/{id}/enable"), &json!({"reason": "复职"})).await.expect(200);
        session.me(app).await.refused(401, "token_unknown");
        log_in(app, "zhang", PASSWORD).await.expect(200);
    });
}

#[test]
fn changing_a_password_ends_every_session_of_the_user() {
    run(async |app| {
        let id = user(app, "zhang").await;
        let (mine, other) = (session(app, "zhang").await, session(app, "zhang").await);
        let change = |present: &str, new: &str| json!({"present_password": present, "password": new});
        mine.post(app, "/v1/me/password", &change(WRONG, "another long password")).await.refused(422, "password_wrong");
        mine.post(app, "/v1/me/password", &change(PASSWORD, "short")).await.refused(422, "fields_invalid");
        mine.me(app).await.expect(200);
        mine.post(app, "/v1/me/password", &change(PASSWORD, "another long password")).await.expect(200);
        mine.me(app).await.refused(401, "token_unknown");
        other.me(app).await.refused(401, "token_unknown");
        log_in(app, "zhang", PASSWORD).await.refused(401, "login_failed");
        log_in(app, "zhang", "another long password").await.expect(200);
        // So does an administrator's setting it.
        app.post(&format!("/v1/users/{id}/password"), &json!({"password": PASSWORD})).await.expect(200);
        let third = session(app, "zhang").await;
        app.post(&format!("/v1/users/{id}/password"), &json!({"password": PASSWORD})).await.expect(200);
        third.me(app).await.refused(401, "token_unknown");
    });
}

#[test]
fn an_expired_session_is_dead() {
    run(async |app| {
        let id = user(app, "zhang").await;
        let session = session(app, "zhang").await;
        session.me(app).await.expect(200);
        as_owner(&format!("update login_session set expires_at = now() - interval '1 second' where user_id = '{id}'")).await;
        session.me(app).await.refused(401, "token_unknown");
    });
}

#[test]
fn no_password_and_no_secret_is_kept_in_clear_or_told_again() {
    run(async |app| {
        user(app, "zhang").await;
        log_in(app, "zhang", PASSWORD).await.expect(200);
        log_in(app, "zhang", WRONG).await.expect(401);
        for table in ["app_user", "login_session", "audit_event", "idempotency_key"] {
            let rows = owner_reads(&format!("select to_jsonb(t)::text from {table} t where federation_id = '{}'", app.federation)).await;
            assert!(!rows.is_empty(), "{table}");
            for row in rows {
                assert!(!row.contains(PASSWORD) && !row.contains(WRONG), "{table}: {row}");
            }
        }
    });
}
