drop table finding_event;
drop table finding;
drop table comparison;
drop table declared_figure;
