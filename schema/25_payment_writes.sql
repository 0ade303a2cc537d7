-- Writes that every settlement makes. As functions because a connection keeps their plans, whatever number of rows the arrays hold.

-- Of one act until it was of several.
drop function if exists instruction_follows(uuid, uuid[], text[], date[], uuid[], uuid[], text[], text, timestamptz);

-- Appends events to instructions, each of an act, and lets their status follow: each event is named by the state it leads to.
create or replace function instruction_follows(
    p_federation uuid, p_acts uuid[], p_instructions uuid[], p_states text[], p_dates date[], p_evidence uuid[], p_entries uuid[], p_reasons text[],
    p_actor text, p_at timestamptz)
returns void
language plpgsql
set search_path = pg_catalog, public, pg_temp
set plan_cache_mode = force_generic_plan
as $$
begin
    insert into instruction_event (federation_id, instruction_id, sequence, kind, effective_on, evidence_id, journal_entry_id, reason, actor, recorded_at, act_id)
    select p_federation, e.instruction, coalesce(l.last, 0) + 1, e.state, e.effective_on, e.evidence, e.entry, e.reason, p_actor, p_at, e.act
    from unnest(p_acts, p_instructions, p_states, p_dates, p_evidence, p_entries, p_reasons)
         as e (act, instruction, state, effective_on, evidence, entry, reason)
    left join lateral (select max(x.sequence) as last from instruction_event x
                       where x.federation_id = p_federation and x.instruction_id = e.instruction) l on true;
    update instruction i set status = e.state, status_on = e.effective_on, version = i.version + 1
    from unnest(p_instructions, p_states, p_dates) as e (instruction, state, effective_on)
    where i.federation_id = p_federation and i.id = e.instruction;
end
$$;
