//! Deriving anew what follows from lines, matches and exceptions.

use super::facts_store;
use crate::db::{Result, Tx};
use crate::ledger::Difference;

/// Differences between what is stored of statements and what follows from their lines and the ledger's postings.
///
/// # Errors
/// When the database cannot be read.
pub async fn check(tx: &mut Tx) -> Result<Vec<Difference>> {
    facts_store::cross_check(tx).await
}
