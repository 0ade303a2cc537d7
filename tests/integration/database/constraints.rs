//! Every constraint a request can trip is mapped to a refusal; the others are known, each with the reason why not.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::source::{LEDGER_TABLES, rust_files};
use crate::support::{sql, world};

/// What cannot happen however a request is made, with the reason in a word:
///
/// * `checked`: the service refuses it before it asks the database, naming the field;
/// * `computed`: the service makes the value itself;
/// * `claimed`: written with `on conflict`;
/// * `locked`: the row above it is locked first, so its next one is known;
/// * `read`: what it refers to was read or written in the same transaction, and nothing is ever removed.
///
/// Besides, by shape or table (see [`constraints`]): ids made by the service, the request's own federation, enums of the
/// program, and the tables that only the ledger's door writes, which checks all of it first.
const CANNOT_HAPPEN: &[(&str, &str)] = &[
    ("access_token_hash_unique", "computed"),
    ("access_token_name_not_blank", "checked"),
    ("access_token_user_known", "read"),
    ("act_secret_pkey", "computed"),
    ("act_secret_single", "computed"),
    ("app_user_login_not_reserved", "checked"),
    ("app_user_login_plain", "checked"),
    ("app_user_name_not_blank", "checked"),
    ("app_user_password_whole", "computed"),
    ("allocation_line_appropriation_known", "read"),
    ("allocation_line_channels_known", "checked"),
    ("allocation_line_functional_code_digits", "checked"),
    ("allocation_line_position_unique", "computed"),
    ("allocation_line_project_code_21", "checked"),
    ("appropriation_fiscal_year_plausible", "checked"),
    ("arrival_amount_positive", "checked"),
    ("document_file_digest_sha256", "checked"),
    ("dossier_category_dates_in_order", "checked"),
    ("dossier_category_dossier_known", "read"),
    ("dossier_category_one_open", "locked"),
    ("dossier_category_pkey", "locked"),
    ("dossier_closed_with_reason", "checked"),
    ("dossier_dates_in_order", "checked"),
    ("dossier_event_closed_with_reason", "checked"),
    ("dossier_event_dated", "checked"),
    ("dossier_event_dossier_known", "read"),
    ("dossier_event_pkey", "locked"),
    ("dossier_event_position_counts", "computed"),
    ("dossier_income_not_negative", "checked"),
    ("federation_name_not_blank", "checked"),
    ("grace_period_dates_in_order", "computed"),
    ("grace_period_dossier_known", "read"),
    ("grace_period_months_one_to_twelve", "checked"),
    ("honour_dates_in_order", "checked"),
    ("honour_ended_with_reason", "checked"),
    ("honour_model_worker_known", "read"),
    ("household_member_dates_in_order", "checked"),
    ("household_member_household_known", "read"),
    ("idempotency_key_length", "checked"),
    ("beneficiary_day_pkey", "claimed"),
    ("beneficiary_head_not_negative", "computed"),
    ("beneficiary_head_pkey", "claimed"),
    ("beneficiary_part_pkey", "locked"),
    ("batch_file_account_known", "read"),
    ("batch_file_batch_known", "read"),
    ("batch_file_counts", "computed"),
    ("batch_file_digest_sha256", "computed"),
    ("batch_file_layout_named", "computed"),
    ("batch_file_piece_batch_known", "read"),
    ("batch_file_piece_commitment_of_32_bytes", "computed"),
    ("batch_file_piece_place_once", "computed"),
    ("batch_file_pkey", "locked"),
    ("idempotency_key_pkey", "claimed"),
    ("imported_row_pkey", "claimed"),
    ("job_credential_known", "read"),
    ("job_ended_keeps_no_credential", "computed"),
    ("job_ended_says_so", "computed"),
    ("job_file_job_known", "read"),
    ("job_file_place_once", "computed"),
    ("job_file_until_it_ends", "computed"),
    ("job_progress_counts", "computed"),
    ("job_running_is_leased", "computed"),
    ("line_change_amount_positive", "checked"),
    ("line_change_one_initial", "computed"),
    ("audit_event_refused_with_code", "computed"),
    ("ledger_log_one_thing", "computed"),
    ("login_session_hash_unique", "computed"),
    ("login_session_user_known", "read"),
    ("organisation_dates_in_order", "checked"),
    ("payee_account_erased_when_closed", "computed"),
    ("payee_account_hash_of_32_bytes", "computed"),
    ("role_grant_revoked_whole", "computed"),
    ("role_grant_user_known", "read"),
    ("state_event_pkey", "locked"),
    ("state_event_sequence_positive", "computed"),
    ("payee_account_one_owner", "checked"),
    ("payee_account_whole_or_erased", "computed"),
    ("person_died_after_birth", "checked"),
    ("person_hashes_of_32_bytes", "computed"),
    ("person_phone_with_hash", "computed"),
    ("person_whole_or_erased", "computed"),
    ("region_code_six_digits", "checked"),
    ("region_direct_funding_dates_in_order", "checked"),
    ("schema_object_pkey", "claimed"),
    ("standard_amount_positive", "checked"),
    ("standard_category_not_blank", "checked"),
    ("standard_dates_in_order", "checked"),
    ("approval_policy_steps_listed", "checked"),
    ("approval_policy_confirmation_policy_known", "read"),
    ("approval_review_known", "read"),
    ("duty_pkey", "claimed"),
    ("objection_content_given", "checked"),
    ("objection_handling_reason_given", "checked"),
    ("objection_publicity_known", "read"),
    ("publicity_days_in_order", "computed"),
    ("publicity_place_given", "checked"),
    ("publicity_plan_known", "read"),
    ("publicity_review_known", "read"),
    ("publicity_roster_known", "read"),
    ("publicity_token_unique", "computed"),
    ("review_policy_known", "read"),
    ("special_approval_reason_given", "checked"),
    ("special_approval_subject_of_kind", "checked"),
    ("special_decision_refusal_needs_opinion", "checked"),
    ("special_decision_special_known", "read"),
    ("batch_not_empty", "computed"),
    ("batch_id_and_plan_unique", "computed"),
    ("batch_plan_known", "read"),
    ("batch_sequence_unique", "locked"),
    ("evidence_commitment_of_32_bytes", "computed"),
    ("evidence_file_with_line", "computed"),
    ("evidence_instruction_known", "read"),
    ("evidence_raw_text_with_commitment", "computed"),
    ("bank_file_digest_unique", "claimed"),
    ("bank_file_layout_named", "computed"),
    ("bank_file_piece_commitment_of_32_bytes", "computed"),
    ("bank_file_piece_file_known", "read"),
    ("bank_file_piece_place_once", "computed"),
    ("bank_statement_days_counted", "checked"),
    ("bank_statement_digests_of_32_bytes", "computed"),
    ("bank_statement_file_known", "read"),
    ("bank_statement_period_whole", "computed"),
    ("bank_statement_place_once", "computed"),
    ("evidence_statement_line_known", "read"),
    ("evidence_statement_line_once", "computed"),
    ("statement_exception_about_something", "computed"),
    ("statement_exception_difference_holds", "computed"),
    ("statement_exception_instruction_known", "read"),
    ("statement_exception_line_known", "read"),
    ("statement_exception_line_once", "computed"),
    ("statement_exception_statement_known", "read"),
    ("statement_line_amount_positive", "checked"),
    ("statement_line_digests_of_32_bytes", "computed"),
    ("statement_line_identity_once", "claimed"),
    ("statement_line_statement_known", "read"),
    ("statement_match_evidence_known", "read"),
    ("statement_match_instruction_known", "read"),
    ("statement_match_line_known", "read"),
    ("statement_match_movement_once", "locked"),
    ("statement_match_pkey", "computed"),
    ("statement_resolution_exception_known", "read"),
    ("statement_resolution_names_its_instruction", "checked"),
    ("statement_resolution_reason_given", "checked"),
    ("statement_result_adds_up", "computed"),
    ("statement_result_counts", "computed"),
    ("statement_result_pkey", "computed"),
    ("statement_result_statement_known", "read"),
    ("file_layout_name_not_blank", "checked"),
    ("file_layout_version_counts", "computed"),
    ("finding_event_finding_known", "read"),
    ("finding_event_pkey", "locked"),
    ("fund_return_amount_positive", "checked"),
    ("instruction_account_known", "read"),
    ("instruction_amount_positive", "checked"),
    ("instruction_attempt_positive", "checked"),
    ("instruction_batch_known", "read"),
    ("instruction_entry_known", "read"),
    ("instruction_event_entry_known", "read"),
    ("instruction_event_evidence_known", "read"),
    ("instruction_event_instruction_known", "read"),
    ("instruction_event_pkey", "locked"),
    ("payment_claim_entry_known", "read"),
    ("payment_claim_pkey", "computed"),
    ("plan_funding_pkey", "computed"),
    ("plan_funding_plan_known", "read"),
    ("plan_roster_known", "read"),
    ("recovery_amount_positive", "checked"),
    ("recovery_instruction_known", "read"),
    ("roster_amounts_not_negative", "computed"),
    ("roster_digest_sha256", "computed"),
    ("roster_entry_account_known", "read"),
    ("roster_entry_household_known", "read"),
    ("roster_entry_in_with_amount_or_out_with_reason", "computed"),
    ("roster_entry_organisation_known", "read"),
    ("roster_entry_payee_matches_kind", "computed"),
    ("roster_entry_person_known", "read"),
    ("roster_entry_position_unique", "locked"),
    ("roster_entry_roster_known", "read"),
    ("roster_entry_tier_known", "read"),
    ("roster_funding_amount_positive", "checked"),
    ("roster_funding_entry_known", "read"),
    ("roster_funding_line_known", "read"),
    ("roster_funding_pkey", "computed"),
    ("roster_funding_source_known", "read"),
    ("roster_funding_top_up_line_known", "read"),
    ("roster_plan_known", "read"),
    ("standard_adjustment_adds_up", "computed"),
    ("standard_adjustment_pkey", "computed"),
    ("standard_adjustment_roster_known", "read"),
    ("tier_months_when_monthly", "checked"),
    ("tier_plan_known", "read"),
    ("tier_position_unique", "locked"),
    ("transfer_down_instruction_known", "read"),
    ("transfer_down_once", "locked"),
    ("transfer_down_organisation_known", "read"),
    ("transfer_feedback_amount_positive", "checked"),
    ("transfer_feedback_digests_of_32_bytes", "computed"),
    ("transfer_feedback_transfer_known", "read"),
    ("vault_key_index_stays", "computed"),
    ("vault_key_one_index", "claimed"),
    ("vault_key_pkey", "claimed"),
    ("vault_key_purpose_known", "computed"),
    ("comparison_figure_known", "read"),
    ("comparison_outcome_known", "read"),
    ("comparison_pkey", "claimed"),
    ("comparison_value_when_evaluable", "computed"),
    ("declared_figure_unit_known", "read"),
    ("declared_figure_value_finite", "computed"),
    ("batch_sent_counts", "computed"),
    ("checkpoint_leaf_known", "read"),
    ("checkpoint_pkey", "locked"),
    ("checkpoint_root_of_32_bytes", "computed"),
    ("issued_report_checkpoint_known", "read"),
    ("issued_report_pkey", "claimed"),
    ("log_tile_hashes_whole", "computed"),
    ("log_tile_pkey", "claimed"),
    ("sealed_leaf_hashes_whole", "computed"),
    ("sealed_leaf_log_known", "read"),
    ("sealed_leaf_pkey", "locked"),
];

