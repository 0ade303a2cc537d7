//! What is told of each act: one audit event, in the federation's log without a gap.

use bangfu::kernel::Role;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{grant, log_in, owner_reads, user};
use crate::support::aid::{REGION, RELEASED_ON};
use crate::support::app::unique;
use crate::support::registry::{card_number, identity_number};
use crate::support::users::PASSWORD;
use crate::support::{Aid, Reply, TestApp, run, sql};

/// The events of the federation in the order of the log.
async fn events(app: &TestApp) -> Vec<sql::Row> {
    let query = format!(
        "select e.*, l.log_number from audit_event e
         left join ledger_log l on l.federation_id = e.federation_id and l.audit_event_id = e.id
         where e.federation_id = '{}' order by l.log_number limit 100000",
        app.federation
    );
    sql::rows(&mut sql::owner().await, &query).await
}

/// The only event that an operation leaves.
async fn event_of(app: &TestApp, work: impl AsyncFnOnce() -> Reply) -> (Reply, sql::Row) {
    let before = events(app).await.len();
    let reply = work().await;
    let mut after = events(app).await;
    assert_eq!(after.len(), before + 1, "{}", reply.text);
    (reply, after.pop().unwrap())
}

async fn no_event_of(app: &TestApp, work: impl AsyncFnOnce() -> Reply) -> Reply {
    let before = events(app).await.len();
    let reply = work().await;
    assert_eq!(events(app).await.len(), before, "{}", reply.text);
    reply
}

/// How many rows each table has of the federation, but for those that tell of acts.
async fn rows_of_all_tables(app: &TestApp) -> Vec<String> {
    let tables = owner_reads(
        "select table_name::text from information_schema.columns where column_name = 'federation_id' and table_schema = 'public'
         and table_name not in ('audit_event', 'ledger_log') order by 1",
    )
    .await;
    let counts: Vec<String> = tables
        .iter()
        .map(|table| format!("select '{table} ' || count(*) from {table} where federation_id = '{}'", app.federation))
        .collect();
    owner_reads(&counts.join(" union all ")).await
}

fn document(number: &str) -> Value {
    json!({"issuer": "市总工会", "number": number, "title": "通知", "kind": "notice", "issued_on": "2022-01-10"})
}

#[test]
fn every_change_leaves_one_event_that_says_who_when_from_where_and_what() {
    run(async |app| {
        let (made, event) = event_of(app, async || app.post("/v1/documents", &document("1")).await.expect(201)).await;
        assert_eq!((&event["actor"], &event["action"], &event["outcome"]), (&json!("maker"), &json!("POST /v1/documents"), &json!("done")));
        assert_eq!((&event["origin"], &event["code"]), (&json!("127.0.0.1"), &Value::Null));
        assert_eq!(event["request_id"].as_str(), made.header("x-request-id"));
        assert_eq!((&event["subject_kind"], &event["subject_id"]), (&json!("documents"), &json!(made.id())));
        assert_eq!(event["after"], made.body);
        assert!(event["happened_at"].as_str().unwrap().starts_with("2023-03-15"), "{event:?}");

        let path = format!("/v1/documents/{}", made.id());
        let (changed, event) = event_of(app, async || app.put(&path, "\"1\"", &document("2")).await.expect(200)).await;
        assert_eq!((&event["action"], &event["subject_id"]), (&json!("PUT /v1/documents/{id}"), &json!(made.id())));
        assert_eq!(event["after"], changed.body);
        // The id of a person or plan is no part of the action: actions can be counted.
        assert!(!event["action"].as_str().unwrap().contains(&made.id()));
    });
}

#[test]
fn an_event_holds_personal_data_masked_only() {
    run(async |app| {
        app.region(REGION, "测试区").await;
        let (number, card) = (identity_number(), card_number());
        let person = json!({
            "name": "测试甲", "identity_number": number, "region_code": REGION, "phone": "19900002835",
            "payee_accounts": [{"kind": "one_card", "number": card}],
        });
        let (made, event) = event_of(app, async || app.post("/v1/persons", &person).await.expect(201)).await;
        assert_eq!((&event["subject_id"], event["after"].is_object()), (&json!(made.id()), true));
        let text = serde_json::to_string(&event).unwrap();
        for clear in [&number, &card, &"19900002835".to_owned()] {
            assert!(!text.contains(clear), "{text}");
        }
    });
}

#[test]
fn a_repeat_and_a_question_leave_no_event() {
    run(async |app| {
        let document = document("1");
        event_of(app, async || app.post_with_key("/v1/documents", "k", &document).await.expect(201)).await;
        no_event_of(app, async || app.post_with_key("/v1/documents", "k", &document).await.expect(201)).await;
        no_event_of(app, async || app.get("/v1/documents").await.expect(200)).await;
        let quote = json!({"pool": "100.00", "count": 3});
        no_event_of(app, async || app.post("/v1/plans/quote", &quote).await.expect(200)).await;
    });
}

