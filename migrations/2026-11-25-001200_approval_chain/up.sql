-- The approval chain: what a plan needs, who has acted on it, the public notice, and what needs an approval of its own.

create table approval_policy (
    federation_id uuid not null,
    id uuid not null,
    valid_from date not null,
    steps jsonb not null,
    reason text not null,
    proposed_by text not null,
    proposed_at timestamptz not null,
    act_id uuid not null default current_setting('bangfu.act')::uuid,
    constraint approval_policy_pkey primary key (federation_id, id),
    constraint approval_policy_federation_known foreign key (federation_id) references federation (id),
    constraint approval_policy_steps_listed check (jsonb_typeof(steps) = 'array' and jsonb_array_length(steps) > 1)
);
comment on table approval_policy is 'Which steps the plans of a federation pass (审批流程), from a day on; in force once it is confirmed; sealed';
comment on column approval_policy.steps is 'In order: name, kind, role, how many people, and from which amount on';
comment on column approval_policy.act_id is 'The act that wrote it: its audit event, by which the log covers it';
create index approval_policy_by_act on approval_policy (federation_id, act_id);
create index approval_policy_by_day on approval_policy (federation_id, valid_from, id);

create table approval_policy_confirmation (
    federation_id uuid not null,
    policy_id uuid not null,
    confirmed_by text not null,
    confirmed_at timestamptz not null,
    act_id uuid not null default current_setting('bangfu.act')::uuid,
    constraint approval_policy_confirmation_pkey primary key (federation_id, policy_id),
    constraint approval_policy_confirmation_policy_known foreign key (federation_id, policy_id) references approval_policy (federation_id, id)
);
comment on table approval_policy_confirmation is 'That somebody else confirmed a policy; sealed';
comment on column approval_policy_confirmation.act_id is 'The act that wrote it: its audit event, by which the log covers it';
create index approval_policy_confirmation_by_act on approval_policy_confirmation (federation_id, act_id);

alter table review add column policy_id uuid;
alter table review add column amount yuan not null default 0;
alter table review alter column amount drop default;
alter table review add constraint review_policy_known foreign key (federation_id, policy_id) references approval_policy (federation_id, id);
alter table review drop constraint review_state_known;
alter table review add constraint review_state_known check (state in ('open', 'approved', 'authorised', 'returned'));
comment on column review.policy_id is 'The policy in force when it was submitted; null for reviews older than policies';
comment on column review.amount is 'What its steps were chosen by';
comment on column review.state is 'approved: every step before the last; authorised: that too';

alter table approval drop constraint approval_step_once;
alter table approval drop constraint approval_decision_known;
alter table approval add constraint approval_decision_known check (decision in ('approved', 'returned', 'withdrawn'));
alter table approval add column minutes text;
alter table approval add column minutes_document_id uuid;
alter table approval add constraint approval_minutes_document_known foreign key (federation_id, minutes_document_id) references document (federation_id, id);
comment on column approval.decision is 'approved; returned by who decides; withdrawn by who submitted';
comment on column approval.minutes is 'Number of the minutes (纪要) of a meeting';
create unique index approval_person_once on approval (federation_id, review_id, actor) where decision <> 'withdrawn';
create index approval_by_step on approval (federation_id, review_id, step);

create table duty (
    federation_id uuid not null,
    subject_kind text not null,
    subject_id uuid not null,
    actor text not null,
    role text not null,
    taken_at timestamptz not null,
    act_id uuid not null default current_setting('bangfu.act')::uuid,
    constraint duty_pkey primary key (federation_id, subject_kind, subject_id, actor),
    constraint duty_federation_known foreign key (federation_id) references federation (id),
    constraint duty_role_known check (role in ('maker', 'finance', 'leader', 'principal', 'committee', 'finance_head', 'cashier', 'checker'))
);
comment on table duty is 'Who has acted on a plan in which duty (职责): a person has one on a plan, for ever; sealed, written only by triggers';
comment on column duty.act_id is 'The act that wrote it: its audit event, by which the log covers it';
create index duty_by_act on duty (federation_id, act_id);

