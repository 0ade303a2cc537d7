//! What the database refuses the service role, whatever the program asks.

use diesel_async::AsyncPgConnection;

use crate::support::ledger::entry;
use crate::support::source::LEDGER_TABLES as LEDGER;
use crate::support::{run_books, sql};

async fn tables(owner: &mut AsyncPgConnection, which: &str) -> Vec<String> {
    let query = format!(
        "select c.relname::text from pg_class c
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and ({which}) order by 1"
    );
    sql::texts(owner, &query).await
}

async fn columns(owner: &mut AsyncPgConnection, table: &str) -> Vec<String> {
    sql::texts(owner, &format!("select column_name::text from information_schema.columns where table_name = '{table}'")).await
}

#[test]
fn the_service_cannot_write_the_ledger_nor_change_what_is_sealed() {
    run_books(async |app| {
        let mut owner = sql::owner().await;
        let denied = async |statement: String| match app.statement(&statement).await {
            Ok(rows) => panic!("the service role may: {statement} ({rows} rows)"),
            Err(error) => {
                let text = error.to_string();
                assert!(text.contains("permission denied") || text.contains("must be owner"), "{statement}: {text}");
            }
        };
        let all = tables(&mut owner, "true").await;
        assert!(all.len() > 40, "{all:?}");
        for table in &all {
            denied(format!("delete from {table} where false")).await;
            denied(format!("truncate {table}")).await;
            denied(format!("alter table {table} disable trigger all")).await;
        }
        for table in LEDGER {
            assert!(all.iter().any(|known| known == table), "{table}");
            denied(format!("insert into {table} default values")).await;
        }
        let mut sealed = tables(&mut owner, "obj_description(c.oid, 'pg_class') like '%sealed%'").await;
        assert!(sealed.len() > 15, "{sealed:?}");
        sealed.extend(LEDGER.iter().map(|table| (*table).to_owned()));
        for table in sealed {
            for column in columns(&mut owner, &table).await {
                denied(format!("update {table} set {column} = {column} where false")).await;
            }
            denied(format!("select 1 from {table} for update")).await;
        }
        denied("create table mine (id int)".to_owned()).await;
        // Where the service logs in as itself it cannot become the owner; TEST_DATABASE_URL may log in as somebody who can.
        if app.statement("select 1 where session_user = 'bangfu_service'").await.unwrap() == 1 {
            denied("set local role bangfu_owner".to_owned()).await;
        }
    });
}

#[test]
fn the_ledgers_tables_grant_the_service_nothing_but_reading() {
    run_books(async |_| {
        let mut owner = sql::owner().await;
        let names = LEDGER.join("', '");
        let granted = sql::texts(
            &mut owner,
            &format!(
                "select distinct t.grantee || ' ' || t.privilege_type || ' ' || t.table_name
                 from (select grantee::text, privilege_type::text, table_name::text from information_schema.table_privileges
                       union all
                       select grantee::text, privilege_type::text, table_name::text from information_schema.column_privileges) t
                 where t.table_name in ('{names}') and t.grantee <> 'bangfu_owner' and t.privilege_type <> 'SELECT'"
            ),
        )
        .await;
        assert!(granted.is_empty(), "{granted:?}");
        let doors = sql::rows(
            &mut owner,
            "select p.proname::text as name, p.prosecdef as definer, p.proisstrict as strict, p.proconfig::text as config,
                    pg_get_userbyid(p.proowner)::text as owner, has_function_privilege('public', p.oid, 'execute') as everybody
             from pg_proc p where p.pronamespace = 'public'::regnamespace and p.proname like 'ledger%'",
        )
        .await;
        assert!(doors.len() >= 4);
        for door in doors {
            assert_eq!((&door["owner"], &door["everybody"]), (&"bangfu_owner".into(), &false.into()), "{door:?}");
            assert_eq!(door["strict"], true, "{door:?}");
            if door["definer"] == true {
                assert!(door["config"].as_str().unwrap().contains("search_path"), "{door:?}");
            }
        }
    });
}

/// The door runs with the owner's rights; a table of the caller's own must not take the place of the ledger's.
#[test]
fn a_temporary_table_does_not_take_the_place_of_the_ledgers() {
    run_books(async |app| {
        use bangfu::ledger::Account::{Available, Granted};
        use diesel_async::SimpleAsyncConnection;
        let books = app.books(1, 1).await;
        let grant = entry(bangfu::ledger::EntryKind::Grant, "2022-01-01", vec![books.one(Granted, Available, "1.00")]);
        let outcome = app
            .db
            .write(&app.caller(), async |tx| {
                tx.conn().batch_execute("create temp table ledger_balance (like public.ledger_balance) on commit drop").await?;
                bangfu::ledger::post(tx, grant).await
            })
            .await;
        outcome.unwrap();
        assert_eq!(app.balances(None).await.len(), 1);
    });
}

#[test]
fn yuan_takes_neither_nan_nor_infinity_nor_a_fraction_of_a_fen() {
    run_books(async |app| {
        for good in ["0", "0.01", "-1.50", "1.500", "9999999999999999.99"] {
            app.statement(&format!("select '{good}'::numeric::yuan")).await.unwrap();
        }
        for bad in ["NaN", "Infinity", "-Infinity", "1.005", "0.001", "10000000000000000", "-10000000000000000"] {
            for cast in [format!("select '{bad}'::numeric::yuan"), format!("select array['{bad}']::numeric[]::yuan[]")] {
                let error = app.statement(&cast).await.unwrap_err().to_string();
                assert!(error.contains("yuan_exact"), "{cast}: {error}");
            }
        }
    });
}
