-- Nothing is written without an act. Grants say what the service may write; here it may write it only in a transaction that
-- act_begin() has opened for somebody: the service's own password alone changes no row of any table.

create or replace function require_act()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
    if not is_owner_session() then
        perform acting();
    end if;
    return null;
end
$$;

revoke all on function require_act() from public;

-- Not so what follows from the log (leaves, tiles, checkpoints, reports as issued: whoever changes them is found by hashing the
-- sealed rows again), the list of keys in use, which a service writes down when it starts, and the leases, progress and files of
-- jobs: nobody acts in these. What a job does is an act of its user, with a credential that these rows only hold encrypted.
-- Every other table that the service may write, today's and tomorrow's, because this file is run again after every migration.
do $$
declare
    v_table name;
begin
    for v_table in
        select c.relname from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
          and c.relname not in ('sealed_leaf', 'log_tile', 'checkpoint', 'issued_report', 'vault_key', 'job', 'job_file')
          and (has_table_privilege('bangfu_service', c.oid, 'insert') or has_any_column_privilege('bangfu_service', c.oid, 'update'))
    loop
        execute format('create or replace trigger written_in_an_act before insert or update on %I for each statement execute function require_act()', v_table);
    end loop;
end
$$;
