//! Extractors: what a handler's signature says about its caller and its request.
//!
//! [`Reader`] reads; [`Command`] is a POST with a body and an `Idempotency-Key`; [`Edit`] is a PUT with a body and
//! `If-Match`; [`Question`] is a POST without effect. Each names the permission it needs, and hands on the proof of it; each
//! brings the federation the request is about. [`OwnReader`] and [`OwnCommand`] are about the caller's own federation, and
//! [`ServiceCommand`] about the service itself.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_TYPE, IF_MATCH};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, web};
use tracing_actix_web::RequestId;
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::answer::{Answer, replay};
use super::auth::Principal;
use super::body;
use super::CONSTRAINTS;
use super::error::{ApiError, ApiResult};
use crate::app::AppState;
use crate::db::{Db, Result, Tx, idempotency};
use crate::kernel::canonical::Canonical;
use crate::kernel::access::PERMISSION_DENIED;
use crate::kernel::{Caller, Code, FederationId, FieldError, Origin, Permission, Permit, Refusal, SERVICE, Status, refusal};

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

fn principal(request: &HttpRequest) -> ApiResult<Principal> {
    request.extensions().get::<Principal>().cloned().ok_or_else(|| crate::access::TOKEN_MISSING.refuse().into())
}

/// Where a request came from, and what it does: method and route, never the path, which holds ids.
#[must_use]
pub fn origin(request: &HttpRequest) -> Origin {
    let route = request.match_pattern().unwrap_or_default();
    Origin {
        address: request.peer_addr().map(|peer| peer.ip().to_string()),
        request_id: request.extensions().get::<RequestId>().map(ToString::to_string),
        action: format!("{} {route}", request.method()),
    }
}

fn caller_in(request: &HttpRequest, principal: Principal, federation: FederationId) -> Caller {
    Caller::new(federation, principal.user.login, principal.user.grants, principal.credential, origin(request))
}

/// The caller within the federation the request is about: its own. An administrator of the service names one, or there is but
/// one.
async fn caller(request: &HttpRequest, state: &AppState) -> ApiResult<Caller> {
    let principal = principal(request)?;
    let home = principal.credential.home;
    let named = header(request, FEDERATION_HEADER).map(|text| text.parse::<FederationId>().map_err(|_| refusal::NOT_FOUND.refuse()));
    let federation = match named.transpose()? {
        Some(named) if named == home => named,
        Some(named) if home == SERVICE && crate::organisations::federation_ids(&state.db).await?.contains(&named) => named,
        Some(_) => return Err(refusal::NOT_FOUND.refuse().into()),
        None if home == SERVICE => match crate::organisations::federation_ids(&state.db).await?.as_slice() {
            [only] => *only,
            _ => return Err(FEDERATION_NOT_NAMED.refuse().into()),
        },
        None => home,
    };
    Ok(caller_in(request, principal, federation))
}

/// The caller within its own federation, which for administrators of the service is the service.
fn own_caller(request: &HttpRequest) -> ApiResult<Caller> {
    let principal = principal(request)?;
    let home = principal.credential.home;
    Ok(caller_in(request, principal, home))
}

/// Refuses a query whose values the database cannot hold. What the values mean is the filter's matter.
fn storable_query(request: &HttpRequest) -> ApiResult<()> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string()).map_err(|_| PARAMETER_INVALID.refuse())?;
    let faults: Vec<FieldError> = pairs.iter().filter_map(|(name, value)| body::unstorable_text(name, value)).collect();
    if faults.is_empty() { Ok(()) } else { Err(PARAMETER_INVALID.refuse().with_fields(faults).into()) }
}

/// What a request is about, as its address says it: `plans` and the id.
#[derive(Debug, Clone)]
struct Subject {
    kind: String,
    id: Option<String>,
}

impl Subject {
    fn of(request: &HttpRequest) -> Self {
        let route = request.match_pattern().unwrap_or_default();
        let kind = route.trim_start_matches("/v1/").split('/').next().unwrap_or_default().to_owned();
        Self { kind, id: request.match_info().get("id").or_else(|| request.match_info().get("code")).map(str::to_owned) }
    }

