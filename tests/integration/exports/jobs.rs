//! Lists taken as jobs: the same file as the list's own export, kept for whoever started it.

use std::time::Duration;

use bangfu::http::openapi::operations;
use bangfu::kernel::Role;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::every::lists;
use super::{Exported, busy, cells, read, records};
use crate::access::NOTHING;
use crate::support::jobs::{Held, cancelled_while_writing, overtaken, owner_does, take_away, unattended, worker};
use crate::support::users::{role_for, within};
use crate::support::{Aid, Reply, TestApp, run, sql, world};

const EXPORTS: &str = "/v1/exports";

async fn file(app: &TestApp, role: Role, job: &Value) -> Reply {
    app.get_as(role, &format!("/v1/jobs/{}/file", job["id"].as_str().unwrap())).await
}

/// Starts an export, and gives the job once it has ended.
async fn exported(app: &TestApp, role: Role, body: &Value) -> Value {
    let started = app.post_as(role, EXPORTS, body).await.expect(202);
    assert_eq!(started.header("location"), Some(format!("/v1/jobs/{}", started.id()).as_str()));
    app.ended(role, &started.id()).await
}

/// A file without the line of its heading that says when it was made.
fn timeless(bytes: &[u8]) -> Vec<u8> {
    let is_time = |line: &[u8]| line.starts_with("导出时间".as_bytes());
    bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| !is_time(line)).flatten().copied().collect()
}

#[test]
fn every_list_can_be_taken_as_a_job_and_the_file_is_byte_for_byte_what_its_own_export_answers() {
    run(async |app| {
        let all = lists(app).await;
        let described = operations(&bangfu::app::openapi());
        let own = described.iter().filter(|each| each.method == "GET" && each.path.ends_with("/export") && each.path != "/v1/audit/export");
        assert_eq!(all.len(), own.count(), "every list that is exported over HTTP, and no other");
        for list in &all {
            let path = list.exported("csv");
            let role = role_for(&Method::GET, &path).unwrap();
            let job = exported(app, role, &list.as_job("csv")).await;
            let changes = list.changes_by_being_taken();
            let list = list.name;
            assert_eq!(job["state"], "succeeded", "{list}: {job}");
            let kept = file(app, role, &job).await.expect(200);
            let streamed = app.get_as(role, &path).await.expect(200);
            let rows = Exported::of(records(&kept.text)).rows.len();
            assert!(rows > 0 && job["progress_done"] == rows && job["result"]["totals"]["count"] == rows, "{list}: {job}");
            assert_eq!((&job["result"]["list"], &job["result"]["bytes"]), (&json!(list), &json!(kept.bytes.len())));
            if !changes {
                assert!(timeless(&kept.bytes) == timeless(&streamed.bytes), "{list}:\n{}\n{}", kept.text, streamed.text);
            }
            assert_eq!(kept.header("content-disposition"), streamed.header("content-disposition"), "{list}");
        }
        let book = exported(app, Role::Maker, &json!({"list": "instructions", "format": "xlsx"})).await;
        let streamed = app.get("/v1/instructions/export?format=xlsx").await.expect(200);
        assert_eq!(Exported::of(cells(&file(app, Role::Maker, &book).await.bytes)).rows, Exported::of(cells(&streamed.bytes)).rows);
        let gb =
            exported(app, Role::Maker, &json!({"list": "instructions", "format": "csv_gb18030", "filter": {"status": "settled"}})).await;
        let bytes = file(app, Role::Maker, &gb).await.bytes;
        let (text, _, broken) = encoding_rs::GB18030.decode(&bytes);
        let gb = Exported::of(records(&text));
        assert_eq!((broken, gb.fact("筛选条件")), (false, "status=settled"));
        assert_eq!(gb.rows, read(app.get("/v1/instructions/export?status=settled").await).rows);
    });
}

