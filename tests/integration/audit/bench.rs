//! How much sealing costs those who post: a ratio within one run, and nothing is asserted of it. `make bench-audit`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bangfu::ledger::Account;
use bangfu::ledger::EntryKind;
use futures_util::future::join_all;

use crate::support::ledger::{Books, entry};
use crate::support::{TestApp, run_books};

/// Postings of one round, by so many clients at once.
const POSTINGS: usize = 400;
const CLIENTS: usize = 4;
const ROUNDS: usize = 6;

async fn post(app: &TestApp, books: &Books) -> Duration {
    let started = Instant::now();
    let client = async |_| {
        for _ in 0..POSTINGS / CLIENTS {
            let moves = vec![books.one(Account::Granted, Account::Available, "1.00")];
            app.book(entry(EntryKind::Grant, "2022-01-01", moves)).await.unwrap();
        }
    };
    join_all((0..CLIENTS).map(client)).await;
    started.elapsed()
}

#[test]
#[ignore = "a benchmark: make bench-audit"]
fn posting_with_and_without_the_sealer() {
    run_books(async |app| {
        let books = app.books(1, 1).await;
        let sealer = app.sealer();
        post(app, &books).await;
        sealer.seal(app.federation).await.unwrap();
        let (mut without, mut with, mut hashing) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
        for _ in 0..ROUNDS {
            without += post(app, &books).await;
            let started = Instant::now();
            sealer.seal(app.federation).await.unwrap();
            hashing += started.elapsed();
            let done = AtomicBool::new(false);
            let sealing = async {
                while !done.load(Ordering::Relaxed) {
                    sealer.seal(app.federation).await.unwrap();
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            };
            let posting = async {
                let took = post(app, &books).await;
                done.store(true, Ordering::Relaxed);
                took
            };
            with += tokio::join!(posting, sealing).0;
        }
        let count = u32::try_from(POSTINGS * ROUNDS).unwrap();
        let percent = with.as_micros() * 100 / without.as_micros().max(1);
        println!("posting without the sealer {:?}, beside it {:?}: {percent}%", without / count, with / count);
        println!(
            "sealing {:?} a posting, off the request path: {}% of posting it",
            hashing / count,
            hashing.as_micros() * 100 / without.as_micros().max(1)
        );
    });
}
