//! The second wall between federations: a statement that forgets its federation finds nothing.

use bangfu::kernel::Role;
use diesel_async::SimpleAsyncConnection;

use super::{owner_reads, raw_as};
use crate::support::aid::bank_result;
use crate::support::aid::says;
use crate::support::{Aid, TestApp, run, sql};

async fn owned_tables() -> Vec<String> {
    owner_reads(
        "select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'federation_id'
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by 1",
    )
    .await
}

/// A federation with rows in most tables.
async fn filled(app: &TestApp) {
    let aid = Aid::new(app).await;
    let line = aid.line("1000.00").await;
    let case = aid.case(serde_json::json!({})).await;
    aid.model_worker("provincial", serde_json::json!({})).await;
    let plan = aid.sent(&aid.paying(&line, &[(&case.head, "100.00")])).await;
    let instruction = aid.instructions(&plan).await.remove(0);
    aid.evidence(&bank_result(&[says(&instruction, "settled", "2022-09-06")])).await.expect(200);
}

#[test]
fn every_table_of_a_federation_is_behind_the_wall() {
    run(async |_| {
        let open = owner_reads(
            "select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'federation_id'
             where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
               and not (c.relrowsecurity and exists (select from pg_policy p where p.polrelid = c.oid and p.polcmd = '*' and p.polpermissive
                                                       and p.polroles = '{0}' and pg_get_expr(p.polqual, p.polrelid) like '%bangfu.federation%'))",
        )
        .await;
        assert_eq!(open, Vec::<String>::new());
        let more =
            owner_reads("select polrelid::regclass::text from pg_policy where polpermissive group by polrelid having count(*) > 1").await;
        assert_eq!(more, Vec::<String>::new(), "policies add up: a second one could let more through");
        let exempt = owner_reads(
            "select rolname::text from pg_roles where rolname in ('bangfu_service', 'bangfu_auditor') and (rolbypassrls or rolsuper)",
        )
        .await;
        assert_eq!(exempt, Vec::<String>::new());
    });
}

#[test]
fn a_statement_finds_the_rows_of_the_federation_that_is_set_and_no_others() {
    run(async |app| {
        filled(app).await;
        let other = TestApp::new().await;
        other.organisation("city_union", "别市总工会").await;
        let (tables, mut owner) = (owned_tables().await, sql::owner().await);
        assert!(tables.len() > 45, "{tables:?}");
        let mut with_rows = 0;
        for role in ["bangfu_service", "bangfu_auditor"] {
            let mut connection = app.db.connection().await.unwrap();
            connection.batch_execute(&format!("begin; set local role {role}")).await.unwrap();
            for table in &tables {
                let readable = sql::texts(&mut connection, &format!("select has_any_column_privilege('{table}', 'select')::text")).await;
                if readable == ["false"] {
                    continue;
                }
                let found = async |connection: &mut diesel_async::AsyncPgConnection, federation: &str| {
                    connection.batch_execute(&format!("set local bangfu.federation = '{federation}'")).await.unwrap();
                    sql::texts(
                        connection,
                        &format!("select count(*) || ' ' || count(*) filter (where federation_id = '{}') from {table}", app.federation),
                    )
                    .await
                    .remove(0)
                };
                let all = sql::texts(&mut owner, &format!("select count(*) from {table} where federation_id = '{}'", app.federation))
                    .await
                    .remove(0);
                with_rows += usize::from(all != "0");
                assert_eq!(found(&mut connection, "").await, "0 0", "{role}, {table}: no federation is set");
                assert_eq!(found(&mut connection, &app.federation.to_string()).await, format!("{all} {all}"), "{role}, {table}: its own");
                assert!(found(&mut connection, &other.federation.to_string()).await.ends_with(" 0"), "{role}, {table}: another's");
                assert_eq!(found(&mut connection, super::NOTHING).await, "0 0", "{role}, {table}: one that is not there");
            }
            connection.batch_execute("rollback").await.unwrap();
        }
        assert!(with_rows > 60, "the test is worth something: {with_rows}");
        other.finish().await;
    });
}

/// On a connection where no transaction ever set it, the setting is not even there.
#[test]
fn a_connection_that_never_named_a_federation_finds_nothing() {
    run(async |app| {
        app.organisation("city_union", "市总工会").await;
        let mut owner = sql::owner().await;
        owner.batch_execute("set role bangfu_service").await.unwrap();
        assert_eq!(sql::texts(&mut owner, "select count(*) from organisation").await, ["0"]);
        owner.batch_execute("reset role").await.unwrap();
        assert_ne!(sql::texts(&mut owner, "select count(*) from organisation").await, ["0"]);
    });
}

#[test]
fn no_row_of_another_federation_is_written() {
    run(async |app| {
        let other = TestApp::new().await;
        let theirs = other.federation;
        for table in owned_tables().await {
            let outcome = raw_as(app, Role::Maker, &format!("insert into {table} (federation_id) values ('{theirs}')")).await;
            let error = outcome.expect_err(&table);
            let expected = ["violates row-level security policy", "permission denied", "a row in the name of another"];
            assert!(expected.iter().any(|expected| error.contains(expected)), "{table}: {error}");
        }
        let union = other.organisation("city_union", "别市总工会").await;
        let rename = format!("update organisation set name = '改' where federation_id = '{theirs}' and id = '{union}'");
        raw_as(app, Role::Maker, &rename).await.unwrap();
        assert_eq!(
            other.get(&format!("/v1/organisations/{union}")).await.expect(200).body["name"],
            "别市总工会",
            "no row was found to change"
        );
        other.finish().await;
    });
}
