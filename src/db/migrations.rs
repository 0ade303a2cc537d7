//! Bringing a database up to date: roles, migrations, then the replaceable SQL of `schema/`.

use diesel::sql_types::Text;
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::cluster::PrivateCluster;
use super::{Error, Result};
use crate::kernel::canonical::Canonical;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// Functions, views and grants, in the order they are applied. They live outside the migrations so that a change of a
/// function reads as a change.
const SCHEMA: &[(&str, &str)] = &[
    ("05_access_doors.sql", include_str!("../../schema/05_access_doors.sql")),
    ("10_ledger_door.sql", include_str!("../../schema/10_ledger_door.sql")),
    ("15_audit.sql", include_str!("../../schema/15_audit.sql")),
    ("20_ledger_check.sql", include_str!("../../schema/20_ledger_check.sql")),
    ("25_payment_writes.sql", include_str!("../../schema/25_payment_writes.sql")),
    ("27_beneficiaries.sql", include_str!("../../schema/27_beneficiaries.sql")),
    ("30_payments_check.sql", include_str!("../../schema/30_payments_check.sql")),
    ("35_statements_check.sql", include_str!("../../schema/35_statements_check.sql")),
    ("40_seals.sql", include_str!("../../schema/40_seals.sql")),
    ("45_duties.sql", include_str!("../../schema/45_duties.sql")),
    ("50_payee_person.sql", include_str!("../../schema/50_payee_person.sql")),
    ("55_reach.sql", include_str!("../../schema/55_reach.sql")),
    ("60_row_security.sql", include_str!("../../schema/60_row_security.sql")),
    ("70_jobs.sql", include_str!("../../schema/70_jobs.sql")),
    ("75_statistics.sql", include_str!("../../schema/75_statistics.sql")),
    ("90_grants.sql", include_str!("../../schema/90_grants.sql")),
    ("95_acts.sql", include_str!("../../schema/95_acts.sql")),
];

/// Roles are of the whole cluster: another database of it may have made them already, or be making them now.
const ROLES: &str = "
    do $$
    declare
        role text;
    begin
        foreach role in array array['bangfu_owner', 'bangfu_service', 'bangfu_auditor'] loop
            begin
                if not exists (select from pg_roles where rolname = role) then
                    execute format('create role %I', role);
                end if;
            exception when duplicate_object or unique_violation then null;
            end;
        end loop;
        -- Auditors' requests run as their own role: the service may become it.
        if not pg_has_role('bangfu_service', 'bangfu_auditor', 'member') then
            grant bangfu_auditor to bangfu_service;
        end if;
        if not pg_has_role(current_user, 'bangfu_owner', 'member') then
            execute format('grant bangfu_owner to %I', current_user);
        end if;
        execute format('grant create on database %I to bangfu_owner', current_database());
        -- Postgres 14 lets everybody put objects into public; one could stand in for another inside the ledger's door.
        revoke create on schema public from public;
        grant create, usage on schema public to bangfu_owner;
    end
    $$;
    set role bangfu_owner;
";

#[derive(diesel::QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    digest: String,
}

/// Brings the database that `url` names up to date. The user of `url` owns it or is a superuser. With
/// `service_password`, `bangfu_service` may log in with it.
///
/// # Errors
/// [`Error::Unavailable`] when it cannot be reached, [`Error::Internal`] when a migration fails.
pub async fn migrate(url: &str, service_password: Option<&str>) -> Result<Vec<String>> {
    let mut connection = super::connect(url).await?;
    connection.batch_execute(ROLES).await?;
    let mut harness = AsyncMigrationHarness::new(connection);
    let applied = harness.run_pending_migrations(MIGRATIONS).map_err(|error| Error::Internal(format!("migration failed: {error}")))?;
    let mut done: Vec<String> = applied.iter().map(ToString::to_string).collect();
    let mut connection = harness.into_inner();
    done.extend(apply_schema(&mut connection, !done.is_empty()).await?);
    if let Some(password) = service_password {
        allow_login(&mut connection, password).await?;
    }
    Ok(done)
}

