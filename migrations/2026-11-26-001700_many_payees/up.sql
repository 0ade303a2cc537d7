-- What a hundred thousand payments at once need.

-- Whether a plan has anything left to settle is asked with every settlement.
create index instruction_open_of_plan on instruction (federation_id, plan_id) where status in ('pending', 'sent', 'failed', 'unknown', 'bounced');

-- An instruction is of its batch's plan: one key instead of two says so, and is looked at once for each instruction.
alter table batch add constraint batch_id_and_plan_unique unique (federation_id, id, plan_id);
alter table instruction drop constraint instruction_plan_known, drop constraint instruction_batch_known,
    add constraint instruction_batch_known foreign key (federation_id, batch_id, plan_id) references batch (federation_id, id, plan_id);

comment on table audit_event is 'Who did what, when, from where and why (审计事件): one for each act; sealed, written only by audit_tell()';

-- Whom settled payments reached, counted as far as the log was at one of its checkpoints (ADR 0019): reports read it instead of
-- counting every payment. Follows from sealed rows; written by beneficiaries_catch_up() alone.
create table beneficiary_head (
    federation_id uuid not null,
    log_number int8 not null,
    constraint beneficiary_head_pkey primary key (federation_id),
    constraint beneficiary_head_federation_known foreign key (federation_id) references federation (id),
    constraint beneficiary_head_not_negative check (log_number >= 0)
);
comment on table beneficiary_head is 'How far into the log beneficiaries are counted';

create table beneficiary_part (
    federation_id uuid not null,
    payment_id uuid not null,
    allocation_line_id uuid not null,
    fund_source_id uuid not null,
    household_id uuid,
    person bytea,
    span daterange not null,
    constraint beneficiary_part_pkey primary key (federation_id, payment_id, allocation_line_id, fund_source_id),
    constraint beneficiary_part_federation_known foreign key (federation_id) references federation (id)
);
comment on table beneficiary_part is 'Whom a payment reached out of a line''s money of a source (受益对象), and on which days it counts';
comment on column beneficiary_part.payment_id is 'An instruction, or a recipient that a subordinate union reported';
comment on column beneficiary_part.person is 'The hash by which a person counts once; null for households';
comment on column beneficiary_part.span is 'From the day it settled until it bounced or was recovered whole';
create index beneficiary_part_by_household on beneficiary_part (federation_id, household_id) where household_id is not null;
create index beneficiary_part_by_person on beneficiary_part (federation_id, person) where person is not null;

create table beneficiary_day (
    federation_id uuid not null,
    scope text not null,
    subject text not null,
    day date not null,
    households int4 not null,
    persons int4 not null,
    person_times int4 not null,
    constraint beneficiary_day_pkey primary key (federation_id, scope, subject, day),
    constraint beneficiary_day_federation_known foreign key (federation_id) references federation (id),
    constraint beneficiary_day_scope_known check (scope in ('line', 'line_source', 'appropriation', 'fiscal_year', 'organisation', 'fund_source'))
);
comment on table beneficiary_day is 'By how many the households (户数), persons (人数) and payments (人次) reached change on a day, each counted once in its scope';
