//! Handlers.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{FileLayout, LayoutFilter, NewLayout};
use super::service;
use crate::access::permissions::{ReadPayments, WriteLayouts};
use crate::exports::{AnyList, ExportQuery, FileAnswer, WholeList};
use crate::http::{Answer, ApiResult, Command, Export, Reader, Refusals, Views};
use crate::kernel::{FileLayoutId, Page};

/// The lists of this module that can be taken whole.
#[must_use]
pub fn lists() -> Vec<&'static dyn AnyList> {
    vec![&LAYOUTS]
}

/// Mounts the routes of this module.
pub fn configure(config: &mut ServiceConfig) {
    config.service(export_file_layouts).service(create_file_layout).service(list_file_layouts).service(read_file_layout);
}

/// Records the layout of a bank's text files, or another version of it. `neutral` is built in for every purpose.
#[utoipa::path(tag = "files", security(("token" = ["layouts.write"])), request_body = NewLayout, params(("Idempotency-Key" = String, Header)), responses((status = 201, body = FileLayout), Refusals))]
#[post("/file-layouts")]
async fn create_file_layout(command: Command<NewLayout, WriteLayouts>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&service::create(tx, may, new).await?)).await
}

static LAYOUTS: WholeList<ReadPayments, LayoutFilter, FileLayout> =
    WholeList { route: "file-layouts/export", page: |tx, may, _of, filter| Box::pin(service::list(tx, may, filter)) };

/// Layouts with all their versions, as a file.
#[utoipa::path(tag = "files", security(("token" = ["payments.read"])), params(ExportQuery, LayoutFilter), responses(FileAnswer, Refusals))]
#[get("/file-layouts/export")]
async fn export_file_layouts(export: Export<ReadPayments, LayoutFilter>) -> ApiResult<HttpResponse> {
    export.list(&LAYOUTS).await
}

/// Layouts with all their versions.
#[utoipa::path(tag = "files", security(("token" = ["payments.read"])), params(LayoutFilter), responses((status = 200, body = Page<FileLayout>), Refusals))]
#[get("/file-layouts")]
async fn list_file_layouts(
    reader: Reader<ReadPayments>,
    filter: web::Query<LayoutFilter>,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx, may| service::list(tx, may, &filter).await).await?)
}

/// One version of a layout.
#[utoipa::path(tag = "files", security(("token" = ["payments.read"])), responses((status = 200, body = FileLayout), Refusals))]
#[get("/file-layouts/{id}")]
async fn read_file_layout(reader: Reader<ReadPayments>, id: web::Path<FileLayoutId>) -> ApiResult<HttpResponse> {
    Views::one(&reader.read(async |tx, may| service::one(tx, may, *id).await).await?)
}
