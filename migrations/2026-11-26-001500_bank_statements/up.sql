-- Layouts of banks' text files, kept as data; bank statements, what their lines are matched with, and what does not match.

create table file_layout (
    federation_id uuid not null,
    id uuid not null,
    name text not null,
    purpose text not null,
    version int4 not null,
    description jsonb not null,
    created_by text not null,
    created_at timestamptz not null,
    act_id uuid not null default current_setting('bangfu.act')::uuid,
    constraint file_layout_pkey primary key (federation_id, id),
    constraint file_layout_federation_known foreign key (federation_id) references federation (id),
    constraint file_layout_version_unique unique (federation_id, purpose, name, version),
    constraint file_layout_purpose_known check (purpose in ('payments', 'results', 'statement')),
    constraint file_layout_name_not_blank check (btrim(name) <> ''),
    constraint file_layout_version_counts check (version > 0)
);
comment on table file_layout is 'Layouts of banks'' text files (文件版式); a change is another version; sealed';
comment on column file_layout.purpose is 'What such files are for: payments out, results in, statements in';
comment on column file_layout.version is 'Counted from 1 within purpose and name; the highest is the one in use';
comment on column file_layout.description is 'Encoding, cells and frames of the file, checked when it was recorded';
comment on column file_layout.act_id is 'The act that wrote it: its audit event, by which the log covers it';
create index file_layout_by_act on file_layout (federation_id, act_id);

create table bank_file (
    federation_id uuid not null,
    id uuid not null,
    digest text not null,
    format text not null,
    layout_name text,
    layout_version int4,
    bytes int8 not null,
    taken_by text not null,
    taken_at timestamptz not null,
    act_id uuid not null default current_setting('bangfu.act')::uuid,
    constraint bank_file_pkey primary key (federation_id, id),
    constraint bank_file_federation_known foreign key (federation_id) references federation (id),
    constraint bank_file_digest_unique unique (federation_id, digest),
    constraint bank_file_format_known check (format in ('camt053', 'mt940', 'layout')),
    constraint bank_file_layout_named check ((format = 'layout') = (layout_name is not null) and (layout_name is null) = (layout_version is null))
);
comment on table bank_file is 'Files of bank statements (对账单文件) that were taken in, each once; sealed';
comment on column bank_file.digest is 'SHA-256 of the file';
comment on column bank_file.layout_version is 'The version of the layout it was read by; 0 of a built-in one';
comment on column bank_file.act_id is 'The act that wrote it: its audit event, by which the log covers it';
create index bank_file_by_act on bank_file (federation_id, act_id);

create table bank_file_piece (
    federation_id uuid not null,
    id uuid not null,
    file_id uuid not null,
    position int4 not null,
    content_sealed bytea not null,
    content_commitment bytea not null,
    act_id uuid not null default current_setting('bangfu.act')::uuid,
    constraint bank_file_piece_pkey primary key (federation_id, id),
    constraint bank_file_piece_file_known foreign key (federation_id, file_id) references bank_file (federation_id, id),
    constraint bank_file_piece_place_once unique (federation_id, file_id, position),
    constraint bank_file_piece_commitment_of_32_bytes check (octet_length(content_commitment) = 32)
);
comment on table bank_file_piece is 'The file itself in pieces, for good, encrypted by the program; sealed';
comment on column bank_file_piece.content_sealed is 'A piece of the file in base64, encrypted by the program';
comment on column bank_file_piece.content_commitment is 'SHA-256 over salt and piece; what the seal covers';
comment on column bank_file_piece.act_id is 'The act that wrote it: its audit event, by which the log covers it';
create index bank_file_piece_by_act on bank_file_piece (federation_id, act_id);

create table bank_statement (
    federation_id uuid not null,
    id uuid not null,
    file_id uuid not null,
    position int4 not null,
    bank_reference text not null,
    sequence text,
    account_sealed bytea not null,
    account_hash bytea not null,
    account_commitment bytea not null,
    currency text not null,
    from_on date,
    to_on date,
    opening yuan,
    closing yuan,
    days int2 not null,
    batches text not null,
    act_id uuid not null default current_setting('bangfu.act')::uuid,
    constraint bank_statement_pkey primary key (federation_id, id),
    constraint bank_statement_file_known foreign key (federation_id, file_id) references bank_file (federation_id, id),
    constraint bank_statement_place_once unique (federation_id, file_id, position),
    constraint bank_statement_digests_of_32_bytes check (octet_length(account_hash) = 32 and octet_length(account_commitment) = 32),
    constraint bank_statement_period_whole check ((from_on is null) = (to_on is null) and from_on <= to_on),
    constraint bank_statement_days_counted check (days between 0 and 60),
    constraint bank_statement_batches_known check (batches in ('all', 'known'))
);
comment on table bank_statement is 'Bank statements (银行对账单) as the bank gave them; sealed';
comment on column bank_statement.position is 'Its place in the file, from 1 on';
comment on column bank_statement.account_sealed is 'The account, or the name given for it, encrypted by the program';
comment on column bank_statement.account_hash is 'Keyed hash, by which statements of one account are known';
comment on column bank_statement.account_commitment is 'SHA-256 over salt and account; what the seal covers';
comment on column bank_statement.from_on is 'The first day it speaks of: what it says itself, else the day of its first line';
comment on column bank_statement.days is 'Within how many days the bank is to book what was sent';
comment on column bank_statement.batches is 'Which batches can be missing in it: all that are not known to be paid from another account, or known to be paid from this one';
comment on column bank_statement.act_id is 'The act that wrote it: its audit event, by which the log covers it';
create index bank_statement_by_act on bank_statement (federation_id, act_id);
create index bank_statement_by_account on bank_statement (federation_id, account_hash, from_on);

