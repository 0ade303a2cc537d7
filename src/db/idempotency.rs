//! Keys of requests that took effect, kept in the same transaction as the effect.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use uuid::Uuid;

use super::schema::idempotency_key;
use super::{Error, Result};
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

/// Keeps the answer under the key just claimed.
///
/// # Errors
/// [`Error::Database`] when it cannot be written.
pub async fn record(connection: &mut AsyncPgConnection, federation: Uuid, key: &str, answer: &Answer) -> Result<()> {
    use idempotency_key as k;
    diesel::update(k::table.find((federation, key)))
        .set((k::status.eq(answer.status), k::headers.eq(&answer.headers), k::body.eq(&answer.body)))
        .execute(connection)
        .await?;
    Ok(())
}
