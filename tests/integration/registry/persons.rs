//! Persons: identity numbers, masks, deaths.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::fault;
use crate::support::registry::{card_number, check_character, identity_number, identity_number_of, new_person, with};
use crate::support::{TestApp, run};

const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

#[test]
fn a_person_is_recorded_with_accounts_and_answered_masked() {
    run(async |app| {
        let number = identity_number_of("1978-09-01".parse().unwrap(), 2);
        let card = card_number();
        let person = json!({
            "name": " 杨静珍 ", "identity_number": number, "phone": "19900002835",
            "payee_accounts": [{"kind": "one_card", "number": card, "bank_name": "泸州银行"}],
        });
        let made = app.post("/v1/persons", &person).await.expect(201);
        let masked = format!("{}********{}", &number[..6], &number[14..]);
        let expected = [("name", "杨**"), ("identity_number", masked.as_str()), ("sex", "female"), ("phone", "199****2835")];
        for (field, value) in expected {
            assert_eq!(made.body[field], value);
        }
        let account = &made.body["payee_accounts"][0];
        assert_eq!((&account["number"], &account["holder_name"]), (&json!(format!("****{}", &card[15..])), &json!("杨**")));
        assert_eq!(made.header("location"), Some(format!("/v1/persons/{}", made.id()).as_str()));

        let read = app.get(&format!("/v1/persons/{}", made.id())).await.expect(200);
        assert_eq!((&read.body, read.header("etag")), (&made.body, Some("\"1\"")));
        let listed = app.get("/v1/persons").await.expect(200);
        for answer in [&made.text, &read.text, &listed.text] {
            assert!(!answer.contains(&number) && !answer.contains(&card) && !answer.contains("杨静珍"), "{answer}");
            assert!(!answer.contains("1978") && !answer.contains("born_on"), "the birth completes the masked number: {answer}");
        }
    });
}

#[test]
fn an_identity_number_at_fault_is_refused_with_its_reason_and_not_repeated() {
    run(async |app| {
        let sound = identity_number();
        let wrong_check = if sound.ends_with('0') { "1" } else { "0" };
        let impossible = "51059919900230001";
        let cases = [
            (format!("{}{wrong_check}", &sound[..17]), "identity_number_check_digit"),
            (format!("{impossible}{}", check_character(impossible)), "identity_number_date"),
            ("5.10599E+17".to_owned(), "identity_number_spreadsheet_damage"),
            (sound[..17].to_owned(), "identity_number_length"),
            ("510599900101001".to_owned(), "identity_number_length"),
            (format!("51059A{}", &sound[6..]), "identity_number_character"),
        ];
        for (number, code) in cases {
            let reply = app.post("/v1/persons", &with(new_person("杨静珍"), json!({"identity_number": number}))).await;
            let reply = reply.refused(422, "fields_invalid");
            assert_eq!(reply.faults(), fault("/identity_number", code), "{number}");
            assert!(!reply.text.contains(&number), "{}", reply.text);
        }
        let unborn = identity_number_of("2030-01-01".parse().unwrap(), 1);
        let reply = app.post("/v1/persons", &with(new_person("杨静珍"), json!({"identity_number": unborn}))).await;
        assert_eq!(reply.refused(422, "fields_invalid").faults(), fault("/identity_number", "date_in_future"));
        assert_eq!(app.get("/v1/persons").await.expect(200).body["totals"]["count"], 0);
    });
}

#[test]
fn an_identity_number_that_is_no_text_is_refused_and_not_repeated() {
    run(async |app| {
        for number in [json!(510_599_199_001_010_017_u64), json!(["510599199001010017"]), Value::Null] {
            let reply = app.post("/v1/persons", &with(new_person("杨静珍"), json!({"identity_number": number}))).await;
            let reply = reply.refused(400, "body_invalid");
            assert_eq!(reply.faults(), fault("/identity_number", "field_malformed"));
            assert!(!reply.text.contains("510599199001010017"), "{}", reply.text);
        }
    });
}

#[test]
fn every_field_of_a_person_at_fault_is_named_at_once() {
    run(async |app| {
        let bad = json!({
            "name": " ", "identity_number": "1", "phone": "199****2835", "payee_accounts": [{"kind": "one_card", "number": "12"}],
        });
        let pointers: Vec<String> =
            app.post("/v1/persons", &bad).await.refused(422, "fields_invalid").faults().into_iter().map(|fault| fault.0).collect();
        assert_eq!(pointers, ["/identity_number", "/name", "/payee_accounts/0/number", "/phone"]);
        let unknown = with(new_person("杨静珍"), json!({"born_on": "1978-09-01", "sex": "female"}));
        let pointers: Vec<String> =
            app.post("/v1/persons", &unknown).await.refused(400, "body_invalid").faults().into_iter().map(|fault| fault.0).collect();
        assert_eq!(pointers, ["/born_on", "/sex"]);
    });
}

