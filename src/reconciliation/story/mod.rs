//! The story of one payment: document, line, plan, approval, instruction, evidence, postings.

mod api;
mod service;

pub use api::configure;
