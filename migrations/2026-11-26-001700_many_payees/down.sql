drop table beneficiary_day;
drop table beneficiary_part;
drop table beneficiary_head;
comment on table audit_event is 'Who did what, when, from where and why (审计事件): one for each act; sealed, written only by audit_append()';
alter table instruction drop constraint instruction_batch_known,
    add constraint instruction_plan_known foreign key (federation_id, plan_id) references plan (federation_id, id),
    add constraint instruction_batch_known foreign key (federation_id, batch_id) references batch (federation_id, id);
alter table batch drop constraint batch_id_and_plan_unique;
drop index instruction_open_of_plan;
