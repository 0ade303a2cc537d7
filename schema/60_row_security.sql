-- The second wall between federations: a statement that forgets its federation finds nothing. Every table with a federation is
-- behind it, today's and tomorrow's, because this file is run again after every migration.
do $$
declare
    v_table name;
begin
    for v_table in
        select c.relname from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'federation_id' and not a.attisdropped
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
    loop
        execute format('alter table %I enable row level security', v_table);
        execute format('drop policy if exists of_the_federation on %I', v_table);
        execute format('create policy of_the_federation on %I using (federation_id = (select nullif(current_setting(''bangfu.federation'', true), '''')::uuid))', v_table);
    end loop;
end
$$;