create table special_approval (
    federation_id uuid not null,
    id uuid not null,
    kind text not null,
    subject_kind text not null,
    subject_id uuid not null,
    digest text,
    reason text not null,
    proposed_by text not null,
    proposed_at timestamptz not null,
    act_id uuid not null default current_setting('bangfu.act')::uuid,
    constraint special_approval_pkey primary key (federation_id, id),
    constraint special_approval_federation_known foreign key (federation_id) references federation (id),
    constraint special_approval_kind_known check (kind in ('publicity_waiver', 'above_standard', 'own_top_up', 'cash', 'reissue_after_unknown')),
    constraint special_approval_reason_given check (btrim(reason) <> ''),
    constraint special_approval_subject_of_kind check (
        case when kind = 'reissue_after_unknown' then subject_kind = 'instruction' and digest is null else subject_kind = 'plan' and digest is not null end)
);
comment on table special_approval is 'What needs an approval of its own (专项审批), as proposed; for a plan bound to its digest; sealed';
comment on column special_approval.act_id is 'The act that wrote it: its audit event, by which the log covers it';
create index special_approval_by_act on special_approval (federation_id, act_id);
create index special_approval_by_subject on special_approval (federation_id, subject_kind, subject_id);

create table special_decision (
    federation_id uuid not null,
    special_id uuid not null,
    approved bool not null,
    role text not null,
    actor text not null,
    opinion text not null,
    decided_on date not null,
    recorded_at timestamptz not null,
    act_id uuid not null default current_setting('bangfu.act')::uuid,
    constraint special_decision_pkey primary key (federation_id, special_id),
    constraint special_decision_special_known foreign key (federation_id, special_id) references special_approval (federation_id, id),
    constraint special_decision_refusal_needs_opinion check (approved or btrim(opinion) <> '')
);
comment on table special_decision is 'What another person decided of a special approval; sealed';
comment on column special_decision.act_id is 'The act that wrote it: its audit event, by which the log covers it';
create index special_decision_by_act on special_decision (federation_id, act_id);

create table publicity (
    federation_id uuid not null,
    id uuid not null,
    review_id uuid not null,
    plan_id uuid not null,
    roster_id uuid not null,
    place text not null,
    from_on date not null,
    working_days int2 not null,
    ends_on date not null,
    token_hash bytea not null,
    started_by text not null,
    started_at timestamptz not null,
    act_id uuid not null default current_setting('bangfu.act')::uuid,
    constraint publicity_pkey primary key (federation_id, id),
    constraint publicity_review_known foreign key (federation_id, review_id) references review (federation_id, id),
    constraint publicity_plan_known foreign key (federation_id, plan_id) references plan (federation_id, id),
    constraint publicity_roster_known foreign key (federation_id, roster_id) references roster (federation_id, id),
    constraint publicity_once unique (federation_id, review_id),
    constraint publicity_token_unique unique (federation_id, token_hash),
    constraint publicity_place_given check (btrim(place) <> ''),
    constraint publicity_days_in_order check (working_days > 0 and ends_on > from_on)
);
comment on table publicity is 'Public notice of a roster (公示): where, from when, and its last day; sealed';
comment on column publicity.ends_on is 'The last of its working days; the day it begins on is not counted';
comment on column publicity.token_hash is 'SHA-256 of what its public address ends in; that itself is shown once';
comment on column publicity.act_id is 'The act that wrote it: its audit event, by which the log covers it';
create index publicity_by_act on publicity (federation_id, act_id);
create index publicity_by_plan on publicity (federation_id, plan_id);

create table objection (
    federation_id uuid not null,
    id uuid not null,
    publicity_id uuid not null,
    content text not null,
    raised_by text,
    raised_on date not null,
    recorded_by text not null,
    recorded_at timestamptz not null,
    act_id uuid not null default current_setting('bangfu.act')::uuid,
    constraint objection_pkey primary key (federation_id, id),
    constraint objection_publicity_known foreign key (federation_id, publicity_id) references publicity (federation_id, id),
    constraint objection_content_given check (btrim(content) <> ''),
    constraint objection_raised_by_masked check (raised_by ~ '\*')
);
comment on table objection is 'An objection raised during a public notice (公示异议); sealed';
comment on column objection.raised_by is 'A masked name at most; how to reach the person is not kept';
comment on column objection.act_id is 'The act that wrote it: its audit event, by which the log covers it';
create index objection_by_act on objection (federation_id, act_id);
create index objection_by_publicity on objection (federation_id, publicity_id);

