-- Separation of duties and the order of approval, held by the database. See docs/adr/0014 and 0015.
--
-- Rows that record acting on a plan take a duty for who acts. A person has one duty on a plan, for ever, so maker, approvers,
-- finance head, cashier and checker are different people, whatever the service does and whatever its settings.
--
-- Refusals: BF014, each with the name of its rule.

-- It did not say of which act it is until a transaction could have several.
drop function if exists take_duty(uuid, uuid, text);

-- Takes a duty on a plan for whoever acts. The same again changes nothing; another one is refused. `p_act` says by which act it is
-- taken, where the transaction has several.
create or replace function take_duty(p_federation uuid, p_plan uuid, p_duty text, p_act uuid default null)
returns void
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_actor text := case when p_act is null then acting() else acting_in(array[p_act]) end;
    v_held text;
begin
    -- What is about no plan takes no duty.
    if p_plan is null or p_duty is null then
        return;
    end if;
    select d.role into v_held from duty d
    where d.federation_id = p_federation and d.subject_kind = 'plan' and d.subject_id = p_plan and d.actor = v_actor;
    if not found then
        insert into duty (federation_id, subject_kind, subject_id, actor, role, taken_at, act_id)
        values (p_federation, 'plan', p_plan, v_actor, p_duty, clock_timestamp(), coalesce(p_act, current_setting('bangfu.act')::uuid))
        on conflict on constraint duty_pkey do nothing;
        -- Somebody under the same name may have been quicker: then that duty counts.
        select d.role into v_held from duty d
        where d.federation_id = p_federation and d.subject_kind = 'plan' and d.subject_id = p_plan and d.actor = v_actor;
    end if;
    if v_held is distinct from p_duty then
        raise exception 'duty: % has the duty % on this plan', v_actor, v_held
            using errcode = 'BF014', constraint = 'duty_one_a_person', detail = json_build_object('has', v_held, 'wanted', p_duty, 'plan_id', p_plan)::text;
    end if;
end
$$;

-- Making, changing, locking, submitting and cancelling a plan are the maker's; closing it is the checker's.
create or replace function plan_takes_duty()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
    if tg_op = 'INSERT' or new.revision <> old.revision
        or (new.status <> old.status and (new.status in ('locked', 'in_review') or (old.status = 'locked' and new.status = 'draft'))) then
        perform take_duty(new.federation_id, new.id, 'maker');
    elsif new.status <> old.status and new.status = 'cancelled' then
        perform take_duty(new.federation_id, new.id, 'maker');
    elsif new.status <> old.status and new.status = 'closed' then
        perform take_duty(new.federation_id, new.id, 'checker');
    end if;
    return null;
end
$$;
create or replace trigger plan_takes_duty after insert or update on plan for each row execute function plan_takes_duty();

create or replace function roster_takes_duty()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
    perform take_duty(new.federation_id, new.plan_id, 'maker');
    return null;
end
$$;
create or replace trigger roster_takes_duty after insert on roster for each row execute function roster_takes_duty();

-- Handing a batch over is the cashier's.
create or replace function batch_takes_duty()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
    if new.sent_on is not null and old.sent_on is null then
        perform take_duty(new.federation_id, new.plan_id, 'cashier');
    end if;
    return null;
end
$$;
create or replace trigger batch_takes_duty after update on batch for each row execute function batch_takes_duty();

-- Taking in what the bank says is the cashier's. Plans in one order, so that two files never wait for each other. What a person
-- decides of an exception of a statement is reconciling, the checker's.
create or replace function evidence_takes_duty()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    v record;
    v_actor text := acting();
    v_duty text := case when exists (select from statement_resolution r
                                     where r.federation_id = nullif(current_setting('bangfu.federation', true), '')::uuid
                                       and r.act_id = any (acts_claimed()))
                        then 'checker' else 'cashier' end;
