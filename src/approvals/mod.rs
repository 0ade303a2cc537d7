//! A generic review chain (审批): subjects are submitted with the digest of what is to be decided, pass the steps that the
//! federation's policy asks for, and are approved or returned. It knows no domain; a subject is a kind and an id.
//!
//! What is decided in which order, by whom, and that nobody acts twice is held by the database too (`schema/45_duties.sql`).
//!
//! Tables: `review`, `approval`, `duty`.

mod api;
mod error;
mod model;
pub mod policies;
mod rules;
mod service;
pub mod specials;
mod store;

pub use api::{configure, lists};
pub use error::{CODES, CONSTRAINTS, DECISION_TOO_EARLY, REVIEW_NOT_OPEN, ROLE_NOT_HELD, STEP_UNFIT};
pub use model::{Decision, Outcome, ReviewView, Standing, Step, StepKind, Subject, Verdict};
pub use service::{approved_on, decide, open_at, require_step, reviews_of, standing, submit};
