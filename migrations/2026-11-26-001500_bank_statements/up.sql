-- Layouts of banks' text files, kept as data; bank statements, what their lines are matched with, and what does not match.

create table file_layout (
    federation_id uuid not null,
    id uuid not null,
    name text not null,
    purpose text not null,
    version int4 not null,
    description jsonb not null,
    created_by text not null,
    created_at timestamptz not null,
    act_id uuid not null default current_setting('bangfu.act')::uuid,
    constraint file_layout_pkey primary key (federation_id, id),
    constraint file_layout_federation_known foreign key (federation_id) references federation (id),
    constraint file_layout_version_unique unique (federation_id, purpose, name, version),
    constraint file_layout_purpose_known check (purpose in ('payments', 'results', 'statement')),
    constraint file_layout_name_not_blank check (btrim(name) <> ''),
    constraint file_layout_version_counts check (version > 0)
);
comment on table file_layout is 'Layouts of banks'' text files (文件版式); a change is another version; sealed';
comment on column file_layout.purpose is 'What such files are for: payments out, results in, statements in';
comment on column file_layout.version is 'Counted from 1 within purpose and name; the highest is the one in use';
comment on column file_layout.description is 'Encoding, cells and frames of the file, checked when it was recorded';
comment on column file_layout.act_id is 'The act that wrote it: its audit event, by which the log covers it';
create index file_layout_by_act on file_layout (federation_id, act_id);
