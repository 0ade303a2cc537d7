//! Dossiers: states, categories and grace, each dated.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{fault, long_text};
use crate::support::registry::{REGION, SINCE, new_dossier, with};
use crate::support::{Reply, TestApp, run};

const STATES: [&str; 6] = ["applied", "investigated", "publicised", "active", "grace", "closed"];

/// The state machine of domain.md.
const STEPS: [(&str, &str); 7] = [
    ("applied", "investigated"),
    ("investigated", "publicised"),
    ("publicised", "active"),
    ("active", "grace"),
    ("grace", "closed"),
    ("active", "closed"),
    ("closed", "applied"),
];

/// How to get from an application to each state.
fn way_to(state: &str) -> Vec<&'static str> {
    let forward = ["investigated", "publicised", "active", "grace", "closed"];
    let steps = forward.iter().position(|reached| *reached == state).map_or(0, |last| last + 1);
    forward[..steps].to_vec()
}

async fn household(app: &TestApp) -> String {
    let head = app.person("杨静珍").await;
    app.household(&head).await
}

/// A dossier applied for on [`SINCE`].
async fn application(app: &TestApp) -> String {
    let dossier = with(new_dossier(&household(app).await, "deep"), json!({"opened_on": null, "applied_on": SINCE}));
    let made = app.post("/v1/dossiers", &dossier).await.expect(201);
    assert_eq!(made.body["status"], "applied");
    made.id()
}

fn step(to: &str, on: &str) -> Value {
    let reason = (to == "closed").then_some("out_of_hardship");
    json!({"to": to, "on": on, "close_reason": reason})
}

async fn take(app: &TestApp, dossier: &str, step: &Value) -> Reply {
    app.post(&format!("/v1/dossiers/{dossier}/transitions"), step).await
}

#[test]
fn a_dossier_on_paper_is_active_since_it_was_opened() {
    run(async |app| {
        let household = household(app).await;
        let new = with(new_dossier(&household, "relative"), json!({"monthly_income": "0.3万", "rigid_costs": "0"}));
        let made = app.post("/v1/dossiers", &new).await.expect(201);
        for (field, value) in [("status", "active"), ("opened_on", SINCE), ("monthly_income", "3000.00"), ("rigid_costs", "0.00")] {
            assert_eq!(made.body[field], value);
        }
        assert_eq!(made.body["categories"], json!([{"category": "relative", "valid_from": SINCE, "valid_to": null}]));
        let read = app.get(&format!("/v1/dossiers/{}", made.id())).await.expect(200);
        assert_eq!((&read.body, read.header("etag")), (&made.body, Some("\"1\"")));
    });
}

