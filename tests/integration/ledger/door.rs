//! What the door lets in and what it refuses.

use bangfu::kernel::{LineId, Money};
use bangfu::ledger::Account::{Available, Committed, Granted, InTransit};
use bangfu::ledger::{self, Account, EntryKind, Move, NewEntry};
use futures_util::future::join_all;
use serde_json::json;

use crate::support::ledger::{Books, code, day, entry, yuan};
use crate::support::{TestApp, run_books};

/// The only account row of a federation with one line and source.
async fn only(app: &TestApp, account: Account) -> String {
    let balances = app.balances(None).await;
    assert_eq!(balances.len(), 1);
    assert!(balances[0].2.identity_difference().is_zero());
    balances[0].2.get(account).to_string()
}

fn commit(books: &Books, on: &str, amount: &str) -> NewEntry {
    entry(EntryKind::Commit, on, vec![books.one(Available, Committed, amount)])
}

async fn refused(app: &TestApp, entry: NewEntry) -> &'static str {
    code(&app.book(entry).await.unwrap_err())
}

/// Books an entry while another one over the same account is booked and not kept yet; answers what came of the second.
async fn while_booking(app: &TestApp, first: NewEntry, second: NewEntry) -> Result<ledger::Booked, bangfu::db::Error> {
    let (booked, caller) = (tokio::sync::Notify::new(), app.caller());
    let holding = app.db.write(&caller, async |tx| {
        ledger::post(tx, first).await?;
        booked.notify_one();
        // Long enough for the second to wait for the account.
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        Ok(())
    });
    let waiting = async {
        booked.notified().await;
        app.book(second).await
    };
    let (held, waited) = tokio::join!(holding, waiting);
    held.unwrap();
    waited
}

/// Closes the books over HTTP.
async fn close(app: &TestApp, through: &str) {
    app.post("/v1/period-closings", &json!({"closed_through": through, "reason": "月结"})).await.expect(200);
}

#[test]
fn money_moves_from_one_account_to_another() {
    run_books(async |app| {
        let books = app.books(1, 1).await;
        app.grant(&books, "2022-01-01", "376000.00").await;
        app.book(commit(&books, "2022-12-30", "2212.00")).await.unwrap();
        assert_eq!((only(app, Granted).await, only(app, Available).await), ("376000.00".to_owned(), "373788.00".to_owned()));
        assert_eq!(only(app, Committed).await, "2212.00");
        let as_of = app.balances(Some(day("2022-12-29"))).await;
        assert_eq!((as_of[0].2.available, as_of[0].2.committed), (yuan("376000.00"), Money::ZERO));
        assert!(app.balances(Some(day("2021-12-31"))).await.is_empty());
        let postings = app.get(&format!("/v1/postings?allocation_line_id={}", books.lines[0])).await.expect(200);
        assert_eq!(postings.body["totals"], json!({"count": 2, "amount": "378212.00"}));
        let second = &postings.body["items"][1];
        assert_eq!((&second["amount"], &second["log_number"]), (&json!("2212.00"), &json!(4)), "each entry is followed by its audit event");
        let first = app.get("/v1/postings?limit=1").await.expect(200);
        let (after, position) = (&first.body["next_after"], &first.body["next_after_position"]);
        let rest = app.get(&format!("/v1/postings?limit=1&after={after}&after_position={position}")).await.expect(200);
        assert_eq!((&rest.body["items"][0], rest.body.get("next_after")), (second, None));
    });
}

/// Each step mends the fault that the step before was refused for, and keeps all later ones.
#[test]
fn refusals_come_in_their_documented_order() {
    run_books(async |app| {
        let books = app.books(1, 1).await;
        app.grant(&books, "2022-01-01", "100.00").await;
        app.grant(&books, "2022-08-01", "900.00").await;
        app.book(commit(&books, "2022-02-01", "100.00")).await.unwrap();
        let booked = NewEntry { reference: "taken".to_owned(), ..commit(&books, "2022-09-01", "1.00") };
        app.book(booked).await.unwrap();
        close(app, "2022-06-30").await;

        let mut worst = NewEntry { reference: "taken".to_owned(), ..commit(&books, "2022-06-30", "5000.00") };
        worst.moves[0].line = LineId::generate();
        worst.moves[0].from = Granted;
        assert_eq!(refused(app, worst.clone()).await, "ledger_malformed");
        worst.moves[0].from = Available;
        assert_eq!(refused(app, worst.clone()).await, "ledger_reference_reused");
        worst.reference = "fresh".to_owned();
        assert_eq!(refused(app, worst.clone()).await, "period_closed");
        worst.effective_on = day("2022-07-01");
        assert_eq!(refused(app, worst.clone()).await, "ledger_account_unknown");
        worst.moves[0].line = books.lines[0];
        assert_eq!(refused(app, worst.clone()).await, "insufficient_funds");
        worst.moves[0].amount = yuan("899.00");
        assert_eq!(refused(app, worst.clone()).await, "overdrawn_as_of");
        worst.effective_on = day("2022-08-01");
        assert!(!app.book(worst).await.unwrap().replayed);
        assert_eq!(only(app, Available).await, "0.00");
    });
}

