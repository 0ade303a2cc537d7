drop table beneficiary_day;
drop table beneficiary_part;
drop table beneficiary_head;
comment on table audit_event is 'Who did what, when, from where and why (审计事件): one for each act; sealed, written only by audit_append()';
drop index instruction_open_of_plan;
