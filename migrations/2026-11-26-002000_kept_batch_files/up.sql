-- The file of a batch is kept as it was written (ADR 0022): made again, it followed from names of banks and holders that people edit.

create table batch_file_piece (
    federation_id uuid not null,
    id uuid not null,
    batch_id uuid not null,
    position int4 not null,
    content_sealed bytea not null,
    content_commitment bytea not null,
    act_id uuid not null default current_setting('bangfu.act')::uuid,
    constraint batch_file_piece_pkey primary key (federation_id, id),
    constraint batch_file_piece_batch_known foreign key (federation_id, batch_id) references batch (federation_id, id),
    constraint batch_file_piece_place_once unique (federation_id, batch_id, position),
    constraint batch_file_piece_commitment_of_32_bytes check (octet_length(content_commitment) = 32)
);
comment on table batch_file_piece is 'The file of a batch itself in pieces, for good, encrypted by the program; sealed';
comment on column batch_file_piece.position is 'Its place in the file, from 0 on';
comment on column batch_file_piece.content_sealed is 'A piece of the file, compressed by itself (gzip), in base64, encrypted by the program';
comment on column batch_file_piece.content_commitment is 'SHA-256 over salt and piece; what the seal covers';
comment on column batch_file_piece.act_id is 'The act that wrote it: its audit event, by which the log covers it';
create index batch_file_piece_by_act on batch_file_piece (federation_id, act_id);
