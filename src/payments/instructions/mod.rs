//! Instructions (支付指令) and batches: written by release, sent, answered by evidence, reissued or given up.

mod api;
pub mod check;
mod exceptions;
mod forms;
pub(super) mod holds;
pub mod model;
pub mod rules;
pub(super) mod service;
pub(super) mod store;

pub use api::{configure, lists, works};
pub use store::accounts_paid_to;

pub use service::{attempts_of, events_of, instruction, views};
