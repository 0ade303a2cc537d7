-- What grants cannot say: rows that may be added, but not once something is locked, and states that follow each other.

-- A roster that a plan is locked to takes no further rows: they would change what was approved.
create or replace function refuse_rows_of_locked_rosters()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
    if tg_table_name = 'roster_entry' then
        perform from added a join plan p on p.federation_id = a.federation_id and p.roster_id = a.roster_id limit 1;
    else
        perform from added a
        join roster_entry e on e.federation_id = a.federation_id and e.id = a.roster_entry_id
        join plan p on p.federation_id = e.federation_id and p.roster_id = e.roster_id
        limit 1;
    end if;
    if found then
        raise exception 'a locked roster takes no rows' using errcode = 'BF007', constraint = 'roster_locked';
    end if;
    return null;
end
$$;

create or replace trigger roster_entry_not_after_locking
    after insert on roster_entry referencing new table as added
    for each statement execute function refuse_rows_of_locked_rosters();
create or replace trigger roster_funding_not_after_locking
    after insert on roster_funding referencing new table as added
    for each statement execute function refuse_rows_of_locked_rosters();

-- domain.md, States: a plan goes only along its life, and keeps its roster from locking on.
create or replace function refuse_plan_steps_out_of_order()
returns trigger
language plpgsql
set search_path = pg_catalog, public, pg_temp
as $$
begin
    if old.status <> new.status and (old.status, new.status) not in (
        ('draft', 'locked'), ('draft', 'cancelled'), ('locked', 'in_review'), ('locked', 'draft'), ('locked', 'cancelled'),
        ('in_review', 'approved'), ('in_review', 'draft'), ('in_review', 'cancelled'), ('approved', 'released'),
        ('approved', 'cancelled'), ('released', 'settled'), ('settled', 'released'), ('settled', 'closed'))
        or (old.roster_id is distinct from new.roster_id and new.status not in ('locked', 'draft'))
        or (old.status = new.status and new.status <> 'draft' and old is distinct from new) then
        raise exception 'a plan does not go from % to %', old.status, new.status using errcode = 'BF008', constraint = 'plan_step_in_order';
    end if;
    return new;
end
$$;

create or replace trigger plan_step_in_order
    before update on plan for each row execute function refuse_plan_steps_out_of_order();

-- ADR 0013: a number is taken out by an erasure, and never replaced by another. Who may write to an account's row still cannot
-- lead its money elsewhere. Only the owner seals it anew with another key, which leaves the hash as it is.
create or replace function refuse_another_number()
returns trigger
language plpgsql
set search_path = pg_catalog, public, pg_temp
as $$
begin
    -- Nested, because the fields of the one table are not those of the other.
    if tg_table_name = 'person' then
        if new.identity_number_hash is distinct from old.identity_number_hash and new.identity_number_hash is not null
           or new.identity_number_sealed is distinct from old.identity_number_sealed and new.identity_number_sealed is not null
              and current_user = 'bangfu_service' then
            raise exception 'an identity number is erased or stays' using errcode = 'BF009', constraint = 'number_stays';
        end if;
    elsif new.number_hash is distinct from old.number_hash and new.number_hash is not null
          or new.number_sealed is distinct from old.number_sealed and new.number_sealed is not null and current_user = 'bangfu_service' then
        raise exception 'the number of an account is erased or stays' using errcode = 'BF009', constraint = 'number_stays';
    end if;
    return new;
end
$$;

create or replace trigger person_number_stays
    before update of identity_number_hash, identity_number_sealed on person for each row execute function refuse_another_number();
create or replace trigger payee_account_number_stays
    before update of number_hash, number_sealed on payee_account for each row execute function refuse_another_number();
