//! Handlers: the reviews of a subject. Deciding belongs to the subject's own module, which knows what follows from it.

use actix_web::{HttpResponse, get, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{ReviewFilter, ReviewView};
use super::service;
use super::specials::{self, SpecialView};
use crate::access::permissions::ReadPlans;
use crate::exports::{AnyList, ExportQuery, FileAnswer, WholeList};
use crate::http::{ApiResult, Export, Reader, Refusals, Views};
use crate::kernel::Page;

/// The lists of this module that can be taken whole.
#[must_use]
pub fn lists() -> Vec<&'static dyn AnyList> {
    let own: [&'static dyn AnyList; 2] = [&REVIEWS, &SPECIALS];
    own.into_iter().chain(super::policies::api::lists()).collect()
}

/// Mounts the routes of this module.
pub fn configure(config: &mut ServiceConfig) {
    config.service(export_reviews).service(export_specials);
    config.service(list_reviews).service(list_specials).configure(super::policies::api::configure);
}

static REVIEWS: WholeList<ReadPlans, ReviewFilter, ReviewView> = WholeList {
    route: "reviews/export",
    page: |tx, may, _of, filter| {
        Box::pin(async move { Ok(Page::whole(service::list(tx, may, &filter.subject_kind, filter.subject_id).await?)) })
    },
};

/// Every passage of a subject through the approval chain, as a file.
#[utoipa::path(tag = "approvals", security(("token" = ["plans.read"])), params(ExportQuery, ReviewFilter), responses(FileAnswer, Refusals))]
#[get("/reviews/export")]
async fn export_reviews(export: Export<ReadPlans, ReviewFilter>) -> ApiResult<HttpResponse> {
    export.list(&REVIEWS).await
}

/// Every passage of a subject through the approval chain.
#[utoipa::path(tag = "approvals", security(("token" = ["plans.read"])), params(ReviewFilter), responses((status = 200, body = Vec<ReviewView>), Refusals))]
#[get("/reviews")]
async fn list_reviews(reader: Reader<ReadPlans>, filter: web::Query<ReviewFilter>) -> ApiResult<HttpResponse> {
    Views::one(&reader.read(async |tx, may| service::list(tx, may, &filter.subject_kind, filter.subject_id).await).await?)
}

static SPECIALS: WholeList<ReadPlans, ReviewFilter, SpecialView> = WholeList {
    route: "special-approvals/export",
    page: |tx, may, _of, filter| {
        Box::pin(async move { Ok(Page::whole(specials::list(tx, may, &filter.subject_kind, filter.subject_id).await?)) })
    },
};

/// What was proposed for a subject beside the chain, and what was decided, as a file.
#[utoipa::path(tag = "approvals", security(("token" = ["plans.read"])), params(ExportQuery, ReviewFilter), responses(FileAnswer, Refusals))]
#[get("/special-approvals/export")]
async fn export_specials(export: Export<ReadPlans, ReviewFilter>) -> ApiResult<HttpResponse> {
    export.list(&SPECIALS).await
}

/// What was proposed for a subject beside the chain, and what was decided.
#[utoipa::path(tag = "approvals", security(("token" = ["plans.read"])), params(ReviewFilter), responses((status = 200, body = Vec<SpecialView>), Refusals))]
#[get("/special-approvals")]
async fn list_specials(reader: Reader<ReadPlans>, filter: web::Query<ReviewFilter>) -> ApiResult<HttpResponse> {
    Views::one(&reader.read(async |tx, may| specials::list(tx, may, &filter.subject_kind, filter.subject_id).await).await?)
}
