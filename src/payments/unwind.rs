//! Money that comes back goes to the lines and sources it came from, in the order it was paid.

use crate::kernel::Money;
use crate::plans::rosters::FundingPart;

/// The next `amount` of a payment along its split, after the `before` that went back earlier: so that parts that come back
/// one by one end where the whole would have.
#[must_use]
pub fn unwind(parts: &[FundingPart], before: Money, amount: Money) -> Vec<(FundingPart, Money)> {
    let (mut skip, mut due) = (before, amount);
    let mut taken = Vec::new();
    for part in parts {
        let skipped = skip.min(part.amount);
        skip = skip - skipped;
        let here = due.min(part.amount - skipped);
        due = due - here;
        if here.is_positive() {
            taken.push((*part, here));
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernel::{EntryId, FundSourceId, LineId};

    fn parts(amounts: &[u32]) -> Vec<FundingPart> {
        let entry = EntryId::generate();
        amounts
            .iter()
            .zip(0..)
            .map(|(amount, position)| FundingPart {
                roster_entry_id: entry,
                position,
                allocation_line_id: LineId::generate(),
                fund_source_id: FundSourceId::generate(),
                top_up_line_id: None,
                amount: Money::yuan(*amount),
            })
            .collect()
    }

    proptest! {
        #[test]
        fn parts_that_come_back_one_by_one_end_where_the_whole_would_have(
            amounts in proptest::collection::vec(1u32..100, 1..5),
            cuts in proptest::collection::vec(1u32..60, 1..10),
        ) {
            let parts = parts(&amounts);
            let whole: Money = parts.iter().map(|part| part.amount).sum();
            let mut back = Money::ZERO;
            let mut by_line = std::collections::HashMap::new();
            for cut in cuts.into_iter().map(Money::yuan).chain(std::iter::once(whole)) {
                let cut = cut.min(whole - back);
                for (part, amount) in unwind(&parts, back, cut) {
                    *by_line.entry(part.allocation_line_id).or_insert(Money::ZERO) += amount;
                }
                back += cut;
            }
            for part in &parts {
                prop_assert_eq!(by_line.get(&part.allocation_line_id), Some(&part.amount));
            }
        }
    }
}
