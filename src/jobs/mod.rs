//! Long work in the background (后台任务): started with 202, leased by a worker, watched, cancelled, and taken up again after a
//! crash (ADR 0016). What a job does is an act of the user who started it: the database authenticates it by a token that the job
//! was given when it was started, that stands encrypted in its row, and that ends with it.
//!
//! This module knows how work is kept and run, not what is done: other modules give it [`Work`].
//!
//! Tables: `job`, `job_file`.
//!
//! **Invariants.** What a job does and that it has ended are written in one transaction, by whoever holds its lease: taken up by
//! two workers, it is done once. A job that is running has a lease, which ends by itself.

mod api;
mod error;
mod model;
mod service;
mod store;
mod worker;

pub use api::{configure, lists};
pub use error::{CODES, CONSTRAINTS, JOB_CANCELLED, JOB_ELSEWHERE};
pub use model::{JobView, NewFile, NewJob};
pub use service::{GrowingFile, KeptFile, Starter, start};
pub use worker::{Bell, Doing, Done, FILES_KEPT, Output, Work, Worker};
