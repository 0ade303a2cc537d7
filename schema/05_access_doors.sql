-- Who acts, proved inside the database. See docs/adr/0011.
--
-- The service logs in to PostgreSQL with one password for all its users. If that were enough to act, whoever has it could
-- approve and pay as anybody. So a write transaction is opened by act_begin() with the key of a user's token or session, of
-- which the database holds only the hash; it signs the actor, and doors and triggers ask acting() for it. Users, roles, tokens
-- and sessions are written through the doors here and nowhere else.
--
-- Refusals: BF010 not authenticated, BF011 not an administrator, BF012 a rule of users and roles.

create or replace function act_signature(p_claim text)
returns text
language plpgsql stable strict security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_secret bytea;
begin
    select s.secret into strict v_secret from act_secret s;
    return encode(sha256(v_secret || sha256(v_secret || convert_to(p_claim, 'UTF8'))), 'hex');
end
$$;

-- One act a transaction until it could be several.
drop function if exists act_claim(uuid, uuid, text, text[]), act_begin(uuid, uuid, uuid, bytea), act_begin(uuid, uuid, uuid[], bytea),
    act_begin(uuid, uuid, uuid[], bytea, text[]);

-- Signs who acts in this transaction: acts, federation, login, roles, and the transaction, so that a claim seen once is worth
-- nothing in another.
create or replace function act_claim(p_federation uuid, p_acts uuid[], p_login text, p_roles text[])
returns void
language plpgsql strict security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_claim text := format('%s|%s|%s|%s|%s', array_to_string(p_acts, ','), p_federation, p_login, array_to_string(p_roles, ','), pg_current_xact_id());
begin
    perform set_config('bangfu.claim', v_claim, true), set_config('bangfu.proof', act_signature(v_claim), true);
end
$$;

-- The owner of the schema at a shell: migrations, `bangfu user`.
create or replace function is_owner_session()
returns bool
language plpgsql stable
set search_path = pg_catalog, public, pg_temp
as $$
begin
    return current_setting('role') in ('none', 'bangfu_owner') and pg_has_role(session_user, 'bangfu_owner', 'member');
end
$$;

-- The live token or session of a key, with its user. In PL/pgSQL, here and below: a connection keeps its plans, while a
-- function in plain SQL with its owner's rights would be planned at every call.
create or replace function access_credential(p_federation uuid, p_key bytea)
returns table (user_id uuid, login text, kind text, credential_id uuid, used_at timestamptz)
language plpgsql stable strict security definer
set search_path = pg_catalog, public, pg_temp
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
    return query
    select u.id, u.login, c.kind, c.id, c.used_at
    from (select t.user_id, 'token' as kind, t.id, t.last_used_at as used_at
          from access_token t
          where t.federation_id = p_federation and t.token_hash = sha256(p_key) and t.revoked_at is null
            and (t.expires_at is null or t.expires_at > clock_timestamp())
          union all
          select s.user_id, 'session', s.id, null
          from login_session s
          where s.federation_id = p_federation and s.session_hash = sha256(p_key) and s.ended_at is null and s.expires_at > clock_timestamp()) c
    join app_user u on u.federation_id = p_federation and u.id = c.user_id and u.disabled_at is null;
end
$$;

-- The organisations under each of some, themselves among them.
create or replace function access_below(p_federation uuid, p_roots uuid[])
returns table (root uuid, id uuid)
language plpgsql stable strict security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
    return query
    with recursive below (root, id) as (
        select o.id, o.id from organisation o where o.federation_id = p_federation and o.id = any (p_roots)
        union
        select b.root, o.id
        from below b join organisation o on o.federation_id = p_federation and o.parent_id = b.id
    )
    select b.root, b.id from below b;
end
$$;

-- Who a key belongs to, for the service to decide what to answer: with each role the organisation it was granted within, null for
-- the whole federation, and with `tree` what changes whenever an organisation does, so that the service may keep what lies under
-- one until then. Notes once a minute that a token was used.
create or replace function access_authenticate(p_federation uuid, p_key bytea)
returns table (user_id uuid, login text, kind text, credential_id uuid, roles jsonb, tree text)
language plpgsql strict security definer
set search_path = pg_catalog, public, pg_temp
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
    v_known record;
