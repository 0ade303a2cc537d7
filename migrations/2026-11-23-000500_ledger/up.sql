-- The ledger (architecture.md, section 3; docs/adr/0003). One row per allocation line and fund source holds the thirteen
-- accounts of domain.md, so that the line's identity is a check constraint of that row and one row lock guards it.
create table ledger_balance (
    federation_id uuid not null,
    allocation_line_id uuid not null,
    fund_source_id uuid not null,
    granted yuan not null default 0,
    top_up yuan not null default 0,
    available yuan not null default 0,
    committed yuan not null default 0,
    in_transit yuan not null default 0,
    disbursed yuan not null default 0,
    transferred_down yuan not null default 0,
    bounced yuan not null default 0,
    recoverable yuan not null default 0,
    returned yuan not null default 0,
    carried_over yuan not null default 0,
    reclaimed yuan not null default 0,
    topped_up_elsewhere yuan not null default 0,
    constraint ledger_balance_pkey primary key (federation_id, allocation_line_id, fund_source_id),
    constraint ledger_balance_line_known foreign key (federation_id, allocation_line_id) references allocation_line (federation_id, id),
    constraint ledger_balance_source_known foreign key (federation_id, fund_source_id) references fund_source (federation_id, id),
    constraint ledger_balance_granted_not_negative check (granted >= 0),
    constraint ledger_balance_top_up_not_negative check (top_up >= 0),
    constraint ledger_balance_available_not_negative check (available >= 0),
    constraint ledger_balance_committed_not_negative check (committed >= 0),
    constraint ledger_balance_in_transit_not_negative check (in_transit >= 0),
    constraint ledger_balance_disbursed_not_negative check (disbursed >= 0),
    constraint ledger_balance_transferred_down_not_negative check (transferred_down >= 0),
    constraint ledger_balance_bounced_not_negative check (bounced >= 0),
    constraint ledger_balance_recoverable_not_negative check (recoverable >= 0),
    constraint ledger_balance_returned_not_negative check (returned >= 0),
    constraint ledger_balance_carried_over_not_negative check (carried_over >= 0),
    constraint ledger_balance_reclaimed_not_negative check (reclaimed >= 0),
    constraint ledger_balance_topped_up_elsewhere_not_negative check (topped_up_elsewhere >= 0),
    constraint ledger_balance_identity check (granted + top_up = available + committed + in_transit + disbursed + transferred_down
        + bounced + recoverable + returned + carried_over + reclaimed + topped_up_elsewhere)
) with (fillfactor = 50);
comment on table ledger_balance is 'The accounts of a line for one fund source, now; written only by ledger_post()';
comment on column ledger_balance.granted is '下达';
comment on column ledger_balance.top_up is '自有补差转入';
comment on column ledger_balance.available is '可用';
comment on column ledger_balance.committed is '已承诺';
comment on column ledger_balance.in_transit is '在途';
comment on column ledger_balance.disbursed is '已发放';
comment on column ledger_balance.transferred_down is '已划拨下级';
comment on column ledger_balance.bounced is '退票';
comment on column ledger_balance.recoverable is '应追回';
comment on column ledger_balance.returned is '已退回财政';
comment on column ledger_balance.carried_over is '结转';
comment on column ledger_balance.reclaimed is '财政收回';
comment on column ledger_balance.topped_up_elsewhere is '补差转出';

create table ledger_day (
    federation_id uuid not null,
    allocation_line_id uuid not null,
    fund_source_id uuid not null,
    effective_on date not null,
    granted yuan not null default 0,
    top_up yuan not null default 0,
    available yuan not null default 0,
    committed yuan not null default 0,
    in_transit yuan not null default 0,
    disbursed yuan not null default 0,
    transferred_down yuan not null default 0,
    bounced yuan not null default 0,
    recoverable yuan not null default 0,
    returned yuan not null default 0,
    carried_over yuan not null default 0,
    reclaimed yuan not null default 0,
    topped_up_elsewhere yuan not null default 0,
    constraint ledger_day_pkey primary key (federation_id, allocation_line_id, fund_source_id, effective_on),
    constraint ledger_day_balance_known foreign key (federation_id, allocation_line_id, fund_source_id)
        references ledger_balance (federation_id, allocation_line_id, fund_source_id),
    constraint ledger_day_identity check (granted + top_up = available + committed + in_transit + disbursed + transferred_down
        + bounced + recoverable + returned + carried_over + reclaimed + topped_up_elsewhere)
) with (fillfactor = 50);
comment on table ledger_day is 'By how much each account changed on each effective date; written only by ledger_post()';

