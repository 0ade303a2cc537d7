//! Handlers.

use actix_web::{HttpResponse, get, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::service::{self, Story};
use crate::access::permissions::ReadPayments;
use crate::http::{ApiResult, Reader, Refusals, Views};
use crate::kernel::InstructionId;

/// Mounts the routes of this folder.
pub fn configure(config: &mut ServiceConfig) {
    config.service(read_payment_story);
}

/// The story of one payment, by any of its instructions.
#[utoipa::path(tag = "reconciliation", security(("token" = ["payments.read"])), responses((status = 200, body = Story), Refusals))]
#[get("/reconciliation/payments/{id}")]
async fn read_payment_story(reader: Reader<ReadPayments>, id: web::Path<InstructionId>) -> ApiResult<HttpResponse> {
    Views::one(&reader.read(async |tx, may| service::story(tx, may, *id).await).await?)
}
