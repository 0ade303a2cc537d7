//! Personal values at rest: sealed so that a dump of the database shows none of them, found through a keyed hash, and
//! attested by a commitment that survives erasure (ADR 0013).
//!
//! **Sealed value.** One byte of format (1), four bytes of key id, twelve of nonce, then AES-256-GCM-SIV (RFC 8452) over a
//! salt of sixteen bytes and the value. The associated data bind it to its [`Place`]: a ciphertext that is copied into
//! another column, row or federation does not open. The nonce is random; should one ever repeat, SIV gives away no more
//! than that two equal values were sealed.
//!
//! **Index.** HMAC-SHA256 under a key of its own over what kind of value it is, the federation and the value: equal for
//! equal values, so rows can be found and kept unique, and worth nothing without the key.
//!
//! **Commitment.** SHA-256 over salt and value. It is what seals of the log cover; without the salt, which is inside the
//! ciphertext only, it says nothing of the value.

mod keyfile;
mod keyring;
mod secret;

pub use keyfile::{KeyFileError, MOST_KEYS};
pub use keyring::{KeyId, Keyring, Opened, Sealed, VaultError};
pub use secret::Secret;

use uuid::Uuid;

use super::FederationId;

/// Where a sealed value stands. A value opens in its own place only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// `table.column` of the value, without the suffix `_sealed`: `person.identity_number`.
    pub column: &'static str,
    /// Whose row it is.
    pub federation: FederationId,
    /// The row's id.
    pub row: Uuid,
}

/// What kinds of values are found through their hash. Values of one kind have one hash within a federation, whatever table
/// they stand in: a recipient reported by a subordinate union is the person that is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indexed {
    /// A citizen identity number.
    IdentityNumber,
    /// The number of a card or account.
    AccountNumber,
    /// A phone number, digits only.
    Phone,
    /// The digest of a request, which is kept beside its idempotency key: unkeyed it could be guessed at.
    Request,
    /// The digest of a row of a file, by which it is known when it comes again.
    ImportedRow,
    /// What makes a line of a bank statement the same when statements overlap.
    StatementLine,
}

impl Indexed {
    const fn name(self) -> &'static str {
        match self {
            Self::IdentityNumber => "identity_number",
            Self::AccountNumber => "account_number",
            Self::Phone => "phone",
            Self::Request => "request",
            Self::ImportedRow => "imported_row",
            Self::StatementLine => "statement_line",
        }
    }
}
