-- What was handed to a bank: a batch is written as one file, once. The file itself is not kept: it follows from sealed rows, and
-- its digest tells whether it still does.

create table batch_file (
    federation_id uuid not null,
    batch_id uuid not null,
    format text not null,
    layout_name text,
    layout_version int4,
    from_account_id uuid not null,
    requested_on date not null,
    message_id text not null,
    count int4 not null,
    total yuan not null,
    digest text not null,
    written_by text not null,
    written_at timestamptz not null,
    act_id uuid not null default current_setting('bangfu.act')::uuid,
    constraint batch_file_pkey primary key (federation_id, batch_id),
    constraint batch_file_batch_known foreign key (federation_id, batch_id) references batch (federation_id, id),
    constraint batch_file_account_known foreign key (federation_id, from_account_id) references payee_account (federation_id, id),
    constraint batch_file_format_known check (format in ('pain001', 'layout')),
    constraint batch_file_layout_named check ((format = 'layout') = (layout_name is not null) and (layout_name is null) = (layout_version is null)),
    constraint batch_file_counts check (count > 0 and total > 0),
    constraint batch_file_digest_sha256 check (digest ~ '^[0-9a-f]{64}$')
);
comment on table batch_file is 'The file of a batch as it was written for the bank (代发文件); sealed. Asked for again it is the same bytes';
comment on column batch_file.layout_version is 'Which version of the layout; 0 of the product''s own';
comment on column batch_file.from_account_id is 'The account of the federation''s own that pays';
comment on column batch_file.message_id is 'The file''s own identification';
comment on column batch_file.digest is 'SHA-256 of the file';
comment on column batch_file.act_id is 'The act that wrote it';
create index batch_file_by_act on batch_file (federation_id, act_id);