#[test]
fn what_is_no_entry_is_malformed() {
    run_books(async |app| {
        let books = app.books(1, 1).await;
        app.grant(&books, "2022-01-01", "100.00").await;
        let good = commit(&books, "2022-01-02", "1.00");
        let with = |change: fn(&mut NewEntry)| {
            let mut entry = good.clone();
            change(&mut entry);
            entry
        };
        for bad in [
            with(|entry| entry.moves.clear()),
            with(|entry| entry.reference = "  ".to_owned()),
            with(|entry| entry.moves[0].amount = Money::ZERO),
            with(|entry| entry.moves[0].amount = yuan("0.00") - yuan("1.00")),
            with(|entry| entry.moves[0].to = Available),
            with(|entry| entry.moves[0].to = InTransit),
            with(|entry| entry.kind = EntryKind::Grant),
        ] {
            assert_eq!(refused(app, bad).await, "ledger_malformed");
        }
        assert_eq!(only(app, Available).await, "100.00");
    });
}

#[test]
fn an_entry_with_one_bad_posting_books_none() {
    run_books(async |app| {
        let books = app.books(2, 1).await;
        app.grant(&books, "2022-01-01", "100.00").await;
        let mut moves = vec![books.one(Available, Committed, "60.00")];
        moves.push(Move { line: books.lines[1], ..moves[0] });
        assert_eq!(refused(app, entry(EntryKind::Commit, "2022-01-02", moves.clone())).await, "insufficient_funds");
        moves[1].line = books.lines[0];
        assert_eq!(refused(app, entry(EntryKind::Commit, "2022-01-02", moves)).await, "insufficient_funds");
        assert_eq!(app.balances(None).await[0].2.committed, Money::ZERO);
        let postings = app.get("/v1/postings").await.expect(200);
        assert_eq!(postings.body["totals"]["count"], json!(1));
    });
}

#[test]
fn a_refusal_says_what_is_missing_and_where() {
    run_books(async |app| {
        let books = app.books(1, 1).await;
        app.grant(&books, "2022-01-01", "100.00").await;
        let error = app.book(commit(&books, "2022-01-02", "100.01")).await.unwrap_err();
        let facts = serde_json::Value::Object(error.refusal(bangfu::http::CONSTRAINTS).unwrap().facts);
        let expected = json!({
            "account": "available", "allocation_line_id": books.lines[0], "fund_source_id": books.sources[0], "missing": "0.01",
        });
        assert_eq!(facts, expected);
    });
}

#[test]
fn a_line_or_source_of_another_federation_is_unknown() {
    run_books(async |app| {
        let other = TestApp::new().await;
        let (mine, theirs) = (app.books(1, 1).await, other.books(1, 1).await);
        for books in [
            Books { lines: theirs.lines.clone(), ..mine.clone() },
            Books { sources: theirs.sources.clone(), ..mine.clone() },
            theirs.clone(),
        ] {
            let grant = entry(EntryKind::Grant, "2022-01-01", vec![books.one(Granted, Available, "1.00")]);
            assert_eq!(refused(app, grant).await, "ledger_account_unknown");
        }
        other.grant(&theirs, "2022-01-01", "1.00").await;
        assert!(app.balances(None).await.is_empty());
        other.finish_books().await;
    });
}

#[test]
fn the_same_event_twice_is_booked_once_and_other_content_is_refused() {
    run_books(async |app| {
        let books = app.books(1, 1).await;
        app.grant(&books, "2022-01-01", "100.00").await;
        let event = commit(&books, "2022-01-02", "60.00");
        let first = app.book(event.clone()).await.unwrap();
        let again = app.book(event.clone()).await.unwrap();
        assert!(!first.replayed && again.replayed);
        assert_eq!(first.entry, again.entry);
        assert_eq!(only(app, Committed).await, "60.00");
        let other = |change: fn(&mut NewEntry)| {
            let mut entry = event.clone();
            change(&mut entry);
            entry
        };
        for changed in [
            other(|entry| entry.moves[0].amount = yuan("60.01")),
            other(|entry| entry.effective_on = day("2022-01-03")),
            other(|entry| entry.about = json!({"plan": 1})),
            other(|entry| entry.moves[0].subject = Some(uuid::Uuid::nil())),
            other(|entry| entry.moves.push(entry.moves[0])),
        ] {
            assert_eq!(refused(app, changed).await, "ledger_reference_reused");
        }
        // Booked before the period was closed, it is still booked afterwards.
        close(app, "2022-12-31").await;
        assert!(app.book(event.clone()).await.unwrap().replayed);
        // References are of a federation.
        let reworded = other(|entry| entry.reason = "同一事项".to_owned());
        assert!(app.book(reworded).await.unwrap().replayed, "the reason is for people and no part of the content");
    });
}

