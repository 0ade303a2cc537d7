//! Handlers: the reviews of a subject. Deciding belongs to the subject's own module, which knows what follows from it.

use actix_web::{HttpResponse, get, web};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::model::ReviewView;
use super::service;
use super::specials::{self, SpecialView};
use crate::access::permissions::ReadPlans;
use crate::http::{ApiResult, Reader, Refusals, Views};

/// Mounts the routes of this module.
pub fn configure(config: &mut ServiceConfig) {
    config.service(list_reviews).service(list_specials).configure(super::policies::api::configure);
}

/// Of what.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ReviewFilter {
    /// `plan`, or for special approvals `instruction` too.
    subject_kind: String,
    /// Which.
    subject_id: Uuid,
}

/// Every passage of a subject through the approval chain.
#[utoipa::path(tag = "approvals", security(("token" = ["plans.read"])), params(ReviewFilter), responses((status = 200, body = Vec<ReviewView>), Refusals))]
#[get("/reviews")]
async fn list_reviews(reader: Reader<ReadPlans>, filter: web::Query<ReviewFilter>) -> ApiResult<HttpResponse> {
    Views::one(&reader.read(async |tx, may| service::list(tx, may, &filter.subject_kind, filter.subject_id).await).await?)
}

/// What was proposed for a subject beside the chain, and what was decided.
#[utoipa::path(tag = "approvals", security(("token" = ["plans.read"])), params(ReviewFilter), responses((status = 200, body = Vec<SpecialView>), Refusals))]
#[get("/special-approvals")]
async fn list_specials(reader: Reader<ReadPlans>, filter: web::Query<ReviewFilter>) -> ApiResult<HttpResponse> {
    Views::one(&reader.read(async |tx, may| specials::list(tx, may, &filter.subject_kind, filter.subject_id).await).await?)
}
