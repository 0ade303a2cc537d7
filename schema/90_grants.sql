-- Who may do what to which table. Run by the owner after every migration; grants nothing that is not named here.
--
-- bangfu_service runs the requests. It may add rows, and change only the columns that hold a state or an editable value.
-- What is sealed it can neither change nor remove; the ledger it can only read, and write through its door.
-- bangfu_auditor reads.

revoke all on all tables in schema public from public, bangfu_service, bangfu_auditor;
revoke all on all functions in schema public from public, bangfu_service, bangfu_auditor;
grant usage on schema public to bangfu_service, bangfu_auditor;
grant select on all tables in schema public to bangfu_service, bangfu_auditor;
revoke select on act_secret, app_user, access_token, login_session from bangfu_service, bangfu_auditor;
revoke select on idempotency_key, job_file from bangfu_auditor;
grant select (federation_id, id, login, name, failed_logins, locked_until, disabled_at, version, created_at) on app_user to bangfu_service, bangfu_auditor;
grant select (federation_id, id, user_id, name, created_at, expires_at, last_used_at, revoked_at) on access_token to bangfu_service, bangfu_auditor;
grant select (federation_id, id, user_id, created_at, expires_at, ended_at) on login_session to bangfu_service;

grant insert on
    federation, idempotency_key, vault_key, region, region_direct_funding, organisation, document,
    person, household, household_member, dossier, dossier_event, dossier_category, grace_period, model_worker, honour, payee_account,
    fund_source, appropriation, allocation_line, line_change, arrival, standard,
    approval_policy, approval_policy_confirmation, special_approval, special_decision, publicity, objection, objection_handling, calendar_day,
    plan, plan_funding, tier, roster, standard_adjustment, roster_entry, roster_funding, payment_claim, review, approval,
    batch, batch_file, batch_file_piece, instruction, evidence, instruction_event, transfer_down, transfer_feedback, fund_return, recovery,
    declared_figure, comparison, finding, finding_event, file_layout,
    bank_file, bank_file_piece, bank_statement, statement_line, statement_match, statement_exception, statement_result, statement_resolution
to bangfu_service;

-- The sealer's own: hashes of what is in the log, written by the same role as everything else because they prove nothing by
-- themselves; what does is the signature, whose key the database does not have.
grant insert on sealed_leaf, log_tile, checkpoint, issued_report to bangfu_service;
grant update (hashes) on log_tile to bangfu_service;

-- Jobs and their files are written by workers outside of acts; what a job does it does in an act of its user.
grant insert on job, job_file, imported_row to bangfu_service;
grant update (state, progress_done, progress_total, result, problem, cancel_requested, attempts, lease_id, lease_until, credential_sealed, started_at, ended_at,
    file_until)
    on job to bangfu_service;
grant update (content_sealed) on job_file to bangfu_service;

grant update (status, headers, body) on idempotency_key to bangfu_service;
grant update (retired_at) on vault_key to bangfu_service;
grant update (kind, name, parent_id, region_code, uscc, aliases, valid_from, valid_to, version) on organisation to bangfu_service;
grant update (issuer, number, title, kind, issued_on, file_digest, version) on document to bangfu_service;
grant update (name, identity_number_sealed, identity_number_hash, born_on, died_on, phone_sealed, phone_hash, organisation_id, region_code, erased_on, version)
    on person to bangfu_service;
grant update (head_person_id, region_code, organisation_id, version) on household to bangfu_service;
grant update (level, category, causes, monthly_income, rigid_costs, status, opened_on, closed_on, close_reason, version) on dossier to bangfu_service;
grant update (region_code, organisation_id, version) on model_worker to bangfu_service;
grant update (name, level, return_to_organisation_id, version) on fund_source to bangfu_service;
grant update (valid_to, basis_document_id, version) on standard to bangfu_service;
grant update (name, parent_code, obsolete_on) on region to bangfu_service;
grant update (valid_to) on region_direct_funding, dossier_category to bangfu_service;
grant update (member_to) on household_member to bangfu_service;
grant update (ends_on) on grace_period to bangfu_service;
grant update (ended_on, end_reason) on honour to bangfu_service;
grant update (holder_name, number_sealed, number_hash, bank_name, agent_reason, closed_on, erased_on, version) on payee_account to bangfu_service;
-- Taking a lock on a row needs the right to update some column of it.
grant update (position) on allocation_line to bangfu_service;
grant update (name, organisation_id, fiscal_year, purpose, period, cutoff_on, adjustment_method, status, roster_id, revision, version) on plan to bangfu_service;
grant update (live) on payment_claim to bangfu_service;
grant update (state) on review to bangfu_service;
grant update (sent_on, sent_count, sent_total) on batch to bangfu_service;
grant update (status, status_on, version) on instruction to bangfu_service;
grant update (reported, handed_back, version) on transfer_down to bangfu_service;
grant update (status, approved_on, paid_on, confirmed_on, version) on fund_return to bangfu_service;
grant update (status, received_on, version) on recovery to bangfu_service;
grant update (state, explanation, expected, found, difference, outcome, version) on finding to bangfu_service;

grant execute on function
    ledger_post(uuid, uuid[], uuid[], text[], text, date, timestamptz, text, jsonb[], int[], uuid[], uuid[], text[], text[], yuan[], uuid[]),
    ledger_hold(uuid, uuid[], uuid[]),
    ledger_close_period(uuid, date, text, timestamptz),
    instruction_follows(uuid, uuid[], uuid[], text[], date[], uuid[], uuid[], text[], text, timestamptz),
    beneficiary_parts(uuid, int8, uuid[]),
    beneficiary_steps(uuid, uuid[], bytea[], uuid[]),
    beneficiaries_catch_up(uuid, int8),
    beneficiaries_check(uuid),
    ledger_check(uuid),
    payments_check(uuid),
    statements_check(uuid),
    plan_specials_missing(uuid, uuid),
    publicity_by_token(bytea),
    owner_of(uuid, text, uuid),
    outside_reach(uuid, text[], uuid[], uuid[]),
    listed_within_reach(uuid, text, uuid),
    is_owner_session(),
    access_has_users(),
    access_authenticate(uuid, bytea),
    access_below(uuid, uuid[]),
    job_waiting_federations(),
    refresh_statistics(),
    act_begin(uuid, uuid, uuid[], bytea, text[], bool),
    acting(),
    acting_has(text),
    audit_tell(uuid, uuid[], timestamptz, text[], text[], text[], text[], text[], text[], text[], jsonb[], jsonb[], text[]),
    audit_append(uuid),
    access_add_user(uuid, uuid, text, text, timestamptz),
    access_set_password(uuid, uuid, text, bytea, bytea),
    access_set_enabled(uuid, uuid, bool, timestamptz),
    access_grant(uuid, uuid, uuid, text, uuid, text, timestamptz),
    access_revoke(uuid, uuid, text, timestamptz),
    access_add_token(uuid, uuid, uuid, text, bytea, timestamptz, timestamptz),
    access_revoke_token(uuid, uuid, timestamptz),
    access_password_salt(uuid, text),
    access_open_session(uuid, uuid, text, bytea, uuid, bytea, int, timestamptz),
    access_end_session(uuid, uuid)
to bangfu_service;
grant execute on function ledger_check(uuid), beneficiary_parts(uuid, int8, uuid[]), beneficiary_steps(uuid, uuid[], bytea[], uuid[]), beneficiaries_check(uuid), payments_check(uuid), statements_check(uuid), owner_of(uuid, text, uuid),
    outside_reach(uuid, text[], uuid[], uuid[]), listed_within_reach(uuid, text, uuid) to bangfu_auditor;
