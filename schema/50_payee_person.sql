-- The hash by which a person who is paid counts once in reports, whoever else reports the same person. Whoever writes an
-- instruction writes it along; that it is the one of the roster entry is looked at once for all instructions of a statement.
drop trigger if exists instruction_names_its_person on instruction;
drop function if exists name_person_of_instruction();

create or replace function refuse_another_payee_person()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
    perform from added a
    left join roster_entry e on e.federation_id = a.federation_id and e.id = a.roster_entry_id and e.payee_kind = 'person'
    left join person p on p.federation_id = e.federation_id and p.id = e.person_id
    where a.payee_person is distinct from p.identity_number_hash
    limit 1;
    if found then
        raise exception 'instruction: another person than its roster entry names' using errcode = 'BF007', constraint = 'instruction_names_its_payee';
    end if;
    return null;
end
$$;

create or replace trigger instruction_names_its_payee after insert on instruction referencing new table as added
    for each statement execute function refuse_another_payee_person();
