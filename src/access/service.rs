//! Use cases: logging in and out, tokens, and what administrators do with users.

use std::collections::BTreeMap;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::error::{LOGIN_FAILED, TOO_MANY_LOGINS};
use super::model::{
    Authenticated, GrantView, LoggedIn, Login, MadeToken, NewGrant, NewToken, NewUser, PasswordChange, PasswordSetting, TokenView,
    UserView, UserWithGrants,
};
use super::permissions::{ManageUsers, OwnAccess, ReadUsers};
use super::reaches::Reaches;
use super::rules::{Secret, csrf_token, grant_faults, password_fault, user_faults};
use super::store;
use crate::db::{Db, Error, Result, Tx};
use crate::kernel::refusal::{blank, none_at_fault};
use crate::kernel::{
    Caller, Credential, FederationId, Grant, GrantId, OrganisationId, Origin, Permit, Role, SERVICE, SessionId, TokenId, UserId,
};

/// Memory, passes and lanes of argon2id: the first recommendation of OWASP's password storage cheat sheet.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
/// How long a session lasts.
const SESSION_HOURS: i32 = 12;

#[derive(Deserialize)]
struct RoleRow {
    role: String,
    organisation: Option<OrganisationId>,
}

/// Whose token or session it is; `None` when it is nobody's, or has ended.
///
/// # Errors
/// When the database cannot be read.
pub async fn authenticate(db: &Db, reaches: &Reaches, credential: &Credential) -> Result<Option<Authenticated>> {
    let mut connection = db.connection().await?;
    let known = store::authenticate(&mut connection, credential).await?;
    drop(connection);
    let Some(row) = known else { return Ok(None) };
    let roles: Vec<RoleRow> = serde_json::from_value(row.roles).map_err(|error| Error::Internal(format!("stored roles: {error}")))?;
    let mut roots: Vec<OrganisationId> = roles.iter().filter_map(|granted| granted.organisation).collect();
    roots.sort_unstable();
    roots.dedup();
    let below = match &row.tree {
        Some(tree) => reaches.below(db, credential.home, tree, &roots).await?,
        None => BTreeMap::new(),
    };
    let grants = roles
        .into_iter()
        .filter_map(|granted| {
            let role = Role::parse(&granted.role)?;
            Some(match granted.organisation {
                Some(root) => Grant::within(role, root, below.get(&root).cloned().unwrap_or_default()),
                None => Grant::everywhere(role),
            })
        })
        .collect();
    let session = (row.kind == "session").then_some(SessionId(row.credential_id));
    Ok(Some(Authenticated { user: row.user_id, login: row.login, grants, session }))
}

