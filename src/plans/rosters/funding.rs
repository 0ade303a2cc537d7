//! Which money pays which entry: the plan's lines in their order, entries in theirs, own funds last.

use crate::kernel::{EntryId, FundSourceId, LineId, Money};

use super::model::FundingPart;

/// Money a plan may draw on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pocket {
    /// The line whose account pays.
    pub line: LineId,
    /// Whose money.
    pub source: FundSourceId,
    /// The own-funds line it first comes from, for a top-up.
    pub top_up_line: Option<LineId>,
    /// How much is there.
    pub available: Money,
}

/// Splits entries over pockets: each entry is paid from the first pocket that still holds money; one that crosses the
/// border between two is split there. The same pockets and entries always give the same split, and money that comes back
/// unwinds along it.
///
/// Returns the parts and what could not be covered.
#[must_use]
pub fn split(pockets: &[Pocket], entries: impl Iterator<Item = (EntryId, Money)>) -> (Vec<FundingPart>, Money) {
    let mut parts = Vec::new();
    let mut shortfall = Money::ZERO;
    let mut rest = pockets.iter().copied().filter(|pocket| pocket.available.is_positive());
    let mut current = rest.next();
    for (entry, amount) in entries {
        let mut due = amount;
        let mut position = 0_i16;
        while due.is_positive() {
            let Some(pocket) = current.as_mut() else {
                shortfall += due;
                break;
            };
            let paid = due.min(pocket.available);
            pocket.available = pocket.available - paid;
            due = due - paid;
            parts.push(FundingPart {
                roster_entry_id: entry,
                position,
                allocation_line_id: pocket.line,
                fund_source_id: pocket.source,
                top_up_line_id: pocket.top_up_line,
                amount: paid,
            });
            position = position.saturating_add(1);
            if pocket.available.is_zero() {
                current = rest.next();
            }
        }
    }
    (parts, shortfall)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn pocket(available: u32) -> Pocket {
        Pocket { line: LineId(Uuid::now_v7()), source: FundSourceId(Uuid::now_v7()), top_up_line: None, available: Money::yuan(available) }
    }

    fn entries(amounts: &[u32]) -> Vec<(EntryId, Money)> {
        amounts.iter().map(|amount| (EntryId::generate(), Money::yuan(*amount))).collect()
    }

    #[test]
    fn the_last_household_of_the_source_is_paid_from_two_sources() {
        let pockets = [pocket(376_000), pocket(1000)];
        let roster = entries(&[2212; 170]);
        let (parts, shortfall) = split(&pockets, roster.iter().copied());
        assert_eq!(parts.len(), 171);
        assert!(shortfall.is_zero());
        let last: Vec<String> =
            parts.iter().filter(|part| part.roster_entry_id == roster[169].0).map(|part| part.amount.to_string()).collect();
        assert_eq!(last, ["2172.00", "40.00"]);
    }

    #[test]
    fn what_no_pocket_covers_is_the_shortfall() {
        let (parts, shortfall) = split(&[pocket(100)], entries(&[60, 60, 60]).into_iter());
        assert_eq!(parts.len(), 2);
        assert_eq!(shortfall, Money::yuan(80));
    }

    proptest! {
        #[test]
        fn no_fen_is_lost_or_made_and_no_pocket_overdrawn(
            available in proptest::collection::vec(0u32..5000, 0..5),
            amounts in proptest::collection::vec(1u32..3000, 0..40),
        ) {
            let pockets: Vec<Pocket> = available.iter().map(|amount| pocket(*amount)).collect();
            let roster = entries(&amounts);
            let (parts, shortfall) = split(&pockets, roster.iter().copied());
            let paid: Money = parts.iter().map(|part| part.amount).sum();
            let due: Money = roster.iter().map(|entry| entry.1).sum();
            prop_assert_eq!(paid + shortfall, due);
            for pocket in &pockets {
                let drawn: Money = parts.iter().filter(|part| part.allocation_line_id == pocket.line).map(|part| part.amount).sum();
                prop_assert!(drawn <= pocket.available);
            }
            prop_assert!(parts.iter().all(|part| part.amount.is_positive()));
        }
    }
}
