//! The database: pool, transactions, migrations, the private cluster, and how its refusals become the domain's.
//!
//! **Architecture invariant.** One transaction touches one federation. Requests run as `bangfu_service`, which cannot
//! write the ledger's tables nor change what is sealed; migrations run as `bangfu_owner`.
//!
//! Tables: `idempotency_key`, `schema_object`, `audit_event`, `state_event`.

pub mod cluster;
mod error;
pub mod idempotency;
pub mod migrations;
mod pool;
#[expect(missing_docs, reason = "generated; what the columns mean stands in the comments of the database, repeated there")]
pub mod schema;
mod tx;

pub use error::{Constraint, Error, Result};
pub use pool::{Db, DbRole, PoolSettings, connect};
pub use tx::{Deed, Tx};
