//! `bangfu user` as people run it.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use bangfu::kernel::Role;
use serde_json::json;

use super::{get_with, log_in, owner_reads, session, user};
use crate::support::users::{PASSWORD, token_by_login};
use crate::support::{TestApp, run, world};

fn bangfu(lang: &str, arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bangfu"));
    command.arg("user").args(arguments).env("BANGFU_OWNER_DATABASE_URL", &world().owner_url).env("LANG", lang);
    command.env_remove("LC_ALL").env_remove("DATABASE_URL").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // It may have ended without reading: a bad argument.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What it prints, having succeeded.
fn done(app: &TestApp, arguments: &[&str], input: &str) -> String {
    let output = bangfu("en_US.UTF-8", &[arguments, &["--federation", &app.code]].concat(), input);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// What it says, having failed, in English; in Chinese it must not be the same.
fn failed(arguments: &[&str], input: &str) -> String {
    let output = bangfu("en_US.UTF-8", arguments, input);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()), "{arguments:?}: {}", text(&output.stderr));
    let chinese = text(&bangfu("zh_CN.UTF-8", arguments, input).stderr);
    assert!(chinese.chars().any(|character| ('\u{4e00}'..='\u{9fff}').contains(&character)), "{chinese}");
    text(&output.stderr)
}

async fn last_event(app: &TestApp) -> serde_json::Value {
    let row = owner_reads(&format!(
        "select to_jsonb(e)::text from audit_event e where federation_id = '{}' order by happened_at desc, id desc limit 1",
        app.federation
    ))
    .await;
    serde_json::from_str(&row[0]).unwrap()
}

#[test]
fn a_user_made_at_the_shell_logs_in_with_the_password_from_standard_input() {
    run(async |app| {
        assert_eq!(done(app, &["add", "zhang", "--name", "张三"], &format!("{PASSWORD}\n")), "");
        log_in(app, "zhang", PASSWORD).await.expect(200);
        let event = owner_reads(&format!(
            "select actor || '|' || action || '|' || outcome || '|' || (after ->> 'login') from audit_event where federation_id = '{}' and actor = 'shell'",
            app.federation
        ))
        .await;
        assert_eq!(event, ["shell|bangfu user add|done|zhang"]);
    });
}

#[test]
fn a_password_that_is_made_is_printed_once_and_works() {
    run(async |app| {
        let made = done(app, &["add", "zhang", "--name", "张三", "--generate"], "");
        let password = made.trim();
        assert!(password.len() == 24 && made.lines().count() == 1, "{made}");
        log_in(app, "zhang", password).await.expect(200);
        let again = done(app, &["passwd", "zhang", "--generate"], "");
        assert_ne!(again, made);
        log_in(app, "zhang", password).await.expect(401);
        log_in(app, "zhang", again.trim()).await.expect(200);
        done(app, &["add", "wang", "--name", "王五", "--no-password"], "");
        log_in(app, "wang", "").await.expect(401);
    });
}

#[test]
fn a_password_set_at_the_shell_ends_the_sessions() {
    run(async |app| {
        user(app, "zhang").await;
        let session = session(app, "zhang").await;
        done(app, &["passwd", "zhang"], "another long password\n");
        session.me(app).await.refused(401, "token_unknown");
        log_in(app, "zhang", "another long password").await.expect(200);
    });
}

#[test]
fn roles_are_granted_and_revoked_at_the_shell_by_the_rules_of_the_service() {
    run(async |app| {
        let union = app.organisation("city_union", "市总工会").await;
        user(app, "zhang").await;
        let token = token_by_login(app, "zhang").await;
        done(app, &["grant", "zhang", "maker", "--reason", "上岗"], "");
        get_with(app, &token, "/v1/plans").await.expect(200);
        done(app, &["grant", "zhang", "cashier", "--organisation", &union, "--reason", "上岗"], "");
        let event = last_event(app).await;
        assert_eq!(
            (&event["action"], &event["reason"], &event["after"]["role"]),
            (&json!("bangfu user grant"), &json!("上岗"), &json!("cashier"))
        );
        let of = ["--federation", app.code.as_str()];
        let refused = |arguments: &[&str]| failed(&[arguments, &of].concat(), "");
        assert!(refused(&["grant", "zhang", "maker", "--reason", "再次"]).contains("grant_exists"));
        assert!(refused(&["grant", "zhang", "auditor", "--reason", "兼任"]).contains("role_exclusive"));
        assert!(refused(&["grant", "zhang", "leader", "--reason", " "]).contains("reason"));
        assert!(refused(&["grant", "zhang", "leader", "--organisation", super::NOTHING, "--reason", "上岗"]).contains("reference_unknown"));
        assert!(refused(&["revoke", "zhang", "cashier", "--reason", "调岗"]).contains("no live grant"), "it holds in an organisation");
        done(app, &["revoke", "zhang", "cashier", "--organisation", &union, "--reason", "调岗"], "");
        done(app, &["revoke", "zhang", "maker", "--reason", "调岗"], "");
        get_with(app, &token, "/v1/plans").await.refused(403, "permission_denied");
        assert_eq!(last_event(app).await["action"], "bangfu user revoke");
    });
}

