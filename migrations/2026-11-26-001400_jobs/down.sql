drop table imported_row;
drop table job_file;
drop table job;
