//! Findings: their states, their history, their lists.

use bangfu::kernel::Role;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::fault;
use crate::support::app::unique;
use crate::support::funds::Grant;
use crate::support::{TestApp, run};

/// A figure that the ledger contradicts, and the finding of it.
async fn mismatch(app: &TestApp, grant: &Grant, printed: &str, measure: &str) -> (String, String) {
    let figure = json!({
        "document_id": grant.document, "name": unique("figure"), "quote": printed, "printed": printed, "measure": measure,
        "scope": {"kind": "appropriation", "id": grant.id}, "as_of": "2022-12-31",
    });
    let made = app.post("/v1/declared-figures", &figure).await.expect(201);
    (made.id(), made.body["finding_id"].as_str().unwrap().to_owned())
}

fn say(state: &str, note: &str) -> Value {
    json!({"state": state, "note": note})
}

#[test]
fn a_finding_is_explained_resolved_and_opened_again_and_nothing_said_is_lost() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1000")]).await;
        let (figure, finding) = mismatch(app, &grant, "172元", "own_top_up").await;
        let path = format!("/v1/findings/{finding}");
        assert_eq!(app.get(&path).await.expect(200).header("etag"), Some("\"1\""));
        let state = format!("{path}/state");
        let explained = app.put(&state, "\"1\"", &say("explained", "含上年结余56元")).await.expect(200);
        for (field, value) in [("state", "explained"), ("explanation", "含上年结余56元")] {
            assert_eq!(explained.body[field], value);
        }
        app.put(&state, "\"2\"", &say("resolved", "已更正")).await.refused(409, "finding_by_another");
        app.put_with(app.token(Role::Finance), &state, "\"2\"", &say("resolved", "已更正")).await.expect(200);
        // Found again, it is open again.
        app.post(&format!("/v1/declared-figures/{figure}/comparisons"), &json!({})).await.expect(200);
        let reopened = app.get(&path).await.expect(200);
        assert_eq!(reopened.body["state"], "open");
        app.put(&state, "\"3\"", &say("resolved", "未见重开")).await.refused(412, "version_stale");
        let again = app.put(&state, reopened.header("etag").unwrap(), &say("resolved", "再次更正")).await.expect(200);
        let by_hand = app.put(&state, again.header("etag").unwrap(), &say("open", "更正有误")).await.expect(200);
        let history = by_hand.body["history"].as_array().unwrap();
        let told: Vec<_> = history.iter().map(|event| [&event["state"], &event["note"]].map(|text| text.as_str().unwrap())).collect();
        let expected = [
            ["open", "172.00"],
            ["explained", "含上年结余56元"],
            ["resolved", "已更正"],
            ["open", "0.00 / 172.00 / 172.00"],
            ["resolved", "再次更正"],
            ["open", "更正有误"],
        ];
        assert_eq!(told, expected);
        assert!(history.iter().all(|event| event["actor"].as_str().is_some_and(|actor| !actor.is_empty())));
    });
}

#[test]
fn an_explanation_holds_for_the_difference_it_explains() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1000")]).await;
        let (figure, finding) = mismatch(app, &grant, "1500元", "granted").await;
        let path = format!("/v1/findings/{finding}");
        app.put(&format!("{path}/state"), "\"1\"", &say("explained", "尚有500元未下达")).await.expect(200);
        let again = format!("/v1/declared-figures/{figure}/comparisons");
        app.post(&again, &json!({})).await.expect(200);
        assert_eq!(app.get(&path).await.expect(200).body["state"], "explained");
        let change = json!({"kind": "addition", "amount": "400", "document_id": grant.document, "effective_on": "2022-12-01"});
        app.post(&format!("/v1/allocation-lines/{}/changes", grant.lines[0]), &change).await.expect(201);
        app.post(&again, &json!({})).await.expect(200);
        let view = app.get(&path).await.expect(200).body;
        assert_eq!((&view["state"], &view["difference"]), (&json!("open"), &json!("100.00")));
    });
}

#[test]
fn a_state_is_changed_over_the_version_that_was_read() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1000")]).await;
        let (_, finding) = mismatch(app, &grant, "172元", "own_top_up").await;
        let state = format!("/v1/findings/{finding}/state");
        app.put(&state, "\"1\"", &say("explained", "一")).await.expect(200);
        app.put(&state, "\"1\"", &say("resolved", "二")).await.refused(412, "version_stale");
        app.put(&state, "\"2\"", &say("explained", "三")).await.refused(409, "finding_state");
        app.send(app.request(reqwest::Method::PUT, &state).json(&say("resolved", "四"))).await.refused(428, "version_required");
        let blank = app.put(&state, "\"2\"", &say("resolved", " ")).await.refused(422, "fields_invalid");
        assert_eq!(blank.faults(), fault("/note", "blank"));
        let unread = app.put(&state, "\"2\"", &json!({"state": "forgiven"})).await.refused(400, "body_invalid");
        assert_eq!(unread.faults().iter().map(|fault| fault.0.as_str()).collect::<Vec<_>>(), ["/note", "/state"]);
        let other = TestApp::new().await;
        other.get(&format!("/v1/findings/{finding}")).await.refused(404, "not_found");
        other.put(&state, "\"2\"", &say("resolved", "别人")).await.refused(404, "not_found");
        other.finish().await;
        let replies =
            join_all((0..16).map(async |_| app.put_with(app.token(Role::Finance), &state, "\"2\"", &say("resolved", "五")).await.status))
                .await;
        assert_eq!(replies.iter().filter(|status| **status == 200).count(), 1, "{replies:?}");
        assert!(replies.iter().all(|status| [200, 412].contains(status)), "{replies:?}");
    });
}

#[test]
fn findings_are_listed_by_state_check_and_subject() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1000")]).await;
        let (figure, explained) = mismatch(app, &grant, "172元", "own_top_up").await;
        mismatch(app, &grant, "100元", "disbursed").await;
        mismatch(app, &grant, "980人次", "person_times").await;
        app.put(&format!("/v1/findings/{explained}/state"), "\"1\"", &say("explained", "一")).await.expect(200);
        for (query, expected) in [
            (String::new(), 3),
            ("?state=open".to_owned(), 2),
            ("?state=explained".to_owned(), 1),
            ("?state=resolved".to_owned(), 0),
            ("?check=RC-06".to_owned(), 1),
            ("?check=RC-11&state=open".to_owned(), 1),
            (format!("?subject_id={figure}"), 1),
        ] {
            assert_eq!(app.all(&format!("/v1/findings{query}"), 1).await.len(), expected, "{query}");
        }
        assert_eq!(app.get("/v1/findings?limit=1").await.expect(200).body["totals"], json!({"count": 3}));
        app.get("/v1/findings?state=gone").await.expect(400);
        app.get("/v1/findings?status=open").await.expect(400);
    });
}
