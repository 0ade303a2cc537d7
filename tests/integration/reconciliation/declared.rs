//! Printed figures: read or refused, and held against the ledger.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{NOTHING, case, fault};
use crate::support::app::unique;
use crate::support::funds::Grant;
use crate::support::registry::with;
use crate::support::{Reply, TestApp, run, run_books, sql};

const PATH: &str = "/v1/declared-figures";

fn figure(grant: &Grant, printed: &str, measure: &str) -> Value {
    json!({
        "document_id": grant.document, "name": unique("figure"), "quote": format!("……{printed}……"), "printed": printed,
        "measure": measure, "scope": {"kind": "appropriation", "id": grant.id}, "as_of": "2023-02-28",
    })
}

async fn declare(app: &TestApp, grant: &Grant, printed: &str, measure: &str) -> Reply {
    app.post(PATH, &figure(grant, printed, measure)).await.expect(201)
}

/// `(declared, tolerance, ledger, difference, outcome)`
fn compared(reply: &Reply) -> [&str; 5] {
    ["declared", "tolerance", "ledger", "difference", "outcome"].map(|field| reply.body[field].as_str().unwrap_or("-"))
}

#[test]
fn the_contradictions_of_the_source_are_found_with_their_difference() {
    run_books(async |app| {
        let case = case(app).await;
        let own = declare(app, &case.provincial, "172元", "own_top_up").await;
        assert_eq!(compared(&own), ["172.00", "0.5", "116.00", "56.00", "mismatch"]);
        let total = declare(app, &case.provincial, "131.5532万元", "disbursed_and_transferred").await;
        assert_eq!(compared(&total), ["1315532.00", "0.5", "1315476.00", "56.00", "mismatch"]);
        // Of it only the direct payments are evidenced as reaching households.
        let reached = declare(app, &case.provincial, "1,315,532元", "disbursed").await;
        assert_eq!(compared(&reached), ["1315532.00", "0.5", "1015476.00", "300056.00", "mismatch"]);
        for (reply, check) in [(&own, "RC-07"), (&total, "RC-06"), (&reached, "RC-06")] {
            let finding = app.get(&format!("/v1/findings/{}", reply.body["finding_id"].as_str().unwrap())).await.expect(200);
            let expected = [("check", check), ("state", "open"), ("outcome", "mismatch"), ("subject_kind", "declared_figure")];
            for (field, value) in expected {
                assert_eq!(finding.body[field], value);
            }
            let figures = ["expected", "found", "difference"].map(|field| &finding.body[field]);
            assert_eq!(figures, [&reply.body["ledger"], &reply.body["declared"], &reply.body["difference"]]);
            assert_eq!(finding.body["subject_id"], reply.id());
        }
        // Money transferred down is shown beside a count, and counts nobody.
        let times = declare(app, &case.provincial, "980人次", "person_times").await;
        assert_eq!(compared(&times), ["980", "0", "0", "980", "mismatch"]);
        assert_eq!(times.body["explanation"]["transferred_down"], "300000.00");
    });
}

#[test]
fn a_figure_is_exact_a_tail_or_a_mismatch_by_its_last_printed_digit() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1315532.50")]).await;
        for (printed, expected) in [
            ("1,315,532.50元", ["1315532.50", "0.005", "1315532.50", "0.00", "exact"]),
            ("131.55325万元", ["1315532.50", "0.05", "1315532.50", "0.00", "exact"]),
            ("131.5532万元", ["1315532.00", "0.5", "1315532.50", "-0.50", "tail"]),
            ("131.5533万元", ["1315533.00", "0.5", "1315532.50", "0.50", "tail"]),
            ("131.55万元", ["1315500.00", "50", "1315532.50", "-32.50", "tail"]),
            ("131.5531万元", ["1315531.00", "0.5", "1315532.50", "-1.50", "mismatch"]),
            ("131.5万元", ["1315000.00", "500", "1315532.50", "-532.50", "mismatch"]),
        ] {
            let reply = declare(app, &grant, printed, "granted").await;
            assert_eq!(compared(&reply), expected, "{printed}");
            assert_eq!(reply.body.get("finding_id").is_some(), expected[4] == "mismatch");
            assert_eq!((&reply.body["printed"], &reply.body["as_of"]), (&json!(printed), &json!("2023-02-28")));
        }
        assert_eq!(app.get("/v1/findings").await.expect(200).body["totals"]["count"], 2);
    });
}