begin
    select c.* into v_known from access_credential(p_federation, p_key) c;
    if not found then
        return;
    end if;
    if v_known.kind = 'token' and (v_known.used_at is null or v_known.used_at < clock_timestamp() - interval '1 minute') then
        update access_token t set last_used_at = clock_timestamp()
        where t.federation_id = p_federation and t.id = v_known.credential_id
          and t.id in (select l.id from access_token l where l.federation_id = p_federation and l.id = v_known.credential_id for no key update skip locked);
    end if;
    return query
    select v_known.user_id, v_known.login, v_known.kind, v_known.credential_id,
        coalesce(jsonb_agg(jsonb_build_object('role', g.role, 'organisation', g.organisation_id) order by g.role), '[]'),
        -- Versions only count up and organisations are never removed: the same count and sum are the same tree.
        case when bool_or(g.organisation_id is not null)
            then (select format('%s:%s', count(*), sum(o.version)) from organisation o where o.federation_id = p_federation) end
    from role_grant g
    where g.federation_id = p_federation and g.user_id = v_known.user_id and g.revoked_at is null;
end
$$;

-- Opens acts with the key of a token or session: one, or several of one user that are done together (docs/adr/0020). Their ids
-- stand in the setting bangfu.act, separated by commas. What is written when there are several must say of which it is: the
-- columns' default is the setting, and several ids are none. `p_home` is the user's federation: an administrator of the service (the nil
-- federation) may act on any; everybody else on their own. Without a key only the schema's owner acts, and, while the service
-- has no user at all, the first start.
--
-- `p_relied` are the roles that what will be done relies on: `cashier` in the whole federation, `cashier@` and an id in an organisation.
-- With `p_each` all of them must still be granted, else one of them. The service has asked for them before, but time has passed since
-- (a body was read, others were waited for), and a role may have been taken away meanwhile, or given anew elsewhere.
create or replace function act_begin(p_federation uuid, p_home uuid, p_acts uuid[], p_key bytea, p_relied text[] default null,
    p_each bool default false)
returns text
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
    v_known record;
    v_roles text[];
    v_granted text[];
begin
    if p_key is not null then
        select c.login, c.user_id into v_known from access_credential(p_home, p_key) c;
        if not found or (p_home <> p_federation and p_home <> '00000000-0000-0000-0000-000000000000') then
            raise exception 'no live credential for this act' using errcode = 'BF010', constraint = 'act_not_authenticated';
        end if;
        select coalesce(array_agg(distinct g.role), '{}'), coalesce(array_agg(g.role || coalesce('@' || g.organisation_id, '')), '{}')
          into v_roles, v_granted
        from role_grant g
        where g.federation_id = p_home and g.user_id = v_known.user_id and g.revoked_at is null;
        if not (case when p_each then p_relied <@ v_granted else p_relied && v_granted end) then
            raise exception 'no role for this act' using errcode = 'BF010', constraint = 'act_without_role';
        end if;
        -- Another federation may have a user of the same name: whoever acts from outside of it says so.
        perform act_claim(p_federation, p_acts, v_known.login || case when p_home = p_federation then '' else '@service' end, v_roles);
        return v_known.login;
    end if;
    if is_owner_session() then
        perform act_claim(p_federation, p_acts, 'shell', array['administrator']);
        return 'shell';
    end if;
    if not exists (select from app_user) then
        perform act_claim(p_federation, p_acts, 'bootstrap', array['administrator']);
        return 'bootstrap';
    end if;
    raise exception 'no credential for this act' using errcode = 'BF010', constraint = 'act_not_authenticated';
end
$$;

-- The genuine claim of this very transaction: acts, federation, login and roles. Refuses when there is none.
create or replace function act_claimed()
returns text[]
language plpgsql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_claim text := current_setting('bangfu.claim', true);
begin
    if v_claim is null or v_claim = '' or current_setting('bangfu.proof', true) is distinct from act_signature(v_claim)
        or split_part(v_claim, '|', 1) is distinct from current_setting('bangfu.act', true)
        or split_part(v_claim, '|', 2) is distinct from current_setting('bangfu.federation', true)
        or split_part(v_claim, '|', 5) is distinct from pg_current_xact_id_if_assigned()::text then
        raise exception 'nobody is authenticated for this act' using errcode = 'BF010', constraint = 'act_not_authenticated';
    end if;
    return string_to_array(v_claim, '|');
end
$$;

-- Who acts in this transaction. Whoever failed to log in is nobody: their act holds the event of the failure and nothing else.
create or replace function acting()
returns text
language plpgsql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_login text := (act_claimed())[3];
begin
    if v_login = 'unknown' then
        raise exception 'nobody is authenticated for this act' using errcode = 'BF010', constraint = 'act_not_authenticated';
    end if;
    return v_login;
end
$$;

-- The acts of this transaction.
create or replace function acts_claimed()
returns uuid[]
language plpgsql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
    return string_to_array((act_claimed())[1], ',')::uuid[];
end
$$;

