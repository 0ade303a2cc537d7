-- Re-derives what is stored from what is sealed. Each row returned is a difference; no row means the books are right.

create or replace function ledger_check(p_federation uuid)
returns table (what text, subject text, expected text, found text)
language sql stable strict
as $$
    with derived as (
        select p.allocation_line_id, p.fund_source_id, j.effective_on,
           sum(case when p.from_account = 'granted' then p.amount when p.to_account = 'granted' then -p.amount else 0 end) as granted,
           sum(case when p.from_account = 'top_up' then p.amount when p.to_account = 'top_up' then -p.amount else 0 end) as top_up,
           sum(case when p.to_account = 'available' then p.amount when p.from_account = 'available' then -p.amount else 0 end) as available,
           sum(case when p.to_account = 'committed' then p.amount when p.from_account = 'committed' then -p.amount else 0 end) as committed,
           sum(case when p.to_account = 'in_transit' then p.amount when p.from_account = 'in_transit' then -p.amount else 0 end) as in_transit,
           sum(case when p.to_account = 'disbursed' then p.amount when p.from_account = 'disbursed' then -p.amount else 0 end) as disbursed,
           sum(case when p.to_account = 'transferred_down' then p.amount when p.from_account = 'transferred_down' then -p.amount else 0 end) as transferred_down,
           sum(case when p.to_account = 'bounced' then p.amount when p.from_account = 'bounced' then -p.amount else 0 end) as bounced,
           sum(case when p.to_account = 'recoverable' then p.amount when p.from_account = 'recoverable' then -p.amount else 0 end) as recoverable,
           sum(case when p.to_account = 'returned' then p.amount when p.from_account = 'returned' then -p.amount else 0 end) as returned,
           sum(case when p.to_account = 'carried_over' then p.amount when p.from_account = 'carried_over' then -p.amount else 0 end) as carried_over,
           sum(case when p.to_account = 'reclaimed' then p.amount when p.from_account = 'reclaimed' then -p.amount else 0 end) as reclaimed,
           sum(case when p.to_account = 'topped_up_elsewhere' then p.amount when p.from_account = 'topped_up_elsewhere' then -p.amount else 0 end) as topped_up_elsewhere
        from posting p
        join journal_entry j on j.federation_id = p.federation_id and j.id = p.journal_entry_id
        where p.federation_id = p_federation
        group by p.allocation_line_id, p.fund_source_id, j.effective_on
    ), totals as (
        select allocation_line_id, fund_source_id, sum(granted) as granted, sum(top_up) as top_up, sum(available) as available, sum(committed) as committed, sum(in_transit) as in_transit, sum(disbursed) as disbursed, sum(transferred_down) as transferred_down, sum(bounced) as bounced, sum(recoverable) as recoverable, sum(returned) as returned, sum(carried_over) as carried_over, sum(reclaimed) as reclaimed, sum(topped_up_elsewhere) as topped_up_elsewhere
        from derived group by allocation_line_id, fund_source_id
    )
    select 'ledger_balance.' || v.account, coalesce(b.allocation_line_id, p.allocation_line_id) || ' ' || coalesce(b.fund_source_id, p.fund_source_id),
           v.derived::text, v.stored::text
    from (select * from ledger_balance where federation_id = p_federation) b
    full join totals p on p.allocation_line_id = b.allocation_line_id and p.fund_source_id = b.fund_source_id
    cross join lateral (values
        ('granted', coalesce(b.granted, 0), coalesce(p.granted, 0)),
        ('top_up', coalesce(b.top_up, 0), coalesce(p.top_up, 0)),
        ('available', coalesce(b.available, 0), coalesce(p.available, 0)),
        ('committed', coalesce(b.committed, 0), coalesce(p.committed, 0)),
        ('in_transit', coalesce(b.in_transit, 0), coalesce(p.in_transit, 0)),
        ('disbursed', coalesce(b.disbursed, 0), coalesce(p.disbursed, 0)),
        ('transferred_down', coalesce(b.transferred_down, 0), coalesce(p.transferred_down, 0)),
        ('bounced', coalesce(b.bounced, 0), coalesce(p.bounced, 0)),
        ('recoverable', coalesce(b.recoverable, 0), coalesce(p.recoverable, 0)),
        ('returned', coalesce(b.returned, 0), coalesce(p.returned, 0)),
        ('carried_over', coalesce(b.carried_over, 0), coalesce(p.carried_over, 0)),
        ('reclaimed', coalesce(b.reclaimed, 0), coalesce(p.reclaimed, 0)),
        ('topped_up_elsewhere', coalesce(b.topped_up_elsewhere, 0), coalesce(p.topped_up_elsewhere, 0))) as v (account, stored, derived)
    where v.stored <> v.derived
    union all
    select 'ledger_day.' || v.account,
           coalesce(b.allocation_line_id, p.allocation_line_id) || ' ' || coalesce(b.fund_source_id, p.fund_source_id) || ' ' || coalesce(b.effective_on, p.effective_on),
           v.derived::text, v.stored::text
    from (select * from ledger_day where federation_id = p_federation) b
    full join derived p on p.allocation_line_id = b.allocation_line_id and p.fund_source_id = b.fund_source_id and p.effective_on = b.effective_on
    cross join lateral (values
        ('granted', coalesce(b.granted, 0), coalesce(p.granted, 0)),
        ('top_up', coalesce(b.top_up, 0), coalesce(p.top_up, 0)),
        ('available', coalesce(b.available, 0), coalesce(p.available, 0)),
        ('committed', coalesce(b.committed, 0), coalesce(p.committed, 0)),
        ('in_transit', coalesce(b.in_transit, 0), coalesce(p.in_transit, 0)),
        ('disbursed', coalesce(b.disbursed, 0), coalesce(p.disbursed, 0)),
        ('transferred_down', coalesce(b.transferred_down, 0), coalesce(p.transferred_down, 0)),
        ('bounced', coalesce(b.bounced, 0), coalesce(p.bounced, 0)),
        ('recoverable', coalesce(b.recoverable, 0), coalesce(p.recoverable, 0)),
        ('returned', coalesce(b.returned, 0), coalesce(p.returned, 0)),
        ('carried_over', coalesce(b.carried_over, 0), coalesce(p.carried_over, 0)),
        ('reclaimed', coalesce(b.reclaimed, 0), coalesce(p.reclaimed, 0)),
        ('topped_up_elsewhere', coalesce(b.topped_up_elsewhere, 0), coalesce(p.topped_up_elsewhere, 0))) as v (account, stored, derived)
    where v.stored <> v.derived
    union all
    select 'journal_entry without postings', j.id::text, 'at least one posting', 'none'
    from journal_entry j
    where j.federation_id = p_federation
      and not exists (select from posting p where p.federation_id = j.federation_id and p.journal_entry_id = j.id)
    union all
    select 'journal_entry outside the log', j.id::text, 'a log number', 'none'
    from journal_entry j
    where j.federation_id = p_federation
      and not exists (select from ledger_log l where l.federation_id = j.federation_id and l.journal_entry_id = j.id)
    union all
    select 'posting that its kind does not allow', p.journal_entry_id || ' ' || p.position, 'a move of ' || j.kind,
           p.from_account || ' to ' || p.to_account
    from posting p
    join journal_entry j on j.federation_id = p.federation_id and j.id = p.journal_entry_id
    where p.federation_id = p_federation
      and not exists (select from ledger_move r where r.kind = j.kind and r.from_account = p.from_account and r.to_account = p.to_account)
    union all
    select 'journal_entry.content_digest', j.id::text, d.digest, j.content_digest
    from journal_entry j
    cross join lateral (
        select encode(sha256(convert_to(
                   jsonb_build_array(j.kind, j.effective_on, j.about)::text
                   || string_agg(format('|%s|%s|%s|%s|%s|%s', p.allocation_line_id, p.fund_source_id, p.from_account, p.to_account, p.amount::numeric(18, 2), p.subject_id), '' order by p.position),
                   'UTF8')), 'hex') as digest
        from posting p where p.federation_id = j.federation_id and p.journal_entry_id = j.id) d
    where j.federation_id = p_federation and d.digest is distinct from j.content_digest
    union all
    select 'ledger_log.log_number', 'the federation''s log', count(*)::text || ' numbers without a gap', 'up to ' || max(l.log_number) || ', head at ' || coalesce(max(h.last_log_number), 0)
    from ledger_log l
    full join ledger_head h on h.federation_id = l.federation_id
    where coalesce(l.federation_id, h.federation_id) = p_federation
    having count(l.log_number) <> coalesce(max(l.log_number), 0) or coalesce(max(h.last_log_number), 0) <> coalesce(max(l.log_number), 0)
$$;
