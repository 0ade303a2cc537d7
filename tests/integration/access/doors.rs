//! What the database refuses whoever has the service's own password and nothing more: raw SQL, past every handler.

use bangfu::kernel::{FederationId, Role};
use serde_json::json;
use uuid::Uuid;

use super::{as_owner, denied, key, owner_reads, raw, raw_as, user, user_of};
use crate::support::aid::bank_result;
use crate::support::users::PASSWORD;
use crate::support::{Aid, TestApp, run, sql};

/// The settings of an act nobody was authenticated for.
struct Forged {
    federation: String,
    act: String,
}

impl Forged {
    fn of(federation: FederationId) -> Self {
        Self { federation: federation.to_string(), act: Uuid::now_v7().to_string() }
    }

    fn settings(&self) -> Vec<(&'static str, &str)> {
        vec![("bangfu.federation", &self.federation), ("bangfu.act", &self.act), ("bangfu.actor", "cashier")]
    }

    async fn try_to(&self, app: &TestApp, more: &[(&'static str, &str)], statement: &str) -> Result<(), String> {
        let mut settings = self.settings();
        settings.extend(more);
        raw(app, &settings, statement).await
    }
}

const NOBODY: &str = "nobody is authenticated for this act";

#[test]
fn no_act_begins_without_a_live_key_of_its_federation() {
    run(async |app| {
        let other = TestApp::new().await;
        let (forged, theirs) = (Forged::of(app.federation), other.federation.to_string());
        let Forged { federation, act } = &forged;
        let begin = async |home: &str, key: &str| {
            forged.try_to(app, &[], &format!("select act_begin('{federation}', '{home}', array['{act}']::uuid[], {key})")).await
        };
        let quoted = |key: &str| format!("'\\x{key}'");
        begin(federation, &quoted(&key(app.token(Role::Maker)))).await.unwrap();
        let service = "00000000-0000-0000-0000-000000000000";
        for home in [federation.as_str(), &theirs, service] {
            denied(begin(home, "null").await, "no credential for this act");
            denied(begin(home, &quoted("")).await, "no live credential");
            denied(begin(home, &quoted(&"00".repeat(32))).await, "no live credential");
            denied(begin(home, &quoted(&key(other.token(Role::Administrator)))).await, "no live credential");
        }
        denied(begin(&theirs, &quoted(&key(app.token(Role::Maker)))).await, "no live credential");
        // Nor with the key of somebody who has none of the roles that what will be done takes.
        let by = |roles: &str| format!("{}, '{{{roles}}}'", quoted(&key(app.token(Role::Maker))));
        begin(federation, &by("maker,cashier")).await.unwrap();
        denied(begin(federation, &by("leader,cashier")).await, "no role for this act");
        // Or who has one, and not where it is relied on.
        let here = "018f0000-0000-7000-8000-000000000001";
        begin(federation, &format!("{}, true", by("maker"))).await.unwrap();
        denied(begin(federation, &format!("{}, true", by("maker,cashier"))).await, "no role for this act");
        denied(begin(federation, &format!("{}, true", by(&format!("maker@{here}")))).await, "no role for this act");
        // What the database keeps of a token is no key.
        let hash =
            owner_reads(&format!("select encode(token_hash, 'hex') from access_token where federation_id = '{federation}' limit 1")).await;
        denied(begin(federation, &quoted(&hash[0])).await, "no live credential");
        // A key that has ended.
        as_owner(&format!("update access_token set revoked_at = now() where federation_id = '{theirs}'")).await;
        let ended = format!("select act_begin('{theirs}', '{theirs}', array['{act}']::uuid[], {})", quoted(&key(other.token(Role::Maker))));
        denied(forged.try_to(app, &[], &ended).await, "no live credential");
    });
}

/// Calls and inserts that tell who acts, and would do harm if they were believed.
fn harmful(app: &TestApp) -> Vec<String> {
    let federation = app.federation;
    let columns = "federation_id, id, actor, recorded_at";
    let values = format!("'{federation}', gen_random_uuid(), 'cashier', now()");
    vec![
        "select acting()".to_owned(),
        "select acting_has('administrator')".to_owned(),
        format!(
            "select * from ledger_post('{federation}', array[gen_random_uuid()], array[gen_random_uuid()], array['x'], 'grant', '2022-01-01', now(), 'x',
             array['{{}}']::jsonb[], array[1], array[gen_random_uuid()],
             array[gen_random_uuid()], array['granted'], array['available'], array[1]::yuan[], array[null]::uuid[])"
        ),
        format!("select ledger_close_period('{federation}', '2022-01-01', 'x', now())"),
        format!("select {}", sql::tell(federation, "current_setting('bangfu.act', true)", "x", "done")),
        format!("select access_add_user('{federation}', gen_random_uuid(), 'mine', 'mine', now())"),
        format!("select access_set_password('{federation}', (select id from app_user limit 1), '$', 'x', null)"),
        format!("select access_set_enabled('{federation}', (select id from app_user limit 1), true, now())"),
        format!("select access_grant('{federation}', gen_random_uuid(), (select id from app_user limit 1), 'maker', null, 'x', now())"),
        format!("select access_revoke('{federation}', (select id from role_grant limit 1), 'x', now())"),
        format!("select access_add_token('{federation}', gen_random_uuid(), (select id from app_user limit 1), 'x', 'x', null, now())"),
        format!("select access_revoke_token('{federation}', (select id from access_token limit 1), now())"),
        format!("insert into approval ({columns}) values ({values})"),
        format!("insert into evidence ({columns}) values ({values})"),
        format!("insert into plan (federation_id, id, created_by) values ('{federation}', gen_random_uuid(), 'cashier')"),
        format!("insert into batch (federation_id, id, created_by) values ('{federation}', gen_random_uuid(), 'cashier')"),
        format!("insert into review (federation_id, id, submitted_by) values ('{federation}', gen_random_uuid(), 'cashier')"),
        format!("insert into person (federation_id, id) values ('{federation}', gen_random_uuid())"),
        "update instruction set status = 'settled'".to_owned(),
        "update plan set status = 'approved'".to_owned(),
    ]
}

#[test]
fn a_forged_claim_is_refused_by_every_door_and_trigger() {
    run(async |app| {
        let forged = Forged::of(app.federation);
        let claim = format!("{}|{}|administrator|administrator|1", forged.act, forged.federation);
        let proofs = [String::new(), "x".to_owned(), "0".repeat(64)];
        let statements = harmful(app);
        for statement in &statements {
            denied(forged.try_to(app, &[], statement).await, NOBODY);
        }
        for proof in &proofs {
            for statement in &statements {
                denied(forged.try_to(app, &[("bangfu.claim", &claim), ("bangfu.proof", proof)], statement).await, NOBODY);
            }
        }
        let guessed =
            format!("select set_config('bangfu.proof', encode(sha256(convert_to('{claim}', 'UTF8')), 'hex'), true); select acting()");
        denied(forged.try_to(app, &[("bangfu.claim", &claim)], &guessed).await, NOBODY);
    });
}

/// Somebody with a key of one's own has a genuine claim; it must be worth nothing for another act, federation or transaction.
#[test]
fn a_genuine_claim_holds_for_its_own_transaction_alone() {
    run(async |app| {
        use diesel_async::SimpleAsyncConnection;
        let (forged, other) = (Forged::of(app.federation), TestApp::new().await);
        let Forged { federation, act } = &forged;
        let mut connection = app.db.connection().await.unwrap();
        connection
            .batch_execute(&format!("begin; set local bangfu.federation = '{federation}'; set local bangfu.act = '{act}'"))
            .await
            .unwrap();
        let begin =
            format!("select act_begin('{federation}', '{federation}', array['{act}']::uuid[], '\\x{}')", key(app.token(Role::Maker)));
        connection.batch_execute(&begin).await.unwrap();
        let seen =
            crate::support::sql::texts(&mut connection, "select current_setting('bangfu.claim') || '#' || current_setting('bangfu.proof')")
                .await;
        connection.batch_execute("select acting()").await.unwrap();
        for change in [
            format!("set local bangfu.act = '{}'", Uuid::now_v7()),
            format!("set local bangfu.federation = '{}'", other.federation),
            format!("set local bangfu.claim = '{act}|{federation}|leader|leader'"),
        ] {
            connection.batch_execute(&format!("savepoint s; {change}")).await.unwrap();
            let error = connection.batch_execute("select acting()").await.unwrap_err().to_string();
            assert!(error.contains(NOBODY), "{change}: {error}");
            connection.batch_execute("rollback to s").await.unwrap();
        }
        connection.batch_execute("rollback").await.unwrap();
        drop(connection);
        let (claim, proof) = seen[0].split_once('#').unwrap();
        denied(forged.try_to(app, &[("bangfu.claim", claim), ("bangfu.proof", proof)], "select acting()").await, NOBODY);
        other.finish().await;
    });
}

/// In a genuine act too, what is said and done of a payment is that act's own.
#[test]
fn evidence_and_events_name_no_act_but_one_of_their_transaction() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("100").await;
        let plan = aid.sent(&aid.paying(&line, &[(&aid.person().await, "10")])).await;
        let row = aid.instructions(&plan).await.remove(0);
        let (federation, id) = (app.federation, row["id"].as_str().unwrap());
        let evidence = |act: &str| {
            format!(
                "insert into evidence (federation_id, id, kind, instruction_id, outcome, amount, occurred_on, witnesses, effect, actor, recorded_at, act_id)
                 values ('{federation}', gen_random_uuid(), 'letter', '{id}', 'settled', 10, '2022-09-08', '{{}}', 'confirms', 'cashier', now(), {act})"
            )
        };
        let follows = |act: &str| {
            format!(
                "select instruction_follows('{federation}', array[{act}], array['{id}']::uuid[], array['unknown'], array['2022-09-08']::date[],
                        array[null]::uuid[], array[null]::uuid[], array[''], 'cashier', now())"
            )
        };
        let own = "current_setting('bangfu.act')::uuid";
        for statement in [&evidence as &dyn Fn(&str) -> String, &follows] {
            denied(raw_as(app, Role::Cashier, &statement("gen_random_uuid()")).await, "or of another act");
            raw_as(app, Role::Cashier, &statement(own)).await.unwrap();
        }
    });
}

