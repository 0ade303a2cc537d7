//! Every operation, called as everybody: the roles of its permission may, and nobody else.

use std::sync::LazyLock;

use bangfu::access::permissions::{self, Described};
use bangfu::http::openapi::{Operation, operations};
use bangfu::kernel::Role;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::NOTHING;
use crate::support::app::unique;
use crate::support::world::TOKEN;
use crate::support::{Reply, TestApp, run};

/// As whom an operation is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum As {
    Nobody,
    Of(Role),
    /// An administrator of the service itself, who names the federation.
    Service,
}

fn everybody() -> impl Iterator<Item = As> {
    [As::Nobody, As::Service].into_iter().chain(Role::ALL.into_iter().map(As::Of))
}

fn described() -> Vec<Operation> {
    operations(&bangfu::app::openapi())
}

/// The address with something in the place of its parameters, and in the query what cannot be left out.
fn address(operation: &Operation) -> String {
    let part = |part: &str| match part {
        "{code}" => "510599".to_owned(),
        "{year}" => "2022".to_owned(),
        part if part.starts_with('{') => NOTHING.to_owned(),
        part => part.to_owned(),
    };
    let path = operation.path.split('/').map(part).collect::<Vec<_>>().join("/");
    let described = &DOCUMENT["paths"][&operation.path][operation.method.to_ascii_lowercase()]["parameters"];
    let needed = described.as_array().into_iter().flatten().filter(|parameter| parameter["in"] == "query" && parameter["required"] == true);
    let query: Vec<String> = needed.map(|parameter| format!("{}={NOTHING}", parameter["name"].as_str().unwrap())).collect();
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
}

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::to_value(bangfu::app::openapi()).unwrap());

/// Calls an operation with an empty body: who may not is refused before the body is looked at.
async fn call(app: &TestApp, operation: &Operation, who: As) -> Reply {
    let method: Method = operation.method.parse().unwrap();
    let path = address(operation);
    let request = match who {
        As::Nobody => app.bare(method.clone(), &path),
        As::Of(role) => app.request_as(role, method.clone(), &path),
        As::Service => app.bare(method.clone(), &path).bearer_auth(TOKEN).header("Bangfu-Federation", app.federation.to_string()),
    };
    let request = request.header("Idempotency-Key", unique("key")).header("If-Match", "\"1\"");
    app.send(if method == Method::GET { request } else { request.json(&json!({})) }).await
}

/// Whether somebody may call what needs a permission.
fn may(permission: &Described, who: As) -> bool {
    match who {
        As::Nobody => false,
        As::Service => permission.roles.contains(&Role::Administrator),
        // What is about the service itself is not for the administrators of a federation.
        As::Of(role) => permission.roles.contains(&role) && permission.name != "service.manage",
    }
}

/// What is wrong with an answer, given the permission that the description names.
fn fault(permission: Option<&Described>, who: As, reply: &Reply) -> Option<String> {
    let (status, code) = (reply.status, reply.body["code"].as_str().unwrap_or_default());
    if status >= 500 {
        return Some(format!("failed with {status}"));
    }
    let denied = (status, code) == (403, "permission_denied");
    match (permission, who) {
        (None, _) if [401, 403].contains(&status) => Some(format!("needs no login, but answered {status} {code}")),
        (None, _) => None,
        (Some(_), As::Nobody) => ((status, code) != (401, "token_missing")).then(|| format!("answered {status} {code} to nobody")),
        (Some(_), _) if status == 401 => Some(format!("answered 401 {code} to a user")),
        (Some(permission), who) if may(permission, who) => denied.then(|| format!("refused whom {} allows", permission.name)),
        (Some(permission), _) if !denied => Some(format!("answered {status} {code} to whom {} does not allow", permission.name)),
        (Some(permission), _) if reply.body["permission"] != permission.name => {
            Some(format!("asked for {} instead of {}", reply.body["permission"], permission.name))
        }
        _ => None,
    }
}

async fn faults(app: &TestApp, operations: &[Operation]) -> Vec<String> {
    let mut faults = Vec::new();
    for operation in operations {
        let answers = join_all(everybody().map(async |who| (who, call(app, operation, who).await))).await;
        let found = answers.into_iter().filter_map(|(who, reply)| {
            let fault = fault(operation.permission, who, &reply)?;
            Some(format!("{} {} as {who:?}: {fault}: {}", operation.method, operation.path, reply.text))
        });
        faults.extend(found);
    }
    faults
}

#[test]
fn every_operation_answers_the_roles_of_its_permission_and_nobody_else() {
    run(async |app| {
        let all = described();
        assert!(all.len() > 100, "{}", all.len());
        let faults = faults(app, &all).await;
        assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    });
}

/// What the matrix is worth: with the description naming another permission than the handler, it finds the handler.
#[test]
fn a_handler_that_asks_for_another_permission_than_its_description_is_found() {
    run(async |app| {
        let named = |name: &str| permissions::ALL.iter().find(|permission| permission.name == name);
        let doctored = |method: &str, path: &str, permission: Option<&'static Described>| {
            let all = described();
            let operation = all.into_iter().find(|operation| operation.method == method && operation.path == path).unwrap();
            [Operation { permission, ..operation }]
        };
        // Another set of roles.
        assert!(!faults(app, &doctored("POST", "/v1/plans", named("plans.decide"))).await.is_empty());
        assert!(!faults(app, &doctored("GET", "/v1/users", named("access.own"))).await.is_empty());
        assert!(!faults(app, &doctored("PUT", "/v1/organisations/{id}", named("documents.write"))).await.is_empty());
        // The same roles under another name.
        assert!(!faults(app, &doctored("GET", "/v1/plans", named("payments.read"))).await.is_empty());
        // None at all, and one that is not asked for.
        assert!(!faults(app, &doctored("GET", "/v1/plans", None)).await.is_empty());
        assert!(!faults(app, &doctored("GET", "/healthz", named("plans.read"))).await.is_empty());
        // And what is right is not accused.
        assert_eq!(faults(app, &doctored("POST", "/v1/plans", named("plans.draft"))).await, Vec::<String>::new());
    });
}

/// The matrix goes over GET, POST and PUT.
#[test]
fn the_description_has_no_other_methods() {
    for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
        let others: Vec<&String> =
            item.as_object().unwrap().keys().filter(|key| ["delete", "patch", "head"].contains(&key.as_str())).collect();
        assert!(others.is_empty(), "{path}: {others:?}");
    }
}

#[test]
fn auditors_change_nothing_and_administrators_see_nobody_and_move_no_money() {
    let of =
        |role: Role| permissions::ALL.iter().filter(move |permission| permission.roles.contains(&role)).map(|permission| permission.name);
    let auditor: Vec<&str> = of(Role::Auditor).filter(|name| !name.ends_with(".read")).collect();
    assert_eq!(auditor, ["access.own", "registry.reveal"], "an auditor reads; a reveal is recorded but changes nothing");
    for name in of(Role::Administrator) {
        let permission = permissions::ALL.iter().find(|permission| permission.name == name).unwrap();
        assert!(!permission.money, "{name}");
        assert!(!["registry", "payments", "plans", "funds"].iter().any(|part| name.starts_with(part)), "{name}");
    }
}
