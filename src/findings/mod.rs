//! Findings (对账差异/疑点): what a check found wrong, with a state, an explanation and a history. Any module may open one;
//! people explain and resolve them.
//!
//! Tables: `finding`, `finding_event`.

mod api;
mod error;
mod model;
mod service;
mod store;

pub use api::{configure, lists};
pub use error::{CODES, CONSTRAINTS};
pub use model::{FindingView, NewFinding};
pub use service::{about, open, open_among};
