create table batch (
    federation_id uuid not null,
    id uuid not null,
    plan_id uuid not null,
    channel text not null,
    sequence int4 not null,
    count int4 not null,
    total yuan not null,
    roster_digest text not null,
    sent_on date,
    sent_count int4,
    sent_total yuan,
    created_by text not null,
    created_at timestamptz not null,
    constraint batch_pkey primary key (federation_id, id),
    constraint batch_plan_known foreign key (federation_id, plan_id) references plan (federation_id, id),
    constraint batch_sequence_unique unique (federation_id, plan_id, sequence),
    constraint batch_channel_known check (channel in ('one_card', 'union_card', 'bank_transfer', 'cash')),
    constraint batch_not_empty check (count > 0 and total > 0),
    constraint batch_sent_counts check ((sent_on is null) = (sent_count is null) and (sent_on is null) = (sent_total is null))
);
comment on table batch is 'Instructions sent to a bank or card platform together (代发批次)';
comment on column batch.sent_on is 'The day it was handed over; null until then';
comment on column batch.sent_count is 'How many were handed over: those not given up before';

create table instruction (
    federation_id uuid not null,
    id uuid not null,
    reference uuid not null,
    plan_id uuid not null,
    batch_id uuid not null,
    roster_entry_id uuid not null,
    payee_id uuid not null,
    attempt int2 not null,
    amount yuan not null,
    channel text not null,
    payee_account_id uuid,
    account_number text,
    holder_name text not null,
    status text not null,
    status_on date not null,
    version int4 not null default 1,
    created_at timestamptz not null,
    constraint instruction_pkey primary key (federation_id, id),
    constraint instruction_plan_known foreign key (federation_id, plan_id) references plan (federation_id, id),
    constraint instruction_batch_known foreign key (federation_id, batch_id) references batch (federation_id, id),
    constraint instruction_entry_known foreign key (federation_id, roster_entry_id) references roster_entry (federation_id, id),
    constraint instruction_account_known foreign key (federation_id, payee_account_id) references payee_account (federation_id, id),
    constraint instruction_reference_unique unique (federation_id, reference),
    constraint instruction_attempt_unique unique (federation_id, roster_entry_id, attempt),
    constraint instruction_amount_positive check (amount > 0),
    constraint instruction_attempt_positive check (attempt > 0),
    constraint instruction_status_known check (status in ('pending', 'sent', 'settled', 'failed', 'unknown', 'bounced', 'reissued', 'given_up'))
);
comment on table instruction is 'An order to pay one roster entry through one channel (支付指令); one per attempt';
comment on column instruction.reference is 'UUIDv5 of plan, entry and attempt: the same order always has the same reference';
comment on column instruction.payee_id is 'The household, person or organisation it is for: a payee''s history in one place';
comment on column instruction.account_number is 'The account as of release; null for cash';
comment on column instruction.status is 'Follows from instruction_event; bangfu check derives it anew';
create unique index instruction_one_live_attempt on instruction (federation_id, roster_entry_id)
    where status not in ('reissued', 'given_up');
create index instruction_by_batch on instruction (federation_id, batch_id);
create index instruction_by_plan on instruction (federation_id, plan_id, id);
create index instruction_by_payee on instruction (federation_id, payee_id, id);
create index instruction_open on instruction (federation_id, status, id) where status in ('pending', 'sent', 'failed', 'unknown', 'bounced');

create table evidence (
    federation_id uuid not null,
    id uuid not null,
    kind text not null,
    file_digest text,
    line_number int4,
    instruction_id uuid not null,
    outcome text not null,
    amount yuan not null,
    occurred_on date not null,
    code text,
    raw_text text,
    witnesses text[] not null default '{}',
    effect text not null,
    actor text not null,
    recorded_at timestamptz not null,
    constraint evidence_pkey primary key (federation_id, id),
    constraint evidence_instruction_known foreign key (federation_id, instruction_id) references instruction (federation_id, id),
    constraint evidence_kind_known check (kind in ('bank_result', 'statement_line', 'receipt', 'letter')),
    constraint evidence_outcome_known check (outcome in ('settled', 'failed', 'unknown', 'bounced')),
    constraint evidence_effect_known check (effect in ('applied', 'confirms', 'contradicts')),
    constraint evidence_file_with_line check ((file_digest is null) = (line_number is null))
);
comment on table evidence is 'What a bank, a statement or a receipt says of an instruction (凭证): one line in, one row out; sealed';
comment on column evidence.effect is 'applied: changed the state; confirms: says what was known; contradicts: kept, and a finding opened';
create unique index evidence_line_once on evidence (federation_id, file_digest, line_number) where file_digest is not null;
create index evidence_by_instruction on evidence (federation_id, instruction_id);