/// A login proves who somebody is; trying one does not.
#[test]
fn a_failed_login_proves_nobody() {
    run(async |app| {
        user(app, "zhang").await;
        let forged = Forged::of(app.federation);
        let Forged { federation, act } = &forged;
        for login in ["zhang", "cashier", "nobody"] {
            let attempt =
                format!("select * from access_open_session('{federation}', '{act}', '{login}', 'x', gen_random_uuid(), 'x', 1, now());");
            for statement in harmful(app) {
                denied(forged.try_to(app, &[], &format!("{attempt} {statement}")).await, NOBODY);
            }
            let told = sql::tell(federation, &format!("'{act}'"), "x", "refused");
            forged.try_to(app, &[], &format!("{attempt} select {told}; select audit_append('{federation}')")).await.unwrap();
        }
        // Nor does one that is locked out.
        let five =
            format!("select access_open_session('{federation}', '{act}', 'zhang', 'x', gen_random_uuid(), 'x', 1, now());").repeat(6);
        denied(forged.try_to(app, &[], &format!("{five} select acting()")).await, NOBODY);
    });
}

#[test]
fn nobody_writes_in_the_name_of_another() {
    run(async |app| {
        let aid = Aid::new(app).await;
        aid.case(serde_json::json!({"category": "deep"})).await;
        let line = aid.line("100.00").await;
        let person = aid.person().await;
        let plan = aid.sent(&aid.paying(&line, &[(&person, "100.00")])).await;
        let instruction = aid.instructions(&plan).await[0]["id"].as_str().unwrap().to_owned();
        let federation = app.federation;
        let another = "a row in the name of another";
        let names = |by: &str| {
            [
                format!("insert into approval (federation_id, id, actor) values ('{federation}', gen_random_uuid(), '{by}')"),
                format!("insert into plan (federation_id, id, created_by) values ('{federation}', gen_random_uuid(), '{by}')"),
                format!("insert into batch (federation_id, id, created_by) values ('{federation}', gen_random_uuid(), '{by}')"),
                format!("insert into review (federation_id, id, submitted_by) values ('{federation}', gen_random_uuid(), '{by}')"),
                format!("insert into finding_event (federation_id, actor) values ('{federation}', '{by}')"),
                format!(
                    "insert into dossier_event (federation_id, dossier_id, position, status, happened_on, actor, recorded_at)
                     select '{federation}', d.id, 77, 'publicised', '2022-09-06', '{by}', now() from dossier d where d.federation_id = '{federation}'"
                ),
                format!(
                    "insert into evidence (federation_id, id, kind, instruction_id, outcome, amount, occurred_on, effect, actor, recorded_at)
                     values ('{federation}', gen_random_uuid(), 'letter', '{instruction}', 'settled', 100, '2022-09-06', 'applied', '{by}', now())"
                ),
            ]
        };
        for by in ["leader", "shell", "cashier@service", ""] {
            for statement in names(by) {
                denied(raw_as(app, Role::Cashier, &statement).await, another);
            }
        }
        // In one's own name the rows fail for what they lack, and whole ones pass.
        for statement in names("cashier") {
            if let Err(error) = raw_as(app, Role::Cashier, &statement).await {
                assert!(!error.contains(another), "{error}");
            }
        }
        raw_as(app, Role::Cashier, &names("cashier")[6]).await.unwrap();
        aid.evidence(&bank_result(&[])).await;
    });
}

