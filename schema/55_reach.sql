-- To which organisation things belong, for roles that hold within some organisations only. What is not known here belongs to
-- the federation as a whole, and only roles that hold in all of it reach it.

-- The organisation a thing belongs to, by the name its collection has in the API; null when it is the federation's own, or is
-- not there.
create or replace function owner_of(p_federation uuid, p_kind text, p_id uuid)
returns uuid
language sql stable strict security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select case p_kind
        when 'organisations' then p_id
        when 'plans' then (select p.organisation_id from plan p where p.federation_id = p_federation and p.id = p_id)
        when 'rosters' then (select p.organisation_id from roster r join plan p on p.federation_id = r.federation_id and p.id = r.plan_id
                             where r.federation_id = p_federation and r.id = p_id)
        when 'batches' then (select p.organisation_id from batch b join plan p on p.federation_id = b.federation_id and p.id = b.plan_id
                             where b.federation_id = p_federation and b.id = p_id)
        when 'instructions' then (select p.organisation_id from instruction i join plan p on p.federation_id = i.federation_id and p.id = i.plan_id
                                  where i.federation_id = p_federation and i.id = p_id)
        when 'references' then (select p.organisation_id from instruction i join plan p on p.federation_id = i.federation_id and p.id = i.plan_id
                                where i.federation_id = p_federation and i.reference = p_id)
        when 'transfers' then (select p.organisation_id
                               from transfer_down t
                               join instruction i on i.federation_id = t.federation_id and i.id = t.instruction_id
                               join plan p on p.federation_id = i.federation_id and p.id = i.plan_id
                               where t.federation_id = p_federation and t.id = p_id)
        when 'evidence' then (select p.organisation_id
                              from evidence e
                              join instruction i on i.federation_id = e.federation_id and i.id = e.instruction_id
                              join plan p on p.federation_id = i.federation_id and p.id = i.plan_id
                              where e.federation_id = p_federation and e.id = p_id)
        when 'recoveries' then (select p.organisation_id
                                from recovery r
                                join instruction i on i.federation_id = r.federation_id and i.id = r.instruction_id
                                join plan p on p.federation_id = i.federation_id and p.id = i.plan_id
                                where r.federation_id = p_federation and r.id = p_id)
        when 'appropriations' then (select a.organisation_id from appropriation a where a.federation_id = p_federation and a.id = p_id)
        when 'allocation-lines' then (select a.organisation_id
                                      from allocation_line l join appropriation a on a.federation_id = l.federation_id and a.id = l.appropriation_id
                                      where l.federation_id = p_federation and l.id = p_id)
        when 'arrivals' then (select a.organisation_id
                              from arrival v
                              join allocation_line l on l.federation_id = v.federation_id and l.id = v.allocation_line_id
                              join appropriation a on a.federation_id = l.federation_id and a.id = l.appropriation_id
                              where v.federation_id = p_federation and v.id = p_id)
        when 'standards' then (select a.organisation_id
                               from standard s
                               join allocation_line l on l.federation_id = s.federation_id and l.id = s.allocation_line_id
                               join appropriation a on a.federation_id = l.federation_id and a.id = l.appropriation_id
                               where s.federation_id = p_federation and s.id = p_id)
        when 'returns' then (select a.organisation_id
                             from fund_return r
                             join allocation_line l on l.federation_id = r.federation_id and l.id = r.allocation_line_id
                             join appropriation a on a.federation_id = l.federation_id and a.id = l.appropriation_id
                             where r.federation_id = p_federation and r.id = p_id)
        when 'persons' then (select p.organisation_id from person p where p.federation_id = p_federation and p.id = p_id)
        when 'households' then (select h.organisation_id from household h where h.federation_id = p_federation and h.id = p_id)
        when 'dossiers' then (select h.organisation_id
                              from dossier d join household h on h.federation_id = d.federation_id and h.id = d.household_id
                              where d.federation_id = p_federation and d.id = p_id)
        when 'model-workers' then (select w.organisation_id from model_worker w where w.federation_id = p_federation and w.id = p_id)
        when 'payee-accounts' then (select coalesce(c.organisation_id, p.organisation_id)
                                    from payee_account c left join person p on p.federation_id = c.federation_id and p.id = c.person_id
                                    where c.federation_id = p_federation and c.id = p_id)
    end
$$;

-- Of some things named by kind and id, those that lie outside the organisations given.
create or replace function outside_reach(p_federation uuid, p_kinds text[], p_ids uuid[], p_within uuid[])
returns table (kind text, id uuid)
language sql stable strict
set search_path = pg_catalog, public, pg_temp
as $$
    select n.kind, n.id
    from (select distinct u.kind, u.id from unnest(p_kinds, p_ids) as u (kind, id)) n
    where (owner_of(p_federation, n.kind, n.id) = any (p_within)) is not true
$$;

-- Lists show a limited reader only what lies within its reach: bangfu.reach, set by the service for such lists alone, because
-- figures that are added up must never leave out rows silently.
create or replace function listed_within_reach(p_federation uuid, p_kind text, p_id uuid)
returns bool
language sql stable
set search_path = pg_catalog, public, pg_temp
as $$
    select owner_of(p_federation, p_kind, p_id) = any (string_to_array(nullif(current_setting('bangfu.reach', true), ''), ',')::uuid[])
$$;

do $$
declare
    v_listed record;
begin
    for v_listed in
        select * from (values
            ('plan', 'plans', 'id'), ('roster', 'rosters', 'id'), ('batch', 'batches', 'id'), ('instruction', 'instructions', 'id'),
            ('transfer_down', 'transfers', 'id'), ('recovery', 'recoveries', 'id'), ('appropriation', 'appropriations', 'id'),
            ('allocation_line', 'allocation-lines', 'id'), ('arrival', 'arrivals', 'id'), ('standard', 'standards', 'id'),
            ('fund_return', 'returns', 'id'), ('person', 'persons', 'id'), ('household', 'households', 'id'), ('dossier', 'dossiers', 'id'),
            ('model_worker', 'model-workers', 'id'), ('payee_account', 'payee-accounts', 'id'), ('bank_statement', 'bank-statements', 'id'),
            ('statement_line', 'bank-statements', 'statement_id'), ('statement_exception', 'bank-statements', 'statement_id'), ('review', 'plans', 'subject_id'), ('posting', 'allocation-lines', 'allocation_line_id'))
            as v (relation, kind, key)
    loop
        execute format('drop policy if exists within_reach on %I', v_listed.relation);
        execute format(
            'create policy within_reach on %I as restrictive for select using
                ((select coalesce(current_setting(''bangfu.reach'', true), '''') = '''') or listed_within_reach(federation_id, %L, %I))',
            v_listed.relation, v_listed.kind, v_listed.key);
    end loop;
end
$$;

drop policy if exists within_reach on special_approval;
create policy within_reach on special_approval as restrictive for select using
    ((select coalesce(current_setting('bangfu.reach', true), '') = '')
     or listed_within_reach(federation_id, case subject_kind when 'plan' then 'plans' else 'instructions' end, subject_id));
