//! Re-deriving every instruction's state from its sealed events, and its money from its state.

use super::model::InstructionStatus;
use super::rules::may_follow;
use super::store;
use crate::db::{Result, Tx};
use crate::ledger::Difference;

/// Differences between what is stored of the payments and what follows from the sealed rows.
///
/// # Errors
/// When the database cannot be read.
pub async fn check(tx: &mut Tx) -> Result<Vec<Difference>> {
    let mut differences = store::cross_check(tx).await?;
    for row in store::states(tx).await? {
        let derived = fold(&row.events);
        let gapless = row.sequences.iter().zip(1..).all(|(sequence, expected)| *sequence == expected);
        if derived.map(InstructionStatus::name) != Some(row.status.as_str()) || !gapless {
            differences.push(Difference {
                what: "instruction.status".to_owned(),
                subject: row.id.to_string(),
                expected: derived.map_or_else(|| format!("no state: {:?}", row.events), |status| status.name().to_owned()),
                found: row.status,
            });
        }
    }
    Ok(differences)
}

/// The state that a sequence of events leads to; `None` when a step does not follow from the one before.
fn fold(events: &[String]) -> Option<InstructionStatus> {
    let mut status = None;
    for event in events {
        let next = if event == "released" { InstructionStatus::Pending } else { InstructionStatus::parse(event)? };
        if !may_follow(status, next) {
            return None;
        }
        status = Some(next);
    }
    status
}