#[test]
fn a_refusal_that_is_not_about_money_leaves_no_event() {
    run(async |app| {
        app.post("/v1/documents", &document("1")).await.expect(201);
        no_event_of(app, async || app.post("/v1/documents", &document("1")).await.refused(409, "document_exists")).await;
        no_event_of(app, async || app.post("/v1/documents", &json!({})).await.refused(400, "body_invalid")).await;
        no_event_of(app, async || app.post_as(Role::Leader, "/v1/documents", &document("2")).await.refused(403, "permission_denied")).await;
        no_event_of(app, async || app.post("/v1/users", &json!({"login": "A", "name": "a"})).await.refused(422, "fields_invalid")).await;
    });
}

#[test]
fn a_refusal_over_money_leaves_one_event_and_nothing_else() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("100.00").await;
        let person = aid.person().await;
        let draft = aid.draft(&aid.paying(&line, &[(&person, "50.00")])).await;
        let locked = aid.submitted(&aid.paying(&line, &[(&person, "10.00")])).await;
        let refusals: Vec<(Role, String, Value, u16)> = vec![
            (Role::Cashier, "/v1/plans".to_owned(), json!({}), 403),
            (Role::Auditor, format!("/v1/plans/{}/lock", draft.id), json!({"digest": draft.digest}), 403),
            (Role::Maker, format!("/v1/plans/{}/release", locked.id), json!({"digest": locked.digest, "released_on": RELEASED_ON}), 403),
            (Role::Maker, format!("/v1/plans/{}/lock", draft.id), json!({"digest": "0".repeat(64)}), 409),
            (
                Role::FinanceHead,
                format!("/v1/plans/{}/release", locked.id),
                json!({"digest": locked.digest, "released_on": RELEASED_ON}),
                409,
            ),
            (Role::Cashier, "/v1/evidence".to_owned(), json!({"kind": "bank_result", "items": []}), 422),
        ];
        let before = rows_of_all_tables(app).await;
        for (role, path, body, status) in refusals {
            let (reply, event) = event_of(app, async || app.post_as(role, &path, &body).await).await;
            assert_eq!(reply.status, status, "{path}: {}", reply.text);
            assert_eq!(
                (&event["outcome"], &event["code"], &event["actor"]),
                (&json!("refused"), &reply.body["code"], &json!(role)),
                "{path}"
            );
            let route = path.replace(&draft.id, "{id}").replace(&locked.id, "{id}");
            assert_eq!(event["action"], format!("POST {route}"));
            if route != path {
                assert!(event["subject_id"] == json!(draft.id) || event["subject_id"] == json!(locked.id), "{event:?}");
            }
        }
        assert_eq!(rows_of_all_tables(app).await, before, "nothing else changed");
        // What cannot be read or is not there tells an auditor nothing.
        no_event_of(app, async || app.post_as(Role::Maker, "/v1/plans", &json!({})).await.refused(400, "body_invalid")).await;
        let nothing = format!("/v1/plans/{}/unlock", super::NOTHING);
        no_event_of(app, async || app.post_as(Role::Maker, &nothing, &json!({})).await.refused(404, "not_found")).await;
    });
}

#[test]
fn booking_into_closed_books_is_an_event() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("100.00").await;
        app.post("/v1/period-closings", &json!({"closed_through": "2022-06-30", "reason": "季度结账"})).await.expect(200);
        let document = app.document("川财建〔2022〕9号").await;
        let change = json!({"kind": "addition", "amount": "1.00", "document_id": document, "effective_on": "2022-05-01"});
        let (reply, event) = event_of(app, async || app.post(&format!("/v1/allocation-lines/{line}/changes"), &change).await).await;
        reply.refused(423, "period_closed");
        assert_eq!((&event["outcome"], &event["code"]), (&json!("refused"), &json!("period_closed")));
    });
}

#[test]
fn logins_good_failed_and_locked_are_events() {
    run(async |app| {
        let id = user(app, "zhang").await;
        let (_, event) = event_of(app, async || log_in(app, "zhang", PASSWORD).await.expect(200)).await;
        assert_eq!((&event["actor"], &event["action"], &event["outcome"]), (&json!("zhang"), &json!("POST /v1/sessions"), &json!("done")));
        assert_eq!((&event["subject_kind"], &event["subject_id"]), (&json!("users"), &json!(id)));
        for _ in 0..5 {
            let (_, event) = event_of(app, async || log_in(app, "zhang", "wrong horse battery").await.expect(401)).await;
            assert_eq!(
                (&event["actor"], &event["outcome"], &event["code"]),
                (&json!("unknown"), &json!("refused"), &json!("login_failed"))
            );
            assert_eq!((&event["subject_id"], &event["origin"]), (&json!(id), &json!("127.0.0.1")));
        }
        let (_, event) = event_of(app, async || log_in(app, "zhang", PASSWORD).await.expect(429)).await;
        assert_eq!((&event["actor"], &event["code"], &event["subject_id"]), (&json!("unknown"), &json!("too_many_logins"), &json!(id)));
        let (_, event) = event_of(app, async || log_in(app, "nobody", PASSWORD).await.expect(401)).await;
        assert_eq!((&event["actor"], &event["code"], &event["subject_id"]), (&json!("unknown"), &json!("login_failed"), &Value::Null));
    });
}

