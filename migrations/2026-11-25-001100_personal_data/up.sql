-- Identity numbers, card numbers and phones are sealed by the program (ADR 0013). SQL does not have the key, so what stands
-- there in clear cannot be taken along: nothing has been deployed before this step.
do $$
begin
    if exists (select from person) or exists (select from payee_account) or exists (select from transfer_feedback)
       or exists (select from evidence where raw_text is not null) or exists (select from instruction where account_number is not null) then
        raise exception 'there is personal data in clear, which this migration cannot encrypt: start with an empty database'
            using hint = 'Export what is needed with the former version, make a new database, and enter it again through the API.';
    end if;
end
$$;

create table vault_key (
    id text not null,
    purpose text not null,
    first_used_at timestamptz not null,
    retired_at timestamptz,
    constraint vault_key_pkey primary key (id),
    constraint vault_key_purpose_known check (purpose in ('index', 'data')),
    constraint vault_key_index_stays check (purpose <> 'index' or retired_at is null)
);
comment on table vault_key is 'Which keys this database was used with, so that a service with others does not start; the keys themselves stand outside';
comment on column vault_key.id is 'Eight digits computed from the key';
comment on column vault_key.retired_at is 'Since when nothing is sealed with it any more';
-- There is one index: what was written with it is found with no other.
create unique index vault_key_one_index on vault_key (purpose) where purpose = 'index';

alter table person
    drop constraint person_identity_number_unique,
    drop column identity_number,
    drop column phone,
    alter column born_on drop not null,
    add column identity_number_sealed bytea,
    add column identity_number_hash bytea,
    add column phone_sealed bytea,
    add column phone_hash bytea,
    add column erased_on date,
    add constraint person_identity_number_unique unique (federation_id, identity_number_hash),
    add constraint person_whole_or_erased check (num_nulls(identity_number_sealed, identity_number_hash, born_on) = case when erased_on is null then 0 else 3 end),
    add constraint person_phone_with_hash check ((phone_sealed is null) = (phone_hash is null)),
    add constraint person_hashes_of_32_bytes check (octet_length(identity_number_hash) = 32 and octet_length(phone_hash) = 32);
create index person_by_phone on person (federation_id, phone_hash) where phone_hash is not null;
comment on column person.identity_number_sealed is 'Encrypted by the program; empty once the person is erased';
comment on column person.identity_number_hash is 'Keyed hash, by which a person is found and registered once';
comment on column person.phone_sealed is 'Encrypted by the program';
comment on column person.phone_hash is 'Keyed hash of its digits';
comment on column person.erased_on is 'The day on which name, numbers, birth and accounts were taken out';

drop index payee_account_number_once_per_person;
drop index payee_account_number_once_per_organisation;
alter table payee_account
    drop column number,
    add column number_sealed bytea,
    add column number_hash bytea,
    add column erased_on date,
    add constraint payee_account_whole_or_erased check (num_nulls(number_sealed, number_hash) = case when erased_on is null then 0 else 2 end),
    add constraint payee_account_erased_when_closed check (erased_on is null or closed_on is not null),
    add constraint payee_account_hash_of_32_bytes check (octet_length(number_hash) = 32);
create unique index payee_account_number_once_per_person on payee_account (federation_id, person_id, number_hash) where closed_on is null;
create unique index payee_account_number_once_per_organisation on payee_account (federation_id, organisation_id, number_hash) where closed_on is null;
comment on column payee_account.number_sealed is 'Encrypted by the program; empty once it is erased';
comment on column payee_account.number_hash is 'Keyed hash, by which an account is recorded once';
comment on column payee_account.erased_on is 'The day on which holder and number were taken out';

-- A payee account's number never changes, so the account's id is enough.
alter table instruction drop column account_number;

alter table transfer_feedback
    drop constraint transfer_feedback_person_once,
    drop column identity_number,
    add column identity_number_sealed bytea not null,
    add column identity_number_hash bytea not null,
    add column identity_number_commitment bytea not null,
    add constraint transfer_feedback_person_once unique (federation_id, transfer_down_id, identity_number_hash),
    add constraint transfer_feedback_digests_of_32_bytes check (octet_length(identity_number_hash) = 32 and octet_length(identity_number_commitment) = 32);
comment on column transfer_feedback.identity_number_sealed is 'Encrypted by the program';
comment on column transfer_feedback.identity_number_hash is 'Keyed hash; the same person has the same one in person';
comment on column transfer_feedback.identity_number_commitment is 'SHA-256 over salt and value; what the seal covers';

alter table evidence
    drop column raw_text,
    add column raw_text_sealed bytea,
    add column raw_text_commitment bytea,
    add constraint evidence_raw_text_with_commitment check ((raw_text_sealed is null) = (raw_text_commitment is null)),
    add constraint evidence_commitment_of_32_bytes check (octet_length(raw_text_commitment) = 32);
comment on column evidence.raw_text_sealed is 'The line as it stands in the file, encrypted by the program: bank lines name persons and cards';
comment on column evidence.raw_text_commitment is 'SHA-256 over salt and text; what the seal covers';
