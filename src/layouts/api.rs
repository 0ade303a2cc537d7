//! Handlers.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{FileLayout, LayoutFilter, NewLayout};
use super::service;
use crate::access::permissions::{ReadPayments, WriteLayouts};
use crate::http::{Answer, ApiResult, Command, Reader, Refusals, Views};
use crate::kernel::{FileLayoutId, Page};

/// Mounts the routes of this module.
pub fn configure(config: &mut ServiceConfig) {
    config.service(create_file_layout).service(list_file_layouts).service(read_file_layout);
}

/// Records the layout of a bank's text files, or another version of it. `neutral` is built in for every purpose.
#[utoipa::path(tag = "files", security(("token" = ["layouts.write"])), request_body = NewLayout, params(("Idempotency-Key" = String, Header)), responses((status = 201, body = FileLayout), Refusals))]
#[post("/file-layouts")]
async fn create_file_layout(command: Command<NewLayout, WriteLayouts>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&service::create(tx, may, new).await?)).await
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
