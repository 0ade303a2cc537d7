//! The OpenAPI description, made from the handlers, and the page that shows it.

use std::collections::BTreeMap;

use actix_web::dev::ResourceDef;
use actix_web::{HttpResponse, get};
use serde::Deserialize;
use serde::de::IgnoredAny;
use utoipa::OpenApi;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{KnownFormat, RefOr, Required, SchemaFormat};

use crate::access::permissions::{self, Described};

/// What is said of the API as a whole.
#[derive(Debug, OpenApi)]
#[openapi(
    info(
        title = "bangfu 帮扶",
        description = "Disbursement ledger for trade-union hardship aid: 困难职工帮扶、送温暖、劳模慰问资金发放账.\n\nAmounts are decimal strings of yuan. Every POST under /v1 that has an effect needs an `Idempotency-Key`; every PUT needs `If-Match`. Name the federation with `Bangfu-Federation` when the service keeps several."
    ),
    components(schemas(super::Problem)),
    modifiers(&Bearer),
    security(("token" = []))
)]
pub struct Description;

struct Bearer;

impl utoipa::Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        openapi.components.get_or_insert_with(Default::default).add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// Describes what handlers leave out: an address's `{id}` is a UUID, and headers have a form. A list of headers beside a handler
/// takes the place of the parameters that would be read off its signature, so those are added here, for all handlers alike.
#[must_use]
pub fn complete(mut openapi: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    for (path, item) in &mut openapi.paths.paths {
        let named: Vec<&str> = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        for operation in [&mut item.get, &mut item.post, &mut item.put].into_iter().flatten() {
            // An export is the whole list.
            if path.ends_with("/export") {
                let paging =
                    |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(it) if ["cursor", "limit"].contains(&it.name.as_str()));
                operation.parameters.get_or_insert_default().retain(|parameter| !paging(parameter));
            }
            for name in named.iter().rev() {
                let known = operation.parameters.get_or_insert_default();
                if !known.iter().any(|parameter| matches!(parameter, RefOr::T(parameter) if parameter.name == *name)) {
                    known.insert(0, RefOr::T(id_parameter(name)));
                }
            }
            for parameter in operation.parameters.iter_mut().flatten() {
                if let RefOr::T(parameter) = parameter
                    && let Some(pattern) = header_pattern(&parameter.name)
                {
                    parameter.schema = Some(ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).into());
                }
            }
        }
    }
    openapi
}

/// The form of a header that a handler only names.
fn header_pattern(name: &str) -> Option<&'static str> {
    match name {
        "Idempotency-Key" => Some("^[!-~]{1,200}$"),
        "If-Match" => Some("^\"[0-9]{1,9}\"$"),
        _ => None,
    }
}

fn id_parameter(name: &str) -> Parameter {
    let uuid = ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)));
    ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path).required(Required::True).schema(Some(uuid)).build()
}

/// The document as text, for `bangfu openapi` and `/openapi.json`.
///
/// # Errors
/// When it cannot be written as JSON: a defect.
pub fn text(openapi: &utoipa::openapi::OpenApi) -> Result<String, serde_json::Error> {
    openapi.to_pretty_json()
}

/// The description as the service serves it: as it was written for this version, which a test holds against the code. Made anew
/// at every start it would take tens of megabytes.
pub const DOCUMENT: &str = include_str!("../../openapi.json");

/// Which methods each address has. Routes are told apart by method too, so a request with another method matches none of
/// them and would be answered as if there were no such address.
#[derive(Debug, Clone)]
pub struct Methods(Vec<(ResourceDef, Vec<&'static str>)>);

impl Methods {
    /// As a description says.
    ///
    /// # Errors
    /// When it is no JSON: a defect.
    pub fn of(document: &str) -> Result<Self, serde_json::Error> {
        let described: Paths = serde_json::from_str(document)?;
        Ok(Self(described.paths.iter().map(|(path, item)| (ResourceDef::new(path.as_str()), methods_of(item))).collect()))
    }

    /// The methods of an address, for `Allow`; `None` when there is no such address.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<String> {
        let matching = self.0.iter().filter(|(address, _)| address.is_match(path));
        let methods: Vec<&str> = matching.flat_map(|(_, methods)| methods.iter().copied()).collect();
        (!methods.is_empty()).then(|| methods.join(", "))
    }
}

/// What of a description tells which methods there are.
#[derive(Deserialize)]
struct Paths {
    paths: BTreeMap<String, BTreeMap<String, IgnoredAny>>,
}

fn methods_of(item: &BTreeMap<String, IgnoredAny>) -> Vec<&'static str> {
    let known = [("get", "GET"), ("post", "POST"), ("put", "PUT")];
    known.into_iter().filter(|(name, _)| item.contains_key(*name)).map(|(_, method)| method).collect()
}

/// An operation of the API, with what it takes to call it.
#[derive(Debug, Clone)]
pub struct Operation {
    /// `GET`, `POST` or `PUT`.
    pub method: &'static str,
    /// Its address, such as `/v1/plans/{id}`.
    pub path: String,
    /// The permission it needs; absent for what answers without a login.
    pub permission: Option<&'static Described>,
    /// What it is for, in one line.
    pub summary: String,
    /// The part of the API it belongs to.
    pub tag: String,
}

/// Every operation with its permission, as the description says it: OpenAPI's security requirement of an operation names the
/// permission.
#[must_use]
pub fn operations(openapi: &utoipa::openapi::OpenApi) -> Vec<Operation> {
    let document = serde_json::to_value(openapi).unwrap_or_default();
    let mut operations = Vec::new();
    for (path, item) in document.get("paths").and_then(serde_json::Value::as_object).into_iter().flatten() {
        for (name, method) in [("get", "GET"), ("post", "POST"), ("put", "PUT")] {
            let Some(operation) = item.get(name) else { continue };
            let scope = operation.pointer("/security/0/token/0").and_then(serde_json::Value::as_str);
            operations.push(Operation {
                method,
                path: path.clone(),
                permission: scope.and_then(|scope| permissions::ALL.iter().find(|permission| permission.name == scope)),
                summary: operation.get("summary").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned(),
                tag: operation.pointer("/tags/0").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned(),
            });
        }
    }
    operations
}

/// The operation that a request would reach; an address written out goes before one with a parameter in its place.
#[must_use]
pub fn operation_of<'a>(operations: &'a [Operation], method: &str, path: &str) -> Option<&'a Operation> {
    let path: Vec<&str> = path.split('?').next().unwrap_or_default().split('/').collect();
    let fits = |operation: &&Operation| {
        let wanted: Vec<&str> = operation.path.split('/').collect();
        operation.method == method
            && wanted.len() == path.len()
            && wanted.iter().zip(&path).all(|(wanted, found)| wanted.starts_with('{') || wanted == found)
    };
    operations.iter().filter(fits).min_by_key(|operation| operation.path.matches('{').count())
}

/// OpenAPI 3.1 of this service.
#[get("/openapi.json")]
pub async fn read_openapi() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(DOCUMENT)
}

/// The page that shows the description; its files are in the binary, no other host is asked.
/// It reads the one that is served: as a value it would take tens of megabytes in each worker.
#[must_use]
pub fn docs() -> utoipa_swagger_ui::SwaggerUi {
    utoipa_swagger_ui::SwaggerUi::new("/docs/{_:.*}").config(utoipa_swagger_ui::Config::from("/openapi.json"))
}