#[test]
fn without_an_act_no_row_of_any_table_is_written() {
    run(async |app| {
        let writable = |privilege: &str| {
            format!(
                "select c.relname || '.' || a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                 where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
                   and has_column_privilege('bangfu_service', c.oid, a.attnum, '{privilege}') order by 1"
            )
        };
        let (forged, added, changed) =
            (Forged::of(app.federation), owner_reads(&writable("insert")).await, owner_reads(&writable("update")).await);
        assert!(added.len() > 200 && changed.len() > 50, "{} {}", added.len(), changed.len());
        let mut tables: Vec<&str> = added.iter().map(|column| column.split('.').next().unwrap()).collect();
        tables.dedup();
        // What follows from the log, the list of keys in use, and the leases of jobs: schema/95_acts.sql says why.
        let derived = ["checkpoint", "issued_report", "job", "job_file", "log_tile", "sealed_leaf", "vault_key"];
        tables.retain(|table| !derived.contains(table));
        for table in tables {
            denied(forged.try_to(app, &[], &format!("insert into {table} default values")).await, NOBODY);
        }
        let changed = changed.iter().map(|column| column.split_once('.').unwrap()).filter(|(table, _)| !derived.contains(table));
        for (table, column) in changed {
            denied(forged.try_to(app, &[], &format!("update {table} set {column} = {column} where false")).await, NOBODY);
        }
    });
}