/// Today there is enough once the first is kept. On the day of the second there is not, which only whoever sees the first can tell.
#[test]
fn an_entry_dated_back_that_waited_for_a_later_one_is_held_against_it_too() {
    run_books(async |app| {
        let books = app.books(1, 1).await;
        app.grant(&books, "2022-01-01", "10.00").await;
        let more = entry(EntryKind::Grant, "2022-01-20", vec![books.one(Granted, Available, "10.00")]);
        let waited = while_booking(app, more, commit(&books, "2022-01-10", "15.00")).await;
        assert_eq!(code(&waited.unwrap_err()), "overdrawn_as_of");
        assert_eq!(only(app, Available).await, "20.00");
    });
}

#[test]
fn an_entry_that_waited_for_another_is_held_against_what_that_left() {
    run_books(async |app| {
        let books = app.books(1, 1).await;
        app.grant(&books, "2022-01-01", "10.00").await;
        let waited = while_booking(app, commit(&books, "2022-01-02", "6.00"), commit(&books, "2022-01-02", "4.01")).await;
        assert_eq!(code(&waited.unwrap_err()), "insufficient_funds");
        let waited = while_booking(app, commit(&books, "2022-01-03", "1.00"), commit(&books, "2022-01-03", "3.00")).await;
        assert!(!waited.unwrap().replayed);
        assert_eq!((only(app, Available).await, only(app, Committed).await), ("0.00".to_owned(), "10.00".to_owned()));
    });
}

#[test]
fn sixteen_bookings_of_one_event_at_once_book_it_once() {
    run_books(async |app| {
        let books = app.books(1, 1).await;
        app.grant(&books, "2022-01-01", "100.00").await;
        let event = commit(&books, "2022-01-02", "60.00");
        let booked = join_all((0..16).map(|_| app.book(event.clone()))).await;
        assert_eq!(booked.iter().filter(|booked| !booked.as_ref().unwrap().replayed).count(), 1);
        assert_eq!(only(app, Committed).await, "60.00");
    });
}

#[test]
fn an_entry_dated_back_that_would_overdraw_an_earlier_day_is_refused() {
    run_books(async |app| {
        let books = app.books(1, 1).await;
        app.grant(&books, "2022-01-10", "100.00").await;
        assert_eq!(refused(app, commit(&books, "2022-01-09", "1.00")).await, "overdrawn_as_of");
        app.book(commit(&books, "2022-01-20", "80.00")).await.unwrap();
        let back = entry(EntryKind::Uncommit, "2022-01-30", vec![books.one(Committed, Available, "80.00")]);
        app.book(back).await.unwrap();
        // Today 100.00 is available, but on the days between only 20.00 was.
        assert_eq!(refused(app, commit(&books, "2022-01-15", "20.01")).await, "overdrawn_as_of");
        app.book(commit(&books, "2022-01-15", "20.00")).await.unwrap();
        assert_eq!(refused(app, commit(&books, "2022-01-10", "0.01")).await, "overdrawn_as_of");
        assert_eq!(only(app, Available).await, "80.00");
        assert_eq!(app.balances(Some(day("2022-01-25"))).await[0].2.available, Money::ZERO);
    });
}

#[test]
fn a_closed_period_refuses_entries_and_stays_closed() {
    run_books(async |app| {
        let books = app.books(1, 1).await;
        app.grant(&books, "2022-01-01", "100.00").await;
        close(app, "2022-06-30").await;
        for closed in ["2021-01-01", "2022-06-30"] {
            assert_eq!(refused(app, commit(&books, closed, "1.00")).await, "period_closed");
        }
        let earlier = app.post("/v1/period-closings", &json!({"closed_through": "2022-03-31", "reason": "季结"})).await.expect(200);
        assert_eq!(earlier.body, json!({"closed_through": "2022-06-30"}));
        app.book(commit(&books, "2022-07-01", "1.00")).await.unwrap();
        let future = json!({"closed_through": "2023-03-16", "reason": "早"});
        app.post("/v1/period-closings", &future).await.refused(422, "fields_invalid");
        close(app, "2023-03-15").await;
        assert_eq!(refused(app, commit(&books, "2023-03-15", "1.00")).await, "period_closed");
    });
}

