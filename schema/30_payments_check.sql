-- Holds the payments against the ledger and against the rosters. Each row returned is a difference.

create or replace function payments_check(p_federation uuid)
returns table (what text, subject text, expected text, found text)
language sql stable strict
as $$
    -- Where the money of each instruction must be, by its state, along the split of its roster entry.
    with money as (
        select f.allocation_line_id, f.fund_source_id, f.amount, i.status
        from instruction i
        join roster_funding f on f.federation_id = i.federation_id and f.roster_entry_id = i.roster_entry_id
        where i.federation_id = p_federation
    ), waiting as (
        select f.allocation_line_id, f.fund_source_id, f.amount
        from plan p
        join roster_entry e on e.federation_id = p.federation_id and e.roster_id = p.roster_id and e.included
        join roster_funding f on f.federation_id = e.federation_id and f.roster_entry_id = e.id
        where p.federation_id = p_federation and p.status = 'approved'
    ), due as (
        select allocation_line_id, fund_source_id,
               coalesce(sum(amount) filter (where status in ('sent', 'unknown')), 0) as in_transit,
               coalesce(sum(amount) filter (where status = 'bounced'), 0) as bounced,
               coalesce(sum(amount) filter (where status in ('pending', 'failed', 'waiting')), 0) as committed
        from (select * from money union all select w.*, 'waiting' from waiting w) m
        group by allocation_line_id, fund_source_id
    )
    select 'ledger_balance.' || v.account || ' against the instructions',
           coalesce(b.allocation_line_id, d.allocation_line_id) || ' ' || coalesce(b.fund_source_id, d.fund_source_id),
           v.due::text, v.stored::text
    from (select * from ledger_balance where federation_id = p_federation) b
    full join due d on d.allocation_line_id = b.allocation_line_id and d.fund_source_id = b.fund_source_id
    cross join lateral (values
        ('in_transit', coalesce(d.in_transit, 0), coalesce(b.in_transit, 0)),
        ('bounced', coalesce(d.bounced, 0), coalesce(b.bounced, 0)),
        ('committed', coalesce(d.committed, 0), coalesce(b.committed, 0))) as v (account, due, stored)
    where v.due <> v.stored
    union all
    select 'batch.total and count', b.id::text, b.total || ' in ' || b.count, coalesce(sum(i.amount), 0) || ' in ' || count(i.id)
    from batch b
    left join instruction i on i.federation_id = b.federation_id and i.batch_id = b.id
    where b.federation_id = p_federation
    group by b.id, b.total, b.count
    having b.count <> count(i.id) or b.total <> coalesce(sum(i.amount), 0)
    union all
    select 'batch.sent_total and sent_count', b.id::text, b.sent_total || ' in ' || b.sent_count, coalesce(sum(i.amount), 0) || ' in ' || count(i.id)
    from batch b
    left join instruction i on i.federation_id = b.federation_id and i.batch_id = b.id
        and exists (select from instruction_event e
                    where e.federation_id = i.federation_id and e.instruction_id = i.id and e.kind = 'sent')
    where b.federation_id = p_federation and b.sent_on is not null
    group by b.id, b.sent_total, b.sent_count
    having b.sent_count <> count(i.id) or b.sent_total <> coalesce(sum(i.amount), 0)
    union all
    -- Each payment's money is its own: no subject takes out of an account what it did not put there.
    select 'posting: ' || m.account || ' below zero', m.subject_id || ' ' || m.allocation_line_id, 'zero or more', sum(m.amount)::text
    from (
        select p.subject_id, p.allocation_line_id, p.fund_source_id, p.to_account as account, p.amount
        from posting p where p.federation_id = p_federation and p.subject_id is not null
        union all
        select p.subject_id, p.allocation_line_id, p.fund_source_id, p.from_account, -p.amount
        from posting p where p.federation_id = p_federation and p.subject_id is not null
    ) m
    where m.account in ('in_transit', 'disbursed', 'transferred_down', 'bounced', 'recoverable')
    group by m.subject_id, m.allocation_line_id, m.fund_source_id, m.account
    having sum(m.amount) < 0
    union all
    select 'ledger_balance.recoverable against the recoveries', 'all lines', coalesce(d.due, 0)::text, coalesce(b.recoverable, 0)::text
    from (select sum(r.amount) as due from recovery r where r.federation_id = p_federation and r.status = 'due') d
    cross join (select sum(l.recoverable) as recoverable from ledger_balance l where l.federation_id = p_federation) b
    where coalesce(d.due, 0) <> coalesce(b.recoverable, 0)
    union all
    select 'ledger_balance.returned against the returns', 'all lines', coalesce(d.paid, 0)::text, coalesce(b.returned, 0)::text
    from (select sum(r.amount) as paid from fund_return r where r.federation_id = p_federation and r.paid_on is not null) d
    cross join (select sum(l.returned) as returned from ledger_balance l where l.federation_id = p_federation) b
    where coalesce(d.paid, 0) <> coalesce(b.returned, 0)
    union all
    select 'ledger_balance.transferred_down against the transfers', 'all lines', coalesce(d.outstanding, 0)::text, coalesce(b.transferred_down, 0)::text
    from (select sum(t.amount - t.reported - t.handed_back) as outstanding
          from transfer_down t
          join instruction i on i.federation_id = t.federation_id and i.id = t.instruction_id and i.status = 'settled'
          where t.federation_id = p_federation) d
    cross join (select sum(l.transferred_down) as transferred_down from ledger_balance l where l.federation_id = p_federation) b
    where coalesce(d.outstanding, 0) <> coalesce(b.transferred_down, 0)
    union all
    select 'instruction.amount', i.id::text, e.amount::text, i.amount::text
    from instruction i
    join roster_entry e on e.federation_id = i.federation_id and e.id = i.roster_entry_id
    where i.federation_id = p_federation and (i.amount <> e.amount or not e.included)
    union all
    select 'roster_funding of an entry', e.id::text, e.amount::text, coalesce(sum(f.amount), 0)::text
    from plan p
    join roster_entry e on e.federation_id = p.federation_id and e.roster_id = p.roster_id and e.included
    left join roster_funding f on f.federation_id = e.federation_id and f.roster_entry_id = e.id
    where p.federation_id = p_federation
    group by e.id, e.amount
    having e.amount <> coalesce(sum(f.amount), 0)
    union all
    select 'transfer_down.reported', t.id::text, coalesce(sum(r.amount), 0)::text, t.reported::text
    from transfer_down t
    left join transfer_feedback r on r.federation_id = t.federation_id and r.transfer_down_id = t.id
    where t.federation_id = p_federation
    group by t.id, t.reported
    having t.reported <> coalesce(sum(r.amount), 0)
    union all
    select 'payment_claim.live', c.roster_entry_id::text, 'live while a payment is', case when c.live then 'live' else 'free' end
    from payment_claim c
    join roster_entry e on e.federation_id = c.federation_id and e.id = c.roster_entry_id
    join roster r on r.federation_id = e.federation_id and r.id = e.roster_id
    join plan p on p.federation_id = r.federation_id and p.id = r.plan_id
    where c.federation_id = p_federation
      and c.live is distinct from (p.status = 'approved' or exists (
          select from instruction i where i.federation_id = c.federation_id and i.roster_entry_id = c.roster_entry_id
             and i.status not in ('reissued', 'given_up')
             and i.amount > coalesce((select sum(r.amount) from recovery r
                                      where r.federation_id = i.federation_id and r.instruction_id = i.id and r.status = 'received'), 0)))
$$;
