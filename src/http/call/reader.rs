//! Reading.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::reach::Named;
use super::{Extracting, caller, own_caller, permit, state, storable_query};
use crate::app::AppState;
use crate::db::{Db, Result, Tx};
use crate::http::{ApiError, ApiResult};
use crate::kernel::{Caller, FederationId, Permission, Permit, Reach};

/// Opens a snapshot, unless something named lies out of reach.
pub(super) async fn begin(db: &Db, caller: &Caller, named: &Named, reach: &Reach) -> ApiResult<Tx> {
    let mut tx = db.begin_reading(caller).await?;
    let within = named.require(&mut tx, reach).await;
    match within {
        Ok(()) => Ok(tx),
        Err(error) => {
            Err(tx.end::<()>(Err(error)).await.err().map_or_else(|| crate::kernel::refusal::NOT_FOUND.refuse().into(), ApiError::from))
        }
    }
}

/// A caller who reads, and may.
#[derive(Debug)]
pub struct Reader<P> {
    pub(super) db: Db,
    pub(super) caller: Caller,
    pub(super) permit: Permit<P>,
    pub(super) named: Named,
}

impl<P: Permission> Reader<P> {
    /// Whose rows it reads.
    #[must_use]
    pub const fn federation(&self) -> FederationId {
        self.caller.federation
    }

    /// Reads in one snapshot.
    ///
    /// # Errors
    /// What `work` returns.
    pub async fn read<R>(self, work: impl AsyncFnOnce(&mut Tx, &Permit<P>) -> Result<R>) -> ApiResult<R> {
        let Self { db, caller, permit, named } = self;
        let mut tx = begin(&db, &caller, &named, permit.reach()).await?;
        let outcome = Box::pin(work(&mut tx, &permit)).await;
        Ok(tx.end(outcome).await?)
    }

    /// Reads what is seen in clear, in an act: its event tells who saw it.
    ///
    /// # Errors
    /// What `work` returns.
    pub async fn recorded<R>(self, work: impl AsyncFnOnce(&mut Tx, &Permit<P>) -> Result<R>) -> ApiResult<R> {
        let Self { db, caller, permit, named } = self;
        let mut tx = db.begin_act(&caller.acting_by(&permit)).await?;
        let outcome = match named.require(&mut tx, permit.reach()).await {
            Ok(()) => Box::pin(work(&mut tx, &permit)).await,
            Err(error) => Err(error),
        };
        Ok(tx.end(outcome).await?)
    }

    async fn extract(request: &HttpRequest, state: &AppState, caller: Caller) -> ApiResult<Self> {
        let permit = permit::<P>(&state.db, &caller, request).await?;
        storable_query(request)?;
        Ok(Self { db: state.db.clone(), caller, permit, named: Named::of(request) })
    }
}

impl<P: Permission> FromRequest for Reader<P> {
    type Error = ApiError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let state = state(&request)?;
            // A plain no comes before anything else that is wrong with the request, and needs no look at the database.
            if !P::MONEY {
                own_caller(&request)?.permit::<P>()?;
            }
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

impl<P: Permission> OwnReader<P> {
    /// The reader that it is.
    pub(super) fn into_reader(self) -> Reader<P> {
        self.0
    }

    /// Reads in one snapshot, and again in another one later.
    ///
    /// # Errors
    /// What `work` returns.
    pub async fn read_again<R>(&self, work: impl AsyncFnOnce(&mut Tx, &Permit<P>) -> Result<R>) -> ApiResult<R> {
        let Reader { db, caller, permit, named } = &self.0;
        let mut tx = begin(db, caller, named, permit.reach()).await?;
        let outcome = Box::pin(work(&mut tx, permit)).await;
        Ok(tx.end(outcome).await?)
    }

    /// Reads what the service keeps for the caller and the auditors' own role in the database cannot see, such as files of jobs.
    /// Whether it is the caller's, was asked before.
    ///
    /// # Errors
    /// What `work` returns.
    pub async fn read_kept<R>(&self, work: impl AsyncFnOnce(&mut Tx) -> Result<R>) -> ApiResult<R> {
        let mut tx = self.0.db.begin_unattended(self.0.caller.federation).await?;
        let outcome = Box::pin(work(&mut tx)).await;
        Ok(tx.end(outcome).await?)
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
