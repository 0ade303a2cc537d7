//! Editing: a PUT over the version that was seen.

use actix_web::dev::Payload;
use actix_web::http::header::IF_MATCH;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use serde::de::DeserializeOwned;

use super::reach::Named;
use super::{Extracting, Subject, audit_refusal, caller, header, permit, read_body, state};
use crate::db::{Db, Result, Tx};
use crate::http::answer::Answer;
use crate::http::{ApiError, ApiResult, body};
use crate::kernel::{Caller, Permission, Permit, refusal};

/// A PUT: a body, the version it was made from, and a caller who may.
#[derive(Debug)]
pub struct Edit<T, P> {
    db: Db,
    caller: Caller,
    permit: Permit<P>,
    subject: Subject,
    named: Named,
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
            let (subject, named) = (Subject::of(&request).with_reason(&bytes), Named::of(&request).with_body(&bytes));
            Ok(Self { db: state.db.clone(), caller, permit, subject, named, version, body: body::parse(&bytes)? })
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
        let Self { db, caller, permit, subject, named, version, body } = self;
        let told = subject.clone();
        let outcome = db
            .write(&caller, async move |tx| {
                named.require(tx, &permit).await?;
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