#[test]
fn a_closing_that_races_with_postings_lets_none_in_afterwards() {
    run_books(async |app| {
        let books = app.books(4, 1).await;
        for line in &books.lines {
            let granted = Move { line: *line, ..books.one(Granted, Available, "100.00") };
            app.book(entry(EntryKind::Grant, "2022-01-01", vec![granted])).await.unwrap();
        }
        let (app_, books_) = (app, &books);
        let postings = join_all((0..32).map(|number| async move {
            let moved = Move { line: books_.lines[number % 4], ..books_.one(Available, Committed, "1.00") };
            app_.book(entry(EntryKind::Commit, "2022-06-15", vec![moved])).await
        }));
        let (postings, before) = tokio::join!(postings, async {
            close(app, "2022-06-30").await;
            app.balances(None).await
        });
        let booked = postings.iter().filter(|booked| booked.is_ok()).count();
        for refused in postings.iter().filter_map(|booked| booked.as_ref().err()) {
            assert_eq!(code(refused), "period_closed");
        }
        let committed = |balances: &[(LineId, _, bangfu::ledger::Balances)]| balances.iter().map(|row| row.2.committed).sum::<Money>();
        let after = app.balances(None).await;
        assert_eq!(committed(&before), committed(&after), "something was booked after the closing had been answered");
        assert_eq!(committed(&after), yuan(&format!("{booked}.00")));
    });
}

#[test]
fn sixteen_tasks_racing_for_the_last_yuan_never_overspend() {
    run_books(async |app| {
        let books = app.books(1, 1).await;
        app.grant(&books, "2022-01-01", "10.00").await;
        let races = join_all((0..16).map(|_| app.book(commit(&books, "2022-01-02", "1.00")))).await;
        assert_eq!(races.iter().filter(|booked| booked.is_ok()).count(), 10);
        for error in races.iter().filter_map(|booked| booked.as_ref().err()) {
            assert_eq!(code(error), "insufficient_funds");
        }
        assert_eq!((only(app, Available).await, only(app, Committed).await), ("0.00".to_owned(), "10.00".to_owned()));
    });
}

/// Half of the entries name the lines the other way round, which deadlocks unless locks are taken in one order.
#[test]
fn entries_over_the_same_lines_in_any_order_do_not_wait_for_each_other_for_ever() {
    run_books(async |app| {
        let books = app.books(6, 3).await;
        let mut moves: Vec<Move> = Vec::new();
        for line in &books.lines {
            for source in &books.sources {
                moves.push(Move { line: *line, source: *source, ..books.one(Granted, Available, "5.00") });
            }
        }
        let turned = |number: usize| {
            let mut moves = moves.clone();
            if number % 2 == 1 {
                moves.reverse();
            }
            moves.rotate_left(number);
            moves.truncate(12);
            moves
        };
        // The first entries also make the accounts, so they race for inserting them as well.
        let grants = join_all((0..16).map(|number| app.book(entry(EntryKind::Grant, "2022-01-01", turned(number))))).await;
        grants.into_iter().for_each(|booked| assert!(!booked.unwrap().replayed));
        let spending = |number: usize| {
            let each = |moved: Move| Move { from: Available, to: Committed, amount: yuan("7.00"), ..moved };
            entry(EntryKind::Commit, "2022-01-02", turned(number).into_iter().map(each).collect())
        };
        for booked in join_all((0..16).map(|number| app.book(spending(number)))).await {
            assert!(booked.as_ref().map_or_else(|error| code(error) == "insufficient_funds", |booked| !booked.replayed));
        }
    });
}

/// Without holding the accounts first, most rounds of this end in a deadlock.
#[test]
fn transactions_of_several_entries_that_hold_their_accounts_first_do_not_deadlock() {
    run_books(async |app| {
        let books = app.books(2, 1).await;
        let on_line = |line: usize| Move { line: books.lines[line], ..books.one(Granted, Available, "1.00") };
        let accounts = [0, 1].map(|line| (books.lines[line], books.sources[0]));
        let both = async |first: usize, second: usize| {
            let (one, two) = ([first, second]).map(|line| entry(EntryKind::Grant, "2022-01-01", vec![on_line(line)])).into();
            app.db
                .write(&app.caller(), async |tx| {
                    ledger::hold(tx, &accounts).await?;
                    ledger::post(tx, one).await?;
                    ledger::post(tx, two).await
                })
                .await
        };
        let single = async |line: usize| app.book(entry(EntryKind::Grant, "2022-01-01", vec![on_line(line)])).await;
        for _ in 0..10 {
            let (a, b, c, d) = tokio::join!(both(0, 1), both(1, 0), single(0), single(1));
            for booked in [a, b, c, d] {
                assert!(!booked.unwrap().replayed);
            }
        }
        let granted: Money = app.balances(None).await.iter().map(|row| row.2.granted).sum();
        assert_eq!(granted, yuan("60.00"));
    });
}
