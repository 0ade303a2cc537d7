//! The handlers by which an export is started as a job, or asked for in clear.

use actix_web::{HttpResponse, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::error::PAGE_OF_EXPORT;
use super::job::{self, Lists};
use super::model::{ClearListExport, NewExport};
use super::service;
use crate::access::permissions::{OwnAccess, RevealPersonalData};
use crate::audit::ClearExportGranted;
use crate::db::Tx;
use crate::http::call::unreadable_query;
use crate::http::{Answer, ApiResult, Command, LongCommand, Refusals};
use crate::jobs::{JobView, Starter};
use crate::kernel::{Caller, Lang};

/// Mounts the routes of this module.
pub fn configure(config: &mut ServiceConfig) {
    config.service(ask_for_list_in_clear).service(start_export);
}

/// Asks for the export of a list with names and numbers in clear: who, which, when and why is recorded. Whoever asked fetches it
/// within an hour, with `asked=<id>`.
#[utoipa::path(tag = "exports", security(("token" = ["registry.reveal"])), request_body = ClearListExport, params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ClearExportGranted), Refusals))]
#[post("/clear-exports")]
async fn ask_for_list_in_clear(command: Command<ClearListExport, RevealPersonalData>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, asked| Answer::ok(&service::ask(tx, may, &asked)?)).await
}

/// Starts the job that takes a whole list as a file, with the list's own permission: the same file that the list's own `/export`
/// answers. `GET /v1/jobs/{id}/file` has it for a week, in clear for an hour.
#[utoipa::path(tag = "exports", security(("token" = ["access.own"])), request_body = NewExport, params(("Idempotency-Key" = String, Header)),
    responses((status = 202, body = JobView), Refusals))]
#[post("/exports")]
async fn start_export(command: LongCommand<NewExport, OwnAccess>, lists: web::Data<Lists>) -> ApiResult<HttpResponse> {
    let work = async |tx: &mut Tx, caller: &Caller, starter: &Starter, new: NewExport, lang: Lang| {
        let list = lists.find(&new)?;
        if list.asks_for_page(&new.filter_text()?).map_err(|error| unreadable_query(&error))? {
            return Err(PAGE_OF_EXPORT.refuse().into());
        }
        job::start(tx, caller, starter, list, new, lang).await
    };
    command.start(work).await
}
