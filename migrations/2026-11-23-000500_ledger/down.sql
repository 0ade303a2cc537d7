drop table period_closing;
drop table ledger_log;
drop table ledger_head;
drop table posting;
drop table journal_entry;
drop table ledger_move;
drop table ledger_day;
drop table ledger_balance;
