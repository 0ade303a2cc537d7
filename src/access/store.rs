//! The only file that names this module's tables. What is secret goes through the doors.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Binary, Bool, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use serde_json::Value;
use uuid::Uuid;

use super::model::{GrantView, NewGrant, TokenView, UserView};
use crate::db::schema::{access_token, app_user, role_grant};
use crate::db::{KeepPrepared, Result, Tx};
use crate::kernel::{Credential, FederationId, GrantId, OrganisationId, SessionId, TokenId, UserId};

#[derive(QueryableByName)]
pub(super) struct KnownRow {
    #[diesel(sql_type = SqlUuid)]
    pub user_id: UserId,
    #[diesel(sql_type = Text)]
    pub login: String,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = SqlUuid)]
    pub credential_id: Uuid,
    #[diesel(sql_type = Jsonb)]
    pub roles: Value,
    #[diesel(sql_type = Nullable<Text>)]
    pub tree: Option<String>,
}

pub(super) async fn authenticate(connection: &mut AsyncPgConnection, credential: &Credential) -> Result<Option<KnownRow>> {
    Ok(diesel::sql_query("select user_id, login, kind, credential_id, roles, tree from access_authenticate($1, $2)")
        .bind::<SqlUuid, _>(credential.home)
        .bind::<Binary, _>(credential.key.to_vec())
        .prepared()
        .get_result(connection)
        .await
        .optional()?)
}

/// Each of some organisations with every one under it.
pub(super) async fn below(
    connection: &mut AsyncPgConnection,
    federation: FederationId,
    roots: &[OrganisationId],
) -> Result<Vec<(OrganisationId, OrganisationId)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        root: OrganisationId,
        #[diesel(sql_type = SqlUuid)]
        id: OrganisationId,
    }
    let rows: Vec<Row> = diesel::sql_query("select root, id from access_below($1, $2)")
        .bind::<SqlUuid, _>(federation)
        .bind::<Array<SqlUuid>, _>(roots)
        .load(connection)
        .await?;
    Ok(rows.into_iter().map(|row| (row.root, row.id)).collect())
}

pub(super) async fn has_users(connection: &mut AsyncPgConnection) -> Result<bool> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Bool)]
        there: bool,
    }
    let row: Row = diesel::sql_query("select access_has_users() as there").get_result(connection).await?;
    Ok(row.there)
}