/// What only the doors write.
const GUARDED: [&str; 8] =
    ["app_user", "role_grant", "access_token", "login_session", "act_secret", "audit_event", "state_event", "ledger_log"];

#[test]
fn what_proves_who_somebody_is_can_neither_be_read_nor_written_past_the_doors() {
    run(async |app| {
        let secrets = [
            "select password_verifier from app_user",
            "select password_salt from app_user",
            "select token_hash from access_token",
            "select session_hash from login_session",
            "select secret from act_secret",
            "select * from app_user",
            "select * from access_token",
            "select * from login_session",
            "select to_jsonb(u) from app_user u",
            "select 1 from app_user where password_verifier = 'x'",
            "select 1 from access_token where token_hash = 'x'",
            "select act_signature('x')",
            "select act_claim(gen_random_uuid(), array[gen_random_uuid()], 'leader', '{}')",
            "select * from access_credential(gen_random_uuid(), 'x')",
        ];
        let written = GUARDED.into_iter().flat_map(|table| {
            let column = if table == "act_secret" { "id" } else { "federation_id" };
            [
                format!("insert into {table} default values"),
                format!("update {table} set {column} = {column}"),
                format!("delete from {table}"),
                format!("truncate {table}"),
            ]
        });
        let statements: Vec<String> = secrets.into_iter().map(str::to_owned).chain(written).collect();
        for become_auditor in ["", "set local role bangfu_auditor; "] {
            for statement in &statements {
                denied(raw(app, &[], &format!("{become_auditor}{statement}")).await, "permission denied");
            }
        }
        // Not even in an act of an administrator.
        for statement in &statements {
            denied(raw_as(app, Role::Administrator, statement).await, "permission denied");
        }
    });
}

