//! Model workers: honours, and how they end.

use serde_json::{Value, json};

use super::{fault, long_text};
use crate::support::registry::{REGION, identity_number_of, new_person, with};
use crate::support::{TestApp, run};

fn honour(level: &str, title: &str, awarded_on: &str) -> Value {
    json!({"level": level, "title": title, "awarded_on": awarded_on})
}

fn ends(view: &Value) -> Vec<(&str, Option<&str>, Option<&str>)> {
    let honours = view["honours"].as_array().unwrap();
    honours.iter().map(|honour| (honour["title"].as_str().unwrap(), honour["ended_on"].as_str(), honour["end_reason"].as_str())).collect()
}

#[test]
fn death_ends_every_honour_that_has_not_ended() {
    run(async |app| {
        let worker = app.model_worker("罗永强", "provincial").await;
        let path = format!("/v1/model-workers/{}", worker.id);
        let with_second = app.post(&format!("{path}/honours"), &honour("municipal", "市级", "2010-04-28")).await.expect(201);
        assert_eq!(ends(&with_second.body), [("市级", None, None), ("劳动模范", None, None)]);
        let first = with_second.body["honours"][0]["id"].as_str().unwrap().to_owned();
        let ended = json!({"ended_on": "2020-12-31", "reason": "revoked"});
        app.post(&format!("{path}/honours/{first}/end"), &ended).await.expect(200);
        app.post(&format!("{path}/honours/{first}/end"), &ended).await.refused(409, "honour_ended");
        app.death(&worker.person, "2022-02-14").await;
        let view = app.get(&path).await.expect(200);
        assert_eq!(view.body["died_on"], "2022-02-14");
        let expected = [("市级", Some("2020-12-31"), Some("revoked")), ("劳动模范", Some("2022-02-14"), Some("deceased"))];
        assert_eq!(ends(&view.body), expected);
        // One awarded afterwards (追授) never counts.
        let late = app.post(&format!("{path}/honours"), &honour("national", "追授", "2022-05-01")).await.expect(201);
        assert!(ends(&late.body).contains(&("追授", Some("2022-05-01"), Some("deceased"))));
    });
}

#[test]
fn an_honour_ends_by_death_only_with_the_person_and_never_before_its_award() {
    run(async |app| {
        let worker = app.model_worker("罗永强", "provincial").await;
        let path = format!("/v1/model-workers/{}", worker.id);
        let view = app.get(&path).await.expect(200);
        let end = format!("{path}/honours/{}/end", view.body["honours"][0]["id"].as_str().unwrap());
        let by_death = app.post(&end, &json!({"ended_on": "2022-01-15", "reason": "deceased"})).await.refused(422, "fields_invalid");
        assert_eq!(by_death.faults(), fault("/reason", "death_not_recorded"));
        let turned = app.post(&end, &json!({"ended_on": "2015-04-27", "reason": "revoked"})).await.refused(422, "fields_invalid");
        assert_eq!(turned.faults(), fault("/ended_on", "date_range_turned_round"));
        assert_eq!(app.get(&path).await.expect(200).body, view.body);
    });
}

