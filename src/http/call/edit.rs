//! Editing: a PUT over the version that was seen.

use actix_web::dev::Payload;
use actix_web::http::header::IF_MATCH;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use serde::de::DeserializeOwned;

use super::{Act, Extracting, caller, header, permit, read_body, state};
use crate::db::{Result, Tx};
use crate::http::answer::Answer;
use crate::http::{ApiError, ApiResult, body};
use crate::kernel::{Permission, Permit, refusal};

/// A PUT: a body, the version it was made from, and a caller who may.
#[derive(Debug)]
pub struct Edit<T, P> {
    act: Act,
    permit: Permit<P>,
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
            let body = body::parse(&bytes)?;
            let act = Act::of(&request, &state.db, caller, &permit, &bytes);
            Ok(Self { act, permit, version, body })
        })
    }
}

impl<T, P: Permission> Edit<T, P> {
    /// Runs the edit in one transaction. `work` is given the version of `If-Match`; a store that finds another one refuses
    /// with [`refusal::VERSION_STALE`]. It ends with the act's audit event, as [`super::Command::run`] does.
    ///
    /// # Errors
    /// What `work` returns.
    pub async fn run(self, work: impl AsyncFnOnce(&mut Tx, &Permit<P>, i32, T) -> Result<Answer>) -> ApiResult<HttpResponse> {
        let Self { act, permit, version, body } = self;
        let mut tx = act.begin().await?;
        let outcome = Box::pin(work(&mut tx, &permit, version, body)).await;
        end(&act, tx, outcome).await
    }
}

async fn end(act: &Act, mut tx: Tx, outcome: Result<Answer>) -> ApiResult<HttpResponse> {
    match outcome {
        Ok(answer) => {
            act.subject.tell(&mut tx, Some(&answer));
            act.done(tx).await?;
            Ok(answer.send())
        }
        Err(error) => Err(act.refused(tx, error).await),
    }
}
