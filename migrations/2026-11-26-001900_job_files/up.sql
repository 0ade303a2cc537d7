-- Until when the file that came of a job can be had: a week for most, an hour for a list in clear.

alter table job add column file_until timestamptz;
comment on column job.file_until is 'Until when the file that came of it can be had; null when there is none';
update job j set file_until = j.ended_at + interval '7 days'
where exists (select from job_file f where f.federation_id = j.federation_id and f.job_id = j.id and f.purpose = 'output');
alter table job add constraint job_file_until_it_ends check (file_until is null or ended_at is not null);
create index job_files_kept on job (federation_id, file_until) where file_until is not null;
comment on table job_file is 'The files of jobs in pieces, encrypted; the input is taken out when the job ends, the answer when its time is over';