create table statement_line (
    federation_id uuid not null,
    id uuid not null,
    statement_id uuid not null,
    number int4 not null,
    entry int4 not null,
    detail int4 not null,
    identity_hash bytea not null,
    booked_on date not null,
    value_on date,
    direction text not null,
    amount yuan not null,
    reversal bool not null,
    returned bool not null,
    fee bool not null,
    bank_code text,
    content_sealed bytea not null,
    content_commitment bytea not null,
    act_id uuid not null default current_setting('bangfu.act')::uuid,
    constraint statement_line_pkey primary key (federation_id, id),
    constraint statement_line_statement_known foreign key (federation_id, statement_id) references bank_statement (federation_id, id),
    constraint statement_line_identity_once unique (federation_id, identity_hash),
    constraint statement_line_direction_known check (direction in ('credit', 'debit')),
    constraint statement_line_amount_positive check (amount > 0),
    constraint statement_line_digests_of_32_bytes check (octet_length(identity_hash) = 32 and octet_length(content_commitment) = 32)
);
comment on table statement_line is 'Movements of an account (银行流水), each once however many statements list it; sealed';
comment on column statement_line.number is 'Its place among the lines of the file, from 1 on';
comment on column statement_line.entry is 'Which entry of the statement';
comment on column statement_line.detail is 'Which detail of the entry; 0 for the whole';
comment on column statement_line.identity_hash is 'Keyed hash of what makes it the same line when statements overlap';
comment on column statement_line.returned is 'Whether the bank gives a reason why a payment was returned';
comment on column statement_line.content_sealed is 'Other side, references, remittance, reason and the line as it stands in the file, encrypted by the program';
comment on column statement_line.content_commitment is 'SHA-256 over salt and content; what the seal covers';
comment on column statement_line.act_id is 'The act that wrote it: its audit event, by which the log covers it';
create index statement_line_by_act on statement_line (federation_id, act_id);
create index statement_line_by_statement on statement_line (federation_id, statement_id, id);

create table statement_match (
    federation_id uuid not null,
    line_id uuid not null,
    instruction_id uuid not null,
    movement text not null,
    rung text not null,
    evidence_id uuid not null,
    act_id uuid not null default current_setting('bangfu.act')::uuid,
    constraint statement_match_pkey primary key (federation_id, line_id, instruction_id),
    constraint statement_match_line_known foreign key (federation_id, line_id) references statement_line (federation_id, id),
    constraint statement_match_instruction_known foreign key (federation_id, instruction_id) references instruction (federation_id, id),
    constraint statement_match_evidence_known foreign key (federation_id, evidence_id) references evidence (federation_id, id),
    constraint statement_match_movement_once unique (federation_id, instruction_id, movement),
    constraint statement_match_movement_known check (movement in ('settled', 'bounced')),
    constraint statement_match_rung_known check (rung in ('reference', 'account', 'batch', 'person'))
);
comment on table statement_match is 'Which line of a statement is which movement of an instruction (对账匹配); sealed';
comment on column statement_match.rung is 'By what it was found: own reference, payee account with amount and day, a batch that adds up, a person';
comment on column statement_match.act_id is 'The act that wrote it: its audit event, by which the log covers it';
create index statement_match_by_act on statement_match (federation_id, act_id);