begin
    for v in
        select p.federation_id, p.plan_id, p.act_id
        -- Of several acts the first, whose ids follow each other as they were asked for.
        from (select i.federation_id, i.plan_id, (array_agg(a.act_id order by a.act_id))[1] as act_id
              from added a join instruction i on i.federation_id = a.federation_id and i.id = a.instruction_id
              group by i.federation_id, i.plan_id) p
        -- Nothing is to be taken where it is held already.
        where not exists (select from duty d
                          where d.federation_id = p.federation_id and d.subject_kind = 'plan' and d.subject_id = p.plan_id
                            and d.actor = v_actor and d.role = v_duty)
        order by p.plan_id
    loop
        perform take_duty(v.federation_id, v.plan_id, v_duty, v.act_id);
    end loop;
    return null;
end
$$;
create or replace trigger evidence_takes_duty after insert on evidence referencing new table as added
    for each statement execute function evidence_takes_duty();

-- Issuing a payment again is the cashier's, giving it up the finance head's.
create or replace function instruction_event_takes_duty()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    v record;
begin
    for v in
        select distinct i.federation_id, i.plan_id, case a.kind when 'reissued' then 'cashier' else 'finance_head' end as duty
        from added a join instruction i on i.federation_id = a.federation_id and i.id = a.instruction_id
        where a.kind in ('reissued', 'given_up')
        order by i.plan_id
    loop
        perform take_duty(v.federation_id, v.plan_id, v.duty);
    end loop;
    return null;
end
$$;
create or replace trigger instruction_event_takes_duty after insert on instruction_event referencing new table as added
    for each statement execute function instruction_event_takes_duty();

-- The plan a finding is about, if it is about one.
create or replace function plan_of_subject(p_federation uuid, p_kind text, p_subject uuid)
returns uuid
language sql stable strict security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select case p_kind
        when 'plan' then (select p.id from plan p where p.federation_id = p_federation and p.id = p_subject)
        when 'instruction' then (select i.plan_id from instruction i where i.federation_id = p_federation and i.id = p_subject)
        when 'batch' then (select b.plan_id from batch b where b.federation_id = p_federation and b.id = p_subject)
        when 'roster' then (select r.plan_id from roster r where r.federation_id = p_federation and r.id = p_subject)
    end
$$;

-- A finding is resolved or waived by another person than the one who explained it last; about a plan, as its checker.
create or replace function finding_event_by_another()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_finding finding%rowtype;
    v_explained text;
    v_plan uuid;
begin
    if new.state not in ('resolved', 'waived') then
        return new;
    end if;
    select f.* into v_finding from finding f where f.federation_id = new.federation_id and f.id = new.finding_id;
    select e.actor into v_explained from finding_event e
    where e.federation_id = new.federation_id and e.finding_id = new.finding_id and e.state = 'explained' and e.sequence < new.sequence
      -- An explanation holds for the difference it explains: opened again, it is void.
      and not exists (select from finding_event o
                      where o.federation_id = e.federation_id and o.finding_id = e.finding_id and o.state = 'open' and o.sequence > e.sequence)
    order by e.sequence desc limit 1;
    if v_explained = acting() then
        raise exception 'finding: explained by the same person' using errcode = 'BF014', constraint = 'finding_closed_by_another';
    end if;
    if new.state = 'waived' and (v_explained is null or v_finding.state <> 'explained') then
        raise exception 'finding: waived without an explanation' using errcode = 'BF014', constraint = 'finding_waived_when_explained';
    end if;
    v_plan := plan_of_subject(new.federation_id, v_finding.subject_kind, v_finding.subject_id);
    if v_plan is not null then
        if not acting_has('checker') then
            raise exception 'finding: closed by no checker' using errcode = 'BF014', constraint = 'approval_by_its_role', detail = '{"role": "checker"}';
        end if;
        perform take_duty(new.federation_id, v_plan, 'checker');
    end if;
    return new;
end
$$;
create or replace trigger finding_event_by_another before insert on finding_event for each row execute function finding_event_by_another();