#[test]
fn what_cannot_be_done_is_told_in_the_language_of_the_shell() {
    run(async |app| {
        user(app, "zhang").await;
        let of = ["--federation", app.code.as_str()];
        let fails = |arguments: &[&str], input: &str| failed(&[arguments, &of].concat(), input);
        assert!(fails(&["add", "zhang", "--name", "张三"], "a long enough password").contains("user_exists"));
        assert!(fails(&["add", "Zhang", "--name", "张三"], "a long enough password").contains("login"));
        assert!(fails(&["add", "li", "--name", "李四"], "short").contains("12"));
        assert!(fails(&["add", "li", "--name", "李四"], "").contains("--generate"));
        assert!(fails(&["passwd", "nobody"], "a long enough password").contains("nobody"));
        assert!(fails(&["grant", "nobody", "maker", "--reason", "上岗"], "").contains("nobody"));
        assert!(failed(&["list", "--federation", "no-such-code"], "").contains("no-such-code"));
        // What clap refuses.
        for arguments in
            [&["grant", "zhang", "owner", "--reason", "上岗"][..], &["grant", "zhang", "maker"], &["add", "li"], &["frobnicate"]]
        {
            let output = bangfu("en_US.UTF-8", arguments, "");
            assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        }
        assert!(text(&bangfu("en_US.UTF-8", &["grant", "zhang", "owner", "--reason", "x"], "").stderr).contains("finance_head"));
    });
}

#[test]
fn users_are_listed_with_roles_state_and_last_use() {
    run(async |app| {
        let union = app.organisation("city_union", "市总工会").await;
        let id = user(app, "zhang").await;
        super::grant(app, &id, Role::Maker, Some(&union)).await.expect(201);
        super::grant(app, &id, Role::Cashier, None).await.expect(201);
        app.post(&format!("/v1/users/{id}/disable"), &json!({"reason": "离职"})).await.expect(200);
        let locked = user(app, "li").await;
        super::as_owner(&format!("update app_user set locked_until = now() + interval '1 hour' where id = '{locked}'")).await;
        let listed = done(app, &["list"], "");
        let line = |login: &str| listed.lines().find(|line| line.starts_with(&format!("{login}\t"))).unwrap().to_owned();
        assert_eq!(listed.lines().count(), 1 + 10 + 2, "{listed}");
        assert!(line("login").contains("tokens last used"));
        let zhang: Vec<String> = line("zhang").split('\t').map(str::to_owned).collect();
        assert_eq!((zhang[1].as_str(), zhang[3].as_str(), zhang[4].as_str()), ("测试", "disabled", ""));
        assert!(zhang[2].contains(&format!("maker@市总工会 ({union})")) && zhang[2].contains("cashier"), "{zhang:?}");
        assert_eq!(line("li").split('\t').nth(3), Some("locked"));
        assert!(line("administrator").ends_with("UTC"), "its token was used: {listed}");
    });
}

#[test]
fn administrators_of_the_service_are_managed_without_naming_a_federation() {
    run(async |_| {
        let login = format!("b{}", &uuid::Uuid::new_v4().simple().to_string()[..12]);
        let output = bangfu("en_US.UTF-8", &["add", &login, "--name", "管理", "--generate"], "");
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(failed(&["grant", &login, "maker", "--reason", "上岗"], "").contains("service_administers"));
        assert!(bangfu("en_US.UTF-8", &["grant", &login, "administrator", "--reason", "上岗"], "").status.success());
        assert!(text(&bangfu("en_US.UTF-8", &["list"], "").stdout).contains(&format!("{login}\t管理\tadministrator")));
    });
}

/// Whoever has only the service's password is not the owner, whatever they run.
#[test]
fn the_services_own_password_manages_nobody() {
    let output = Command::new(env!("CARGO_BIN_EXE_bangfu"))
        .args(["user", "list"])
        .env("BANGFU_OWNER_DATABASE_URL", world().service_url())
        .env("LANG", "en_US.UTF-8")
        .env_remove("LC_ALL")
        .output()
        .unwrap();
    if world().service_url() == world().owner_url {
        // TEST_DATABASE_URL: there the service has no login of its own.
        return;
    }
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("as the owner of the schema"), "{}", text(&output.stderr));
}
