//! Auditors read as a role of their own that can do nothing else.

use bangfu::access::Secret;
use bangfu::kernel::{Caller, Grant, Origin, Role};
use diesel_async::SimpleAsyncConnection;

use super::{denied, owner_reads};
use crate::support::{TestApp, run, sql, world};

fn caller(app: &TestApp, role: Role) -> Caller {
    let credential = Secret::parse(app.token(role)).unwrap().credential();
    let grants = vec![Grant::everywhere(role)];
    Caller::new(app.federation, role.name().to_owned(), grants, credential, Origin::default())
}

#[test]
fn an_auditor_reads_as_the_auditors_role_in_a_transaction_that_cannot_write() {
    run(async |app| {
        let asked =
            "select current_user || ' ' || current_setting('transaction_read_only') || ' ' || current_setting('transaction_isolation')";
        for (role, expected) in [(Role::Auditor, "bangfu_auditor on repeatable read"), (Role::Checker, "bangfu_service on repeatable read")]
        {
            let seen = app.db.read(&caller(app, role), async |tx| Ok(sql::texts(tx.conn(), asked).await)).await.unwrap();
            assert_eq!(seen, [expected], "{role}");
        }
    });
}

#[test]
fn whatever_an_auditor_reads_over_http_is_read_as_that_role() {
    world().block_on(async {
        let scratch = world().scratch().await;
        let (db, address) = scratch.serve().await;
        let app = TestApp::on(db, address).await;
        app.organisation("city_union", "市总工会").await;
        for role in [Role::Auditor, Role::Checker] {
            app.get_as(role, "/v1/organisations").await.expect(200);
        }
        let mut owner = bangfu::db::connect(&scratch.owner_url).await.unwrap();
        owner.batch_execute("revoke select on organisation from bangfu_auditor").await.unwrap();
        app.get_as(Role::Auditor, "/v1/organisations").await.refused(500, "internal");
        app.get_as(Role::Checker, "/v1/organisations").await.expect(200);
        app.finish().await;
    });
}

#[test]
fn the_auditors_role_may_write_nothing() {
    run(async |app| {
        let held = owner_reads(
            "select c.relname || ' ' || p.privilege from pg_class c
             cross join unnest(array['insert', 'update', 'delete', 'truncate', 'references', 'trigger']) p (privilege)
             where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
               and (has_table_privilege('bangfu_auditor', c.oid, p.privilege)
                    or p.privilege in ('insert', 'update', 'references') and has_any_column_privilege('bangfu_auditor', c.oid, p.privilege))
             union all
             select c.relname || ' sequence' from pg_class c
             where c.relnamespace = 'public'::regnamespace
               and case when c.relkind = 'S' then has_sequence_privilege('bangfu_auditor', c.oid, 'usage, update') else false end",
        )
        .await;
        assert_eq!(held, Vec::<String>::new());
        // Nor through a door: what it may call only reads.
        let doors = owner_reads(
            "select p.proname::text from pg_proc p where p.pronamespace = 'public'::regnamespace and p.provolatile = 'v'
               and p.prorettype <> 'trigger'::regtype and has_function_privilege('bangfu_auditor', p.oid, 'execute')",
        )
        .await;
        assert_eq!(doors, Vec::<String>::new());
        for role in ["bangfu_service", "bangfu_owner", "pg_read_all_data", "pg_write_all_data"] {
            let member = owner_reads(&format!("select pg_has_role('bangfu_auditor', '{role}', 'member')::text")).await;
            assert_eq!(member, ["false"], "{role}");
        }
        denied(super::raw(app, &[], "set local role bangfu_auditor; create table mine (id int)").await, "permission denied");
    });
}

#[test]
fn an_auditors_own_tokens_and_password_are_all_it_changes() {
    run(async |app| {
        use serde_json::json;
        app.get_as(Role::Auditor, "/v1/tokens").await.expect(200);
        let made = app.post_as(Role::Auditor, "/v1/tokens", &json!({"name": "核对"})).await.expect(200);
        app.post_as(Role::Auditor, &format!("/v1/tokens/{}/revoke", made.id()), &json!({})).await.expect(200);
        for path in ["/v1/persons", "/v1/documents", "/v1/plans", "/v1/evidence", "/v1/users", "/v1/declared-figures"] {
            app.post_as(Role::Auditor, path, &json!({})).await.refused(403, "permission_denied");
        }
    });
}
