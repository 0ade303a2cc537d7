//! What a request names, which must lie within the caller's reach.

use actix_web::HttpRequest;
use actix_web::http::Method;
use uuid::Uuid;

pub(super) use crate::access::Named;

impl Named {
    pub(super) fn of(request: &HttpRequest) -> Self {
        let route = request.match_pattern().unwrap_or_default();
        let id = request.match_info().iter().next().and_then(|(_, value)| Uuid::parse_str(value).ok());
        Self::at(route.trim_start_matches("/v1/"), *request.method() == Method::GET, id)
    }
}