#[test]
fn an_export_that_is_wrong_in_itself_starts_no_job() {
    run(async |app| {
        busy(app).await;
        let refused = async |body: Value, status: u16, code: &str| {
            app.post_as(Role::Finance, EXPORTS, &body).await.refused(status, code);
        };
        refused(json!({"list": "nothing"}), 422, "list_unknown").await;
        refused(json!({"list": "roster-entries"}), 422, "list_of_what").await;
        refused(json!({"list": "persons", "of": NOTHING}), 422, "list_of_what").await;
        refused(json!({"list": "instructions", "filter": {"stauts": "settled"}}), 400, "parameter_invalid").await;
        refused(json!({"list": "instructions", "filter": {"status": "lost"}}), 400, "parameter_invalid").await;
        refused(json!({"list": "instructions", "filter": {"limit": "5"}}), 400, "page_of_export").await;
        refused(json!({"list": "instructions", "format": "ods"}), 400, "body_invalid").await;
        app.post_as(Role::Leader, EXPORTS, &json!({"list": "instructions", "asked": NOTHING})).await.refused(403, "permission_denied");
        app.post_as(Role::Checker, EXPORTS, &json!({"list": "instructions", "asked": NOTHING})).await.refused(403, "export_not_asked_for");
        app.post_as(Role::Administrator, EXPORTS, &json!({"list": "persons"})).await.refused(403, "permission_denied");
        app.post_as(Role::Maker, EXPORTS, &json!({"list": "audit-events"})).await.refused(403, "permission_denied");
        for role in [Role::Finance, Role::Leader, Role::Checker, Role::Administrator, Role::Maker] {
            assert_eq!(app.get_as(role, "/v1/jobs").await.expect(200).body["totals"]["count"], 0);
        }
        // What only the list itself can tell is the job's error.
        let gone = exported(app, Role::Maker, &json!({"list": "roster-entries", "of": NOTHING})).await;
        assert_eq!((&gone["state"], &gone["problem"]["code"]), (&json!("failed"), &json!("not_found")), "{gone}");
        file(app, Role::Maker, &gone).await.refused(404, "not_found");
    });
}

#[test]
fn the_job_of_an_export_and_its_file_are_nobody_elses() {
    run(async |app| {
        busy(app).await;
        let job = exported(app, Role::Maker, &json!({"list": "persons"})).await;
        file(app, Role::Maker, &job).await.expect(200);
        for role in [Role::Finance, Role::Auditor, Role::Administrator] {
            file(app, role, &job).await.refused(404, "not_found");
            app.get_as(role, &format!("/v1/jobs/{}", job["id"].as_str().unwrap())).await.refused(404, "not_found");
        }
        // An auditor's export is read as the auditors' own role in the database.
        let own = exported(app, Role::Auditor, &json!({"list": "audit-events"})).await;
        assert_eq!(own["state"], "succeeded", "{own}");
        file(app, Role::Auditor, &own).await.expect(200);
    });
}

#[test]
fn who_reads_a_part_of_the_federation_takes_that_part_as_a_job() {
    run(async |app| {
        let aid = busy(app).await;
        let body = json!({"kind": "district_union", "name": "甲区总工会", "parent_id": aid.union});
        let here = app.post("/v1/organisations", &body).await.expect(201).id();
        let number = crate::support::registry::identity_number();
        let own = json!({"name": "测试丙", "identity_number": number, "organisation_id": here});
        let own = app.post("/v1/persons", &own).await.expect(201).id();
        let token = within(app, Role::Maker, &here).await;
        let get = async |path: &str| app.send(app.request_with(&token, Method::GET, path)).await;
        let started = app.post_with(&token, EXPORTS, &json!({"list": "persons"})).await.expect(202).id();
        let mut file = get(&format!("/v1/jobs/{started}/file")).await;
        for _ in 0..200 {
            if file.status == 200 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            file = get(&format!("/v1/jobs/{started}/file")).await;
        }
        assert_eq!(read(file).column("编号"), [own.as_str()]);
        let roster = app.get("/v1/plans").await.expect(200).body["items"][0]["roster_id"].clone();
        let outside = json!({"list": "roster-entries", "of": roster});
        app.post_with(&token, EXPORTS, &outside).await.refused(404, "not_found");
    });
}

#[test]
fn a_list_in_clear_as_a_job_is_kept_for_an_hour() {
    run(async |app| {
        busy(app).await;
        let asked = json!({"list": "persons", "reason": "核对"});
        let asked = app.post_as(Role::Checker, "/v1/clear-exports", &asked).await.expect(200).id();
        let job = exported(app, Role::Checker, &json!({"list": "persons", "asked": asked})).await;
        let clear = read(file(app, Role::Checker, &job).await);
        assert!(clear.fact("个人信息").starts_with("明文") && clear.column("姓名").iter().all(|name| !name.contains('*')));
        let masked = exported(app, Role::Checker, &json!({"list": "persons"})).await;
        assert!(read(file(app, Role::Checker, &masked).await).column("姓名").iter().all(|name| name.contains('*')));
        let kept = |job: &Value| {
            let moment = |field: &str| job[field].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
            (moment("file_until") - moment("ended_at")).num_hours()
        };
        assert_eq!((kept(&job), kept(&masked)), (1, 24 * 7));
    });
}

