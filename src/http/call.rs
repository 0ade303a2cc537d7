//! Extractors: what a handler's signature says about its caller and its request.
//!
//! [`Reader`] reads; [`Command`] is a POST with a body and an `Idempotency-Key`; [`Edit`] is a PUT with a body and
//! `If-Match`. Each brings the federation the request is about.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_TYPE, IF_MATCH};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, web};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::answer::{Answer, replay};
use super::auth::Actor;
use super::body;
use super::error::{ApiError, ApiResult};
use crate::app::AppState;
use crate::db::{Db, Result, Tx, idempotency};
use crate::kernel::canonical::Canonical;
use crate::kernel::vault::Indexed;
use crate::kernel::{Caller, Code, FederationId, FieldError, Status, refusal};

/// The header that names the federation.
pub const FEDERATION_HEADER: &str = "Bangfu-Federation";
/// The header that makes a repeated POST harmless.
pub const IDEMPOTENCY_HEADER: &str = "Idempotency-Key";

/// A POST without a key.
pub static IDEMPOTENCY_KEY_MISSING: Code = Code::new(
    "idempotency_key_missing",
    Status::Unreadable,
    "POST 请求需要 Idempotency-Key（1 至 200 个字符）",
    "A POST needs an Idempotency-Key of 1 to 200 characters",
);
/// Several federations and none named.
pub static FEDERATION_NOT_NAMED: Code =
    Code::new("federation_not_named", Status::Unreadable, "请用 Bangfu-Federation 指明工会", "Name the federation with Bangfu-Federation");
/// A path or query that cannot be read.
pub static PARAMETER_INVALID: Code =
    Code::new("parameter_invalid", Status::Unreadable, "查询参数无法读取", "A query parameter cannot be read");

/// The codes of this module.
pub static CODES: &[&Code] = &[&IDEMPOTENCY_KEY_MISSING, &FEDERATION_NOT_NAMED, &PARAMETER_INVALID];

type Extracting<T> = Pin<Box<dyn Future<Output = ApiResult<T>>>>;

fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

fn state(request: &HttpRequest) -> ApiResult<web::Data<AppState>> {
    request
        .app_data::<web::Data<AppState>>()
        .cloned()
        .ok_or_else(|| ApiError(crate::db::Error::Internal("the application has no state".to_owned())))
}

fn actor(request: &HttpRequest) -> ApiResult<String> {
    request.extensions().get::<Actor>().map(|actor| actor.0.clone()).ok_or_else(|| super::auth::TOKEN_MISSING.refuse().into())
}

/// The caller, with the federation the header names; the only one there is when it names none.
async fn caller(request: &HttpRequest, state: &AppState) -> ApiResult<Caller> {
    let actor = actor(request)?;
    let known = crate::organisations::federation_ids(&state.db).await?;
    let federation = match header(request, FEDERATION_HEADER) {
        Some(text) => text.parse().ok().filter(|id: &FederationId| known.contains(id)).ok_or_else(|| refusal::NOT_FOUND.refuse())?,
        None => match known.as_slice() {
            [only] => *only,
            _ => return Err(FEDERATION_NOT_NAMED.refuse().into()),
        },
    };
    Ok(Caller { federation, actor })
}

/// Refuses a query whose values the database cannot hold. What the values mean is the filter's matter.
fn storable_query(request: &HttpRequest) -> ApiResult<()> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string()).map_err(|_| PARAMETER_INVALID.refuse())?;
    let faults: Vec<FieldError> = pairs.iter().filter_map(|(name, value)| body::unstorable_text(name, value)).collect();
    if faults.is_empty() { Ok(()) } else { Err(PARAMETER_INVALID.refuse().with_fields(faults).into()) }
}

/// A caller who reads.
#[derive(Debug)]
pub struct Reader {
    db: Db,
    caller: Caller,
}

impl Reader {
    /// Reads in one snapshot.
    ///
    /// # Errors
    /// What `work` returns.
    pub async fn read<R>(self, work: impl AsyncFnOnce(&mut Tx) -> Result<R>) -> ApiResult<R> {
        Ok(self.db.read(&self.caller, work).await?)
    }
}

