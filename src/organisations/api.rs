//! Handlers.

use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{
    Document, DocumentFilter, Federation, NewDirectFunding, NewDocument, NewFederation, NewOrganisation, Organisation, OrganisationFilter,
    Region, RegionView,
};
use super::{service, store};
use crate::access::permissions::{ManageService, OwnAccess, ReadDocuments, ReadOrganisations, WriteDocuments, WriteOrganisations};
use crate::exports::{AnyList, ExportQuery, FileAnswer, WholeList};
use crate::http::{Answer, ApiResult, Command, Edit, Export, OwnExport, OwnReader, Reader, Refusals, ServiceCommand, Views};
use crate::kernel::page::Whole;
use crate::kernel::{DocumentId, OrganisationId, Page};

/// The lists of this module that can be taken whole.
pub fn lists() -> Vec<&'static dyn AnyList> {
    vec![&FEDERATIONS, &REGIONS, &ORGANISATIONS, &DOCUMENTS]
}

/// Mounts the routes of this module.
pub fn configure(config: &mut ServiceConfig) {
    config.service(export_federations).service(export_regions);
    config.service(export_documents);
    config.service(export_organisations);
    config
        .service(create_federation)
        .service(list_federations)
        .service(create_region)
        .service(list_regions)
        .service(read_region)
        .service(create_direct_funding)
        .service(create_organisation)
        .service(list_organisations)
        .service(read_organisation)
        .service(change_organisation)
        .service(create_document)
        .service(list_documents)
        .service(read_document)
        .service(change_document);
}

/// Makes a federation.
#[utoipa::path(tag = "organisations", security(("token" = ["service.manage"])), request_body = NewFederation, params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Federation), Refusals))]
#[post("/federations")]
async fn create_federation(command: ServiceCommand<NewFederation, ManageService>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&service::create_federation(tx, may, new).await?)).await
}

static FEDERATIONS: WholeList<OwnAccess, Whole, Federation> = WholeList {
    route: "federations/export",
    page: |tx, _may, _of, _filter| Box::pin(async move { Ok(Page::whole(store::federations(tx).await?)) }),
};

/// The federations the service keeps, as a file.
#[utoipa::path(tag = "organisations", security(("token" = ["access.own"])), params(ExportQuery), responses(FileAnswer, Refusals))]
#[get("/federations/export")]
async fn export_federations(export: OwnExport<OwnAccess, Whole>) -> ApiResult<HttpResponse> {
    export.list(&FEDERATIONS).await
}

/// The federations the service keeps.
#[utoipa::path(tag = "organisations", security(("token" = ["access.own"])), responses((status = 200, body = Vec<Federation>), Refusals))]
#[get("/federations")]
async fn list_federations(reader: OwnReader<OwnAccess>) -> ApiResult<HttpResponse> {
    Views::one(&reader.read(async |tx, _may| store::federations(tx).await).await?)
}

/// Records an administrative region.
#[utoipa::path(tag = "organisations", security(("token" = ["service.manage"])), request_body = Region, params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = RegionView), Refusals))]
#[post("/regions")]
async fn create_region(command: ServiceCommand<Region, ManageService>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&service::create_region(tx, may, new).await?)).await
}

static REGIONS: WholeList<OwnAccess, Whole, RegionView> = WholeList {
    route: "regions/export",
    page: |tx, may, _of, _filter| Box::pin(async move { Ok(Page::whole(service::regions(tx, may).await?)) }),
};

/// Every region, as a file.
#[utoipa::path(tag = "organisations", security(("token" = ["access.own"])), params(ExportQuery), responses(FileAnswer, Refusals))]
#[get("/regions/export")]
async fn export_regions(export: OwnExport<OwnAccess, Whole>) -> ApiResult<HttpResponse> {
    export.list(&REGIONS).await
}

/// Every region, with the times in which it was funded directly by the province.
#[utoipa::path(tag = "organisations", security(("token" = ["access.own"])), responses((status = 200, body = Vec<RegionView>), Refusals))]
#[get("/regions")]
async fn list_regions(reader: OwnReader<OwnAccess>) -> ApiResult<HttpResponse> {
    Views::one(&reader.read(async |tx, may| service::regions(tx, may).await).await?)
}

/// One region.
#[utoipa::path(tag = "organisations", security(("token" = ["access.own"])), responses((status = 200, body = RegionView), Refusals))]
#[get("/regions/{code}")]
async fn read_region(reader: OwnReader<OwnAccess>, code: web::Path<String>) -> ApiResult<HttpResponse> {
    Views::one(&reader.read(async |tx, may| service::region(tx, may, &code).await).await?)
}

/// Records since when a county is funded directly by the province (扩权县).
#[utoipa::path(tag = "organisations", security(("token" = ["service.manage"])), request_body = NewDirectFunding, params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = RegionView), Refusals))]
#[post("/regions/{code}/direct-funding")]
async fn create_direct_funding(
    command: ServiceCommand<NewDirectFunding, ManageService>,
    code: web::Path<String>,
) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&service::add_direct_funding(tx, may, &code, new).await?)).await
}

