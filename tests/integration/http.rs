//! What holds for every route: who may call, how requests are read, how repeats, pages, versions and problems work.

use std::collections::HashSet;

use bangfu::http::problem::all_codes;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::unique;
use crate::support::world::{BODY_LIMIT, TOKEN};
use crate::support::{Reply, TestApp, run, world};

fn document(number: &str) -> Value {
    json!({"issuer": "市总工会", "number": number, "title": "通知", "kind": "notice", "issued_on": "2022-01-10"})
}

async fn count(app: &TestApp, path: &str) -> i64 {
    app.get(path).await.expect(200).body["totals"]["count"].as_i64().unwrap()
}

/// A POST of documents whose body and content type are the test's own.
async fn post_raw(app: &TestApp, content_type: Option<&str>, body: impl Into<reqwest::Body>) -> Reply {
    let mut request = app.request(Method::POST, "/v1/documents").header("Idempotency-Key", unique("key")).body(body);
    if let Some(content_type) = content_type {
        request = request.header("Content-Type", content_type);
    }
    app.send(request).await
}

// Who may call.

#[test]
fn without_a_known_token_nothing_under_v1_answers() {
    run(async |app| {
        for path in ["/v1/federations", "/v1/organisations", "/v1/regions", "/v1/no-such-thing"] {
            let reply = app.send(app.bare(Method::GET, path)).await.refused(401, "token_missing");
            assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
            for token in ["", "x", "bangfu_token_of_the_tests2"] {
                app.send(app.bare(Method::GET, path).bearer_auth(token)).await.expect(401);
            }
            app.send(app.bare(Method::GET, path).bearer_auth("stranger")).await.refused(401, "token_unknown");
            app.send(app.bare(Method::GET, path).header("Authorization", format!("Basic {TOKEN}"))).await.refused(401, "token_missing");
        }
        let body = document("无令牌");
        app.send(app.bare(Method::POST, "/v1/documents").json(&body)).await.refused(401, "token_missing");
        assert_eq!(count(app, "/v1/documents").await, 0);
    });
}

#[test]
fn health_metrics_problems_and_docs_answer_without_a_token() {
    run(async |app| {
        let open = async |path: &str| app.send(app.bare(Method::GET, path)).await.expect(200);
        assert_eq!(open("/healthz").await.text, "ok\n");
        assert_eq!(open("/readyz").await.body, json!({"ready": true, "database": true, "migrations": true, "pool": true}));
        assert!(open("/metrics").await.text.contains("bangfu_http_requests_total"));
        assert!(open("/problems").await.body.as_array().is_some_and(|codes| codes.len() > 10));
        assert_eq!(open("/openapi.json").await.body["openapi"], "3.1.0");
        let page = open("/docs/").await.text;
        assert!(page.contains("swagger-ui") && !page.contains("https://"), "the page asks no other host: {page}");
    });
}

#[test]
fn the_scheme_of_the_token_is_case_insensitive() {
    run(async |app| {
        let request = app.bare(Method::GET, "/v1/federations").header("Authorization", format!("bEARER {TOKEN}"));
        app.send(request).await.expect(200);
    });
}

// Which federation.

#[test]
fn with_several_federations_one_has_to_be_named() {
    run(async |app| {
        TestApp::new().await;
        let unnamed = app.bare(Method::GET, "/v1/organisations").bearer_auth(TOKEN);
        app.send(unnamed).await.refused(400, "federation_not_named");
        for unknown in [Uuid::now_v7().to_string(), "luzhou".to_owned(), String::new()] {
            let request = app.bare(Method::GET, "/v1/organisations").bearer_auth(TOKEN).header("Bangfu-Federation", unknown);
            app.send(request).await.refused(404, "not_found");
        }
    });
}

