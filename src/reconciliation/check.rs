//! `bangfu check`: everything stored that follows from sealed rows, derived anew.

use super::{reports, statements};
use crate::db::{Error, Result, Tx};
use crate::ledger::{self, Difference};
use crate::{audit, payments, personal, plans};

/// Every difference between what is stored and what follows from the sealed rows: balances, day totals and the log; rosters
/// and their digests; instructions, batches, transfers and claims; beneficiaries as they are counted; statements with their
/// matches and exceptions; sealed values with their commitments and hashes; and every
/// sealed row hashed again. Empty when all is right.
///
/// # Errors
/// When the database cannot be read.
pub async fn check(tx: &mut Tx) -> Result<Vec<Difference>> {
    let mut differences = ledger::check(tx).await?;
    differences.extend(derived("plans", plans::check_rosters(tx).await)?);
    differences.extend(derived("payments", payments::check(tx).await)?);
    differences.extend(derived("personal data", personal::check(tx).await)?);
    differences.extend(derived("beneficiaries", reports::check(tx).await)?);
    differences.extend(derived("statements", statements::check(tx).await)?);
    let found = audit::check(tx).await?.into_iter();
    differences.extend(found.map(|failure| Difference {
        what: format!("{}.{}", failure.table, failure.rule),
        subject: failure.key,
        expected: failure.expected,
        found: failure.found,
    }));
    Ok(differences)
}

/// Rows that were changed may not belong together any more, so that nothing follows from them. That is a difference too, and
/// must not keep the others from being told.
fn derived(what: &str, outcome: Result<Vec<Difference>>) -> Result<Vec<Difference>> {
    match outcome {
        Err(error @ (Error::Refused(_) | Error::Internal(_))) => Ok(vec![Difference {
            what: what.to_owned(),
            subject: "the rows they are derived from".to_owned(),
            expected: "rows that belong together".to_owned(),
            found: error.described(),
        }]),
        other => other,
    }
}
