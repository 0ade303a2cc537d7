//! What a log line says of a request: its id, method, route and status. Never its path, query, headers or peer, which may
//! tell of persons.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use tracing::Span;
use tracing_actix_web::{RequestId, RootSpanBuilder};

/// Makes the span of a request.
#[derive(Debug)]
pub struct QuietSpan;

impl RootSpanBuilder for QuietSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        use actix_web::HttpMessage;
        let id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
        tracing::info_span!("request", request_id = %id, method = %request.method(), route = tracing::field::Empty, status = tracing::field::Empty)
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        if let Ok(response) = outcome {
            span.record("route", response.request().match_pattern().unwrap_or_else(|| "unmatched".to_owned()));
            span.record("status", response.status().as_u16());
            span.in_scope(|| tracing::info!("answered"));
        }
    }
}
