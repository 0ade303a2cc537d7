//! Tokens at rest: only their hashes.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::db::Result;
use crate::db::schema::access_token;

/// Every token's hash and name.
pub(super) async fn token_hashes(connection: &mut AsyncPgConnection) -> Result<Vec<(String, String)>> {
    Ok(access_token::table.select((access_token::token_hash, access_token::name)).load(connection).await?)
}

pub(super) async fn insert_token(connection: &mut AsyncPgConnection, name: &str, hash: &str, now: DateTime<Utc>) -> Result<()> {
    diesel::insert_into(access_token::table)
        .values((
            access_token::id.eq(Uuid::now_v7()),
            access_token::name.eq(name),
            access_token::token_hash.eq(hash),
            access_token::created_at.eq(now),
        ))
        .execute(connection)
        .await?;
    Ok(())
}
