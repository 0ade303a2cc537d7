//! One transaction of one federation: what every service function is given.

use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::{AnsiTransactionManager, AsyncPgConnection, SimpleAsyncConnection, TransactionManager};

use super::{Db, Result};
use crate::kernel::{Caller, Clock, FederationId};

/// A transaction with what it needs to know: whose rows, on whose behalf, and when.
pub struct Tx {
    connection: Object<AsyncPgConnection>,
    /// The federation; every statement filters by it.
    pub federation: FederationId,
    /// Who acts.
    pub actor: String,
    clock: Clock,
}

impl Tx {
    pub(super) async fn begin(db: &Db, caller: &Caller, begin: &str) -> Result<Self> {
        let mut connection = db.connection().await?;
        AnsiTransactionManager::begin_transaction_sql(&mut *connection, begin).await?;
        // A UUID prints as hexadecimal digits and dashes only, so it can stand in the statement.
        connection.batch_execute(&format!("set local bangfu.federation = '{}'", caller.federation)).await?;
        Ok(Self { connection, federation: caller.federation, actor: caller.actor.clone(), clock: db.clock() })
    }

    /// Runs `work`, then commits if it succeeded and rolls back if it did not. Dropped half-way (the client went away),
    /// the connection is closed by the pool and the database rolls back.
    pub(super) async fn finish<R>(mut self, work: impl AsyncFnOnce(&mut Self) -> Result<R>) -> Result<R> {
        match work(&mut self).await {
            Ok(result) => {
                AnsiTransactionManager::commit_transaction(&mut *self.connection).await?;
                Ok(result)
            }
            Err(error) => {
                AnsiTransactionManager::rollback_transaction(&mut *self.connection).await?;
                Err(error)
            }
        }
    }

    /// The connection, for statements.
    pub fn conn(&mut self) -> &mut AsyncPgConnection {
        &mut self.connection
    }

    /// When this is recorded, to the microsecond that the database keeps.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now().trunc_subsecs(6)
    }

    /// The business date in China.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        self.clock.today()
    }
}
