//! Who may call the service. Until roles come, whoever holds its bearer token.
//!
//! Table: `access_token`.

mod store;
mod tokens;

pub use tokens::{Tokens, first_token};