impl FromRequest for Reader {
    type Error = ApiError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let state = state(&request)?;
            let caller = caller(&request, &state).await?;
            storable_query(&request)?;
            Ok(Self { db: state.db.clone(), caller })
        })
    }
}

/// A caller who reads what is above any federation.
#[derive(Debug)]
pub struct ServiceReader(Reader);

impl ServiceReader {
    /// As [`Reader::read`].
    ///
    /// # Errors
    /// As [`Reader::read`].
    pub async fn read<R>(self, work: impl AsyncFnOnce(&mut Tx) -> Result<R>) -> ApiResult<R> {
        self.0.read(work).await
    }
}

impl FromRequest for ServiceReader {
    type Error = ApiError;
    type Future = std::future::Ready<ApiResult<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let reader = || {
            let caller = Caller { federation: FederationId(Uuid::nil()), actor: actor(request)? };
            Ok(Self(Reader { db: state(request)?.db.clone(), caller }))
        };
        std::future::ready(reader())
    }
}

async fn read_body(request: &HttpRequest, mut payload: Payload, limit: usize) -> ApiResult<Vec<u8>> {
    let declared = header(request, CONTENT_TYPE.as_str()).unwrap_or_default().to_ascii_lowercase();
    if declared.split(';').next().map(str::trim) != Some("application/json") {
        return Err(body::BODY_NOT_DECLARED_JSON.refuse().into());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| super::problem::REQUEST_UNREADABLE.refuse())?;
        if bytes.len().saturating_add(chunk.len()) > limit {
            return Err(body::BODY_TOO_LARGE.refuse().with("limit_bytes", limit).into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// A POST: a body, an idempotency key, and a caller.
#[derive(Debug)]
pub struct Command<T> {
    db: Db,
    caller: Caller,
    key: String,
    digest: String,
    body: T,
}

impl<T: DeserializeOwned + 'static> FromRequest for Command<T> {
    type Error = ApiError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let state = state(&request)?;
            let caller = caller(&request, &state).await?;
            Self::extract(&request, payload, state, caller).await
        })
    }
}

impl<T: DeserializeOwned> Command<T> {
    async fn extract(request: &HttpRequest, payload: Payload, state: web::Data<AppState>, caller: Caller) -> ApiResult<Self> {
        let key = header(request, IDEMPOTENCY_HEADER).filter(|key| (1..=200).contains(&key.chars().count()));
        let key = key.ok_or_else(|| IDEMPOTENCY_KEY_MISSING.refuse())?.to_owned();
        let bytes = read_body(request, payload, state.body_limit).await?;
        let mut digest = Canonical::new("bangfu.request.v1");
        digest.field(request.method()).field(request.path()).field(request.query_string()).bytes(&bytes);
        let body = body::parse(&bytes)?;
        // Keyed: a body of few unknown digits could be found out from its plain digest by trying.
        let digest = hex::encode(state.db.vault().index(Indexed::Request, caller.federation, &digest.hex()));
        Ok(Self { db: state.db.clone(), caller, key, digest, body })
    }

    /// Runs the command in one transaction together with its idempotency key: a repeat gets the same answer and does
    /// nothing; a refusal keeps nothing, not even the key.
    ///
    /// # Errors
    /// What `work` returns; [`idempotency::KEY_REUSED`] for a key with another request.
    pub async fn run(self, work: impl AsyncFnOnce(&mut Tx, T) -> Result<Answer>) -> ApiResult<HttpResponse> {
        let Self { db, caller, key, digest, body } = self;
        let response = db
            .write(&caller, async move |tx| {
                let (federation, now): (Uuid, _) = (tx.federation.0, tx.now());
                match idempotency::claim(tx.conn(), federation, &key, &digest, now).await? {
                    idempotency::Claim::Answered(answer) => Ok(replay(answer)),
                    idempotency::Claim::New => {
                        let answer = work(tx, body).await?;
                        idempotency::record(tx.conn(), federation, &key, &answer.kept()?).await?;
                        Ok(answer.send())
                    }
                }
            })
            .await?;
        Ok(response)
    }
}