#[test]
fn a_dossier_takes_the_steps_of_its_state_machine_and_no_other() {
    run(async |app| {
        for from in STATES {
            let dossier = application(app).await;
            for to in way_to(from) {
                take(app, &dossier, &step(to, "2021-01-01")).await.expect(200);
            }
            let path = format!("/v1/dossiers/{dossier}");
            let before = app.get(&path).await.expect(200).body;
            assert_eq!(before["status"], from);
            // First what is refused, which changes nothing; then one that is allowed.
            for to in STATES.iter().filter(|to| !STEPS.contains(&(from, to))) {
                let refused = take(app, &dossier, &step(to, "2021-02-01")).await.refused(409, "dossier_transition_not_allowed");
                let allowed: Vec<&str> = STEPS.iter().filter(|step| step.0 == from).map(|step| step.1).collect();
                let mut said: Vec<&str> = refused.body["allowed"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
                said.sort_unstable_by_key(|state| STEPS.iter().position(|step| *step == (from, state)));
                assert_eq!((said, &refused.body["from"], &refused.body["to"]), (allowed, &json!(from), &json!(to)));
            }
            assert_eq!(app.get(&path).await.expect(200).body, before);
            let (_, to) = STEPS.iter().find(|step| step.0 == from).unwrap();
            assert_eq!(take(app, &dossier, &step(to, "2021-02-01")).await.expect(200).body["status"], *to);
        }
        let dossier = app.dossier(&household(app).await, "deep").await;
        assert_eq!(take(app, &dossier, &step("closed", "2021-01-01")).await.expect(200).body["status"], "closed");
    });
}

#[test]
fn every_step_is_kept_with_its_day_and_reason() {
    run(async |app| {
        let dossier = application(app).await;
        for (to, on) in [("investigated", "2020-02-01"), ("publicised", "2020-03-01"), ("active", "2020-04-01")] {
            take(app, &dossier, &step(to, on)).await.expect(200);
        }
        let closing = json!({"to": "closed", "on": "2022-09-01", "close_reason": "retired", "reason": "已退休"});
        let closed = take(app, &dossier, &closing).await.expect(200);
        let events: Vec<_> = closed.body["events"].as_array().unwrap().iter().map(|event| (&event["status"], &event["on"])).collect();
        let expected = [
            ("applied", SINCE),
            ("investigated", "2020-02-01"),
            ("publicised", "2020-03-01"),
            ("active", "2020-04-01"),
            ("closed", "2022-09-01"),
        ];
        let expected = expected.map(|(status, on)| (json!(status), json!(on)));
        assert_eq!(events, expected.iter().map(|(status, on)| (status, on)).collect::<Vec<_>>());
        let last = &closed.body["events"][4];
        assert_eq!((&last["reason"], &last["close_reason"]), (&json!("已退休"), &json!("retired")));
        for (field, value) in [("opened_on", "2020-04-01"), ("closed_on", "2022-09-01"), ("close_reason", "retired")] {
            assert_eq!(closed.body[field], value);
        }
        // 返困: the household applies again; what was stays in the history.
        let again = take(app, &dossier, &step("applied", "2022-12-01")).await.expect(200);
        assert_eq!(
            (&again.body["opened_on"], &again.body["closed_on"], &again.body["close_reason"]),
            (&Value::Null, &Value::Null, &Value::Null)
        );
        assert_eq!(again.body["events"].as_array().unwrap().len(), 6);
    });
}

#[test]
fn a_step_names_what_it_needs_and_nothing_else() {
    run(async |app| {
        let dossier = app.dossier(&household(app).await, "deep").await;
        for (asked, pointer, code) in [
            (json!({"to": "closed", "on": "2022-01-01"}), "/close_reason", "field_missing"),
            (json!({"to": "closed", "on": "2022-01-01", "close_reason": "other", "months": 6}), "/months", "field_unneeded"),
            (json!({"to": "closed", "on": "2019-12-31", "close_reason": "other"}), "/on", "step_before_last"),
            (json!({"to": "grace", "on": "2022-01-01", "close_reason": "other"}), "/close_reason", "field_unneeded"),
            (json!({"to": "grace", "on": "2022-01-01", "months": 0}), "/months", "grace_months"),
            (json!({"to": "grace", "on": "2022-01-01", "months": 13}), "/months", "grace_months"),
            (json!({"to": "grace", "on": "2022-01-01", "reason": " "}), "/reason", "blank"),
        ] {
            assert_eq!(take(app, &dossier, &asked).await.refused(422, "fields_invalid").faults(), fault(pointer, code));
        }
        let unread = take(app, &dossier, &json!({"to": "gone", "on": "2022-13-01"})).await.refused(400, "body_invalid");
        assert_eq!(unread.faults().iter().map(|fault| fault.0.as_str()).collect::<Vec<_>>(), ["/on", "/to"]);
        assert_eq!(app.get(&format!("/v1/dossiers/{dossier}")).await.expect(200).body["status"], "active");
    });
}

#[test]
fn a_grace_period_ends_so_many_calendar_months_later_and_only_one_is_open() {
    run(async |app| {
        for (start, months, end) in [
            ("2022-06-30", json!(6), "2022-12-30"),
            ("2022-08-31", Value::Null, "2023-02-28"),
            ("2022-01-31", json!(1), "2022-02-28"),
            ("2022-01-01", json!(12), "2023-01-01"),
        ] {
            let dossier = app.dossier(&household(app).await, "deep").await;
            let grace = json!({"to": "grace", "on": start, "months": months});
            let view = take(app, &dossier, &grace).await.expect(200);
            let period = &view.body["grace_periods"][0];
            assert_eq!((&period["starts_on"], &period["ends_on"]), (&json!(start), &json!(end)));
            assert_eq!(period["months"], if months.is_null() { json!(6) } else { months });
            take(app, &dossier, &grace).await.refused(409, "dossier_transition_not_allowed");
            assert_eq!(view.body["grace_periods"].as_array().unwrap().len(), 1);
        }
    });
}

#[test]
fn a_second_active_dossier_of_a_household_is_refused() {
    run(async |app| {
        let household = household(app).await;
        let first = app.dossier(&household, "deep").await;
        for opened_on in [json!(SINCE), Value::Null] {
            let second = with(new_dossier(&household, "relative"), json!({"opened_on": opened_on, "system": "provincial"}));
            app.post("/v1/dossiers", &second).await.refused(409, "dossier_active_exists");
        }
        take(app, &first, &step("closed", "2022-01-01")).await.expect(200);
        app.dossier(&household, "relative").await;
        take(app, &first, &step("applied", "2022-02-01")).await.refused(409, "dossier_active_exists");
        assert_eq!(app.get(&format!("/v1/dossiers/{first}")).await.expect(200).body["status"], "closed");
    });
}

#[test]
fn of_sixteen_dossiers_of_a_household_at_once_one_is_recorded() {
    run(async |app| {
        let household = household(app).await;
        let statuses = join_all((0..16).map(|_| {
            let new = new_dossier(&household, "deep");
            async move { app.post("/v1/dossiers", &new).await.status }
        }))
        .await;
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [201, 409].contains(status)), "{statuses:?}");
    });
}

