//! Versioned, length-prefixed bytes for digests: no two different contents share an encoding.
//!
//! A field is its length as eight big-endian bytes, then its bytes; an absent field is the length `u64::MAX` and nothing
//! after it, so "absent" and "empty" differ. Joining texts with a separator would let a value move across the border
//! between two fields without changing the digest.

use sha2::{Digest, Sha256};

/// A digest being fed.
#[derive(Debug, Clone)]
pub struct Canonical(Sha256);

impl Canonical {
    /// Starts a digest of one kind of content, such as `bangfu.roster.v1`.
    #[must_use]
    pub fn new(kind_and_version: &str) -> Self {
        let mut canonical = Self(Sha256::new());
        canonical.field(kind_and_version);
        canonical
    }

    /// Adds one field by its printed form.
    pub fn field(&mut self, value: impl ToString) -> &mut Self {
        self.bytes(value.to_string().as_bytes())
    }

    /// Adds a field that may be absent.
    pub fn optional(&mut self, value: Option<impl ToString>) -> &mut Self {
        match value {
            Some(value) => self.field(value),
            None => {
                self.0.update(u64::MAX.to_be_bytes());
                self
            }
        }
    }

    /// Adds raw bytes as one field.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX - 1);
        self.0.update(length.to_be_bytes());
        self.0.update(bytes);
        self
    }

    /// The SHA-256 of all fields, in lower-case hexadecimal.
    #[must_use]
    pub fn hex(self) -> String {
        hex::encode(self.0.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(fields: &[Option<&str>]) -> String {
        let mut canonical = Canonical::new("test.v1");
        for field in fields {
            canonical.optional(*field);
        }
        canonical.hex()
    }

    #[test]
    fn contents_that_only_join_alike_have_different_digests() {
        assert_ne!(digest(&[Some("ab"), Some("c")]), digest(&[Some("a"), Some("bc")]));
        assert_ne!(digest(&[None, Some("a")]), digest(&[Some("a"), None]));
        assert_ne!(digest(&[Some("")]), digest(&[None]));
        assert_eq!(digest(&[Some("a")]), digest(&[Some("a")]));
    }
}
