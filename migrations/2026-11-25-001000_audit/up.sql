-- Every write transaction is an act: authenticated, with an id of its own, and told of by one audit event. Rows that are sealed
-- name the act that wrote them, so that the log can cover them without hashing anything while they are written.

-- The doors of the ledger take the actor from the act, no longer from their caller.
drop function if exists ledger_post(uuid, uuid, text, text, date, timestamptz, text, text, jsonb, uuid[], uuid[], text[], text[], yuan[], uuid[]);
drop function if exists ledger_close_period(uuid, date, text, text, timestamptz);

create table audit_event (
    federation_id uuid not null,
    id uuid not null,
    happened_at timestamptz not null,
    actor text not null,
    origin text,
    request_id text,
    action text not null,
    outcome text not null,
    code text,
    subject_kind text,
    subject_id text,
    before jsonb,
    after jsonb,
    reason text,
    constraint audit_event_pkey primary key (federation_id, id),
    constraint audit_event_federation_known foreign key (federation_id) references federation (id),
    constraint audit_event_outcome_known check (outcome in ('done', 'refused')),
    constraint audit_event_refused_with_code check ((outcome = 'refused') = (code is not null))
);
comment on table audit_event is 'Who did what, when, from where and why (审计事件): one for each act; sealed, written only by audit_append()';
comment on column audit_event.id is 'The act: sealed rows written in the same transaction name it in act_id';
comment on column audit_event.before is 'What it was, masked as answers are';
comment on column audit_event.after is 'What it became, masked as answers are';
create index audit_event_by_time on audit_event (federation_id, happened_at, id);
create index audit_event_by_subject on audit_event (federation_id, subject_kind, subject_id);
create index audit_event_by_actor on audit_event (federation_id, actor, id);

alter table ledger_log alter column journal_entry_id drop not null;
alter table ledger_log add column audit_event_id uuid;
alter table ledger_log add constraint ledger_log_event_once unique (federation_id, audit_event_id);
alter table ledger_log add constraint ledger_log_event_known foreign key (federation_id, audit_event_id) references audit_event (federation_id, id);
alter table ledger_log add constraint ledger_log_one_thing check ((journal_entry_id is null) <> (audit_event_id is null));
comment on table ledger_log is 'The order in which journal entries and audit events became known: gap-free per federation, in the order of the locks; sealed';

create table state_event (
    federation_id uuid not null,
    subject_kind text not null,
    subject_id uuid not null,
    sequence int4 not null,
    state text not null,
    state_on date,
    actor text not null,
    recorded_at timestamptz not null,
    act_id uuid not null default current_setting('bangfu.act')::uuid,
    constraint state_event_pkey primary key (federation_id, subject_kind, subject_id, sequence),
    constraint state_event_federation_known foreign key (federation_id) references federation (id),
    constraint state_event_sequence_positive check (sequence > 0)
);
comment on table state_event is 'Every state that a plan, review, batch, return or recovery has been in; sealed, written only by triggers';
create index state_event_by_act on state_event (federation_id, act_id);

do $$
declare
    v_table text;
begin
    foreach v_table in array array['dossier_event', 'line_change', 'arrival', 'journal_entry', 'period_closing', 'roster', 'standard_adjustment',
        'roster_entry', 'roster_funding', 'approval', 'evidence', 'instruction_event', 'transfer_feedback', 'declared_figure', 'comparison',
        'finding_event', 'appropriation', 'allocation_line', 'plan_funding', 'tier', 'review', 'batch', 'instruction', 'transfer_down',
        'fund_return', 'recovery'] loop
        -- What was written before acts were kept has the nil act.
        execute format('alter table %I add column act_id uuid not null default ''00000000-0000-0000-0000-000000000000''', v_table);
        execute format('alter table %I alter column act_id set default current_setting(''bangfu.act'')::uuid', v_table);
        execute format('comment on column %I.act_id is ''The act that wrote it: its audit event, by which the log covers it''', v_table);
        execute format('create index %I on %I (federation_id, act_id)', v_table || '_by_act', v_table);
    end loop;
end
$$;