/// Makes a database of a private cluster if it is not there, brings it up to date, and returns the URL the service
/// connects to it with.
///
/// # Errors
/// As [`migrate`].
pub async fn prepare(cluster: &PrivateCluster, database: &str) -> Result<String> {
    let mut maintenance = super::connect(&cluster.url("postgres", "postgres")).await?;
    // There is no "create database if not exists"; that it exists already is what a second start finds.
    if let Err(error) = maintenance.batch_execute(&format!("create database {database}")).await
        && !error.to_string().contains("already exists")
    {
        return Err(error.into());
    }
    migrate(&cluster.url("postgres", database), None).await?;
    // Only this account reaches the cluster's socket, so there is no password.
    maintenance.batch_execute("alter role bangfu_service login").await?;
    Ok(cluster.url("bangfu_service", database))
}

/// Undoes every migration, newest first. For the test that goes up, down and up again.
///
/// # Errors
/// As [`migrate`].
pub async fn revert_all(url: &str) -> Result<()> {
    let mut connection = super::connect(url).await?;
    connection.batch_execute("set role bangfu_owner").await?;
    // The functions of schema/ belong to no migration and use the tables' types.
    connection
        .batch_execute(
            "do $$ declare f record; begin
                 for f in select p.oid::regprocedure as signature from pg_proc p
                          where p.pronamespace = 'public'::regnamespace and pg_get_userbyid(p.proowner) = 'bangfu_owner' loop
                     execute 'drop function ' || f.signature || ' cascade';
                 end loop;
             end $$",
        )
        .await?;
    let mut harness = AsyncMigrationHarness::new(connection);
    harness.revert_all_migrations(MIGRATIONS).map_err(|error| Error::Internal(format!("reverting failed: {error}")))?;
    Ok(())
}

async fn apply_schema(connection: &mut AsyncPgConnection, migrated: bool) -> Result<Vec<String>> {
    let applied: Vec<Applied> = diesel::sql_query("select name, digest from schema_object").load(connection).await?;
    let mut done = Vec::new();
    for (name, text) in SCHEMA {
        let digest = digest(text);
        let current = applied.iter().any(|object| object.name == *name && object.digest == digest);
        if current && !migrated {
            continue;
        }
        connection.batch_execute(&format!("begin; {text}; commit")).await?;
        diesel::sql_query(
            "insert into schema_object (name, digest) values ($1, $2)
             on conflict (name) do update set digest = excluded.digest, applied_at = now()",
        )
        .bind::<Text, _>(*name)
        .bind::<Text, _>(&digest)
        .execute(connection)
        .await?;
        done.push((*name).to_owned());
    }
    Ok(done)
}

fn digest(text: &str) -> String {
    let mut canonical = Canonical::new("bangfu.schema.v1");
    canonical.field(text);
    canonical.hex()
}

/// Utility statements take no parameters; `format('%L')` on the server quotes the password.
async fn allow_login(connection: &mut AsyncPgConnection, password: &str) -> Result<()> {
    #[derive(diesel::QueryableByName)]
    struct Statement {
        #[diesel(sql_type = Text)]
        statement: String,
    }
    connection.batch_execute("reset role").await?;
    let row: Statement = diesel::sql_query("select format('alter role bangfu_service login password %L', $1) as statement")
        .bind::<Text, _>(password)
        .get_result(connection)
        .await?;
    connection.batch_execute(&row.statement).await?;
    Ok(())
}

/// Whether the database is at this program's version: every migration and every file of `schema/`.
///
/// # Errors
/// [`Error::Database`] when it cannot be read.
pub async fn is_current(connection: &mut AsyncPgConnection) -> Result<bool> {
    use diesel::migration::{Migration, MigrationSource};
    let wanted: Vec<Box<dyn Migration<diesel::pg::Pg>>> =
        MIGRATIONS.migrations().map_err(|error| Error::Internal(format!("embedded migrations: {error}")))?;
    let applied: Vec<Applied> =
        diesel::sql_query("select version as name, '' as digest from __diesel_schema_migrations").load(connection).await?;
    let migrated = wanted.iter().all(|migration| applied.iter().any(|version| version.name == migration.name().version().to_string()));
    let objects: Vec<Applied> = diesel::sql_query("select name, digest from schema_object").load(connection).await?;
    let installed = SCHEMA.iter().all(|(name, text)| objects.iter().any(|object| object.name == *name && object.digest == digest(text)));
    Ok(migrated && installed)
}
