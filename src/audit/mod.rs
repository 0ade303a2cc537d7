//! Evidence that cannot be rewritten (docs/adr/0012): the federation's log as a Merkle tree, signed checkpoints, receipts,
//! exports, and what checks them offline.
//!
//! It knows no domain: rows are texts, and which columns they have stands in [`tables`]. What is hashed and how in [`rows`] and
//! [`tree`]; the [`verify`] folder uses nothing but them.
//!
//! Tables: `sealed_leaf`, `log_tile`, `checkpoint`, `issued_report`.

mod api;
mod check;
pub mod dump;
mod error;
pub mod export;
mod masking;
mod model;
pub mod note;
pub mod receipt;
pub mod rows;
mod sealer;
mod service;
mod store;
pub mod tables;
pub mod tree;
pub mod verify;

pub use api::{configure, lists};
pub use check::check;
pub use error::{CODES, CONSTRAINTS, LOG_EMPTY};
pub use model::{CheckpointView, ClearExportGranted, PrintedCheckpoint};
pub use sealer::Sealer;
pub use service::{ask_for_list_in_clear, asked_in_clear, checkpoint, newest_checkpoint};
pub use store::seals::ReportKey;

use crate::db::{Result, Tx};

/// A report as it was issued; `None` when it was not.
///
/// # Errors
/// When the database cannot be read.
pub async fn issued_report(tx: &mut Tx, key: &ReportKey) -> Result<Option<String>> {
    store::seals::report(tx, key).await
}
