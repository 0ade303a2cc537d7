-- Beneficiaries counted once and for every day (ADR 0019). A payment counts from the day it settled until it bounced or was
-- recovered whole; a household or person counts in a scope on every day on which any payment of the scope does.

-- What some payments are by the rows known through a log number: instructions by their ids, or the recipients that unions
-- reported; all of them without ids.
create or replace function beneficiary_parts(p_federation uuid, p_through int8, p_ids uuid[])
returns table (payment_id uuid, allocation_line_id uuid, fund_source_id uuid, household_id uuid, person bytea, span daterange)
language sql stable
as $$
    select i.id, f.allocation_line_id, f.fund_source_id, e.household_id, i.payee_person,
           case when least(ended.day, recovered.day) < settled.day then 'empty' else daterange(settled.day, least(ended.day, recovered.day), '[)') end
    from instruction i
    join roster_entry e on e.federation_id = i.federation_id and e.id = i.roster_entry_id and e.payee_kind <> 'organisation'
    cross join lateral (select distinct r.allocation_line_id, r.fund_source_id from roster_funding r
                        where r.federation_id = i.federation_id and r.roster_entry_id = i.roster_entry_id) f
    join lateral (select v.effective_on as day, v.sequence from instruction_event v
                  join ledger_log l on l.federation_id = v.federation_id and l.audit_event_id = v.act_id and l.log_number <= p_through
                  where v.federation_id = i.federation_id and v.instruction_id = i.id and v.kind = 'settled'
                  order by v.sequence desc limit 1) settled on true
    left join lateral (select v.effective_on as day from instruction_event v
                       join ledger_log l on l.federation_id = v.federation_id and l.audit_event_id = v.act_id and l.log_number <= p_through
                       where v.federation_id = i.federation_id and v.instruction_id = i.id and v.sequence > settled.sequence
                       order by v.sequence limit 1) ended on true
    left join lateral (select min(t.day) as day
                       from (select j.effective_on as day, sum(p.amount) over (order by j.effective_on) as so_far
                             from posting p
                             join journal_entry j on j.federation_id = p.federation_id and j.id = p.journal_entry_id and j.kind = 'recover'
                             join ledger_log l on l.federation_id = j.federation_id and l.journal_entry_id = j.id and l.log_number <= p_through
                             where p.federation_id = i.federation_id and p.subject_id = i.id) t
                       where t.so_far >= i.amount) recovered on true
    where i.federation_id = p_federation and (p_ids is null or i.id = any (p_ids))
    union all
    select r.id, f.allocation_line_id, f.fund_source_id, null, r.identity_number_hash, daterange(r.reported_on, null, '[)')
    from transfer_feedback r
    join ledger_log l on l.federation_id = r.federation_id and l.audit_event_id = r.act_id and l.log_number <= p_through
    join transfer_down t on t.federation_id = r.federation_id and t.id = r.transfer_down_id
    join instruction i on i.federation_id = t.federation_id and i.id = t.instruction_id
    cross join lateral (select distinct r.allocation_line_id, r.fund_source_id from roster_funding r
                        where r.federation_id = i.federation_id and r.roster_entry_id = i.roster_entry_id) f
    where r.federation_id = p_federation and (p_ids is null or r.id = any (p_ids))
$$;