create table objection_handling (
    federation_id uuid not null,
    objection_id uuid not null,
    upheld bool not null,
    reason text not null,
    actor text not null,
    handled_on date not null,
    recorded_at timestamptz not null,
    act_id uuid not null default current_setting('bangfu.act')::uuid,
    constraint objection_handling_pkey primary key (federation_id, objection_id),
    constraint objection_handling_objection_known foreign key (federation_id, objection_id) references objection (federation_id, id),
    constraint objection_handling_reason_given check (btrim(reason) <> '')
);
comment on table objection_handling is 'What a checker decided of an objection, and why; sealed';
comment on column objection_handling.act_id is 'The act that wrote it: its audit event, by which the log covers it';
create index objection_handling_by_act on objection_handling (federation_id, act_id);

create table calendar_day (
    day date not null,
    kind text not null,
    name text not null,
    constraint calendar_day_pkey primary key (day),
    constraint calendar_day_kind_known check (kind in ('holiday', 'workday'))
);
comment on table calendar_day is 'Days off (放假) and make-up working days (调休上班) by the yearly arrangement of the State Council, shared by all federations; other days are by the week';
insert into calendar_day (day, kind, name)
select d::date, a.kind, a.name
from (values
    -- 国办发明电〔2021〕11号
    ('2022-01-01', '2022-01-03', 'holiday', '元旦'),
    ('2022-01-31', '2022-02-06', 'holiday', '春节'), ('2022-01-29', '2022-01-30', 'workday', '春节调休'),
    ('2022-04-03', '2022-04-05', 'holiday', '清明节'), ('2022-04-02', '2022-04-02', 'workday', '清明节调休'),
    ('2022-04-30', '2022-05-04', 'holiday', '劳动节'), ('2022-04-24', '2022-04-24', 'workday', '劳动节调休'),
    ('2022-05-07', '2022-05-07', 'workday', '劳动节调休'),
    ('2022-06-03', '2022-06-05', 'holiday', '端午节'),
    ('2022-09-10', '2022-09-12', 'holiday', '中秋节'),
    ('2022-10-01', '2022-10-07', 'holiday', '国庆节'), ('2022-10-08', '2022-10-09', 'workday', '国庆节调休'),
    -- 国办发明电〔2022〕16号
    ('2022-12-31', '2023-01-02', 'holiday', '元旦'),
    ('2023-01-21', '2023-01-27', 'holiday', '春节'), ('2023-01-28', '2023-01-29', 'workday', '春节调休'),
    ('2023-04-05', '2023-04-05', 'holiday', '清明节'),
    ('2023-04-29', '2023-05-03', 'holiday', '劳动节'), ('2023-04-23', '2023-04-23', 'workday', '劳动节调休'),
    ('2023-05-06', '2023-05-06', 'workday', '劳动节调休'),
    ('2023-06-22', '2023-06-24', 'holiday', '端午节'), ('2023-06-25', '2023-06-25', 'workday', '端午节调休'),
    ('2023-09-29', '2023-10-06', 'holiday', '中秋节、国庆节'), ('2023-10-07', '2023-10-08', 'workday', '中秋节、国庆节调休')
) as a (first, last, kind, name)
cross join lateral generate_series(a.first::date, a.last::date, interval '1 day') d;

alter table finding drop constraint finding_state_known;
alter table finding add constraint finding_state_known check (state in ('open', 'explained', 'resolved', 'waived'));
alter table finding_event drop constraint finding_event_state_known;
alter table finding_event add constraint finding_event_state_known check (state in ('open', 'explained', 'resolved', 'waived'));
