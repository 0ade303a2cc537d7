//! Fund sources.

use serde_json::{Value, json};

use super::{NOTHING, fault};
use crate::support::{TestApp, run};

#[test]
fn a_source_is_recorded_read_changed_and_listed() {
    run(async |app| {
        let treasury = app.organisation("treasury", "四川省财政厅").await;
        let new = json!({"name": "省级财政", "level": "provincial", "return_to_organisation_id": treasury});
        let made = app.post("/v1/fund-sources", &new).await.expect(201);
        let path = format!("/v1/fund-sources/{}", made.id());
        assert_eq!(made.header("location"), Some(path.as_str()));
        let read = app.get(&path).await.expect(200);
        assert_eq!((&read.body, read.header("etag")), (&made.body, Some("\"1\"")));
        let changed = app.put(&path, "\"1\"", &json!({"name": "省级财政", "level": "central"})).await.expect(200);
        assert_eq!((&changed.body["level"], &changed.body["return_to_organisation_id"]), (&json!("central"), &Value::Null));
        app.put(&path, "\"1\"", &new).await.refused(412, "version_stale");
        app.fund_source("union_own").await;
        assert_eq!(app.all("/v1/fund-sources", 1).await.len(), 2);
        assert_eq!(app.all("/v1/fund-sources?level=union_own", 1).await.len(), 1);
        app.get("/v1/fund-sources?level=gold").await.expect(400);
    });
}

#[test]
fn a_source_at_fault_is_refused() {
    run(async |app| {
        let path = "/v1/fund-sources";
        let blank = app.post(path, &json!({"name": " ", "level": "city"})).await.refused(422, "fields_invalid");
        assert_eq!(blank.faults(), fault("/name", "blank"));
        let level = app.post(path, &json!({"name": "市级", "level": "gold", "colour": "red"})).await.refused(400, "body_invalid");
        assert_eq!(level.faults().iter().map(|fault| fault.0.as_str()).collect::<Vec<_>>(), ["/colour", "/level"]);
        app.post(path, &json!({"name": "市级", "level": "city"})).await.expect(201);
        let taken = app.post(path, &json!({"name": "市级", "level": "district"})).await.refused(409, "fund_source_exists");
        assert_eq!(taken.faults(), fault("/name", "fund_source_exists"));
        let other = TestApp::new().await;
        let theirs = other.organisation("treasury", "财政局").await;
        for id in [theirs.as_str(), NOTHING] {
            let unknown = json!({"name": "区级", "level": "district", "return_to_organisation_id": id});
            let unknown = app.post(path, &unknown).await.refused(422, "reference_unknown");
            assert_eq!(unknown.faults(), fault("/return_to_organisation_id", "reference_unknown"));
        }
        let source = other.fund_source("city").await;
        app.get(&format!("{path}/{source}")).await.refused(404, "not_found");
        app.put(&format!("{path}/{source}"), "\"1\"", &json!({"name": "我的", "level": "city"})).await.refused(404, "not_found");
        other.finish().await;
    });
}
