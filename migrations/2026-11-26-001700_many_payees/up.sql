-- What a hundred thousand payments at once need.

-- Whether a plan has anything left to settle is asked with every settlement.
create index instruction_open_of_plan on instruction (federation_id, plan_id) where status in ('pending', 'sent', 'failed', 'unknown', 'bounced');

comment on table audit_event is 'Who did what, when, from where and why (审计事件): one for each act; sealed, written only by audit_tell()';
