create table fund_source (
    federation_id uuid not null,
    id uuid not null,
    name text not null,
    level text not null,
    return_to_organisation_id uuid,
    version int4 not null default 1,
    created_at timestamptz not null,
    constraint fund_source_pkey primary key (federation_id, id),
    constraint fund_source_federation_known foreign key (federation_id) references federation (id),
    constraint fund_source_name_unique unique (federation_id, name),
    constraint fund_source_return_to_known foreign key (federation_id, return_to_organisation_id) references organisation (federation_id, id),
    constraint fund_source_level_known check (level in ('central', 'provincial', 'city', 'district', 'union_own', 'donation'))
);
comment on table fund_source is 'Where money comes from (资金来源) and to whom it goes back';

create table appropriation (
    federation_id uuid not null,
    id uuid not null,
    document_id uuid not null,
    name text not null,
    fiscal_year int2 not null,
    organisation_id uuid not null,
    created_at timestamptz not null,
    constraint appropriation_pkey primary key (federation_id, id),
    constraint appropriation_federation_known foreign key (federation_id) references federation (id),
    constraint appropriation_document_known foreign key (federation_id, document_id) references document (federation_id, id),
    constraint appropriation_organisation_known foreign key (federation_id, organisation_id) references organisation (federation_id, id),
    constraint appropriation_name_unique unique (federation_id, document_id, name),
    constraint appropriation_fiscal_year_plausible check (fiscal_year between 2000 and 2100)
);
comment on table appropriation is 'A grant of money (资金下达) by a document; its amount is the sum of its lines';

create table allocation_line (
    federation_id uuid not null,
    id uuid not null,
    appropriation_id uuid not null,
    position int2 not null,
    name text not null,
    purpose text not null,
    fund_source_id uuid not null,
    project_code text,
    functional_code text,
    channels text[] not null,
    created_at timestamptz not null,
    constraint allocation_line_pkey primary key (federation_id, id),
    constraint allocation_line_appropriation_known foreign key (federation_id, appropriation_id) references appropriation (federation_id, id),
    constraint allocation_line_fund_source_known foreign key (federation_id, fund_source_id) references fund_source (federation_id, id),
    constraint allocation_line_name_unique unique (federation_id, appropriation_id, name),
    constraint allocation_line_position_unique unique (federation_id, appropriation_id, position),
    constraint allocation_line_project_code_21 check (length(project_code) = 21),
    constraint allocation_line_functional_code_digits check (functional_code ~ '^[0-9]{3}([0-9]{2}([0-9]{2})?)?$'),
    constraint allocation_line_channels_known check (channels <@ array['one_card', 'union_card', 'bank_transfer', 'cash'] and cardinality(channels) > 0)
);
comment on table allocation_line is 'One purpose within an appropriation (指标明细), with its own amount in the ledger';
comment on column allocation_line.channels is 'How its money may be paid; cash only where it is listed here (domain.md, decision 5)';

create table line_change (
    federation_id uuid not null,
    id uuid not null,
    allocation_line_id uuid not null,
    kind text not null,
    amount yuan not null,
    document_id uuid not null,
    effective_on date not null,
    created_at timestamptz not null,
    constraint line_change_pkey primary key (federation_id, id),
    constraint line_change_line_known foreign key (federation_id, allocation_line_id) references allocation_line (federation_id, id),
    constraint line_change_document_known foreign key (federation_id, document_id) references document (federation_id, id),
    constraint line_change_kind_known check (kind in ('initial', 'addition', 'withdrawal')),
    constraint line_change_amount_positive check (amount > 0)
);
comment on table line_change is 'Grants, additions and withdrawals of a line (下达、追加、调减), each by a document; sealed';
create unique index line_change_one_initial on line_change (federation_id, allocation_line_id) where kind = 'initial';
create index line_change_by_line on line_change (federation_id, allocation_line_id, effective_on);

create table arrival (
    federation_id uuid not null,
    id uuid not null,
    allocation_line_id uuid not null,
    amount yuan not null,
    arrived_on date not null,
    account text not null,
    created_at timestamptz not null,
    constraint arrival_pkey primary key (federation_id, id),
    constraint arrival_line_known foreign key (federation_id, allocation_line_id) references allocation_line (federation_id, id),
    constraint arrival_amount_positive check (amount > 0)
);
comment on table arrival is 'Money reaching the account (到账), apart from being granted; sealed';
comment on column arrival.account is 'The federation''s own account it reached, as its bank names it';
create index arrival_by_line on arrival (federation_id, allocation_line_id, arrived_on);

create table standard (
    federation_id uuid not null,
    id uuid not null,
    allocation_line_id uuid not null,
    category text not null,
    unit text not null,
    amount yuan not null,
    mode text not null,
    basis_document_id uuid,
    valid_from date not null,
    valid_to date,
    version int4 not null default 1,
    created_at timestamptz not null,
    constraint standard_pkey primary key (federation_id, id),
    constraint standard_line_known foreign key (federation_id, allocation_line_id) references allocation_line (federation_id, id),
    constraint standard_basis_known foreign key (federation_id, basis_document_id) references document (federation_id, id),
    constraint standard_one_from_a_date unique (federation_id, allocation_line_id, category, valid_from),
    constraint standard_category_not_blank check (btrim(category) <> ''),
    constraint standard_unit_known check (unit in ('household', 'person', 'person_month', 'person_year', 'event')),
    constraint standard_mode_known check (mode in ('exact', 'cap', 'floor')),
    constraint standard_amount_positive check (amount > 0),
    constraint standard_dates_in_order check (valid_to is null or valid_to >= valid_from)
);
comment on table standard is 'Standards of payment (发放标准): one per line, category and date';
create unique index standard_one_open on standard (federation_id, allocation_line_id, category) where valid_to is null;
