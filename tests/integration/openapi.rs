//! The description of the API is committed, so that a change of the API shows in review.

use std::fs;

use crate::support::source::root;

/// `UPDATE_OPENAPI=1 cargo test openapi` writes the file anew.
#[test]
fn the_committed_openapi_json_is_current() {
    let current = bangfu::http::openapi::text(&bangfu::app::openapi()).unwrap() + "\n";
    let file = root().join("openapi.json");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        fs::write(&file, &current).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == current, "openapi.json is not what the program serves; run `make openapi`");
}

#[test]
fn every_operation_documents_its_refusals() {
    let document = serde_json::to_value(bangfu::app::openapi()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let responses = operation["responses"].as_object().unwrap();
            let success = responses.keys().any(|status| status.starts_with('2'));
            let refusals = responses.contains_key("422") || !path.starts_with("/v1/");
            assert!(success && refusals, "{method} {path}");
            assert!(!operation["operationId"].is_null() && !operation["tags"].is_null(), "{method} {path}");
            let headers: Vec<&str> = operation["parameters"].as_array().into_iter().flatten().filter_map(|p| p["name"].as_str()).collect();
            assert!(method != "put" || headers.contains(&"If-Match"), "{method} {path} documents If-Match");
        }
    }
}

#[test]
fn no_figure_of_the_description_is_a_float() {
    let document = serde_json::to_string(&bangfu::app::openapi()).unwrap();
    for float in ["\"format\":\"float\"", "\"format\":\"double\"", "\"type\":\"number\""] {
        assert!(!document.contains(float), "{float}");
    }
}

/// `make openapi` writes the page anew.
#[test]
fn the_page_of_who_may_call_what_is_current() {
    let current = bangfu::http::access_page(&bangfu::app::openapi());
    let file = root().join("docs/ACCESS.md");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        fs::write(&file, &current).unwrap();
    }
    assert!(fs::read_to_string(&file).unwrap_or_default() == current, "docs/ACCESS.md is not what the program says; run `make openapi`");
}

#[test]
fn every_operation_under_v1_names_its_permission_but_the_login() {
    let open: Vec<String> = bangfu::http::openapi::operations(&bangfu::app::openapi())
        .into_iter()
        .filter(|operation| operation.path.starts_with("/v1/") && operation.permission.is_none())
        .map(|operation| format!("{} {}", operation.method, operation.path))
        .collect();
    assert_eq!(open, ["POST /v1/sessions"]);
}