    fn tell(&self, tx: &mut Tx, answer: Option<&Answer>) {
        let made = answer.and_then(|answer| answer.body().get("id").and_then(serde_json::Value::as_str));
        if let Some(id) = self.id.as_deref().or(made) {
            tx.about(&self.kind, id);
        }
        if let Some(answer) = answer {
            tx.after(answer.body());
        }
    }
}

/// Refusals that tell an auditor something: who may not, and what the rules and the state of things forbade.
fn worth_auditing(refusal: &Refusal) -> bool {
    matches!(refusal.code.status, Status::Forbidden | Status::Conflict | Status::Unprocessable | Status::PeriodClosed)
}

/// Records that an operation over money was refused, in an act of its own, because nothing else of the request is kept.
async fn audit_refusal<P: Permission>(db: &Db, caller: &Caller, subject: &Subject, error: &crate::db::Error) {
    let Some(refusal) = error.refusal(CONSTRAINTS).filter(|refusal| P::MONEY && worth_auditing(refusal)) else { return };
    let written = db
        .write(caller, async |tx| {
            subject.tell(tx, None);
            tx.refused(refusal.code.name);
            tx.after(&refusal.facts);
            Ok(())
        })
        .await;
    if let Err(error) = written {
        tracing::error!(error = %error.described(), "a refusal could not be audited");
    }
}

/// The permit for `P`, or its refusal, which is audited where money is concerned.
async fn permit<P: Permission>(db: &Db, caller: &Caller, request: &HttpRequest) -> ApiResult<Permit<P>> {
    match caller.permit::<P>() {
        Ok(permit) => Ok(permit),
        Err(refusal) => {
            let error = crate::db::Error::Refused(refusal);
            audit_refusal::<P>(db, caller, &Subject::of(request), &error).await;
            Err(error.into())
        }
    }
}

/// A caller who reads, and may.
#[derive(Debug)]
pub struct Reader<P> {
    db: Db,
    caller: Caller,
    permit: Permit<P>,
}

impl<P: Permission> Reader<P> {
    /// Reads in one snapshot.
    ///
    /// # Errors
    /// What `work` returns.
    pub async fn read<R>(self, work: impl AsyncFnOnce(&mut Tx, &Permit<P>) -> Result<R>) -> ApiResult<R> {
        let Self { db, caller, permit } = self;
        Ok(db.read(&caller, async |tx| work(tx, &permit).await).await?)
    }

    async fn extract(request: &HttpRequest, state: &AppState, caller: Caller) -> ApiResult<Self> {
        let permit = permit::<P>(&state.db, &caller, request).await?;
        storable_query(request)?;
        Ok(Self { db: state.db.clone(), caller, permit })
    }
}

impl<P: Permission> FromRequest for Reader<P> {
    type Error = ApiError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let state = state(&request)?;
            let caller = caller(&request, &state).await?;
            Self::extract(&request, &state, caller).await
        })
    }
}

/// A caller who reads what is its own, or nobody's in particular.
#[derive(Debug)]
pub struct OwnReader<P>(Reader<P>);

impl<P: Permission> OwnReader<P> {
    /// As [`Reader::read`].
    ///
    /// # Errors
    /// As [`Reader::read`].
    pub async fn read<R>(self, work: impl AsyncFnOnce(&mut Tx, &Permit<P>) -> Result<R>) -> ApiResult<R> {
        self.0.read(work).await
    }
}

impl<P: Permission> FromRequest for OwnReader<P> {
    type Error = ApiError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let state = state(&request)?;
            let caller = own_caller(&request)?;
            Reader::extract(&request, &state, caller).await.map(Self)
        })
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

/// A body and nothing else: a login.
#[derive(Debug)]
pub struct Plain<T>(T);

impl<T> Plain<T> {
    /// The body.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Plain<T> {
    type Error = ApiError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let state = state(&request)?;
            let bytes = read_body(&request, payload, state.body_limit).await?;
            Ok(Self(body::parse(&bytes)?))
        })
    }
}

/// A POST: a body, an idempotency key, and a caller who may.
#[derive(Debug)]
pub struct Command<T, P> {
    db: Db,
    caller: Caller,
    permit: Permit<P>,
    subject: Subject,
    key: String,
    digest: String,
    body: T,
}

impl<T: DeserializeOwned + 'static, P: Permission> FromRequest for Command<T, P> {
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