-- A finding's state is that of its last event.
create or replace function finding_follows_events()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
    if new.state is distinct from old.state and new.state is distinct from (
        select e.state from finding_event e
        where e.federation_id = new.federation_id and e.finding_id = new.id order by e.sequence desc limit 1) then
        raise exception 'finding: a state without its event' using errcode = 'BF014', constraint = 'finding_follows_events';
    end if;
    return new;
end
$$;
create or replace trigger finding_follows_events before update on finding for each row execute function finding_follows_events();

-- An exception of a statement is decided by a checker who did not hand the file in.
create or replace function statement_resolution_by_another()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
    if not acting_has('checker') then
        raise exception 'statement: resolved by no checker' using errcode = 'BF014', constraint = 'approval_by_its_role', detail = '{"role": "checker"}';
    end if;
    perform from statement_exception x
    join bank_statement s on s.federation_id = x.federation_id and s.id = x.statement_id
    join bank_file f on f.federation_id = s.federation_id and f.id = s.file_id
    where x.federation_id = new.federation_id and x.id = new.exception_id and f.taken_by = acting();
    if found then
        raise exception 'statement: resolved by who handed it in' using errcode = 'BF014', constraint = 'statement_resolution_by_another';
    end if;
    return new;
end
$$;
create or replace trigger statement_resolution_decided_by_another before insert on statement_resolution
    for each row execute function statement_resolution_by_another();

-- A policy is confirmed by a principal who did not propose it.
create or replace function policy_confirmed_by_another()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
    if exists (select from approval_policy p where p.federation_id = new.federation_id and p.id = new.policy_id and p.proposed_by = acting()) then
        raise exception 'policy: proposed by the same person' using errcode = 'BF014', constraint = 'policy_confirmed_by_another';
    end if;
    if not acting_has('principal') then
        raise exception 'policy: confirmed by no principal' using errcode = 'BF014', constraint = 'approval_by_its_role';
    end if;
    return new;
end
$$;
create or replace trigger policy_confirmed_by_another before insert on approval_policy_confirmation
    for each row execute function policy_confirmed_by_another();

-- The policy in force on a day: of those confirmed and begun the one that began last.
create or replace function policy_in_force(p_federation uuid, p_on date)
returns uuid
language sql stable strict security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select p.id
    from approval_policy p
    join approval_policy_confirmation c on c.federation_id = p.federation_id and c.policy_id = p.id
    where p.federation_id = p_federation and p.valid_from <= p_on
    order by p.valid_from desc, p.id desc
    limit 1
$$;

-- A review asks for what the policy in force asks for of the locked roster, and for nothing else.
create or replace function review_by_policy()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_roster roster%rowtype;
    v_steps jsonb;
begin
    if new.subject_kind <> 'plan' then
        raise exception 'review: of what is not reviewed' using errcode = 'BF014', constraint = 'review_by_policy';
    end if;
    select r.* into v_roster
    from plan p join roster r on r.federation_id = p.federation_id and r.id = p.roster_id
    where p.federation_id = new.federation_id and p.id = new.subject_id;
    select jsonb_agg(s.value order by s.ordinality) into v_steps
    from approval_policy p cross join lateral jsonb_array_elements(p.steps) with ordinality s
    where p.federation_id = new.federation_id and p.id = new.policy_id and (s.value ->> 'from')::numeric <= v_roster.total;
    if new.state <> 'open' or new.digest is distinct from v_roster.digest or new.amount is distinct from v_roster.total
        or new.policy_id is distinct from policy_in_force(new.federation_id, (new.submitted_at at time zone 'Asia/Shanghai')::date)
        or new.steps is distinct from v_steps then
        raise exception 'review: not what the policy in force asks for' using errcode = 'BF014', constraint = 'review_by_policy';
    end if;
    perform take_duty(new.federation_id, new.subject_id, 'maker');
    return new;
end
$$;
create or replace trigger review_by_policy before insert on review for each row execute function review_by_policy();

