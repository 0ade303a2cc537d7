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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct History {
    /// Whether it hands money to a subordinate union.
    pub transfer: bool,
    /// When it was last settled, if ever.
    pub settled_on: Option<NaiveDate>,
    /// Whether some of its money has gone on: a recovery is due, recipients are reported, or a union has handed some back.
    pub spoken_for: bool,
}

/// What evidence does to an instruction. Evidence of any order is accepted, because late evidence is a normal event.
///
/// # Errors
/// [`EVIDENCE_BEFORE_SENDING`] for an instruction nobody has sent.
pub fn apply(status: InstructionStatus, outcome: Outcome, occurred_on: NaiveDate, history: History) -> Result<Effect, Refusal> {
    use InstructionStatus as S;
    use Outcome as O;
    let paid = paid_into(history.transfer);
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
        // Of what was got back, reported or handed back already, not all can come back again.
        (S::Settled, O::Bounced) if history.spoken_for => Effect::Contradicts,
        (S::Settled, O::Bounced) => Effect::Applied(S::Bounced, vec![moving(EntryKind::Bounce, paid, Account::Bounced)]),
        (S::Settled, O::Failed) => Effect::Contradicts,
        // The bank takes back its "failed": the money is under way or has arrived after all.
        (S::Failed, O::Settled) => Effect::Applied(S::Settled, vec![send_again, settle]),
        (S::Failed, O::Unknown) => Effect::Applied(S::Unknown, vec![send_again]),
        // The line of the settlement may come again in a later file. Any other settlement may not: neither a new one after
        // the bounce, nor one of what was reissued or given up as failed, which somebody has then been paid beyond the plan.
        (S::Bounced | S::Reissued | S::GivenUp, O::Settled) if history.settled_on.is_none_or(|settled_on| occurred_on > settled_on) => {
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

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2022, 9, day).unwrap()
    }

    fn settled(on: u32) -> History {
        History { settled_on: Some(day(on)), ..History::default() }
    }

    #[test]
    fn no_answer_is_unknown_and_moves_no_money() {
        assert_eq!(
            apply(InstructionStatus::Sent, Outcome::Unknown, day(2), History::default()),
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
        let effect = apply(InstructionStatus::Settled, Outcome::Bounced, day(20), settled(1)).unwrap();
        assert!(matches!(effect, Effect::Applied(InstructionStatus::Bounced, moves) if moves.len() == 1));
    }

    #[test]
    fn a_settlement_after_a_bounce_contradicts_and_an_old_line_of_it_confirms() {
        for status in [InstructionStatus::Bounced, InstructionStatus::Reissued, InstructionStatus::GivenUp] {
            assert_eq!(apply(status, Outcome::Settled, day(10), settled(9)), Ok(Effect::Contradicts));
            assert_eq!(apply(status, Outcome::Settled, day(9), settled(9)), Ok(Effect::Confirms));
        }
    }

    #[test]
    fn a_settlement_of_what_was_reissued_or_given_up_as_failed_contradicts_whatever_its_date() {
        for status in [InstructionStatus::Reissued, InstructionStatus::GivenUp] {
            assert_eq!(apply(status, Outcome::Settled, day(2), History::default()), Ok(Effect::Contradicts));
        }
    }

    #[test]
    fn what_was_partly_got_back_cannot_bounce_as_a_whole() {
        let history = History { spoken_for: true, ..settled(1) };
        assert_eq!(apply(InstructionStatus::Settled, Outcome::Bounced, day(20), history), Ok(Effect::Contradicts));
    }

    #[test]
    fn whatever_evidence_changes_is_a_step_the_check_accepts() {
        for status in ALL {
            for outcome in OUTCOMES {
                if let Ok(Effect::Applied(next, _)) = apply(status, outcome, day(2), settled(1)) {
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
                let history = History { transfer, ..History::default() };
                if let Effect::Applied(next, moves) = apply(status, OUTCOMES[outcome], on, history).unwrap() {
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