impl<T: DeserializeOwned, P: Permission> Command<T, P> {
    async fn extract(request: &HttpRequest, payload: Payload, state: web::Data<AppState>, caller: Caller) -> ApiResult<Self> {
        let permit = permit::<P>(&state.db, &caller, request).await?;
        let key = header(request, IDEMPOTENCY_HEADER).filter(|key| (1..=200).contains(&key.chars().count()));
        let key = key.ok_or_else(|| IDEMPOTENCY_KEY_MISSING.refuse())?.to_owned();
        let bytes = read_body(request, payload, state.body_limit).await?;
        let mut digest = Canonical::new("bangfu.request.v2");
        digest.field(&caller.actor).field(request.method()).field(request.path()).field(request.query_string()).bytes(&bytes);
        let body = body::parse(&bytes)?;
        let subject = Subject::of(request);
        Ok(Self { db: state.db.clone(), caller, permit, subject, key, digest: digest.hex(), body })
    }

    /// Runs the command in one transaction together with its idempotency key: a repeat gets the same answer and does
    /// nothing; a refusal keeps nothing, not even the key. It ends with the act's audit event; where money is concerned, a
    /// refusal has one of its own.
    ///
    /// # Errors
    /// What `work` returns; [`idempotency::KEY_REUSED`] for a key with another request.
    pub async fn run(self, work: impl AsyncFnOnce(&mut Tx, &Permit<P>, T) -> Result<Answer>) -> ApiResult<HttpResponse> {
        self.run_secretly(async |tx, permit, body| {
            let answer = work(tx, permit, body).await?;
            Ok((answer.clone(), answer))
        })
        .await
    }

    /// As [`Command::run`], where the first answer tells a secret: what is kept for repeats, and in the audit event, is the
    /// second.
    ///
    /// # Errors
    /// As [`Command::run`].
    pub async fn run_secretly(
        self,
        work: impl AsyncFnOnce(&mut Tx, &Permit<P>, T) -> Result<(Answer, Answer)>,
    ) -> ApiResult<HttpResponse> {
        let Self { db, caller, permit, subject, key, digest, body } = self;
        let told = subject.clone();
        let outcome = db
            .write(&caller, async move |tx| {
                let (federation, now): (Uuid, _) = (tx.federation.0, tx.now());
                match idempotency::claim(tx.conn(), federation, &key, &digest, now).await? {
                    idempotency::Claim::Answered(answer) => {
                        tx.nothing_done();
                        Ok(replay(answer))
                    }
                    idempotency::Claim::New => {
                        let (answer, kept) = work(tx, &permit, body).await?;
                        told.tell(tx, Some(&kept));
                        idempotency::record(tx.conn(), federation, &key, &kept.kept()?).await?;
                        Ok(answer.send())
                    }
                }
            })
            .await;
        if let Err(error) = &outcome {
            audit_refusal::<P>(&db, &caller, &subject, error).await;
        }
        Ok(outcome?)
    }
}

/// A POST about what is the caller's own.
#[derive(Debug)]
pub struct OwnCommand<T, P>(Command<T, P>);

impl<T: DeserializeOwned + 'static, P: Permission> FromRequest for OwnCommand<T, P> {
    type Error = ApiError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let state = state(&request)?;
            let caller = own_caller(&request)?;
            Command::extract(&request, payload, state, caller).await.map(Self)
        })
    }
}

impl<T: DeserializeOwned, P: Permission> OwnCommand<T, P> {
    /// As [`Command::run`].
    ///
    /// # Errors
    /// As [`Command::run`].
    pub async fn run(self, work: impl AsyncFnOnce(&mut Tx, &Permit<P>, T) -> Result<Answer>) -> ApiResult<HttpResponse> {
        self.0.run(work).await
    }

    /// As [`Command::run_secretly`].
    ///
    /// # Errors
    /// As [`Command::run`].
    pub async fn run_secretly(
        self,
        work: impl AsyncFnOnce(&mut Tx, &Permit<P>, T) -> Result<(Answer, Answer)>,
    ) -> ApiResult<HttpResponse> {
        self.0.run_secretly(work).await
    }
}

/// A POST above any federation, by an administrator of the service: making a federation, or a region.
#[derive(Debug)]
pub struct ServiceCommand<T, P>(Command<T, P>);