/// Modules that are not written yet: what they own is not judged.
fn is_stub(text: &str) -> bool {
    text.starts_with("//! stub")
}

struct Known {
    table: String,
    /// Whether its shape alone says that no request can trip it.
    harmless: bool,
}

async fn constraints() -> BTreeMap<String, Known> {
    let mut owner = sql::owner().await;
    let rows = sql::rows(
        &mut owner,
        "select n.conname::text as name, c.relname::text as table,
                case n.contype
                    -- Made by the service, version 7.
                    when 'p' then (select array_agg(a.attname::text order by u.position)
                                   from unnest(n.conkey) with ordinality u (number, position)
                                   join pg_attribute a on a.attrelid = n.conrelid and a.attnum = u.number) in (array['federation_id', 'id'], array['id'])
                    -- Every request's federation is looked up first.
                    when 'f' then n.confrelid = 'federation'::regclass
                    -- One column with listed values is an enum of the program.
                    when 'c' then cardinality(n.conkey) = 1 and pg_get_constraintdef(n.oid) ~ '^CHECK \\(\\((\\w+) = ANY \\(ARRAY\\[[^()]*\\]\\)\\)\\)$'
                    else false
                end as harmless
         from pg_constraint n join pg_class c on c.oid = n.conrelid
         where n.connamespace = 'public'::regnamespace and n.contype in ('p', 'u', 'f', 'c') and c.relname <> '__diesel_schema_migrations'
         union all
         select i.indexrelid::regclass::text, i.indrelid::regclass::text, false
         from pg_index i join pg_class c on c.oid = i.indexrelid
         where i.indisunique and c.relnamespace = 'public'::regnamespace
           and not exists (select from pg_constraint n where n.conindid = i.indexrelid)",
    )
    .await;
    let known = |row: &sql::Row| {
        let table = row["table"].as_str().unwrap().to_owned();
        let harmless = row["harmless"] == true || LEDGER_TABLES.contains(&table.as_str());
        Known { table, harmless }
    };
    rows.iter().map(|row| (row["name"].as_str().unwrap().to_owned(), known(row))).collect()
}

