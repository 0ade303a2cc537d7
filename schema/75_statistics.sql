-- Statistics that keep up with a transaction that writes much. See docs/adr/0023.
--
-- PostgreSQL plans by what it knows of its tables, and learns it from autovacuum, once a minute and from committed rows. The check
-- of a foreign key keeps its plan as long as the connection lives; made while a table was tiny, when every index looks alike, it may
-- walk over the whole federation to find one row. A hundred thousand rows in one transaction then take hours, not seconds. New
-- statistics make every connection plan again.

-- Analyses the tables that have grown fourfold since they were analysed last, and answers with their names. One that somebody
-- else is analysing is passed over. A sample is enough: autovacuum looks closer later.
create or replace function refresh_statistics()
returns setof text
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
set default_statistics_target = 20
as $$
declare
    v record;
begin
    for v in
        select c.relname
        from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
          and pg_relation_size(c.oid) >= current_setting('block_size')::int8 * greatest(32, 4 * c.relpages)
    loop
        execute format('analyze (skip_locked) %I', v.relname);
        return next v.relname;
    end loop;
end
$$;