/// A POST above any federation: making one, or a region.
#[derive(Debug)]
pub struct ServiceCommand<T>(Command<T>);

impl<T: DeserializeOwned + 'static> FromRequest for ServiceCommand<T> {
    type Error = ApiError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let state = state(&request)?;
            let caller = Caller { federation: FederationId(Uuid::nil()), actor: actor(&request)? };
            Command::extract(&request, payload, state, caller).await.map(Self)
        })
    }
}

impl<T: DeserializeOwned> ServiceCommand<T> {
    /// As [`Command::run`].
    ///
    /// # Errors
    /// As [`Command::run`].
    pub async fn run(self, work: impl AsyncFnOnce(&mut Tx, T) -> Result<Answer>) -> ApiResult<HttpResponse> {
        self.0.run(work).await
    }
}

/// A PUT: a body, the version it was made from, and a caller.
#[derive(Debug)]
pub struct Edit<T> {
    db: Db,
    caller: Caller,
    version: i32,
    body: T,
}

impl<T: DeserializeOwned + 'static> FromRequest for Edit<T> {
    type Error = ApiError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let state = state(&request)?;
            let caller = caller(&request, &state).await?;
            let tag = header(&request, IF_MATCH.as_str()).ok_or_else(|| refusal::VERSION_REQUIRED.refuse())?;
            let version = tag.trim_matches('"').parse().map_err(|_| refusal::VERSION_STALE.refuse())?;
            let bytes = read_body(&request, payload, state.body_limit).await?;
            Ok(Self { db: state.db.clone(), caller, version, body: body::parse(&bytes)? })
        })
    }
}

impl<T> Edit<T> {
    /// Runs the edit in one transaction. `work` is given the version of `If-Match`; a store that finds another one refuses
    /// with [`refusal::VERSION_STALE`].
    ///
    /// # Errors
    /// What `work` returns.
    pub async fn run(self, work: impl AsyncFnOnce(&mut Tx, i32, T) -> Result<Answer>) -> ApiResult<HttpResponse> {
        let Self { db, caller, version, body } = self;
        let answer = db.write(&caller, async move |tx| work(tx, version, body).await).await?;
        Ok(answer.send())
    }
}

/// A body without content: `{}`.
#[derive(Debug, Clone, Copy, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Empty {}

/// A body without effect: a quote. No key is needed, and the federation only when something of it is read.
#[derive(Debug)]
pub struct Question<T> {
    request: HttpRequest,
    state: web::Data<AppState>,
    body: T,
}

impl<T: DeserializeOwned + 'static> FromRequest for Question<T> {
    type Error = ApiError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let state = state(&request)?;
            let bytes = read_body(&request, payload, state.body_limit).await?;
            Ok(Self { request, state, body: body::parse(&bytes)? })
        })
    }
}

impl<T> Question<T> {
    /// What is asked.
    pub const fn body(&self) -> &T {
        &self.body
    }

    /// Reads in one snapshot.
    ///
    /// # Errors
    /// What `work` returns.
    pub async fn read<R>(self, work: impl AsyncFnOnce(&mut Tx) -> Result<R>) -> ApiResult<R> {
        let caller = caller(&self.request, &self.state).await?;
        Ok(self.state.db.read(&caller, work).await?)
    }
}

/// Declares the filter of a list: its fields, plus `cursor` and `limit`. Unknown parameters are refused, because a
/// misspelt filter would silently match everything.
#[macro_export]
macro_rules! list_filter {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, serde::Deserialize, utoipa::IntoParams)]
        #[into_params(parameter_in = Query)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: Option<$type>,)*
            /// The `next_cursor` of the page before; absent for the first.
            pub cursor: Option<uuid::Uuid>,
            /// How many rows, 1 to 1000; 100 when absent.
            #[param(minimum = 1, maximum = 1000)]
            pub limit: Option<u16>,
        }

        impl $name {
            /// Which page is asked for.
            #[must_use]
            pub const fn page(&self) -> $crate::kernel::PageRequest {
                $crate::kernel::PageRequest { cursor: self.cursor, limit: self.limit }
            }
        }
    };
}