#[test]
fn an_identity_number_belongs_to_one_person() {
    run(async |app| {
        let number = identity_number_of("1990-01-01".parse().unwrap(), 998);
        assert_eq!(&number[17..], check_character(&number[..17]).to_string());
        let body = with(new_person("罗永强"), json!({"identity_number": number}));
        let known = app.post("/v1/persons", &body).await.expect(201).id();
        let again = with(new_person("罗永强"), json!({"identity_number": number.to_lowercase()}));
        let refused = app.post("/v1/persons", &again).await.refused(409, "person_exists");
        assert_eq!((refused.faults(), &refused.body["person_id"]), (fault("/identity_number", "person_exists"), &json!(known)));
        assert!(!refused.text.contains(&number));
        // Another federation may know the same person, and neither learns of the other.
        let other = TestApp::new().await;
        other.post("/v1/persons", &body).await.expect(201);
        other.finish().await;
    });
}

#[test]
fn of_sixteen_registrations_of_one_identity_number_one_is_recorded() {
    run(async |app| {
        let number = identity_number();
        let replies = join_all((0..16).map(|_| {
            let body = with(new_person("罗永强"), json!({"identity_number": number}));
            async move { app.post("/v1/persons", &body).await }
        }))
        .await;
        assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
        assert!(replies.into_iter().filter(|reply| reply.status != 201).all(|reply| reply.refused(409, "person_exists").status == 409));
    });
}

#[test]
fn a_reference_that_the_federation_does_not_have_is_named() {
    run(async |app| {
        let other = TestApp::new().await;
        let theirs = other.organisation("city_union", "别的市总工会").await;
        for id in [theirs.as_str(), NOBODY] {
            let reply = app.post("/v1/persons", &with(new_person("杨静珍"), json!({"organisation_id": id}))).await;
            assert_eq!(reply.refused(422, "reference_unknown").faults(), fault("/organisation_id", "reference_unknown"));
        }
        let reply = app.post("/v1/persons", &with(new_person("杨静珍"), json!({"region_code": "000000"}))).await;
        assert_eq!(reply.refused(422, "reference_unknown").faults(), fault("/region_code", "reference_unknown"));
        other.finish().await;
    });
}

#[test]
fn a_person_of_another_federation_is_not_found() {
    run(async |app| {
        let other = TestApp::new().await;
        let theirs = other.person("杨静珍").await;
        let path = format!("/v1/persons/{theirs}");
        app.get(&path).await.refused(404, "not_found");
        app.put(&path, "\"1\"", &json!({"name": "我"})).await.refused(404, "not_found");
        app.post(&format!("{path}/death"), &json!({"died_on": "2022-01-15"})).await.refused(404, "not_found");
        assert_eq!(app.get("/v1/persons").await.expect(200).body["totals"]["count"], 0);
        assert_eq!(other.get(&path).await.expect(200).body["died_on"], Value::Null);
        other.finish().await;
    });
}

#[test]
fn a_person_is_changed_over_the_version_that_was_read() {
    run(async |app| {
        let path = format!("/v1/persons/{}", app.person("杨静珍").await);
        // Name and phone are answered masked, so a change that does not name them leaves them.
        let changed = app.put(&path, "\"1\"", &json!({})).await.expect(200);
        assert_eq!((&changed.body["version"], &changed.body["phone"]), (&json!(2), &json!("199****2835")));
        assert_eq!(app.found(json!({"name": "杨静珍"})).await.len(), 1, "the name is what it was");
        for (name, code) in [("杨**", "name_masked"), (" ", "blank")] {
            assert_eq!(app.put(&path, "\"2\"", &json!({"name": name})).await.refused(422, "fields_invalid").faults(), fault("/name", code));
        }
        app.put(&path, "\"2\"", &json!({"name": "杨静"})).await.expect(200);
        assert_eq!(app.found(json!({"name": "杨静珍"})).await.len(), 0);
        app.put(&path, "\"1\"", &json!({"name": "迟到"})).await.refused(412, "version_stale");
        app.send(app.request(reqwest::Method::PUT, &path).json(&json!({"name": "无版本"}))).await.refused(428, "version_required");
        let removed = app.put(&path, "\"3\"", &json!({"name": "杨静珍", "phone": null})).await.expect(200);
        assert_eq!(removed.body["phone"], Value::Null);
        let masked = app.put(&path, "\"4\"", &json!({"name": "杨静珍", "phone": "199****2835"})).await.refused(422, "fields_invalid");
        assert_eq!(masked.faults(), fault("/phone", "phone_malformed"));
        let number = json!({"name": "杨静珍", "identity_number": identity_number()});
        let refused = app.put(&path, "\"4\"", &number).await.refused(400, "body_invalid");
        assert_eq!(refused.faults(), fault("/identity_number", "field_unknown"));
    });
}

#[test]
fn a_death_is_recorded_once_and_neither_before_birth_nor_in_the_future() {
    run(async |app| {
        let born = with(new_person("杨静珍"), json!({"identity_number": identity_number_of("1978-09-02".parse().unwrap(), 3)}));
        let path = format!("/v1/persons/{}", app.post("/v1/persons", &born).await.expect(201).id());
        let death = async |on: &str| app.post(&format!("{path}/death"), &json!({"died_on": on})).await;
        for (on, code) in [("1978-09-01", "death_before_birth"), ("2023-03-16", "date_in_future")] {
            assert_eq!(death(on).await.refused(422, "fields_invalid").faults(), fault("/died_on", code));
        }
        assert_eq!(death("2023-02-30").await.refused(400, "body_invalid").faults(), fault("/died_on", "field_malformed"));
        assert_eq!(death("2022-01-15").await.expect(200).body["died_on"], "2022-01-15");
        death("2022-02-14").await.refused(409, "person_deceased");
        assert_eq!(app.get(&path).await.expect(200).body["died_on"], "2022-01-15");
    });
}

