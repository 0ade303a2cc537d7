create table region (
    code text not null,
    name text not null,
    parent_code text,
    obsolete_on date,
    constraint region_pkey primary key (code),
    constraint region_code_six_digits check (code ~ '^[0-9]{6}$'),
    constraint region_parent_known foreign key (parent_code) references region (code)
);
comment on table region is 'Administrative divisions (GB/T 2260 行政区划), shared by all federations; obsolete codes are kept';

create table region_direct_funding (
    region_code text not null,
    valid_from date not null,
    valid_to date,
    constraint region_direct_funding_pkey primary key (region_code, valid_from),
    constraint region_direct_funding_region_known foreign key (region_code) references region (code),
    constraint region_direct_funding_dates_in_order check (valid_to is null or valid_to >= valid_from)
);
comment on table region_direct_funding is 'When a county was funded directly by the province (扩权县); both days inclusive';
create unique index region_direct_funding_one_open on region_direct_funding (region_code) where valid_to is null;

create table organisation (
    federation_id uuid not null,
    id uuid not null,
    kind text not null,
    name text not null,
    parent_id uuid,
    region_code text,
    uscc text,
    aliases text[] not null default '{}',
    valid_from date,
    valid_to date,
    version int4 not null default 1,
    created_at timestamptz not null,
    constraint organisation_pkey primary key (federation_id, id),
    constraint organisation_federation_known foreign key (federation_id) references federation (id),
    constraint organisation_parent_known foreign key (federation_id, parent_id) references organisation (federation_id, id),
    constraint organisation_region_known foreign key (region_code) references region (code),
    constraint organisation_name_unique unique (federation_id, kind, name),
    constraint organisation_uscc_unique unique (federation_id, uscc),
    constraint organisation_not_its_own_parent check (parent_id <> id),
    constraint organisation_dates_in_order check (valid_to is null or valid_from is null or valid_to >= valid_from),
    constraint organisation_kind_known check (kind in ('provincial_union', 'city_union', 'district_union', 'county_union', 'industry_union',
        'enterprise_union', 'department', 'institution', 'treasury', 'bank', 'vendor'))
);
comment on table organisation is 'Unions, departments, treasuries, banks and vendors in or around a federation (组织)';
comment on column organisation.uscc is 'Unified social credit code (统一社会信用代码, GB 32100)';

create table document (
    federation_id uuid not null,
    id uuid not null,
    issuer text not null,
    number text not null,
    title text not null,
    kind text not null,
    issued_on date not null,
    file_digest text,
    version int4 not null default 1,
    created_at timestamptz not null,
    constraint document_pkey primary key (federation_id, id),
    constraint document_federation_known foreign key (federation_id) references federation (id),
    constraint document_number_unique unique (federation_id, issuer, number),
    constraint document_kind_known check (kind in ('allocation', 'regulation', 'notice', 'plan', 'minutes', 'report', 'evidence')),
    constraint document_file_digest_sha256 check (file_digest ~ '^[0-9a-f]{64}$')
);
comment on table document is 'Documents (文件) by issuer and number (文号)';