-- By how many the counts of every scope change on which day, over the payments of some payees, or of all without them. Payments
-- themselves count where they are named. Scopes are few and parts many, so parts are grouped by a scope's number, not by its name.
create or replace function beneficiary_steps(p_federation uuid, p_households uuid[], p_persons bytea[], p_payments uuid[])
returns setof beneficiary_day
language sql stable
as $$
    with part as materialized (
        select p.* from beneficiary_part p
        where p.federation_id = p_federation
          and (p_payments is null or p.household_id = any (p_households) or p.person = any (p_persons) or p.payment_id = any (p_payments))
    ), scoped as materialized (
        select f.allocation_line_id, f.fund_source_id, s.scope, s.subject, dense_rank() over (order by s.scope, s.subject) as number
        from (select distinct p.allocation_line_id, p.fund_source_id from part p) f
        join allocation_line l on l.federation_id = p_federation and l.id = f.allocation_line_id
        join appropriation a on a.federation_id = l.federation_id and a.id = l.appropriation_id
        cross join lateral (values
            ('line', l.id::text), ('line_source', l.id || ' ' || f.fund_source_id), ('appropriation', a.id::text),
            ('fiscal_year', a.fiscal_year::text), ('organisation', a.organisation_id::text), ('fund_source', f.fund_source_id::text))
            as s (scope, subject)
    ), placed as (
        select s.number, p.payment_id, p.household_id, p.person, p.span
        from part p join scoped s on s.allocation_line_id = p.allocation_line_id and s.fund_source_id = p.fund_source_id
    ), spans as (
        select number, 'household' as what, unnest(range_agg(span)) as span from placed where household_id is not null group by number, household_id
        union all
        select number, 'person', unnest(range_agg(span)) from placed where person is not null group by number, person
        union all
        -- All parts of a payment have the same span.
        select d.number, 'payment', d.span
        from (select distinct number, payment_id, span from placed where p_payments is null or payment_id = any (p_payments)) d
    ), steps as (
        select number, what, lower(span) as day, 1 as change from spans where not isempty(span)
        union all
        select number, what, upper(span), -1 from spans where not isempty(span) and not upper_inf(span)
    ), changes as (
        select number, day, (coalesce(sum(change) filter (where what = 'household'), 0))::int4 as households,
               (coalesce(sum(change) filter (where what = 'person'), 0))::int4 as persons,
               (coalesce(sum(change) filter (where what = 'payment'), 0))::int4 as person_times
        from steps group by number, day
    )
    select p_federation, s.scope, s.subject, c.day, c.households, c.persons, c.person_times
    from changes c join (select distinct number, scope, subject from scoped) s on s.number = c.number
$$;

-- Counts what the log has taken in through a log number, which a checkpoint covers; how far the counts are then. In parts, so that
-- a long log is not in memory at once.
create or replace function beneficiaries_catch_up(p_federation uuid, p_through int8)
returns int8
language plpgsql strict security definer
set search_path = pg_catalog, public, pg_temp
set plan_cache_mode = force_custom_plan
as $$
declare
    v_from int8;
    v_to int8;
    v_ids uuid[];
    v_households uuid[];
    v_persons bytea[];
    v_before beneficiary_day[];
    v_after beneficiary_day[];
