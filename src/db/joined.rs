//! What came of acts that were to be done together.

use std::collections::BTreeSet;

/// What came of several acts in one transaction (docs/adr/0020).
#[derive(Debug)]
pub enum Joined<R> {
    /// All were done; what each answers, in their order.
    Done(Vec<R>),
    /// These cannot be done together with others, by their places. Nothing may be kept; who asked does them alone, and the others
    /// again without them.
    Apart(BTreeSet<usize>),
}
