//! A generic review chain (审批): subjects are submitted with the digest of what is to be decided, pass the steps a policy
//! asks for, and are approved or returned. It knows no domain; a subject is a kind and an id.
//!
//! Tables: `review`, `approval`.

mod api;
mod error;
mod model;
mod rules;
mod service;
mod store;

pub use api::configure;
pub use error::{CODES, CONSTRAINTS};
pub use model::{Decision, Outcome, ReviewView, Step, Subject};
pub use rules::{Policy, SingleStep};
pub use service::{approved_on, decide, reviews_of, submit};