/// Records an organisation.
#[utoipa::path(tag = "organisations", security(("token" = ["organisations.write"])), request_body = NewOrganisation, params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Organisation), Refusals))]
#[post("/organisations")]
async fn create_organisation(command: Command<NewOrganisation, WriteOrganisations>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&service::create_organisation(tx, may, new).await?)).await
}

static ORGANISATIONS: WholeList<ReadOrganisations, OrganisationFilter, Organisation> =
    WholeList { route: "organisations/export", page: |tx, _may, _of, filter| Box::pin(store::organisations(tx, filter)) };

/// All organisations that match, as a file.
#[utoipa::path(tag = "organisations", security(("token" = ["organisations.read"])), params(ExportQuery, OrganisationFilter), responses(FileAnswer, Refusals))]
#[get("/organisations/export")]
async fn export_organisations(export: Export<ReadOrganisations, OrganisationFilter>) -> ApiResult<HttpResponse> {
    export.list(&ORGANISATIONS).await
}

/// Organisations.
#[utoipa::path(tag = "organisations", security(("token" = ["organisations.read"])), params(OrganisationFilter),
    responses((status = 200, body = Page<Organisation>), Refusals))]
#[get("/organisations")]
async fn list_organisations(
    reader: Reader<ReadOrganisations>,
    filter: web::Query<OrganisationFilter>,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx, _may| store::organisations(tx, &filter).await).await?)
}

/// One organisation.
#[utoipa::path(tag = "organisations", security(("token" = ["organisations.read"])), responses((status = 200, body = Organisation), Refusals))]
#[get("/organisations/{id}")]
async fn read_organisation(reader: Reader<ReadOrganisations>, id: web::Path<OrganisationId>) -> ApiResult<HttpResponse> {
    Views::versioned(&reader.read(async |tx, _may| store::organisation(tx, *id).await).await?)
}

/// Changes an organisation.
#[utoipa::path(tag = "organisations", security(("token" = ["organisations.write"])), request_body = NewOrganisation, params(("If-Match" = String, Header)),
    responses((status = 200, body = Organisation), Refusals))]
#[put("/organisations/{id}")]
async fn change_organisation(edit: Edit<NewOrganisation, WriteOrganisations>, id: web::Path<OrganisationId>) -> ApiResult<HttpResponse> {
    edit.run(async |tx, may, version, new| Answer::changed(&service::change_organisation(tx, may, *id, version, new).await?)).await
}

/// Records a document.
#[utoipa::path(tag = "organisations", security(("token" = ["documents.write"])), request_body = NewDocument, params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Document), Refusals))]
#[post("/documents")]
async fn create_document(command: Command<NewDocument, WriteDocuments>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&service::create_document(tx, may, new).await?)).await
}

static DOCUMENTS: WholeList<ReadDocuments, DocumentFilter, Document> =
    WholeList { route: "documents/export", page: |tx, _may, _of, filter| Box::pin(store::documents(tx, filter)) };

/// All documents that match, as a file.
#[utoipa::path(tag = "organisations", security(("token" = ["documents.read"])), params(ExportQuery, DocumentFilter), responses(FileAnswer, Refusals))]
#[get("/documents/export")]
async fn export_documents(export: Export<ReadDocuments, DocumentFilter>) -> ApiResult<HttpResponse> {
    export.list(&DOCUMENTS).await
}

/// Documents.
#[utoipa::path(tag = "organisations", security(("token" = ["documents.read"])), params(DocumentFilter),
    responses((status = 200, body = Page<Document>), Refusals))]
#[get("/documents")]
async fn list_documents(
    reader: Reader<ReadDocuments>,
    filter: web::Query<DocumentFilter>,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx, _may| store::documents(tx, &filter).await).await?)
}

/// One document.
#[utoipa::path(tag = "organisations", security(("token" = ["documents.read"])), responses((status = 200, body = Document), Refusals))]
#[get("/documents/{id}")]
async fn read_document(reader: Reader<ReadDocuments>, id: web::Path<DocumentId>) -> ApiResult<HttpResponse> {
    Views::versioned(&reader.read(async |tx, _may| store::document(tx, *id).await).await?)
}

/// Changes a document.
#[utoipa::path(tag = "organisations", security(("token" = ["documents.write"])), request_body = NewDocument, params(("If-Match" = String, Header)),
    responses((status = 200, body = Document), Refusals))]
#[put("/documents/{id}")]
async fn change_document(edit: Edit<NewDocument, WriteDocuments>, id: web::Path<DocumentId>) -> ApiResult<HttpResponse> {
    edit.run(async |tx, may, version, new| Answer::changed(&service::change_document(tx, may, *id, version, new).await?)).await
}
