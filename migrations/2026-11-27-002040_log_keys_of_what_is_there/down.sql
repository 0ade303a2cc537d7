drop index ledger_log_entry_once, ledger_log_event_once;
alter table ledger_log add constraint ledger_log_entry_once unique (federation_id, journal_entry_id),
    add constraint ledger_log_event_once unique (federation_id, audit_event_id);
