//! The handler by which an export in clear is asked for.

use actix_web::{HttpResponse, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::ClearListExport;
use super::service;
use crate::access::permissions::RevealPersonalData;
use crate::audit::ClearExportGranted;
use crate::http::{Answer, ApiResult, Command, Refusals};

/// Mounts the routes of this module.
pub fn configure(config: &mut ServiceConfig) {
    config.service(ask_for_list_in_clear);
}

/// Asks for the export of a list with names and numbers in clear: who, which, when and why is recorded. Whoever asked fetches it
/// within an hour, with `asked=<id>`.
#[utoipa::path(tag = "exports", security(("token" = ["registry.reveal"])), request_body = ClearListExport, params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ClearExportGranted), Refusals))]
#[post("/clear-exports")]
async fn ask_for_list_in_clear(command: Command<ClearListExport, RevealPersonalData>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, asked| Answer::ok(&service::ask(tx, may, &asked)?)).await
}
