//! Handlers.

use actix_web::body::SizedStream;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, get, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{BatchFile, NewBatchFile, ResultQuery};
use super::{orders, results};
use crate::access::permissions::{Pay, ReadPayments};
use crate::http::answer::disposition;
use crate::http::{Answer, ApiResult, Command, Reader, Refusals, Upload, Views};
use crate::jobs::JobView;
use crate::kernel::BatchId;

/// Mounts the routes of this folder.
pub fn configure(config: &mut ServiceConfig) {
    config.service(write_batch_file).service(read_batch_file).service(fetch_batch_file).service(take_results);
}

/// Writes the file of a batch for the bank or card platform, once. Asked again for the same, it answers the one that was written.
#[utoipa::path(tag = "files", security(("token" = ["payments.pay"])), request_body = NewBatchFile, params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = BatchFile), Refusals))]
#[post("/batches/{id}/file")]
async fn write_batch_file(command: Command<NewBatchFile, Pay>, id: web::Path<BatchId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, asked| Answer::ok(&orders::write(tx, may, *id, &asked).await?)).await
}

/// Which file was written for a batch, with its digest.
#[utoipa::path(tag = "files", security(("token" = ["payments.read"])), responses((status = 200, body = BatchFile), Refusals))]
#[get("/batches/{id}/file")]
async fn read_batch_file(reader: Reader<ReadPayments>, id: web::Path<BatchId>) -> ApiResult<HttpResponse> {
    Views::one(&reader.read(async |tx, _may| orders::of_batch(tx, *id).await).await?)
}

/// The file of a batch, always the same bytes. It holds names and accounts in clear; who fetched it is recorded.
#[utoipa::path(tag = "files", security(("token" = ["payments.pay"])),
    responses((status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream"), Refusals))]
#[get("/batches/{id}/file/content")]
async fn fetch_batch_file(reader: Reader<Pay>, id: web::Path<BatchId>) -> ApiResult<HttpResponse> {
    let content = reader.recorded(async |tx, may| orders::fetch(tx, may, *id).await).await?;
    // Unpacked piece by piece as the client takes it.
    let pieces = content.pieces.into_iter().map(|piece| piece.bytes().map(web::Bytes::from));
    let body = SizedStream::new(content.length, futures_util::stream::iter(pieces));
    let mut response = HttpResponse::Ok();
    response.content_type("application/octet-stream").insert_header(disposition(&content.name)).insert_header((CACHE_CONTROL, "no-store"));
    Ok(response.body(body))
}

/// Takes in a result file of a bank or card platform. Answers a job; its result says of every line that was left out why.
#[utoipa::path(tag = "files", security(("token" = ["payments.pay"])), request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    params(ResultQuery, ("Idempotency-Key" = String, Header)), responses((status = 202, body = JobView), Refusals))]
#[post("/results")]
async fn take_results(upload: Upload<Pay>, query: web::Query<ResultQuery>) -> ApiResult<HttpResponse> {
    upload.start(async |tx, may, starter, file| results::start(tx, may, starter, file, &query).await).await
}
