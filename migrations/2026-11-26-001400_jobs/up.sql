-- Long work: imports, results and statements of banks. A job is a row that workers lease; what it does, it does as the user who
-- started it, with a token of its own that is sealed here and ends with it (ADR 0016).

create table job (
    federation_id uuid not null,
    id uuid not null,
    kind text not null,
    state text not null,
    parameters jsonb not null,
    file_name text,
    file_digest text,
    progress_done int8 not null default 0,
    progress_total int8,
    result jsonb,
    problem jsonb,
    cancel_requested bool not null default false,
    attempts int2 not null default 0,
    lease_id uuid,
    lease_until timestamptz,
    credential_id uuid not null,
    credential_sealed bytea,
    request_id text,
    created_by text not null,
    created_at timestamptz not null,
    started_at timestamptz,
    ended_at timestamptz,
    constraint job_pkey primary key (federation_id, id),
    constraint job_federation_known foreign key (federation_id) references federation (id),
    constraint job_credential_known foreign key (federation_id, credential_id) references access_token (federation_id, id),
    constraint job_state_known check (state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    constraint job_running_is_leased check ((state = 'running') = (lease_id is not null) and (lease_id is null) = (lease_until is null)),
    constraint job_ended_says_so check ((state in ('succeeded', 'failed', 'cancelled')) = (ended_at is not null)),
    constraint job_ended_keeps_no_credential check (ended_at is null or credential_sealed is null),
    constraint job_progress_counts check (progress_done >= 0 and progress_total >= 0)
);
comment on table job is 'Long work (后台任务): its state, progress, result and errors';
comment on column job.kind is 'What is done; the program knows how';
comment on column job.parameters is 'What it is done with; nothing personal';
comment on column job.file_digest is 'SHA-256 of the file it works on';
comment on column job.attempts is 'How often a worker has begun it';
comment on column job.lease_id is 'Whose it is while it runs: a worker that lost its lease ends nothing';
comment on column job.credential_sealed is 'The key of the token it acts with, encrypted; taken out when it ends';
create index job_to_do on job (federation_id, created_at, lease_until) where state in ('queued', 'running');
create index job_by_creator on job (federation_id, created_by, id);

create table job_file (
    federation_id uuid not null,
    id uuid not null,
    job_id uuid not null,
    purpose text not null,
    position int4 not null,
    content_sealed bytea,
    constraint job_file_pkey primary key (federation_id, id),
    constraint job_file_job_known foreign key (federation_id, job_id) references job (federation_id, id),
    constraint job_file_place_once unique (federation_id, job_id, purpose, position),
    constraint job_file_purpose_known check (purpose in ('input', 'output'))
);
comment on table job_file is 'The files of jobs in pieces, encrypted; the input is taken out when the job ends, the answer a week later';
comment on column job_file.content_sealed is 'A piece of the file in base64, encrypted; null once it is taken out';

create table imported_row (
    federation_id uuid not null,
    list text not null,
    row_hash bytea not null,
    constraint imported_row_pkey primary key (federation_id, list, row_hash),
    constraint imported_row_federation_known foreign key (federation_id) references federation (id)
);
comment on table imported_row is 'Rows of files that were taken in, by a keyed hash of their content: the same row again changes nothing';
comment on column imported_row.list is 'Which list the row was of';
