//! Handlers of model workers.

use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{ChangedModelWorker, HonourEnding, ModelWorker, ModelWorkerFilter, NewHonour, NewModelWorker};
use super::service;
use crate::access::permissions::{ReadRegistry, WriteRegistry};
use crate::exports::{AnyList, ExportQuery, FileAnswer, WholeList};
use crate::http::{Answer, ApiResult, Command, Edit, Export, Reader, Refusals, Views};
use crate::kernel::{HonourId, ModelWorkerId, Page};

/// The lists of this module that can be taken whole.
pub fn lists() -> Vec<&'static dyn AnyList> {
    vec![&MODEL_WORKERS]
}

pub(in crate::registry) fn configure(config: &mut ServiceConfig) {
    config.service(export_model_workers);
    config
        .service(create_model_worker)
        .service(list_model_workers)
        .service(read_model_worker)
        .service(change_model_worker)
        .service(create_honour)
        .service(end_honour);
}

/// Records a model worker: a person who is registered, or a new one with its accounts.
#[utoipa::path(tag = "registry", security(("token" = ["registry.write"])), request_body = NewModelWorker, params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = ModelWorker), Refusals))]
#[post("/model-workers")]
async fn create_model_worker(command: Command<NewModelWorker, WriteRegistry>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&service::create(tx, may, new).await?)).await
}

static MODEL_WORKERS: WholeList<ReadRegistry, ModelWorkerFilter, ModelWorker> =
    WholeList { route: "model-workers/export", page: |tx, may, _of, filter| Box::pin(service::list(tx, may, filter)) };

/// All model workers that match, as a file.
#[utoipa::path(tag = "registry", security(("token" = ["registry.read"])), params(ExportQuery, ModelWorkerFilter), responses(FileAnswer, Refusals))]
#[get("/model-workers/export")]
async fn export_model_workers(export: Export<ReadRegistry, ModelWorkerFilter>) -> ApiResult<HttpResponse> {
    export.list(&MODEL_WORKERS).await
}

/// Model workers with their honours.
#[utoipa::path(tag = "registry", security(("token" = ["registry.read"])), params(ModelWorkerFilter), responses((status = 200, body = Page<ModelWorker>), Refusals))]
#[get("/model-workers")]
async fn list_model_workers(
    reader: Reader<ReadRegistry>,
    filter: web::Query<ModelWorkerFilter>,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx, may| service::list(tx, may, &filter).await).await?)
}

/// One model worker with its honours.
#[utoipa::path(tag = "registry", security(("token" = ["registry.read"])), responses((status = 200, body = ModelWorker), Refusals))]
#[get("/model-workers/{id}")]
async fn read_model_worker(reader: Reader<ReadRegistry>, id: web::Path<ModelWorkerId>) -> ApiResult<HttpResponse> {
    Views::versioned(&reader.read(async |tx, may| service::read(tx, may, *id).await).await?)
}

/// Changes region and organisation of a model worker.
#[utoipa::path(tag = "registry", security(("token" = ["registry.write"])), request_body = ChangedModelWorker, params(("If-Match" = String, Header)),
    responses((status = 200, body = ModelWorker), Refusals))]
#[put("/model-workers/{id}")]
async fn change_model_worker(edit: Edit<ChangedModelWorker, WriteRegistry>, id: web::Path<ModelWorkerId>) -> ApiResult<HttpResponse> {
    edit.run(async |tx, may, version, new| Answer::changed(&service::change(tx, may, *id, version, new).await?)).await
}

/// Records a further honour.
#[utoipa::path(tag = "registry", security(("token" = ["registry.write"])), request_body = NewHonour, params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = ModelWorker), Refusals))]
#[post("/model-workers/{id}/honours")]
async fn create_honour(command: Command<NewHonour, WriteRegistry>, id: web::Path<ModelWorkerId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&service::add_honour(tx, may, *id, new).await?)).await
}

/// Ends an honour that was revoked, or for another reason than death.
#[utoipa::path(tag = "registry", security(("token" = ["registry.write"])), request_body = HonourEnding, params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ModelWorker), Refusals))]
#[post("/model-workers/{id}/honours/{honour_id}/end")]
async fn end_honour(command: Command<HonourEnding, WriteRegistry>, path: web::Path<(ModelWorkerId, HonourId)>) -> ApiResult<HttpResponse> {
    let (id, honour) = path.into_inner();
    command.run(async |tx, may, ending| Answer::changed(&service::end_honour(tx, may, id, honour, ending).await?)).await
}
