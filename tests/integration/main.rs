//! The integration tests: the whole service on a real PostgreSQL, one file a domain.
//!
//! Every test makes its own federation in one shared database and works with real commits on a real pool; see
//! `docs/adr/0002-tests-isolate-by-federation.md`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::print_stderr,
    reason = "a test that panics has told what it had to; clippy.toml allows this in test functions, but not in the helpers beside them"
)]

mod access;
mod approvals;
mod architecture;
mod audit;
mod crash;
mod database;
mod demo;
mod exports;
mod funds;
mod http;
mod imports;
mod layouts;
mod ledger;
mod openapi;
mod organisations;
mod payments;
mod personal;
mod plans;
mod reach;
mod reconciliation;
mod registry;
mod support;
