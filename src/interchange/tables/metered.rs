//! A reader that stops when one piece of what it reads grows without end.

use std::io::{Error, ErrorKind, Read, Result};

/// Lets `allowance` bytes through between two calls of [`Metered::refill`], then fails. Parsers hold a line or a tag whole
/// before they give it out; this bounds what they hold.
#[derive(Debug)]
pub(super) struct Metered<R> {
    inner: R,
    allowance: usize,
    left: usize,
    passed: u64,
}

impl<R> Metered<R> {
    pub const fn new(inner: R, allowance: usize) -> Self {
        Self { inner, allowance, left: allowance, passed: 0 }
    }

    /// Bytes let through so far.
    pub const fn passed(&self) -> u64 {
        self.passed
    }

    /// The next piece begins.
    pub const fn refill(&mut self) {
        self.left = self.allowance;
    }
}

/// Whether an error is that of a reader that has run out.
pub(super) fn ran_out(error: &Error) -> bool {
    error.kind() == ErrorKind::FileTooLarge
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        if self.left == 0 && !into.is_empty() {
            return Err(ErrorKind::FileTooLarge.into());
        }
        let most = into.len().min(self.left);
        let read = self.inner.read(into.get_mut(..most).unwrap_or_default())?;
        self.left = self.left.saturating_sub(read);
        self.passed = self.passed.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        Ok(read)
    }
}
