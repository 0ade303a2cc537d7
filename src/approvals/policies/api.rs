//! Handlers: approval policies.

use actix_web::{HttpResponse, get, post, web};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::model::{NewPolicy, PolicyView};
use super::service;
use crate::access::permissions::{ConfirmPolicies, ProposePolicies, ReadPlans};
use crate::exports::{AnyList, ExportQuery, FileAnswer, WholeList};
use crate::http::call::Empty;
use crate::http::{Answer, ApiResult, Command, Export, Reader, Refusals, Views};
use crate::kernel::Page;
use crate::kernel::page::Whole;

/// The lists of this folder that can be taken whole.
pub(in crate::approvals) fn lists() -> Vec<&'static dyn AnyList> {
    vec![&POLICIES]
}

/// Mounts the routes of this folder.
pub fn configure(config: &mut ServiceConfig) {
    config.service(export_policies).service(propose_policy).service(list_policies).service(confirm_policy);
}

/// Proposes an approval policy. It holds once a principal has confirmed it.
#[utoipa::path(tag = "approvals", security(("token" = ["policies.propose"])), request_body = NewPolicy, params(("Idempotency-Key" = String, Header)), responses((status = 201, body = PolicyView), Refusals))]
#[post("/approval-policies")]
async fn propose_policy(command: Command<NewPolicy, ProposePolicies>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&service::propose(tx, may, new).await?)).await
}

static POLICIES: WholeList<ReadPlans, Whole, PolicyView> = WholeList {
    route: "approval-policies/export",
    page: |tx, may, _of, _filter| Box::pin(async move { Ok(Page::whole(service::policies(tx, may).await?)) }),
};

/// Every approval policy, proposed or confirmed, as a file.
#[utoipa::path(tag = "approvals", security(("token" = ["plans.read"])), params(ExportQuery), responses(FileAnswer, Refusals))]
#[get("/approval-policies/export")]
async fn export_policies(export: Export<ReadPlans, Whole>) -> ApiResult<HttpResponse> {
    export.list(&POLICIES).await
}

/// Every approval policy, proposed or confirmed, in the order they hold.
#[utoipa::path(tag = "approvals", security(("token" = ["plans.read"])), responses((status = 200, body = Vec<PolicyView>), Refusals))]
#[get("/approval-policies")]
async fn list_policies(reader: Reader<ReadPlans>) -> ApiResult<HttpResponse> {
    Views::one(&reader.read(async |tx, may| service::policies(tx, may).await).await?)
}

/// Confirms an approval policy that somebody else proposed.
#[utoipa::path(tag = "approvals", security(("token" = ["policies.confirm"])), request_body = Empty, params(("Idempotency-Key" = String, Header)), responses((status = 200, body = PolicyView), Refusals))]
#[post("/approval-policies/{id}/confirm")]
async fn confirm_policy(command: Command<Empty, ConfirmPolicies>, id: web::Path<Uuid>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, _| Answer::ok(&service::confirm(tx, may, *id).await?)).await
}
