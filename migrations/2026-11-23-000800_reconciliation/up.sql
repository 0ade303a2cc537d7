create table declared_figure (
    federation_id uuid not null,
    id uuid not null,
    document_id uuid not null,
    name text not null,
    quote text not null,
    printed text not null,
    unit text not null,
    value numeric not null,
    decimals int2 not null,
    tolerance numeric not null,
    measure text not null,
    scope jsonb not null,
    as_of date not null,
    created_by text not null,
    created_at timestamptz not null,
    constraint declared_figure_pkey primary key (federation_id, id),
    constraint declared_figure_document_known foreign key (federation_id, document_id) references document (federation_id, id),
    constraint declared_figure_name_unique unique (federation_id, document_id, name),
    constraint declared_figure_value_finite check (abs(value) < 1e16 and tolerance >= 0 and tolerance < 1e16),
    constraint declared_figure_unit_known check (unit in ('yuan', 'wan_yuan', 'household', 'person', 'person_time'))
);
comment on table declared_figure is 'A number printed in a report (申报数), to be held against the ledger; sealed';
comment on column declared_figure.printed is 'The text as printed, such as 131.5532万元';
comment on column declared_figure.value is 'Its value in yuan, or in units counted';
comment on column declared_figure.tolerance is 'Half a unit of the last printed digit; 0 for counts';

create table comparison (
    federation_id uuid not null,
    declared_figure_id uuid not null,
    sequence int4 not null,
    ledger_value numeric,
    difference numeric,
    outcome text not null,
    explanation jsonb not null,
    log_number int8 not null,
    compared_at timestamptz not null,
    constraint comparison_pkey primary key (federation_id, declared_figure_id, sequence),
    constraint comparison_figure_known foreign key (federation_id, declared_figure_id) references declared_figure (federation_id, id),
    constraint comparison_outcome_known check (outcome in ('exact', 'tail', 'mismatch', 'policy', 'not_evaluable')),
    constraint comparison_value_when_evaluable check ((outcome = 'not_evaluable') = (ledger_value is null) and (ledger_value is null) = (difference is null))
);
comment on table comparison is 'What comparing a declared figure gave, and what of the ledger was known then; sealed';

create table finding (
    federation_id uuid not null,
    id uuid not null,
    check_code text not null,
    subject_kind text not null,
    subject_id uuid not null,
    expected text not null,
    found text not null,
    difference text not null,
    outcome text not null,
    state text not null,
    explanation text not null,
    version int4 not null default 1,
    opened_at timestamptz not null,
    constraint finding_pkey primary key (federation_id, id),
    constraint finding_federation_known foreign key (federation_id) references federation (id),
    constraint finding_once unique (federation_id, check_code, subject_kind, subject_id),
    constraint finding_state_known check (state in ('open', 'explained', 'resolved'))
);
comment on table finding is 'What a check found (对账差异/疑点), with its state and explanation';

create table finding_event (
    federation_id uuid not null,
    finding_id uuid not null,
    sequence int4 not null,
    state text not null,
    note text not null,
    actor text not null,
    recorded_at timestamptz not null,
    constraint finding_event_pkey primary key (federation_id, finding_id, sequence),
    constraint finding_event_finding_known foreign key (federation_id, finding_id) references finding (federation_id, id),
    constraint finding_event_state_known check (state in ('open', 'explained', 'resolved'))
);
comment on table finding_event is 'The history of a finding; sealed';
