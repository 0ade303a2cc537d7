//! RFC 9457 problems, in Chinese or English, and the pages their `type` points to.

use std::collections::BTreeMap;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ACCEPT_LANGUAGE, ALLOW, CONTENT_LANGUAGE, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use serde_json::{Map, Value};
use tracing_actix_web::RequestId;
use utoipa::ToSchema;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};

use super::error::ApiError;
use super::openapi::Methods;
use crate::kernel::{Code, Lang, Refusal, Status, refusal};

/// The path, method or resource is unknown to the service.
pub static NO_SUCH_ROUTE: Code = Code::new("no_such_route", Status::NotFound, "没有这个地址", "No such address");
/// The resource has no such method.
pub static METHOD_NOT_ALLOWED: Code =
    Code::new("method_not_allowed", Status::MethodNotAllowed, "该资源不支持此方法", "The resource has no such method");
/// The request could not be read at all.
pub static REQUEST_UNREADABLE: Code = Code::new("request_unreadable", Status::Unreadable, "无法读取请求", "The request cannot be read");

/// The codes of this module.
pub static CODES: &[&Code] = &[&NO_SUCH_ROUTE, &METHOD_NOT_ALLOWED, &REQUEST_UNREADABLE];

/// Every code the service can answer with.
pub fn all_codes() -> impl Iterator<Item = &'static Code> {
    [
        refusal::CODES,
        CODES,
        super::error::CODES,
        crate::kernel::access::CODES,
        crate::access::CODES,
        super::body::CODES,
        super::call::CODES,
        crate::audit::CODES,
        crate::exports::CODES,
        crate::forms::CODES,
        crate::jobs::CODES,
        crate::layouts::CODES,
        crate::ledger::CODES,
        crate::organisations::CODES,
        crate::registry::CODES,
        crate::funds::CODES,
        crate::approvals::CODES,
        crate::plans::CODES,
        crate::plans::publicity::CODES,
        crate::payments::CODES,
        crate::personal::CODES,
        crate::findings::CODES,
        crate::reconciliation::CODES,
        crate::interchange::bank::CODES,
        crate::interchange::tables::CODES,
    ]
    .into_iter()
    .flat_map(|list| list.iter().copied())
    .chain(std::iter::once(&crate::db::idempotency::KEY_REUSED))
}

/// One field at fault.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemField {
    /// JSON pointer into the body, or the name of a parameter or header.
    pub pointer: String,
    /// Stable reason.
    pub code: String,
    /// The reason for people.
    pub detail: String,
}

/// An RFC 9457 problem.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Where the problem is documented: `/problems/{code}` of this service.
    #[serde(rename = "type")]
    pub kind: String,
    /// Stable code.
    pub code: String,
    /// What kind of problem, for people.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What is the matter in this case, for people.
    pub detail: String,
    /// The id under which the log tells more.
    pub request_id: Option<String>,
    /// Every field at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemField>,
    /// Particulars of this code, such as `missing`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub facts: Map<String, Value>,
}

impl Problem {
    fn new(refusal: Refusal, lang: Lang, request_id: Option<String>) -> Self {
        let errors = refusal
            .fields
            .into_iter()
            .map(|field| ProblemField { detail: field.text.get(lang).to_owned(), pointer: field.pointer, code: field.code })
            .collect();
        Self {
            kind: format!("/problems/{}", refusal.code.name),
            code: refusal.code.name.to_owned(),
            title: refusal.code.title(lang).to_owned(),
            status: refusal.code.status.http(),
            detail: refusal.detail.get(lang).to_owned(),
            request_id,
            errors,
            facts: refusal.facts,
        }
    }
}

/// The language a request asks for.
#[must_use]
pub fn language(request: &HttpRequest) -> Lang {
    Lang::from_accept_language(request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()))
}

