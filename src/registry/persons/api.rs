//! Handlers of persons.

use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{ChangedPerson, Death, NewPerson, Person, PersonFilter, PersonSearch, PersonView};
use super::service;
use crate::http::{Answer, ApiResult, Command, Edit, Question, Reader, Refusals, Views};
use crate::kernel::{Page, PersonId};

pub(in crate::registry) fn configure(config: &mut ServiceConfig) {
    config
        .service(create_person)
        .service(list_persons)
        .service(search_persons)
        .service(read_person)
        .service(change_person)
        .service(record_death);
}

/// Records a person, and the accounts it is paid to.
#[utoipa::path(tag = "registry", request_body = NewPerson, params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = PersonView), Refusals))]
#[post("/persons")]
async fn create_person(command: Command<NewPerson>) -> ApiResult<HttpResponse> {
    command.run(async |tx, new| Answer::created(&service::create(tx, new).await?)).await
}

/// Persons.
#[utoipa::path(tag = "registry", params(PersonFilter), responses((status = 200, body = Page<Person>), Refusals))]
#[get("/persons")]
async fn list_persons(reader: Reader, filter: web::Query<PersonFilter>, request: HttpRequest) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx| service::list(tx, &filter).await).await?)
}

/// Finds persons by name, identity number or phone, in the body because addresses are logged. Only the whole of each finds.
#[utoipa::path(tag = "registry", request_body = PersonSearch, responses((status = 200, body = Page<Person>), Refusals))]
#[post("/persons/search")]
async fn search_persons(question: Question<PersonSearch>) -> ApiResult<HttpResponse> {
    let asked = question.body().clone();
    Views::one(&question.read(async |tx| service::search(tx, &asked).await).await?)
}

/// One person with its accounts.
#[utoipa::path(tag = "registry", responses((status = 200, body = PersonView), Refusals))]
#[get("/persons/{id}")]
async fn read_person(reader: Reader, id: web::Path<PersonId>) -> ApiResult<HttpResponse> {
    Views::versioned(&reader.read(async |tx| service::read(tx, *id).await).await?)
}

/// Changes name, phone, organisation and region of a person.
#[utoipa::path(tag = "registry", request_body = ChangedPerson, params(("If-Match" = String, Header)),
    responses((status = 200, body = PersonView), Refusals))]
#[put("/persons/{id}")]
async fn change_person(edit: Edit<ChangedPerson>, id: web::Path<PersonId>) -> ApiResult<HttpResponse> {
    edit.run(async |tx, version, new| Answer::changed(&service::change(tx, *id, version, new).await?)).await
}

/// Records a death; it ends the person's honours.
#[utoipa::path(tag = "registry", request_body = Death, params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = PersonView), Refusals))]
#[post("/persons/{id}/death")]
async fn record_death(command: Command<Death>, id: web::Path<PersonId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, death| Answer::changed(&service::record_death(tx, *id, death).await?)).await
}
