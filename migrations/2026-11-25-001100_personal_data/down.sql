-- What is sealed cannot be opened by SQL: the way back is open only while there is no personal data.
do $$
begin
    if exists (select from person) or exists (select from payee_account) or exists (select from transfer_feedback)
       or exists (select from evidence where raw_text_commitment is not null) then
        raise exception 'there is personal data, which SQL cannot decrypt: this migration cannot be reverted';
    end if;
end
$$;

alter table evidence
    drop constraint evidence_raw_text_with_commitment,
    drop constraint evidence_commitment_of_32_bytes,
    drop column raw_text_sealed,
    drop column raw_text_commitment,
    add column raw_text text;

alter table transfer_feedback
    drop constraint transfer_feedback_person_once,
    drop constraint transfer_feedback_digests_of_32_bytes,
    drop column identity_number_sealed,
    drop column identity_number_hash,
    drop column identity_number_commitment,
    add column identity_number text not null,
    add constraint transfer_feedback_person_once unique (federation_id, transfer_down_id, identity_number);

alter table instruction add column account_number text;

drop index payee_account_number_once_per_person;
drop index payee_account_number_once_per_organisation;
alter table payee_account
    drop constraint payee_account_whole_or_erased,
    drop constraint payee_account_erased_when_closed,
    drop constraint payee_account_hash_of_32_bytes,
    drop column number_sealed,
    drop column number_hash,
    drop column erased_on,
    add column number text not null;
create unique index payee_account_number_once_per_person on payee_account (federation_id, person_id, number) where closed_on is null;
create unique index payee_account_number_once_per_organisation on payee_account (federation_id, organisation_id, number) where closed_on is null;

drop index person_by_phone;
alter table person
    drop constraint person_identity_number_unique,
    drop constraint person_whole_or_erased,
    drop constraint person_phone_with_hash,
    drop constraint person_hashes_of_32_bytes,
    drop column identity_number_sealed,
    drop column identity_number_hash,
    drop column phone_sealed,
    drop column phone_hash,
    drop column erased_on,
    alter column born_on set not null,
    add column identity_number text not null,
    add column phone text,
    add constraint person_identity_number_unique unique (federation_id, identity_number);

drop table vault_key;
