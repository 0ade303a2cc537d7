-- A log number stands for an entry or for an event: each key holds those that stand for its kind, and not every number twice.
alter table ledger_log drop constraint ledger_log_entry_once, drop constraint ledger_log_event_once;
create unique index ledger_log_entry_once on ledger_log (federation_id, journal_entry_id) where journal_entry_id is not null;
create unique index ledger_log_event_once on ledger_log (federation_id, audit_event_id) where audit_event_id is not null;
