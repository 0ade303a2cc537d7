drop table recovery;
drop table fund_return;
drop table transfer_feedback;
drop table transfer_down;
drop table instruction_event;
drop table evidence;
drop table instruction;
drop table batch;
