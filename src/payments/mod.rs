//! Payments: instructions and batches, evidence, bounces and reissues, transfers down, returns to the treasury, recoveries.
//!
//! An instruction's state follows from its events, which are sealed; no answer from a bank is `unknown`, never `failed`.
//!
//! Tables: `batch`, `batch_file`, `batch_file_piece`, `instruction`, `instruction_event`, `evidence`, `transfer_down`, `transfer_feedback`, `fund_return`,
//! `recovery`.

mod error;
mod evidence;
mod files;
mod instructions;
mod recoveries;
mod returns;
mod transfers;
mod unwind;

pub use error::{CODES, CONSTRAINTS};
pub use evidence::{
    ClearEvidence, EvidenceKind, EvidenceRequest, EvidenceView, NewEvidence, Taken, evidence_in_clear, evidence_of, take_in_lines,
};
pub use files::references_by_short;
pub use instructions::check::check;
pub use instructions::model::{EventView, Instruction, InstructionStatus, InstructionView, Outcome};
pub use instructions::rules::may_follow;
pub use instructions::{accounts_paid_to, attempts_of, events_of, instruction, views};
pub use transfers::{ClearRecipient, feedback_in_clear, is_reported};
use unwind::unwind;

/// The jobs of this module.
#[must_use]
pub fn works() -> Vec<Box<dyn crate::jobs::Work>> {
    [instructions::works(), transfers::works(), files::works()].into_iter().flatten().collect()
}

/// The lists of this module that can be taken whole.
#[must_use]
pub fn lists() -> Vec<&'static dyn crate::exports::AnyList> {
    [instructions::lists(), evidence::lists(), transfers::lists(), returns::lists(), recoveries::lists()].into_iter().flatten().collect()
}

/// Mounts the routes of this module.
pub fn configure(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config
        .configure(instructions::configure)
        .configure(evidence::configure)
        .configure(files::configure)
        .configure(transfers::configure)
        .configure(returns::configure)
        .configure(recoveries::configure);
}
