//! On whose behalf something is done.

use super::id::FederationId;

/// Who acts, and within which federation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The federation whose rows the request may touch.
    pub federation: FederationId,
    /// The name that goes into every record the request leaves.
    pub actor: String,
}
