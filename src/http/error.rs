//! Errors on their way out. [`super::problem::render`] turns them into problems in the reader's language.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};

use super::CONSTRAINTS;
use crate::db;
use crate::kernel::{Code, Refusal, Status};

/// The outcome of a handler.
pub type ApiResult<T> = Result<T, ApiError>;

/// A defect of the service. What happened is in the log under the request id, not in the answer.
pub static INTERNAL: Code =
    Code::new("internal", Status::Internal, "服务内部错误，请凭请求编号联系管理员", "The service failed; quote the request id");
/// No database connection in time.
pub static UNAVAILABLE: Code =
    Code::new("unavailable", Status::Unavailable, "数据库暂时不可用，请稍后重试", "The database is not available now; try again later");

/// The codes of this module.
pub static CODES: &[&Code] = &[&INTERNAL, &UNAVAILABLE];

/// Why a handler did not answer with success.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ApiError(#[from] pub db::Error);

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self(db::Error::Refused(refusal))
    }
}

impl ApiError {
    /// What the caller is told.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        if let Some(refusal) = self.0.refusal(CONSTRAINTS) {
            return refusal;
        }
        match &self.0 {
            db::Error::Unavailable(reason) => {
                tracing::error!(%reason, "no database connection");
                UNAVAILABLE.refuse()
            }
            failure => {
                tracing::error!(error = %failure.described(), "request failed");
                INTERNAL.refuse()
            }
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.refusal().code.status.http()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Without language or request id; the middleware that knows both writes the body.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code()).finish()
    }
}