-- Where a review stands: the first step without enough approvals by different people. Null when all have them.
create or replace function review_step(p_federation uuid, p_review uuid)
returns int
language sql stable strict security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select min(s.ordinality)::int
    from review r cross join lateral jsonb_array_elements(r.steps) with ordinality s
    where r.federation_id = p_federation and r.id = p_review
      and (select count(distinct a.actor) from approval a
           where a.federation_id = r.federation_id and a.review_id = r.id and a.step = s.ordinality and a.decision = 'approved' and a.digest = r.digest)
          < (s.value ->> 'people')::int
$$;

-- What a roster needs an approval of its own for.
create or replace function plan_specials_needed(p_federation uuid, p_roster uuid)
returns text[]
language sql stable strict security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select array_remove(array[
        case when exists (select from standard_adjustment a
                          where a.federation_id = p_federation and a.roster_id = p_roster and a.standard_after > a.standard_before)
            then 'above_standard' end,
        case when exists (select from roster_entry e
                          join roster_funding f on f.federation_id = e.federation_id and f.roster_entry_id = e.id
                          where e.federation_id = p_federation and e.roster_id = p_roster and f.top_up_line_id is not null)
            then 'own_top_up' end,
        case when exists (select from roster_entry e join tier t on t.federation_id = e.federation_id and t.id = e.tier_id
                          where e.federation_id = p_federation and e.roster_id = p_roster and e.included and t.channel = 'cash')
            then 'cash' end], null)
$$;

-- Whether a special approval was given.
create or replace function special_given(p_federation uuid, p_kind text, p_subject uuid, p_digest text)
returns bool
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select exists (
        select from special_approval s
        join special_decision d on d.federation_id = s.federation_id and d.special_id = s.id and d.approved
        where s.federation_id = p_federation and s.kind = p_kind and s.subject_id = p_subject and s.digest is not distinct from p_digest)
$$;

-- Of what a roster needs an approval of its own for, that which has none on its digest.
create or replace function plan_specials_missing(p_federation uuid, p_roster uuid)
returns text[]
language sql stable strict security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select coalesce(array_agg(n.kind order by n.kind), '{}')
    from roster r cross join lateral unnest(plan_specials_needed(r.federation_id, r.id)) as n (kind)
    where r.federation_id = p_federation and r.id = p_roster and not special_given(r.federation_id, n.kind, r.plan_id, r.digest)
$$;

-- Whether a review's public notice is over by a day: its last day has passed and every objection was rejected; or it was waived.
create or replace function publicity_over(p_federation uuid, p_review uuid, p_on date)
returns bool
language sql stable strict security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select special_given(r.federation_id, 'publicity_waiver', r.subject_id, r.digest) and not exists (
            select from publicity u where u.federation_id = r.federation_id and u.review_id = r.id)
        or exists (
            select from publicity u
            where u.federation_id = r.federation_id and u.review_id = r.id and u.ends_on < p_on
              and not exists (select from objection o
                              left join objection_handling h on h.federation_id = o.federation_id and h.objection_id = o.id
                              where o.federation_id = u.federation_id and o.publicity_id = u.id and h.upheld is distinct from false))
    from review r
    where r.federation_id = p_federation and r.id = p_review
$$;

-- A decision is on the step the review stands at, on its digest, in the step's role, by a person who has it and has decided at
-- no other step, and not before the decision before it.
create or replace function approval_in_order()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_review review%rowtype;
    v_step jsonb;
    v_position int;
    v_role text;
