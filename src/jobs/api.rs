//! Handlers.

use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{JobEvent, JobFilter, JobView, has_ended};
use super::service;
use crate::access::permissions::OwnAccess;
use crate::exports::{AnyList, ExportQuery, FileAnswer, WholeList};
use crate::http::answer::disposition;
use crate::http::{Answer, ApiResult, Empty, OwnCommand, OwnExport, OwnReader, Refusals, Views};
use crate::kernel::{JobId, Page};

/// The lists of this module that can be taken whole.
#[must_use]
pub fn lists() -> Vec<&'static dyn AnyList> {
    vec![&JOBS]
}

/// Mounts the routes of this module.
pub fn configure(config: &mut ServiceConfig) {
    config.service(export_jobs).service(list_jobs).service(read_job).service(follow_job).service(cancel_job).service(read_job_file);
}

static JOBS: WholeList<OwnAccess, JobFilter, JobView> =
    WholeList { route: "jobs/export", page: |tx, may, _of, filter| Box::pin(service::list(tx, may, filter)) };

/// One's own jobs, as a file.
#[utoipa::path(tag = "jobs", security(("token" = ["access.own"])), params(ExportQuery, JobFilter), responses(FileAnswer, Refusals))]
#[get("/jobs/export")]
async fn export_jobs(export: OwnExport<OwnAccess, JobFilter>) -> ApiResult<HttpResponse> {
    export.list(&JOBS).await
}

/// One's own jobs.
#[utoipa::path(tag = "jobs", security(("token" = ["access.own"])), params(JobFilter), responses((status = 200, body = Page<JobView>), Refusals))]
#[get("/jobs")]
async fn list_jobs(reader: OwnReader<OwnAccess>, filter: web::Query<JobFilter>, request: HttpRequest) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx, may| service::list(tx, may, &filter).await).await?)
}

/// How far a job is, and what came of it.
#[utoipa::path(tag = "jobs", security(("token" = ["access.own"])), responses((status = 200, body = JobView), Refusals))]
#[get("/jobs/{id}")]
async fn read_job(reader: OwnReader<OwnAccess>, id: web::Path<JobId>) -> ApiResult<HttpResponse> {
    Views::one(&reader.read(async |tx, may| service::read(tx, may, *id).await).await?)
}

/// How often a job that is followed is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// Follows a job as server-sent events, `event: job` with the job as data whenever something has changed, until it has ended.
#[utoipa::path(tag = "jobs", security(("token" = ["access.own"])),
    responses((status = 200, description = "Server-sent events", body = JobEvent, content_type = "text/event-stream"), Refusals))]
#[get("/jobs/{id}/events")]
async fn follow_job(reader: OwnReader<OwnAccess>, id: web::Path<JobId>) -> ApiResult<HttpResponse> {
    let id = id.into_inner();
    let first = reader.read_again(async |tx, may| service::read(tx, may, id).await).await?;
    let following = Following { reader, id, shown: None, next: Some(first) };
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, "text/event-stream")).insert_header(("cache-control", "no-store"));
    Ok(response.streaming(Box::pin(futures_util::stream::unfold(following, Following::next))))
}

/// Somebody who follows a job.
struct Following {
    reader: OwnReader<OwnAccess>,
    id: JobId,
    shown: Option<JobView>,
    next: Option<JobView>,
}

impl Following {
    /// The job once it is not what was shown last; nothing more once it has ended.
    async fn next(mut self) -> Option<(std::io::Result<web::Bytes>, Self)> {
        if self.shown.as_ref().is_some_and(|job| has_ended(&job.state)) {
            return None;
        }
        loop {
            let job = match self.next.take() {
                Some(job) => job,
                None => {
                    tokio::time::sleep(LOOK).await;
                    let id = self.id;
                    match self.reader.read_again(async |tx, may| service::read(tx, may, id).await).await {
                        Ok(job) => job,
                        Err(error) => return Some((Err(std::io::Error::other(error.0.described())), self)),
                    }
                }
            };
            if self.shown.as_ref() != Some(&job) {
                let data = serde_json::to_string(&job).unwrap_or_default();
                self.shown = Some(job);
                return Some((Ok(web::Bytes::from(format!("event: job\ndata: {data}\n\n"))), self));
            }
        }
    }
}

/// Asks for a job to be cancelled; nothing of it is kept then.
#[utoipa::path(tag = "jobs", security(("token" = ["access.own"])), request_body = Empty, params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = JobView), Refusals))]
#[post("/jobs/{id}/cancel")]
async fn cancel_job(command: OwnCommand<Empty, OwnAccess>, id: web::Path<JobId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, _| Answer::ok(&service::cancel(tx, may, *id).await?)).await
}

/// The file that came of a job, until `file_until`: of an export, the list; of an import, the same file with a column that names what
/// is wrong with each row.
#[utoipa::path(tag = "jobs", security(("token" = ["access.own"])),
    responses((status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream"), Refusals))]
#[get("/jobs/{id}/file")]
async fn read_job_file(reader: OwnReader<OwnAccess>, id: web::Path<JobId>) -> ApiResult<HttpResponse> {
    let id = id.into_inner();
    let name = reader.read_again(async |tx, may| service::answer(tx, may, id).await).await?;
    let pieces = reader.read_kept(async |tx| service::answer_pieces(tx, id).await).await?;
    let handing = Handing { reader, id, next: 0, pieces };
    let mut response = HttpResponse::Ok();
    response.content_type("application/octet-stream").insert_header(disposition(&name)).insert_header((CACHE_CONTROL, "no-store"));
    Ok(response.streaming(Box::pin(futures_util::stream::unfold(handing, Handing::piece))))
}

/// A file on its way to whoever started the job. Each piece is read by itself: a client that reads slowly holds no connection to the
/// database.
struct Handing {
    reader: OwnReader<OwnAccess>,
    id: JobId,
    next: i32,
    pieces: i32,
}

impl Handing {
    async fn piece(mut self) -> Option<(std::io::Result<web::Bytes>, Self)> {
        if self.next >= self.pieces {
            return None;
        }
        let (id, position) = (self.id, self.next);
        match self.reader.read_kept(async |tx| service::answer_piece(tx, id, position).await).await {
            Ok(bytes) => {
                self.next = position.saturating_add(1);
                Some((Ok(bytes.into()), self))
            }
            Err(error) => {
                self.next = self.pieces;
                Some((Err(std::io::Error::other(error.0.described())), self))
            }
        }
    }
}
