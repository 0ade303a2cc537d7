//! Keys of requests that took effect, kept in the same transaction as the effect.

use std::collections::HashSet;

use diesel::prelude::*;
use diesel::sql_types::{Array, Jsonb, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use uuid::Uuid;

use super::schema::idempotency_key;
use super::{Error, KeepPrepared, Result};
use crate::kernel::{Code, Status};

/// A key was used before for another request.
pub static KEY_REUSED: Code =
    Code::new("idempotency_key_reused", Status::Unprocessable, "幂等键已用于另一请求", "The idempotency key was used for another request");

/// The answer a request got when it took effect.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = idempotency_key)]
pub struct Answer {
    /// HTTP status.
    pub status: i16,
    /// `Location`, `ETag`.
    pub headers: Value,
    /// JSON text, byte for byte.
    pub body: String,
}

/// Whether a request is new or has been answered.
#[derive(Debug)]
pub enum Claim {
    /// Nobody has used the key: go on, then [`record`].
    New,
    /// The same request was answered before.
    Answered(Answer),
}

/// Claims a key. Of two requests with one key, the second waits here until the first has ended.
///
/// # Errors
/// [`KEY_REUSED`] when the key was used with another method, path or body.
pub async fn claim(
    connection: &mut AsyncPgConnection,
    federation: Uuid,
    key: &str,
    request_digest: &str,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Claim> {
    use idempotency_key as k;
    let inserted = diesel::insert_into(k::table)
        .values((
            k::federation_id.eq(federation),
            k::key.eq(key),
            k::request_digest.eq(request_digest),
            k::status.eq(0),
            k::headers.eq(Value::Null),
            k::body.eq(""),
            k::created_at.eq(now),
        ))
        .on_conflict((k::federation_id, k::key))
        .do_nothing()
        .execute(connection)
        .await?;
    if inserted == 1 {
        return Ok(Claim::New);
    }
    let (digest, answer): (String, Answer) =
        k::table.find((federation, key)).select((k::request_digest, Answer::as_select())).first(connection).await?;
    if digest != request_digest {
        return Err(Error::Refused(KEY_REUSED.refuse()));
    }
    Ok(Claim::Answered(answer))
}

/// Claims the keys of several requests, in one order for everyone, each with the digest of its request. Those nobody has used.
///
/// # Errors
/// [`Error::Database`] when they cannot be written.
pub async fn claim_each(
    mut connection: &AsyncPgConnection,
    federation: Uuid,
    keys: &[&str],
    digests: &[&str],
    now: chrono::DateTime<chrono::Utc>,
) -> Result<HashSet<String>> {
    #[derive(QueryableByName)]
    struct Claimed {
        #[diesel(sql_type = Text)]
        key: String,
    }
    let rows: Vec<Claimed> = diesel::sql_query(
        "insert into idempotency_key (federation_id, key, request_digest, status, headers, body, created_at)
         select $1, k.key, k.digest, 0, 'null', '', $4 from unnest($2, $3) as k (key, digest) order by k.key
         on conflict (federation_id, key) do nothing returning key",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Array<Text>, _>(keys)
    .bind::<Array<Text>, _>(digests)
    .bind::<Timestamptz, _>(now)
    .prepared()
    .load(&mut connection)
    .await?;
    Ok(rows.into_iter().map(|row| row.key).collect())
}

/// Keeps answers under the keys just claimed.
///
/// # Errors
/// [`Error::Database`] when they cannot be written.
pub async fn record_each(mut connection: &AsyncPgConnection, federation: Uuid, answers: &[(&str, Answer)]) -> Result<()> {
    diesel::sql_query(
        "update idempotency_key k set status = a.status, headers = a.headers, body = a.body
         from unnest($2, $3, $4, $5) as a (key, status, headers, body)
         where k.federation_id = $1 and k.key = a.key",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<Array<Text>, _>(answers.iter().map(|(key, _)| *key).collect::<Vec<&str>>())
    .bind::<Array<SmallInt>, _>(answers.iter().map(|(_, answer)| answer.status).collect::<Vec<i16>>())
    .bind::<Array<Jsonb>, _>(answers.iter().map(|(_, answer)| &answer.headers).collect::<Vec<&Value>>())
    .bind::<Array<Text>, _>(answers.iter().map(|(_, answer)| answer.body.as_str()).collect::<Vec<&str>>())
    .prepared()
    .execute(&mut connection)
    .await?;
    Ok(())
}

/// Keeps the answer under the key just claimed.
///
/// # Errors
/// [`Error::Database`] when it cannot be written.
pub async fn record(mut connection: &AsyncPgConnection, federation: Uuid, key: &str, answer: &Answer) -> Result<()> {
    use idempotency_key as k;
    diesel::update(k::table.find((federation, key)))
        .set((k::status.eq(answer.status), k::headers.eq(&answer.headers), k::body.eq(&answer.body)))
        .execute(&mut connection)
        .await?;
    Ok(())
}
