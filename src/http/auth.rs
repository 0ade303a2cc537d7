//! Who is calling: until roles come, whoever holds the service's bearer token.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::Next;
use actix_web::{HttpMessage, web};

use super::error::ApiError;
use crate::app::AppState;
use crate::kernel::{Code, Refusal, Status};

/// No token.
pub static TOKEN_MISSING: Code =
    Code::new("token_missing", Status::Unauthenticated, "需要 Authorization: Bearer 令牌", "Authorization: Bearer is needed");
/// A token nobody was given.
pub static TOKEN_UNKNOWN: Code = Code::new("token_unknown", Status::Unauthenticated, "令牌无效", "The token is not known");

/// The codes of this module.
pub static CODES: &[&Code] = &[&TOKEN_MISSING, &TOKEN_UNKNOWN];

/// The name of the caller, put into the request by [`require_token`].
#[derive(Debug, Clone)]
pub struct Actor(pub String);

/// Middleware: refuses whatever comes without a known token, before anything of the request is read.
///
/// # Errors
/// None of its own: a refusal is an answer.
pub async fn require_token(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody, BoxBody>>, actix_web::Error> {
    match caller_of(&request) {
        Ok(actor) => {
            request.extensions_mut().insert(actor);
            Ok(next.call(request).await?.map_into_left_body())
        }
        Err(refusal) => Ok(request.error_response(ApiError::from(refusal)).map_into_right_body()),
    }
}

fn caller_of(request: &ServiceRequest) -> Result<Actor, Refusal> {
    let presented = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer);
    let token = presented.ok_or_else(|| TOKEN_MISSING.refuse())?;
    let name = request.app_data::<web::Data<AppState>>().and_then(|state| state.tokens.name_of(token));
    name.map(Actor).ok_or_else(|| TOKEN_UNKNOWN.refuse())
}

/// The scheme is case-insensitive (RFC 9110, section 11.1).
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
