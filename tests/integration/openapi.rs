//! The description of the API is committed, so that a change of the API shows in review.

use std::fs;

use std::collections::BTreeMap;

use crate::support::source::{root, rust_files};

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

/// The description knows a schema by its name alone: of two with one name it would keep the last.
#[test]
fn no_two_types_of_the_api_have_the_same_name() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in rust_files() {
        let code = file.code();
        for part in code.split("#[derive(").skip(1) {
            let (derived, rest) = part.split_once(")]").unwrap();
            let mut words =
                rest.split(|character: char| !character.is_alphanumeric() && !"_=".contains(character)).filter(|word| !word.is_empty());
            let mut before = words.by_ref().take_while(|word| !["struct", "enum"].contains(word));
            let renamed = before.by_ref().skip_while(|word| *word != "as").nth(2).map(str::to_owned);
            before.for_each(drop);
            // A macro names its types itself.
            let name = renamed.or_else(|| words.next().map(str::to_owned)).filter(|name| name.starts_with(char::is_uppercase));
            if derived.contains("ToSchema")
                && let Some(name) = name
            {
                places.entry(name).or_default().push(file.path.clone());
            }
        }
    }
    assert!(places.len() > 100);
    places.retain(|_, files| files.len() > 1);
    assert!(places.is_empty(), "{places:#?}");
}

#[test]
fn every_parameter_of_an_address_is_described() {
    let document = serde_json::to_value(bangfu::app::openapi()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        let wanted: Vec<&str> = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        for (method, operation) in item.as_object().unwrap() {
            let described = operation["parameters"].as_array().into_iter().flatten().filter(|parameter| parameter["in"] == "path");
            let described: Vec<&str> = described.map(|parameter| parameter["name"].as_str().unwrap()).collect();
            assert_eq!(described, wanted, "{method} {path}");
        }
    }
}

/// What a derive inside a macro reads is not always what serde reads.
#[test]
fn every_word_of_a_closed_list_is_written_as_the_api_writes_it() {
    let document = serde_json::to_value(bangfu::app::openapi()).unwrap();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        for word in schema["enum"].as_array().into_iter().flatten() {
            let word = word.as_str().unwrap();
            assert!(
                word.chars().all(|character| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_'),
                "{name}: {word}"
            );
        }
    }
}

/// A view that takes in the fields of a body which allows no others would fit its own description never.
#[test]
fn no_schema_is_made_of_one_that_allows_no_further_fields() {
    let document = serde_json::to_value(bangfu::app::openapi()).unwrap();
    let schemas = &document["components"]["schemas"];
    for (name, schema) in schemas.as_object().unwrap() {
        for part in schema["allOf"].as_array().into_iter().flatten() {
            let of = part["$ref"].as_str().and_then(|path| path.rsplit('/').next());
            assert!(of.is_none_or(|of| schemas[of]["additionalProperties"] != false), "{name} of {of:?}");
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

/// What answers a list and is exported in no file, and why.
const NOT_EXPORTED: [(&str, &str); 2] = [
    ("/problems", "the program's own catalogue of refusals, the same for every federation; docs/API.md has it"),
    ("/v1/calendar-days", "a setting of the whole service, which the State Council publishes as a table"),
];

/// Whether a schema is a list: an array, a page with `items`, or an object that is nothing but one array.
fn is_list(document: &serde_json::Value, schema: &serde_json::Value) -> bool {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return is_list(document, &document["components"]["schemas"][name]);
    }
    let fields = schema["properties"].as_object();
    let only_array =
        |fields: &serde_json::Map<String, serde_json::Value>| fields.len() == 1 && fields.values().all(|field| field["type"] == "array");
    schema["type"] == "array" || fields.is_some_and(|fields| fields.contains_key("items") || only_array(fields))
}

#[test]
fn every_list_of_the_api_can_be_exported_or_it_is_said_why_not() {
    let document = serde_json::to_value(bangfu::app::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let mut without: Vec<&str> = Vec::new();
    let mut exported = 0;
    for (path, item) in paths {
        if !is_list(&document, &item["get"]["responses"]["200"]["content"]["application/json"]["schema"]) {
            continue;
        }
        let Some(export) = paths.get(&format!("{path}/export")) else {
            without.push(path);
            continue;
        };
        assert_eq!(export["get"]["security"], item["get"]["security"], "{path}: who may read it may export it, and nobody else");
        let filters = |item: &serde_json::Value| -> Vec<String> {
            let own = ["cursor", "limit", "format", "asked", "after", "after_position", "below"];
            let names = item["get"]["parameters"].as_array().into_iter().flatten().filter_map(|each| each["name"].as_str());
            names.filter(|name| !own.contains(name)).map(str::to_owned).collect()
        };
        assert_eq!(filters(export), filters(item), "{path}: an export takes the filters of its list");
        exported += 1;
    }
    assert_eq!(without, NOT_EXPORTED.map(|(path, _)| path));
    assert_eq!(exported, bangfu::app::lists().names().len(), "whatever is exported is a list of the API, and can be taken as a job");
}
