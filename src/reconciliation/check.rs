//! `bangfu check`: everything stored that follows from sealed rows, derived anew.

use crate::db::{Result, Tx};
use crate::ledger::{self, Difference};
use crate::{payments, personal, plans};

/// Every difference between what is stored and what follows from the sealed rows: balances, day totals and the log; rosters
/// and their digests; instructions, batches, transfers and claims; sealed values with their commitments and hashes. Empty when all is right.
///
/// # Errors
/// When the database cannot be read.
pub async fn check(tx: &mut Tx) -> Result<Vec<Difference>> {
    let mut differences = ledger::check(tx).await?;
    differences.extend(plans::check_rosters(tx).await?);
    differences.extend(payments::check(tx).await?);
    differences.extend(personal::check(tx).await?);
    Ok(differences)
}
