//! What holds for the whole catalogue, asked of the catalogue itself.

mod constraints;
mod statistics;
mod wire;

use std::collections::{BTreeMap, BTreeSet};

use bangfu::db::migrations::{is_current, migrate, revert_all};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use serde_json::json;

use crate::support::source::{root, rust_files};
use crate::support::{TestApp, sql, world};

/// Tables the program keeps for itself; no module reads or writes rows of them through `schema.rs`.
const OF_MIGRATIONS: [&str; 2] = ["__diesel_schema_migrations", "schema_object"];

/// Everything of the schema `public` that a migration or a file of `schema/` can make, in a comparable form.
const CATALOGUE: &str = "
    select 'table ' || c.relname || ' ' || coalesce(array_to_string(c.reloptions, ','), '') || ' ' || coalesce(c.relacl::text, '')
               || ' ' || coalesce(obj_description(c.oid, 'pg_class'), '') as thing
    from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'm', 'S', 'p')
    union all
    select 'column ' || a.attrelid::regclass || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull || ' '
               || a.attnum || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '') || ' ' || coalesce(a.attacl::text, '') || ' '
               || coalesce(col_description(a.attrelid, a.attnum), '')
    from pg_attribute a
    join pg_class c on c.oid = a.attrelid and c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attnum > 0 and not a.attisdropped
    union all
    select 'constraint ' || n.conname || ' of ' || n.conrelid::regclass || ' ' || pg_get_constraintdef(n.oid)
    from pg_constraint n where n.connamespace = 'public'::regnamespace
    union all
    select 'index ' || indexdef from pg_indexes where schemaname = 'public'
    union all
    select 'type ' || t.typname || ' ' || format_type(t.typbasetype, t.typtypmod) || ' ' || coalesce(obj_description(t.oid, 'pg_type'), '')
    from pg_type t where t.typnamespace = 'public'::regnamespace and t.typtype in ('d', 'e')
    union all
    select 'function ' || p.oid::regprocedure || ' ' || md5(pg_get_functiondef(p.oid)) || ' ' || coalesce(p.proacl::text, '')
    from pg_proc p where p.pronamespace = 'public'::regnamespace
    union all
    select 'trigger ' || pg_get_triggerdef(g.oid) from pg_trigger g where not g.tgisinternal
    union all
    select 'row ' || m::text from ledger_move m";

#[test]
fn migrations_up_down_and_up_again_give_the_same_catalogue() {
    world().block_on(async {
        let scratch = world().empty_database().await;
        let first = migrate(&scratch.owner_url, None).await.unwrap();
        assert!(first.len() > 5, "{first:?}");
        assert!(migrate(&scratch.owner_url, None).await.unwrap().is_empty(), "a second time there is nothing to do");
        let mut owner = bangfu::db::connect(&scratch.owner_url).await.unwrap();
        let catalogue =
            async |owner: &mut AsyncPgConnection| -> BTreeSet<String> { sql::texts(owner, CATALOGUE).await.into_iter().collect() };
        let before = catalogue(&mut owner).await;
        revert_all(&scratch.owner_url).await.unwrap();
        let left = sql::texts(
            &mut owner,
            "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v', 'm', 'S')
             union all select proname::text from pg_proc where pronamespace = 'public'::regnamespace
             union all select typname::text from pg_type where typnamespace = 'public'::regnamespace and typtype in ('d', 'e')",
        )
        .await;
        assert_eq!(left, ["__diesel_schema_migrations"], "reverting leaves something behind");
        migrate(&scratch.owner_url, None).await.unwrap();
        assert!(is_current(&mut owner).await.unwrap());
        let after = catalogue(&mut owner).await;
        let difference: Vec<_> = before.symmetric_difference(&after).collect();
        assert!(difference.is_empty(), "{difference:#?}");
    });
}

#[test]
fn a_database_without_its_latest_schema_is_not_current() {
    world().block_on(async {
        let scratch = world().scratch().await;
        let mut owner = bangfu::db::connect(&scratch.owner_url).await.unwrap();
        assert!(is_current(&mut owner).await.unwrap());
        owner.batch_execute("update schema_object set digest = 'old' where name like '10%'").await.unwrap();
        assert!(!is_current(&mut owner).await.unwrap());
        assert_eq!(migrate(&scratch.owner_url, None).await.unwrap(), ["10_ledger_door.sql"]);
        assert!(is_current(&mut owner).await.unwrap());
    });
}

