-- The ledger's one door. See docs/ARCHITECTURE.md, "The ledger", and docs/adr/0003.
--
-- Precedence of refusals: BF001 malformed, BF002 reference reused with other content, BF005 period closed,
-- BF003 unknown line or source, BF004 not enough money, BF006 not enough money as of an earlier day.

-- Each refusal also names itself as a constraint, because that is what clients of Postgres can read without the SQLSTATE.

drop function if exists ledger_deltas(uuid[], uuid[], text[], text[], yuan[]),
    ledger_post(uuid, uuid, text, text, date, timestamptz, text, jsonb, uuid[], uuid[], text[], text[], yuan[], uuid[]);

-- Books an entry; or several of one kind and day at once, each of an act of this transaction (docs/adr/0020). `p_of` says of each
-- posting which entry it is of, counted from 1. Answers with the entries in their order.
--
-- Of several, accounts are held against the sum of all: so that it does not matter which comes first, no account may be taken
-- from by some and given to by others. And none of several may be booked already.
create or replace function ledger_post(
    p_federation uuid, p_acts uuid[], p_entries uuid[], p_references text[], p_kind text, p_effective_on date, p_recorded_at timestamptz,
    p_reason text, p_abouts jsonb[],
    p_of int[], p_lines uuid[], p_sources uuid[], p_from text[], p_to text[], p_amounts yuan[], p_subjects uuid[])
returns table (journal_entry_id uuid, replayed boolean)
language plpgsql strict security definer
set search_path = pg_catalog, public, pg_temp
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
    v_count int := cardinality(p_lines);
    v_entries int := cardinality(p_entries);
    v_actor text := acting_in(p_acts);
    v_digests text[];
    v_booked int;
    v_existing record;
    v_bad record;
    v_closed date;
    v_new bool;
    v_short bool;
    v_backdated bool;
    v_deltas ledger_day[];
