do $$
declare
    v_table text;
begin
    foreach v_table in array array['dossier_event', 'line_change', 'arrival', 'journal_entry', 'period_closing', 'roster', 'standard_adjustment',
        'roster_entry', 'roster_funding', 'approval', 'evidence', 'instruction_event', 'transfer_feedback', 'declared_figure', 'comparison',
        'finding_event', 'appropriation', 'allocation_line', 'plan_funding', 'tier', 'review', 'batch', 'instruction', 'transfer_down',
        'fund_return', 'recovery'] loop
        execute format('alter table %I drop column act_id', v_table);
    end loop;
end
$$;
drop table state_event;
delete from ledger_log where journal_entry_id is null;
alter table ledger_log drop constraint ledger_log_one_thing;
alter table ledger_log drop constraint ledger_log_event_known;
alter table ledger_log drop constraint ledger_log_event_once;
alter table ledger_log drop column audit_event_id;
alter table ledger_log alter column journal_entry_id set not null;
comment on table ledger_log is 'The order in which entries became known: gap-free per federation, in the order of the locks; sealed';
drop table audit_event;
