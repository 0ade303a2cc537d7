drop trigger if exists instruction_names_its_person on instruction;
drop function if exists name_person_of_instruction();
alter table instruction drop column payee_person;
drop table issued_report;
drop table checkpoint;
drop table log_tile;
drop table sealed_leaf;
