drop table standard;
drop table arrival;
drop table line_change;
drop table allocation_line;
drop table appropriation;
drop table fund_source;
