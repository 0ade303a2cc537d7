create table person (
    federation_id uuid not null,
    id uuid not null,
    name text not null,
    identity_number text not null,
    sex text not null,
    born_on date not null,
    died_on date,
    phone text,
    organisation_id uuid,
    region_code text,
    version int4 not null default 1,
    created_at timestamptz not null,
    constraint person_pkey primary key (federation_id, id),
    constraint person_federation_known foreign key (federation_id) references federation (id),
    constraint person_organisation_known foreign key (federation_id, organisation_id) references organisation (federation_id, id),
    constraint person_region_known foreign key (region_code) references region (code),
    constraint person_identity_number_unique unique (federation_id, identity_number),
    constraint person_sex_known check (sex in ('male', 'female')),
    constraint person_died_after_birth check (died_on is null or died_on >= born_on)
);
comment on table person is 'Persons (人员); one per identity number (GB 11643) within a federation';
comment on column person.sex is 'From the identity number, as is born_on';

create table household (
    federation_id uuid not null,
    id uuid not null,
    head_person_id uuid not null,
    region_code text not null,
    organisation_id uuid,
    version int4 not null default 1,
    created_at timestamptz not null,
    constraint household_pkey primary key (federation_id, id),
    constraint household_federation_known foreign key (federation_id) references federation (id),
    constraint household_head_known foreign key (federation_id, head_person_id) references person (federation_id, id),
    constraint household_region_known foreign key (region_code) references region (code),
    constraint household_organisation_known foreign key (federation_id, organisation_id) references organisation (federation_id, id)
);
comment on table household is 'Households in hardship (困难职工家庭); the head is a member';
create index household_by_head on household (federation_id, head_person_id);

create table household_member (
    federation_id uuid not null,
    id uuid not null,
    household_id uuid not null,
    person_id uuid not null,
    relation text not null,
    member_from date not null,
    member_to date,
    constraint household_member_pkey primary key (federation_id, id),
    constraint household_member_household_known foreign key (federation_id, household_id) references household (federation_id, id),
    constraint household_member_person_known foreign key (federation_id, person_id) references person (federation_id, id),
    constraint household_member_relation_known check (relation in ('head', 'spouse', 'child', 'parent', 'sibling', 'grandparent', 'grandchild', 'other')),
    constraint household_member_dates_in_order check (member_to is null or member_to >= member_from)
);
comment on table household_member is 'Who belonged to which household, from when to when (inclusive)';
create unique index household_member_one_household_at_a_time on household_member (federation_id, person_id) where member_to is null;
create index household_member_by_household on household_member (federation_id, household_id);

create table dossier (
    federation_id uuid not null,
    id uuid not null,
    number text not null,
    household_id uuid not null,
    system text not null,
    level text not null,
    category text not null,
    causes text[] not null default '{}',
    monthly_income yuan,
    rigid_costs yuan,
    status text not null,
    opened_on date,
    closed_on date,
    close_reason text,
    version int4 not null default 1,
    created_at timestamptz not null,
    constraint dossier_pkey primary key (federation_id, id),
    constraint dossier_federation_known foreign key (federation_id) references federation (id),
    constraint dossier_household_known foreign key (federation_id, household_id) references household (federation_id, id),
    constraint dossier_number_unique unique (federation_id, system, number),
    constraint dossier_system_known check (system in ('national', 'provincial')),
    constraint dossier_level_known check (level in ('national', 'provincial', 'city', 'district', 'county')),
    constraint dossier_category_known check (category in ('deep', 'relative', 'accidental', 'provincial')),
    constraint dossier_status_known check (status in ('applied', 'investigated', 'publicised', 'active', 'grace', 'closed')),
    constraint dossier_close_reason_known check (close_reason in ('out_of_hardship', 'retired', 'transferred', 'deceased', 'other')),
    constraint dossier_closed_with_reason check ((status = 'closed') = (closed_on is not null) and (closed_on is null) = (close_reason is null)),
    constraint dossier_income_not_negative check (monthly_income >= 0 and rigid_costs >= 0),
    constraint dossier_dates_in_order check (closed_on is null or opened_on is null or closed_on >= opened_on)
);
comment on table dossier is 'Dossiers of hardship (困难职工档案)';
comment on column dossier.system is 'The system it is kept in: national (全总帮扶系统) or provincial (省总系统)';
comment on column dossier.category is 'Category now; its history is in dossier_category';
comment on column dossier.opened_on is 'The day it last came into force (在档); null while applied for';
comment on column dossier.closed_on is 'The first day it is no longer in force';
create unique index dossier_one_active_per_household on dossier (federation_id, household_id) where status <> 'closed';

