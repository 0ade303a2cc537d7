//! What holds a batch back: an earlier attempt for one of its entries that may have been paid after all.

use super::store;
use crate::db::{Result, Tx};
use crate::findings;
use crate::kernel::BatchId;
use crate::payments::error::{ATTEMPT_IN_QUESTION, CONTRADICTION_OPEN};

/// Refuses to send while evidence, or a line of a bank statement that nobody has explained, says that an earlier attempt for one of
/// the entries may have been paid.
pub(in crate::payments) async fn refuse_contradicted(tx: &mut Tx, batch: BatchId) -> Result<()> {
    let contradicted = store::contradicted_attempts(tx, batch).await?;
    let open = findings::open_among(tx, "instruction", &contradicted).await?;
    if !open.is_empty() {
        return Err(CONTRADICTION_OPEN.refuse().with("findings", open).into());
    }
    let lines = store::attempts_in_question(tx, batch).await?;
    if lines.is_empty() { Ok(()) } else { Err(ATTEMPT_IN_QUESTION.refuse().with("exceptions", lines).into()) }
}