#[test]
fn a_model_worker_is_a_registered_person_or_a_new_one_and_not_both() {
    run(async |app| {
        app.region(REGION, "江阳区").await;
        let person = app.person("罗永强").await;
        let worker =
            |changes: Value| with(json!({"region_code": REGION, "honours": [honour("provincial", "劳模", "2015-04-28")]}), changes);
        let made = app.post("/v1/model-workers", &worker(json!({"person_id": person}))).await.expect(201);
        assert_eq!((&made.body["person_name"], made.body["identity_number"].as_str().unwrap().len()), (&json!("罗**"), 18));
        assert!(made.body["identity_number"].as_str().unwrap().contains("********"));
        let again = app.post("/v1/model-workers", &worker(json!({"person_id": person}))).await.refused(409, "model_worker_exists");
        assert_eq!(again.faults(), fault("/person_id", "model_worker_exists"));
        for both_or_none in [json!({}), json!({"person_id": person, "person": new_person("另一人")})] {
            let refused = app.post("/v1/model-workers", &worker(both_or_none)).await.refused(422, "fields_invalid");
            assert_eq!(refused.faults(), fault("/person_id", "person_not_one"));
        }
        let bad_person = worker(json!({"person": with(new_person("杨静珍"), json!({"identity_number": "510599199001010018"}))}));
        let refused = app.post("/v1/model-workers", &bad_person).await.refused(422, "fields_invalid");
        assert_eq!(refused.faults(), fault("/person/identity_number", "identity_number_check_digit"));
        let other = TestApp::new().await;
        let theirs = worker(json!({"person_id": other.person("别人").await}));
        let refused = app.post("/v1/model-workers", &theirs).await.refused(422, "reference_unknown");
        assert_eq!(refused.faults(), fault("/person_id", "reference_unknown"));
        other.get(&format!("/v1/model-workers/{}", made.id())).await.refused(404, "not_found");
        other.finish().await;
    });
}

#[test]
fn a_refused_honour_leaves_neither_model_worker_nor_person() {
    run(async |app| {
        app.region(REGION, "江阳区").await;
        let person = with(new_person("罗永强"), json!({"identity_number": identity_number_of("1978-09-01".parse().unwrap(), 5)}));
        let honours =
            [honour("provincial", "劳模", "2015-04-28"), honour("provincial", "劳模", "2016-04-28"), honour("national", "", "1970-01-01")];
        let worker = json!({"person": person, "region_code": REGION, "honours": honours});
        let refused = app.post("/v1/model-workers", &worker).await.refused(422, "fields_invalid");
        let faults = refused.faults();
        let pointers: Vec<&str> = faults.iter().map(|fault| fault.0.as_str()).collect();
        assert_eq!(pointers, ["/honours/1/title", "/honours/2/awarded_on", "/honours/2/title"]);
        assert_eq!(app.get("/v1/persons").await.expect(200).body["totals"]["count"], 0);
    });
}

#[test]
fn an_honour_is_recorded_once() {
    run(async |app| {
        let worker = app.model_worker("罗永强", "provincial").await;
        let path = format!("/v1/model-workers/{}/honours", worker.id);
        let taken = app.post(&path, &honour("provincial", " 劳动模范 ", "2016-04-28")).await.refused(409, "honour_exists");
        assert_eq!(taken.faults(), fault("/title", "honour_exists"));
        app.post(&path, &honour("municipal", "劳动模范", "2016-04-28")).await.expect(201);
        let long = app.post(&path, &honour("municipal", &long_text(), "2016-04-28")).await.refused(422, "fields_invalid");
        assert_eq!(long.faults(), fault("/title", "too_long"));
    });
}

#[test]
fn model_workers_are_changed_by_version_and_listed_by_level() {
    run(async |app| {
        let provincial = app.model_worker("甲", "provincial").await;
        app.model_worker("乙", "municipal").await;
        let path = format!("/v1/model-workers/{}", provincial.id);
        let union = app.organisation("district_union", "江阳区总工会").await;
        let change = json!({"region_code": REGION, "organisation_id": union});
        app.put(&path, "\"1\"", &change).await.expect(200);
        app.put(&path, "\"1\"", &change).await.refused(412, "version_stale");
        let unknown = app.put(&path, "\"2\"", &json!({"region_code": "000000"})).await.refused(422, "reference_unknown");
        assert_eq!(unknown.faults(), fault("/region_code", "reference_unknown"));
        for (query, expected) in [
            (String::new(), 2),
            ("?level=municipal".to_owned(), 1),
            ("?level=national".to_owned(), 0),
            (format!("?organisation_id={union}"), 1),
            (format!("?person_id={}", provincial.person), 1),
        ] {
            assert_eq!(app.all(&format!("/v1/model-workers{query}"), 1).await.len(), expected, "{query}");
        }
    });
}
