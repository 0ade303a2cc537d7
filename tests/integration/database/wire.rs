//! Statements that are sent together.

use bangfu::db::{InOrder, KeepPrepared, Result, Tx};
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use futures_util::join;

use crate::support::run;

/// Appends a letter to what the transaction has written down; prepared first, or not, or run before.
async fn append(tx: &Tx, letter: &str, round: usize, keep: bool) -> Result<()> {
    let statement =
        format!("select set_config('test.written', coalesce(current_setting('test.written', true), '') || $1, true) -- {round} {letter}");
    let append = diesel::sql_query(statement).bind::<Text, _>(letter.to_owned());
    if keep {
        append.prepared().execute(&mut tx.wire()).await?
    } else {
        append.execute(&mut tx.wire()).await?
    };
    Ok(())
}

async fn written(tx: &Tx) -> Result<String> {
    Ok(diesel::select(diesel::dsl::sql::<Text>("coalesce(current_setting('test.written', true), '')")).get_result(&mut tx.wire()).await?)
}

/// Also when the connection must prepare some of them first, and has others prepared.
#[test]
fn statements_sent_together_are_carried_out_in_the_order_of_their_futures() {
    run(async |app| {
        let caller = app.caller();
        for round in 0..20 {
            let (tx, opening) = app.db.acts(&[&caller]).await.unwrap();
            // The third of every other round is one that the connection knows.
            let known = if round % 2 == 0 { 0 } else { round };
            let (.., read) = join!(
                opening.send(&tx),
                async {
                    join!(
                        append(&tx, "a", round, true),
                        append(&tx, "b", round, false),
                        append(&tx, "c", known, true),
                        append(&tx, "d", 0, true)
                    )
                    .in_order()
                },
                append(&tx, "e", round, true),
                written(&tx),
            )
            .in_order()
            .unwrap();
            assert_eq!(read, "abcde");
            tx.undo().await.unwrap();
        }
    });
}

#[test]
fn of_statements_sent_together_the_error_told_is_that_of_the_first_that_failed() {
    run(async |app| {
        let caller = app.caller();
        for _ in 0..20 {
            let (tx, opening) = app.db.acts(&[&caller]).await.unwrap();
            opening.send(&tx).await.unwrap();
            let failing = async {
                let nothing = diesel::sql_query("select 1 / length('')").prepared();
                nothing.execute(&mut tx.wire()).await?;
                Ok(())
            };
            let error = join!(written(&tx), failing, written(&tx)).in_order().unwrap_err();
            assert!(error.described().contains("division by zero"), "{}", error.described());
            tx.undo().await.unwrap();
        }
    });
}
