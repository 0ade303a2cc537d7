//! Handlers of payee accounts.

use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{AccountClosing, AccountFilter, ChangedAccount, NewPayeeAccount, PayeeAccount};
use super::service;
use crate::access::permissions::{ReadRegistry, WriteRegistry};
use crate::exports::{AnyList, ExportQuery, FileAnswer, WholeList};
use crate::http::{Answer, ApiResult, Command, Edit, Export, Reader, Refusals, Views};
use crate::kernel::{Page, PayeeAccountId};

/// The lists of this module that can be taken whole.
pub fn lists() -> Vec<&'static dyn AnyList> {
    vec![&PAYEE_ACCOUNTS]
}

pub(in crate::registry) fn configure(config: &mut ServiceConfig) {
    config.service(export_payee_accounts);
    config
        .service(create_payee_account)
        .service(list_payee_accounts)
        .service(read_payee_account)
        .service(change_payee_account)
        .service(close_payee_account);
}

/// Records an account of a person or an organisation.
#[utoipa::path(tag = "registry", security(("token" = ["registry.write"])), request_body = NewPayeeAccount, params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = PayeeAccount), Refusals))]
#[post("/payee-accounts")]
async fn create_payee_account(command: Command<NewPayeeAccount, WriteRegistry>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&service::create(tx, may, new).await?)).await
}

static PAYEE_ACCOUNTS: WholeList<ReadRegistry, AccountFilter, PayeeAccount> =
    WholeList { route: "payee-accounts/export", page: |tx, may, _of, filter| Box::pin(service::list(tx, may, filter)) };

/// All payee accounts that match, as a file.
#[utoipa::path(tag = "registry", security(("token" = ["registry.read"])), params(ExportQuery, AccountFilter), responses(FileAnswer, Refusals))]
#[get("/payee-accounts/export")]
async fn export_payee_accounts(export: Export<ReadRegistry, AccountFilter>) -> ApiResult<HttpResponse> {
    export.list(&PAYEE_ACCOUNTS).await
}

/// Accounts.
#[utoipa::path(tag = "registry", security(("token" = ["registry.read"])), params(AccountFilter), responses((status = 200, body = Page<PayeeAccount>), Refusals))]
#[get("/payee-accounts")]
async fn list_payee_accounts(
    reader: Reader<ReadRegistry>,
    filter: web::Query<AccountFilter>,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    Views::page(&request, &reader.read(async |tx, may| service::list(tx, may, &filter).await).await?)
}

/// One account.
#[utoipa::path(tag = "registry", security(("token" = ["registry.read"])), responses((status = 200, body = PayeeAccount), Refusals))]
#[get("/payee-accounts/{id}")]
async fn read_payee_account(reader: Reader<ReadRegistry>, id: web::Path<PayeeAccountId>) -> ApiResult<HttpResponse> {
    Views::versioned(&reader.read(async |tx, may| service::read(tx, may, *id).await).await?)
}

/// Changes holder, bank and agent's reason of an account.
#[utoipa::path(tag = "registry", security(("token" = ["registry.write"])), request_body = ChangedAccount, params(("If-Match" = String, Header)),
    responses((status = 200, body = PayeeAccount), Refusals))]
#[put("/payee-accounts/{id}")]
async fn change_payee_account(edit: Edit<ChangedAccount, WriteRegistry>, id: web::Path<PayeeAccountId>) -> ApiResult<HttpResponse> {
    edit.run(async |tx, may, version, new| Answer::changed(&service::change(tx, may, *id, version, new).await?)).await
}

/// Closes an account: nothing more is paid to it.
#[utoipa::path(tag = "registry", security(("token" = ["registry.write"])), request_body = AccountClosing, params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = PayeeAccount), Refusals))]
#[post("/payee-accounts/{id}/close")]
async fn close_payee_account(command: Command<AccountClosing, WriteRegistry>, id: web::Path<PayeeAccountId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, closing| Answer::changed(&service::close(tx, may, *id, closing).await?)).await
}
