drop index instruction_by_account;
drop index payee_account_by_number;
drop index evidence_statement_line_once;
drop index evidence_line_once;
alter table evidence drop constraint evidence_statement_line_known;
drop table statement_resolution;
drop table statement_result;
drop table statement_exception;
drop table statement_match;
-- What only a statement said is no file's line any more.
alter table evidence drop column statement_line_id;
create unique index evidence_line_once on evidence (federation_id, file_digest, line_number) where file_digest is not null;
drop table statement_line;
drop table bank_statement;
drop table bank_file_piece;
drop table bank_file;
drop table file_layout;
