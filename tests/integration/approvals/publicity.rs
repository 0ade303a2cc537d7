//! Publicity: working days, objections, the public list, its waiver.

use bangfu::kernel::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::aid::{Planned, with};
use crate::support::chain::{decision, step};
use crate::support::{Aid, Reply, TestApp, run};

/// A leader, then publicity.
async fn publicised(app: &TestApp) -> Aid {
    let aid = Aid::without_policy(app).await;
    app.policy(&json!([step("review", "leader"), step("publicity", "maker"), step("authorise", "finance_head")])).await;
    aid
}

/// A plan of two persons that waits for its notice.
async fn due(aid: &Aid, decided_on: &str) -> Planned {
    let line = aid.line("100").await;
    let people = aid.persons(2).await;
    let plan = aid.submitted(&aid.paying(&line, &[(&people[0], "60"), (&people[1], "40")])).await;
    aid.decide_as(Role::Leader, &plan, &decision(&plan, 1, decided_on)).await.expect(200);
    plan
}

async fn object(aid: &Aid, plan: &Planned, members: Value) -> Reply {
    let body = with(json!({"content": "有一户收入超过标准"}), members);
    aid.app.post(&format!("/v1/plans/{}/publicity/objections", plan.id), &body).await
}

async fn handle(aid: &Aid, role: Role, plan: &Planned, objection: &Value, members: Value) -> Reply {
    let path = format!("/v1/plans/{}/publicity/objections/{}/handle", plan.id, objection.as_str().unwrap());
    aid.app.post_as(role, &path, &with(json!({"upheld": false, "reason": "经核实收入符合条件", "handled_on": "2022-09-27"}), members)).await
}

async fn open(app: &TestApp, address: &str) -> Reply {
    app.send(app.bare(Method::GET, address)).await
}

#[test]
fn the_end_counts_working_days_with_public_holidays_and_make_up_days() {
    run(async |app| {
        let aid = publicised(app).await;
        for (from_on, ends_on) in [
            // 国庆 is off from the 1st to the 7th; the 8th and 9th, a weekend, are worked.
            ("2022-09-29", "2022-10-11"),
            ("2022-08-15", "2022-08-22"),
            // 春节 2023, with a working weekend after it.
            ("2023-01-19", "2023-01-31"),
        ] {
            let plan = due(&aid, "2022-08-15").await;
            let notice = aid.publish(&plan, from_on).await.expect(201).body;
            assert_eq!((&notice["ends_on"], &notice["working_days"]), (&json!(ends_on), &json!(5)), "{from_on}");
        }
    });
}

#[test]
fn a_notice_cannot_end_early() {
    run(async |app| {
        let aid = publicised(app).await;
        let plan = due(&aid, "2022-09-19").await;
        aid.complete(&plan, "2022-09-27").await.refused(409, "publicity_not_started");
        let path = format!("/v1/plans/{}/publicity", plan.id);
        let notice = json!({"place": "公示栏", "from_on": "2022-09-20"});
        app.post(&path, &with(notice.clone(), json!({"place": " "}))).await.refused(422, "fields_invalid");
        app.post(&path, &with(notice.clone(), json!({"from_on": "2023-03-16"}))).await.refused(422, "fields_invalid");
        app.post(&path, &with(notice.clone(), json!({"from_on": "2022-09-18"}))).await.refused(409, "publicity_not_due");
        let reply = app.post(&path, &with(notice.clone(), json!({"working_days": 4}))).await.refused(422, "publicity_too_short");
        assert_eq!(reply.body["at_least"], 5);
        app.post_as(Role::Checker, &path, &notice).await.refused(403, "permission_denied");
        app.post(&path, &notice).await.expect(201);
        app.post(&path, &notice).await.refused(409, "publicity_started");
        for early in ["2022-09-20", "2022-09-26", "2022-09-27"] {
            let reply = aid.complete(&plan, early).await.refused(409, "publicity_not_over");
            assert_eq!(reply.body["ends_on"], "2022-09-27");
        }
        aid.complete(&plan, "2023-03-16").await.refused(422, "fields_invalid");
        // Approving past it is no way round.
        aid.decide_as(Role::Leader, &plan, &decision(&plan, 2, "2022-09-28")).await.refused(409, "step_unfit");
        assert_eq!(aid.complete(&plan, "2022-09-28").await.expect(200).body["status"], "approved");
        aid.complete(&plan, "2022-09-28").await.refused(409, "plan_state");
    });
}

#[test]
fn a_notice_that_lasts_today_cannot_be_completed_today() {
    run(async |app| {
        let aid = publicised(app).await;
        let plan = due(&aid, "2023-03-08").await;
        let body = json!({"digest": plan.digest});
        aid.publish(&plan, "2023-03-08").await.expect(201);
        app.post(&format!("/v1/plans/{}/publicity/complete", plan.id), &body).await.refused(409, "publicity_not_over");
    });
}

