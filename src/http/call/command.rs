//! Doing: a POST with a body and an idempotency key.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::{Act, Extracting, IDEMPOTENCY_HEADER, IDEMPOTENCY_KEY_MISSING, caller, header, own_caller, permit, read_body, state};
use crate::app::AppState;
use crate::db::{Db, Result, Tx, idempotency};
use crate::http::answer::{Answer, replay};
use crate::http::{ApiError, ApiResult, body};
use crate::kernel::access::PERMISSION_DENIED;
use crate::kernel::canonical::Canonical;
use crate::kernel::vault::Indexed;
use crate::kernel::{Caller, Permission, Permit, SERVICE};

/// A POST: a body, an idempotency key, and a caller who may.
#[derive(Debug)]
pub struct Command<T, P> {
    pub(super) act: Act,
    pub(super) permit: Permit<P>,
    pub(super) key: Key,
    pub(super) body: T,
    /// Bytes of the body as it came.
    pub(super) size: usize,
}

/// What makes a repeat harmless.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) key: String,
    pub(super) digest: String,
}

impl Key {
    /// The request's key and what it stands for.
    pub(super) fn of(request: &HttpRequest, db: &Db, caller: &Caller, bytes: &[u8]) -> ApiResult<Self> {
        let key = key_of(request)?;
        let mut digest = Canonical::new("bangfu.request.v2");
        digest.field(&caller.actor).field(request.method()).field(request.path()).field(request.query_string()).bytes(bytes);
        // The database keeps the digest, but not the caller's key: nobody who reads it can try passwords on it.
        if let Some(credential) = caller.credential().filter(|_| body::names_password(bytes)) {
            digest.bytes(&credential.key);
        }
        // Keyed: a body of few unknown digits could be found out from its plain digest by trying.
        let digest = hex::encode(db.vault().index(Indexed::Request, caller.federation, &digest.hex()));
        Ok(Self { key, digest })
    }

    /// Claims the key; the answer it got before, for a repeat.
    async fn claim(&self, tx: &mut Tx) -> Result<Option<HttpResponse>> {
        let (federation, now): (Uuid, _) = (tx.federation.0, tx.now());
        match idempotency::claim(tx.conn(), federation, &self.key, &self.digest, now).await? {
            idempotency::Claim::New => Ok(None),
            idempotency::Claim::Answered(answer) => {
                tx.nothing_done();
                Ok(Some(replay(answer)))
            }
        }
    }

    async fn record(&self, tx: &Tx, kept: &Answer) -> Result<()> {
        idempotency::record(tx.wire(), tx.federation.0, &self.key, &kept.kept()?).await
    }
}

pub(super) fn key_of(request: &HttpRequest) -> ApiResult<String> {
    let key = header(request, IDEMPOTENCY_HEADER).filter(|key| (1..=200).contains(&key.chars().count()));
    Ok(key.ok_or_else(|| IDEMPOTENCY_KEY_MISSING.refuse())?.to_owned())
}

/// An open act, or the answer of the one that this repeats.
pub(super) enum Begun {
    Open(Box<Tx>),
    Answered(HttpResponse),
}

pub(super) async fn begin(act: &Act, key: &Key) -> ApiResult<Begun> {
    let mut tx = act.begin().await?;
    match key.claim(&mut tx).await {
        Ok(None) => Ok(Begun::Open(Box::new(tx))),
        Ok(Some(answer)) => act.done(tx).await.map(|()| Begun::Answered(answer)),
        Err(error) => Err(act.refused(tx, error).await),
    }
}

/// Ends an act with its answer: the one that is sent, and the one that is kept.
pub(super) async fn end(act: &Act, key: &Key, mut tx: Tx, outcome: Result<(Answer, Answer)>) -> ApiResult<HttpResponse> {
    let (answer, kept) = match outcome {
        Ok(answers) => answers,
        Err(error) => return Err(act.refused(tx, error).await),
    };
    act.subject.tell(&mut tx, Some(&kept));
    act.done_with(tx, async |tx| key.record(tx, &kept).await).await?;
    Ok(answer.send())
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
        Ok(Self::extract_with_bytes(request, payload, &state, caller).await?.0)
    }

    /// The command, and its body as it came.
    pub(super) async fn extract_with_bytes(
        request: &HttpRequest,
        payload: Payload,
        state: &AppState,
        caller: Caller,
    ) -> ApiResult<(Self, Vec<u8>)> {
        let permit = permit::<P>(&state.db, &caller, request).await?;
        key_of(request)?;
        let bytes = read_body(request, payload, state.body_limit).await?;
        let key = Key::of(request, &state.db, &caller, &bytes)?;
        let body = body::parse(&bytes)?;
        let act = Act::of(request, &state.db, caller, &permit, &bytes);
        Ok((Self { act, permit, key, body, size: bytes.len() }, bytes))
    }

    /// What is asked for.
    pub const fn body(&self) -> &T {
        &self.body
    }

    /// Runs the command in one transaction together with its idempotency key: a repeat gets the same answer and does
    /// nothing; a refusal keeps nothing, not even the key. It ends with the act's audit event; where money is concerned, a
    /// refusal has one of its own.
    ///
    /// # Errors
    /// What `work` returns; [`idempotency::KEY_REUSED`] for a key with another request.
    pub async fn run(self, work: impl AsyncFnOnce(&mut Tx, &Permit<P>, T) -> Result<Answer>) -> ApiResult<HttpResponse> {
        let Self { act, permit, key, body, .. } = self;
        let mut tx = match begin(&act, &key).await? {
            Begun::Open(tx) => *tx,
            Begun::Answered(answer) => return Ok(answer),
        };
        let outcome = Box::pin(work(&mut tx, &permit, body)).await;
        end(&act, &key, tx, outcome.map(|answer| (answer.clone(), answer))).await
    }

    /// As [`Command::run`], where the first answer tells a secret: what is kept for repeats, and in the audit event, is the
    /// second.
    ///
    /// # Errors
    /// As [`Command::run`].
    pub async fn run_secretly(self, work: impl AsyncFnOnce(&mut Tx, &Permit<P>, T) -> Result<(Answer, Answer)>) -> ApiResult<HttpResponse> {
        let Self { act, permit, key, body, .. } = self;
        let mut tx = match begin(&act, &key).await? {
            Begun::Open(tx) => *tx,
            Begun::Answered(answer) => return Ok(answer),
        };
        let outcome = Box::pin(work(&mut tx, &permit, body)).await;
        end(&act, &key, tx, outcome).await
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
    pub async fn run_secretly(self, work: impl AsyncFnOnce(&mut Tx, &Permit<P>, T) -> Result<(Answer, Answer)>) -> ApiResult<HttpResponse> {
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
