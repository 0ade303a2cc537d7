comment on table job_file is 'The files of jobs in pieces, encrypted; the input is taken out when the job ends, the answer a week later';
drop index job_files_kept;
alter table job drop constraint job_file_until_it_ends;
alter table job drop column file_until;
