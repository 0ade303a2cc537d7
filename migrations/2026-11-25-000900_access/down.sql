drop table act_secret;
drop table login_session;
drop table access_token;
drop table role_grant;
drop table app_user;
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
delete from federation where id = '00000000-0000-0000-0000-000000000000';