#[test]
fn what_was_tampered_with_is_found_by_the_check() {
    world().block_on(async {
        let scratch = world().scratch().await;
        let (db, address) = scratch.serve().await;
        let app = TestApp::on(db, address).await;
        let books = app.books(1, 1).await;
        app.grant(&books, "2022-01-01", "100.00").await;
        app.grant(&books, "2022-01-02", "50.00").await;
        app.finish().await;
        let mut owner = bangfu::db::connect(&scratch.owner_url).await.unwrap();
        let found = async |owner: &mut AsyncPgConnection, tampering: &str| -> BTreeSet<String> {
            // A superuser is not kept by foreign keys.
            owner.batch_execute("begin; set local session_replication_role = replica").await.unwrap();
            owner.batch_execute(tampering).await.unwrap();
            let what = sql::texts(owner, &format!("select what from ledger_check('{}')", app.federation)).await;
            owner.batch_execute("rollback").await.unwrap();
            what.into_iter().collect()
        };
        for (tampering, expected) in [
            ("update ledger_balance set granted = granted + 1, available = available + 1", "ledger_balance.granted"),
            ("update ledger_day set granted = granted - 1, available = available - 1", "ledger_day.available"),
            ("delete from ledger_day", "ledger_day.granted"),
            ("update posting set amount = amount + 1 where position = 1", "journal_entry.content_digest"),
            ("delete from posting", "journal_entry without postings"),
            ("update journal_entry set effective_on = '2022-01-03'", "ledger_day.granted"),
            ("update journal_entry set about = '{\"a\": 1}'", "journal_entry.content_digest"),
            ("update journal_entry set kind = 'reclaim'", "posting that its kind does not allow"),
            ("delete from ledger_log where journal_entry_id is not null", "journal_entry outside the log"),
            ("delete from ledger_log where log_number = 2", "ledger_log.log_number"),
            ("update ledger_head set last_log_number = 7", "ledger_log.log_number"),
            ("delete from ledger_head", "ledger_log.log_number"),
        ] {
            let what = found(&mut owner, tampering).await;
            assert!(what.contains(expected), "{tampering}: {what:?}");
        }
        app.finish().await;
    });
}

// schema.rs against the catalogue.

fn diesel_type(catalogue: &str, nullable: bool) -> String {
    let (element, array) = catalogue.strip_suffix("[]").map_or((catalogue, false), |element| (element, true));
    let name = match element {
        "uuid" => "Uuid",
        "text" => "Text",
        "smallint" => "Int2",
        "integer" => "Int4",
        "bigint" => "Int8",
        "numeric" | "yuan" => "Numeric",
        "date" => "Date",
        "daterange" => "Daterange",
        "timestamp with time zone" => "Timestamptz",
        "boolean" => "Bool",
        "jsonb" => "Jsonb",
        "bytea" => "Bytea",
        other => panic!("schema.rs has no type for {other}"),
    };
    let name = if array { format!("Array<{name}>") } else { name.to_owned() };
    if nullable { format!("Nullable<{name}>") } else { name }
}

/// Table, then its columns in order as `name -> Type`, then its primary key.
fn tables_of_schema_rs() -> BTreeMap<String, (Vec<String>, String)> {
    let text = std::fs::read_to_string(root().join("src/db/schema.rs")).unwrap();
    let mut tables = BTreeMap::new();
    for block in text.split("diesel::table! {").skip(1) {
        let lines = block.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//") && !line.starts_with('#'));
        let mut lines = lines.take_while(|line| *line != "}");
        let (name, key) = lines.next().unwrap().split_once(" (").unwrap();
        let key = key.split(')').next().unwrap().to_owned();
        tables.insert(name.to_owned(), (lines.map(|line| line.trim_end_matches(',').to_owned()).collect(), key));
    }
    tables
}

#[test]
fn schema_rs_has_the_tables_columns_and_types_of_the_database() {
    world().block_on(async {
        let mut owner = sql::owner().await;
        let columns = sql::rows(
            &mut owner,
            "select c.relname::text as name, a.attname::text as column, format_type(a.atttypid, a.atttypmod) as type, not a.attnotnull as nullable,
                    (select string_agg(k.attname, ', ' order by u.position)
                     from pg_index i cross join lateral unnest(i.indkey::int2[]) with ordinality u (number, position)
                     join pg_attribute k on k.attrelid = i.indrelid and k.attnum = u.number
                     where i.indrelid = c.oid and i.indisprimary) as key
             from pg_class c join pg_attribute a on a.attrelid = c.oid
             where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
             order by c.relname, a.attnum",
        )
        .await;
        let mut catalogue: BTreeMap<String, (Vec<String>, String)> = BTreeMap::new();
        for row in columns {
            let text = |name: &str| row[name].as_str().unwrap().to_owned();
            let table = catalogue.entry(text("name")).or_default();
            table.0.push(format!("{} -> {}", text("column"), diesel_type_of(&row)));
            table.1 = text("key");
        }
        OF_MIGRATIONS.iter().for_each(|table| assert!(catalogue.remove(*table).is_some(), "{table}"));
        let written = tables_of_schema_rs();
        assert_eq!(written.keys().collect::<Vec<_>>(), catalogue.keys().collect::<Vec<_>>());
        for (table, found) in &catalogue {
            assert_eq!(&written[table], found, "{table}");
        }
    });
}

