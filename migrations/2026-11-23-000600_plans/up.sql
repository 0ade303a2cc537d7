create table plan (
    federation_id uuid not null,
    id uuid not null,
    name text not null,
    organisation_id uuid not null,
    fiscal_year int2 not null,
    purpose text not null,
    period text not null,
    cutoff_on date not null,
    adjustment_method text not null,
    status text not null,
    roster_id uuid,
    revision int4 not null default 1,
    version int4 not null default 1,
    created_by text not null,
    created_at timestamptz not null,
    constraint plan_pkey primary key (federation_id, id),
    constraint plan_federation_known foreign key (federation_id) references federation (id),
    constraint plan_organisation_known foreign key (federation_id, organisation_id) references organisation (federation_id, id),
    constraint plan_name_unique unique (federation_id, name),
    constraint plan_adjustment_method_known check (adjustment_method in ('ceil_topup', 'floor_residual')),
    constraint plan_status_known check (status in ('draft', 'locked', 'in_review', 'approved', 'released', 'settled', 'closed', 'cancelled'))
);
comment on table plan is 'Plans (发放方案): how one or more lines are spent';
comment on column plan.period is 'Activity period (活动期间), such as 2023元旦春节; with payee and purpose it names what is paid only once';
comment on column plan.revision is 'Which revision of its tiers and funding holds; earlier ones are kept for the rosters made from them';
comment on column plan.roster_id is 'The locked roster; null while draft';

create table plan_funding (
    federation_id uuid not null,
    plan_id uuid not null,
    revision int4 not null,
    position int2 not null,
    allocation_line_id uuid not null,
    top_up bool not null,
    constraint plan_funding_pkey primary key (federation_id, plan_id, revision, position),
    constraint plan_funding_plan_known foreign key (federation_id, plan_id) references plan (federation_id, id),
    constraint plan_funding_line_known foreign key (federation_id, allocation_line_id) references allocation_line (federation_id, id),
    constraint plan_funding_line_once unique (federation_id, plan_id, revision, allocation_line_id)
);
comment on table plan_funding is 'The lines a plan draws on, in order; own funds that only complete a shortfall (自有资金补差) come last';

create table tier (
    federation_id uuid not null,
    id uuid not null,
    plan_id uuid not null,
    revision int4 not null,
    position int2 not null,
    name text not null,
    kind text not null,
    purpose text not null,
    period text not null,
    channel text not null,
    adjusted bool not null,
    month_from text,
    month_to text,
    feedback_due_on date,
    population jsonb not null,
    constraint tier_pkey primary key (federation_id, id),
    constraint tier_plan_known foreign key (federation_id, plan_id) references plan (federation_id, id),
    constraint tier_position_unique unique (federation_id, plan_id, revision, position),
    constraint tier_kind_known check (kind in ('household', 'person', 'monthly', 'vendor', 'transfer_down')),
    constraint tier_channel_known check (channel in ('one_card', 'union_card', 'bank_transfer', 'cash')),
    constraint tier_months_when_monthly check ((kind = 'monthly') = (month_from is not null) and (month_from is null) = (month_to is null))
);
comment on table tier is 'One group of recipients in a plan (方案明细)';
comment on column tier.adjusted is 'Whether its standard is the one adjusted to the pool (调标)';
comment on column tier.population is 'Who is considered: dossiers, model workers or a list, with the rule that decides';

create table roster (
    federation_id uuid not null,
    id uuid not null,
    plan_id uuid not null,
    revision int4 not null,
    version int4 not null,
    digest text not null,
    included int4 not null,
    excluded int4 not null,
    total yuan not null,
    shortfall yuan not null,
    generated_at timestamptz not null,
    constraint roster_pkey primary key (federation_id, id),
    constraint roster_plan_known foreign key (federation_id, plan_id) references plan (federation_id, id),
    constraint roster_version_unique unique (federation_id, plan_id, version),
    constraint roster_digest_sha256 check (digest ~ '^[0-9a-f]{64}$'),
    constraint roster_amounts_not_negative check (total >= 0 and shortfall >= 0)
);
comment on table roster is 'Rosters (发放花名册): each generation is a new version; sealed';
comment on column roster.shortfall is 'What the lines and the approved top-up could not cover; a roster with one cannot be locked';
alter table plan add constraint plan_roster_known foreign key (federation_id, roster_id) references roster (federation_id, id);

create table standard_adjustment (
    federation_id uuid not null,
    roster_id uuid not null,
    method text not null,
    pool yuan not null,
    fixed yuan not null,
    count int4 not null,
    standard_before yuan not null,
    standard_after yuan not null,
    shortfall yuan not null,
    residual yuan not null,
    constraint standard_adjustment_pkey primary key (federation_id, roster_id),
    constraint standard_adjustment_roster_known foreign key (federation_id, roster_id) references roster (federation_id, id),
    constraint standard_adjustment_method_known check (method in ('ceil_topup', 'floor_residual')),
    constraint standard_adjustment_adds_up check (pool - fixed + shortfall - residual = standard_after * count)
);
comment on table standard_adjustment is 'The adjustment of the standard (调标) a roster was made with; sealed with it';

