//! Federations, regions, organisations and documents.
//!
//! Regions are shared by all federations, so each test of them has codes of its own (`99xxxx`, which GB/T 2260 leaves
//! unassigned).

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::unique;
use crate::support::world::TOKEN;
use crate::support::{TestApp, run};

/// A made-up union's code with a right check character.
const USCC: &str = "81510500MC0000004P";

fn fault(pointer: &str, code: &str) -> Vec<(String, String)> {
    vec![(pointer.to_owned(), code.to_owned())]
}

// Federations.

#[test]
fn a_federation_is_found_in_the_list_and_its_code_is_taken() {
    run(async |app| {
        let code = unique("city");
        let made = app.post("/v1/federations", &json!({"name": "泸州市总工会", "code": code})).await.expect(201);
        let listed = app.send(app.request_with(TOKEN, Method::GET, "/v1/federations")).await.expect(200);
        assert!(listed.body.as_array().unwrap().contains(&made.body));
        let own = app.get("/v1/federations").await.expect(200);
        assert_eq!(own.body.as_array().unwrap().len(), 1, "users see their own federation only");
        assert_eq!(own.body[0]["id"], json!(app.federation));
        let again = app.post("/v1/federations", &json!({"name": "另一家", "code": code})).await.refused(409, "federation_exists");
        assert_eq!(again.faults(), fault("/code", "federation_exists"));
        let long = app.post("/v1/federations", &json!({"name": "另一家", "code": "帮".repeat(201)})).await;
        assert_eq!(long.refused(422, "fields_invalid").faults(), fault("/code", "too_long"));
        let blank = app.post("/v1/federations", &json!({"name": " ", "code": ""})).await.refused(422, "fields_invalid");
        assert_eq!(blank.faults().len(), 2);
    });
}

// Regions.

#[test]
fn a_region_is_recorded_once() {
    run(async |app| {
        let city = app.post("/v1/regions", &json!({"code": "990100", "name": "甲市"})).await.expect(201);
        assert_eq!(city.header("location"), Some("/v1/regions/990100"));
        app.post("/v1/regions", &json!({"code": "990101", "name": "乙县", "parent_code": "990100"})).await.expect(201);
        let read = app.get("/v1/regions/990101").await.expect(200);
        let expected = json!({"code": "990101", "name": "乙县", "parent_code": "990100", "obsolete_on": null, "directly_funded": []});
        assert_eq!(read.body, expected);
        app.post("/v1/regions", &json!({"code": "990100", "name": "丙市"})).await.refused(409, "region_exists");
        assert_eq!(app.get("/v1/regions/990100").await.expect(200).body["name"], "甲市");
    });
}

#[test]
fn a_region_needs_six_digits_a_name_and_a_known_parent() {
    run(async |app| {
        for code in ["", "9902", "99020", "9902000", "99020a", "９９０２００"] {
            let reply = app.post("/v1/regions", &json!({"code": code, "name": " "})).await.refused(422, "fields_invalid");
            let pointers: Vec<String> = reply.faults().into_iter().map(|fault| fault.0).collect();
            assert_eq!(pointers, ["/code", "/name"], "{code}");
        }
        let orphan = json!({"code": "990201", "name": "县", "parent_code": "990299"});
        let reply = app.post("/v1/regions", &orphan).await.refused(422, "reference_unknown");
        assert_eq!(reply.faults(), fault("/parent_code", "reference_unknown"));
        app.get("/v1/regions/990201").await.refused(404, "not_found");
    });
}

#[test]
fn times_of_direct_funding_do_not_overlap() {
    run(async |app| {
        app.region("990301", "扩权县").await;
        let path = "/v1/regions/990301/direct-funding";
        let period = |from: &str, to: Value| json!({"valid_from": from, "valid_to": to});
        app.post(path, &period("2010-01-01", json!("2014-12-31"))).await.expect(201);
        for (from, to) in [
            ("2010-01-01", json!("2010-01-01")),
            ("2014-12-31", json!("2015-06-30")),
            ("2009-01-01", json!("2010-01-01")),
            ("2009-01-01", json!("2020-01-01")),
            ("2012-01-01", json!("2012-12-31")),
            ("2009-01-01", Value::Null),
        ] {
            app.post(path, &period(from, to.clone())).await.refused(409, "direct_funding_overlaps");
        }
        let view = app.post(path, &period("2015-01-01", Value::Null)).await.expect(201);
        assert_eq!(view.body["directly_funded"].as_array().unwrap().len(), 2);
        app.post(path, &period("2030-01-01", Value::Null)).await.refused(409, "direct_funding_overlaps");
        let reply = app.post(path, &period("2009-12-31", json!("2009-01-01"))).await.refused(422, "fields_invalid");
        assert_eq!(reply.faults(), fault("/valid_to", "date_range_turned_round"));
        app.post("/v1/regions/990399/direct-funding", &period("2010-01-01", Value::Null)).await.refused(404, "not_found");
    });
}

