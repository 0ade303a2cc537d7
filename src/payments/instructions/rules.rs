//! The state machine of an instruction (domain.md, States), as a function of where it is and what is learned.

use chrono::NaiveDate;

use super::model::{InstructionStatus, Outcome};
use crate::kernel::Refusal;
use crate::ledger::{Account, EntryKind};
use crate::payments::error::EVIDENCE_BEFORE_SENDING;

/// A move of an instruction's money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MoneyMove {
    /// The kind of business event.
    pub kind: EntryKind,
    /// Where it leaves.
    pub from: Account,
    /// Where it goes.
    pub to: Account,
}

const fn moving(kind: EntryKind, from: Account, to: Account) -> MoneyMove {
    MoneyMove { kind, from, to }
}

/// What a piece of evidence does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The state changes, and the money with it, in this order.
    Applied(InstructionStatus, Vec<MoneyMove>),
    /// It says what is known already; kept, nothing changes.
    Confirms,
    /// It says the opposite of what is known; kept, nothing changes, and a finding is opened for people to resolve.
    Contradicts,
}

/// Where paid money lies: with the recipient, or with the subordinate union until it reports.
const fn paid_into(transfer: bool) -> Account {
    if transfer { Account::TransferredDown } else { Account::Disbursed }
}

/// What is known of an instruction beside its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// It hands money to a subordinate union.
    pub transfer: bool,
    /// When it was last settled, if ever.
    pub settled_on: Option<NaiveDate>,
    /// Some of its money has gone on: recovered, reported by the union or handed back.
    pub part_gone: bool,
}

/// What evidence does to an instruction. Evidence of any order is accepted, because late evidence is a normal event; what
/// cannot be squared with what is known is kept and put before people.
///
/// # Errors
/// [`EVIDENCE_BEFORE_SENDING`] for an instruction nobody has sent.
pub fn apply(status: InstructionStatus, outcome: Outcome, known: Known, occurred_on: NaiveDate) -> Result<Effect, Refusal> {
    use InstructionStatus as S;
    use Outcome as O;
    let paid = paid_into(known.transfer);
    let settle = moving(EntryKind::Settle, Account::InTransit, paid);
    let fail = moving(EntryKind::Fail, Account::InTransit, Account::Committed);
    let send_again = moving(EntryKind::Send, Account::Committed, Account::InTransit);
    Ok(match (status, outcome) {
        (S::Pending, _) => return Err(EVIDENCE_BEFORE_SENDING.refuse()),
        (S::Sent | S::Unknown, O::Settled) => Effect::Applied(S::Settled, vec![settle]),
        // A bank that returns the money before it said "paid" has not paid.
        (S::Sent | S::Unknown, O::Failed | O::Bounced) => Effect::Applied(S::Failed, vec![fail]),
        // No answer moves no money: it stays in transit, and nobody may pay again.
        (S::Sent, O::Unknown) => Effect::Applied(S::Unknown, Vec::new()),
        // The whole amount cannot come back when part of it has gone on; moving it would take the money of others.
        (S::Settled, O::Bounced) if known.part_gone => Effect::Contradicts,
        (S::Settled, O::Bounced) => Effect::Applied(S::Bounced, vec![moving(EntryKind::Bounce, paid, Account::Bounced)]),
        (S::Settled, O::Failed) => Effect::Contradicts,
        // The bank takes back its "failed": the money is under way or has arrived after all.
        (S::Failed, O::Settled) => Effect::Applied(S::Settled, vec![send_again, settle]),
        (S::Failed, O::Unknown) => Effect::Applied(S::Unknown, vec![send_again]),
        // The line of a settlement that is known may come again in a later file. Any other means the payee has the money of
        // an attempt that was taken for failed or bounced, and another attempt may pay twice.
        (S::Bounced | S::Reissued | S::GivenUp, O::Settled) if known.settled_on.is_none_or(|settled| occurred_on > settled) => {
            Effect::Contradicts
        }
        (S::Unknown, O::Unknown)
        | (S::Settled, O::Settled | O::Unknown)
        | (S::Failed, O::Failed | O::Bounced)
        | (S::Bounced | S::Reissued | S::GivenUp, _) => Effect::Confirms,
    })
}

/// How the money of a failed or bounced instruction becomes ready for another attempt; `None` when it is already.
///
/// Other states allow no reissue. Above all `unknown` does not: the money may have arrived.
#[must_use]
pub const fn reissue(status: InstructionStatus) -> Option<Option<MoneyMove>> {
    match status {
        InstructionStatus::Failed => Some(None),
        InstructionStatus::Bounced => Some(Some(moving(EntryKind::Reissue, Account::Bounced, Account::Committed))),
        _ => None,
    }
}

/// How the money of an instruction that is given up becomes available; `None` when its state does not allow it.
#[must_use]
pub const fn give_up(status: InstructionStatus) -> Option<MoneyMove> {
    match status {
        InstructionStatus::Pending | InstructionStatus::Failed => Some(moving(EntryKind::GiveUp, Account::Committed, Account::Available)),
        InstructionStatus::Bounced => Some(moving(EntryKind::GiveUp, Account::Bounced, Account::Available)),
        _ => None,
    }
}