#[test]
fn an_export_whose_role_was_taken_away_before_it_ran_is_refused() {
    unattended(async |aid, owner| {
        let app = &aid.app;
        aid.person().await;
        let id = app.post_as(Role::Leader, EXPORTS, &json!({"list": "persons"})).await.expect(202).id();
        take_away(app, owner, Role::Leader).await;
        let job = app.worked(Role::Leader, &id).await;
        assert_eq!((&job["state"], &job["problem"]["code"]), (&json!("failed"), &json!("permission_denied")), "{job}");
        file(app, Role::Leader, &job).await.refused(404, "not_found");
    });
}

#[test]
fn a_file_is_withheld_once_a_role_was_taken_back_from_whoever_asked_for_it() {
    unattended(async |aid, owner| {
        let app = &aid.app;
        aid.person().await;
        let id = app.post_as(Role::Leader, EXPORTS, &json!({"list": "persons"})).await.expect(202).id();
        let job = app.worked(Role::Leader, &id).await;
        file(app, Role::Leader, &job).await.expect(200);
        take_away(app, owner, Role::Leader).await;
        file(app, Role::Leader, &job).await.refused(403, "job_file_withheld");
    });
}

/// Does the job of a leader while a table is held, and takes a role away once it waits for it: it is refused, and keeps nothing.
async fn refused_without(app: &TestApp, owner: &str, lost: Role, id: &str, (held, table): (Held, &str)) {
    let meanwhile = async {
        Held::awaited(owner, table).await;
        take_away(app, owner, lost).await;
        held.let_go().await;
    };
    let job = tokio::join!(app.worked(Role::Leader, id), meanwhile).0;
    assert_eq!((&job["state"], &job["problem"]["code"]), (&json!("failed"), &json!("permission_denied")), "{job}");
    let mut reader = bangfu::db::connect(owner).await.unwrap();
    assert_eq!(sql::texts(&mut reader, "select count(*)::text from job_file").await, ["0"]);
}

#[test]
fn an_export_whose_role_was_taken_away_while_it_was_read_or_its_file_was_written_keeps_nothing() {
    for table in ["person", "job_file"] {
        unattended(async |aid, owner| {
            let app = &aid.app;
            aid.person().await;
            let id = app.post_as(Role::Leader, EXPORTS, &json!({"list": "persons"})).await.expect(202).id();
            let held = if table == "person" { Held::from_readers(owner, table).await } else { Held::table(owner, table).await };
            refused_without(app, owner, Role::Leader, &id, (held, table)).await;
        });
    }
}

#[test]
fn an_export_in_clear_keeps_nothing_once_the_role_to_see_in_clear_was_taken_away() {
    unattended(async |aid, owner| {
        let app = &aid.app;
        aid.person().await;
        let granted = format!(
            "insert into role_grant (federation_id, id, user_id, role, reason, granted_by, granted_at)
             select federation_id, gen_random_uuid(), user_id, 'checker', 'test', 'shell', now()
             from role_grant where federation_id = '{}' and role = 'leader'",
            app.federation
        );
        owner_does(owner, &granted).await;
        let asked = json!({"list": "persons", "reason": "核对"});
        let asked = app.post_as(Role::Leader, "/v1/clear-exports", &asked).await.expect(200).id();
        let id = app.post_as(Role::Leader, EXPORTS, &json!({"list": "persons", "asked": asked})).await.expect(202).id();
        let held = Held::table(owner, "job_file").await;
        refused_without(app, owner, Role::Checker, &id, (held, "job_file")).await;
    });
}

#[test]
fn a_cancelled_export_keeps_no_file() {
    unattended(async |aid, owner| {
        let app = &aid.app;
        aid.person().await;
        let id = app.post_as(Role::Leader, EXPORTS, &json!({"list": "persons"})).await.expect(202).id();
        app.post_as(Role::Leader, &format!("/v1/jobs/{id}/cancel"), &json!({})).await.expect(200);
        let job = app.worked(Role::Leader, &id).await;
        assert_eq!((&job["state"], &job["file_until"]), (&json!("cancelled"), &Value::Null), "{job}");
        file(app, Role::Leader, &job).await.refused(404, "not_found");
        let mut owner = bangfu::db::connect(owner).await.unwrap();
        assert_eq!(sql::texts(&mut owner, "select count(*)::text from job_file").await, ["0"]);
    });
}

