//! The database: pool, transactions, migrations, the private cluster, and how its refusals become the domain's.
//!
//! **Architecture invariant.** One transaction touches one federation. Requests run as `bangfu_service`, which cannot
//! write the ledger's tables nor change what is sealed; migrations run as `bangfu_owner`.
//!
//! Tables: `idempotency_key`, `schema_object`, `audit_event`, `state_event`, `vault_key`.

pub mod cluster;
mod error;
pub mod idempotency;
mod joined;
pub mod migrations;
pub mod pieces;
mod pool;
#[expect(missing_docs, reason = "generated; what the columns mean stands in the comments of the database, repeated there")]
pub mod schema;
mod statement;
mod tx;
pub mod vault;
mod vault_keys;
mod wire;

/// What the log never takes from the driver, however talkative it is asked to be: the values of statements, which are
/// people's names.
pub const QUIET_LOGS: &[&str] = &["tokio_postgres=warn", "postgres=warn"];

pub use error::{Constraint, Error, Result};
pub use joined::Joined;
pub use pool::{Db, DbRole, PoolSettings, connect};
pub use statement::{KeepPrepared, Prepared};
pub use tx::{Deed, Opening, Tx};
pub use vault::Vault;
pub use vault_keys::{KeyMismatch, KeyUse, known_keys, register_keys, retire_keys, write_horizon};
pub use wire::InOrder;