create table instruction_event (
    federation_id uuid not null,
    instruction_id uuid not null,
    sequence int4 not null,
    kind text not null,
    effective_on date not null,
    evidence_id uuid,
    journal_entry_id uuid,
    reason text not null,
    actor text not null,
    recorded_at timestamptz not null,
    constraint instruction_event_pkey primary key (federation_id, instruction_id, sequence),
    constraint instruction_event_instruction_known foreign key (federation_id, instruction_id) references instruction (federation_id, id),
    constraint instruction_event_evidence_known foreign key (federation_id, evidence_id) references evidence (federation_id, id),
    constraint instruction_event_entry_known foreign key (federation_id, journal_entry_id) references journal_entry (federation_id, id),
    constraint instruction_event_kind_known check (kind in ('released', 'sent', 'settled', 'failed', 'unknown', 'bounced', 'reissued', 'given_up'))
);
comment on table instruction_event is 'What happened to an instruction, in order; its state is the last of them; sealed';

create table transfer_down (
    federation_id uuid not null,
    id uuid not null,
    instruction_id uuid not null,
    organisation_id uuid not null,
    amount yuan not null,
    sent_on date not null,
    feedback_due_on date,
    reported yuan not null default 0,
    handed_back yuan not null default 0,
    version int4 not null default 1,
    constraint transfer_down_pkey primary key (federation_id, id),
    constraint transfer_down_instruction_known foreign key (federation_id, instruction_id) references instruction (federation_id, id),
    constraint transfer_down_organisation_known foreign key (federation_id, organisation_id) references organisation (federation_id, id),
    constraint transfer_down_once unique (federation_id, instruction_id),
    constraint transfer_down_not_over_reported check (reported >= 0 and handed_back >= 0 and reported + handed_back <= amount)
);
comment on table transfer_down is 'Money handed to a subordinate union (划拨下级); disbursed only as far as its recipients are reported';

create table transfer_feedback (
    federation_id uuid not null,
    id uuid not null,
    transfer_down_id uuid not null,
    name text not null,
    identity_number text not null,
    household_number text,
    amount yuan not null,
    paid_on date not null,
    reported_on date not null,
    recorded_at timestamptz not null,
    constraint transfer_feedback_pkey primary key (federation_id, id),
    constraint transfer_feedback_transfer_known foreign key (federation_id, transfer_down_id) references transfer_down (federation_id, id),
    constraint transfer_feedback_person_once unique (federation_id, transfer_down_id, identity_number),
    constraint transfer_feedback_amount_positive check (amount > 0)
);
comment on table transfer_feedback is 'A recipient that a subordinate union reports (下拨核销名单); sealed';

create table fund_return (
    federation_id uuid not null,
    id uuid not null,
    allocation_line_id uuid not null,
    fund_source_id uuid not null,
    amount yuan not null,
    reason text not null,
    note text not null,
    person_id uuid,
    to_organisation_id uuid not null,
    document_id uuid,
    status text not null,
    due_on date not null,
    approved_on date,
    paid_on date,
    confirmed_on date,
    version int4 not null default 1,
    created_at timestamptz not null,
    constraint fund_return_pkey primary key (federation_id, id),
    constraint fund_return_line_known foreign key (federation_id, allocation_line_id) references allocation_line (federation_id, id),
    constraint fund_return_source_known foreign key (federation_id, fund_source_id) references fund_source (federation_id, id),
    constraint fund_return_person_known foreign key (federation_id, person_id) references person (federation_id, id),
    constraint fund_return_to_known foreign key (federation_id, to_organisation_id) references organisation (federation_id, id),
    constraint fund_return_document_known foreign key (federation_id, document_id) references document (federation_id, id),
    constraint fund_return_amount_positive check (amount > 0),
    constraint fund_return_reason_known check (reason in ('death', 'overpaid', 'unspent', 'bounced')),
    constraint fund_return_status_known check (status in ('due', 'approved', 'paid', 'confirmed'))
);
comment on table fund_return is 'Money handed back to the treasury (退回财政): due, approved, paid, confirmed';

create table recovery (
    federation_id uuid not null,
    id uuid not null,
    instruction_id uuid not null,
    amount yuan not null,
    reason text not null,
    note text not null,
    status text not null,
    due_on date not null,
    received_on date,
    version int4 not null default 1,
    created_at timestamptz not null,
    constraint recovery_pkey primary key (federation_id, id),
    constraint recovery_instruction_known foreign key (federation_id, instruction_id) references instruction (federation_id, id),
    constraint recovery_amount_positive check (amount > 0),
    constraint recovery_reason_known check (reason in ('death', 'overpaid', 'ineligible', 'other')),
    constraint recovery_status_known check (status in ('due', 'received'))
);
comment on table recovery is 'Money to be got back from a recipient (追回), into the line and source that paid it';
create index recovery_by_instruction on recovery (federation_id, instruction_id);
