//! Random operations against a small model of the books kept in memory.

use std::collections::BTreeMap;

use bangfu::kernel::{FundSourceId, LineId, Money};
use bangfu::ledger::{Account, EntryKind, Move, NewEntry};
use chrono::{Days, NaiveDate};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::ledger::{Books, code, day, entry, yuan};
use crate::support::{TestApp, world};

/// Every move there is; the same as the table `ledger_move`, in the terms of domain.md.
const MOVES: &[(EntryKind, &[(Account, Account)])] = {
    use Account::*;
    &[
        (EntryKind::Grant, &[(Granted, Available)]),
        (EntryKind::Withdraw, &[(Available, Granted)]),
        (EntryKind::TopUp, &[(Available, ToppedUpElsewhere), (TopUp, Available)]),
        (EntryKind::UndoTopUp, &[(ToppedUpElsewhere, Available), (Available, TopUp)]),
        (EntryKind::Commit, &[(Available, Committed)]),
        (EntryKind::Uncommit, &[(Committed, Available)]),
        (EntryKind::Send, &[(Committed, InTransit)]),
        (EntryKind::Settle, &[(InTransit, Disbursed), (InTransit, TransferredDown)]),
        (EntryKind::Fail, &[(InTransit, Committed)]),
        (EntryKind::Bounce, &[(Disbursed, Bounced), (TransferredDown, Bounced)]),
        (EntryKind::Reissue, &[(Bounced, Committed)]),
        (EntryKind::GiveUp, &[(Bounced, Available), (Committed, Available)]),
        (EntryKind::Feedback, &[(TransferredDown, Disbursed)]),
        (EntryKind::HandBack, &[(TransferredDown, Available)]),
        (EntryKind::RecoverDue, &[(Disbursed, Recoverable)]),
        (EntryKind::Recover, &[(Recoverable, Available)]),
        (EntryKind::Return, &[(Available, Returned)]),
        (EntryKind::CarryOver, &[(Available, CarriedOver)]),
        (EntryKind::Reclaim, &[(Available, Reclaimed)]),
    ]
};

#[derive(Debug, Clone)]
struct Operation {
    kind: usize,
    /// Which move of the kind, line, source, fen.
    moves: Vec<(usize, usize, usize, u32)>,
    day: u64,
    twice: bool,
}

/// Grants come often and large, or there would be little to move.
fn operation() -> impl Strategy<Value = Operation> {
    let kind = prop_oneof![2 => Just(0_usize), 4 => Just(4_usize), 3 => Just(6_usize), 3 => Just(7_usize), 8 => 0..MOVES.len()];
    let one = (0..2_usize, 0..2_usize, 0..2_usize, 1..50_000_u32);
    (kind, vec(one, 1..4), 0..8_u64, proptest::bool::weighted(0.1)).prop_map(|(kind, moves, day, twice)| Operation {
        kind,
        moves,
        day,
        twice,
    })
}

/// What is in each account, by line and source.
type Accounts = BTreeMap<(LineId, FundSourceId), [i64; 13]>;

/// All the model knows: what was booked, on which day.
#[derive(Default)]
struct Model {
    booked: Vec<(NaiveDate, Vec<Move>)>,
}

fn index(account: Account) -> usize {
    Account::ALL.iter().position(|known| *known == account).unwrap()
}

fn fen(amount: Money) -> i64 {
    amount.to_string().replace('.', "").parse().unwrap()
}

fn apply(accounts: &mut Accounts, moved: &Move) {
    let row = accounts.entry((moved.line, moved.source)).or_default();
    let amount = fen(moved.amount);
    let origin = |account: Account| matches!(account, Account::Granted | Account::TopUp);
    row[index(moved.from)] += if origin(moved.from) { amount } else { -amount };
    row[index(moved.to)] += if origin(moved.to) { -amount } else { amount };
}

impl Model {
    fn as_of(&self, day: NaiveDate) -> Accounts {
        let mut accounts = Accounts::new();
        for (_, moves) in self.booked.iter().filter(|(on, _)| *on <= day) {
            moves.iter().for_each(|moved| apply(&mut accounts, moved));
        }
        accounts
    }