#[test]
fn an_open_objection_holds_it_and_a_rejected_one_does_not() {
    run(async |app| {
        let aid = publicised(app).await;
        let plan = due(&aid, "2022-09-19").await;
        object(&aid, &plan, json!({"raised_on": "2022-09-21"})).await.refused(409, "publicity_not_started");
        aid.publish(&plan, "2022-09-20").await.expect(201);
        object(&aid, &plan, json!({"raised_on": "2022-09-28"})).await.refused(422, "objection_out_of_time");
        object(&aid, &plan, json!({"raised_on": "2022-09-19"})).await.refused(422, "objection_out_of_time");
        for name in ["王小明", "王**13800000000", ""] {
            object(&aid, &plan, json!({"raised_on": "2022-09-21", "raised_by": name})).await.refused(422, "fields_invalid");
        }
        object(&aid, &plan, json!({"raised_on": "2022-09-21", "content": " "})).await.refused(422, "fields_invalid");
        let notice = object(&aid, &plan, json!({"raised_on": "2022-09-21", "raised_by": "王**"})).await.expect(201).body;
        let objection = &notice["objections"][0]["id"];
        let reply = aid.complete(&plan, "2022-09-28").await.refused(409, "publicity_not_over");
        assert_eq!(reply.body["open_objections"], 1);
        handle(&aid, Role::Maker, &plan, objection, json!({})).await.refused(403, "permission_denied");
        handle(&aid, Role::Checker, &plan, objection, json!({"reason": ""})).await.refused(422, "fields_invalid");
        handle(&aid, Role::Checker, &plan, objection, json!({"handled_on": "2022-09-20"})).await.refused(422, "decision_too_early");
        handle(&aid, Role::Checker, &plan, &json!(uuid::Uuid::now_v7()), json!({})).await.refused(404, "not_found");
        handle(&aid, Role::Checker, &plan, objection, json!({})).await.expect(200);
        handle(&aid, Role::Checker, &plan, objection, json!({})).await.refused(409, "objection_handled");
        assert_eq!(aid.complete(&plan, "2022-09-28").await.expect(200).body["status"], "approved");
        let kept = app.get(&format!("/v1/plans/{}/publicity", plan.id)).await.expect(200).body;
        assert_eq!(kept[0]["objections"][0]["handling"]["actor"], "checker");
    });
}

#[test]
fn an_upheld_objection_returns_the_plan() {
    run(async |app| {
        let aid = publicised(app).await;
        let plan = due(&aid, "2022-09-19").await;
        aid.publish(&plan, "2022-09-20").await.expect(201);
        let notice = object(&aid, &plan, json!({"raised_on": "2022-09-21"})).await.expect(201).body;
        handle(&aid, Role::Checker, &plan, &notice["objections"][0]["id"], json!({"upheld": true, "reason": "确有一户不符合条件"}))
            .await
            .expect(200);
        assert_eq!(aid.status(&plan).await, "draft");
        let review = aid.reviews(&plan).await[0].clone();
        assert_eq!((&review["state"], &review["approvals"][1]["role"]), (&json!("returned"), &json!("checker")));
        assert_eq!(review["approvals"][1]["opinion"], "确有一户不符合条件");
        // The next version is put up anew.
        let again = aid.generate(&plan.id).await;
        aid.lock(&again).await.expect(200);
        aid.submit(&again).await.expect(200);
        aid.decide_as(Role::Leader, &again, &decision(&again, 1, "2022-09-29")).await.expect(200);
        aid.complete(&again, "2022-10-20").await.refused(409, "publicity_not_started");
    });
}

#[test]
fn the_list_is_public_masked_and_only_while_it_lasts() {
    run(async |app| {
        let aid = publicised(app).await;
        let plan = due(&aid, "2023-03-10").await;
        let answer = aid.publish(&plan, "2023-03-10").await.expect(201);
        let address = answer.body["address"].as_str().unwrap().to_owned();
        assert_eq!(address.len(), "/public/publicity/".len() + 64);
        let list = open(app, &address).await.expect(200);
        let entry = &list.body["entries"][0];
        assert_eq!((&entry["name"], &entry["amount"], &list.body["total"]), (&json!("测**"), &json!("60.00"), &json!("100.00")));
        // But for the plan's name, which tests make of random digits.
        let shown = list.text.replace(list.body["plan"].as_str().unwrap(), "");
        for word in ["测试甲", "510599", "identity", "cause", "phone", "622", "dossier"] {
            assert!(!shown.contains(word), "{word} in {shown}");
        }
        let page = open(app, &format!("{address}?format=html")).await.expect(200);
        assert!(
            page.header("content-type").unwrap().starts_with("text/html")
                && page.text.contains("<td>测**</td>")
                && !page.text.contains("测试甲")
        );
        assert_eq!(page.header("cache-control"), Some("no-store"));
        // Guesses, and a path that is no token.
        for other in [
            "/public/publicity/".to_owned() + &"0".repeat(64),
            address.to_uppercase().replace("/PUBLIC/PUBLICITY/", "/public/publicity/"),
            "/public/publicity/x".to_owned(),
        ] {
            open(app, &other).await.refused(404, "not_found");
        }
        // Only its hash is kept, neither the answer's copy nor the row holds it.
        let token = address.rsplit('/').next().unwrap();
        let held = crate::support::sql::texts(
            &mut crate::support::sql::owner().await,
            &format!("select 'kept' from idempotency_key where body like '%{token}%' union all select 'row' from publicity where encode(token_hash, 'hex') = '{token}'"),
        )
        .await;
        assert_eq!(held, Vec::<String>::new());
        // Returned, it is gone.
        let returned = with(decision(&plan, 2, "2023-03-13"), json!({"opinion": "撤回公示"}));
        app.post_as(Role::Checker, &format!("/v1/plans/{}/return", plan.id), &returned).await.expect(200);
        open(app, &address).await.refused(404, "not_found");
    });
}

