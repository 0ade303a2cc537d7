//! One transaction of one federation: what every service function is given.

use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::{AnsiTransactionManager, AsyncPgConnection, SimpleAsyncConnection, TransactionManager};
use uuid::Uuid;

use super::{Db, Error, Result, Vault};
use crate::kernel::vault::{Indexed, Place, Sealed, Secret};
use crate::kernel::{Caller, Clock, FederationId};

/// A transaction with what it needs to know: whose rows, on whose behalf, and when.
pub struct Tx {
    /// Present until the transaction has ended, and taken out of the pool when it is dropped before.
    connection: Option<Object<AsyncPgConnection>>,
    /// The federation; every statement filters by it.
    pub federation: FederationId,
    /// Who acts.
    pub actor: String,
    clock: Clock,
    vault: Vault,
}

impl Drop for Tx {
    /// Dropped half-way (the client went away, the handler panicked), the connection must not go back to the pool: it would
    /// keep its transaction and its locks until somebody happens to be given it. Taken out and closed, the database rolls
    /// back at once.
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(Object::take(connection));
        }
    }
}

impl Tx {
    pub(super) async fn begin(db: &Db, caller: &Caller, begin: &str) -> Result<Self> {
        let connection = db.connection().await?;
        let mut tx = Self {
            connection: Some(connection),
            federation: caller.federation,
            actor: caller.actor.clone(),
            clock: db.clock(),
            vault: db.vault().clone(),
        };
        let connection = tx.held()?;
        AnsiTransactionManager::begin_transaction_sql(&mut **connection, begin).await?;
        // A UUID prints as hexadecimal digits and dashes only, so it can stand in the statement.
        connection.batch_execute(&format!("set local bangfu.federation = '{}'", caller.federation)).await?;
        Ok(tx)
    }

    fn held(&mut self) -> Result<&mut Object<AsyncPgConnection>> {
        self.connection.as_mut().ok_or_else(|| Error::Internal("a transaction that has ended".to_owned()))
    }

    /// Runs `work`, then commits if it succeeded and rolls back if it did not; then the connection goes back to the pool.
    pub(super) async fn finish<R>(mut self, work: impl AsyncFnOnce(&mut Self) -> Result<R>) -> Result<R> {
        let outcome = work(&mut self).await;
        let connection = self.held()?;
        match outcome {
            Ok(result) => {
                AnsiTransactionManager::commit_transaction(&mut **connection).await?;
                self.connection = None;
                Ok(result)
            }
            Err(error) => {
                AnsiTransactionManager::rollback_transaction(&mut **connection).await?;
                self.connection = None;
                Err(error)
            }
        }
    }

    /// The connection, for statements.
    pub fn conn(&mut self) -> &mut AsyncPgConnection {
        match &mut self.connection {
            Some(connection) => connection,
            None => unreachable!("a transaction gives its connection back only when it has ended"),
        }
    }

    /// When this is recorded, to the microsecond that the database keeps.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now().trunc_subsecs(6)
    }

    /// The keys that personal data is sealed and found with.
    #[must_use]
    pub const fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Seals a personal value for a column of a row of this federation. `column` is `table.column` without `_sealed`.
    ///
    /// # Errors
    /// As [`Vault::seal`].
    pub fn seal(&self, column: &'static str, row: Uuid, value: &str) -> Result<Sealed> {
        self.vault.seal(&Place { column, federation: self.federation, row }, value)
    }

    /// Opens a personal value of a column of a row of this federation.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub fn open(&self, column: &'static str, row: Uuid, sealed: &[u8]) -> Result<Secret> {
        Ok(self.vault.open(&Place { column, federation: self.federation, row }, sealed)?.value)
    }

    /// The hash by which a personal value is found within this federation.
    #[must_use]
    pub fn index(&self, kind: Indexed, value: &str) -> Vec<u8> {
        self.vault.index(kind, self.federation, value)
    }

    /// The business date in China.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        self.clock.today()
    }
}
