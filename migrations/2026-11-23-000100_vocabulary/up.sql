-- Money: yuan with at most two decimals. A domain over plain numeric, because numeric(18,2) would round a third decimal
-- away before any check could see it, and because `check (amount > 0)` alone lets NaN through.
create domain yuan as numeric
    constraint yuan_exact check (value <> 'NaN' and abs(value) < 1e16 and value = round(value, 2));
comment on domain yuan is 'Yuan (人民币元), exact to the fen; refuses NaN, infinity and fractions of a fen';

create table federation (
    id uuid not null,
    name text not null,
    code text not null,
    created_at timestamptz not null,
    constraint federation_pkey primary key (id),
    constraint federation_code_unique unique (code),
    constraint federation_name_not_blank check (btrim(name) <> '')
);
comment on table federation is 'The tenant (市总工会含下属): every row that grows belongs to exactly one';

create table access_token (
    id uuid not null,
    name text not null,
    token_hash text not null,
    created_at timestamptz not null,
    constraint access_token_pkey primary key (id),
    constraint access_token_hash_unique unique (token_hash)
);
comment on table access_token is 'Bearer tokens of the service, by hash only';
comment on column access_token.token_hash is 'SHA-256 of the token, hexadecimal; the token itself is shown once and kept nowhere';

create table idempotency_key (
    federation_id uuid not null,
    key text not null,
    request_digest text not null,
    status int2 not null,
    headers jsonb not null,
    body text not null,
    created_at timestamptz not null,
    constraint idempotency_key_pkey primary key (federation_id, key),
    constraint idempotency_key_length check (length(key) between 1 and 200)
);
comment on table idempotency_key is 'One row per POST that took effect, written in the same transaction as the effect; never expires';
comment on column idempotency_key.federation_id is 'Nil UUID for requests above any federation (making one, regions); therefore no foreign key';
comment on column idempotency_key.request_digest is 'Digest of method, path and body: the same key with another digest is refused';

create table schema_object (
    name text not null,
    digest text not null,
    applied_at timestamptz not null default now(),
    constraint schema_object_pkey primary key (name)
);
comment on table schema_object is 'Which text of each file under schema/ is in force';