create table roster_entry (
    federation_id uuid not null,
    id uuid not null,
    roster_id uuid not null,
    tier_id uuid not null,
    position int4 not null,
    included bool not null,
    excluded_because text,
    payee_kind text not null,
    household_id uuid,
    person_id uuid,
    organisation_id uuid,
    payee_account_id uuid,
    category text not null,
    standard yuan,
    quantity int4 not null,
    month_from text,
    month_to text,
    amount yuan not null,
    registry jsonb not null,
    constraint roster_entry_pkey primary key (federation_id, id),
    constraint roster_entry_roster_known foreign key (federation_id, roster_id) references roster (federation_id, id),
    constraint roster_entry_tier_known foreign key (federation_id, tier_id) references tier (federation_id, id),
    constraint roster_entry_household_known foreign key (federation_id, household_id) references household (federation_id, id),
    constraint roster_entry_person_known foreign key (federation_id, person_id) references person (federation_id, id),
    constraint roster_entry_organisation_known foreign key (federation_id, organisation_id) references organisation (federation_id, id),
    constraint roster_entry_account_known foreign key (federation_id, payee_account_id) references payee_account (federation_id, id),
    constraint roster_entry_position_unique unique (federation_id, roster_id, position),
    constraint roster_entry_payee_kind_known check (payee_kind in ('household', 'person', 'organisation')),
    constraint roster_entry_payee_matches_kind check (
        (household_id is null or payee_kind = 'household') and (organisation_id is null or payee_kind = 'organisation')
        and (not included or coalesce(household_id, organisation_id, person_id) is not null)),
    constraint roster_entry_in_with_amount_or_out_with_reason check (
        (included and excluded_because is null and amount > 0 and quantity > 0) or (not included and excluded_because is not null and amount = 0))
);
comment on table roster_entry is 'Who receives what and why, and who does not and why; sealed';
comment on column roster_entry.person_id is 'The person paid: for a household its head';
comment on column roster_entry.quantity is 'Months of a monthly tier, otherwise 1';
comment on column roster_entry.registry is 'What the registry said when the roster was made';
create index roster_entry_by_household on roster_entry (federation_id, household_id) where included;
create index roster_entry_by_person on roster_entry (federation_id, person_id) where included;

create table roster_funding (
    federation_id uuid not null,
    roster_entry_id uuid not null,
    position int2 not null,
    allocation_line_id uuid not null,
    fund_source_id uuid not null,
    top_up_line_id uuid,
    amount yuan not null,
    constraint roster_funding_pkey primary key (federation_id, roster_entry_id, position),
    constraint roster_funding_entry_known foreign key (federation_id, roster_entry_id) references roster_entry (federation_id, id),
    constraint roster_funding_line_known foreign key (federation_id, allocation_line_id) references allocation_line (federation_id, id),
    constraint roster_funding_source_known foreign key (federation_id, fund_source_id) references fund_source (federation_id, id),
    constraint roster_funding_top_up_line_known foreign key (federation_id, top_up_line_id) references allocation_line (federation_id, id),
    constraint roster_funding_amount_positive check (amount > 0)
);
comment on table roster_funding is 'Which line and source pays how much of an entry, in the plan''s order; sealed';
comment on column roster_funding.top_up_line_id is 'The own-funds line this part comes from through a top-up; null for the line''s own money';

create table payment_claim (
    federation_id uuid not null,
    payee_id uuid not null,
    purpose text not null,
    period text not null,
    roster_entry_id uuid not null,
    live bool not null,
    constraint payment_claim_pkey primary key (federation_id, roster_entry_id, period),
    constraint payment_claim_entry_known foreign key (federation_id, roster_entry_id) references roster_entry (federation_id, id)
);
comment on table payment_claim is 'What an approved entry lays claim to: one live payment per payee, purpose and period, whatever the plan';
comment on column payment_claim.period is 'The tier''s period; for a monthly tier one row for each month';
create unique index payment_claim_one_live on payment_claim (federation_id, payee_id, purpose, period) where live;

create table review (
    federation_id uuid not null,
    id uuid not null,
    subject_kind text not null,
    subject_id uuid not null,
    digest text not null,
    steps jsonb not null,
    state text not null,
    submitted_by text not null,
    submitted_at timestamptz not null,
    constraint review_pkey primary key (federation_id, id),
    constraint review_federation_known foreign key (federation_id) references federation (id),
    constraint review_state_known check (state in ('open', 'approved', 'returned'))
);
comment on table review is 'One passage of a subject through the approval chain (审批), for one digest';
comment on column review.steps is 'The steps it needs, fixed when it was submitted';
create unique index review_one_open on review (federation_id, subject_kind, subject_id) where state = 'open';

create table approval (
    federation_id uuid not null,
    id uuid not null,
    review_id uuid not null,
    step int2 not null,
    role text not null,
    actor text not null,
    decision text not null,
    digest text not null,
    opinion text not null,
    decided_on date not null,
    recorded_at timestamptz not null,
    constraint approval_pkey primary key (federation_id, id),
    constraint approval_review_known foreign key (federation_id, review_id) references review (federation_id, id),
    constraint approval_step_once unique (federation_id, review_id, step),
    constraint approval_decision_known check (decision in ('approved', 'returned')),
    constraint approval_return_needs_opinion check (decision = 'approved' or btrim(opinion) <> '')
);
comment on table approval is 'A person''s decision at one step, on one digest; sealed';
