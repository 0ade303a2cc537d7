-- The hashes over the federation's log (ADR 0012): written off the request path by the sealer, and by nobody else.

create table sealed_leaf (
    federation_id uuid not null,
    log_number int8 not null,
    edition int4 not null,
    leaf_hash bytea not null,
    row_hashes bytea not null,
    sealed_at timestamptz not null,
    constraint sealed_leaf_pkey primary key (federation_id, log_number),
    constraint sealed_leaf_log_known foreign key (federation_id, log_number) references ledger_log (federation_id, log_number),
    constraint sealed_leaf_hashes_whole check (octet_length(leaf_hash) = 32 and octet_length(row_hashes) > 0 and octet_length(row_hashes) % 32 = 0)
);
comment on table sealed_leaf is 'The hash of each log number, and the hashes of the rows it stands for, by which a changed row is named';
comment on column sealed_leaf.edition is 'The edition of the list of covered columns it was made with';
comment on column sealed_leaf.row_hashes is 'Of the row that heads it, then of the others, 32 bytes each';

create table log_tile (
    federation_id uuid not null,
    level int2 not null,
    tile_index int8 not null,
    hashes bytea not null,
    constraint log_tile_pkey primary key (federation_id, level, tile_index),
    constraint log_tile_federation_known foreign key (federation_id) references federation (id),
    constraint log_tile_hashes_whole check (octet_length(hashes) between 32 and 8192 and octet_length(hashes) % 32 = 0)
);
comment on table log_tile is 'The Merkle tree over the log in tiles of 256 hashes (C2SP tlog-tiles)';
comment on column log_tile.level is '0 for hashes of leaves, 1 for roots of tiles of level 0, and so on';

create table checkpoint (
    federation_id uuid not null,
    size int8 not null,
    root bytea not null,
    note text not null,
    signed_at timestamptz not null,
    constraint checkpoint_pkey primary key (federation_id, size),
    constraint checkpoint_leaf_known foreign key (federation_id, size) references sealed_leaf (federation_id, log_number),
    constraint checkpoint_root_of_32_bytes check (octet_length(root) = 32)
);
comment on table checkpoint is 'Signed notes on the size and root of the log (检查点); each also stands in a file outside the database';

create table issued_report (
    federation_id uuid not null,
    checkpoint_size int8 not null,
    scope text not null,
    subject text not null,
    as_of date not null,
    body text not null,
    issued_at timestamptz not null,
    constraint issued_report_pkey primary key (federation_id, checkpoint_size, scope, subject, as_of),
    constraint issued_report_checkpoint_known foreign key (federation_id, checkpoint_size) references checkpoint (federation_id, size)
);
comment on table issued_report is 'Reconciliation reports byte for byte as they were answered: asked again with the same checkpoint, the same bytes';

-- Whom a payment to a person counts as: persons paid directly and those that subordinate unions reported are one when their
-- keys are the same. Filled by a trigger, because no service has it at hand.
alter table instruction add column payee_person bytea;
comment on column instruction.payee_person is 'The hash by which a person counts once in reports; null for households and organisations';