#[test]
fn persons_are_listed_by_region_and_death_page_by_page() {
    run(async |app| {
        app.region("510599", "测试区").await;
        for name in ["甲一", "乙一", "丙一", "丁一", "戊一"] {
            app.person(name).await;
        }
        let here = app.post("/v1/persons", &with(new_person("己一"), json!({"region_code": "510599"}))).await.expect(201).id();
        app.death(&here, "2022-01-15").await;
        let names = |rows: Vec<Value>| rows.into_iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!(names(app.all("/v1/persons", 2).await), ["甲*", "乙*", "丙*", "丁*", "戊*", "己*"]);
        assert_eq!(names(app.all("/v1/persons?region_code=510599", 2).await), ["己*"]);
        assert_eq!(names(app.all("/v1/persons?deceased=true", 2).await), ["己*"]);
        let living = app.get("/v1/persons?deceased=false&limit=2").await.expect(200);
        assert_eq!((living.body["items"].as_array().unwrap().len(), &living.body["totals"]), (2, &json!({"count": 5})));
        assert!(living.header("link").is_some());
        for personal in ["identity_number=510599199001010017", "name=%E4%B9%99", "phone=19900002835"] {
            app.get(&format!("/v1/persons?{personal}")).await.refused(400, "parameter_invalid");
        }
    });
}

#[test]
fn a_person_is_found_by_the_whole_name_identity_number_or_phone() {
    run(async |app| {
        let (number, other) = (identity_number(), identity_number());
        let person = |name: &str, number: &str, phone: &str| with(new_person(name), json!({"identity_number": number, "phone": phone}));
        let wanted = app.post("/v1/persons", &person("罗永强", &number, "+86 199-8888-0001")).await.expect(201).id();
        let namesake = app.post("/v1/persons", &person("罗永强", &other, "19988880002")).await.expect(201).id();
        let ids = async |query: Value| -> Vec<String> {
            app.found(query).await.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
        };
        for query in [
            json!({"identity_number": number}),
            json!({"identity_number": format!(" {} ", number.to_lowercase())}),
            json!({"phone": "19988880001"}),
            json!({"phone": "199 8888 0001"}),
            json!({"name": "罗永强", "phone": "19988880001"}),
            json!({"name": " 罗永强 ", "identity_number": number}),
        ] {
            assert_eq!(ids(query.clone()).await, [wanted.as_str()], "{query}");
        }
        assert_eq!(ids(json!({"name": "罗永强"})).await, [wanted.as_str(), namesake.as_str()]);
        assert_eq!(ids(json!({"name": "罗永强", "limit": 1})).await, [wanted.as_str()]);
        assert_eq!(ids(json!({"name": "罗永强", "cursor": wanted})).await, [namesake.as_str()]);
        for nobody in [
            json!({"name": "罗永"}),
            json!({"phone": "1998888000"}),
            json!({"identity_number": identity_number()}),
            json!({"name": "罗永强", "phone": "19988889999"}),
        ] {
            assert!(ids(nobody.clone()).await.is_empty(), "{nobody}");
        }
        // Another federation has another hash for the same number, and nothing of it is found here.
        let elsewhere = TestApp::new().await;
        assert!(elsewhere.found(json!({"identity_number": number})).await.is_empty());
        elsewhere.post("/v1/persons", &person("罗永强", &number, "19988880001")).await.expect(201);
        assert_eq!(ids(json!({"identity_number": number})).await, [wanted.as_str()]);
        let answer = app.post("/v1/persons/search", &json!({"identity_number": number})).await.expect(200);
        assert!(!answer.text.contains(&number) && !answer.text.contains("罗永强") && !answer.text.contains("8888"), "{}", answer.text);
    });
}

#[test]
fn a_search_for_nothing_or_for_a_part_is_refused_and_not_repeated() {
    run(async |app| {
        let number = identity_number();
        for (query, pointer, code) in [
            (json!({}), "/name", "search_for_nothing"),
            (json!({"name": " "}), "/name", "blank"),
            (json!({"name": "罗**"}), "/name", "name_masked"),
            (json!({"identity_number": &number[..17]}), "/identity_number", "identity_number_length"),
            (json!({"phone": "199****2835"}), "/phone", "phone_malformed"),
        ] {
            let refused = app.post("/v1/persons/search", &query).await.refused(422, "fields_invalid");
            assert_eq!(refused.faults(), fault(pointer, code), "{query}");
            assert!(!refused.text.contains(&number[..17]), "{}", refused.text);
        }
        app.post("/v1/persons/search", &json!({"born_on": "1990-01-01"})).await.refused(400, "body_invalid");
    });
}
