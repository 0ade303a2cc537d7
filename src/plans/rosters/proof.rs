//! Proving, before money follows from it, that a locked roster is what was locked and what the registry still gives.

use std::sync::Arc;

use tokio::task::{JoinHandle, spawn_blocking};

use super::drift::Sources;
use super::model::Roster;
use super::service::{Contents, require_somebody};
use crate::db::{Error, Result, Tx};
use crate::plans::error::ROSTER_ALTERED;
use crate::plans::model::Plan;

/// Does what follows from a roster while the roster is proved, and gives what came of it only if the roster holds: its content is
/// what its digest says, and the registry still gives it.
///
/// All that is proved is read before anything follows. Hashing a hundred thousand entries and pricing them again takes half a
/// second more, on threads of its own; the transaction goes on meanwhile (docs/adr/0024). What speaks against the roster is
/// told before what spoke against the rest.
///
/// # Errors
/// [`super::super::error::ROSTER_EMPTY`], [`ROSTER_ALTERED`] (RC-28), [`super::super::error::REGISTRY_CHANGED`]; else what
/// `follows` gave.
pub(in crate::plans) async fn proved<T>(
    tx: &mut Tx,
    plan: &Plan,
    roster: &Roster,
    follows: impl AsyncFnOnce(&mut Tx) -> Result<T>,
) -> Result<T> {
    require_somebody(roster)?;
    let contents = Arc::new(Contents::read(tx, plan, roster).await?);
    let intact = spawn_blocking({
        let (contents, plan, roster) = (Arc::clone(&contents), plan.clone(), roster.clone());
        move || contents.is_intact(&plan, &roster)
    });
    let sources = match Sources::read(tx, plan, roster, &contents).await {
        Ok(sources) => sources,
        // What was altered may be what cannot be read.
        Err(error) => {
            require_intact(intact).await?;
            return Err(error);
        }
    };
    let current = spawn_blocking(move || sources.require_current(&contents));
    let done = follows(tx).await;
    require_intact(intact).await?;
    current.await.map_err(lost)??;
    done
}

async fn require_intact(intact: JoinHandle<bool>) -> Result<()> {
    if intact.await.map_err(lost)? { Ok(()) } else { Err(ROSTER_ALTERED.refuse().into()) }
}

fn lost(error: tokio::task::JoinError) -> Error {
    Error::Internal(format!("proving a roster: {error}"))
}
