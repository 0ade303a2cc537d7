//! Proving, before money follows from it, that a locked roster is what was locked and what the registry still gives.

use std::sync::Arc;

use tokio::task::{JoinHandle, spawn_blocking};

use super::drift::Sources;
use super::model::Roster;
use super::service::{Contents, require_somebody};
use crate::db::{Error, Result, Tx};
use crate::plans::error::ROSTER_ALTERED;
use crate::plans::model::Plan;

/// What is being proved of a roster. All of it has been read; hashing a hundred thousand entries and pricing them again takes as
/// long as reading them, so that is done on threads of its own while the transaction goes on. Nothing written meanwhile may be
/// committed unless the roster holds: the only way to what was done is [`Proof::of`].
#[must_use = "what follows from a roster must not be committed unless it holds"]
pub struct Proof {
    intact: JoinHandle<bool>,
    current: JoinHandle<Result<()>>,
}

impl Proof {
    /// Reads a roster, then the registry and the standards it was made from, and begins to prove it.
    ///
    /// # Errors
    /// [`super::super::error::ROSTER_EMPTY`]; when the database cannot be read.
    pub(in crate::plans) async fn begin(tx: &mut Tx, plan: &Plan, roster: &Roster) -> Result<Self> {
        require_somebody(roster)?;
        let contents = Arc::new(Contents::read(tx, plan, roster).await?);
        let intact = spawn_blocking({
            let (contents, plan, roster) = (Arc::clone(&contents), plan.clone(), roster.clone());
            move || contents.is_intact(&plan, &roster)
        });
        match Sources::read(tx, plan, roster, &contents).await {
            Ok(sources) => Ok(Self { intact, current: spawn_blocking(move || sources.require_current(&contents)) }),
            // What was altered may be what cannot be read.
            Err(error) => {
                require_intact(intact).await?;
                Err(error)
            }
        }
    }

    /// What was done while the roster was proved, if it holds. What speaks against the roster is told before what spoke against
    /// doing it.
    ///
    /// # Errors
    /// [`ROSTER_ALTERED`] (RC-28), [`super::super::error::REGISTRY_CHANGED`]; else what `done` gave.
    pub async fn of<T>(self, done: Result<T>) -> Result<T> {
        require_intact(self.intact).await?;
        self.current.await.map_err(lost)??;
        done
    }
}

async fn require_intact(intact: JoinHandle<bool>) -> Result<()> {
    if intact.await.map_err(lost)? { Ok(()) } else { Err(ROSTER_ALTERED.refuse().into()) }
}

fn lost(error: tokio::task::JoinError) -> Error {
    Error::Internal(format!("proving a roster: {error}"))
}