#[test]
fn what_cannot_be_compared_is_not_evaluable_and_never_zero() {
    run(async |app| {
        let other = TestApp::new().await;
        let theirs = other.appropriation(&[("甲", "1000")]).await;
        let grant = app.appropriation(&[("甲", "1000")]).await;
        let cases = [
            (json!({"scope": {"kind": "fiscal_year", "year": 2021}}), "scope_matches_nothing"),
            (json!({"scope": {"kind": "appropriation", "id": NOTHING}}), "scope_matches_nothing"),
            (json!({"scope": {"kind": "appropriation", "id": theirs.id}}), "scope_matches_nothing"),
            (json!({"scope": {"kind": "allocation_line", "id": theirs.lines[0]}}), "scope_matches_nothing"),
            (json!({"scope": {"kind": "fund_source", "id": theirs.source}}), "scope_matches_nothing"),
            (json!({"scope": {"kind": "organisation", "id": theirs.organisation}}), "scope_matches_nothing"),
            (json!({"printed": "0人", "measure": "households"}), "unit_differs"),
            (json!({"printed": "0人次", "measure": "persons"}), "unit_differs"),
            (json!({"printed": "0户", "measure": "person_times"}), "unit_differs"),
            (json!({"printed": "1000户"}), "unit_differs"),
            (json!({"printed": "1000元", "measure": "households"}), "unit_differs"),
        ];
        for (changes, reason) in cases {
            let body = with(figure(&grant, "1000元", "granted"), changes.clone());
            let reply = app.post(PATH, &body).await.expect(201);
            assert_eq!(compared(&reply)[2..], ["-", "-", "not_evaluable"], "{changes}");
            assert_eq!((&reply.body["explanation"]["reason"], &reply.body["finding_id"]), (&json!(reason), &Value::Null));
        }
        assert_eq!(app.get("/v1/findings").await.expect(200).body["totals"]["count"], 0);
        other.finish().await;
    });
}

#[test]
fn every_scope_finds_its_lines() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1000"), ("乙", "500")]).await;
        for (scope, ledger) in [
            (json!({"kind": "appropriation", "id": grant.id}), "1500.00"),
            (json!({"kind": "allocation_line", "id": grant.lines[1]}), "500.00"),
            (json!({"kind": "fiscal_year", "year": 2022}), "1500.00"),
            (json!({"kind": "fund_source", "id": grant.source}), "1500.00"),
            (json!({"kind": "organisation", "id": grant.organisation}), "1500.00"),
        ] {
            let reply = app.post(PATH, &with(figure(&grant, "0.15万元", "granted"), json!({"scope": scope}))).await.expect(201);
            assert_eq!((reply.body["ledger"].as_str(), &reply.body["scope"]), (Some(ledger), &scope));
        }
    });
}

#[test]
fn a_misprinted_figure_is_refused_and_not_guessed_at() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1000")]).await;
        for printed in [
            "72,4万元",
            "一百元",
            "1e3元",
            "12",
            "元",
            "",
            "1.5户",
            "-3人",
            "12元元",
            "3人次人次",
            "12万户",
            "１２元",
            "1 000元",
            "99999999999999999999元",
        ] {
            let reply = app.post(PATH, &figure(&grant, printed, "granted")).await.refused(422, "figure_unreadable");
            assert_eq!(reply.faults(), fault("/printed", "figure_unreadable"), "{printed}");
        }
        let other_unit = with(figure(&grant, "980人次", "persons"), json!({"unit": "person"}));
        app.post(PATH, &other_unit).await.refused(422, "figure_unreadable");
        let bare = with(figure(&grant, "0.1", "granted"), json!({"unit": "wan_yuan"}));
        assert_eq!(compared(&app.post(PATH, &bare).await.expect(201)), ["1000.00", "500", "1000.00", "0.00", "exact"]);
        assert_eq!(app.get(PATH).await.expect(200).body["totals"]["count"], 1);
    });
}

#[test]
fn a_figure_is_refused_with_every_field_at_fault() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1000")]).await;
        let blank = with(figure(&grant, "1元", "granted"), json!({"name": " ", "quote": ""}));
        let faults = app.post(PATH, &blank).await.refused(422, "fields_invalid").faults();
        assert_eq!(faults, [("/name".to_owned(), "blank".to_owned()), ("/quote".to_owned(), "blank".to_owned())]);
        let long = with(figure(&grant, "1元", "granted"), json!({"name": "帮".repeat(201)}));
        assert_eq!(app.post(PATH, &long).await.refused(422, "fields_invalid").faults(), fault("/name", "too_long"));
        let unread = with(figure(&grant, "1元", "luck"), json!({"as_of": "2022-02-30", "value": 1, "printed": 172}));
        let faults = app.post(PATH, &unread).await.refused(400, "body_invalid").faults();
        assert_eq!(faults.iter().map(|fault| fault.0.as_str()).collect::<Vec<_>>(), ["/as_of", "/measure", "/printed", "/value"]);
        for scope in [json!({"kind": "moon"}), json!({"kind": "fiscal_year"}), json!({"kind": "fiscal_year", "year": 1999}), json!("2022")]
        {
            let bad = with(figure(&grant, "1元", "granted"), json!({"scope": scope}));
            let faults = app.post(PATH, &bad).await.refused(400, "body_invalid").faults();
            assert!(faults.iter().all(|fault| fault.0.starts_with("/scope")) && !faults.is_empty(), "{scope}: {faults:?}");
        }
        let other = TestApp::new().await;
        for id in [other.document("外文件").await.as_str(), NOTHING] {
            let unknown = with(figure(&grant, "1元", "granted"), json!({"document_id": id}));
            let reply = app.post(PATH, &unknown).await.refused(422, "reference_unknown");
            assert_eq!(reply.faults(), fault("/document_id", "reference_unknown"));
        }
        other.finish().await;
    });
}

