//! Evidence (凭证): what bank results, statement lines, receipts and letters say of instructions. Appended, never changed;
//! the state of an instruction follows from all of it.

mod api;
mod model;
mod service;
mod store;
mod together;
mod writing;

pub use api::{configure, lists};
pub(super) use model::EvidenceResult;
pub use model::{ClearEvidence, EvidenceKind, EvidenceRequest, EvidenceView, NewEvidence};
pub(super) use service::take_in;
pub use service::{Taken, evidence_in_clear, take_in_lines};
pub use store::evidence_of;
