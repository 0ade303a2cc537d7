//! Handlers: sessions, oneself, tokens, and the users that administrators manage.

use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::error::TOO_MANY_LOGINS;
use super::model::{
    GrantView, LoggedIn, Login, MadeToken, Me, NewGrant, NewToken, NewUser, OwnGrant, PasswordChange, PasswordSetting, Reason, TokenView,
    UserView, UserWithGrants,
};
use super::permissions::{self, Described, ManageUsers, OwnAccess, ReadUsers};
use super::service;
use crate::app::AppState;
use crate::exports::{AnyList, ExportQuery, FileAnswer, WholeList};
use crate::http::auth::{Principal, SESSION_COOKIE};
use crate::http::call::{self, Empty};
use crate::http::{Answer, ApiError, ApiResult, Command, Export, OwnCommand, OwnExport, OwnReader, Reader, Refusals, Views};
use crate::kernel::page::Whole;
use crate::kernel::{GrantId, Page, TokenId, UserId};

/// Mounts what answers without a login.
pub fn configure_public(config: &mut ServiceConfig) {
    config.service(log_in);
}

/// The lists of this module that can be taken whole.
#[must_use]
pub fn lists() -> Vec<&'static dyn AnyList> {
    vec![&USERS, &TOKENS]
}

/// Mounts the routes of this module.
pub fn configure(config: &mut ServiceConfig) {
    config.service(export_tokens).service(export_users);
    config
        .service(log_out)
        .service(read_me)
        .service(change_own_password)
        .service(list_tokens)
        .service(create_token)
        .service(revoke_token)
        .service(create_user)
        .service(list_users)
        .service(read_user)
        .service(set_user_password)
        .service(disable_user)
        .service(enable_user)
        .service(create_grant)
        .service(revoke_grant);
}

fn cookie(state: &AppState, value: String, seconds: i64) -> Cookie<'static> {
    Cookie::build(SESSION_COOKIE, value)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(state.secure_cookies)
        .max_age(time::Duration::seconds(seconds))
        .finish()
}

/// Logs in: sets the session's cookie and answers the CSRF token that changes need.
#[utoipa::path(tag = "access", request_body = Login, security(()), responses((status = 200, body = LoggedIn), Refusals))]
#[post("/v1/sessions")]
async fn log_in(request: HttpRequest, body: call::Plain<Login>, state: web::Data<AppState>) -> ApiResult<HttpResponse> {
    let login = body.into_inner();
    let origin = call::origin(&request);
    let address = origin.address.clone().unwrap_or_default();
    let name = format!("{}/{}", login.federation.as_deref().unwrap_or_default(), login.login);
    if !state.login_limits.allow(&address, &name) {
        return Err(ApiError::from(TOO_MANY_LOGINS.refuse()));
    }
    let opened = service::log_in(&state.db, &login, origin).await?;
    let seconds = opened.logged_in.expires_at.signed_duration_since(state.db.clock().now()).num_seconds().clamp(0, 86_400);
    Ok(HttpResponse::Ok().cookie(cookie(&state, opened.secret.text().to_owned(), seconds)).json(opened.logged_in))
}

/// Logs out: the session ends, here and in the database.
#[utoipa::path(tag = "access", request_body = Empty, params(("Idempotency-Key" = String, Header)), security(("token" = ["access.own"])),
    responses((status = 200, body = Empty), Refusals))]
#[post("/sessions/end")]
async fn log_out(
    command: OwnCommand<Empty, OwnAccess>,
    principal: web::ReqData<Principal>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    let session = principal.user.session;
    let mut response = command
        .run(async |tx, may, body| {
            service::log_out(tx, may, session).await?;
            Answer::ok(&body)
        })
        .await?;
    response
        .add_removal_cookie(&cookie(&state, String::new(), 0))
        .map_err(|error| ApiError(crate::db::Error::Internal(error.to_string())))?;
    Ok(response)
}