fn diesel_type_of(row: &sql::Row) -> String {
    let catalogue = row["type"].as_str().unwrap();
    // Diesel has no idea of migrations' own tables; they are taken out afterwards.
    if catalogue.starts_with("character varying") || catalogue.starts_with("timestamp without") {
        return catalogue.to_owned();
    }
    diesel_type(catalogue, row["nullable"] == json!(true))
}

// Tenancy.

#[test]
fn every_key_of_a_federations_table_begins_with_the_federation() {
    world().block_on(async {
        let mut owner = sql::owner().await;
        let wrong = sql::texts(
            &mut owner,
            "with owned as (
                 select a.attrelid as table_id, a.attnum as number from pg_attribute a
                 join pg_class c on c.oid = a.attrelid and c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
                 where a.attname = 'federation_id')
             select 'index ' || i.indexrelid::regclass from owned o join pg_index i on i.indrelid = o.table_id
             where i.indkey[0] <> o.number
             union all
             select 'no primary key ' || o.table_id::regclass from owned o
             where not exists (select from pg_index i where i.indrelid = o.table_id and i.indisprimary)
             union all
             select 'foreign key ' || n.conname from pg_constraint n
             join owned there on there.table_id = n.confrelid
             left join owned here on here.table_id = n.conrelid
             where n.contype = 'f' and (here.number is distinct from n.conkey[1] or there.number <> n.confkey[1])",
        )
        .await;
        assert!(wrong.is_empty(), "{wrong:#?}");
        let owned =
            sql::texts(&mut owner, "select table_name::text from information_schema.columns where column_name = 'federation_id'").await;
        assert!(owned.len() > 40, "{owned:?}");
        let shared = sql::texts(
            &mut owner,
            "select c.relname::text from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
               and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'federation_id') order by 1",
        )
        .await;
        let expected = [
            "__diesel_schema_migrations",
            "act_secret",
            "calendar_day",
            "federation",
            "ledger_move",
            "region",
            "region_direct_funding",
            "schema_object",
            "vault_key",
        ];
        assert_eq!(shared, expected, "what belongs to no federation stays a short list");
    });
}

#[test]
fn no_foreign_key_cascades_and_none_is_deferred() {
    world().block_on(async {
        let mut owner = sql::owner().await;
        let query = "select conname::text from pg_constraint
                     where contype = 'f' and (confdeltype <> 'a' or confupdtype <> 'a' or condeferrable or not convalidated)";
        assert_eq!(sql::texts(&mut owner, query).await, Vec::<String>::new());
        let keys = sql::texts(&mut owner, "select conname::text from pg_constraint where contype = 'f'").await;
        assert!(keys.len() > 50);
    });
}

#[test]
fn every_reference_to_a_federation_is_a_foreign_key() {
    world().block_on(async {
        let mut owner = sql::owner().await;
        // Every table reaches `federation` over its own or another table's foreign keys.
        let loose = sql::texts(
            &mut owner,
            "select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'federation_id'
             where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
               and not exists (select from pg_constraint n where n.conrelid = c.oid and n.contype = 'f' and n.conkey[1] = a.attnum)",
        )
        .await;
        assert_eq!(loose, ["idempotency_key"], "its keys may belong to no federation");
    });
}

// Words.

#[test]
fn every_table_has_a_comment() {
    world().block_on(async {
        let mut owner = sql::owner().await;
        let silent = sql::texts(
            &mut owner,
            "select c.relname::text from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
               and coalesce(btrim(obj_description(c.oid, 'pg_class')), '') = ''",
        )
        .await;
        assert_eq!(silent, ["__diesel_schema_migrations"]);
    });
}

#[test]
fn every_amount_is_a_yuan() {
    world().block_on(async {
        let mut owner = sql::owner().await;
        let others = sql::texts(
            &mut owner,
            "select table_name || '.' || column_name from information_schema.columns
             where table_schema = 'public' and domain_name is null
               and data_type in ('numeric', 'money', 'real', 'double precision') order by 1",
        )
        .await;
        // Figures of a report are in its own unit, and may count people.
        let figures = ["comparison.difference", "comparison.ledger_value", "declared_figure.tolerance", "declared_figure.value"];
        assert_eq!(others, figures);
        let yuan = sql::texts(&mut owner, "select column_name::text from information_schema.columns where domain_name = 'yuan'").await;
        assert!(yuan.len() > 40 && yuan.iter().any(|column| column == "amount"));
    });
}

#[test]
fn no_statement_of_the_program_writes_the_ledgers_tables() {
    let written = |text: &str| {
        crate::support::source::LEDGER_TABLES.iter().any(|table| {
            ["insert into ", "update ", "delete from ", "truncate "].iter().any(|verb| text.contains(&format!("{verb}{table}")))
        })
    };
    let offenders: Vec<String> = rust_files().into_iter().filter(|file| written(&file.code())).map(|file| file.path).collect();
    assert!(offenders.is_empty(), "{offenders:?}");
}
