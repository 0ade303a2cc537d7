-- The hash by which a person who is paid counts once in reports, whoever else reports the same person.
create or replace function name_person_of_instruction()
returns trigger
language plpgsql
set search_path = pg_catalog, public, pg_temp
as $$
begin
    select p.identity_number_hash into new.payee_person
    from roster_entry e
    join person p on p.federation_id = e.federation_id and p.id = e.person_id
    where e.federation_id = new.federation_id and e.id = new.roster_entry_id and e.payee_kind = 'person';
    return new;
end
$$;

create or replace trigger instruction_names_its_person before insert on instruction
    for each row execute function name_person_of_instruction();
