-- What is checked of every row of the books, said in fewer constraints: each one is read and prepared anew by every statement that
-- writes (ADR 0020).

alter table ledger_balance
    drop constraint ledger_balance_granted_not_negative,
    drop constraint ledger_balance_top_up_not_negative,
    drop constraint ledger_balance_available_not_negative,
    drop constraint ledger_balance_committed_not_negative,
    drop constraint ledger_balance_in_transit_not_negative,
    drop constraint ledger_balance_disbursed_not_negative,
    drop constraint ledger_balance_transferred_down_not_negative,
    drop constraint ledger_balance_bounced_not_negative,
    drop constraint ledger_balance_recoverable_not_negative,
    drop constraint ledger_balance_returned_not_negative,
    drop constraint ledger_balance_carried_over_not_negative,
    drop constraint ledger_balance_reclaimed_not_negative,
    drop constraint ledger_balance_topped_up_elsewhere_not_negative,
    add constraint ledger_balance_not_negative check (least(granted, top_up, available, committed, in_transit, disbursed, transferred_down,
        bounced, recoverable, returned, carried_over, reclaimed, topped_up_elsewhere) >= 0);
