//! What every resource of the API has in common.

/// Something with an address.
pub trait Located {
    /// Its address, such as `/v1/plans/0192…`.
    fn location(&self) -> String;
}

/// Something with a version, for `ETag` and `If-Match`.
pub trait Versioned {
    /// The version, counted up by every change.
    fn version(&self) -> i32;
}
