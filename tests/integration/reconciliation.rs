//! Reports over the ledger, and printed figures held against it.
//!
//! Money is disbursed here by entries through the ledger's door, without the plans and payments that book them; those
//! tests end with [`run_books`](crate::support::run_books).

mod declared;
mod findings;
mod reports;
mod statements;

use bangfu::ledger::{Account, EntryKind, Move};

use crate::support::TestApp;
use crate::support::funds::Grant;
use crate::support::ledger::{entry, yuan};

/// An id that nothing has.
const NOTHING: &str = "00000000-0000-7000-8000-000000000000";

/// One field at fault.
fn fault(pointer: &str, code: &str) -> Vec<(String, String)> {
    vec![(pointer.to_owned(), code.to_owned())]
}

async fn book(app: &TestApp, kind: EntryKind, on: &str, moves: &[(&str, &str, Account, Account, &str)]) {
    let moves = moves.iter().map(|(line, source, from, to, amount)| Move {
        line: line.parse().unwrap(),
        source: source.parse().unwrap(),
        from: *from,
        to: *to,
        amount: yuan(amount),
        subject: None,
    });
    app.book(entry(kind, on, moves.collect())).await.unwrap();
}

/// Pays from a line: to recipients, or down to a subordinate union.
async fn pay(app: &TestApp, line: &str, source: &str, to: Account, amount: &str, on: &str) {
    book(app, EntryKind::Commit, on, &[(line, source, Account::Available, Account::Committed, amount)]).await;
    book(app, EntryKind::Send, on, &[(line, source, Account::Committed, Account::InTransit, amount)]).await;
    book(app, EntryKind::Settle, on, &[(line, source, Account::InTransit, to, amount)]).await;
}

/// The provincial appropriation of the source as its books stand at the end of 2022, with 116.00 of own money in it, and
/// the own line that money came from. The 元旦春节 line is paid on 2023-02-10.
struct Case {
    provincial: Grant,
    own: Grant,
}

async fn case(app: &TestApp) -> Case {
    let provincial = app.appropriation(&[("困难职工帮扶", "266360"), ("元旦春节送温暖", "376000"), ("常态化送温暖", "673000")]).await;
    let union_own = app.fund_source("union_own").await;
    let own = app.appropriation_from(&union_own, &[("自有资金", "1000")]).await;
    let source = provincial.source.as_str();
    let top_up = async |line: &str, amount: &str, on: &str| {
        let moves = [
            (own.lines[0].as_str(), union_own.as_str(), Account::Available, Account::ToppedUpElsewhere, amount),
            (line, &union_own, Account::TopUp, Account::Available, amount),
        ];
        book(app, EntryKind::TopUp, on, &moves).await;
        pay(app, line, &union_own, Account::Disbursed, amount, on).await;
    };
    top_up(&provincial.lines[0], "76", "2022-08-11").await;
    pay(app, &provincial.lines[0], source, Account::Disbursed, "266360", "2022-08-11").await;
    pay(app, &provincial.lines[2], source, Account::Disbursed, "373000", "2022-09-01").await;
    pay(app, &provincial.lines[2], source, Account::TransferredDown, "300000", "2022-09-01").await;
    top_up(&provincial.lines[1], "40", "2023-02-10").await;
    pay(app, &provincial.lines[1], source, Account::Disbursed, "376000", "2023-02-10").await;
    Case { provincial, own }
}