#[test]
fn the_only_federation_need_not_be_named() {
    world().block_on(async {
        let (db, address) = world().scratch().await.serve().await;
        let app = TestApp::on(db, address).await;
        let unnamed = || app.bare(Method::GET, "/v1/organisations").bearer_auth(TOKEN);
        app.send(unnamed()).await.expect(200);
        TestApp::on(app.db.clone(), address).await;
        app.send(unnamed()).await.refused(400, "federation_not_named");
        app.finish().await;
    });
}

#[test]
fn what_belongs_to_another_federation_is_not_there() {
    run(async |app| {
        let other = TestApp::new().await;
        let (union, document) = (other.organisation("city_union", "市总工会").await, other.document("川财建〔2022〕1号").await);
        app.get(&format!("/v1/organisations/{union}")).await.refused(404, "not_found");
        app.get(&format!("/v1/documents/{document}")).await.refused(404, "not_found");
        let change = json!({"kind": "city_union", "name": "改名"});
        app.put(&format!("/v1/organisations/{union}"), "\"1\"", &change).await.refused(404, "not_found");
        let child = json!({"kind": "department", "name": "保障部", "parent_id": union});
        let reply = app.post("/v1/organisations", &child).await.refused(422, "reference_unknown");
        assert_eq!(reply.faults(), [("/parent_id".to_owned(), "reference_unknown".to_owned())]);
        assert_eq!(count(app, "/v1/organisations").await, 0);
        assert_eq!(other.get(&format!("/v1/organisations/{union}")).await.expect(200).body["name"], "市总工会");
        // Names are unique within a federation, not across them.
        app.organisation("city_union", "市总工会").await;
        other.finish().await;
    });
}

// How a body is read.

#[test]
fn a_body_that_is_not_json_says_where() {
    run(async |app| {
        for body in ["", "{", "{\"issuer\": }", "{\"issuer\": \"a\"} trailing", "\u{feff}{}", "{'issuer': 1}", "NaN"] {
            let reply = post_raw(app, Some("application/json"), body).await.refused(400, "body_not_json");
            assert!(reply.body["detail"].as_str().unwrap().contains('1'), "{}", reply.text);
        }
        post_raw(app, Some("application/json"), vec![0xff, 0xfe, b'{', b'}']).await.refused(400, "body_not_json");
        let deep = "[".repeat(100_000);
        post_raw(app, Some("application/json"), deep).await.refused(400, "body_not_json");
        assert_eq!(count(app, "/v1/documents").await, 0);
    });
}

#[test]
fn json_of_another_shape_is_refused() {
    run(async |app| {
        for body in ["null", "[]", "3", "\"text\"", "true", "[{}]"] {
            post_raw(app, Some("application/json"), body).await.refused(400, "body_invalid");
        }
    });
}

