-- Users, their roles, and what they log in with. Written only through the doors of schema/05_access_doors.sql: the service's
-- own password makes nobody a user.

insert into federation (id, name, code, created_at) values ('00000000-0000-0000-0000-000000000000', '服务', 'service', now());

drop table access_token;

create table app_user (
    federation_id uuid not null,
    id uuid not null,
    login text not null,
    name text not null,
    password_salt text,
    password_verifier bytea,
    failed_logins int4 not null default 0,
    locked_until timestamptz,
    disabled_at timestamptz,
    version int4 not null default 1,
    created_at timestamptz not null,
    constraint app_user_pkey primary key (federation_id, id),
    constraint app_user_federation_known foreign key (federation_id) references federation (id),
    constraint app_user_login_unique unique (federation_id, login),
    constraint app_user_login_plain check (login ~ '^[a-z][a-z0-9._-]{1,63}$'),
    constraint app_user_name_not_blank check (btrim(name) <> ''),
    constraint app_user_login_not_reserved check (login not in ('shell', 'bootstrap', 'unknown', 'system')),
    constraint app_user_password_whole check ((password_salt is null) = (password_verifier is null))
);
comment on table app_user is 'Users (用户) of a federation; those of the service itself have the nil federation';
comment on column app_user.login is 'Stands as actor in every record; never changed and never given to another person';
comment on column app_user.password_salt is 'Parameters and salt of argon2id, as a PHC string without its hash';
comment on column app_user.password_verifier is 'SHA-256 of the argon2id hash: who reads it cannot log in with it';

create table role_grant (
    federation_id uuid not null,
    id uuid not null,
    user_id uuid not null,
    role text not null,
    organisation_id uuid,
    reason text not null,
    granted_by text not null,
    granted_at timestamptz not null,
    revoked_by text,
    revoked_at timestamptz,
    revoke_reason text,
    constraint role_grant_pkey primary key (federation_id, id),
    constraint role_grant_user_known foreign key (federation_id, user_id) references app_user (federation_id, id),
    constraint role_grant_organisation_known foreign key (federation_id, organisation_id) references organisation (federation_id, id),
    constraint role_grant_role_known check (role in ('maker', 'finance', 'leader', 'principal', 'committee', 'finance_head', 'cashier',
        'checker', 'auditor', 'administrator')),
    constraint role_grant_service_administers check (federation_id <> '00000000-0000-0000-0000-000000000000' or role = 'administrator'),
    constraint role_grant_revoked_whole check ((revoked_at is null) = (revoked_by is null) and (revoked_at is null) = (revoke_reason is null))
);
comment on table role_grant is 'Roles granted (授权) within an organisation and those under it; history is kept';
comment on column role_grant.organisation_id is 'Where it holds; null for the whole federation';
create unique index role_grant_once on role_grant (federation_id, user_id, role, coalesce(organisation_id, '00000000-0000-0000-0000-000000000000'))
    where revoked_at is null;

create table access_token (
    federation_id uuid not null,
    id uuid not null,
    user_id uuid not null,
    name text not null,
    token_hash bytea not null,
    created_at timestamptz not null,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    constraint access_token_pkey primary key (federation_id, id),
    constraint access_token_user_known foreign key (federation_id, user_id) references app_user (federation_id, id),
    constraint access_token_hash_unique unique (federation_id, token_hash),
    constraint access_token_name_not_blank check (btrim(name) <> '')
);
comment on table access_token is 'Personal API tokens (访问令牌), by hash only';
comment on column access_token.token_hash is 'SHA-256 of the key that the service makes of the token: neither the token nor the key is kept';
create index access_token_by_user on access_token (federation_id, user_id);

create table login_session (
    federation_id uuid not null,
    id uuid not null,
    user_id uuid not null,
    session_hash bytea not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    constraint login_session_pkey primary key (federation_id, id),
    constraint login_session_user_known foreign key (federation_id, user_id) references app_user (federation_id, id),
    constraint login_session_hash_unique unique (federation_id, session_hash)
);
comment on table login_session is 'Logged-in browsers (登录会话), by hash only';
create index login_session_by_user on login_session (federation_id, user_id);

create table act_secret (
    id int2 not null,
    secret bytea not null,
    constraint act_secret_pkey primary key (id),
    constraint act_secret_single check (id = 1)
);
comment on table act_secret is 'What the doors sign the authenticated actor of a transaction with; only the owner reads it';
insert into act_secret (id, secret)
values (1, sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));
