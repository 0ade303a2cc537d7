//! Starting an import.

use serde_json::{Value, json};

use super::list::List;
use super::model::ImportQuery;
use crate::db::{Result, Tx};
use crate::jobs::{self, JobView, NewFile, NewJob, Starter};
use crate::kernel::{Lang, Permit};

/// Starts the job that takes a file in. `about` is what the list is of, such as a transfer.
///
/// # Errors
/// When the database cannot be written.
pub async fn start<L: List>(
    tx: &mut Tx,
    _may: &Permit<L::May>,
    starter: &Starter,
    kind: &'static str,
    file: NewFile,
    (query, lang, about): (ImportQuery, Lang, Value),
) -> Result<JobView> {
    let parameters = json!({
        "dry_run": query.dry_run.unwrap_or_default(), "take": query.take.unwrap_or_default(), "lang": lang.tag(), "about": about,
    });
    jobs::start(tx, starter, NewJob { kind, parameters, file: Some(file), makes: None }).await
}
