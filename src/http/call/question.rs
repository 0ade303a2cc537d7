//! Asking: a POST that changes nothing, and other bare bodies.

use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use serde::de::DeserializeOwned;

use super::reach::Named;
use super::{Extracting, caller, own_caller, permit, read_body, state};
use crate::app::AppState;
use crate::db::{Result, Tx};
use crate::http::{ApiError, ApiResult, body};
use crate::kernel::{Permission, Permit};

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
    bytes: Vec<u8>,
    permission: PhantomData<fn() -> P>,
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
            Ok(Self { request, state, body: body::parse(&bytes)?, bytes, permission: PhantomData })
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
        let named = Named::of(&self.request).with_body(&self.bytes);
        let read = async |tx: &mut Tx| {
            named.require(tx, &permit).await?;
            work(tx, &permit).await
        };
        Ok(self.state.db.read(&caller, read).await?)
    }
}