#[test]
fn an_export_cancelled_while_it_is_written_stops_and_keeps_nothing() {
    unattended(async |aid, owner| {
        let app = &aid.app;
        owner_does(owner, &super::streams::making_organisations(app, 60_000, "最后")).await;
        let id = app.post_as(Role::Maker, EXPORTS, &json!({"list": "organisations"})).await.expect(202).id();
        let job = cancelled_while_writing(app, owner, Role::Maker, &id, "job_file").await;
        assert_eq!((&job["state"], &job["file_until"]), (&json!("cancelled"), &Value::Null), "{job}");
        assert!(job["progress_done"].as_u64().unwrap() < 60_000, "{job}");
        let mut reader = bangfu::db::connect(owner).await.unwrap();
        assert_eq!(sql::texts(&mut reader, "select count(*)::text from job_file").await, ["0"]);
    });
}

#[test]
fn an_export_taken_up_again_keeps_one_file_which_goes_when_its_time_is_over() {
    unattended(async |aid, owner| {
        let app = &aid.app;
        aid.person().await;
        let id = app.post_as(Role::Leader, EXPORTS, &json!({"list": "persons"})).await.expect(202).id();
        overtaken(app, owner, vec![bangfu::app::lists().work()]).work(app.federation).await.unwrap();
        assert_eq!(app.job(Role::Leader, &id).await["state"], "running", "it is another's now");
        let job = app.worked(Role::Leader, &id).await;
        assert_eq!(job["state"], "succeeded", "{job}");
        assert_eq!(read(file(app, Role::Leader, &job).await).rows.len(), 1);
        let pieces = "select count(*)::text || ' ' || count(content_sealed)::text from job_file";
        let mut reader = bangfu::db::connect(owner).await.unwrap();
        assert_eq!(sql::texts(&mut reader, pieces).await, ["1 1"]);
        owner_does(owner, "update job set file_until = timestamptz '2020-01-01'").await;
        file(app, Role::Leader, &job).await.refused(404, "not_found");
        worker(app).tidy(app.federation).await.unwrap();
        assert_eq!(sql::texts(&mut reader, pieces).await, ["1 0"]);
    });
}

#[test]
fn many_exports_at_once_all_end_and_none_is_told_to_come_back() {
    run(async |app| {
        super::streams::organisations(app, 3000, "最后").await;
        let all = join_all((0..24).map(async |_| app.get("/v1/organisations/export").await)).await;
        for reply in all {
            assert_eq!(Exported::of(records(&reply.expect(200).text)).rows.len(), 3000);
        }
        let jobs = join_all((0..6).map(async |_| exported(app, Role::Maker, &json!({"list": "organisations"})).await)).await;
        assert!(jobs.iter().all(|job| job["state"] == "succeeded" && job["result"]["totals"]["count"] == 3000), "{jobs:?}");
    });
}

#[test]
fn who_goes_away_while_waiting_for_an_export_gives_the_place_up_and_nobody_else_waits_longer() {
    run(async |app| {
        super::streams::organisations(app, 60_000, "最后").await;
        let path = "/v1/organisations/export";
        let request = || app.request_as(Role::Maker, Method::GET, path).header("Accept-Encoding", "identity");
        // As many as run at a time, and none of them is read to its end.
        let mut holding = Vec::new();
        for _ in 0..4 {
            let mut reply = request().send().await.unwrap();
            assert!(reply.chunk().await.unwrap().is_some());
            holding.push(reply);
        }
        for _ in 0..8 {
            let mut waiting = TcpStream::connect(world().address).await.unwrap();
            let head = format!(
                "GET {path}?format=xlsx HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {}\r\nBangfu-Federation: {}\r\n\r\n",
                app.token(Role::Maker),
                app.federation
            );
            waiting.write_all(head.as_bytes()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
            drop(waiting);
        }
        let patient = tokio::spawn(request().send());
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(!patient.is_finished(), "it waits for its turn");
        // Waiting takes nothing of the database: others are answered.
        app.get("/v1/organisations?limit=1").await.expect(200);
        drop(holding.pop());
        // The workbooks of those who went away, each of 60,000 rows, would take longer than this.
        let reply = tokio::time::timeout(Duration::from_secs(4), patient).await.unwrap().unwrap().unwrap();
        assert_eq!(reply.status().as_u16(), 200);
        drop(holding);
        assert_eq!(Exported::of(records(&reply.text().await.unwrap())).rows.len(), 60_000);
    });
}

#[test]
fn an_administrator_of_the_service_starts_no_job_in_a_federation() {
    run(async |app| {
        Aid::new(app).await;
        let request = app.bare(Method::POST, EXPORTS).bearer_auth(crate::support::world::TOKEN);
        let request = request.header("Bangfu-Federation", app.federation.to_string()).header("Idempotency-Key", "elsewhere");
        app.send(request.json(&json!({"list": "organisations"}))).await.refused(403, "job_elsewhere");
    });
}