-- Who acts, for rows that say of which acts they are: these must be acts of this transaction.
create or replace function acting_in(p_acts uuid[])
returns text
language plpgsql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_login text := acting();
begin
    -- The setting is what acting() has just held against the claim.
    if (p_acts <@ string_to_array(current_setting('bangfu.act'), ',')::uuid[]) is not true then
        raise exception 'a row of another act' using errcode = 'BF010', constraint = 'act_not_authenticated';
    end if;
    return v_login;
end
$$;

-- Whether who acts has a role, anywhere.
create or replace function acting_has(p_role text)
returns bool
language plpgsql stable strict security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
    perform acting();
    return p_role = any (string_to_array(split_part(current_setting('bangfu.claim'), '|', 4), ','));
end
$$;

create or replace function require_administrator(p_federation uuid)
returns void
language plpgsql stable strict security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
    if not acting_has('administrator') or p_federation::text <> current_setting('bangfu.federation') then
        raise exception 'only an administrator manages users' using errcode = 'BF011', constraint = 'administrator_needed';
    end if;
end
$$;

-- Whether anybody can log in at all; until then the first start may make an administrator.
create or replace function access_has_users()
returns bool
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select exists (select from app_user)
$$;

create or replace function access_add_user(p_federation uuid, p_user uuid, p_login text, p_name text, p_at timestamptz)
returns void
language plpgsql strict security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
    perform require_administrator(p_federation);
    insert into app_user (federation_id, id, login, name, created_at) values (p_federation, p_user, p_login, p_name, p_at);
end
$$;

-- Sets a password: an administrator for others, everybody for themselves by proving the one they have.
create or replace function access_set_password(p_federation uuid, p_user uuid, p_salt text, p_key bytea, p_present_key bytea)
returns void
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_user record;
begin
    select u.* into v_user from app_user u where u.federation_id = p_federation and u.id = p_user for no key update;
    if not found then
        raise exception 'no such user' using errcode = 'BF012', constraint = 'user_unknown';
    end if;
    if p_present_key is null then
        perform require_administrator(p_federation);
    elsif v_user.login <> acting() or v_user.password_verifier is distinct from sha256(p_present_key) then
        raise exception 'the present password is another' using errcode = 'BF012', constraint = 'password_wrong';
    end if;
    update app_user set password_salt = p_salt, password_verifier = sha256(p_key), failed_logins = 0, locked_until = null, version = version + 1
    where federation_id = p_federation and id = p_user;
    -- Whoever knew the old password is logged out.
    update login_session set ended_at = clock_timestamp() where federation_id = p_federation and user_id = p_user and ended_at is null;
end
$$;

-- Disables a user, or lets a disabled or locked one in again.
create or replace function access_set_enabled(p_federation uuid, p_user uuid, p_enabled bool, p_at timestamptz)
returns void
language plpgsql strict security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
    perform require_administrator(p_federation);
    update app_user
    set disabled_at = case when p_enabled then null else coalesce(disabled_at, p_at) end, failed_logins = 0, locked_until = null, version = version + 1
    where federation_id = p_federation and id = p_user;
    if not found then
        raise exception 'no such user' using errcode = 'BF012', constraint = 'user_unknown';
    end if;
    if not p_enabled then
        update login_session set ended_at = clock_timestamp() where federation_id = p_federation and user_id = p_user and ended_at is null;
    end if;
end
$$;

-- Grants a role. An auditor audits others and an administrator moves no money: neither has any other role. Nobody grants to
-- themselves.
create or replace function access_grant(p_federation uuid, p_grant uuid, p_user uuid, p_role text, p_organisation uuid, p_reason text, p_at timestamptz)
returns void
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_login text;
begin
    perform require_administrator(p_federation);
    -- Held, so that of two grants at once the second sees the first.
    select u.login into v_login from app_user u where u.federation_id = p_federation and u.id = p_user for no key update;
    if not found then
        raise exception 'no such user' using errcode = 'BF012', constraint = 'user_unknown';
    end if;
    if v_login = acting() then
        raise exception 'nobody grants to themselves' using errcode = 'BF012', constraint = 'grant_to_oneself';
    end if;
    if exists (select from role_grant g
               where g.federation_id = p_federation and g.user_id = p_user and g.revoked_at is null and g.role <> p_role
                 and (g.role in ('auditor', 'administrator') or p_role in ('auditor', 'administrator'))) then
        raise exception 'auditors and administrators have no other role' using errcode = 'BF012', constraint = 'role_exclusive';
    end if;
    insert into role_grant (federation_id, id, user_id, role, organisation_id, reason, granted_by, granted_at)
    values (p_federation, p_grant, p_user, p_role, p_organisation, p_reason, acting(), p_at);