/// Who is calling, and what its roles allow.
#[utoipa::path(tag = "access", security(("token" = ["access.own"])), responses((status = 200, body = Me), Refusals))]
#[get("/me")]
async fn read_me(principal: web::ReqData<Principal>) -> ApiResult<HttpResponse> {
    let grants = &principal.user.grants;
    let held = |permission: &&Described| !permission.needs_role || grants.iter().any(|grant| permission.roles.contains(&grant.role));
    let allowed = permissions::ALL.iter().filter(held);
    Views::one(&Me {
        user_id: principal.user.user,
        login: principal.user.login.clone(),
        federation_id: principal.credential.home,
        permissions: allowed.map(|permission| permission.name).collect(),
        grants: grants.iter().map(|grant| OwnGrant { role: grant.role, organisations: grant.reach.organisations() }).collect(),
    })
}

/// Changes one's own password; every session of the user ends.
#[utoipa::path(tag = "access", request_body = PasswordChange, params(("Idempotency-Key" = String, Header)), security(("token" = ["access.own"])),
    responses((status = 200, body = Empty), Refusals))]
#[post("/me/password")]
async fn change_own_password(
    command: OwnCommand<PasswordChange, OwnAccess>,
    principal: web::ReqData<Principal>,
) -> ApiResult<HttpResponse> {
    let user = principal.user.user;
    command
        .run(async |tx, may, change| {
            service::change_password(tx, may, user, &change).await?;
            Answer::ok(&Empty {})
        })
        .await
}

static TOKENS: WholeList<OwnAccess, Whole, TokenView> = WholeList {
    route: "tokens/export",
    page: |tx, may, _of, _filter| Box::pin(async move { Ok(Page::whole(service::own_tokens(tx, may).await?)) }),
};

/// One's own tokens, without their secrets, as a file.
#[utoipa::path(tag = "access", security(("token" = ["access.own"])), params(ExportQuery), responses(FileAnswer, Refusals))]
#[get("/tokens/export")]
async fn export_tokens(export: OwnExport<OwnAccess, Whole>) -> ApiResult<HttpResponse> {
    export.list(&TOKENS).await
}

/// One's own tokens, without their secrets.
#[utoipa::path(tag = "access", security(("token" = ["access.own"])), responses((status = 200, body = Vec<TokenView>), Refusals))]
#[get("/tokens")]
async fn list_tokens(reader: OwnReader<OwnAccess>, principal: web::ReqData<Principal>) -> ApiResult<HttpResponse> {
    let user = principal.user.user;
    Views::one(&reader.read(async |tx, may| service::tokens(tx, may, user).await).await?)
}

/// Makes a token for oneself. Its secret is in this answer and nowhere else; a repeat with the same key does not show it again.
#[utoipa::path(tag = "access", request_body = NewToken, params(("Idempotency-Key" = String, Header)), security(("token" = ["access.own"])),
    responses((status = 200, body = MadeToken), Refusals))]
#[post("/tokens")]
async fn create_token(command: OwnCommand<NewToken, OwnAccess>, principal: web::ReqData<Principal>) -> ApiResult<HttpResponse> {
    let user = principal.user.user;
    command
        .run_secretly(async |tx, may, new| {
            let made = service::add_token(tx, may, user, &new).await?;
            let kept = Answer::ok(&made.token)?;
            Ok((Answer::ok(&made)?, kept))
        })
        .await
}

/// Revokes a token of one's own; an administrator, anybody's.
#[utoipa::path(tag = "access", request_body = Empty, params(("Idempotency-Key" = String, Header)), security(("token" = ["access.own"])),
    responses((status = 200, body = Empty), Refusals))]
#[post("/tokens/{id}/revoke")]
async fn revoke_token(command: OwnCommand<Empty, OwnAccess>, id: web::Path<TokenId>) -> ApiResult<HttpResponse> {
    command
        .run(async |tx, may, body| {
            service::revoke_token(tx, may, *id).await?;
            Answer::ok(&body)
        })
        .await
}

/// Makes a user.
#[utoipa::path(tag = "access", request_body = NewUser, params(("Idempotency-Key" = String, Header)), security(("token" = ["users.manage"])),
    responses((status = 201, body = UserView), Refusals))]
