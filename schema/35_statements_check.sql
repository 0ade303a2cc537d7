-- What follows from the lines of statements, their matches and exceptions, derived anew (ADR 0017).
create or replace function statements_check(p_federation uuid)
returns table (what text, subject text, expected text, found text)
language sql stable
set search_path = pg_catalog, public, pg_temp
as $$
    with line as (
        select l.statement_id, l.id, case l.direction when 'credit' then l.amount else -l.amount end as signed
        from statement_line l where l.federation_id = p_federation
    ), moved as (
        -- What the ledger booked of each instruction, with its sign for the account.
        select p.subject_id as instruction_id, case j.kind when 'settle' then 'settled' else 'bounced' end as movement,
               sum(case j.kind when 'settle' then -p.amount else p.amount end) as signed
        from posting p
        join journal_entry j on j.federation_id = p.federation_id and j.id = p.journal_entry_id and j.kind in ('settle', 'bounce')
        where p.federation_id = p_federation
          and exists (select from statement_match m where m.federation_id = p_federation and m.instruction_id = p.subject_id
                      union all
                      select from statement_exception x where x.federation_id = p_federation and x.instruction_id = p.subject_id)
        group by 1, 2
    ), matched as (
        select m.line_id, sum(coalesce(v.signed, 0)) as signed, bool_or(m.rung = 'person') as by_person
        from statement_match m
        left join moved v on v.instruction_id = m.instruction_id and v.movement = m.movement
        where m.federation_id = p_federation
        group by m.line_id
    ), exception as (
        select x.* from statement_exception x where x.federation_id = p_federation
    ), summed as (
        select s.id, s.opening, s.closing, r.lines, r.repeated_sum, r.ledger_sum, r.bank_sum, r.difference,
               coalesce(l.count, 0) as line_count, coalesce(l.signed, 0) as bank,
               coalesce(l.ledger, 0) + coalesce(x.ledger, 0) as ledger, coalesce(x.difference, 0) as exceptions
        from bank_statement s
        left join statement_result r on r.federation_id = s.federation_id and r.statement_id = s.id
        left join (select l.statement_id, count(*) as count, sum(l.signed) as signed, sum(m.signed) filter (where not m.by_person) as ledger
                   from line l left join matched m on m.line_id = l.id group by 1) l on l.statement_id = s.id
        left join (select x.statement_id, sum(x.ledger_amount) as ledger, sum(x.difference) as difference
                   from exception x group by 1) x on x.statement_id = s.id
        where s.federation_id = p_federation
    )
    select 'statement_result.' || v.name, s.id::text, v.derived, coalesce(v.stored, 'nothing')
    from summed s
    cross join lateral (values
        ('lines', s.line_count::text, s.lines::text), ('bank_sum', s.bank::text, s.bank_sum::text),
        ('ledger_sum', s.ledger::text, s.ledger_sum::text), ('difference', s.exceptions::text, s.difference::text)) as v (name, derived, stored)
    where v.derived::numeric is distinct from v.stored::numeric
    union all
    select 'bank_statement.closing', s.id::text, (s.opening + s.bank + coalesce(s.repeated_sum, 0))::text, s.closing::text
    from summed s where s.closing <> s.opening + s.bank + coalesce(s.repeated_sum, 0)
    union all
    select 'statement_match against the postings', m.line_id::text, l.signed::text, m.signed::text
    from matched m join line l on l.id = m.line_id where m.signed <> l.signed
    union all
    select 'statement_line with one outcome', l.id::text, 'one',
           case when m.line_id is not null and x.id is not null then 'matched and an exception' else 'none' end
    from line l
    left join matched m on m.line_id = l.id
    left join exception x on x.line_id = l.id
    left join statement_resolution r on r.federation_id = p_federation and r.exception_id = x.id
    where case
        when m.line_id is null then x.id is null or r.resolution is not distinct from 'matched_to'
        when m.by_person then r.resolution is distinct from 'matched_to'
        else x.id is not null
    end
    union all
    select 'statement_exception.bank_amount', x.id::text, l.signed::text, x.bank_amount::text
    from exception x join line l on l.id = x.line_id where l.signed <> x.bank_amount
    union all
    select 'statement_exception.ledger_amount against the postings', x.id::text, coalesce(v.signed, 0)::text, x.ledger_amount::text
    from exception x
    left join moved v on v.instruction_id = x.instruction_id and v.movement = case when x.ledger_amount < 0 then 'settled' else 'bounced' end
    where x.ledger_amount <> 0 and x.ledger_amount is distinct from v.signed
    union all
    select 'statement_match against its evidence', m.line_id || ' ' || m.instruction_id, 'evidence of the line that says ' || m.movement,
           coalesce(e.outcome, 'nothing')
    from statement_match m
    left join evidence e on e.federation_id = m.federation_id and e.id = m.evidence_id
    where m.federation_id = p_federation
      and (e.statement_line_id, e.instruction_id, e.outcome) is distinct from (m.line_id, m.instruction_id, m.movement)
$$;