fn hasher() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, Some(32)).map_err(|error| Error::Internal(format!("argon2: {error}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The key of a password: what proves it to the database, which keeps only the key's hash. Takes tens of milliseconds of CPU, so
/// it runs on the threads for blocking work.
async fn password_key(password: String, salt: Vec<u8>) -> Result<Vec<u8>> {
    let hashing = tokio::task::spawn_blocking(move || {
        let mut key = vec![0_u8; 32];
        hasher()?.hash_password_into(password.as_bytes(), &salt, &mut key).map_err(|error| Error::Internal(format!("argon2: {error}")))?;
        Ok(key)
    });
    hashing.await.map_err(|error| Error::Internal(error.to_string()))?
}

/// Algorithm, parameters and salt in the form of the PHC string format, without the hash.
fn described(salt: &[u8]) -> String {
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p=1${}", STANDARD_NO_PAD.encode(salt))
}

fn salt_of(described: &str) -> Option<Vec<u8>> {
    STANDARD_NO_PAD.decode(described.rsplit('$').next()?).ok()
}

/// Sets a password that has passed the rules.
async fn write_password(tx: &mut Tx, user: UserId, password: &str, present: Option<&[u8]>) -> Result<()> {
    let salt: [u8; 16] = rand::random();
    let key = password_key(password.to_owned(), salt.to_vec()).await?;
    store::set_password(tx, user, &described(&salt), &key, present).await
}

/// The key of a login's present password. For somebody who is not there it takes the same time, with a salt that is always the
/// same for the same name.
async fn present_key(tx: &mut Tx, login: &str, password: &str) -> Result<Vec<u8>> {
    let known = store::password_salt(tx, login).await?.as_deref().and_then(salt_of);
    let salt = known.unwrap_or_else(|| Sha256::digest(login.as_bytes()).iter().take(16).copied().collect());
    password_key(password.to_owned(), salt).await
}

/// A session just opened: what is answered, and the secret for the cookie.
pub(super) struct Opened {
    pub(super) logged_in: LoggedIn,
    pub(super) secret: Secret,
}

/// Logs in. The attempt is an act of its own and kept whether it succeeds or not.
///
/// # Errors
/// [`LOGIN_FAILED`]; [`TOO_MANY_LOGINS`] while the user is locked.
pub(super) async fn log_in(db: &Db, login: &Login, origin: Origin) -> Result<Opened> {
    let home = home_of(db, login.federation.as_deref()).await?;
    // A federation that is not there costs the same time as one that is.
    let federation = home.unwrap_or(SERVICE);
    let caller = Caller::program(federation, "").from(origin);
    let secret = Secret::of(federation, rand::random());
    let opened = db
        .log_in(&caller, async |tx| {
            let key = present_key(tx, &login.login, &login.password).await?;
            if home.is_none() {
                tx.nothing_done();
                return Ok(Err(&LOGIN_FAILED));
            }
            let session = SessionId::generate();
            let row = store::open_session(tx, &login.login, &key, session, &secret.credential().key, SESSION_HOURS).await?;
            if let Some(user) = row.user_id {
                tx.about("users", user);
            }
            match (row.outcome.as_str(), row.user_id, row.expires_at) {
                ("done", Some(user), Some(expires_at)) => Ok(Ok((user, expires_at))),
                ("locked", ..) => {
                    tx.refused(TOO_MANY_LOGINS.name);
                    Ok(Err(&TOO_MANY_LOGINS))
                }
                _ => {
                    tx.refused(LOGIN_FAILED.name);
                    Ok(Err(&LOGIN_FAILED))
                }
            }
        })
        .await?;
    match opened {
        Ok((user_id, expires_at)) => Ok(Opened {
            logged_in: LoggedIn {
                user_id,
                login: login.login.clone(),
                federation_id: federation,
                csrf_token: csrf_token(&secret),
                expires_at,
            },
            secret,
        }),
        Err(code) => Err(code.refuse().into()),
    }
}

async fn home_of(db: &Db, code: Option<&str>) -> Result<Option<FederationId>> {
    match code {
        None => Ok(Some(SERVICE)),
        Some(code) => federation_of(db, code).await,
    }
}

/// The federation of a code.
///
/// # Errors
/// When the database cannot be read.
pub async fn federation_of(db: &Db, code: &str) -> Result<Option<FederationId>> {
    let mut connection = db.connection().await?;
    store::federation_of(&mut connection, code).await
}

/// Ends a session.
pub(super) async fn log_out(tx: &mut Tx, _may: &Permit<OwnAccess>, session: Option<SessionId>) -> Result<()> {
    match session {
        Some(session) => store::end_session(tx, session).await,
        None => Ok(()),
    }
}

/// Makes a user.
///
/// # Errors
/// Fields at fault; [`super::error::USER_EXISTS`]; [`super::error::ADMINISTRATOR_NEEDED`].
pub async fn add_user(tx: &mut Tx, _may: &Permit<ManageUsers>, new: NewUser) -> Result<UserView> {
    none_at_fault(user_faults(&new))?;
    let id = UserId::generate();
    store::add_user(tx, id, &new.login, new.name.trim()).await?;
    if let Some(password) = &new.password {
        write_password(tx, id, password, None).await?;
    }
    tx.about("users", id);
    store::user(tx, id).await
}

/// Every user with its roles.
///
/// # Errors
/// When the database cannot be read.
pub async fn users_of(tx: &mut Tx, _may: &Permit<ReadUsers>) -> Result<Vec<UserWithGrants>> {
    let users = store::users(tx).await?;
    let mut grants = store::grants(tx, None).await?;
    Ok(users
        .into_iter()
        .map(|user| {
            let own = grants.extract_if(.., |grant| grant.user_id == user.id).collect();
            UserWithGrants { user, grants: own }
        })
        .collect())
}

pub(super) async fn user(tx: &mut Tx, _may: &Permit<ReadUsers>, id: UserId) -> Result<UserWithGrants> {
    Ok(UserWithGrants { user: store::user(tx, id).await?, grants: store::grants(tx, Some(id)).await? })
}

/// When each user who ever used a token last did, to the minute.
///
/// # Errors
/// When the database cannot be read.
pub async fn token_uses(tx: &mut Tx, _may: &Permit<ReadUsers>) -> Result<Vec<(UserId, DateTime<Utc>)>> {
    store::token_uses(tx).await
}

/// A user by login name.
///
/// # Errors
/// Not found.
pub async fn user_by_login(tx: &mut Tx, _may: &Permit<ManageUsers>, login: &str) -> Result<UserView> {
    store::user_by_login(tx, login).await
}

/// Whether a role was taken back from a user of the federation after some time, be it that another was given instead.
///
/// # Errors
/// Not found when there is no such user.
pub async fn lost_role_since(tx: &mut Tx, login: &str, time: DateTime<Utc>) -> Result<bool> {
    let user = store::user_by_login(tx, login).await?;
    Ok(store::grants(tx, Some(user.id)).await?.iter().any(|grant| grant.revoked_at.is_some_and(|revoked| revoked > time)))
}

/// Sets another's password, and ends its sessions.
///
/// # Errors
/// A weak password; [`super::error::USER_UNKNOWN`].
pub async fn set_password(tx: &mut Tx, _may: &Permit<ManageUsers>, id: UserId, setting: &PasswordSetting) -> Result<UserView> {
    none_at_fault(password_fault("/password", &setting.password).into_iter().collect())?;
    write_password(tx, id, &setting.password, None).await?;
    tx.about("users", id);
    store::user(tx, id).await
}

pub(super) async fn set_enabled(tx: &mut Tx, _may: &Permit<ManageUsers>, id: UserId, enabled: bool, reason: &str) -> Result<UserView> {
    none_at_fault(blank([("/reason", &reason.to_owned())]))?;
    let before = store::user(tx, id).await?;
    tx.before(&before);
    tx.because(reason);
    store::set_enabled(tx, id, enabled).await?;
    store::user(tx, id).await
}

/// Grants a role within an organisation, or in the whole federation.
///
/// # Errors
/// [`super::error::ROLE_EXCLUSIVE`], [`super::error::GRANT_TO_ONESELF`], [`super::error::GRANT_EXISTS`], an unknown organisation.
pub async fn grant(tx: &mut Tx, _may: &Permit<ManageUsers>, user: UserId, new: &NewGrant) -> Result<GrantView> {
    none_at_fault(grant_faults(new))?;
    let id = GrantId::generate();
    store::grant(tx, id, user, new).await?;
    tx.about("users", user);
    tx.because(&new.reason);
    store::grant_by_id(tx, id).await
}

/// Revokes a grant. Whoever has it loses it with the next request.
///
/// # Errors
/// [`super::error::GRANT_UNKNOWN`].
pub async fn revoke(tx: &mut Tx, _may: &Permit<ManageUsers>, id: GrantId, reason: &str) -> Result<GrantView> {
    none_at_fault(blank([("/reason", &reason.to_owned())]))?;
    tx.because(reason);
    store::revoke(tx, id, reason).await?;
    let revoked = store::grant_by_id(tx, id).await?;
    tx.about("users", revoked.user_id);
    Ok(revoked)
}

/// Changes one's own password.
pub(super) async fn change_password(tx: &mut Tx, _may: &Permit<OwnAccess>, user: UserId, change: &PasswordChange) -> Result<()> {
    none_at_fault(password_fault("/password", &change.password).into_iter().collect())?;
    let login = tx.actor.clone();
    let present = present_key(tx, &login, &change.present_password).await?;
    tx.about("users", user);
    write_password(tx, user, &change.password, Some(&present)).await
}

/// Makes a token for oneself; at a shell and at the first start, for another.
///
/// # Errors
/// A blank name; [`super::error::TOKEN_FOR_ANOTHER`].
pub async fn add_token(tx: &mut Tx, _may: &Permit<OwnAccess>, user: UserId, new: &NewToken) -> Result<MadeToken> {
    let mut faults = blank([("/name", &new.name)]);
    if new.expires_at.is_some_and(|expires_at| expires_at <= tx.now()) {
        faults.push(crate::kernel::FieldError::new("/expires_at", "date_in_past", "有效期已过", "must be in the future"));
    }
    none_at_fault(faults)?;
    let secret = Secret::of(tx.federation, rand::random());
    let token = store::add_token(tx, TokenId::generate(), user, new.name.trim(), &secret.credential().key, new.expires_at).await?;
    tx.about("tokens", token.id);
    tx.after(&token);
    Ok(MadeToken { token, secret: secret.text().to_owned() })
}

pub(super) async fn tokens(tx: &mut Tx, _may: &Permit<OwnAccess>, user: UserId) -> Result<Vec<TokenView>> {
    store::tokens(tx, user).await
}

/// The tokens of whoever asks.
pub(super) async fn own_tokens(tx: &mut Tx, may: &Permit<OwnAccess>) -> Result<Vec<TokenView>> {
    let login = tx.actor.clone();
    let user = store::user_by_login(tx, &login).await?.id;
    tokens(tx, may, user).await
}

pub(super) async fn revoke_token(tx: &mut Tx, _may: &Permit<OwnAccess>, id: TokenId) -> Result<()> {
    tx.about("tokens", id);
    store::revoke_token(tx, id).await
}

/// Ends a token of one's own that a job acted with.
///
/// # Errors
/// [`super::error::TOKEN_UNKNOWN`] when it is no live token of the actor's.
pub async fn end_token(tx: &mut Tx, _may: &Permit<OwnAccess>, id: TokenId) -> Result<()> {
    store::revoke_token(tx, id).await
}

/// The name of the first administrator.
const FIRST: &str = "admin";

/// Makes the first administrator of the service when there is no user at all, with a token, which is returned once. The token
/// is `given` if the operator chose one.
///
/// # Errors
/// When the database cannot be written, or `given` is not shaped like a token.
pub async fn first_administrator(db: &Db, given: Option<&str>) -> Result<Option<String>> {
    let mut connection = db.connection().await?;
    let there = store::has_users(&mut connection).await?;
    drop(connection);
    if there {
        return Ok(None);
    }
    let secret = match given {
        Some(text) => Secret::parse(text)
            .filter(|secret| secret.credential().home == SERVICE)
            .ok_or_else(|| Error::Internal("BANGFU_TOKEN must be bangfu_, 32 zeros, _ and 64 hexadecimal digits".to_owned()))?,
        None => Secret::of(SERVICE, rand::random()),
    };
    let caller = Caller::program(SERVICE, "first start");
    db.write(&caller, async |tx| {
        let may = caller.permit::<ManageUsers>()?;
        let new = NewUser { login: FIRST.to_owned(), name: "管理员".to_owned(), password: None };
        let user = add_user(tx, &may, new).await?;
        let new = NewGrant { role: Role::Administrator, organisation_id: None, reason: "first start".to_owned() };
        store::grant(tx, GrantId::generate(), user.id, &new).await?;
        store::add_token(tx, TokenId::generate(), user.id, "first start", &secret.credential().key, None).await?;
        Ok(())
    })
    .await?;
    Ok(Some(secret.text().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_salt_is_read_back_from_what_describes_it() {
        let text = described(&[9; 16]);
        assert!(text.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{text}");
        assert_eq!(salt_of(&text), Some(vec![9; 16]));
    }
}