#[test]
fn all_fields_at_fault_are_named_at_once() {
    run(async |app| {
        let body = json!({"issuer": 3, "number": "1", "kind": "poem", "issued_on": "2022-02-30", "colour": "red", "size": 4});
        let reply = app.post("/v1/documents", &body).await.refused(400, "body_invalid");
        let expected = [
            ("/colour", "field_unknown"),
            ("/issued_on", "field_malformed"),
            ("/issuer", "field_malformed"),
            ("/kind", "field_malformed"),
            ("/size", "field_unknown"),
            ("/title", "field_missing"),
        ];
        assert_eq!(reply.faults(), expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
        let blank = json!({"issuer": " ", "number": "", "title": "\t", "kind": "notice", "issued_on": "2022-01-01", "file_digest": "AB"});
        let reply = app.post("/v1/documents", &blank).await.refused(422, "fields_invalid");
        let pointers: Vec<String> = reply.faults().into_iter().map(|fault| fault.0).collect();
        assert_eq!(pointers, ["/file_digest", "/issuer", "/number", "/title"]);
    });
}

#[test]
fn a_field_given_twice_is_refused() {
    run(async |app| {
        let body = r#"{"issuer": "a", "issuer": "b", "number": "1", "title": "t", "kind": "notice", "issued_on": "2022-01-01"}"#;
        post_raw(app, Some("application/json"), body).await.refused(400, "body_invalid");
    });
}

#[test]
fn text_that_the_database_cannot_hold_is_refused_and_no_failure() {
    run(async |app| {
        let mut body = document("1");
        body["title"] = json!("a\u{0}b");
        let reply = app.post("/v1/documents", &body).await.refused(400, "body_invalid");
        assert_eq!(reply.faults(), [("/title".to_owned(), "text_with_nul".to_owned())]);
        let reply = app.post("/v1/organisations", &json!({"kind": "bank", "name": "行", "aliases": ["好", "\u{0}"]})).await;
        assert_eq!(reply.refused(400, "body_invalid").faults()[0].0, "/aliases/1");
        app.get("/v1/documents?number=a%00b").await.refused(400, "parameter_invalid");
        app.get("/v1/regions/%00").await.refused(404, "not_found");
    });
}

#[test]
fn a_date_that_the_database_cannot_hold_is_refused_and_no_failure() {
    run(async |app| {
        for date in ["-99999-01-01", "-4714-01-01", "+262142-12-31", "0000-01-01", "2022-13-01", "infinity", "2022-02-29", ""] {
            let mut body = document(date);
            body["issued_on"] = json!(date);
            let reply = app.post("/v1/documents", &body).await;
            assert!(reply.status / 100 == 4 || date == "0000-01-01", "{date}: {}", reply.text);
        }
        let mut body = document("1");
        body["issued_on"] = json!("-99999-01-01");
        let reply = app.post("/v1/documents", &body).await.refused(400, "body_invalid");
        assert_eq!(reply.faults(), [("/issued_on".to_owned(), "date_out_of_range".to_owned())]);
        app.get("/v1/documents?number=-99999-01-01").await.refused(400, "parameter_invalid");
    });
}

#[test]
fn a_body_has_to_be_declared_as_json() {
    run(async |app| {
        let body = document("1").to_string();
        for declared in [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("application/jsonp"), Some("json")] {
            post_raw(app, declared, body.clone()).await.refused(415, "content_type_not_json");
        }
        post_raw(app, Some("Application/JSON; charset=utf-8"), body).await.expect(201);
    });
}

#[test]
fn a_body_over_the_limit_is_refused() {
    run(async |app| {
        let mut body = document("1");
        body["title"] = json!("长".repeat(BODY_LIMIT / 3));
        let reply = app.post("/v1/documents", &body).await.refused(413, "body_too_large");
        assert_eq!(reply.body["limit_bytes"], BODY_LIMIT);
        body["title"] = json!("长".repeat(BODY_LIMIT / 3 - 200));
        app.post("/v1/documents", &body).await.expect(201);
    });
}

// Repeats.

#[test]
fn a_post_needs_an_idempotency_key() {
    run(async |app| {
        let request = || app.request(Method::POST, "/v1/documents").json(&document("1"));
        app.send(request()).await.refused(400, "idempotency_key_missing");
        for key in [String::new(), " ".to_owned(), "k".repeat(201)] {
            app.send(request().header("Idempotency-Key", key)).await.refused(400, "idempotency_key_missing");
        }
        app.send(request().header("Idempotency-Key", "k".repeat(200))).await.expect(201);
    });
}

#[test]
fn a_repeat_gets_the_same_answer_byte_for_byte_and_does_nothing() {
    run(async |app| {
        let first = app.post_with_key("/v1/documents", "k", &document("1")).await.expect(201);
        assert_eq!(first.header("idempotency-replayed"), None);
        assert_eq!(first.header("location"), Some(format!("/v1/documents/{}", first.id()).as_str()));
        app.put(&format!("/v1/documents/{}", first.id()), "\"1\"", &document("2")).await.expect(200);
        let again = app.post_with_key("/v1/documents", "k", &document("1")).await.expect(201);
        assert_eq!(again.text, first.text);
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        for header in ["location", "etag", "content-type"] {
            assert_eq!(again.header(header), first.header(header), "{header}");
        }
        assert_eq!(count(app, "/v1/documents").await, 1);
    });
}

#[test]
fn a_key_used_for_another_request_is_refused() {
    run(async |app| {
        app.post_with_key("/v1/documents", "k", &document("1")).await.expect(201);
        app.post_with_key("/v1/documents", "k", &document("2")).await.refused(422, "idempotency_key_reused");
        let organisation = json!({"kind": "bank", "name": "银行"});
        app.post_with_key("/v1/organisations", "k", &organisation).await.refused(422, "idempotency_key_reused");
        assert_eq!((count(app, "/v1/documents").await, count(app, "/v1/organisations").await), (1, 0));
        // Keys are of a federation: another one may use the same.
        let other = TestApp::new().await;
        other.post_with_key("/v1/documents", "k", &document("2")).await.expect(201);
        other.finish().await;
    });
}

#[test]
fn a_refused_request_does_not_use_its_key_up() {
    run(async |app| {
        let mut body = document("1");
        body["title"] = json!("");
        app.post_with_key("/v1/documents", "k", &body).await.refused(422, "fields_invalid");
        app.post_with_key("/v1/documents", "k", &document("1")).await.expect(201);
    });
}

#[test]
fn sixteen_clients_with_one_key_make_exactly_one_thing() {
    run(async |app| {
        let replies = join_all((0..16).map(|_| async { app.post_with_key("/v1/documents", "k", &document("1")).await.expect(201) })).await;
        let bodies: HashSet<&String> = replies.iter().map(|reply| &reply.text).collect();
        assert_eq!(bodies.len(), 1);
        assert_eq!(replies.iter().filter(|reply| reply.header("idempotency-replayed").is_none()).count(), 1);
        assert_eq!(count(app, "/v1/documents").await, 1);
    });
}

#[test]
fn sixteen_clients_with_their_own_keys_make_exactly_one_of_what_is_unique() {
    run(async |app| {
        let replies = join_all((0..16).map(|_| async { app.post("/v1/documents", &document("1")).await })).await;
        let made = replies.iter().filter(|reply| reply.status == 201).count();
        let refused = replies.iter().filter(|reply| reply.body["code"] == "document_exists").count();
        assert_eq!((made, refused), (1, 15));
        assert_eq!(count(app, "/v1/documents").await, 1);
    });
}

// Versions.

#[test]
fn a_change_needs_the_version_it_was_made_from() {
    run(async |app| {
        let id = app.document("1").await;
        let path = format!("/v1/documents/{id}");
        assert_eq!(app.get(&path).await.expect(200).header("etag"), Some("\"1\""));
        app.send(app.request(Method::PUT, &path).json(&document("2"))).await.refused(428, "version_required");
        for stale in ["\"0\"", "\"2\"", "\"x\"", "W/\"1\"", "", "\"99999999999\"", "\"-1\""] {
            app.put(&path, stale, &document("2")).await.refused(412, "version_stale");
        }
        let changed = app.put(&path, "\"1\"", &document("2")).await.expect(200);
        assert_eq!((changed.header("etag"), &changed.body["version"], &changed.body["number"]), (Some("\"2\""), &json!(2), &json!("2")));
        app.put(&path, "\"1\"", &document("3")).await.refused(412, "version_stale");
        assert_eq!(app.get(&path).await.expect(200).body["number"], "2");
        app.put(&format!("/v1/documents/{}", Uuid::now_v7()), "\"1\"", &document("3")).await.refused(404, "not_found");
    });
}

#[test]
fn of_sixteen_changes_made_from_one_version_one_wins() {
    run(async |app| {
        let path = format!("/v1/documents/{}", app.document("1").await);
        let changes = join_all((0..16).map(|number| {
            let body = document(&format!("n{number}"));
            let path = path.clone();
            async move { app.put(&path, "\"1\"", &body).await.status }
        }))
        .await;
        assert_eq!(changes.iter().filter(|status| **status == 200).count(), 1, "{changes:?}");
        assert!(changes.iter().all(|status| [200, 412].contains(status)), "{changes:?}");
        assert_eq!(app.get(&path).await.expect(200).body["version"], 2);
    });
}

// Lists.

#[test]
fn paging_walks_all_rows_exactly_once_with_link_and_totals() {
    run(async |app| {
        let mut made = Vec::new();
        for number in 0..7 {
            made.push(app.document(&format!("{number}号")).await);
        }
        let (mut seen, mut path) = (Vec::new(), "/v1/documents?kind=allocation&limit=3".to_owned());
        let sizes = [3, 3, 1];
        for (page, size) in sizes.into_iter().enumerate() {
            let reply = app.get(&path).await.expect(200);
            let items = reply.body["items"].as_array().unwrap();
            assert_eq!((items.len(), &reply.body["totals"]["count"]), (size, &json!(7)));
            seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
            match reply.header("link") {
                Some(link) => path = link.strip_prefix('<').unwrap().split('>').next().unwrap().to_owned(),
                None => assert_eq!((page, &reply.body["next_cursor"]), (sizes.len() - 1, &Value::Null)),
            }
            assert!(path.contains("kind=allocation"), "the link keeps the filter: {path}");
        }
        assert_eq!(seen, made);
        assert_eq!(app.all("/v1/documents", 2).await.len(), 7);
        assert_eq!(count(app, "/v1/documents?kind=plan").await, 0);
        // A page that ends exactly at the last row has no next one.
        assert_eq!(app.get("/v1/documents?limit=7").await.expect(200).header("link"), None);
    });
}

#[test]
fn an_unknown_or_malformed_parameter_is_refused() {
    run(async |app| {
        for query in ["knd=plan", "limit=x", "limit=-1", "limit=99999999", "cursor=x", "limit=1&limit=2", "parent_id=1"] {
            app.get(&format!("/v1/organisations?{query}")).await.refused(400, "parameter_invalid");
        }
    });
}

#[test]
fn text_in_a_filter_is_only_text() {
    run(async |app| {
        app.document("1").await;
        for number in ["'", "1' or '1'='1", "%25", "1%3B drop table document", "\u{1F600}"] {
            assert_eq!(count(app, &format!("/v1/documents?number={number}")).await, 0);
        }
        assert_eq!(count(app, "/v1/documents?number=1").await, 1);
    });
}

// Problems.

#[test]
fn the_language_changes_the_texts_but_not_the_code() {
    run(async |app| {
        let ask = async |language: &str| {
            let request = app.request(Method::GET, "/v1/documents/x").header("Accept-Language", language);
            app.send(request).await.refused(404, "not_found")
        };
        let (chinese, english) = (ask("zh-CN").await, ask("en-GB, zh;q=0.5").await);
        assert_eq!((chinese.header("content-language"), &chinese.body["title"]), (Some("zh"), &json!("没有找到")));
        assert_eq!((english.header("content-language"), &english.body["title"]), (Some("en"), &json!("Not found")));
        assert_eq!(ask("fr").await.body["title"], "没有找到");
        let request = app.request(Method::POST, "/v1/documents").header("Idempotency-Key", "k").header("Accept-Language", "en");
        let reply = app.send(request.json(&json!({}))).await.refused(400, "body_invalid");
        assert_eq!(reply.body["errors"][0]["detail"], "the field is missing");
    });
}

#[test]
fn the_request_id_is_in_the_problem_and_in_the_header() {
    run(async |app| {
        let first = app.get("/v1/documents/x").await.refused(404, "not_found");
        let second = app.get("/v1/documents/x").await.refused(404, "not_found");
        assert_eq!(first.body["request_id"].as_str(), first.header("x-request-id"));
        assert_ne!(first.body["request_id"], second.body["request_id"]);
        assert!(app.get("/v1/documents").await.expect(200).header("x-request-id").is_some());
        let unknown = app.send(app.bare(Method::GET, "/v1/documents")).await.refused(401, "token_missing");
        assert_eq!(unknown.body["request_id"].as_str(), unknown.header("x-request-id"));
    });
}

#[test]
fn unknown_addresses_and_methods_are_problems() {
    run(async |app| {
        for path in ["/", "/v2", "/v1", "/v1/", "/v1/no-such-thing", "/v1/documents/", "/healthz/x", "/..%2f..%2fetc"] {
            app.get(path).await.refused(404, "no_such_route");
        }
        app.get("/problems/no-such-code").await.refused(404, "not_found");
        for method in [Method::DELETE, Method::PATCH, Method::PUT] {
            let reply = app.send(app.request(method, "/v1/documents")).await.refused(405, "method_not_allowed");
            assert_eq!(reply.header("allow"), Some("GET, POST"));
        }
        let id = app.document("1").await;
        app.send(app.request(Method::DELETE, &format!("/v1/documents/{id}"))).await.refused(405, "method_not_allowed");
        app.send(app.request(Method::POST, "/healthz")).await.refused(405, "method_not_allowed");
    });
}

#[test]
fn the_type_of_a_problem_is_served_in_both_languages() {
    run(async |app| {
        let problem = app.get("/v1/documents/x").await.refused(404, "not_found");
        let served = app.send(app.bare(Method::GET, problem.body["type"].as_str().unwrap())).await.expect(200);
        assert_eq!(served.body, json!({"code": "not_found", "status": 404, "title_zh": "没有找到", "title_en": "Not found"}));
        for code in all_codes() {
            let page = app.send(app.bare(Method::GET, &format!("/problems/{}", code.name))).await.expect(200);
            assert_eq!((&page.body["code"], &page.body["status"]), (&json!(code.name), &json!(code.status.http())));
            for title in ["title_zh", "title_en"] {
                assert!(page.body[title].as_str().is_some_and(|text| !text.is_empty()), "{}", page.text);
            }
        }
    });
}

#[test]
fn a_failure_of_the_database_shows_no_internals() {
    world().block_on(async {
        let scratch = world().scratch().await;
        let (db, address) = scratch.serve().await;
        let app = TestApp::on(db, address).await;
        let mut owner = bangfu::db::connect(&scratch.owner_url).await.unwrap();
        diesel_async::SimpleAsyncConnection::batch_execute(
            &mut owner,
            "alter table document add constraint surprise check (number <> 'x')",
        )
        .await
        .unwrap();
        let reply = app.post("/v1/documents", &document("x")).await.refused(500, "internal");
        assert!(!reply.text.contains("surprise") && !reply.text.contains("document"), "{}", reply.text);
        assert_eq!(reply.faults(), []);
        app.post("/v1/documents", &document("y")).await.expect(201);
        app.finish().await;
    });
}

#[test]
fn an_exhausted_pool_is_a_503_and_heals() {
    world().block_on(async {
        let scratch = world().scratch().await;
        let (db, address) = scratch.serve_with(1, std::time::Duration::from_millis(200)).await;
        let app = TestApp::on(db, address).await;
        let held = app.db.connection().await.unwrap();
        let reply = app.get("/v1/documents").await.refused(503, "unavailable");
        assert_eq!(reply.header("retry-after"), Some("1"));
        let ready = app.send(app.bare(Method::GET, "/readyz")).await.expect(503);
        assert_eq!((&ready.body["ready"], &ready.body["pool"]), (&json!(false), &json!(false)));
        app.send(app.bare(Method::GET, "/healthz")).await.expect(200);
        drop(held);
        app.get("/v1/documents").await.expect(200);
        app.finish().await;
    });
}
