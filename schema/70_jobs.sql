-- Which federations have a job that a worker could take: a worker has none of its own, and asking each in turn would take as
-- long as there are federations.
create or replace function job_waiting_federations()
returns setof uuid
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select distinct j.federation_id from job j
    where j.state = 'queued' or (j.state = 'running' and j.lease_until < clock_timestamp())
$$;
