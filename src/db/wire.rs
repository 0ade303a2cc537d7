//! Statements that are sent together, so that the service waits once for all of them.

use super::Result;

/// What came of futures joined by `futures_util`'s `join!`, whose statements went out at once over [`Tx::wire`](super::Tx::wire).
///
/// Not `try_join!`: once a statement has failed the transaction refuses those after it, and it would be chance which of the
/// errors is seen first.
pub trait InOrder {
    /// The results of all.
    type All;

    /// The results, if none failed.
    ///
    /// # Errors
    /// That of the first that failed, which is why the later ones did.
    fn in_order(self) -> Result<Self::All>;
}

impl<A, B> InOrder for (Result<A>, Result<B>) {
    type All = (A, B);

    fn in_order(self) -> Result<Self::All> {
        Ok((self.0?, self.1?))
    }
}

impl<A, B, C> InOrder for (Result<A>, Result<B>, Result<C>) {
    type All = (A, B, C);

    fn in_order(self) -> Result<Self::All> {
        Ok((self.0?, self.1?, self.2?))
    }
}

impl<A, B, C, D> InOrder for (Result<A>, Result<B>, Result<C>, Result<D>) {
    type All = (A, B, C, D);

    fn in_order(self) -> Result<Self::All> {
        Ok((self.0?, self.1?, self.2?, self.3?))
    }
}

impl<A, B, C, D, E> InOrder for (Result<A>, Result<B>, Result<C>, Result<D>, Result<E>) {
    type All = (A, B, C, D, E);

    fn in_order(self) -> Result<Self::All> {
        Ok((self.0?, self.1?, self.2?, self.3?, self.4?))
    }
}
