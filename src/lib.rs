//! bangfu (帮扶): the disbursement ledger of a trade-union federation's hardship aid.
//!
//! Start at `docs/ARCHITECTURE.md`. [`app`] builds the service; the domain lies in the folders named after it.

pub mod access;
pub mod app;
pub mod approvals;
pub mod audit;
pub mod cli;
pub mod config;
pub mod db;
pub mod exports;
pub mod findings;
pub mod forms;
pub mod funds;
pub mod http;
pub mod imports;
pub mod interchange;
pub mod jobs;
pub mod kernel;
pub mod layouts;
pub mod ledger;
pub mod organisations;
pub mod payments;
pub mod personal;
pub mod plans;
pub mod reconciliation;
pub mod registry;
