//! Doing: a POST with a body and an idempotency key.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::reach::Named;
use super::{
    Extracting, IDEMPOTENCY_HEADER, IDEMPOTENCY_KEY_MISSING, Subject, audit_refusal, caller, header, own_caller, permit, read_body, state,
};
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
    db: Db,
    caller: Caller,
    permit: Permit<P>,
    subject: Subject,
    named: Named,
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
        let (subject, named) = (Subject::of(request).with_reason(&bytes), Named::of(request).with_body(&bytes));
        // Keyed: a body of few unknown digits could be found out from its plain digest by trying.
        let digest = hex::encode(state.db.vault().index(Indexed::Request, caller.federation, &digest.hex()));
        Ok(Self { db: state.db.clone(), caller, permit, subject, named, key, digest, body })
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
    pub async fn run_secretly(self, work: impl AsyncFnOnce(&mut Tx, &Permit<P>, T) -> Result<(Answer, Answer)>) -> ApiResult<HttpResponse> {
        let Self { db, caller, permit, subject, named, key, digest, body } = self;
        let told = subject.clone();
        let outcome = db
            .write(&caller, async move |tx| {
                named.require(tx, &permit).await?;
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