#[test]
fn after_its_last_day_the_list_is_gone_unless_an_objection_holds_it() {
    run(async |app| {
        let aid = publicised(app).await;
        let plan = due(&aid, "2023-03-01").await;
        let answer = aid.publish(&plan, "2023-03-02").await.expect(201);
        let address = answer.body["address"].as_str().unwrap();
        open(app, address).await.refused(404, "not_found");
        let notice = object(&aid, &plan, json!({"raised_on": "2023-03-09"})).await.expect(201).body;
        open(app, address).await.expect(200);
        handle(&aid, Role::Checker, &plan, &notice["objections"][0]["id"], json!({"handled_on": "2023-03-10"})).await.expect(200);
        open(app, address).await.refused(404, "not_found");
        aid.complete(&plan, "2023-03-10").await.expect(200);
    });
}

#[test]
fn publicity_is_waived_by_the_principal_with_a_reason_for_this_digest_only() {
    run(async |app| {
        let aid = publicised(app).await;
        let plan = due(&aid, "2022-09-19").await;
        let refused = aid.propose(&plan, "publicity_waiver").await;
        aid.decide_special(Role::Leader, &plan, &refused, true).await.refused(403, "role_not_held");
        aid.decide_special(Role::Principal, &plan, &refused, false).await.expect(200);
        aid.complete(&plan, "2022-09-20").await.refused(409, "publicity_not_started");
        aid.give(&plan, "publicity_waiver").await;
        assert_eq!(aid.complete(&plan, "2022-09-20").await.expect(200).body["status"], "approved");
        // Another plan has its own digest.
        let other = due(&aid, "2022-09-19").await;
        aid.complete(&other, "2022-09-20").await.refused(409, "publicity_not_started");
        // A notice that was started is not waived half-way.
        aid.publish(&other, "2022-09-20").await.expect(201);
        aid.give(&other, "publicity_waiver").await;
        aid.complete(&other, "2022-09-21").await.refused(409, "publicity_not_over");
    });
}

#[test]
fn the_calendar_is_data_that_only_administrators_of_the_service_add_to() {
    run(async |app| {
        let days = |day: &str| json!({"days": [{"day": day, "kind": "holiday", "name": "测试"}]});
        // 2099 is nobody else's: the calendar is shared.
        let second = 1 + rand::random::<u8>() % 28;
        let day = format!("2099-{:02}-{second:02}", 1 + rand::random::<u8>() % 12);
        for role in [Role::Administrator, Role::Maker] {
            app.post_as(role, "/v1/calendar-days", &days(&day)).await.refused(403, "permission_denied");
        }
        app.post("/v1/calendar-days", &json!({"days": []})).await.refused(422, "fields_invalid");
        app.post("/v1/calendar-days", &days(&day)).await.expect(200);
        app.post("/v1/calendar-days", &days(&day)).await.refused(409, "calendar_day_known");
        let known = app.get_as(Role::Maker, "/v1/calendar-days").await.expect(200).body["days"].clone();
        let known = known.as_array().unwrap();
        assert!(known.iter().any(|known| known["day"] == day));
        for (day, kind) in [("2022-10-08", "workday"), ("2022-10-07", "holiday"), ("2023-01-28", "workday"), ("2022-12-31", "holiday")] {
            assert!(
                known.contains(&json!({"day": day, "kind": kind, "name": known.iter().find(|one| one["day"] == day).unwrap()["name"]})),
                "{day}"
            );
        }
        let insert = "insert into calendar_day (day, kind, name) values ('2099-12-31', 'workday', '')";
        assert!(app.statement(insert).await.is_err(), "not as anybody's act in a federation");
    });
}

#[test]
fn a_notice_is_not_over_for_a_roster_that_the_registry_no_longer_gives() {
    run(async |app| {
        let aid = publicised(app).await;
        let line = aid.line("100").await;
        let people = aid.persons(2).await;
        let plan = aid.submitted(&aid.paying(&line, &[(&people[0], "60"), (&people[1], "40")])).await;
        aid.decide_as(Role::Leader, &plan, &decision(&plan, 1, "2022-09-19")).await.expect(200);
        aid.publish(&plan, "2022-09-20").await.expect(201);
        app.post(&format!("/v1/persons/{}/death", people[0]), &json!({"died_on": "2022-08-01"})).await.expect(200);
        aid.complete(&plan, "2022-09-28").await.refused(409, "registry_changed");
        assert_eq!(
            (aid.status(&plan).await.as_str(), aid.accounts(&line).await.as_str()),
            ("in_review", "granted 100.00, available 100.00")
        );
    });
}