begin
    if p_federation::text is distinct from current_setting('bangfu.federation', true) then
        raise exception 'beneficiaries of another federation' using errcode = 'BF010', constraint = 'act_not_authenticated';
    end if;
    -- Further than the log they would pass over what is yet to come.
    if not exists (select from checkpoint c where c.federation_id = p_federation and c.size = p_through) then
        raise exception 'beneficiaries: no checkpoint of size %', p_through using errcode = 'BF001', constraint = 'ledger_malformed';
    end if;
    insert into beneficiary_head (federation_id, log_number) values (p_federation, 0) on conflict do nothing;
    select h.log_number into v_from from beneficiary_head h where h.federation_id = p_federation for no key update;
    while v_from < p_through loop
        v_to := least(v_from + 4096, p_through);
        select array_agg(distinct c.id) into v_ids
        from (select e.instruction_id as id
              from ledger_log l join instruction_event e on e.federation_id = l.federation_id and e.act_id = l.audit_event_id
              where l.federation_id = p_federation and l.log_number > v_from and l.log_number <= v_to and e.kind in ('settled', 'bounced')
              union all
              select p.subject_id
              from ledger_log l
              join journal_entry j on j.federation_id = l.federation_id and j.id = l.journal_entry_id and j.kind = 'recover'
              join posting p on p.federation_id = j.federation_id and p.journal_entry_id = j.id
              where l.federation_id = p_federation and l.log_number > v_from and l.log_number <= v_to
              union all
              select r.id
              from ledger_log l join transfer_feedback r on r.federation_id = l.federation_id and r.act_id = l.audit_event_id
              where l.federation_id = p_federation and l.log_number > v_from and l.log_number <= v_to) c;
        if v_ids is not null then
            select array_agg(distinct e.household_id) filter (where e.household_id is not null), array_agg(distinct i.payee_person) filter (where i.payee_person is not null)
              into v_households, v_persons
              from instruction i join roster_entry e on e.federation_id = i.federation_id and e.id = i.roster_entry_id
             where i.federation_id = p_federation and i.id = any (v_ids);
            select coalesce(v_persons, '{}') || coalesce(array_agg(distinct r.identity_number_hash) filter (where r.identity_number_hash is not null), '{}') into v_persons
              from transfer_feedback r where r.federation_id = p_federation and r.id = any (v_ids);
            v_households := coalesce(v_households, '{}');
            select array_agg(s) into v_before from beneficiary_steps(p_federation, v_households, v_persons, v_ids) s;
            delete from beneficiary_part b where b.federation_id = p_federation and b.payment_id = any (v_ids);
            insert into beneficiary_part (federation_id, payment_id, allocation_line_id, fund_source_id, household_id, person, span)
            select p_federation, n.payment_id, n.allocation_line_id, n.fund_source_id, n.household_id, n.person, n.span
            from beneficiary_parts(p_federation, v_to, v_ids) n;
            select array_agg(s) into v_after from beneficiary_steps(p_federation, v_households, v_persons, v_ids) s;
            insert into beneficiary_day as d (federation_id, scope, subject, day, households, persons, person_times)
            select p_federation, c.scope, c.subject, c.day, sum(c.households), sum(c.persons), sum(c.person_times)
            from (select a.scope, a.subject, a.day, a.households, a.persons, a.person_times from unnest(v_after) a
                  union all
                  select b.scope, b.subject, b.day, -b.households, -b.persons, -b.person_times from unnest(v_before) b) c
            group by c.scope, c.subject, c.day
            having sum(c.households) <> 0 or sum(c.persons) <> 0 or sum(c.person_times) <> 0
            on conflict (federation_id, scope, subject, day) do update set
                households = d.households + excluded.households, persons = d.persons + excluded.persons,
                person_times = d.person_times + excluded.person_times;
        end if;
        v_from := v_to;
        update beneficiary_head h set log_number = v_to where h.federation_id = p_federation;
    end loop;
    return v_from;
end
$$;

-- Holds the counts against the rows they follow from. Each row returned is a difference.
create or replace function beneficiaries_check(p_federation uuid)
returns table (what text, subject text, expected text, found text)
language sql stable
set search_path = pg_catalog, public, pg_temp
as $$
    with derived as (
        select p.* from beneficiary_head h cross join lateral beneficiary_parts(p_federation, h.log_number, null) p where h.federation_id = p_federation
    ), stored as (
        select * from beneficiary_part where federation_id = p_federation
    ), summed as (
        select * from beneficiary_day where federation_id = p_federation and (households <> 0 or persons <> 0 or person_times <> 0)
    ), steps as (
        select * from beneficiary_steps(p_federation, null, null, null) s where s.households <> 0 or s.persons <> 0 or s.person_times <> 0
    )
    select 'beneficiary_part', coalesce(d.payment_id, s.payment_id)::text,
           format('%s %s %s', d.household_id, encode(d.person, 'hex'), d.span), format('%s %s %s', s.household_id, encode(s.person, 'hex'), s.span)
    from derived d
    full join stored s on s.payment_id = d.payment_id and s.allocation_line_id = d.allocation_line_id and s.fund_source_id = d.fund_source_id
    where (d.household_id, d.person, d.span) is distinct from (s.household_id, s.person, s.span) or (d.payment_id is null) <> (s.payment_id is null)
    union all
    select 'beneficiary_day', coalesce(t.scope, s.scope) || ' ' || coalesce(t.subject, s.subject) || ' ' || coalesce(t.day, s.day),
           format('%s %s %s', t.households, t.persons, t.person_times), format('%s %s %s', s.households, s.persons, s.person_times)
    from steps t
    full join summed s on s.scope = t.scope and s.subject = t.subject and s.day = t.day
    where (t.households, t.persons, t.person_times) is distinct from (s.households, s.persons, s.person_times)
$$;
