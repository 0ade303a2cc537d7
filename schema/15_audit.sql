-- The end of every act: its audit event, and the log numbers of all it booked. See docs/adr/0012.

-- One function until it was two, and for one act until it was for several.
drop function if exists audit_append(uuid, timestamptz, text, text, text, text, text, text, text, jsonb, jsonb, text),
    audit_tell(uuid, timestamptz, text, text, text, text, text, text, text, jsonb, jsonb, text);

-- Tells of acts of this transaction. Their events have no log numbers yet.
create or replace function audit_tell(p_federation uuid, p_acts uuid[], p_happened_at timestamptz, p_origins text[], p_request_ids text[],
    p_actions text[], p_outcomes text[], p_codes text[], p_subject_kinds text[], p_subject_ids text[], p_befores jsonb[], p_afters jsonb[],
    p_reasons text[])
returns void
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
    v_claim text[] := act_claimed();
begin
    if p_federation::text <> v_claim[2] or (p_acts <@ string_to_array(v_claim[1], ',')::uuid[]) is not true then
        raise exception 'an act of another federation or transaction' using errcode = 'BF010', constraint = 'act_not_authenticated';
    end if;
    if v_claim[3] = 'unknown' and p_outcomes <> array['refused'] then
        raise exception 'nobody is authenticated for this act' using errcode = 'BF010', constraint = 'act_not_authenticated';
    end if;
    insert into audit_event (federation_id, id, happened_at, actor, origin, request_id, action, outcome, code, subject_kind, subject_id, before, after, reason)
    select p_federation, e.id, p_happened_at, v_claim[3], e.origin, e.request_id, e.action, e.outcome, e.code, e.subject_kind, e.subject_id,
           e.before, e.after, e.reason
    from unnest(p_acts, p_origins, p_request_ids, p_actions, p_outcomes, p_codes, p_subject_kinds, p_subject_ids, p_befores, p_afters, p_reasons)
         as e (id, origin, request_id, action, outcome, code, subject_kind, subject_id, before, after, reason);
end
$$;

-- Gives each act's journal entries and then its event the federation's next log numbers, act by act. Called last in the
-- transaction, in one message with its commit: the row that every act of the federation needs is held for the shortest time, and
-- numbers become visible in their order, without gaps. Closing a period takes the same row, so no entry slips into a period while
-- it is being closed.
create or replace function audit_append(p_federation uuid)
returns int8
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
    v_acts uuid[] := acts_claimed();
    v_entries uuid[];
    v_places int[];
    v_earliest date;
    v_count int8;
    v_last int8;
    v_closed date;
begin
    if p_federation::text <> current_setting('bangfu.federation') then
        raise exception 'an act of another federation' using errcode = 'BF010', constraint = 'act_not_authenticated';
    end if;
    select array_agg(j.id order by j.id), array_agg(array_position(v_acts, j.act_id) order by j.id), min(j.effective_on)
      into v_entries, v_places, v_earliest
    from journal_entry j where j.federation_id = p_federation and j.act_id = any (v_acts);
    v_count := coalesce(cardinality(v_entries), 0) + cardinality(v_acts);
    insert into ledger_head as h (federation_id, last_log_number) values (p_federation, v_count)
    on conflict (federation_id) do update set last_log_number = h.last_log_number + v_count
    returning h.last_log_number, h.closed_through into v_last, v_closed;
    if v_earliest <= v_closed then
        raise exception 'ledger: the books are closed through %', v_closed using errcode = 'BF005', constraint = 'ledger_period_closed', detail = v_closed::text;
    end if;
    insert into ledger_log (federation_id, log_number, journal_entry_id, audit_event_id)
    select p_federation, v_last - v_count + row_number() over (order by n.place, n.event nulls first, n.entry), n.entry, n.event
    from (select e.place, e.entry, null::uuid as event from unnest(v_places, v_entries) as e (place, entry)
          union all
          select a.place, null, a.id from unnest(v_acts) with ordinality as a (id, place)) n;
    return v_last;
end
$$;

-- Keeps every state of what has a state and no events of its own.
create or replace function keep_state()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_new jsonb := to_jsonb(new);
    v_state text := v_new ->> tg_argv[0];
begin
    if tg_op = 'UPDATE' and to_jsonb(old) ->> tg_argv[0] is not distinct from v_state then
        return null;
    end if;
    insert into state_event (federation_id, subject_kind, subject_id, sequence, state, state_on, actor, recorded_at)
    select new.federation_id, tg_table_name, new.id,
           coalesce((select max(e.sequence) from state_event e
                     where e.federation_id = new.federation_id and e.subject_kind = tg_table_name and e.subject_id = new.id), 0) + 1,
           coalesce(v_state, 'open'), null, acting(), clock_timestamp();
    return null;
end
$$;

create or replace trigger plan_keeps_state after insert or update on plan for each row execute function keep_state('status');
create or replace trigger review_keeps_state after insert or update on review for each row execute function keep_state('state');
create or replace trigger fund_return_keeps_state after insert or update on fund_return for each row execute function keep_state('status');
create or replace trigger recovery_keeps_state after insert or update on recovery for each row execute function keep_state('status');
create or replace trigger batch_keeps_state after insert or update on batch for each row execute function keep_state('sent_on');

-- Whoever writes a row as its actor is the one authenticated.
create or replace function refuse_another_actor()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
    if to_jsonb(new) ->> tg_argv[0] is distinct from acting() then
        raise exception 'a row in the name of another' using errcode = 'BF010', constraint = 'act_not_authenticated';
    end if;
    return new;
end
$$;

create or replace trigger approval_by_its_actor before insert on approval for each row execute function refuse_another_actor('actor');
create or replace trigger plan_by_its_actor before insert on plan for each row execute function refuse_another_actor('created_by');
create or replace trigger batch_by_its_actor before insert on batch for each row execute function refuse_another_actor('created_by');
create or replace trigger batch_file_by_its_actor before insert on batch_file for each row execute function refuse_another_actor('written_by');
create or replace trigger review_by_its_actor before insert on review for each row execute function refuse_another_actor('submitted_by');
create or replace trigger finding_event_by_its_actor before insert on finding_event for each row execute function refuse_another_actor('actor');
create or replace trigger file_layout_by_its_actor before insert on file_layout for each row execute function refuse_another_actor('created_by');
create or replace trigger bank_file_by_its_actor before insert on bank_file for each row execute function refuse_another_actor('taken_by');
create or replace trigger statement_resolution_by_its_actor before insert on statement_resolution for each row execute function refuse_another_actor('actor');

-- Evidence and events come by the hundred thousand: their actors are looked at once a statement.
create or replace function refuse_another_actor_of_any()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_actor text := acting();
    -- The setting is what acting() has just held against the claim.
    v_acts uuid[] := string_to_array(current_setting('bangfu.act'), ',')::uuid[];
begin
    perform from added a where a.actor is distinct from v_actor or a.act_id <> all (v_acts) limit 1;
    if found then
        raise exception 'a row in the name of another, or of another act' using errcode = 'BF010', constraint = 'act_not_authenticated';
    end if;
    return null;
end
$$;

create or replace trigger dossier_event_by_its_actor after insert on dossier_event referencing new table as added
    for each statement execute function refuse_another_actor_of_any();
create or replace trigger evidence_by_its_actor after insert on evidence referencing new table as added
    for each statement execute function refuse_another_actor_of_any();
create or replace trigger instruction_event_by_its_actor after insert on instruction_event referencing new table as added
    for each statement execute function refuse_another_actor_of_any();
