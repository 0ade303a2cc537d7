//! A personal value in clear, on its way through memory.

use std::fmt;

use zeroize::Zeroizing;

/// A value in clear. It is wiped when dropped, and nothing prints it by accident: there is neither `Display` nor
/// `Serialize`, and `Debug` shows stars.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a value into care.
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value, for masking it or for an answer that was recorded.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(***)")
    }
}