#[test]
fn the_doors_of_users_open_to_administrators_of_that_federation_alone() {
    run(async |app| {
        let (federation, other) = (app.federation, TestApp::new().await);
        let cashier = user_of(app, Role::Cashier).await;
        let theirs = user_of(&other, Role::Cashier).await;
        let doors = |federation: FederationId, user: &str| {
            [
                format!("select access_add_user('{federation}', gen_random_uuid(), 'mine', 'mine', now())"),
                format!("select access_set_password('{federation}', '{user}', '$', 'x', null)"),
                format!("select access_set_enabled('{federation}', '{user}', false, now())"),
                format!("select access_grant('{federation}', gen_random_uuid(), '{user}', 'maker', null, 'x', now())"),
                format!("select access_revoke('{federation}', gen_random_uuid(), 'x', now())"),
            ]
        };
        for role in Role::ALL.into_iter().filter(|role| *role != Role::Administrator) {
            for door in doors(federation, &cashier) {
                denied(raw_as(app, role, &door).await, "only an administrator manages users");
            }
        }
        for door in &doors(federation, &cashier)[..4] {
            raw_as(app, Role::Administrator, door).await.unwrap();
        }
        for door in doors(other.federation, &theirs) {
            denied(raw_as(app, Role::Administrator, &door).await, "only an administrator manages users");
        }
        // A password of one's own is set by proving the one until now.
        let set = |present: &str| format!("select access_set_password('{federation}', '{cashier}', '$', 'x', {present})");
        denied(raw_as(app, Role::Cashier, &set("'x'")).await, "the present password is another");
        denied(raw_as(app, Role::Maker, &set("'x'")).await, "the present password is another");
        other.finish().await;
    });
}

#[test]
fn every_function_that_runs_with_the_owners_rights_names_its_search_path_and_is_not_everybodys() {
    run(async |_| {
        let open = owner_reads(
            "select p.oid::regprocedure::text from pg_proc p
             where p.pronamespace = 'public'::regnamespace and p.prosecdef
               and (has_function_privilege('public', p.oid, 'execute') or not coalesce(p.proconfig::text, '') like '%search_path=pg_catalog, public, pg_temp%')",
        )
        .await;
        assert_eq!(open, Vec::<String>::new());
    });
}

/// A connection compiles a function of PL/pgSQL once, and the types of its variables are then those of the path of that moment. One
/// without a path of its own that the service calls first, and the owner's rights afterwards, would have the service's types.
#[test]
fn every_function_whose_types_are_kept_names_its_search_path() {
    run(async |_| {
        let open = owner_reads(
            "select p.oid::regprocedure::text from pg_proc p join pg_language l on l.oid = p.prolang
             where p.pronamespace = 'public'::regnamespace and l.lanname = 'plpgsql'
               and not coalesce(p.proconfig::text, '') like '%search_path=pg_catalog, public, pg_temp%'",
        )
        .await;
        assert_eq!(open, Vec::<String>::new());
    });
}

/// Whoever may read the keys under which requests repeat must not be able to try passwords on them at the speed of SHA-256.
#[test]
fn the_digest_of_a_request_with_a_password_is_no_way_to_guess_it() {
    run(async |app| {
        use bangfu::kernel::canonical::Canonical;
        let body = json!({"login": "zhang", "name": "测试", "password": PASSWORD});
        app.post_with_key("/v1/users", "k", &body).await.expect(201);
        let mut guessed = Canonical::new("bangfu.request.v2");
        guessed.field("administrator").field("POST").field("/v1/users").field("").bytes(body.to_string().as_bytes());
        let guess = guessed.hex();
        let row = owner_reads(&format!(
            "select to_jsonb(k)::text from idempotency_key k where federation_id = '{}' and key = 'k'",
            app.federation
        ))
        .await;
        assert!(row.len() == 1 && !row[0].contains(&guess), "{row:?}");
        // The digest does its work all the same.
        app.post_with_key("/v1/users", "k", &body).await.expect(201);
        app.post_with_key("/v1/users", "k", &json!({"login": "zhang", "name": "测试", "password": "another long password"}))
            .await
            .refused(422, "idempotency_key_reused");
    });
}
