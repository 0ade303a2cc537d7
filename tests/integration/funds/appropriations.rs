//! Appropriations: lines that add up to their document.

use serde_json::{Value, json};

use super::{NOTHING, fault, line};
use crate::support::funds::{GRANTED_ON, new_line};
use crate::support::registry::with;
use crate::support::{TestApp, run};

#[test]
fn an_appropriation_grants_its_lines_and_all_of_it_is_available() {
    run(async |app| {
        let grant = app.appropriation(&[("帮扶", "266360"), ("送温暖", "376000"), ("常态化", "673000")]).await;
        let view = app.get(&format!("/v1/appropriations/{}", grant.id)).await.expect(200);
        assert_eq!((&view.body["granted"], &view.body["fiscal_year"]), (&json!("1315360.00"), &json!(2022)));
        let positions: Vec<_> = view.body["lines"].as_array().unwrap().iter().map(|line| (&line["position"], &line["granted"])).collect();
        assert_eq!(positions, [(&json!(1), &json!("266360.00")), (&json!(2), &json!("376000.00")), (&json!(3), &json!("673000.00"))]);
        let line = line(app, &grant.lines[1]).await;
        assert_eq!((&line["balances"]["granted"], &line["balances"]["available"]), (&json!("376000.00"), &json!("376000.00")));
        assert_eq!((&line["sources"][0]["fund_source_id"], &line["arrived"]), (&json!(grant.source), &json!("0.00")));
    });
}

#[test]
fn lines_that_do_not_add_up_to_the_document_are_refused_with_the_difference() {
    run(async |app| {
        let source = app.fund_source("provincial").await;
        let new = app.new_appropriation(&source, &[("甲", "100"), ("乙", "50.01")]).await;
        for (amount, difference) in [("150", "-0.01"), ("150.02", "0.01"), ("1万", "9849.99")] {
            let reply = app.post("/v1/appropriations", &with(new.clone(), json!({"amount": amount}))).await;
            let reply = reply.refused(422, "lines_do_not_add_up");
            assert_eq!((reply.faults(), &reply.body["difference"]), (fault("/amount", "lines_do_not_add_up"), &json!(difference)));
        }
        let listed = app.get("/v1/appropriations").await.expect(200);
        assert_eq!(listed.body["totals"], json!({"count": 0, "amount": "0.00"}));
        app.appropriate(&new).await;
    });
}