/// The names in `Constraint::new("…"` of the program.
fn mapped() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in rust_files() {
        let code = file.code();
        for part in code.split("Constraint::new(").skip(1) {
            if let Some(name) = part.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next()) {
                names.insert(name.to_owned());
            }
        }
    }
    names
}

/// Tables that a module says it owns, with the module.
fn owned() -> BTreeMap<String, String> {
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    for file in rust_files().into_iter().filter(|file| file.path.ends_with("/mod.rs") && !is_stub(&file.text)) {
        for table in file.tables().unwrap_or_default() {
            if let Some(other) = owners.insert(table.clone(), file.module().to_owned()) {
                panic!("{table} is claimed by {other} and by {}", file.path);
            }
        }
    }
    owners
}

#[test]
fn every_constraint_is_mapped_or_known_not_to_happen() {
    world().block_on(async {
        let (constraints, mapped, owned) = (constraints().await, mapped(), owned());
        assert!(constraints.len() > 150);
        let listed: BTreeSet<&str> = CANNOT_HAPPEN.iter().map(|(name, _)| *name).collect();
        let open: Vec<String> = constraints
            .iter()
            .filter(|(name, known)| {
                !known.harmless && owned.contains_key(&known.table) && !mapped.contains(*name) && !listed.contains(name.as_str())
            })
            .map(|(name, known)| format!("{} ({})", name, known.table))
            .collect();
        assert!(open.is_empty(), "map them in CONSTRAINTS of their module's error.rs, or say why they cannot happen: {open:#?}");
    });
}

