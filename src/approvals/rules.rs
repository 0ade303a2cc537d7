//! Which steps a subject needs.

use super::model::{Step, Subject};
use crate::kernel::Money;

/// Decides which steps a subject needs. What it says is stored with the review when the subject is submitted, so a later
/// policy does not change a review that runs.
pub trait Policy {
    /// The steps in order; at least one.
    fn steps(&self, subject: Subject, amount: Money) -> Vec<Step>;
}

/// One approval by a leader, whatever the amount; stands where the dated chain of a federation will.
#[derive(Debug, Clone, Copy)]
pub struct SingleStep;

impl Policy for SingleStep {
    fn steps(&self, _: Subject, _: Money) -> Vec<Step> {
        vec![Step { role: "leader".to_owned() }]
    }
}