begin
    if p_federation::text is distinct from current_setting('bangfu.federation', true) then
        raise exception 'ledger: an act of another federation' using errcode = 'BF010', constraint = 'act_not_authenticated';
    end if;
    if v_count is null or v_count = 0 or not isfinite(p_effective_on)
        or cardinality(p_acts) <> v_entries or cardinality(p_references) <> v_entries or cardinality(p_abouts) <> v_entries
        or cardinality(p_of) <> v_count
        or cardinality(p_sources) <> v_count or cardinality(p_from) <> v_count or cardinality(p_to) <> v_count
        or cardinality(p_amounts) <> v_count or cardinality(p_subjects) <> v_count then
        raise exception 'ledger: a journal entry needs a reference, a date and postings of equal length' using errcode = 'BF001', constraint = 'ledger_malformed';
    end if;
    select m.* into v_bad
    from unnest(p_of, p_from, p_to, p_amounts) as m (of, from_account, to_account, amount)
    where m.amount is null or m.amount <= 0
       or (m.of between 1 and v_entries) is not true
       or coalesce(btrim(p_references[m.of]), '') = ''
       or not exists (select from ledger_move r
                      where r.kind = p_kind and r.from_account = m.from_account and r.to_account = m.to_account)
       or (v_entries > 1 and m.from_account = any (p_to))
    limit 1;
    if found then
        raise exception 'ledger: % may not move % from % to %, for entry %', p_kind, v_bad.amount, v_bad.from_account, v_bad.to_account, v_bad.of
            using errcode = 'BF001', constraint = 'ledger_malformed';
    end if;

    -- Claim the references first: of two that book the same event at once, the second waits here and then finds it booked.
    select array_agg(encode(sha256(convert_to(
               jsonb_build_array(p_kind, p_effective_on, p_abouts[d.of])::text || d.postings, 'UTF8')), 'hex') order by d.of)
      into v_digests
      from (select m.of,
                   string_agg(format('|%s|%s|%s|%s|%s|%s', m.line, m.source, m.from_account, m.to_account, m.amount::numeric(18, 2), m.subject), ''
                              order by m.position) as postings
            from unnest(p_of, p_lines, p_sources, p_from, p_to, p_amounts, p_subjects)
                 with ordinality as m (of, line, source, from_account, to_account, amount, subject, position)
            group by m.of) d;
    if cardinality(v_digests) <> v_entries then
        raise exception 'ledger: a journal entry without postings' using errcode = 'BF001', constraint = 'ledger_malformed';
    end if;
    insert into journal_entry (federation_id, id, reference, kind, effective_on, recorded_at, actor, reason, about, content_digest, act_id)
    select p_federation, e.id, e.reference, p_kind, p_effective_on, p_recorded_at, v_actor, p_reason, e.about, e.digest, e.act
    from unnest(p_acts, p_entries, p_references, p_abouts, v_digests) as e (act, id, reference, about, digest)
    order by e.reference
    on conflict (federation_id, reference) do nothing;
    get diagnostics v_booked = row_count;
    if v_booked < v_entries then
        select j.id, j.content_digest, j.reference into v_existing
        from journal_entry j
        where j.federation_id = p_federation and j.reference = any (p_references) and j.id <> all (p_entries)
        limit 1;
        if v_entries > 1 or v_existing.content_digest is distinct from v_digests[1] then
            raise exception 'ledger: reference % is booked already', v_existing.reference using errcode = 'BF002', constraint = 'ledger_reference_reused';
        end if;
        return query select v_existing.id, true;
        return;
    end if;

    select h.closed_through,
           exists (select from unnest(p_lines, p_sources) as m (line, source)
                   where not exists (select from ledger_balance b
                                     where b.federation_id = p_federation and b.allocation_line_id = m.line and b.fund_source_id = m.source))
      into v_closed, v_new
      from (select) one left join ledger_head h on h.federation_id = p_federation;
    if p_effective_on <= v_closed then
        raise exception 'ledger: the books are closed through %', v_closed using errcode = 'BF005', constraint = 'ledger_period_closed', detail = v_closed::text;
    end if;
    if v_new then
        select m.line, m.source into v_bad
        from (select distinct line, source from unnest(p_lines, p_sources) as u (line, source)) m
        where not exists (select from allocation_line l where l.federation_id = p_federation and l.id = m.line)
           or not exists (select from fund_source s where s.federation_id = p_federation and s.id = m.source)
        limit 1;
        if found then
            raise exception 'ledger: no line % with source %', v_bad.line, v_bad.source using errcode = 'BF003', constraint = 'ledger_account_unknown';
        end if;
        -- In one order for everyone too: an insert waits for another's uncommitted row of the same key.
        insert into ledger_balance (federation_id, allocation_line_id, fund_source_id)
        select distinct p_federation, m.line, m.source
        from unnest(p_lines, p_sources) as m (line, source)
        where not exists (select from ledger_balance b
                          where b.federation_id = p_federation and b.allocation_line_id = m.line and b.fund_source_id = m.source)
        order by m.line, m.source
        on conflict do nothing;
    end if;

    -- The change of each account by all moves, per line and source. Moving out of an origin account (granted, top_up) adds to it,
    -- because it counts what has come from there; every other account counts what is in it. So a move inside one line and source
    -- changes both sides of the identity alike, and no sequence of moves can break it.
    select array_agg(d.change order by d.line, d.source) into v_deltas
    from (select m.line, m.source, row(p_federation, m.line, m.source, p_effective_on,
                         sum(case when m.from_account = 'granted' then m.amount when m.to_account = 'granted' then -m.amount else 0 end),
                         sum(case when m.from_account = 'top_up' then m.amount when m.to_account = 'top_up' then -m.amount else 0 end),
                         sum(case when m.to_account = 'available' then m.amount when m.from_account = 'available' then -m.amount else 0 end),
                         sum(case when m.to_account = 'committed' then m.amount when m.from_account = 'committed' then -m.amount else 0 end),
                         sum(case when m.to_account = 'in_transit' then m.amount when m.from_account = 'in_transit' then -m.amount else 0 end),
                         sum(case when m.to_account = 'disbursed' then m.amount when m.from_account = 'disbursed' then -m.amount else 0 end),
                         sum(case when m.to_account = 'transferred_down' then m.amount when m.from_account = 'transferred_down' then -m.amount else 0 end),
                         sum(case when m.to_account = 'bounced' then m.amount when m.from_account = 'bounced' then -m.amount else 0 end),
                         sum(case when m.to_account = 'recoverable' then m.amount when m.from_account = 'recoverable' then -m.amount else 0 end),
                         sum(case when m.to_account = 'returned' then m.amount when m.from_account = 'returned' then -m.amount else 0 end),
                         sum(case when m.to_account = 'carried_over' then m.amount when m.from_account = 'carried_over' then -m.amount else 0 end),
                         sum(case when m.to_account = 'reclaimed' then m.amount when m.from_account = 'reclaimed' then -m.amount else 0 end),
                         sum(case when m.to_account = 'topped_up_elsewhere' then m.amount when m.from_account = 'topped_up_elsewhere' then -m.amount else 0 end))::ledger_day as change
          from unnest(p_lines, p_sources, p_from, p_to, p_amounts) as m (line, source, from_account, to_account, amount)
          group by m.line, m.source) d;

    -- One order of locking for everyone, so that no two entries wait for each other. Then whether there is too little anywhere.
    with held as materialized (
        select b.*
        from ledger_balance b
        where b.federation_id = p_federation
          and (b.allocation_line_id, b.fund_source_id) in (select line, source from unnest(p_lines, p_sources) as m (line, source))
        order by b.allocation_line_id, b.fund_source_id
        for no key update
    )
    select coalesce(bool_or(least(
               b.granted + d.granted, b.top_up + d.top_up, b.available + d.available, b.committed + d.committed, b.in_transit + d.in_transit,
               b.disbursed + d.disbursed, b.transferred_down + d.transferred_down, b.bounced + d.bounced, b.recoverable + d.recoverable,
               b.returned + d.returned, b.carried_over + d.carried_over, b.reclaimed + d.reclaimed, b.topped_up_elsewhere + d.topped_up_elsewhere) < 0), false)
      into v_short
      from held b
      join unnest(v_deltas) d on d.allocation_line_id = b.allocation_line_id and d.fund_source_id = b.fund_source_id;

    if v_short then
        select d.allocation_line_id, d.fund_source_id, v.account, -v.after_change as missing into v_bad
        from unnest(v_deltas) d
        join ledger_balance b on b.federation_id = p_federation
            and b.allocation_line_id = d.allocation_line_id and b.fund_source_id = d.fund_source_id
        cross join lateral (values
            ('granted', b.granted + d.granted),
            ('top_up', b.top_up + d.top_up),
            ('available', b.available + d.available),
            ('committed', b.committed + d.committed),
            ('in_transit', b.in_transit + d.in_transit),
            ('disbursed', b.disbursed + d.disbursed),
            ('transferred_down', b.transferred_down + d.transferred_down),
            ('bounced', b.bounced + d.bounced),
            ('recoverable', b.recoverable + d.recoverable),
            ('returned', b.returned + d.returned),
            ('carried_over', b.carried_over + d.carried_over),
            ('reclaimed', b.reclaimed + d.reclaimed),
            ('topped_up_elsewhere', b.topped_up_elsewhere + d.topped_up_elsewhere)) as v (account, after_change)
        where v.after_change < 0
        order by d.allocation_line_id, d.fund_source_id, v.account
        limit 1;
        raise exception 'ledger: % of line % is short by %', v_bad.account, v_bad.allocation_line_id, v_bad.missing
            using errcode = 'BF004', constraint = 'ledger_insufficient_funds',
                  detail = jsonb_build_object('allocation_line_id', v_bad.allocation_line_id, 'fund_source_id', v_bad.fund_source_id,
                                              'account', v_bad.account, 'missing', v_bad.missing::numeric(18, 2)::text)::text;
    end if;

    -- Whether anything is dated later is asked by a statement after the one that waited, which saw nothing of what was waited for.
    with changed as (
        update ledger_balance b set
            granted = b.granted + d.granted,
            top_up = b.top_up + d.top_up,
            available = b.available + d.available,
            committed = b.committed + d.committed,
            in_transit = b.in_transit + d.in_transit,
            disbursed = b.disbursed + d.disbursed,
            transferred_down = b.transferred_down + d.transferred_down,
            bounced = b.bounced + d.bounced,
            recoverable = b.recoverable + d.recoverable,
            returned = b.returned + d.returned,
            carried_over = b.carried_over + d.carried_over,
            reclaimed = b.reclaimed + d.reclaimed,
            topped_up_elsewhere = b.topped_up_elsewhere + d.topped_up_elsewhere
        from unnest(v_deltas) d
        where b.federation_id = p_federation
          and b.allocation_line_id = d.allocation_line_id and b.fund_source_id = d.fund_source_id
        returning b.allocation_line_id, b.fund_source_id
    )
    select coalesce(bool_or(exists (select from ledger_day later
                                    where later.federation_id = p_federation and later.allocation_line_id = c.allocation_line_id
                                      and later.fund_source_id = c.fund_source_id and later.effective_on > p_effective_on)), false)
      into v_backdated
      from changed c;

    insert into posting (federation_id, journal_entry_id, position, allocation_line_id, fund_source_id,
                         from_account, to_account, amount, subject_id)
    select p_federation, p_entries[m.of], row_number() over (partition by m.of order by m.position), m.line, m.source, m.from_account, m.to_account,
           m.amount, m.subject
    from unnest(p_of, p_lines, p_sources, p_from, p_to, p_amounts, p_subjects)
         with ordinality as m (of, line, source, from_account, to_account, amount, subject, position);

    insert into ledger_day
    select d.* from unnest(v_deltas) d
    on conflict (federation_id, allocation_line_id, fund_source_id, effective_on) do update set
        granted = ledger_day.granted + excluded.granted,
        top_up = ledger_day.top_up + excluded.top_up,
        available = ledger_day.available + excluded.available,
        committed = ledger_day.committed + excluded.committed,
        in_transit = ledger_day.in_transit + excluded.in_transit,
        disbursed = ledger_day.disbursed + excluded.disbursed,
        transferred_down = ledger_day.transferred_down + excluded.transferred_down,
        bounced = ledger_day.bounced + excluded.bounced,
        recoverable = ledger_day.recoverable + excluded.recoverable,
        returned = ledger_day.returned + excluded.returned,
        carried_over = ledger_day.carried_over + excluded.carried_over,
        reclaimed = ledger_day.reclaimed + excluded.reclaimed,
        topped_up_elsewhere = ledger_day.topped_up_elsewhere + excluded.topped_up_elsewhere;

    -- An entry dated before others must leave every account at zero or more on every day since, not only today.
    if v_backdated then
        select t.allocation_line_id, t.effective_on into v_bad
        from (select d.allocation_line_id, d.fund_source_id, d.effective_on,
                sum(d.granted) over days as granted,
                sum(d.top_up) over days as top_up,
                sum(d.available) over days as available,
                sum(d.committed) over days as committed,
                sum(d.in_transit) over days as in_transit,
                sum(d.disbursed) over days as disbursed,
                sum(d.transferred_down) over days as transferred_down,
                sum(d.bounced) over days as bounced,
                sum(d.recoverable) over days as recoverable,
                sum(d.returned) over days as returned,
                sum(d.carried_over) over days as carried_over,
                sum(d.reclaimed) over days as reclaimed,
                sum(d.topped_up_elsewhere) over days as topped_up_elsewhere
              from ledger_day d
              where d.federation_id = p_federation
                and (d.allocation_line_id, d.fund_source_id) in (select m.line, m.source from unnest(p_lines, p_sources) as m (line, source))
              window days as (partition by d.allocation_line_id, d.fund_source_id order by d.effective_on)) t
        where t.effective_on >= p_effective_on
          and least(t.granted, t.top_up, t.available, t.committed, t.in_transit, t.disbursed, t.transferred_down, t.bounced, t.recoverable, t.returned, t.carried_over, t.reclaimed, t.topped_up_elsewhere) < 0
        limit 1;
        if found then
            raise exception 'ledger: line % would be overdrawn as of %', v_bad.allocation_line_id, v_bad.effective_on
                using errcode = 'BF006', constraint = 'ledger_overdrawn_as_of',
                      detail = jsonb_build_object('allocation_line_id', v_bad.allocation_line_id, 'on', v_bad.effective_on)::text;
        end if;
    end if;

    -- Their log numbers they get at the end: audit_append().
    return query select e.id, false from unnest(p_entries) as e (id);