begin
    select r.* into v_review from review r where r.federation_id = new.federation_id and r.id = new.review_id for no key update;
    v_position := review_step(new.federation_id, new.review_id);
    v_step := v_review.steps -> (v_position - 1);
    if v_position is distinct from new.step::int or (v_step ->> 'kind' = 'authorise') <> (v_review.state = 'approved')
        or v_review.state not in ('open', 'approved') then
        raise exception 'approval: not the step the review stands at'
            using errcode = 'BF014', constraint = 'approval_in_order', detail = json_build_object('step', v_position)::text;
    end if;
    if new.digest <> v_review.digest then
        raise exception 'approval: on another digest' using errcode = 'BF014', constraint = 'approval_on_its_digest';
    end if;
    if new.decision <> 'approved' and v_review.state <> 'open' then
        raise exception 'approval: returned after it was approved' using errcode = 'BF014', constraint = 'approval_in_order';
    end if;
    v_role := case when new.decision = 'withdrawn' then 'maker'
                   when new.decision = 'returned' and v_step ->> 'kind' = 'publicity' then 'checker'
                   else v_step ->> 'role' end;
    if new.role <> v_role or not acting_has(v_role) then
        raise exception 'approval: in another role' using errcode = 'BF014', constraint = 'approval_by_its_role', detail = json_build_object('role', v_role)::text;
    end if;
    if new.decided_on < (select max(a.decided_on) from approval a where a.federation_id = new.federation_id and a.review_id = new.review_id) then
        raise exception 'approval: before the one before it' using errcode = 'BF014', constraint = 'approval_dates_in_order';
    end if;
    if new.decision = 'approved' and v_step ->> 'kind' = 'meeting' then
        if new.minutes is null and new.minutes_document_id is null then
            raise exception 'approval: a meeting without minutes' using errcode = 'BF014', constraint = 'approval_meeting_has_minutes';
        end if;
        if new.minutes_document_id is not null and not exists (
            select from document d where d.federation_id = new.federation_id and d.id = new.minutes_document_id and d.kind = 'minutes') then
            raise exception 'approval: minutes that are none' using errcode = 'BF014', constraint = 'approval_minutes_are_minutes';
        end if;
    end if;
    if new.decision = 'approved' and v_step ->> 'kind' = 'publicity' and not publicity_over(new.federation_id, new.review_id, new.decided_on) then
        raise exception 'approval: the public notice is not over' using errcode = 'BF014', constraint = 'approval_publicity_over';
    end if;
    perform take_duty(new.federation_id, v_review.subject_id, v_role);
    return new;
end
$$;
create or replace trigger approval_in_order before insert on approval for each row execute function approval_in_order();

-- A review's state follows from its approvals.
create or replace function review_state_follows()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_at int;
begin
    if new.state = old.state then
        return new;
    end if;
    v_at := review_step(new.federation_id, new.id);
    if not (case
        when old.state = 'open' and new.state = 'approved' then new.steps -> (v_at - 1) ->> 'kind' = 'authorise'
        when old.state = 'approved' and new.state = 'authorised' then v_at is null
        when old.state = 'open' and new.state = 'returned' then exists (
            select from approval a where a.federation_id = new.federation_id and a.review_id = new.id and a.decision in ('returned', 'withdrawn'))
        else false end) then
        raise exception 'review: from % to %', old.state, new.state using errcode = 'BF014', constraint = 'review_state_follows';
    end if;
    return new;
end
$$;
create or replace trigger review_state_follows before update on review for each row execute function review_state_follows();

-- A plan is approved when every step before the last has approved this roster, and every special approval it needs is given; it
-- is released when the finance head has authorised this roster.
create or replace function plan_needs_its_approvals()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_state text := case when new.status = 'approved' then 'approved' when old.status = 'approved' and new.status = 'released' then 'authorised' end;
    v_missing text[];
begin
    if new.status = old.status or v_state is null then
        return new;
    end if;
    if not exists (select from review v join roster r on r.federation_id = v.federation_id and r.digest = v.digest
                   where v.federation_id = new.federation_id and v.subject_kind = 'plan' and v.subject_id = new.id and v.state = v_state
                     and r.id = new.roster_id and r.plan_id = new.id) then
        raise exception 'plan: % without its approvals', new.status using errcode = 'BF014', constraint = 'plan_needs_its_approvals';
    end if;
    v_missing := plan_specials_missing(new.federation_id, new.roster_id);
    if cardinality(v_missing) > 0 then
        raise exception 'plan: without a special approval' using errcode = 'BF014', constraint = 'plan_needs_its_specials',
            detail = json_build_object('missing', v_missing)::text;
    end if;
    return new;
