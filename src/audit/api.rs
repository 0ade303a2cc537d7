//! Handlers: checkpoints, proofs, receipts, events and the export.

use actix_web::{HttpRequest, HttpResponse, get, web};
use futures_util::StreamExt;
use tokio::sync::mpsc;
use utoipa_actix_web::service_config::ServiceConfig;

use super::dump::Sink;
use super::model::{
    Between, CheckpointFilter, CheckpointView, Checkpoints, CheckpointsExported, ConsistencyProof, EventFilter, EventView, ExportFilter,
};
use super::receipt::Receipt;
use super::service;
use crate::access::permissions::{ReadAudit, ReadPayments};
use crate::app::AppState;
use crate::db::{Error, Result};
use crate::exports::{AnyList, ExportQuery, FileAnswer, WholeList};
use crate::http::{ApiError, ApiResult, Export, Reader, Refusals, Views};
use crate::kernel::{InstructionId, Page};

/// The lists of this module that can be taken whole.
pub fn lists() -> Vec<&'static dyn AnyList> {
    vec![&EVENTS, &CHECKPOINTS]
}

/// Mounts the routes of this module.
pub fn configure(config: &mut ServiceConfig) {
    config.service(export_audit_events).service(export_checkpoints);
    config
        .service(list_checkpoints)
        .service(read_checkpoint)
        .service(read_consistency_proof)
        .service(read_receipt)
        .service(list_audit_events)
        .service(export_log);
}

/// Signed checkpoints over the log, newest first. Asking signs one over everything there is.
#[utoipa::path(tag = "audit", security(("token" = ["audit.read"])), params(CheckpointFilter), responses((status = 200, body = Checkpoints), Refusals))]
#[get("/audit/checkpoints")]
async fn list_checkpoints(
    reader: Reader<ReadAudit>,
    filter: web::Query<CheckpointFilter>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    let federation = reader.federation();
    state.sealer.seal_any(federation).await?;
    let key = state.sealer.verifier(federation).to_string();
    Views::one(&reader.read(async |tx, may| service::checkpoints(tx, may, key, &filter).await).await?)
}

static CHECKPOINTS: WholeList<ReadAudit, CheckpointsExported, CheckpointView> =
    WholeList { route: "audit/checkpoints/export", page: |tx, may, _of, filter| Box::pin(service::checkpoint_page(tx, may, filter.below)) };

/// All checkpoints that were signed so far, newest first, as a file.
#[utoipa::path(tag = "audit", security(("token" = ["audit.read"])), params(ExportQuery), responses(FileAnswer, Refusals))]
#[get("/audit/checkpoints/export")]
async fn export_checkpoints(export: Export<ReadAudit, CheckpointsExported>) -> ApiResult<HttpResponse> {
    export.list(&CHECKPOINTS).await
}

/// The checkpoint of a size.
#[utoipa::path(tag = "audit", security(("token" = ["audit.read"])), responses((status = 200, body = CheckpointView), Refusals))]
#[get("/audit/checkpoints/{size}")]
async fn read_checkpoint(reader: Reader<ReadAudit>, size: web::Path<i64>) -> ApiResult<HttpResponse> {
    Views::one(&reader.read(async |tx, may| service::one_checkpoint(tx, may, *size).await).await?)
}

/// The proof that nothing an older checkpoint vouches for has changed in a newer one (RFC 9162).
#[utoipa::path(tag = "audit", security(("token" = ["audit.read"])), params(Between), responses((status = 200, body = ConsistencyProof), Refusals))]
#[get("/audit/consistency")]
async fn read_consistency_proof(reader: Reader<ReadAudit>, between: web::Query<Between>) -> ApiResult<HttpResponse> {
    Views::one(&reader.read(async |tx, may| service::consistency(tx, may, between.from, between.to).await).await?)
}

/// The receipt of a payment, by its instruction: proves offline that its settlement is in the books (`bangfu verify-receipt`).
#[utoipa::path(tag = "audit", security(("token" = ["payments.read"])), responses((status = 200, body = Receipt), Refusals))]
#[get("/instructions/{id}/receipt")]
async fn read_receipt(reader: Reader<ReadPayments>, id: web::Path<InstructionId>, state: web::Data<AppState>) -> ApiResult<HttpResponse> {
    state.sealer.seal_any(reader.federation()).await?;
    Views::one(&reader.read(async |tx, may| service::receipt(tx, may, *id).await).await?)
}

static EVENTS: WholeList<ReadAudit, EventFilter, EventView> =
    WholeList { route: "audit/events/export", page: |tx, may, _of, filter| Box::pin(service::events(tx, may, filter)) };

/// All audit events that match, as a file; what they were about stays masked.
#[utoipa::path(tag = "audit", security(("token" = ["audit.read"])), params(ExportQuery, EventFilter), responses(FileAnswer, Refusals))]
#[get("/audit/events/export")]
async fn export_audit_events(export: Export<ReadAudit, EventFilter>) -> ApiResult<HttpResponse> {
    export.list(&EVENTS).await
}

/// Audit events: who did what, when, from where and why.
#[utoipa::path(tag = "audit", security(("token" = ["audit.read"])), params(EventFilter), responses((status = 200, body = Page<EventView>), Refusals))]
#[get("/audit/events")]
async fn list_audit_events(reader: Reader<ReadAudit>, filter: web::Query<EventFilter>, request: HttpRequest) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx, may| service::events(tx, may, &filter).await).await?)
}

/// Lines on their way to the client.
struct Channel(mpsc::Sender<Result<web::Bytes>>);

impl Sink for Channel {
    async fn line(&mut self, mut text: String) -> Result<()> {
        text.push('\n');
        self.0.send(Ok(text.into())).await.map_err(|_| Error::Internal("the client went away".to_owned()))
    }
}

/// The whole log with everything it vouches for, line by line: what `bangfu verify` checks offline. Names are masked, unless the
/// export was asked for in clear.
#[utoipa::path(tag = "audit", security(("token" = ["audit.read"])), params(ExportFilter), responses((status = 200, description = "JSON Lines", body = String, content_type = "application/jsonl"), Refusals))]
#[get("/audit/export")]
async fn export_log(reader: Reader<ReadAudit>, filter: web::Query<ExportFilter>, state: web::Data<AppState>) -> ApiResult<HttpResponse> {
    state.sealer.seal_any(reader.federation()).await?;
    let (sender, mut receiver) = mpsc::channel(64);
    actix_web::rt::spawn(async move {
        let mut channel = Channel(sender.clone());
        if let Err(error) = reader.read(async |tx, may| service::export(tx, may, filter.asked, &mut channel).await).await {
            // The client sees a broken body instead of a short one that looks whole.
            let _ = sender.send(Err(error.0)).await;
        }
    });
    // A refusal comes before the first line, while there is still a status to answer it with.
    let first = match receiver.recv().await {
        Some(Err(error)) => return Err(ApiError(error)),
        Some(Ok(line)) => line,
        None => return Err(ApiError(Error::Internal("the export ended before it began".to_owned()))),
    };
    let rest = futures_util::stream::unfold(receiver, async |mut receiver| receiver.recv().await.map(|line| (line, receiver)));
    let lines = futures_util::stream::once(async move { Ok(first) }).chain(rest);
    let lines = lines.map(|line: Result<web::Bytes>| line.map_err(|error| std::io::Error::other(error.described())));
    Ok(HttpResponse::Ok().content_type("application/jsonl").streaming(Box::pin(lines)))
}