#[test]
fn of_sixteen_open_times_of_direct_funding_one_is_recorded() {
    run(async |app| {
        app.region("990302", "扩权县").await;
        let replies = join_all((1..=16).map(|day| async move {
            let period = json!({"valid_from": format!("2020-01-{day:02}")});
            app.post("/v1/regions/990302/direct-funding", &period).await.status
        }))
        .await;
        assert_eq!(replies.iter().filter(|status| **status == 201).count(), 1, "{replies:?}");
        assert!(replies.iter().all(|status| [201, 409].contains(status)), "{replies:?}");
    });
}

// Organisations.

#[test]
fn an_organisation_is_recorded_changed_and_listed() {
    run(async |app| {
        let city = app.organisation("city_union", "泸州市总工会").await;
        let new = json!({
            "kind": "department", "name": "权益保障部", "parent_id": city, "uscc": "81510500mc0000004p", "aliases": ["保障部"],
            "valid_from": "2010-01-01",
        });
        let made = app.post("/v1/organisations", &new).await.expect(201);
        let expected = json!({
            "id": made.id(), "kind": "department", "name": "权益保障部", "parent_id": city, "region_code": null, "uscc": USCC,
            "aliases": ["保障部"], "valid_from": "2010-01-01", "valid_to": null, "version": 1, "created_at": "2023-03-15T02:00:00Z",
        });
        assert_eq!(made.body, expected);
        let change = json!({"kind": "department", "name": "生活保障部", "parent_id": city, "valid_to": "2023-01-01"});
        let changed = app.put(&format!("/v1/organisations/{}", made.id()), "\"1\"", &change).await.expect(200);
        assert_eq!((&changed.body["uscc"], &changed.body["version"]), (&Value::Null, &json!(2)));
        let children = app.get(&format!("/v1/organisations?parent_id={city}")).await.expect(200);
        assert_eq!(children.body["items"], json!([changed.body]));
        assert_eq!(app.all("/v1/organisations?kind=city_union", 10).await.len(), 1);
    });
}

#[test]
fn a_credit_code_with_a_wrong_check_character_is_refused() {
    run(async |app| {
        for (uscc, code) in [
            ("81510500MC0000004Q", "uscc_check_character"),
            ("91350100M000100Y44", "uscc_check_character"),
            ("81510500MC000000P", "uscc_length"),
            ("81510500MC0000I04P", "uscc_character"),
            ("8.15105E+17", "uscc_spreadsheet_damage"),
        ] {
            let reply = app.post("/v1/organisations", &json!({"kind": "bank", "name": "银行", "uscc": uscc})).await;
            assert_eq!(reply.refused(400, "body_invalid").faults(), fault("/uscc", code), "{uscc}");
        }
        assert!(app.all("/v1/organisations", 10).await.is_empty());
    });
}

#[test]
fn name_and_credit_code_belong_to_one_organisation() {
    run(async |app| {
        app.post("/v1/organisations", &json!({"kind": "bank", "name": "甲银行", "uscc": USCC})).await.expect(201);
        let named = app.post("/v1/organisations", &json!({"kind": "bank", "name": "甲银行"})).await.refused(409, "organisation_exists");
        assert_eq!(named.faults(), fault("/name", "organisation_exists"));
        let coded = json!({"kind": "vendor", "name": "医院", "uscc": USCC});
        assert_eq!(app.post("/v1/organisations", &coded).await.refused(409, "uscc_taken").faults(), fault("/uscc", "uscc_taken"));
        // The same name for something of another kind, and the same code in another federation, are in order.
        let vendor = app.organisation("vendor", "甲银行").await;
        let change = json!({"kind": "bank", "name": "甲银行"});
        app.put(&format!("/v1/organisations/{vendor}"), "\"1\"", &change).await.refused(409, "organisation_exists");
        let other = TestApp::new().await;
        other.post("/v1/organisations", &json!({"kind": "bank", "name": "甲银行", "uscc": USCC})).await.expect(201);
        other.finish().await;
    });
}

