//! Who is calling: the user of a token, or of a browser's session.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, web};
use subtle::ConstantTimeEq;
use tokio::sync::oneshot;

use super::error::ApiError;
use super::gather::{Gather, Manner};
use crate::access::{self, Authenticated, Secret, csrf_token};
use crate::app::AppState;
use crate::db;
use crate::kernel::{Credential, FederationId};

/// The cookie that holds a session's secret.
pub const SESSION_COOKIE: &str = "bangfu_session";
/// The header that shows that a session's request comes from a page of this service.
pub const CSRF_HEADER: &str = "Bangfu-CSRF";

/// Who credentials belong to, while it is looked up: by home and key, those who are waiting to be told.
pub type Lookups = Gather<(FederationId, [u8; 32]), oneshot::Sender<Found>>;

/// Who was found, or why nobody could be: that no connection was free need not be waited for again.
type Found = Result<Option<Authenticated>, String>;

/// The caller as the credential proves it, put into the request by [`require_user`].
#[derive(Debug, Clone)]
pub struct Principal {
    /// The user.
    pub user: Authenticated,
    /// What the database authenticates its acts by.
    pub credential: Credential,
}

/// Middleware: refuses whatever comes without a live token or session, before anything of the request is read.
///
/// # Errors
/// None of its own: a refusal is an answer.
pub async fn require_user(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody, BoxBody>>, actix_web::Error> {
    match principal_of(request.request()).await {
        Ok(principal) => {
            request.extensions_mut().insert(principal);
            Ok(next.call(request).await?.map_into_left_body())
        }
        Err(error) => Ok(request.error_response(ApiError::from(error)).map_into_right_body()),
    }
}

async fn principal_of(request: &HttpRequest) -> db::Result<Principal> {
    let secret = secret_of(request)?;
    let state = request.app_data::<web::Data<AppState>>().ok_or_else(|| db::Error::Internal("the application has no state".to_owned()))?;
    let credential = secret.credential();
    let user = user_of(state, &credential).await?.ok_or_else(|| access::TOKEN_UNKNOWN.refuse())?;
    Ok(Principal { user, credential })
}

/// Who a credential belongs to. Requests that come while it is being looked up share the next lookup, and are never told what was
/// read before they came: a token that was revoked is refused to everyone who comes afterwards.
async fn user_of(state: &AppState, credential: &Credential) -> db::Result<Option<Authenticated>> {
    let (tell, told) = oneshot::channel();
    let (db, reaches, asked) = (state.db.clone(), state.reaches.clone(), credential.clone());
    state.lookups.put((credential.home, credential.key), tell, Manner::AtOnce, async move |waiting| {
        let found = match access::authenticate(&db, &reaches, &asked).await {
            Ok(found) => Ok(found),
            Err(db::Error::Unavailable(reason)) => Err(reason),
            // Of any other error each is told by a lookup of its own.
            Err(_) => return,
        };
        for tell in waiting {
            // Whoever went away does not need it.
            drop(tell.send(found.clone()));
        }
    });
    match told.await {
        Ok(found) => found.map_err(db::Error::Unavailable),
        Err(_) => access::authenticate(&state.db, &state.reaches, credential).await,
    }
}

/// A token, or a session whose changes carry its CSRF token.
fn secret_of(request: &HttpRequest) -> db::Result<Secret> {
    if let Some(header) = request.headers().get(AUTHORIZATION) {
        let token = header.to_str().ok().and_then(bearer).ok_or_else(|| access::TOKEN_MISSING.refuse())?;
        return Ok(Secret::parse(token).ok_or_else(|| access::TOKEN_UNKNOWN.refuse())?);
    }
    let cookie = request.cookie(SESSION_COOKIE).ok_or_else(|| access::TOKEN_MISSING.refuse())?;
    let session = Secret::parse(cookie.value()).ok_or_else(|| access::TOKEN_UNKNOWN.refuse())?;
    let shown = request.headers().get(CSRF_HEADER).map(|value| value.as_bytes().to_vec()).unwrap_or_default();
    if !request.method().is_safe() && !bool::from(shown.ct_eq(csrf_token(&session).as_bytes())) {
        return Err(access::CSRF_MISSING.refuse().into());
    }
    Ok(session)
}

/// The scheme is case-insensitive (RFC 9110, section 11.1).
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