/// The header that carries the id under which the log tells more of a request.
const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Middleware: every answer that is an error leaves as a problem with its request id, whoever made it. The id is in a
/// header of every answer.
///
/// # Errors
/// None of its own.
pub async fn render(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody, BoxBody>>, actix_web::Error> {
    let lang = language(request.request());
    let request_id = request.extensions().get::<RequestId>().map(ToString::to_string);
    let mut response = next.call(request).await?;
    let status = response.status();
    if let Some(Ok(id)) = request_id.as_deref().map(HeaderValue::from_str) {
        response.headers_mut().insert(REQUEST_ID_HEADER, id);
    }
    if !(status.is_client_error() || status.is_server_error()) || is_problem(&response) {
        return Ok(response.map_into_left_body());
    }
    let (refused, allowed) = match response.response().error() {
        Some(error) => (refusal_of_error(error, status), None),
        None => match methods_instead(&response) {
            Some(allowed) => (METHOD_NOT_ALLOWED.refuse(), Some(allowed)),
            None => (generic(status, response.request().method()), None),
        },
    };
    let mut rendered = answer(refused, lang, request_id);
    if let Some(Ok(allowed)) = allowed.map(HeaderValue::try_from) {
        rendered.headers_mut().insert(ALLOW, allowed);
    }
    if let Some(id) = response.headers().get(REQUEST_ID_HEADER) {
        rendered.headers_mut().insert(REQUEST_ID_HEADER, id.clone());
    }
    Ok(response.into_response(rendered).map_into_right_body())
}

/// The methods an address has, when it was not found only because the request has another one.
fn methods_instead<B>(response: &ServiceResponse<B>) -> Option<String> {
    let request = response.request();
    let allowed = request.app_data::<web::Data<Methods>>()?.at(request.path())?;
    let other = allowed.split(", ").all(|method| method != request.method().as_str());
    (response.status() == StatusCode::NOT_FOUND && other).then_some(allowed)
}

fn is_problem<B>(response: &ServiceResponse<B>) -> bool {
    response.headers().get(CONTENT_TYPE).is_some_and(|value| value == "application/problem+json" || value == "application/json")
}

fn refusal_of_error(error: &actix_web::Error, status: StatusCode) -> Refusal {
    error.as_error::<ApiError>().map_or_else(|| generic(status, &Method::GET), ApiError::refusal)
}

fn generic(status: StatusCode, method: &Method) -> Refusal {
    match status {
        StatusCode::NOT_FOUND => NO_SUCH_ROUTE.refuse(),
        StatusCode::METHOD_NOT_ALLOWED => METHOD_NOT_ALLOWED.refuse(),
        _ if status.is_client_error() => REQUEST_UNREADABLE.refuse(),
        _ => {
            tracing::error!(%status, %method, "an error without a cause");
            super::error::INTERNAL.refuse()
        }
    }
}

/// The response for a refusal.
#[must_use]
pub fn answer(refusal: Refusal, lang: Lang, request_id: Option<String>) -> HttpResponse {
    let status = StatusCode::from_u16(refusal.code.status.http()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let problem = Problem::new(refusal, lang, request_id);
    let body = serde_json::to_string(&problem).unwrap_or_default();
    let mut response = HttpResponse::build(status).content_type("application/problem+json").body(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(lang.tag()));
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    } else if status == StatusCode::TOO_MANY_REQUESTS {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("60"));
    } else if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// A code, as documentation.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemPage {
    /// Stable code.
    pub code: &'static str,
    /// HTTP status it always has.
    pub status: u16,
    /// 中文标题
    pub title_zh: &'static str,
    /// English title.
    pub title_en: &'static str,
}

fn page(code: &'static Code) -> ProblemPage {
    ProblemPage { code: code.name, status: code.status.http(), title_zh: code.zh, title_en: code.en }
}

/// Every code the service answers with.
#[utoipa::path(tag = "service", responses((status = 200, body = Vec<ProblemPage>)))]
#[get("/problems")]
pub async fn list_problems() -> HttpResponse {
    HttpResponse::Ok().json(all_codes().map(page).collect::<Vec<_>>())
}

/// What one code means.
#[utoipa::path(tag = "service", responses((status = 200, body = ProblemPage), Refusals))]
#[get("/problems/{code}")]
pub async fn read_problem(name: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let code = all_codes().find(|code| code.name == name.as_str()).ok_or_else(|| refusal::NOT_FOUND.refuse())?;
    Ok(HttpResponse::Ok().json(page(code)))
}

/// Every way a request can be refused, for the OpenAPI description.
#[derive(Debug)]
pub struct Refusals;

impl utoipa::IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        let problem = || {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
            |described: &str| ResponseBuilder::new().description(described).content("application/problem+json", content).build()
        };
        [
            ("400", "The request cannot be read"),
            ("401", "No live token or session"),
            ("403", "The caller's roles do not allow it"),
            ("404", "Not there, or of another federation"),
            ("409", "The state or a uniqueness forbids it"),
            ("412", "If-Match names an older version"),
            ("408", "The body came too slowly"),
            ("413", "The body is over the limit"),
            ("415", "The body is not declared as JSON"),
            ("422", "Against a rule"),
            ("423", "The accounting period is closed"),
            ("428", "If-Match is missing"),
            ("429", "Too many attempts"),
            ("503", "No database connection in time"),
        ]
        .into_iter()
        .map(|(status, described)| (status.to_owned(), RefOr::T(problem()(described))))
        .collect()
    }
}
