//! How often somebody may try to log in, before anything is looked up or hashed: by address and by name.

use std::num::NonZeroU32;
use std::sync::Arc;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Attempts to log in, per address and per name. Kept in this process: several processes each count their own; the lock-out
/// after failures is kept in the database and counts for all.
#[derive(Clone)]
pub struct LoginLimits {
    by_address: Arc<DefaultKeyedRateLimiter<String>>,
    by_name: Arc<DefaultKeyedRateLimiter<String>>,
}

impl std::fmt::Debug for LoginLimits {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("LoginLimits").finish_non_exhaustive()
    }
}

impl LoginLimits {
    /// So many attempts a minute from one address, and for one name.
    #[must_use]
    pub fn per_minute(address: NonZeroU32, name: NonZeroU32) -> Self {
        Self {
            by_address: Arc::new(RateLimiter::keyed(Quota::per_minute(address))),
            by_name: Arc::new(RateLimiter::keyed(Quota::per_minute(name))),
        }
    }

    /// Whether a further attempt is allowed now. It counts.
    #[must_use]
    pub fn allow(&self, address: &str, name: &str) -> bool {
        let address = self.by_address.check_key(&address.to_owned()).is_ok();
        // Bounded: names that nobody tries any more are forgotten.
        self.by_address.retain_recent();
        self.by_name.retain_recent();
        address && self.by_name.check_key(&name.to_owned()).is_ok()
    }
}

impl Default for LoginLimits {
    /// 60 a minute from one address (a union behind one gateway), 10 for one name.
    fn default() -> Self {
        const ADDRESS: NonZeroU32 = NonZeroU32::new(60).unwrap();
        const NAME: NonZeroU32 = NonZeroU32::new(10).unwrap();
        Self::per_minute(ADDRESS, NAME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_counted_by_address_and_by_name() {
        let limits = LoginLimits::per_minute(NonZeroU32::new(3).unwrap(), NonZeroU32::new(2).unwrap());
        assert!(limits.allow("10.0.0.1", "a") && limits.allow("10.0.0.1", "a"));
        assert!(!limits.allow("10.0.0.1", "a"), "too often for the name");
        assert!(!limits.allow("10.0.0.1", "b"), "too often from the address");
        assert!(limits.allow("10.0.0.2", "b"));
    }
}