#[test]
fn a_document_has_a_figure_of_a_name_once() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1000")]).await;
        let first = figure(&grant, "1000元", "granted");
        let made = app.post(PATH, &first).await.expect(201);
        let again = app.post(PATH, &with(first, json!({"printed": "999元"}))).await.refused(409, "figure_exists");
        assert_eq!(again.faults(), fault("/name", "figure_exists"));
        assert_eq!(app.get(&format!("{PATH}/{}", made.id())).await.expect(200).body, made.body);
    });
}

#[test]
fn a_figure_is_compared_again_when_the_ledger_has_moved() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1000")]).await;
        let made = declare(app, &grant, "1500元", "granted").await;
        assert_eq!(compared(&made)[2..], ["1000.00", "500.00", "mismatch"]);
        let finding = made.body["finding_id"].as_str().unwrap();
        let add = async |amount: &str, on: &str| {
            let change = json!({"kind": "addition", "amount": amount, "document_id": grant.document, "effective_on": on});
            app.post(&format!("/v1/allocation-lines/{}/changes", grant.lines[0]), &change).await.expect(201);
        };
        let again = async || app.post(&format!("{PATH}/{}/comparisons", made.id()), &json!({})).await.expect(200);
        // What is dated after the figure's day changes nothing.
        add("7", "2023-03-01").await;
        assert_eq!(compared(&again().await)[2..], ["1000.00", "500.00", "mismatch"]);
        add("400", "2022-12-01").await;
        let moved = again().await;
        assert_eq!(compared(&moved)[2..], ["1400.00", "100.00", "mismatch"]);
        assert!(moved.body["log_number"].as_i64() > made.body["log_number"].as_i64());
        // The finding speaks of the newest figures.
        let view = app.get(&format!("/v1/findings/{finding}")).await.expect(200);
        assert_eq!((&view.body["expected"], &view.body["difference"]), (&json!("1400.00"), &json!("100.00")));
        add("100", "2022-12-02").await;
        let agreed = again().await;
        assert_eq!(compared(&agreed)[2..], ["1500.00", "0.00", "exact"]);
        // It agrees now; that there was a finding, and who resolves it, stays to be seen.
        assert_eq!(agreed.body["finding_id"], finding);
        assert_eq!(app.get(&format!("{PATH}/{}", made.id())).await.expect(200).body, agreed.body);
        let unknown = app.post(&format!("{PATH}/{}/comparisons", made.id()), &json!({"as_of": "2022-01-01"})).await;
        assert_eq!(unknown.refused(400, "body_invalid").faults(), fault("/as_of", "field_unknown"));
    });
}

#[test]
fn sixteen_comparisons_at_once_are_all_recorded_one_after_the_other() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1000")]).await;
        let made = declare(app, &grant, "1500元", "granted").await;
        let path = format!("{PATH}/{}/comparisons", made.id());
        let again = json!({});
        for reply in join_all((0..16).map(|_| app.post(&path, &again))).await {
            assert_eq!(reply.expect(200).body["finding_id"], made.body["finding_id"]);
        }
        let count = format!("select count(*)::text from comparison where declared_figure_id = '{}'", made.id());
        assert_eq!(sql::texts(&mut sql::owner().await, &count).await, ["17"]);
        assert_eq!(app.get("/v1/findings").await.expect(200).body["totals"]["count"], 1);
    });
}

#[test]
fn figures_are_listed_by_document_with_their_newest_comparison() {
    run(async |app| {
        let (first, second) = (app.appropriation(&[("甲", "1000")]).await, app.appropriation(&[("乙", "1000")]).await);
        let made = declare(app, &first, "1000元", "granted").await;
        declare(app, &first, "999元", "granted").await;
        declare(app, &second, "0元", "disbursed").await;
        let outcomes = async |path: &str| app.all(path, 1).await.into_iter().map(|row| row["outcome"].clone()).collect::<Vec<_>>();
        assert_eq!(outcomes(PATH).await, ["exact", "mismatch", "exact"]);
        assert_eq!(outcomes(&format!("{PATH}?document_id={}", first.document)).await, ["exact", "mismatch"]);
        let other = TestApp::new().await;
        other.get(&format!("{PATH}/{}", made.id())).await.refused(404, "not_found");
        other.post(&format!("{PATH}/{}/comparisons", made.id()), &json!({})).await.refused(404, "not_found");
        assert_eq!(other.get(PATH).await.expect(200).body["totals"]["count"], 0);
        other.finish().await;
    });
}