create table dossier_event (
    federation_id uuid not null,
    dossier_id uuid not null,
    position int4 not null,
    status text not null,
    happened_on date,
    reason text,
    close_reason text,
    actor text not null,
    recorded_at timestamptz not null,
    constraint dossier_event_pkey primary key (federation_id, dossier_id, position),
    constraint dossier_event_dossier_known foreign key (federation_id, dossier_id) references dossier (federation_id, id),
    constraint dossier_event_position_counts check (position > 0),
    constraint dossier_event_status_known check (status in ('applied', 'investigated', 'publicised', 'active', 'grace', 'closed')),
    constraint dossier_event_close_reason_known check (close_reason in ('out_of_hardship', 'retired', 'transferred', 'deceased', 'other')),
    constraint dossier_event_closed_with_reason check ((status = 'closed') = (close_reason is not null)),
    constraint dossier_event_dated check (happened_on is not null or status = 'applied')
);
comment on table dossier_event is 'Every step of a dossier; sealed. From it is read when a dossier was in force on a past day';
comment on column dossier_event.status is 'The state the step led to';
comment on column dossier_event.happened_on is 'The day of the step; null for an application whose day nobody said';

create table dossier_category (
    federation_id uuid not null,
    dossier_id uuid not null,
    valid_from date not null,
    valid_to date,
    category text not null,
    constraint dossier_category_pkey primary key (federation_id, dossier_id, valid_from),
    constraint dossier_category_dossier_known foreign key (federation_id, dossier_id) references dossier (federation_id, id),
    constraint dossier_category_category_known check (category in ('deep', 'relative', 'accidental', 'provincial')),
    constraint dossier_category_dates_in_order check (valid_to is null or valid_to >= valid_from)
);
comment on table dossier_category is 'Which category a dossier had when; both days inclusive';
create unique index dossier_category_one_open on dossier_category (federation_id, dossier_id) where valid_to is null;

create table grace_period (
    federation_id uuid not null,
    id uuid not null,
    dossier_id uuid not null,
    starts_on date not null,
    months int2 not null,
    ends_on date not null,
    reason text,
    constraint grace_period_pkey primary key (federation_id, id),
    constraint grace_period_dossier_known foreign key (federation_id, dossier_id) references dossier (federation_id, id),
    constraint grace_period_months_one_to_twelve check (months between 1 and 12),
    constraint grace_period_dates_in_order check (ends_on > starts_on)
);
comment on table grace_period is 'Grace periods (渐退期) of dossiers';
comment on column grace_period.ends_on is 'The last day of grace';
create index grace_period_by_dossier on grace_period (federation_id, dossier_id);

create table model_worker (
    federation_id uuid not null,
    id uuid not null,
    person_id uuid not null,
    region_code text not null,
    organisation_id uuid,
    version int4 not null default 1,
    created_at timestamptz not null,
    constraint model_worker_pkey primary key (federation_id, id),
    constraint model_worker_federation_known foreign key (federation_id) references federation (id),
    constraint model_worker_person_known foreign key (federation_id, person_id) references person (federation_id, id),
    constraint model_worker_person_unique unique (federation_id, person_id),
    constraint model_worker_region_known foreign key (region_code) references region (code),
    constraint model_worker_organisation_known foreign key (federation_id, organisation_id) references organisation (federation_id, id)
);
comment on table model_worker is 'Model workers (劳动模范)';

create table honour (
    federation_id uuid not null,
    id uuid not null,
    model_worker_id uuid not null,
    level text not null,
    title text not null,
    awarded_on date not null,
    ended_on date,
    end_reason text,
    constraint honour_pkey primary key (federation_id, id),
    constraint honour_model_worker_known foreign key (federation_id, model_worker_id) references model_worker (federation_id, id),
    constraint honour_once unique (federation_id, model_worker_id, level, title),
    constraint honour_level_known check (level in ('national', 'provincial', 'municipal')),
    constraint honour_end_reason_known check (end_reason in ('deceased', 'revoked', 'other')),
    constraint honour_ended_with_reason check ((ended_on is null) = (end_reason is null)),
    constraint honour_dates_in_order check (ended_on is null or ended_on >= awarded_on)
);
comment on table honour is 'Honours (劳模荣誉) with level; death ends them';

create table payee_account (
    federation_id uuid not null,
    id uuid not null,
    person_id uuid,
    organisation_id uuid,
    kind text not null,
    number text not null,
    holder_name text not null,
    bank_name text,
    agent_reason text,
    closed_on date,
    version int4 not null default 1,
    created_at timestamptz not null,
    constraint payee_account_pkey primary key (federation_id, id),
    constraint payee_account_federation_known foreign key (federation_id) references federation (id),
    constraint payee_account_person_known foreign key (federation_id, person_id) references person (federation_id, id),
    constraint payee_account_organisation_known foreign key (federation_id, organisation_id) references organisation (federation_id, id),
    constraint payee_account_one_owner check ((person_id is null) <> (organisation_id is null)),
    constraint payee_account_kind_known check (kind in ('union_card', 'one_card', 'bank_card', 'bank_account'))
);
comment on table payee_account is 'Accounts that payees are paid to (收款账户)';
comment on column payee_account.kind is 'union_card 工会会员服务卡, one_card 一卡通, bank_card 银行卡, bank_account 对公账户';
comment on column payee_account.agent_reason is 'Why the holder is not the payee (代领原因); null when the holder is';
create unique index payee_account_number_once_per_person on payee_account (federation_id, person_id, number) where closed_on is null;
create unique index payee_account_number_once_per_organisation on payee_account (federation_id, organisation_id, number) where closed_on is null;
