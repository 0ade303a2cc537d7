//! Users, grants, tokens and sessions as they are asked for and shown. Nothing here holds a secret but the bodies that bring one.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::db::schema::{access_token, app_user, role_grant};
use crate::exports::ToValue;
use crate::kernel::{FederationId, Grant, GrantId, Located, OrganisationId, Role, SessionId, TokenId, UserId, Versioned};

/// Somebody whose token or session is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticated {
    /// The user.
    pub user: UserId,
    /// The name it acts under.
    pub login: String,
    /// Its roles, with where they hold.
    pub grants: Vec<Grant>,
    /// The session, for a browser.
    pub session: Option<SessionId>,
}

/// A user to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// Login name; stands as actor in every record, is never changed and never given to another person.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// The first password, at least 12 characters; none means that the user cannot log in yet.
    pub password: Option<String>,
}

/// A user.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable)]
#[diesel(table_name = app_user)]
pub struct UserView {
    /// Its id.
    pub id: UserId,
    /// Login name.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// How many logins failed since the last good one.
    pub failed_logins: i32,
    /// Until when it is locked after too many of them.
    pub locked_until: Option<DateTime<Utc>>,
    /// Since when it is disabled.
    pub disabled_at: Option<DateTime<Utc>>,
    /// Counted up by every change.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

impl Located for UserView {
    fn location(&self) -> String {
        format!("/v1/users/{}", self.id)
    }
}

impl Versioned for UserView {
    fn version(&self) -> i32 {
        self.version
    }
}

/// A user with its roles.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UserWithGrants {
    /// The user.
    #[serde(flatten)]
    pub user: UserView,
    /// Roles, live and revoked.
    pub grants: Vec<GrantView>,
}

/// A role to be granted.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGrant {
    /// The role.
    pub role: Role,
    /// The organisation it holds in, with those under it; the whole federation when absent.
    pub organisation_id: Option<OrganisationId>,
    /// Why.
    pub reason: String,
}

/// A role as granted.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable)]
#[diesel(table_name = role_grant)]
pub struct GrantView {
    /// Its id.
    pub id: GrantId,
    /// To whom.
    pub user_id: UserId,
    /// The role.
    pub role: String,
    /// Where it holds; the whole federation when absent.
    pub organisation_id: Option<OrganisationId>,
    /// Why.
    pub reason: String,
    /// Who granted it.
    pub granted_by: String,
    /// When.
    pub granted_at: DateTime<Utc>,
    /// Who revoked it.
    pub revoked_by: Option<String>,
    /// When.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Why it was revoked.
    pub revoke_reason: Option<String>,
}

impl Located for GrantView {
    fn location(&self) -> String {
        format!("/v1/users/{}", self.user_id)
    }
}

/// Why something is done.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// Why.
    pub reason: String,
}

/// A password an administrator sets.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordSetting {
    /// The new password, at least 12 characters.
    pub password: String,
}

/// A change of one's own password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The password until now.
    pub present_password: String,
    /// The new one, at least 12 characters.
    pub password: String,
}

/// A login.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The federation's code; absent for administrators of the service itself.
    pub federation: Option<String>,
    /// Login name.
    pub login: String,
    /// Password.
    pub password: String,
}

/// Who is logged in.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LoggedIn {
    /// The user.
    pub user_id: UserId,
    /// Login name.
    pub login: String,
    /// The federation; send it as `Bangfu-Federation` where there are several.
    pub federation_id: FederationId,
    /// What each change of this session sends as `Bangfu-CSRF`.
    pub csrf_token: String,
    /// When the session ends by itself.
    pub expires_at: DateTime<Utc>,
}

/// A role of the caller's, with where it holds.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OwnGrant {
    /// The role.
    pub role: Role,
    /// The organisations it holds in; absent for the whole federation.
    pub organisations: Option<Vec<OrganisationId>>,
}

/// The caller.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Me {
    /// The user.
    pub user_id: UserId,
    /// Login name.
    pub login: String,
    /// Its federation.
    pub federation_id: FederationId,
    /// Roles.
    pub grants: Vec<OwnGrant>,
    /// What they allow.
    pub permissions: Vec<&'static str>,
}

/// A token to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What it is for.
    pub name: String,
    /// When it stops working; never when absent.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A token.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable)]
#[diesel(table_name = access_token)]
pub struct TokenView {
    /// Its id.
    pub id: TokenId,
    /// What it is for.
    pub name: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it stops working.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// A token just made.
#[derive(Clone, Serialize, ToSchema)]
pub struct MadeToken {
    /// The token.
    #[serde(flatten)]
    pub token: TokenView,
    /// What goes into `Authorization: Bearer`; shown this once.
    pub secret: String,
}

/// The roles that a user has now; where one holds only within an organisation, with that.
fn live_roles(row: &UserWithGrants) -> crate::exports::Value<'_> {
    let live = row.grants.iter().filter(|grant| grant.revoked_at.is_none());
    let told = live.map(|grant| grant.organisation_id.map_or_else(|| grant.role.clone(), |within| format!("{}@{within}", grant.role)));
    crate::exports::Value::Text(told.collect::<Vec<_>>().join("、").into())
}

/// How many were taken away again.
fn revoked_roles(row: &UserWithGrants) -> crate::exports::Value<'_> {
    let revoked = row.grants.iter().filter(|grant| grant.revoked_at.is_some()).count();
    crate::exports::Value::Integer(i64::try_from(revoked).unwrap_or(i64::MAX))
}

crate::listed! {
    UserWithGrants = "users", "用户", "Users";
    id "编号" = |row| row.user.id.to_value(), login "登录名" = |row| row.user.login.to_value(), name "姓名" = |row| row.user.name.to_value(),
    roles "角色" = live_roles, revoked_roles "已撤销角色数" = revoked_roles,
    failed_logins "登录失败次数" = |row| row.user.failed_logins.to_value(), locked_until "锁定至" = |row| row.user.locked_until.to_value(),
    disabled_at "停用时间" = |row| row.user.disabled_at.to_value(), created_at "登记时间" = |row| row.user.created_at.to_value(),
}

crate::listed! {
    TokenView = "tokens", "访问令牌", "Tokens";
    id "编号", name "用途", created_at "创建时间", expires_at "失效时间", last_used_at "最近使用", revoked_at "撤销时间",
}