#[test]
fn what_is_done_to_users_is_an_event_with_its_reason() {
    run(async |app| {
        let id = user(app, "zhang").await;
        let about = |event: &sql::Row| (event["subject_kind"].clone(), event["subject_id"].clone());
        let of_user = (json!("users"), json!(id));
        let (granted, event) = event_of(app, async || grant(app, &id, Role::Maker, None).await.expect(201)).await;
        assert_eq!(
            (&event["actor"], &event["reason"], &event["after"]["role"]),
            (&json!("administrator"), &json!("测试"), &json!("maker"))
        );
        assert_eq!(about(&event), of_user);
        let revoke = format!("/v1/grants/{}/revoke", granted.id());
        let (_, event) = event_of(app, async || app.post(&revoke, &json!({"reason": "调岗"})).await.expect(200)).await;
        assert_eq!((&event["action"], &event["reason"]), (&json!("POST /v1/grants/{id}/revoke"), &json!("调岗")));
        assert_eq!(about(&event), of_user);
        let (_, event) =
            event_of(app, async || app.post(&format!("/v1/users/{id}/disable"), &json!({"reason": "离职"})).await.expect(200)).await;
        assert_eq!((&event["reason"], &event["before"]["disabled_at"]), (&json!("离职"), &Value::Null));
        assert!(event["after"]["disabled_at"].is_string(), "{event:?}");
        let (_, event) =
            event_of(app, async || app.post(&format!("/v1/users/{id}/password"), &json!({"password": PASSWORD})).await.expect(200)).await;
        assert_eq!(about(&event), of_user);
        let (made, event) =
            event_of(app, async || app.post_as(Role::Cashier, "/v1/tokens", &json!({"name": "脚本"})).await.expect(200)).await;
        assert_eq!((&event["actor"], about(&event)), (&json!("cashier"), (json!("tokens"), json!(made.id()))));
        assert_eq!((&event["after"]["name"], &event["after"]["secret"]), (&json!("脚本"), &Value::Null));
        let revoke = format!("/v1/tokens/{}/revoke", made.id());
        let (_, event) = event_of(app, async || app.post_as(Role::Cashier, &revoke, &json!({})).await.expect(200)).await;
        assert_eq!((&event["action"], about(&event)), (&json!("POST /v1/tokens/{id}/revoke"), (json!("tokens"), json!(made.id()))));
    });
}

#[test]
fn the_numbers_of_the_log_have_no_gap_whoever_writes_at_once() {
    run(async |app| {
        let line = Aid::new(app).await.line("1000.00").await;
        let changes = format!("/v1/allocation-lines/{line}/changes");
        let work = async |writer: usize| {
            for turn in 0..5 {
                app.post("/v1/documents", &document(&format!("{writer}-{turn}"))).await.expect(201);
                // Refused in between: rolled back after its rows were written, or with an event of its own.
                app.post("/v1/documents", &document(&format!("{writer}-{turn}"))).await.refused(409, "document_exists");
                app.post_as(Role::Leader, &changes, &json!({})).await.refused(403, "permission_denied");
                let order = app.document(&unique("川财建")).await;
                let addition = json!({"kind": "addition", "amount": "1.00", "document_id": order, "effective_on": "2022-05-01"});
                app.post(&changes, &addition).await.expect(201);
            }
        };
        join_all((0..8).map(work)).await;
        let numbers = owner_reads(&format!(
            "select count(*) || ' ' || min(log_number) || ' ' || max(log_number) || ' ' || count(distinct log_number) from ledger_log where federation_id = '{}'",
            app.federation
        ))
        .await;
        let parts: Vec<i64> = numbers[0].split(' ').map(|part| part.parse().unwrap()).collect();
        assert!(parts[0] > 8 * 5 * 2, "{parts:?}");
        assert_eq!((parts[1], parts[2], parts[3]), (1, parts[0], parts[0]), "{parts:?}");
        let all = events(app).await;
        assert!(all.iter().all(|event| event["log_number"].is_number()), "every event is in the log");
        let entries = owner_reads(&format!(
            "select count(*) || ' ' || count(l.journal_entry_id) from journal_entry j
             left join ledger_log l on l.federation_id = j.federation_id and l.journal_entry_id = j.id where j.federation_id = '{}'",
            app.federation
        ))
        .await;
        let (booked, logged) = entries[0].split_once(' ').unwrap();
        assert_eq!(booked, logged, "every journal entry is in the log");
    });
}