end
$$;
create or replace trigger plan_needs_its_approvals before update on plan for each row execute function plan_needs_its_approvals();

-- Proposing a special approval for a plan is its maker's, for a payment its cashier's.
create or replace function special_takes_duty()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_plan uuid := plan_of_subject(new.federation_id, new.subject_kind, new.subject_id);
begin
    if v_plan is null then
        raise exception 'special: about nothing' using errcode = 'BF014', constraint = 'special_subject_known';
    end if;
    perform take_duty(new.federation_id, v_plan, case when new.subject_kind = 'plan' then 'maker' else 'cashier' end);
    return null;
end
$$;
create or replace trigger special_takes_duty after insert on special_approval for each row execute function special_takes_duty();

-- It is decided by another person, in a role that may.
create or replace function special_decided_by_another()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_special special_approval%rowtype;
begin
    select s.* into v_special from special_approval s where s.federation_id = new.federation_id and s.id = new.special_id;
    if v_special.proposed_by = acting() then
        raise exception 'special: proposed by the same person' using errcode = 'BF014', constraint = 'special_decided_by_another';
    end if;
    if not acting_has(new.role) or new.role <> all ((case v_special.kind
            when 'publicity_waiver' then array['principal']
            when 'reissue_after_unknown' then array['finance_head']
            else array['leader', 'principal'] end)) then
        raise exception 'special: in another role' using errcode = 'BF014', constraint = 'approval_by_its_role';
    end if;
    perform take_duty(new.federation_id, plan_of_subject(new.federation_id, v_special.subject_kind, v_special.subject_id), new.role);
    return new;
end
$$;
create or replace trigger special_decided_by_another before insert on special_decision for each row execute function special_decided_by_another();

-- Once an attempt was reported unknown, the next one needs an approval of its own, bound to the attempt before it.
create or replace function reissue_needs_its_special()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
    perform from added a
    join instruction before on before.federation_id = a.federation_id and before.roster_entry_id = a.roster_entry_id and before.attempt = a.attempt - 1
    where exists (select from instruction i join instruction_event e on e.federation_id = i.federation_id and e.instruction_id = i.id and e.kind = 'unknown'
                  where i.federation_id = a.federation_id and i.roster_entry_id = a.roster_entry_id)
      and not special_given(a.federation_id, 'reissue_after_unknown', before.id, null)
    limit 1;
    if found then
        raise exception 'instruction: another attempt after unknown' using errcode = 'BF014', constraint = 'reissue_needs_its_special',
            detail = '{"missing": ["reissue_after_unknown"]}';
    end if;
    return null;
end
$$;
create or replace trigger reissue_needs_its_special after insert on instruction referencing new table as added
    for each statement execute function reissue_needs_its_special();

-- A public notice is of the roster under review, at its step, and lasts as long as the step says; by its maker.
create or replace function publicity_in_order()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_review review%rowtype;
    v_step jsonb;
    v_days int;
begin
    select r.* into v_review from review r where r.federation_id = new.federation_id and r.id = new.review_id for no key update;
    v_step := v_review.steps -> (review_step(new.federation_id, new.review_id) - 1);
    if v_review.state <> 'open' or v_step ->> 'kind' is distinct from 'publicity' or v_review.subject_id <> new.plan_id
        or not exists (select from roster r where r.federation_id = new.federation_id and r.id = new.roster_id and r.plan_id = new.plan_id and r.digest = v_review.digest)
        or new.from_on < (select max(a.decided_on) from approval a where a.federation_id = new.federation_id and a.review_id = new.review_id) then
        raise exception 'publicity: not at its step' using errcode = 'BF014', constraint = 'publicity_in_order';
    end if;
    select count(*) into v_days
    from generate_series(new.from_on + 1, new.ends_on, interval '1 day') d
    left join calendar_day c on c.day = d::date
    where coalesce(c.kind = 'workday', extract(isodow from d) < 6);
    if new.working_days < coalesce((v_step ->> 'working_days')::int, 1) or v_days < new.working_days then
        raise exception 'publicity: ends early' using errcode = 'BF014', constraint = 'publicity_not_shortened';
    end if;
    perform take_duty(new.federation_id, new.plan_id, 'maker');
    return new;