#[test]
fn a_number_is_one_dossier_of_its_system() {
    run(async |app| {
        let (first, second, third) = (household(app).await, household(app).await, household(app).await);
        let number = |household: &str, system: &str| with(new_dossier(household, "deep"), json!({"number": "2022-001", "system": system}));
        app.post("/v1/dossiers", &number(&first, "national")).await.expect(201);
        let taken = app.post("/v1/dossiers", &number(&second, "national")).await.refused(409, "dossier_exists");
        assert_eq!(taken.faults(), fault("/number", "dossier_exists"));
        app.post("/v1/dossiers", &number(&third, "provincial")).await.expect(201);
    });
}

#[test]
fn a_number_is_the_same_however_it_was_typed() {
    run(async |app| {
        let (first, second) = (household(app).await, household(app).await);
        let number = |household: &str, number: &str| with(new_dossier(household, "deep"), json!({"number": number}));
        let made = app.post("/v1/dossiers", &number(&first, " ２０２２－００１\u{200b}")).await.expect(201);
        assert_eq!(made.body["number"], "2022-001");
        app.post("/v1/dossiers", &number(&second, "2022—001")).await.refused(409, "dossier_exists");
        let found = app.get("/v1/dossiers?number=2022%20-%20001").await.expect(200);
        assert_eq!(found.body["items"][0]["id"], made.body["id"]);
        let blank = app.post("/v1/dossiers", &number(&second, "\u{3000}\u{200b}")).await.refused(422, "fields_invalid");
        assert_eq!(blank.faults(), fault("/number", "blank"));
    });
}

#[test]
fn a_category_is_dated_and_its_history_kept() {
    run(async |app| {
        let dossier = app.dossier(&household(app).await, "deep").await;
        let path = format!("/v1/dossiers/{dossier}/category");
        let view = app.post(&path, &json!({"category": "relative", "from": "2022-03-01"})).await.expect(200);
        assert_eq!(view.body["category"], "relative");
        let history = json!([
            {"category": "deep", "valid_from": SINCE, "valid_to": "2022-02-28"},
            {"category": "relative", "valid_from": "2022-03-01", "valid_to": null},
        ]);
        assert_eq!(view.body["categories"], history);
        for (change, pointer, code) in [
            (json!({"category": "relative", "from": "2022-04-01"}), "/category", "category_unchanged"),
            (json!({"category": "accidental", "from": "2022-03-01"}), "/from", "category_from_too_early"),
        ] {
            assert_eq!(app.post(&path, &change).await.refused(422, "fields_invalid").faults(), fault(pointer, code));
        }
        let again = app.post(&path, &json!({"category": "poor", "from": "2022-04-01"})).await.refused(400, "body_invalid");
        assert_eq!(again.faults(), fault("/category", "field_malformed"));
        take(app, &dossier, &step("closed", "2022-09-01")).await.expect(200);
        app.post(&path, &json!({"category": "deep", "from": "2022-10-01"})).await.refused(409, "dossier_closed");
    });
}

#[test]
fn the_category_applied_for_begins_with_the_dossier() {
    run(async |app| {
        let dossier = application(app).await;
        app.post(&format!("/v1/dossiers/{dossier}/category"), &json!({"category": "accidental", "from": "2020-02-01"})).await.expect(200);
        for to in ["investigated", "publicised"] {
            let view = take(app, &dossier, &step(to, "2020-03-01")).await.expect(200);
            assert_eq!(view.body["categories"], json!([]));
        }
        let view = take(app, &dossier, &step("active", "2020-04-01")).await.expect(200);
        assert_eq!(view.body["categories"], json!([{"category": "accidental", "valid_from": "2020-04-01", "valid_to": null}]));
    });
}

