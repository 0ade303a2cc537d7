//! File formats only: bytes to typed rows and back.
//!
//! **Architecture invariant.** Nothing here knows SQL, HTTP or a clock, and of the crate only [`crate::kernel`]: what a file
//! says is read here, what it means is decided by the domains.

pub mod bank;
