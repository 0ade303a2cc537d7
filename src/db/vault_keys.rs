//! Which keys a database was used with: a service that is started with others would find nobody, register everybody a second
//! time, and could open nothing of what is there.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::Result;
use super::schema::vault_key;
use crate::kernel::vault::{KeyId, Keyring};

/// A key that the database was used with.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = vault_key)]
pub struct KeyUse {
    /// Its id.
    pub id: String,
    /// `index` or `data`.
    pub purpose: String,
    /// Since when.
    pub first_used_at: DateTime<Utc>,
    /// Since when nothing is sealed with it any more.
    pub retired_at: Option<DateTime<Utc>>,
}

/// Why a keyring does not belong to a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyMismatch {
    /// It was written with this index key, and the ring has another.
    Index(String),
    /// Values are sealed with this key, and the ring does not have it.
    Data(String),
}

/// The keys a database was used with, the first first.
///
/// # Errors
/// When it cannot be read.
pub async fn known_keys(connection: &mut AsyncPgConnection) -> Result<Vec<KeyUse>> {
    use vault_key as k;
    Ok(k::table.order((k::first_used_at, k::id)).select(KeyUse::as_select()).load(connection).await?)
}

/// Writes down that a keyring is used, or says why it does not belong to this database.
///
/// # Errors
/// When the database cannot be read or written.
pub async fn register_keys(connection: &mut AsyncPgConnection, ring: &Keyring, now: DateTime<Utc>) -> Result<Option<KeyMismatch>> {
    use vault_key as k;
    let rows = [(ring.index_id(), "index"), (ring.active(), "data")]
        .map(|(id, purpose)| (k::id.eq(id.to_string()), k::purpose.eq(purpose), k::first_used_at.eq(now)));
    for row in rows {
        // Of two services that start at once, one comes second; of two index keys, the second is not written.
        diesel::insert_into(k::table).values(row).on_conflict_do_nothing().execute(connection).await?;
    }
    let held: Vec<String> = ring.data_ids().map(|id| id.to_string()).collect();
    let index = ring.index_id().to_string();
    let known = known_keys(connection).await?;
    let foreign = known.iter().find(|key| key.purpose == "index" && key.id != index);
    let missing = known.iter().find(|key| key.purpose == "data" && key.retired_at.is_none() && !held.contains(&key.id));
    Ok(match (foreign, missing) {
        (Some(key), _) => Some(KeyMismatch::Index(key.id.clone())),
        (None, Some(key)) => Some(KeyMismatch::Data(key.id.clone())),
        (None, None) => None,
    })
}

/// Writes down that nothing is sealed any more with any key but this one.
///
/// # Errors
/// When the database cannot be written.
pub async fn retire_keys(connection: &mut AsyncPgConnection, active: KeyId, now: DateTime<Utc>) -> Result<()> {
    use vault_key as k;
    diesel::update(k::table.filter(k::purpose.eq("data").and(k::id.ne(active.to_string())).and(k::retired_at.is_null())))
        .set(k::retired_at.eq(now))
        .execute(connection)
        .await?;
    Ok(())
}

/// Where writing transactions are.
#[derive(Debug, Clone, Copy, QueryableByName)]
pub struct WriteHorizon {
    /// Every transaction before this one has ended.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub ended: i64,
    /// No transaction from this one on has begun.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub begun: i64,
}

/// Where writing transactions are now: once `ended` reaches what `begun` was, all that were under way then are over.
///
/// # Errors
/// When the database cannot be read.
pub async fn write_horizon(connection: &mut AsyncPgConnection) -> Result<WriteHorizon> {
    let now = "select pg_snapshot_xmin(s)::text::int8 as ended, pg_snapshot_xmax(s)::text::int8 as begun from pg_current_snapshot() s";
    Ok(diesel::sql_query(now).get_result(connection).await?)
}
