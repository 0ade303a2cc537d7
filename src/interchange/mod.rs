//! File formats: bytes on one side, typed rows on the other.
//!
//! **Architecture invariant.** No SQL, no HTTP, no clock, and of this crate only [`crate::kernel`]: a file means the same to
//! every module that takes it, and what a row stands for is decided by the module that asked for it.

pub mod bank;
pub mod tables;
