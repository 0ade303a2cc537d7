comment on column statement_exception.candidates is 'Every instruction or batch it might be, with the reason';
alter table statement_exception
    drop constraint statement_exception_kind_known,
    drop constraint statement_exception_about_something,
    add constraint statement_exception_kind_known check (kind in ('amount_differs', 'missing_in_bank', 'missing_in_ledger', 'duplicate', 'fee', 'unknown_code', 'contradicted')),
    add constraint statement_exception_about_something check ((line_id is null) = (kind = 'missing_in_bank') and (line_id is not null or instruction_id is not null));
