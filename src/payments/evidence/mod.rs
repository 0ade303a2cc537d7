//! Evidence (凭证): what bank results, statement lines, receipts and letters say of instructions. Appended, never changed;
//! the state of an instruction follows from all of it.

mod api;
mod model;
mod service;
mod store;

pub use api::configure;
pub use model::{ClearEvidence, EvidenceView};
pub(super) use model::{EvidenceKind, EvidenceRequest, EvidenceResult, NewEvidence};
pub use service::evidence_in_clear;
pub(super) use service::take_in;
pub use store::evidence_of;
