//! The OpenAPI description, made from the handlers, and the page that shows it.

use actix_web::dev::ResourceDef;
use actix_web::{HttpResponse, get, web};
use utoipa::OpenApi;
use utoipa::openapi::path::PathItem;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

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

/// The document as text, for `bangfu openapi` and `/openapi.json`.
///
/// # Errors
/// When it cannot be written as JSON: a defect.
pub fn text(openapi: &utoipa::openapi::OpenApi) -> Result<String, serde_json::Error> {
    openapi.to_pretty_json()
}

/// The description as the service serves it.
#[derive(Debug, Clone)]
pub struct Document(pub String);

/// Which methods each address has. Routes are told apart by method too, so a request with another method matches none of
/// them and would be answered as if there were no such address.
#[derive(Debug, Clone)]
pub struct Methods(Vec<(ResourceDef, Vec<&'static str>)>);

impl Methods {
    /// As the description says.
    #[must_use]
    pub fn of(openapi: &utoipa::openapi::OpenApi) -> Self {
        Self(openapi.paths.paths.iter().map(|(path, item)| (ResourceDef::new(path.as_str()), methods_of(item))).collect())
    }

    /// The methods of an address, for `Allow`; `None` when there is no such address.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<String> {
        let matching = self.0.iter().filter(|(address, _)| address.is_match(path));
        let methods: Vec<&str> = matching.flat_map(|(_, methods)| methods.iter().copied()).collect();
        (!methods.is_empty()).then(|| methods.join(", "))
    }
}

fn methods_of(item: &PathItem) -> Vec<&'static str> {
    let known = [("GET", item.get.is_some()), ("POST", item.post.is_some()), ("PUT", item.put.is_some())];
    known.into_iter().filter(|(_, served)| *served).map(|(method, _)| method).collect()
}

/// OpenAPI 3.1 of this service.
#[get("/openapi.json")]
pub async fn read_openapi(document: web::Data<Document>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(document.0.clone())
}

/// The page that shows the description; its files are in the binary, no other host is asked.
pub fn docs(openapi: &utoipa::openapi::OpenApi) -> utoipa_swagger_ui::SwaggerUi {
    utoipa_swagger_ui::SwaggerUi::new("/docs/{_:.*}").url("/docs/openapi.json", openapi.clone())
}