#[test]
fn an_organisation_is_never_above_itself() {
    run(async |app| {
        let mut chain: Vec<String> = Vec::new();
        for name in ["省", "市", "区", "街道"] {
            let new = json!({"kind": "department", "name": name, "parent_id": chain.last()});
            chain.push(app.post("/v1/organisations", &new).await.expect(201).id());
        }
        for below in &chain {
            let change = json!({"kind": "department", "name": "省", "parent_id": below});
            let reply = app.put(&format!("/v1/organisations/{}", chain[0]), "\"1\"", &change).await.refused(422, "organisation_cycle");
            assert_eq!(reply.faults(), fault("/parent_id", "organisation_cycle"));
        }
        let change = json!({"kind": "department", "name": "街道", "parent_id": chain[0]});
        app.put(&format!("/v1/organisations/{}", chain[3]), "\"1\"", &change).await.expect(200);
    });
}

#[test]
fn two_changes_at_once_do_not_close_a_cycle() {
    run(async |app| {
        for round in 0..8 {
            let ids =
                [app.organisation("department", &format!("甲{round}")).await, app.organisation("department", &format!("乙{round}")).await];
            let under = async |below: usize, above: usize, name: String| {
                let change = json!({"kind": "department", "name": name, "parent_id": ids[above]});
                app.put(&format!("/v1/organisations/{}", ids[below]), "\"1\"", &change).await.status
            };
            let (first, second) = tokio::join!(under(0, 1, format!("甲{round}")), under(1, 0, format!("乙{round}")));
            let mut both = [first, second];
            both.sort_unstable();
            assert_eq!(both, [200, 422]);
        }
    });
}

#[test]
fn dates_turned_round_blank_names_and_unknown_references_are_refused() {
    run(async |app| {
        let turned = json!({"kind": "bank", "name": "\u{3000}", "valid_from": "2022-01-02", "valid_to": "2022-01-01"});
        let reply = app.post("/v1/organisations", &turned).await.refused(422, "fields_invalid");
        let expected = [fault("/name", "blank"), fault("/valid_to", "date_range_turned_round")].concat();
        assert_eq!(reply.faults(), expected);
        let one_day = json!({"kind": "bank", "name": "一日", "valid_from": "2022-01-01", "valid_to": "2022-01-01"});
        app.post("/v1/organisations", &one_day).await.expect(201);
        let nowhere = json!({"kind": "bank", "name": "银行", "region_code": "990999"});
        assert_eq!(
            app.post("/v1/organisations", &nowhere).await.refused(422, "reference_unknown").faults(),
            fault("/region_code", "reference_unknown")
        );
        let unknown = uuid::Uuid::now_v7();
        let orphan = json!({"kind": "bank", "name": "银行", "parent_id": unknown});
        app.post("/v1/organisations", &orphan).await.refused(422, "reference_unknown");
        let id = app.organisation("bank", "银行").await;
        let reply = app.put(&format!("/v1/organisations/{id}"), "\"1\"", &orphan).await.refused(422, "reference_unknown");
        assert_eq!(reply.faults(), fault("/parent_id", "reference_unknown"));
    });
}

// Documents.

#[test]
fn an_issuer_has_one_document_of_a_number() {
    run(async |app| {
        let id = app.document("川财建〔2022〕197号").await;
        let read = app.get(&format!("/v1/documents/{id}")).await.expect(200);
        assert_eq!((&read.body["number"], read.header("etag")), (&json!("川财建〔2022〕197号"), Some("\"1\"")));
        let document = |issuer: &str| json!({"issuer": issuer, "number": "川财建〔2022〕197号", "title": "t", "kind": "notice", "issued_on": "2022-11-28"});
        let again = app.post("/v1/documents", &document("四川省财政厅")).await.refused(409, "document_exists");
        assert_eq!(again.faults(), fault("/number", "document_exists"));
        let other = app.post("/v1/documents", &document("市财政局")).await.expect(201).id();
        app.put(&format!("/v1/documents/{other}"), "\"1\"", &document("四川省财政厅")).await.refused(409, "document_exists");
        assert_eq!(app.all("/v1/documents?number=川财建〔2022〕197号", 10).await.len(), 2);
    });
}

#[test]
fn the_digest_of_a_documents_file_is_sha_256_in_lower_case() {
    run(async |app| {
        let document = |digest: &str| json!({"issuer": "i", "number": "n", "title": "t", "kind": "report", "issued_on": "2022-11-28", "file_digest": digest});
        for digest in ["", "abc", &"g".repeat(64), &"A".repeat(64), &"a".repeat(65)] {
            let reply = app.post("/v1/documents", &document(digest)).await.refused(422, "fields_invalid");
            assert_eq!(reply.faults(), fault("/file_digest", "digest_malformed"));
        }
        app.post("/v1/documents", &document(&"a".repeat(64))).await.expect(201);
    });
}