#[post("/users")]
async fn create_user(command: Command<NewUser, ManageUsers>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&service::add_user(tx, may, new).await?)).await
}

static USERS: WholeList<ReadUsers, Whole, UserWithGrants> = WholeList {
    route: "users/export",
    page: |tx, may, _of, _filter| Box::pin(async move { Ok(Page::whole(service::users_of(tx, may).await?)) }),
};

/// Users with their roles, as a file.
#[utoipa::path(tag = "access", security(("token" = ["users.read"])), params(ExportQuery), responses(FileAnswer, Refusals))]
#[get("/users/export")]
async fn export_users(export: Export<ReadUsers, Whole>) -> ApiResult<HttpResponse> {
    export.list(&USERS).await
}

/// Users with their roles.
#[utoipa::path(tag = "access", security(("token" = ["users.read"])), responses((status = 200, body = Vec<UserWithGrants>), Refusals))]
#[get("/users")]
async fn list_users(reader: Reader<ReadUsers>) -> ApiResult<HttpResponse> {
    Views::one(&reader.read(async |tx, may| service::users_of(tx, may).await).await?)
}

/// One user with its roles.
#[utoipa::path(tag = "access", security(("token" = ["users.read"])), responses((status = 200, body = UserWithGrants), Refusals))]
#[get("/users/{id}")]
async fn read_user(reader: Reader<ReadUsers>, id: web::Path<UserId>) -> ApiResult<HttpResponse> {
    Views::one(&reader.read(async |tx, may| service::user(tx, may, *id).await).await?)
}

/// Sets a user's password, and ends its sessions.
#[utoipa::path(tag = "access", request_body = PasswordSetting, params(("Idempotency-Key" = String, Header)), security(("token" = ["users.manage"])),
    responses((status = 200, body = UserView), Refusals))]
#[post("/users/{id}/password")]
async fn set_user_password(command: Command<PasswordSetting, ManageUsers>, id: web::Path<UserId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, setting| Answer::changed(&service::set_password(tx, may, *id, &setting).await?)).await
}

/// Disables a user: neither password nor tokens nor sessions work any more.
#[utoipa::path(tag = "access", request_body = Reason, params(("Idempotency-Key" = String, Header)), security(("token" = ["users.manage"])),
    responses((status = 200, body = UserView), Refusals))]
#[post("/users/{id}/disable")]
async fn disable_user(command: Command<Reason, ManageUsers>, id: web::Path<UserId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, body| Answer::changed(&service::set_enabled(tx, may, *id, false, &body.reason).await?)).await
}

/// Lets a disabled or locked user in again.
#[utoipa::path(tag = "access", request_body = Reason, params(("Idempotency-Key" = String, Header)), security(("token" = ["users.manage"])),
    responses((status = 200, body = UserView), Refusals))]
#[post("/users/{id}/enable")]
async fn enable_user(command: Command<Reason, ManageUsers>, id: web::Path<UserId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, body| Answer::changed(&service::set_enabled(tx, may, *id, true, &body.reason).await?)).await
}

/// Grants a user a role within an organisation and those under it, or in the whole federation.
#[utoipa::path(tag = "access", request_body = NewGrant, params(("Idempotency-Key" = String, Header)), security(("token" = ["users.manage"])),
    responses((status = 201, body = GrantView), Refusals))]
#[post("/users/{id}/grants")]
async fn create_grant(command: Command<NewGrant, ManageUsers>, id: web::Path<UserId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, new| Answer::created(&service::grant(tx, may, *id, &new).await?)).await
}

/// Revokes a grant; its user loses the role with the next request.
#[utoipa::path(tag = "access", request_body = Reason, params(("Idempotency-Key" = String, Header)), security(("token" = ["users.manage"])),
    responses((status = 200, body = GrantView), Refusals))]
#[post("/grants/{id}/revoke")]
async fn revoke_grant(command: Command<Reason, ManageUsers>, id: web::Path<GrantId>) -> ApiResult<HttpResponse> {
    command.run(async |tx, may, body| Answer::ok(&service::revoke(tx, may, *id, &body.reason).await?)).await
}