create table ledger_move (
    kind text not null,
    from_account text not null,
    to_account text not null,
    constraint ledger_move_pkey primary key (kind, from_account, to_account)
);
comment on table ledger_move is 'Which business event may move money from which account to which; anything else is refused';
insert into ledger_move (kind, from_account, to_account) values
    ('grant', 'granted', 'available'),
    ('withdraw', 'available', 'granted'),
    ('top_up', 'available', 'topped_up_elsewhere'),
    ('top_up', 'top_up', 'available'),
    ('untop_up', 'topped_up_elsewhere', 'available'),
    ('untop_up', 'available', 'top_up'),
    ('commit', 'available', 'committed'),
    ('uncommit', 'committed', 'available'),
    ('send', 'committed', 'in_transit'),
    ('settle', 'in_transit', 'disbursed'),
    ('settle', 'in_transit', 'transferred_down'),
    ('fail', 'in_transit', 'committed'),
    ('bounce', 'disbursed', 'bounced'),
    ('bounce', 'transferred_down', 'bounced'),
    ('reissue', 'bounced', 'committed'),
    ('give_up', 'bounced', 'available'),
    ('give_up', 'committed', 'available'),
    ('feedback', 'transferred_down', 'disbursed'),
    ('hand_back', 'transferred_down', 'available'),
    ('recover_due', 'disbursed', 'recoverable'),
    ('recover', 'recoverable', 'available'),
    ('recover_waived', 'recoverable', 'disbursed'),
    ('return', 'available', 'returned'),
    ('carry_over', 'available', 'carried_over'),
    ('reclaim', 'available', 'reclaimed');

create table journal_entry (
    federation_id uuid not null,
    id uuid not null,
    reference text not null,
    kind text not null,
    effective_on date not null,
    recorded_at timestamptz not null,
    actor text not null,
    reason text not null,
    about jsonb not null,
    content_digest text not null,
    constraint journal_entry_pkey primary key (federation_id, id),
    constraint journal_entry_federation_known foreign key (federation_id) references federation (id),
    constraint journal_entry_reference_unique unique (federation_id, reference)
);
comment on table journal_entry is 'Journal entries (记账凭证): one business event each; sealed, written only by ledger_post()';
comment on column journal_entry.reference is 'Names the business event, so that it can be booked only once';
comment on column journal_entry.about is 'Ids of what the event was about (plan, batch, document)';
comment on column journal_entry.content_digest is 'SHA-256 over what was asked of the door: the same reference with other content is refused';

create table posting (
    federation_id uuid not null,
    journal_entry_id uuid not null,
    position int4 not null,
    allocation_line_id uuid not null,
    fund_source_id uuid not null,
    from_account text not null,
    to_account text not null,
    amount yuan not null,
    subject_id uuid,
    constraint posting_pkey primary key (federation_id, journal_entry_id, position),
    constraint posting_entry_known foreign key (federation_id, journal_entry_id) references journal_entry (federation_id, id),
    constraint posting_balance_known foreign key (federation_id, allocation_line_id, fund_source_id)
        references ledger_balance (federation_id, allocation_line_id, fund_source_id),
    constraint posting_amount_positive check (amount > 0),
    constraint posting_accounts_known check (from_account in ('granted', 'top_up', 'available', 'committed', 'in_transit', 'disbursed', 'transferred_down', 'bounced', 'recoverable', 'returned', 'carried_over', 'reclaimed', 'topped_up_elsewhere')
        and to_account in ('granted', 'top_up', 'available', 'committed', 'in_transit', 'disbursed', 'transferred_down', 'bounced', 'recoverable', 'returned', 'carried_over', 'reclaimed', 'topped_up_elsewhere')),
    constraint posting_accounts_differ check (from_account <> to_account)
);
comment on table posting is 'Postings (分录): an amount moved between two accounts of one line and source; sealed, written only by ledger_post()';
comment on column posting.subject_id is 'The instruction, transfer, return or recovery whose money it is; the ledger does not look into it';
create index posting_by_subject on posting (federation_id, subject_id) where subject_id is not null;
create index posting_by_line on posting (federation_id, allocation_line_id, fund_source_id);

create table ledger_head (
    federation_id uuid not null,
    last_log_number int8 not null,
    closed_through date not null default '-infinity',
    constraint ledger_head_pkey primary key (federation_id),
    constraint ledger_head_federation_known foreign key (federation_id) references federation (id)
);
comment on table ledger_head is 'The federation''s last log number, and through which day its books are closed';

create table ledger_log (
    federation_id uuid not null,
    log_number int8 not null,
    journal_entry_id uuid not null,
    constraint ledger_log_pkey primary key (federation_id, log_number),
    constraint ledger_log_entry_once unique (federation_id, journal_entry_id),
    constraint ledger_log_entry_known foreign key (federation_id, journal_entry_id) references journal_entry (federation_id, id),
    constraint ledger_log_number_positive check (log_number > 0)
);
comment on table ledger_log is 'The order in which entries became known: gap-free per federation, in the order of the locks; sealed';

create table period_closing (
    federation_id uuid not null,
    closed_through date not null,
    reason text not null,
    actor text not null,
    closed_at timestamptz not null,
    constraint period_closing_pkey primary key (federation_id, closed_through),
    constraint period_closing_federation_known foreign key (federation_id) references federation (id)
);
comment on table period_closing is 'Closings of accounting periods (结账); entries dated on or before the day are refused afterwards; sealed';
