//! Handlers of households.

use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{ChangedHousehold, Household, HouseholdFilter, HouseholdView, MemberLeaving, NewHousehold, NewMember};
use super::service;
use crate::access::permissions::{ReadRegistry, WriteRegistry};
use crate::exports::{AnyList, ExportQuery, FileAnswer, WholeList};
use crate::http::{Answer, ApiResult, Command, Edit, Export, Reader, Refusals, Views};
use crate::kernel::{HouseholdId, MemberId, Page};

/// The lists of this module that can be taken whole.
pub fn lists() -> Vec<&'static dyn AnyList> {
    vec![&HOUSEHOLDS]
}

pub(in crate::registry) fn configure(config: &mut ServiceConfig) {
    config.service(export_households);
    config
        .service(create_household)
        .service(list_households)
        .service(read_household)
        .service(change_household)
        .service(add_household_member)
        .service(end_household_member);
}

/// Records a household with its head and members.
#[utoipa::path(tag = "registry", security(("token" = ["registry.write"])), request_body = NewHousehold, params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = HouseholdView), Refusals))]
#[post("/households")]
async fn create_household(command: Command<NewHousehold, WriteRegistry>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&service::create(tx, may, new).await?)).await
}

static HOUSEHOLDS: WholeList<ReadRegistry, HouseholdFilter, Household> =
    WholeList { route: "households/export", page: |tx, may, _of, filter| Box::pin(service::list(tx, may, filter)) };

/// All households that match, as a file.
#[utoipa::path(tag = "registry", security(("token" = ["registry.read"])), params(ExportQuery, HouseholdFilter), responses(FileAnswer, Refusals))]
#[get("/households/export")]
async fn export_households(export: Export<ReadRegistry, HouseholdFilter>) -> ApiResult<HttpResponse> {
    export.list(&HOUSEHOLDS).await
}

/// Households, without their members.
#[utoipa::path(tag = "registry", security(("token" = ["registry.read"])), params(HouseholdFilter), responses((status = 200, body = Page<Household>), Refusals))]
#[get("/households")]
async fn list_households(
    reader: Reader<ReadRegistry>,
    filter: web::Query<HouseholdFilter>,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx, may| service::list(tx, may, &filter).await).await?)
}

/// One household with its members, the former ones too.
#[utoipa::path(tag = "registry", security(("token" = ["registry.read"])), responses((status = 200, body = HouseholdView), Refusals))]
#[get("/households/{id}")]
async fn read_household(reader: Reader<ReadRegistry>, id: web::Path<HouseholdId>) -> ApiResult<HttpResponse> {
    Views::versioned(&reader.read(async |tx, may| service::read(tx, may, *id).await).await?)
}

/// Changes head, region and organisation of a household.
#[utoipa::path(tag = "registry", security(("token" = ["registry.write"])), request_body = ChangedHousehold, params(("If-Match" = String, Header)),
    responses((status = 200, body = HouseholdView), Refusals))]
#[put("/households/{id}")]
async fn change_household(edit: Edit<ChangedHousehold, WriteRegistry>, id: web::Path<HouseholdId>) -> ApiResult<HttpResponse> {
    edit.run(async |tx, may, version, new| Answer::changed(&service::change(tx, may, *id, version, new).await?)).await
}

/// Adds a member to a household.
#[utoipa::path(tag = "registry", security(("token" = ["registry.write"])), request_body = NewMember, params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = HouseholdView), Refusals))]
#[post("/households/{id}/members")]
async fn add_household_member(command: Command<NewMember, WriteRegistry>, id: web::Path<HouseholdId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&service::add_member(tx, may, *id, new).await?)).await
}

/// Records that a member left a household.
#[utoipa::path(tag = "registry", security(("token" = ["registry.write"])), request_body = MemberLeaving, params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = HouseholdView), Refusals))]
#[post("/households/{id}/members/{member_id}/leave")]
async fn end_household_member(
    command: Command<MemberLeaving, WriteRegistry>,
    path: web::Path<(HouseholdId, MemberId)>,
) -> ApiResult<HttpResponse> {
    let (id, member) = path.into_inner();
    command.run(async |tx, may, leaving| Answer::changed(&service::leave(tx, may, id, member, leaving).await?)).await
}
