//! Entries of several acts, booked by one call of the door (ADR 0020).

use bangfu::db::Error;
use bangfu::kernel::JournalEntryId;
use bangfu::ledger::Account::{Available, Committed, TopUp, ToppedUpElsewhere};
use bangfu::ledger::{self, ActEntry, Booked, EntryKind, Event, Move};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::ledger::{Books, code, day};
use crate::support::{TestApp, run_books, sql};

fn of(act: Uuid, reference: &str, moves: Vec<Move>) -> ActEntry {
    ActEntry { act, id: JournalEntryId::generate(), reference: reference.to_owned(), about: json!({}), moves }
}

/// Books entries in one transaction of as many acts as there are, and keeps them.
async fn book(app: &TestApp, kind: EntryKind, entries: impl Fn(&[Uuid]) -> Vec<ActEntry>, acts: usize) -> Result<Vec<Booked>, Error> {
    let caller = app.caller();
    let (tx, opening) = app.db.acts(&vec![&caller; acts]).await.unwrap();
    opening.send(&tx).await.unwrap();
    let entries = entries(&tx.acts());
    let event = Event { kind, effective_on: day("2022-02-01"), reason: "" };
    let outcome = ledger::post_each(&tx, event, &entries).await;
    tx.end(outcome).await
}

async fn refused(app: &TestApp, kind: EntryKind, entries: impl Fn(&[Uuid]) -> Vec<ActEntry>) -> &'static str {
    code(&book(app, kind, entries, 2).await.unwrap_err())
}

fn commit(books: &Books, amount: &str) -> Move {
    books.one(Available, Committed, amount)
}

#[test]
fn entries_of_several_acts_are_booked_each_with_its_own_postings_and_before_its_own_event() {
    run_books(async |app| {
        let books = app.books(2, 1).await;
        app.grant(&books, "2022-01-01", "100.00").await;
        let entries = |acts: &[Uuid]| {
            vec![
                of(acts[0], "first", vec![commit(&books, "10.00")]),
                of(acts[1], "second", vec![commit(&books, "20.00"), commit(&books, "5.00")]),
            ]
        };
        let booked = book(app, EntryKind::Commit, entries, 2).await.unwrap();
        assert!(booked.iter().all(|booked| !booked.replayed));
        let postings = app.get(&format!("/v1/postings?allocation_line_id={}", books.lines[0])).await.expect(200);
        let said: Vec<(Value, Value, Value)> = postings.body["items"].as_array().unwrap()[1..]
            .iter()
            .map(|row| (row["journal_entry_id"].clone(), row["position"].clone(), row["amount"].clone()))
            .collect();
        let expected = [(0, 1, "10.00"), (1, 1, "20.00"), (1, 2, "5.00")];
        assert_eq!(said, expected.map(|(entry, position, amount)| (json!(booked[entry].entry), json!(position), json!(amount))));
        let log = format!(
            "select string_agg(case when l.audit_event_id is null then j.reference else 'its event' end, ', ' order by l.log_number)
             from ledger_log l left join journal_entry j on j.federation_id = l.federation_id and j.id = l.journal_entry_id
             where l.federation_id = '{}' and l.log_number > 3",
            app.federation
        );
        let log = sql::texts(&mut sql::owner().await, &log).await;
        assert_eq!(log, ["first, its event, second, its event"]);
    });
}

#[test]
fn several_entries_are_held_against_what_there_is_for_all_of_them() {
    run_books(async |app| {
        let books = app.books(1, 1).await;
        app.grant(&books, "2022-01-01", "100.00").await;
        let entries = |acts: &[Uuid]| acts.iter().map(|act| of(*act, &act.to_string(), vec![commit(&books, "60.00")])).collect();
        assert_eq!(refused(app, EntryKind::Commit, entries).await, "insufficient_funds");
        assert_eq!(app.balances(None).await[0].2.get(Available).to_string(), "100.00");
    });
}

/// Otherwise an account could be below zero after the first of them.
#[test]
fn of_several_entries_none_takes_from_an_account_that_another_gives_to() {
    run_books(async |app| {
        let books = app.books(1, 1).await;
        app.grant(&books, "2022-01-01", "100.00").await;
        let (out, back) = (books.one(Available, ToppedUpElsewhere, "5.00"), books.one(TopUp, Available, "5.00"));
        let apart = |acts: &[Uuid]| vec![of(acts[0], "out", vec![out]), of(acts[1], "in", vec![back])];
        assert_eq!(refused(app, EntryKind::TopUp, apart).await, "ledger_malformed");
        // In one entry it is one event.
        let one = |acts: &[Uuid]| vec![of(acts[0], "both", vec![out, back])];
        assert_eq!(book(app, EntryKind::TopUp, one, 1).await.unwrap().len(), 1);
    });
}

#[test]
fn several_entries_of_which_one_has_no_postings_or_is_booked_already_book_none() {
    run_books(async |app| {
        let books = app.books(1, 1).await;
        app.grant(&books, "2022-01-01", "100.00").await;
        let empty = |acts: &[Uuid]| vec![of(acts[0], "one", vec![commit(&books, "1.00")]), of(acts[1], "none", Vec::new())];
        assert_eq!(refused(app, EntryKind::Commit, empty).await, "ledger_malformed");
        let known = |acts: &[Uuid]| vec![of(acts[0], "known", vec![commit(&books, "1.00")])];
        assert_eq!(book(app, EntryKind::Commit, known, 1).await.unwrap().len(), 1);
        let again =
            |acts: &[Uuid]| vec![of(acts[0], "known", vec![commit(&books, "1.00")]), of(acts[1], "new", vec![commit(&books, "2.00")])];
        assert_eq!(refused(app, EntryKind::Commit, again).await, "ledger_reference_reused");
        // Alone, the same again is known.
        assert!(book(app, EntryKind::Commit, known, 1).await.unwrap()[0].replayed);
        assert_eq!(app.balances(None).await[0].2.get(Committed).to_string(), "1.00");
    });
}

#[test]
fn an_entry_of_an_act_of_another_transaction_is_refused() {
    run_books(async |app| {
        let books = app.books(1, 1).await;
        app.grant(&books, "2022-01-01", "100.00").await;
        let strange = |acts: &[Uuid]| {
            vec![of(acts[0], "mine", vec![commit(&books, "1.00")]), of(Uuid::now_v7(), "not", vec![commit(&books, "1.00")])]
        };
        assert_eq!(refused(app, EntryKind::Commit, strange).await, "act_not_authenticated");
    });
}

/// The default of `act_id` is the setting with the ids of all acts, which is no id.
#[test]
fn what_does_not_say_of_which_act_it_is_cannot_be_written_in_a_transaction_of_several() {
    run_books(async |app| {
        use diesel_async::SimpleAsyncConnection;
        let caller = app.caller();
        let (mut tx, opening) = app.db.acts(&[&caller, &caller]).await.unwrap();
        opening.send(&tx).await.unwrap();
        let row = format!(
            "insert into evidence (federation_id, id, kind, instruction_id, outcome, amount, occurred_on, witnesses, effect, actor, recorded_at)
             values ('{}', gen_random_uuid(), 'letter', gen_random_uuid(), 'settled', 1, '2022-01-01', '{{}}', 'applied', 'maker', now())",
            app.federation
        );
        let error = tx.conn().batch_execute(&row).await.unwrap_err().to_string();
        assert!(error.contains("invalid input syntax for type uuid"), "{error}");
        tx.undo().await.unwrap();
    });
}
