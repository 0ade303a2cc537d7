//! Handlers of dossiers.

use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{CategoryChange, ChangedDossier, Dossier, DossierFilter, DossierTransition, DossierView, NewDossier};
use super::service;
use crate::access::permissions::{ReadRegistry, WriteRegistry};
use crate::exports::{AnyList, ExportQuery, FileAnswer, WholeList};
use crate::http::{Answer, ApiResult, Command, Edit, Export, Reader, Refusals, Views};
use crate::kernel::{DossierId, Page};

/// The lists of this module that can be taken whole.
pub fn lists() -> Vec<&'static dyn AnyList> {
    vec![&DOSSIERS]
}

pub(in crate::registry) fn configure(config: &mut ServiceConfig) {
    config.service(export_dossiers);
    config
        .service(create_dossier)
        .service(list_dossiers)
        .service(read_dossier)
        .service(change_dossier)
        .service(create_dossier_transition)
        .service(change_dossier_category);
}

/// Records a dossier: an application, or with `opened_on` one that exists on paper and is in force since that day.
#[utoipa::path(tag = "registry", security(("token" = ["registry.write"])), request_body = NewDossier, params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = DossierView), Refusals))]
#[post("/dossiers")]
async fn create_dossier(command: Command<NewDossier, WriteRegistry>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&service::create(tx, may, new).await?)).await
}

static DOSSIERS: WholeList<ReadRegistry, DossierFilter, Dossier> =
    WholeList { route: "dossiers/export", page: |tx, may, _of, filter| Box::pin(service::list(tx, may, filter)) };

/// All dossiers that match, as a file.
#[utoipa::path(tag = "registry", security(("token" = ["registry.read"])), params(ExportQuery, DossierFilter), responses(FileAnswer, Refusals))]
#[get("/dossiers/export")]
async fn export_dossiers(export: Export<ReadRegistry, DossierFilter>) -> ApiResult<HttpResponse> {
    export.list(&DOSSIERS).await
}

/// Dossiers, without their history.
#[utoipa::path(tag = "registry", security(("token" = ["registry.read"])), params(DossierFilter), responses((status = 200, body = Page<Dossier>), Refusals))]
#[get("/dossiers")]
async fn list_dossiers(reader: Reader<ReadRegistry>, filter: web::Query<DossierFilter>, request: HttpRequest) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx, may| service::list(tx, may, &filter).await).await?)
}

/// One dossier with its categories, grace periods and steps.
#[utoipa::path(tag = "registry", security(("token" = ["registry.read"])), responses((status = 200, body = DossierView), Refusals))]
#[get("/dossiers/{id}")]
async fn read_dossier(reader: Reader<ReadRegistry>, id: web::Path<DossierId>) -> ApiResult<HttpResponse> {
    Views::versioned(&reader.read(async |tx, may| service::read(tx, may, *id).await).await?)
}

/// Changes level, causes, income and costs of a dossier.
#[utoipa::path(tag = "registry", security(("token" = ["registry.write"])), request_body = ChangedDossier, params(("If-Match" = String, Header)),
    responses((status = 200, body = DossierView), Refusals))]
#[put("/dossiers/{id}")]
async fn change_dossier(edit: Edit<ChangedDossier, WriteRegistry>, id: web::Path<DossierId>) -> ApiResult<HttpResponse> {
    edit.run(async |tx, may, version, new| Answer::changed(&service::change(tx, may, *id, version, new).await?)).await
}

/// Takes a dossier to another state.
#[utoipa::path(tag = "registry", security(("token" = ["registry.write"])), request_body = DossierTransition, params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = DossierView), Refusals))]
#[post("/dossiers/{id}/transitions")]
async fn create_dossier_transition(
    command: Command<DossierTransition, WriteRegistry>,
    id: web::Path<DossierId>,
) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, asked| Answer::changed(&service::take_step(tx, may, *id, asked).await?)).await
}

/// Gives a dossier another category from a day on; the history is kept.
#[utoipa::path(tag = "registry", security(("token" = ["registry.write"])), request_body = CategoryChange, params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = DossierView), Refusals))]
#[post("/dossiers/{id}/category")]
async fn change_dossier_category(command: Command<CategoryChange, WriteRegistry>, id: web::Path<DossierId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, change| Answer::changed(&service::change_category(tx, may, *id, change).await?)).await
}