pub(super) async fn add_user(tx: &mut Tx, id: UserId, login: &str, name: &str) -> Result<()> {
    let (federation, now) = (tx.federation, tx.now());
    diesel::sql_query("select access_add_user($1, $2, $3, $4, $5)")
        .bind::<SqlUuid, _>(federation)
        .bind::<SqlUuid, _>(id)
        .bind::<Text, _>(login)
        .bind::<Text, _>(name)
        .bind::<Timestamptz, _>(now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

pub(super) async fn set_password(tx: &mut Tx, id: UserId, salt: &str, key: &[u8], present: Option<&[u8]>) -> Result<()> {
    let federation = tx.federation;
    diesel::sql_query("select access_set_password($1, $2, $3, $4, $5)")
        .bind::<SqlUuid, _>(federation)
        .bind::<SqlUuid, _>(id)
        .bind::<Text, _>(salt)
        .bind::<Binary, _>(key)
        .bind::<Nullable<Binary>, _>(present)
        .execute(tx.conn())
        .await?;
    Ok(())
}

pub(super) async fn set_enabled(tx: &mut Tx, id: UserId, enabled: bool) -> Result<()> {
    let (federation, now) = (tx.federation, tx.now());
    diesel::sql_query("select access_set_enabled($1, $2, $3, $4)")
        .bind::<SqlUuid, _>(federation)
        .bind::<SqlUuid, _>(id)
        .bind::<Bool, _>(enabled)
        .bind::<Timestamptz, _>(now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

pub(super) async fn grant(tx: &mut Tx, id: GrantId, user: UserId, new: &NewGrant) -> Result<()> {
    let (federation, now) = (tx.federation, tx.now());
    diesel::sql_query("select access_grant($1, $2, $3, $4, $5, $6, $7)")
        .bind::<SqlUuid, _>(federation)
        .bind::<SqlUuid, _>(id)
        .bind::<SqlUuid, _>(user)
        .bind::<Text, _>(new.role.name())
        .bind::<Nullable<SqlUuid>, _>(new.organisation_id)
        .bind::<Text, _>(&new.reason)
        .bind::<Timestamptz, _>(now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

pub(super) async fn revoke(tx: &mut Tx, id: GrantId, reason: &str) -> Result<()> {
    let (federation, now) = (tx.federation, tx.now());
    diesel::sql_query("select access_revoke($1, $2, $3, $4)")
        .bind::<SqlUuid, _>(federation)
        .bind::<SqlUuid, _>(id)
        .bind::<Text, _>(reason)
        .bind::<Timestamptz, _>(now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

pub(super) async fn add_token(
    tx: &mut Tx,
    id: TokenId,
    user: UserId,
    name: &str,
    key: &[u8],
    expires_at: Option<DateTime<Utc>>,
) -> Result<TokenView> {
    let (federation, now) = (tx.federation, tx.now());
    diesel::sql_query("select access_add_token($1, $2, $3, $4, $5, $6, $7)")
        .bind::<SqlUuid, _>(federation)
        .bind::<SqlUuid, _>(id)
        .bind::<SqlUuid, _>(user)
        .bind::<Text, _>(name)
        .bind::<Binary, _>(key)
        .bind::<Nullable<Timestamptz>, _>(expires_at)
        .bind::<Timestamptz, _>(now)
        .execute(tx.conn())
        .await?;
    Ok(access_token::table.find((federation, id)).select(TokenView::as_select()).first(tx.conn()).await?)
}

pub(super) async fn revoke_token(tx: &mut Tx, id: TokenId) -> Result<()> {
    let (federation, now) = (tx.federation, tx.now());
    diesel::sql_query("select access_revoke_token($1, $2, $3)")
        .bind::<SqlUuid, _>(federation)
        .bind::<SqlUuid, _>(id)
        .bind::<Timestamptz, _>(now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

pub(super) async fn tokens(tx: &mut Tx, user: UserId) -> Result<Vec<TokenView>> {
    let federation = tx.federation;
    Ok(access_token::table
        .filter(access_token::federation_id.eq(federation).and(access_token::user_id.eq(user)))
        .order(access_token::id)
        .select(TokenView::as_select())
        .load(tx.conn())
        .await?)
}

pub(super) async fn token_uses(tx: &mut Tx) -> Result<Vec<(UserId, DateTime<Utc>)>> {
    let federation = tx.federation;
    let used = access_token::table.filter(access_token::federation_id.eq(federation)).group_by(access_token::user_id);
    let rows: Vec<(UserId, Option<DateTime<Utc>>)> =
        used.select((access_token::user_id, diesel::dsl::max(access_token::last_used_at))).load(tx.conn()).await?;
    Ok(rows.into_iter().filter_map(|(user, at)| Some((user, at?))).collect())
}

pub(super) async fn password_salt(tx: &mut Tx, login: &str) -> Result<Option<String>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Nullable<Text>)]
        salt: Option<String>,
    }
    let federation = tx.federation;
    let row: Row = diesel::sql_query("select access_password_salt($1, $2) as salt")
        .bind::<SqlUuid, _>(federation)
        .bind::<Text, _>(login)
        .get_result(tx.conn())
        .await?;
    Ok(row.salt)
}

#[derive(QueryableByName)]
pub(super) struct OpenedRow {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub user_id: Option<UserId>,
    #[diesel(sql_type = Text)]
    pub outcome: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub expires_at: Option<DateTime<Utc>>,
}

pub(super) async fn open_session(
    tx: &mut Tx,
    login: &str,
    password_key: &[u8],
    session: SessionId,
    session_key: &[u8],
    hours: i32,
) -> Result<OpenedRow> {
    let (federation, act, now) = (tx.federation, tx.act(), tx.now());
    Ok(diesel::sql_query("select user_id, outcome, expires_at from access_open_session($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind::<SqlUuid, _>(federation)
        .bind::<SqlUuid, _>(act)
        .bind::<Text, _>(login)
        .bind::<Binary, _>(password_key)
        .bind::<SqlUuid, _>(session)
        .bind::<Binary, _>(session_key)
        .bind::<Integer, _>(hours)
        .bind::<Timestamptz, _>(now)
        .get_result(tx.conn())
        .await?)
}

pub(super) async fn end_session(tx: &mut Tx, session: SessionId) -> Result<()> {
    let federation = tx.federation;
    diesel::sql_query("select access_end_session($1, $2)")
        .bind::<SqlUuid, _>(federation)
        .bind::<SqlUuid, _>(session)
        .execute(tx.conn())
        .await?;
    Ok(())
}

pub(super) async fn users(tx: &mut Tx) -> Result<Vec<UserView>> {
    let federation = tx.federation;
    let wanted = app_user::table.filter(app_user::federation_id.eq(federation));
    Ok(wanted.order(app_user::login).select(UserView::as_select()).load(tx.conn()).await?)
}

pub(super) async fn user(tx: &mut Tx, id: UserId) -> Result<UserView> {
    let federation = tx.federation;
    Ok(app_user::table.find((federation, id)).select(UserView::as_select()).first(tx.conn()).await?)
}

pub(super) async fn user_by_login(tx: &mut Tx, login: &str) -> Result<UserView> {
    let federation = tx.federation;
    let wanted = app_user::table.filter(app_user::federation_id.eq(federation).and(app_user::login.eq(login)));
    Ok(wanted.select(UserView::as_select()).first(tx.conn()).await?)
}

pub(super) async fn grants(tx: &mut Tx, user: Option<UserId>) -> Result<Vec<GrantView>> {
    let federation = tx.federation;
    let mut wanted = role_grant::table.filter(role_grant::federation_id.eq(federation)).into_boxed();
    if let Some(user) = user {
        wanted = wanted.filter(role_grant::user_id.eq(user));
    }
    Ok(wanted.order(role_grant::id).select(GrantView::as_select()).load(tx.conn()).await?)
}

pub(super) async fn grant_by_id(tx: &mut Tx, id: GrantId) -> Result<GrantView> {
    let federation = tx.federation;
    Ok(role_grant::table.find((federation, id)).select(GrantView::as_select()).first(tx.conn()).await?)
}

/// Of some things, named by the collection they have in the API and their id, those outside some organisations.
///
/// # Errors
/// When the database cannot be read.
pub async fn outside(tx: &mut Tx, named: &[(String, Uuid)], within: &[OrganisationId]) -> Result<Vec<Uuid>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
    }
    let federation = tx.federation;
    let rows: Vec<Row> = diesel::sql_query("select id from outside_reach($1, $2, $3, $4)")
        .bind::<SqlUuid, _>(federation)
        .bind::<Array<Text>, _>(named.iter().map(|(kind, _)| kind.as_str()).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(named.iter().map(|(_, id)| *id).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(within.iter().map(|id| id.0).collect::<Vec<_>>())
        .load(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Cuts the lists of this transaction down to what belongs to some organisations.
///
/// # Errors
/// When the database cannot be written to.
pub async fn list_within(tx: &mut Tx, within: &[OrganisationId]) -> Result<()> {
    let within: Vec<String> = within.iter().map(ToString::to_string).collect();
    // UUIDs only: they can stand in the statement, which takes no parameters.
    Ok(tx.conn().batch_execute(&format!("set local bangfu.reach = '{}'", within.join(","))).await?)
}

/// The federation of a code.
pub(super) async fn federation_of(connection: &mut AsyncPgConnection, code: &str) -> Result<Option<FederationId>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        id: FederationId,
    }
    let row: Option<Row> =
        diesel::sql_query("select id from federation where code = $1").bind::<Text, _>(code).get_result(connection).await.optional()?;
    Ok(row.map(|row| row.id))
}