/// Whether an event may be the next after a state. `bangfu check` folds the sealed events with it.
#[must_use]
pub const fn may_follow(status: Option<InstructionStatus>, next: InstructionStatus) -> bool {
    use InstructionStatus::{Bounced, Failed, GivenUp, Pending, Reissued, Sent, Settled, Unknown};
    matches!(
        (status, next),
        (None, Pending)
            | (Some(Pending), Sent | GivenUp)
            | (Some(Sent), Settled | Failed | Unknown)
            | (Some(Unknown), Settled | Failed)
            | (Some(Settled), Bounced)
            | (Some(Failed), Settled | Unknown | Reissued | GivenUp)
            | (Some(Bounced), Reissued | GivenUp)
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [InstructionStatus; 8] = [
        InstructionStatus::Pending,
        InstructionStatus::Sent,
        InstructionStatus::Settled,
        InstructionStatus::Failed,
        InstructionStatus::Unknown,
        InstructionStatus::Bounced,
        InstructionStatus::Reissued,
        InstructionStatus::GivenUp,
    ];
    const OUTCOMES: [Outcome; 4] = [Outcome::Settled, Outcome::Failed, Outcome::Unknown, Outcome::Bounced];

    const UNSETTLED: Known = Known { transfer: false, settled_on: None, part_gone: false };

    fn settled(on: u32) -> Known {
        Known { settled_on: Some(day(on)), ..UNSETTLED }
    }

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2022, 9, day).unwrap()
    }

    #[test]
    fn no_answer_is_unknown_and_moves_no_money() {
        assert_eq!(
            apply(InstructionStatus::Sent, Outcome::Unknown, UNSETTLED, day(2)),
            Ok(Effect::Applied(InstructionStatus::Unknown, vec![]))
        );
    }

    #[test]
    fn unknown_allows_neither_reissue_nor_giving_up() {
        for status in [InstructionStatus::Unknown, InstructionStatus::Sent, InstructionStatus::Settled] {
            assert_eq!(reissue(status), None);
            assert_eq!(give_up(status), None);
        }
    }

    #[test]
    fn a_late_bounce_after_settlement_is_a_normal_event() {
        let effect = apply(InstructionStatus::Settled, Outcome::Bounced, settled(1), day(20)).unwrap();
        assert!(matches!(effect, Effect::Applied(InstructionStatus::Bounced, moves) if moves.len() == 1));
    }

    #[test]
    fn a_bounce_of_money_that_has_partly_gone_on_is_put_before_people() {
        let gone = Known { part_gone: true, ..settled(1) };
        assert_eq!(apply(InstructionStatus::Settled, Outcome::Bounced, gone, day(20)), Ok(Effect::Contradicts));
    }

    #[test]
    fn a_settlement_nobody_knew_of_contradicts_whatever_its_date() {
        for status in [InstructionStatus::Reissued, InstructionStatus::GivenUp] {
            for on in [9, 11] {
                assert_eq!(apply(status, Outcome::Settled, UNSETTLED, day(on)), Ok(Effect::Contradicts));
            }
            assert_eq!(apply(status, Outcome::Settled, settled(9), day(9)), Ok(Effect::Confirms));
            assert_eq!(apply(status, Outcome::Settled, settled(9), day(10)), Ok(Effect::Contradicts));
        }
    }

    #[test]
    fn whatever_evidence_changes_is_a_step_the_check_accepts() {
        for status in ALL {
            for outcome in OUTCOMES {
                if let Ok(Effect::Applied(next, _)) = apply(status, outcome, settled(1), day(2)) {
                    assert!(may_follow(Some(status), next), "{status:?} {outcome:?}");
                }
            }
        }
    }

    proptest! {
        /// Follows the money of one instruction through any order of evidence: it is always in exactly one account, and the
        /// account is the one its state says.
        #[test]
        fn money_is_always_where_the_state_says(outcomes in proptest::collection::vec(0usize..4, 0..20), transfer: bool) {
            let (mut status, mut place) = (InstructionStatus::Sent, Account::InTransit);
            for (index, outcome) in outcomes.into_iter().enumerate() {
                let on = day(1 + u32::try_from(index).unwrap());
                if let Effect::Applied(next, moves) = apply(status, OUTCOMES[outcome], Known { transfer, ..settled(1) }, on).unwrap() {
                    for money in moves {
                        prop_assert_eq!(money.from, place);
                        place = money.to;
                    }
                    status = next;
                }
                let expected = match status {
                    InstructionStatus::Sent | InstructionStatus::Unknown => Account::InTransit,
                    InstructionStatus::Settled => paid_into(transfer),
                    InstructionStatus::Failed => Account::Committed,
                    InstructionStatus::Bounced => Account::Bounced,
                    other => panic!("evidence alone never leads to {other:?}"),
                };
                prop_assert_eq!(place, expected);
            }
        }
    }
}