end
$$;

create or replace function access_revoke(p_federation uuid, p_grant uuid, p_reason text, p_at timestamptz)
returns void
language plpgsql strict security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
    perform require_administrator(p_federation);
    update role_grant set revoked_by = acting(), revoked_at = p_at, revoke_reason = p_reason
    where federation_id = p_federation and id = p_grant and revoked_at is null;
    if not found then
        raise exception 'no such grant' using errcode = 'BF012', constraint = 'grant_unknown';
    end if;
end
$$;

-- A token for oneself; for others only where nobody can log in yet: the schema's owner and the first start.
create or replace function access_add_token(p_federation uuid, p_token uuid, p_user uuid, p_name text, p_key bytea, p_expires_at timestamptz, p_at timestamptz)
returns void
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
    if acting() not in ('shell', 'bootstrap')
        and not exists (select from app_user u where u.federation_id = p_federation and u.id = p_user and u.login = acting()) then
        raise exception 'a token is made by whom it is for' using errcode = 'BF011', constraint = 'token_for_another';
    end if;
    insert into access_token (federation_id, id, user_id, name, token_hash, created_at, expires_at)
    values (p_federation, p_token, p_user, p_name, sha256(p_key), p_at, p_expires_at);
end
$$;

-- Revokes a token: its user, or an administrator.
create or replace function access_revoke_token(p_federation uuid, p_token uuid, p_at timestamptz)
returns void
language plpgsql strict security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
    update access_token t set revoked_at = p_at
    from app_user u
    where t.federation_id = p_federation and t.id = p_token and t.revoked_at is null
      and u.federation_id = t.federation_id and u.id = t.user_id and (u.login = acting() or acting_has('administrator'));
    if not found then
        raise exception 'no such token' using errcode = 'BF012', constraint = 'token_unknown';
    end if;
end
$$;

-- The parameters and salt with which a password becomes a key. Null for users who are not there or have none.
create or replace function access_password_salt(p_federation uuid, p_login text)
returns text
language sql stable strict security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select u.password_salt from app_user u where u.federation_id = p_federation and u.login = p_login
$$;

-- Logs in with the key made of a password: only its hash is kept, so reading the table is not enough. After five failures a user
-- is locked for a minute, and twice as long with each further one, up to an hour. Also opens the act: the login is its first deed.
create or replace function access_open_session(p_federation uuid, p_act uuid, p_login text, p_password_key bytea,
    p_session uuid, p_session_key bytea, p_hours int, p_at timestamptz)
returns table (user_id uuid, outcome text, expires_at timestamptz)
language plpgsql strict security definer
set search_path = pg_catalog, public, pg_temp
as $$
#variable_conflict use_column
declare
    v_user record;
    v_failed int;
    v_until timestamptz := clock_timestamp() + make_interval(hours => least(greatest(p_hours, 1), 24));
begin
    -- Until the password is proved, it is not known who this is.
    perform act_claim(p_federation, array[p_act], 'unknown', '{}');
    select u.* into v_user from app_user u where u.federation_id = p_federation and u.login = p_login for no key update;
    if not found then
        return query select null::uuid, 'failed', null::timestamptz;
        return;
    end if;
    if v_user.locked_until > clock_timestamp() then
        return query select v_user.id, 'locked', null::timestamptz;
        return;
    end if;
    if v_user.disabled_at is not null or v_user.password_verifier is distinct from sha256(p_password_key) then
        v_failed := v_user.failed_logins + 1;
        update app_user set failed_logins = v_failed,
            locked_until = case when v_failed >= 5 then clock_timestamp() + least(interval '1 minute' * power(2, least(v_failed - 5, 10)), interval '1 hour') end
        where federation_id = p_federation and id = v_user.id;
        return query select v_user.id, 'failed', null::timestamptz;
        return;
    end if;
    perform act_claim(p_federation, array[p_act], p_login, '{}');
    update app_user set failed_logins = 0, locked_until = null where federation_id = p_federation and id = v_user.id and failed_logins > 0;
    insert into login_session (federation_id, id, user_id, session_hash, created_at, expires_at)
    values (p_federation, p_session, v_user.id, sha256(p_session_key), p_at, v_until);
    return query select v_user.id, 'done', v_until;
end
$$;

create or replace function access_end_session(p_federation uuid, p_session uuid)
returns void
language plpgsql strict security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
    update login_session s set ended_at = clock_timestamp()
    from app_user u
    where s.federation_id = p_federation and s.id = p_session and s.ended_at is null
      and u.federation_id = s.federation_id and u.id = s.user_id and u.login = acting();
end
$$;
