//! Whether the statements of an account join: the closing balance of each follows from one before and the lines that are known. A
//! statement that is missing between them, and a line that was taken for another, both show here.

use super::facts::Exception;
use super::facts_store::{self, Before};
use super::matching::Kept;
use super::model::{Candidate, Kind, Why};
use crate::db::{Result, Tx};
use crate::kernel::Money;

/// What is wrong with the closing balance of a statement whose lines are kept; nothing for the first of an account, and where no
/// balance is given.
pub(super) async fn exception(tx: &mut Tx, kept: &Kept) -> Result<Option<Exception>> {
    let (Some(closing), Some((_, last))) = (kept.closing, kept.period) else { return Ok(None) };
    let before = facts_store::before(tx, &kept.account_hash, &kept.currency, last, kept.id).await?;
    let Some(newest) = before.first() else { return Ok(None) };
    let between = facts_store::listed_between(tx, &kept.account_hash, &kept.currency, (newest.to_on, last), kept.id).await?;
    let expected: Vec<Money> = before.iter().map(|before| expected(before, between, kept)).collect();
    // Several may end on one day, each with a part of it: the statement goes on from one of them, whichever it is.
    Ok(match expected.first() {
        Some(first) if !expected.contains(&closing) => Some(not_joining(*first, closing)),
        _ => None,
    })
}

/// The balance that follows from a statement before: its closing balance and what was booked since. What a statement is the first to
/// list of days before that one, the one before has counted in its opening balance.
fn expected(before: &Before, between: Money, kept: &Kept) -> Money {
    let since = kept.lines.iter().filter(|(line, _)| line.booked_on >= before.from_on);
    before.closing + between + since.map(|(line, _)| line.signed()).sum()
}

/// It is about balances, not about a movement: the equation is as it was.
fn not_joining(expected: Money, given: Money) -> Exception {
    let candidate = |amount, why| Candidate { instruction_id: None, batch_id: None, amount, why };
    Exception {
        line: None,
        instruction: None,
        kind: Kind::BalanceDiffers,
        ledger: Money::ZERO,
        bank: Money::ZERO,
        candidates: vec![candidate(expected, Why::BalanceExpected), candidate(given, Why::BalanceGiven)],
    }
}
