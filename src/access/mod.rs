//! Who may call the service. Until roles come, whoever holds its bearer token.
//!
//! Table: `access_token`.

mod service;
mod store;

pub use service::{Tokens, first_token};