#[test]
fn the_list_of_what_cannot_happen_is_up_to_date() {
    world().block_on(async {
        let (constraints, mapped) = (constraints().await, mapped());
        for (name, _) in CANNOT_HAPPEN {
            assert!(constraints.contains_key(*name), "{name} is not in the database");
            assert!(!mapped.contains(*name), "{name} is mapped, so it is no longer one that cannot happen");
        }
    });
}

#[test]
fn every_mapped_name_exists() {
    world().block_on(async {
        let constraints = constraints().await;
        let domains = sql::texts(&mut sql::owner().await, "select conname::text from pg_constraint where contypid <> 0").await;
        let doors: String = [
            "schema/05_access_doors.sql",
            "schema/10_ledger_door.sql",
            "schema/15_audit.sql",
            "schema/40_seals.sql",
            "schema/45_duties.sql",
        ]
        .map(|file| std::fs::read_to_string(crate::support::source::root().join(file)).unwrap())
        .concat();
        for name in mapped() {
            assert!(
                constraints.contains_key(&name) || domains.contains(&name) || doors.contains(&format!("constraint = '{name}'")),
                "{name} is nowhere in the database"
            );
        }
    });
}

#[test]
fn every_table_belongs_to_one_module() {
    world().block_on(async {
        let owned = owned();
        let tables: BTreeSet<String> = constraints().await.into_values().map(|known| known.table).collect();
        for table in owned.keys() {
            assert!(tables.contains(table), "{table} is not in the database");
        }
        let unwritten = rust_files().iter().any(|file| file.path.ends_with("/mod.rs") && is_stub(&file.text));
        let orphans: Vec<&String> =
            tables.iter().filter(|table| !owned.contains_key(*table) && !super::OF_MIGRATIONS.contains(&table.as_str())).collect();
        assert!(unwritten || orphans.is_empty(), "no module names them after `Tables:`: {orphans:?}");
    });
}