end
$$;
create or replace trigger publicity_in_order before insert on publicity for each row execute function publicity_in_order();

-- Objections are recorded while the notice is at its step, and handled by a checker.
create or replace function objection_in_order()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_notice record;
begin
    select u.from_on, u.ends_on, r.state, r.steps -> (review_step(r.federation_id, r.id) - 1) ->> 'kind' as kind into v_notice
    from publicity u join review r on r.federation_id = u.federation_id and r.id = u.review_id
    where u.federation_id = new.federation_id and u.id = new.publicity_id
    for no key update of r;
    if v_notice.state <> 'open' or v_notice.kind is distinct from 'publicity' or new.raised_on not between v_notice.from_on and v_notice.ends_on then
        raise exception 'objection: the notice is over' using errcode = 'BF014', constraint = 'objection_in_order';
    end if;
    return new;
end
$$;
create or replace trigger objection_in_order before insert on objection for each row execute function objection_in_order();

create or replace function objection_takes_duty()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_plan uuid;
    v_raised_on date;
begin
    select u.plan_id, o.raised_on into v_plan, v_raised_on
    from objection o join publicity u on u.federation_id = o.federation_id and u.id = o.publicity_id
    where o.federation_id = new.federation_id and o.id = new.objection_id;
    if not acting_has('checker') then
        raise exception 'objection: handled by no checker' using errcode = 'BF014', constraint = 'approval_by_its_role', detail = '{"role": "checker"}';
    end if;
    if new.handled_on < v_raised_on then
        raise exception 'objection: handled before it was raised' using errcode = 'BF014', constraint = 'approval_dates_in_order';
    end if;
    perform take_duty(new.federation_id, v_plan, 'checker');
    return new;
end
$$;
create or replace trigger objection_takes_duty before insert on objection_handling for each row execute function objection_takes_duty();

-- The calendar is the service's administrators': a day more or less would shorten a notice.
create or replace function calendar_by_administrator()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
    if not acting_has('administrator') or current_setting('bangfu.federation') <> '00000000-0000-0000-0000-000000000000' then
        raise exception 'calendar: by no administrator of the service' using errcode = 'BF014', constraint = 'approval_by_its_role';
    end if;
    return new;
end
$$;
create or replace trigger calendar_by_administrator before insert on calendar_day for each row execute function calendar_by_administrator();

-- The federation and notice that a public address belongs to: who comes by it is nobody's caller.
create or replace function publicity_by_token(p_hash bytea)
returns table (federation_id uuid, publicity_id uuid)
language sql stable strict security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select u.federation_id, u.id from publicity u where u.token_hash = p_hash
$$;

-- Who writes these rows is who acts.
create or replace trigger approval_policy_by_its_actor before insert on approval_policy for each row execute function refuse_another_actor('proposed_by');
create or replace trigger approval_policy_confirmation_by_its_actor before insert on approval_policy_confirmation
    for each row execute function refuse_another_actor('confirmed_by');
create or replace trigger special_approval_by_its_actor before insert on special_approval for each row execute function refuse_another_actor('proposed_by');
create or replace trigger special_decision_by_its_actor before insert on special_decision for each row execute function refuse_another_actor('actor');
create or replace trigger publicity_by_its_actor before insert on publicity for each row execute function refuse_another_actor('started_by');
create or replace trigger objection_by_its_actor before insert on objection for each row execute function refuse_another_actor('recorded_by');
create or replace trigger objection_handling_by_its_actor before insert on objection_handling for each row execute function refuse_another_actor('actor');