    /// Books an entry, or says why not and leaves everything as it was.
    fn book(&mut self, on: NaiveDate, moves: &[Move]) -> Result<(), &'static str> {
        self.booked.push((on, moves.to_vec()));
        let below_zero = |accounts: Accounts| accounts.values().flatten().any(|balance| *balance < 0);
        let refusal = if below_zero(self.as_of(NaiveDate::MAX)) {
            Some("insufficient_funds")
        } else {
            let days: Vec<NaiveDate> = self.booked.iter().map(|(on, _)| *on).collect();
            days.into_iter().any(|day| below_zero(self.as_of(day))).then_some("overdrawn_as_of")
        };
        match refusal {
            None => Ok(()),
            Some(code) => {
                self.booked.pop();
                Err(code)
            }
        }
    }
}

async fn stored(app: &TestApp, as_of: Option<NaiveDate>) -> Accounts {
    let rows = app.balances(as_of).await;
    rows.into_iter()
        .map(|(line, source, balances)| {
            assert!(balances.identity_difference().is_zero(), "{balances:?}");
            ((line, source), Account::ALL.map(|account| fen(balances.get(account))))
        })
        .collect()
}

async fn play(operations: Vec<Operation>) -> Result<(), TestCaseError> {
    let app = TestApp::new().await;
    let books: Books = app.books(2, 2).await;
    let (mut model, first) = (Model::default(), day("2022-03-01"));
    for operation in operations {
        let (kind, possible) = MOVES[operation.kind];
        let moves: Vec<Move> = operation
            .moves
            .iter()
            .map(|(which, line, source, fen)| {
                let (from, to) = possible[which % possible.len()];
                // A grant is a hundred times what else moves, so that chains of moves get far.
                let whole = if kind == EntryKind::Grant { fen / 100 * 100 } else { fen / 100 };
                let amount = yuan(&format!("{}.{:02}", whole, fen % 100)) + yuan("0.01");
                Move { line: books.lines[*line], source: books.sources[*source], from, to, amount, subject: None }
            })
            .collect();
        let on = first.checked_add_days(Days::new(operation.day)).unwrap();
        let entry = NewEntry { effective_on: on, ..entry(kind, "2022-03-01", moves.clone()) };
        let expected = model.book(on, &moves);
        for repeat in 0..=u8::from(operation.twice) {
            let outcome = app.book(entry.clone()).await;
            let found = outcome.as_ref().map(|booked| booked.replayed).map_err(code);
            prop_assert_eq!(found, expected.map(|()| repeat > 0));
        }
    }
    prop_assert_eq!(stored(&app, None).await, model.as_of(NaiveDate::MAX));
    for offset in 0..9 {
        let day = first.checked_add_days(Days::new(offset)).unwrap().pred_opt().unwrap();
        prop_assert_eq!(stored(&app, Some(day)).await, model.as_of(day), "as of {}", day);
    }
    app.finish_books().await;
    Ok(())
}

#[test]
fn no_sequence_of_operations_parts_the_books_from_the_model() {
    let mut runner = TestRunner::new(Config { cases: 48, failure_persistence: None, max_shrink_iters: 200, ..Config::default() });
    runner.run(&vec(operation(), 1..60), |operations| world().block_on(play(operations))).unwrap();
}

#[test]
fn the_moves_of_the_model_are_those_of_the_database() {
    world().block_on(async {
        let mut owner = crate::support::sql::owner().await;
        let query = "select kind || ' ' || from_account || ' ' || to_account from ledger_move where kind <> 'recover_waived'";
        let mut stored = crate::support::sql::texts(&mut owner, query).await;
        stored.sort();
        let mut known: Vec<String> =
            MOVES.iter().flat_map(|(kind, moves)| moves.iter().map(move |(from, to)| format!("{} {from} {to}", kind.name()))).collect();
        known.sort();
        assert_eq!(stored, known);
    });
}
