//! Handlers of persons.

use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{ChangedPerson, Death, NewPerson, Person, PersonFilter, PersonSearch, PersonView};
use super::service;
use crate::access::permissions::{ReadRegistry, WriteRegistry};
use crate::exports::{AnyList, ExportQuery, FileAnswer, WholeList};
use crate::http::{Answer, ApiResult, Command, Edit, Export, Question, Reader, Refusals, Views};
use crate::kernel::{Page, PersonId};

/// The lists of this module that can be taken whole.
pub fn lists() -> Vec<&'static dyn AnyList> {
    vec![&PERSONS]
}

pub(in crate::registry) fn configure(config: &mut ServiceConfig) {
    config.service(export_persons);
    config
        .service(create_person)
        .service(list_persons)
        .service(search_persons)
        .service(read_person)
        .service(change_person)
        .service(record_death);
}

/// Records a person, and the accounts it is paid to.
#[utoipa::path(tag = "registry", security(("token" = ["registry.write"])), request_body = NewPerson, params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = PersonView), Refusals))]
#[post("/persons")]
async fn create_person(command: Command<NewPerson, WriteRegistry>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&service::create(tx, may, new).await?)).await
}

static PERSONS: WholeList<ReadRegistry, PersonFilter, Person> =
    WholeList { route: "persons/export", page: |tx, may, _of, filter| Box::pin(service::list(tx, may, filter)) };

/// All persons that match, as a file.
#[utoipa::path(tag = "registry", security(("token" = ["registry.read"])), params(ExportQuery, PersonFilter), responses(FileAnswer, Refusals))]
#[get("/persons/export")]
async fn export_persons(export: Export<ReadRegistry, PersonFilter>) -> ApiResult<HttpResponse> {
    export.list(&PERSONS).await
}

/// Persons.
#[utoipa::path(tag = "registry", security(("token" = ["registry.read"])), params(PersonFilter), responses((status = 200, body = Page<Person>), Refusals))]
#[get("/persons")]
async fn list_persons(reader: Reader<ReadRegistry>, filter: web::Query<PersonFilter>, request: HttpRequest) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx, may| service::list(tx, may, &filter).await).await?)
}

/// Finds persons by name, identity number or phone, in the body because addresses are logged. Only the whole of each finds.
#[utoipa::path(tag = "registry", security(("token" = ["registry.read"])), request_body = PersonSearch, responses((status = 200, body = Page<Person>), Refusals))]
#[post("/persons/search")]
async fn search_persons(question: Question<PersonSearch, ReadRegistry>) -> ApiResult<HttpResponse> {
    let asked = question.body().clone();
    Views::one(&question.read(async |tx, may| service::search(tx, may, &asked).await).await?)
}

/// One person with its accounts.
#[utoipa::path(tag = "registry", security(("token" = ["registry.read"])), responses((status = 200, body = PersonView), Refusals))]
#[get("/persons/{id}")]
async fn read_person(reader: Reader<ReadRegistry>, id: web::Path<PersonId>) -> ApiResult<HttpResponse> {
    Views::versioned(&reader.read(async |tx, may| service::read(tx, may, *id).await).await?)
}

/// Changes name, phone, organisation and region of a person.
#[utoipa::path(tag = "registry", security(("token" = ["registry.write"])), request_body = ChangedPerson, params(("If-Match" = String, Header)),
    responses((status = 200, body = PersonView), Refusals))]
#[put("/persons/{id}")]
async fn change_person(edit: Edit<ChangedPerson, WriteRegistry>, id: web::Path<PersonId>) -> ApiResult<HttpResponse> {
    edit.run(async |tx, may, version, new| Answer::changed(&service::change(tx, may, *id, version, new).await?)).await
}

/// Records a death; it ends the person's honours.
#[utoipa::path(tag = "registry", security(("token" = ["registry.write"])), request_body = Death, params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = PersonView), Refusals))]
#[post("/persons/{id}/death")]
async fn record_death(command: Command<Death, WriteRegistry>, id: web::Path<PersonId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, death| Answer::changed(&service::record_death(tx, may, *id, death).await?)).await
}