end
$$;

-- Locks accounts in the door's order. A transaction that books several entries calls it first with the accounts of all of
-- them: after its first entry it holds the federation's log, and must not wait for an account whose holder waits for that.
create or replace function ledger_hold(p_federation uuid, p_lines uuid[], p_sources uuid[])
returns int
language plpgsql strict security definer
set search_path = pg_catalog, public, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
    v_held int;
begin
    insert into ledger_balance (federation_id, allocation_line_id, fund_source_id)
    select distinct p_federation, m.line, m.source
    from unnest(p_lines, p_sources) as m (line, source)
    join allocation_line l on l.federation_id = p_federation and l.id = m.line
    join fund_source s on s.federation_id = p_federation and s.id = m.source
    where not exists (select from ledger_balance b
                      where b.federation_id = p_federation and b.allocation_line_id = m.line and b.fund_source_id = m.source)
    order by m.line, m.source
    on conflict do nothing;
    perform 1
    from ledger_balance b
    where b.federation_id = p_federation
      and (b.allocation_line_id, b.fund_source_id) in (select line, source from unnest(p_lines, p_sources) as m (line, source))
    order by b.allocation_line_id, b.fund_source_id
    for no key update;
    get diagnostics v_held = row_count;
    return v_held;
end
$$;

-- Closes the books through a day. Closing an earlier day than is closed already changes nothing.
create or replace function ledger_close_period(p_federation uuid, p_through date, p_reason text, p_at timestamptz)
returns date
language plpgsql strict security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_closed date;
begin
    if p_federation::text is distinct from current_setting('bangfu.federation', true) then
        raise exception 'ledger: an act of another federation' using errcode = 'BF010', constraint = 'act_not_authenticated';
    end if;
    if not isfinite(p_through) then
        raise exception 'ledger: a period closes on a real day' using errcode = 'BF001', constraint = 'ledger_malformed';
    end if;
    insert into ledger_head as h (federation_id, last_log_number, closed_through) values (p_federation, 0, p_through)
    on conflict (federation_id) do update set closed_through = greatest(h.closed_through, excluded.closed_through)
    returning h.closed_through into v_closed;
    insert into period_closing (federation_id, closed_through, reason, actor, closed_at)
    values (p_federation, p_through, p_reason, acting(), p_at)
    on conflict do nothing;
    return v_closed;
end
$$;