create table statement_exception (
    federation_id uuid not null,
    id uuid not null,
    statement_id uuid not null,
    line_id uuid,
    instruction_id uuid,
    kind text not null,
    ledger_amount yuan not null,
    bank_amount yuan not null,
    difference yuan not null,
    candidates jsonb not null,
    act_id uuid not null default current_setting('bangfu.act')::uuid,
    constraint statement_exception_pkey primary key (federation_id, id),
    constraint statement_exception_statement_known foreign key (federation_id, statement_id) references bank_statement (federation_id, id),
    constraint statement_exception_line_known foreign key (federation_id, line_id) references statement_line (federation_id, id),
    constraint statement_exception_instruction_known foreign key (federation_id, instruction_id) references instruction (federation_id, id),
    constraint statement_exception_line_once unique (federation_id, line_id),
    constraint statement_exception_kind_known check (kind in ('amount_differs', 'missing_in_bank', 'missing_in_ledger', 'duplicate', 'fee', 'unknown_code', 'contradicted')),
    constraint statement_exception_about_something check ((line_id is null) = (kind = 'missing_in_bank') and (line_id is not null or instruction_id is not null)),
    constraint statement_exception_difference_holds check (difference = ledger_amount - bank_amount and (line_id is null) = (bank_amount = 0))
);
comment on table statement_exception is 'What of a statement and the ledger does not match (对账例外); sealed, and settled by statement_resolution';
comment on column statement_exception.instruction_id is 'The instruction it is about, when only one can be';
comment on column statement_exception.ledger_amount is 'What the ledger had then: minus for a payment, plus for one that came back, zero for no movement';
comment on column statement_exception.bank_amount is 'The line with its sign for the account; zero when there is none';
comment on column statement_exception.difference is 'Ledger less bank';
comment on column statement_exception.candidates is 'Every instruction or batch it might be, with the reason';
comment on column statement_exception.act_id is 'The act that wrote it: its audit event, by which the log covers it';
create index statement_exception_by_act on statement_exception (federation_id, act_id);
create index statement_exception_by_statement on statement_exception (federation_id, statement_id, id);
create index statement_exception_by_instruction on statement_exception (federation_id, instruction_id) where instruction_id is not null;

create table statement_result (
    federation_id uuid not null,
    statement_id uuid not null,
    lines int4 not null,
    repeated int4 not null,
    repeated_sum yuan not null,
    ledger_sum yuan not null,
    bank_sum yuan not null,
    difference yuan not null,
    act_id uuid not null default current_setting('bangfu.act')::uuid,
    constraint statement_result_pkey primary key (federation_id, statement_id),
    constraint statement_result_statement_known foreign key (federation_id, statement_id) references bank_statement (federation_id, id),
    constraint statement_result_counts check (lines >= 0 and repeated >= 0),
    constraint statement_result_adds_up check (ledger_sum - bank_sum = difference)
);
comment on table statement_result is 'What came of a statement: ledger less bank is the sum of its exceptions (ADR 0017); sealed';
comment on column statement_result.lines is 'Lines that it was the first to list';
comment on column statement_result.repeated is 'Lines that were known from statements before';
comment on column statement_result.act_id is 'The act that wrote it: its audit event, by which the log covers it';
create index statement_result_by_act on statement_result (federation_id, act_id);

create table statement_resolution (
    federation_id uuid not null,
    exception_id uuid not null,
    resolution text not null,
    instruction_id uuid,
    reason text not null,
    actor text not null,
    resolved_at timestamptz not null,
    act_id uuid not null default current_setting('bangfu.act')::uuid,
    constraint statement_resolution_pkey primary key (federation_id, exception_id),
    constraint statement_resolution_exception_known foreign key (federation_id, exception_id) references statement_exception (federation_id, id),
    constraint statement_resolution_instruction_known foreign key (federation_id, instruction_id) references instruction (federation_id, id),
    constraint statement_resolution_known check (resolution in ('matched_to', 'accepted')),
    constraint statement_resolution_names_its_instruction check ((resolution = 'matched_to') = (instruction_id is not null)),
    constraint statement_resolution_reason_given check (btrim(reason) <> '')
);
comment on table statement_resolution is 'What a person decided of an exception, another than who handed the file in; sealed';
comment on column statement_resolution.act_id is 'The act that wrote it: its audit event, by which the log covers it';
create index statement_resolution_by_act on statement_resolution (federation_id, act_id);

-- Evidence that a statement's line gives names the line. One line may be evidence of a whole batch.
alter table evidence add column statement_line_id uuid;
alter table evidence add constraint evidence_statement_line_known foreign key (federation_id, statement_line_id) references statement_line (federation_id, id);
comment on column evidence.statement_line_id is 'The line of a statement that says so, when it was matched there';
drop index evidence_line_once;
create unique index evidence_line_once on evidence (federation_id, file_digest, line_number) where file_digest is not null and statement_line_id is null;
create unique index evidence_statement_line_once on evidence (federation_id, statement_line_id, instruction_id) where statement_line_id is not null;

-- A line of a statement finds its instruction by the payee's account.
create index payee_account_by_number on payee_account (federation_id, number_hash) where number_hash is not null;
create index instruction_by_account on instruction (federation_id, payee_account_id) where payee_account_id is not null;