impl<T: DeserializeOwned + 'static, P: Permission> FromRequest for ServiceCommand<T, P> {
    type Error = ApiError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let state = state(&request)?;
            let caller = own_caller(&request)?;
            if caller.federation != SERVICE {
                return Err(PERMISSION_DENIED.refuse().with("permission", P::NAME).into());
            }
            Command::extract(&request, payload, state, caller).await.map(Self)
        })
    }
}

impl<T: DeserializeOwned, P: Permission> ServiceCommand<T, P> {
    /// As [`Command::run`].
    ///
    /// # Errors
    /// As [`Command::run`].
    pub async fn run(self, work: impl AsyncFnOnce(&mut Tx, &Permit<P>, T) -> Result<Answer>) -> ApiResult<HttpResponse> {
        self.0.run(work).await
    }
}

/// A PUT: a body, the version it was made from, and a caller who may.
#[derive(Debug)]
pub struct Edit<T, P> {
    db: Db,
    caller: Caller,
    permit: Permit<P>,
    subject: Subject,
    version: i32,
    body: T,
}

impl<T: DeserializeOwned + 'static, P: Permission> FromRequest for Edit<T, P> {
    type Error = ApiError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let state = state(&request)?;
            let caller = caller(&request, &state).await?;
            let permit = permit::<P>(&state.db, &caller, &request).await?;
            let tag = header(&request, IF_MATCH.as_str()).ok_or_else(|| refusal::VERSION_REQUIRED.refuse())?;
            let version = tag.trim_matches('"').parse().map_err(|_| refusal::VERSION_STALE.refuse())?;
            let bytes = read_body(&request, payload, state.body_limit).await?;
            let subject = Subject::of(&request);
            Ok(Self { db: state.db.clone(), caller, permit, subject, version, body: body::parse(&bytes)? })
        })
    }
}

impl<T, P: Permission> Edit<T, P> {
    /// Runs the edit in one transaction. `work` is given the version of `If-Match`; a store that finds another one refuses
    /// with [`refusal::VERSION_STALE`]. It ends with the act's audit event, as [`Command::run`] does.
    ///
    /// # Errors
    /// What `work` returns.
    pub async fn run(self, work: impl AsyncFnOnce(&mut Tx, &Permit<P>, i32, T) -> Result<Answer>) -> ApiResult<HttpResponse> {
        let Self { db, caller, permit, subject, version, body } = self;
        let told = subject.clone();
        let outcome = db
            .write(&caller, async move |tx| {
                let answer = work(tx, &permit, version, body).await?;
                told.tell(tx, Some(&answer));
                Ok(answer)
            })
            .await;
        if let Err(error) = &outcome {
            audit_refusal::<P>(&db, &caller, &subject, error).await;
        }
        Ok(outcome?.send())
    }
}

/// A body without content: `{}`.
#[derive(Debug, Clone, Copy, serde::Deserialize, serde::Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Empty {}

/// A body without effect: a quote, a search. No key is needed, and the federation only when something of it is read.
#[derive(Debug)]
pub struct Question<T, P> {
    request: HttpRequest,
    state: web::Data<AppState>,
    body: T,
    permission: std::marker::PhantomData<fn() -> P>,
}

impl<T: DeserializeOwned + 'static, P: Permission> FromRequest for Question<T, P> {
    type Error = ApiError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let state = state(&request)?;
            permit::<P>(&state.db, &own_caller(&request)?, &request).await?;
            let bytes = read_body(&request, payload, state.body_limit).await?;
            Ok(Self { request, state, body: body::parse(&bytes)?, permission: std::marker::PhantomData })
        })
    }
}

impl<T, P: Permission> Question<T, P> {
    /// What is asked.
    pub const fn body(&self) -> &T {
        &self.body
    }

    /// Reads in one snapshot.
    ///
    /// # Errors
    /// What `work` returns.
    pub async fn read<R>(self, work: impl AsyncFnOnce(&mut Tx, &Permit<P>) -> Result<R>) -> ApiResult<R> {
        let caller = caller(&self.request, &self.state).await?;
        let permit = caller.permit::<P>()?;
        Ok(self.state.db.read(&caller, async |tx| work(tx, &permit).await).await?)
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