#[test]
fn a_dossier_is_refused_with_every_field_at_fault() {
    run(async |app| {
        let household = household(app).await;
        let bad = with(
            new_dossier(&household, "deep"),
            json!({"number": " ", "causes": ["illness", ""], "monthly_income": "-1", "rigid_costs": "-0.01", "applied_on": "2020-01-02"}),
        );
        let faults = app.post("/v1/dossiers", &bad).await.refused(422, "fields_invalid").faults();
        let pointers: Vec<&str> = faults.iter().map(|fault| fault.0.as_str()).collect();
        assert_eq!(pointers, ["/applied_on", "/causes/1", "/monthly_income", "/number", "/rigid_costs"]);
        for amount in [json!("3000.005"), json!("3e3"), json!(3000), json!("")] {
            let bad = with(new_dossier(&household, "deep"), json!({"monthly_income": amount}));
            let faults = app.post("/v1/dossiers", &bad).await.refused(400, "body_invalid").faults();
            assert_eq!(faults.iter().map(|fault| fault.0.as_str()).collect::<Vec<_>>(), ["/monthly_income"], "{amount}");
        }
        let long = with(new_dossier(&household, "deep"), json!({"number": long_text()}));
        assert_eq!(app.post("/v1/dossiers", &long).await.refused(422, "fields_invalid").faults(), fault("/number", "too_long"));
        let unknown = new_dossier("00000000-0000-7000-8000-000000000000", "deep");
        let reply = app.post("/v1/dossiers", &unknown).await.refused(422, "reference_unknown");
        assert_eq!(reply.faults(), fault("/household_id", "reference_unknown"));
        assert_eq!(app.get("/v1/dossiers").await.expect(200).body["totals"]["count"], 0);
    });
}

#[test]
fn a_dossier_is_changed_over_the_version_that_was_read() {
    run(async |app| {
        let path = format!("/v1/dossiers/{}", app.dossier(&household(app).await, "deep").await);
        let change = json!({"level": "district", "causes": ["accident"], "monthly_income": "1200"});
        let changed = app.put(&path, "\"1\"", &change).await.expect(200);
        assert_eq!((&changed.body["level"], &changed.body["version"]), (&json!("district"), &json!(2)));
        app.put(&path, "\"1\"", &change).await.refused(412, "version_stale");
        // A step counts as a change too.
        app.post(&format!("{path}/transitions"), &step("grace", "2022-01-01")).await.expect(200);
        app.put(&path, "\"2\"", &change).await.refused(412, "version_stale");
        let status = app.put(&path, "\"3\"", &json!({"level": "city", "status": "active"})).await.refused(400, "body_invalid");
        assert_eq!(status.faults(), fault("/status", "field_unknown"));
    });
}

#[test]
fn a_dossier_of_another_federation_is_not_found() {
    run(async |app| {
        let other = TestApp::new().await;
        let theirs = other.hardship("杨静珍", "deep").await;
        let path = format!("/v1/dossiers/{}", theirs.dossier);
        app.get(&path).await.refused(404, "not_found");
        take(app, &theirs.dossier, &step("closed", "2022-01-01")).await.refused(404, "not_found");
        app.post(&format!("{path}/category"), &json!({"category": "relative", "from": "2022-03-01"})).await.refused(404, "not_found");
        let reply = app.post("/v1/dossiers", &new_dossier(&theirs.household, "deep")).await.refused(422, "reference_unknown");
        assert_eq!(reply.faults(), fault("/household_id", "reference_unknown"));
        other.finish().await;
    });
}

#[test]
fn dossiers_are_listed_by_what_they_are_now() {
    run(async |app| {
        let first = app.hardship("甲", "deep").await;
        let second = app.hardship("乙", "relative").await;
        let third = household(app).await;
        let provincial = with(new_dossier(&third, "provincial"), json!({"system": "provincial", "level": "provincial"}));
        app.post("/v1/dossiers", &provincial).await.expect(201);
        take(app, &second.dossier, &step("closed", "2022-01-01")).await.expect(200);
        let count = async |query: &str| app.all(&format!("/v1/dossiers{query}"), 1).await.len();
        for (query, expected) in [
            ("", 3),
            ("?status=active", 2),
            ("?status=closed", 1),
            ("?category=deep", 1),
            ("?system=provincial", 1),
            ("?level=city", 2),
            (&format!("?region_code={REGION}&status=active"), 2),
            ("?region_code=000000", 0),
            (&format!("?household_id={}", first.household), 1),
        ] {
            assert_eq!(count(query).await, expected, "{query}");
        }
        assert_eq!(app.all(&format!("/v1/households?person_id={}", first.person), 1).await.len(), 1);
        app.get("/v1/dossiers?state=active").await.expect(400);
    });
}