#[test]
fn an_appropriation_is_refused_with_every_field_at_fault() {
    run(async |app| {
        let source = app.fund_source("provincial").await;
        let mut bad = app.new_appropriation(&source, &[("甲", "100"), ("乙", "50")]).await;
        bad["name"] = json!(" ");
        bad["fiscal_year"] = json!(1999);
        bad["lines"][0]["channels"] = json!([]);
        bad["lines"][0]["functional_code"] = json!("2082");
        bad["lines"][1]["name"] = json!("甲");
        bad["lines"][1]["project_code"] = json!("51000022T00000012345");
        bad["lines"][1]["channels"] = json!(["cash", "cash"]);
        let faults = app.post("/v1/appropriations", &bad).await.refused(422, "fields_invalid").faults();
        let expected = [
            ("/fiscal_year", "fiscal_year_out_of_range"),
            ("/lines/0/channels", "channels_missing"),
            ("/lines/0/functional_code", "functional_code_malformed"),
            ("/lines/1/channels", "channel_repeated"),
            ("/lines/1/name", "line_name_repeated"),
            ("/lines/1/project_code", "project_code_malformed"),
            ("/name", "blank"),
        ];
        assert_eq!(faults, expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
        bad["lines"][1]["channels"] = json!(["pigeon"]);
        bad["lines"][0]["colour"] = json!("red");
        bad["granted_on"] = json!("2022-02-30");
        let faults = app.post("/v1/appropriations", &bad).await.refused(400, "body_invalid").faults();
        let pointers: Vec<&str> = faults.iter().map(|fault| fault.0.as_str()).collect();
        assert_eq!(pointers, ["/granted_on", "/lines/0/colour", "/lines/1/channels/0"]);
        let mut none = app.new_appropriation(&source, &[("甲", "100")]).await;
        none["lines"] = json!([]);
        let reply = app.post("/v1/appropriations", &none).await.refused(422, "fields_invalid");
        assert_eq!(reply.faults(), fault("/lines", "lines_missing"));
    });
}

#[test]
fn a_grant_is_not_dated_in_the_future() {
    run(async |app| {
        let source = app.fund_source("provincial").await;
        let new = app.new_appropriation(&source, &[("甲", "100")]).await;
        let reply = app.post("/v1/appropriations", &with(new.clone(), json!({"granted_on": "2023-03-16"}))).await;
        assert_eq!(reply.refused(422, "date_in_future").faults(), fault("/granted_on", "date_in_future"));
        app.post("/v1/appropriations", &with(new, json!({"granted_on": "2023-03-15"}))).await.expect(201);
    });
}

#[test]
fn a_closed_period_takes_no_grant() {
    run(async |app| {
        let source = app.fund_source("provincial").await;
        let first = app.appropriation_from(&source, &[("甲", "100")]).await;
        let closing = json!({"closed_through": "2022-06-30", "reason": "半年结账"});
        app.post("/v1/period-closings", &closing).await.expect(200);
        let new = app.new_appropriation(&source, &[("甲", "100")]).await;
        for on in [GRANTED_ON, "2022-06-30"] {
            app.post("/v1/appropriations", &with(new.clone(), json!({"granted_on": on}))).await.refused(423, "period_closed");
        }
        let change = json!({"kind": "addition", "amount": "1", "document_id": first.document, "effective_on": "2022-06-30"});
        app.post(&format!("/v1/allocation-lines/{}/changes", first.lines[0]), &change).await.refused(423, "period_closed");
        assert_eq!(app.get("/v1/appropriations").await.expect(200).body["totals"], json!({"count": 1, "amount": "100.00"}));
        app.post("/v1/appropriations", &with(new, json!({"granted_on": "2022-07-01"}))).await.expect(201);
        let future = app.post("/v1/period-closings", &json!({"closed_through": "2023-03-16", "reason": "提前"})).await;
        future.refused(422, "fields_invalid");
    });
}

#[test]
fn references_of_another_federation_are_unknown_in_a_body_and_not_found_in_a_path() {
    run(async |app| {
        let other = TestApp::new().await;
        let theirs = other.appropriation(&[("甲", "100")]).await;
        let source = app.fund_source("provincial").await;
        let new = app.new_appropriation(&source, &[("甲", "100"), ("乙", "50")]).await;
        for (field, id) in [("document_id", theirs.document.as_str()), ("organisation_id", &theirs.organisation), ("document_id", NOTHING)]
        {
            let reply = app.post("/v1/appropriations", &with(new.clone(), json!({field: id}))).await;
            assert_eq!(reply.refused(422, "reference_unknown").faults(), fault(&format!("/{field}"), "reference_unknown"));
        }
        let mut foreign = new.clone();
        foreign["lines"][1]["fund_source_id"] = json!(theirs.source);
        let reply = app.post("/v1/appropriations", &foreign).await.refused(422, "reference_unknown");
        assert_eq!(reply.faults(), fault("/lines/1/fund_source_id", "reference_unknown"));
        let id = &theirs.lines[0];
        for path in [
            format!("/v1/appropriations/{}", theirs.id),
            format!("/v1/allocation-lines/{id}"),
            format!("/v1/allocation-lines/{id}/changes"),
            format!("/v1/appropriations/{NOTHING}"),
        ] {
            app.get(&path).await.refused(404, "not_found");
        }
        for path in ["/v1/appropriations", "/v1/allocation-lines"] {
            assert_eq!(app.get(path).await.expect(200).body["totals"], json!({"count": 0, "amount": "0.00"}));
        }
        assert_eq!(app.get(&format!("/v1/postings?allocation_line_id={id}")).await.expect(200).body["items"], json!([]));
        other.finish().await;
    });
}

#[test]
fn a_document_has_an_appropriation_of_a_name_once() {
    run(async |app| {
        let source = app.fund_source("provincial").await;
        let new = app.new_appropriation(&source, &[("甲", "100")]).await;
        app.appropriate(&new).await;
        let again = app.post("/v1/appropriations", &new).await.refused(409, "appropriation_exists");
        assert_eq!(again.faults(), fault("/name", "appropriation_exists"));
        app.post("/v1/appropriations", &with(new, json!({"name": "第二批"}))).await.expect(201);
    });
}

#[test]
fn appropriations_and_lines_are_listed_with_what_they_grant() {
    run(async |app| {
        let first = app.appropriation(&[("甲", "100"), ("乙", "200")]).await;
        let city = app.fund_source("city").await;
        let new = with(app.new_appropriation(&city, &[("丙", "1000")]).await, json!({"fiscal_year": 2023}));
        let second = app.appropriate(&new).await;
        let totals = async |path: &str| app.get(path).await.expect(200).body["totals"].clone();
        let both = |count: u32, amount: &str| json!({"count": count, "amount": amount});
        for (query, expected) in [
            (String::new(), both(2, "1300.00")),
            ("?limit=1".to_owned(), both(2, "1300.00")),
            ("?fiscal_year=2022".to_owned(), both(1, "300.00")),
            (format!("?organisation_id={}", second.organisation), both(1, "1000.00")),
            (format!("?document_id={}", first.document), both(1, "300.00")),
            ("?fiscal_year=2021".to_owned(), both(0, "0.00")),
        ] {
            assert_eq!(totals(&format!("/v1/appropriations{query}")).await, expected, "{query}");
        }
        for (query, expected) in [
            ("?limit=1".to_owned(), both(3, "1300.00")),
            (format!("?appropriation_id={}", first.id), both(2, "300.00")),
            (format!("?fund_source_id={city}"), both(1, "1000.00")),
            ("?fiscal_year=2023".to_owned(), both(1, "1000.00")),
        ] {
            assert_eq!(totals(&format!("/v1/allocation-lines{query}")).await, expected, "{query}");
        }
        let names: Vec<Value> = app.all("/v1/allocation-lines", 2).await.into_iter().map(|line| line["name"].clone()).collect();
        assert_eq!(names, ["甲", "乙", "丙"]);
        app.get("/v1/appropriations?year=2022").await.expect(400);
    });
}

#[test]
fn a_line_says_how_its_money_may_be_paid() {
    run(async |app| {
        let source = app.fund_source("provincial").await;
        let mut new = app.new_appropriation(&source, &[("甲", "100")]).await;
        let codes = json!({"channels": ["cash"], "project_code": "51000022T000000123456", "functional_code": "2082099"});
        new["lines"][0] = with(new_line(&source, "现金", "100"), codes);
        let grant = app.appropriate(&new).await;
        let line = line(app, &grant.lines[0]).await;
        assert_eq!((&line["channels"], &line["project_code"]), (&json!(["cash"]), &json!("51000022T000000123456")));
    });
}
