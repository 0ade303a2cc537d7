-- A statement whose closing balance does not follow from what is known of the account is an exception of its own (ADR 0017): about
-- no line and no instruction, and no part of the equation.

alter table statement_exception
    drop constraint statement_exception_kind_known,
    drop constraint statement_exception_about_something,
    add constraint statement_exception_kind_known check (kind in (
        'amount_differs', 'missing_in_bank', 'missing_in_ledger', 'duplicate', 'fee', 'unknown_code', 'contradicted', 'balance_differs')),
    add constraint statement_exception_about_something check (
        (line_id is null) = (kind in ('missing_in_bank', 'balance_differs'))
        and (line_id is not null or (instruction_id is null) = (kind = 'balance_differs'))
        and (kind <> 'balance_differs' or difference = 0));
comment on column statement_exception.candidates is 'Every instruction or batch it might be, with the reason; of balances, the one expected and the one given';
