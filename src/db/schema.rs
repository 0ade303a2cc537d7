// @generated automatically by Diesel CLI.

diesel::table! {
    /// Personal API tokens (访问令牌), by hash only
    access_token (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        user_id -> Uuid,
        name -> Text,
        /// SHA-256 of the key that the service makes of the token: neither the token nor the key is kept
        token_hash -> Bytea,
        created_at -> Timestamptz,
        expires_at -> Nullable<Timestamptz>,
        last_used_at -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    /// What the doors sign the authenticated actor of a transaction with; only the owner reads it
    act_secret (id) {
        id -> Int2,
        secret -> Bytea,
    }
}

diesel::table! {
    /// One purpose within an appropriation (指标明细), with its own amount in the ledger
    allocation_line (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        appropriation_id -> Uuid,
        position -> Int2,
        name -> Text,
        purpose -> Text,
        fund_source_id -> Uuid,
        project_code -> Nullable<Text>,
        functional_code -> Nullable<Text>,
        /// How its money may be paid; cash only where it is listed here (domain.md, decision 5)
        channels -> Array<Text>,
        created_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// Users (用户) of a federation; those of the service itself have the nil federation
    app_user (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        /// Stands as actor in every record; never changed and never given to another person
        login -> Text,
        name -> Text,
        /// Parameters and salt of argon2id, as a PHC string without its hash
        password_salt -> Nullable<Text>,
        /// SHA-256 of the argon2id hash: who reads it cannot log in with it
        password_verifier -> Nullable<Bytea>,
        failed_logins -> Int4,
        locked_until -> Nullable<Timestamptz>,
        disabled_at -> Nullable<Timestamptz>,
        version -> Int4,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    /// A grant of money (资金下达) by a document; its amount is the sum of its lines
    appropriation (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        document_id -> Uuid,
        name -> Text,
        fiscal_year -> Int2,
        organisation_id -> Uuid,
        created_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// A person's decision at one step, on one digest; sealed
    approval (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        review_id -> Uuid,
        step -> Int2,
        role -> Text,
        actor -> Text,
        /// approved; returned by who decides; withdrawn by who submitted
        decision -> Text,
        digest -> Text,
        opinion -> Text,
        decided_on -> Date,
        recorded_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
        /// Number of the minutes (纪要) of a meeting
        minutes -> Nullable<Text>,
        minutes_document_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    /// Which steps the plans of a federation pass (审批流程), from a day on; in force once it is confirmed; sealed
    approval_policy (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        valid_from -> Date,
        /// In order: name, kind, role, how many people, and from which amount on
        steps -> Jsonb,
        reason -> Text,
        proposed_by -> Text,
        proposed_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// That somebody else confirmed a policy; sealed
    approval_policy_confirmation (federation_id, policy_id) {
        federation_id -> Uuid,
        policy_id -> Uuid,
        confirmed_by -> Text,
        confirmed_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// Money reaching the account (到账), apart from being granted; sealed
    arrival (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        allocation_line_id -> Uuid,
        amount -> Numeric,
        arrived_on -> Date,
        /// The federation's own account it reached, as its bank names it
        account -> Text,
        created_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// Who did what, when, from where and why (审计事件): one for each act; sealed, written only by audit_tell()
    audit_event (federation_id, id) {
        federation_id -> Uuid,
        /// The act: sealed rows written in the same transaction name it in act_id
        id -> Uuid,
        happened_at -> Timestamptz,
        actor -> Text,
        origin -> Nullable<Text>,
        request_id -> Nullable<Text>,
        action -> Text,
        outcome -> Text,
        code -> Nullable<Text>,
        subject_kind -> Nullable<Text>,
        subject_id -> Nullable<Text>,
        /// What it was, masked as answers are
        before -> Nullable<Jsonb>,
        /// What it became, masked as answers are
        after -> Nullable<Jsonb>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    /// Files of bank statements (对账单文件) that were taken in, each once; sealed
    bank_file (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        /// SHA-256 of the file
        digest -> Text,
        format -> Text,
        layout_name -> Nullable<Text>,
        /// The version of the layout it was read by; 0 of a built-in one
        layout_version -> Nullable<Int4>,
        bytes -> Int8,
        taken_by -> Text,
        taken_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// The file itself in pieces, for good, encrypted by the program; sealed
    bank_file_piece (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        file_id -> Uuid,
        position -> Int4,
        /// A piece of the file in base64, encrypted by the program
        content_sealed -> Bytea,
        /// SHA-256 over salt and piece; what the seal covers
        content_commitment -> Bytea,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// Bank statements (银行对账单) as the bank gave them; sealed
    bank_statement (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        file_id -> Uuid,
        /// Its place in the file, from 1 on
        position -> Int4,
        bank_reference -> Text,
        sequence -> Nullable<Text>,
        /// The account, or the name given for it, encrypted by the program
        account_sealed -> Bytea,
        /// Keyed hash, by which statements of one account are known
        account_hash -> Bytea,
        /// SHA-256 over salt and account; what the seal covers
        account_commitment -> Bytea,
        currency -> Text,
        /// The first day it speaks of: what it says itself, else the day of its first line
        from_on -> Nullable<Date>,
        to_on -> Nullable<Date>,
        opening -> Nullable<Numeric>,
        closing -> Nullable<Numeric>,
        /// Within how many days the bank is to book what was sent
        days -> Int2,
        /// Which batches can be missing in it: all that are not known to be paid from another account, or known to be paid from this one
        batches -> Text,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// Instructions sent to a bank or card platform together (代发批次)
    batch (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        plan_id -> Uuid,
        channel -> Text,
        sequence -> Int4,
        count -> Int4,
        total -> Numeric,
        roster_digest -> Text,
        /// The day it was handed over; null until then
        sent_on -> Nullable<Date>,
        /// How many were handed over: those not given up before
        sent_count -> Nullable<Int4>,
        sent_total -> Nullable<Numeric>,
        created_by -> Text,
        created_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// Days off (放假) and make-up working days (调休上班) by the yearly arrangement of the State Council, shared by all federations; other days are by the week
    calendar_day (day) {
        day -> Date,
        kind -> Text,
        name -> Text,
    }
}

diesel::table! {
    /// The file of a batch as it was written for the bank (代发文件); sealed. Asked for again it is the same bytes
    batch_file (federation_id, batch_id) {
        federation_id -> Uuid,
        batch_id -> Uuid,
        format -> Text,
        layout_name -> Nullable<Text>,
        /// Which version of the layout; 0 of the product's own
        layout_version -> Nullable<Int4>,
        /// The account of the federation's own that pays
        from_account_id -> Uuid,
        requested_on -> Date,
        /// The file's own identification
        message_id -> Text,
        count -> Int4,
        total -> Numeric,
        /// SHA-256 of the file
        digest -> Text,
        written_by -> Text,
        written_at -> Timestamptz,
        /// The act that wrote it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// The file of a batch itself in pieces, for good, encrypted by the program; sealed
    batch_file_piece (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        batch_id -> Uuid,
        /// Its place in the file, from 0 on
        position -> Int4,
        /// A piece of the file, compressed by itself (gzip), in base64, encrypted by the program
        content_sealed -> Bytea,
        /// SHA-256 over salt and piece; what the seal covers
        content_commitment -> Bytea,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// By how many the households (户数), persons (人数) and payments (人次) reached change on a day, each counted once in its scope
    beneficiary_day (federation_id, scope, subject, day) {
        federation_id -> Uuid,
        scope -> Text,
        subject -> Text,
        day -> Date,
        households -> Int4,
        persons -> Int4,
        person_times -> Int4,
    }
}

diesel::table! {
    /// How far into the log beneficiaries are counted
    beneficiary_head (federation_id) {
        federation_id -> Uuid,
        log_number -> Int8,
    }
}

diesel::table! {
    /// Whom a payment reached out of a line's money of a source (受益对象), and on which days it counts
    beneficiary_part (federation_id, payment_id, allocation_line_id, fund_source_id) {
        federation_id -> Uuid,
        /// An instruction, or a recipient that a subordinate union reported
        payment_id -> Uuid,
        allocation_line_id -> Uuid,
        fund_source_id -> Uuid,
        household_id -> Nullable<Uuid>,
        /// The hash by which a person counts once; null for households
        person -> Nullable<Bytea>,
        /// From the day it settled until it bounced or was recovered whole
        span -> Daterange,
    }
}

diesel::table! {
    /// Signed notes on the size and root of the log (检查点); each also stands in a file outside the database
    checkpoint (federation_id, size) {
        federation_id -> Uuid,
        size -> Int8,
        root -> Bytea,
        note -> Text,
        signed_at -> Timestamptz,
    }
}

diesel::table! {
    /// What comparing a declared figure gave, and what of the ledger was known then; sealed
    comparison (federation_id, declared_figure_id, sequence) {
        federation_id -> Uuid,
        declared_figure_id -> Uuid,
        sequence -> Int4,
        ledger_value -> Nullable<Numeric>,
        difference -> Nullable<Numeric>,
        outcome -> Text,
        explanation -> Jsonb,
        log_number -> Int8,
        compared_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// A number printed in a report (申报数), to be held against the ledger; sealed
    declared_figure (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        document_id -> Uuid,
        name -> Text,
        quote -> Text,
        /// The text as printed, such as 131.5532万元
        printed -> Text,
        unit -> Text,
        /// Its value in yuan, or in units counted
        value -> Numeric,
        decimals -> Int2,
        /// Half a unit of the last printed digit; 0 for counts
        tolerance -> Numeric,
        measure -> Text,
        scope -> Jsonb,
        as_of -> Date,
        created_by -> Text,
        created_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// Documents (文件) by issuer and number (文号)
    document (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        issuer -> Text,
        number -> Text,
        title -> Text,
        kind -> Text,
        issued_on -> Date,
        file_digest -> Nullable<Text>,
        version -> Int4,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    /// Dossiers of hardship (困难职工档案)
    dossier (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        number -> Text,
        household_id -> Uuid,
        /// The system it is kept in: national (全总帮扶系统) or provincial (省总系统)
        system -> Text,
        level -> Text,
        /// Category now; its history is in dossier_category
        category -> Text,
        causes -> Array<Text>,
        monthly_income -> Nullable<Numeric>,
        rigid_costs -> Nullable<Numeric>,
        status -> Text,
        /// The day it last came into force (在档); null while applied for
        opened_on -> Nullable<Date>,
        /// The first day it is no longer in force
        closed_on -> Nullable<Date>,
        close_reason -> Nullable<Text>,
        version -> Int4,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    /// Which category a dossier had when; both days inclusive
    dossier_category (federation_id, dossier_id, valid_from) {
        federation_id -> Uuid,
        dossier_id -> Uuid,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        category -> Text,
    }
}

diesel::table! {
    /// Every step of a dossier; sealed. From it is read when a dossier was in force on a past day
    dossier_event (federation_id, dossier_id, position) {
        federation_id -> Uuid,
        dossier_id -> Uuid,
        position -> Int4,
        /// The state the step led to
        status -> Text,
        /// The day of the step; null for an application whose day nobody said
        happened_on -> Nullable<Date>,
        reason -> Nullable<Text>,
        close_reason -> Nullable<Text>,
        actor -> Text,
        recorded_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// Who has acted on a plan in which duty (职责): a person has one on a plan, for ever; sealed, written only by triggers
    duty (federation_id, subject_kind, subject_id, actor) {
        federation_id -> Uuid,
        subject_kind -> Text,
        subject_id -> Uuid,
        actor -> Text,
        role -> Text,
        taken_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// What a bank, a statement or a receipt says of an instruction (凭证): one line in, one row out; sealed
    evidence (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        kind -> Text,
        file_digest -> Nullable<Text>,
        line_number -> Nullable<Int4>,
        instruction_id -> Uuid,
        outcome -> Text,
        amount -> Numeric,
        occurred_on -> Date,
        code -> Nullable<Text>,
        witnesses -> Array<Text>,
        /// applied: changed the state; confirms: says what was known; contradicts: kept, and a finding opened
        effect -> Text,
        actor -> Text,
        recorded_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
        /// The line as it stands in the file, encrypted by the program: bank lines name persons and cards
        raw_text_sealed -> Nullable<Bytea>,
        /// SHA-256 over salt and text; what the seal covers
        raw_text_commitment -> Nullable<Bytea>,
        /// The line of a statement that says so, when it was matched there
        statement_line_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    /// The tenant (市总工会含下属): every row that grows belongs to exactly one
    federation (id) {
        id -> Uuid,
        name -> Text,
        code -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    /// Layouts of banks' text files (文件版式); a change is another version; sealed
    file_layout (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        name -> Text,
        /// What such files are for: payments out, results in, statements in
        purpose -> Text,
        /// Counted from 1 within purpose and name; the highest is the one in use
        version -> Int4,
        /// Encoding, cells and frames of the file, checked when it was recorded
        description -> Jsonb,
        created_by -> Text,
        created_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// What a check found (对账差异/疑点), with its state and explanation
    finding (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        check_code -> Text,
        subject_kind -> Text,
        subject_id -> Uuid,
        expected -> Text,
        found -> Text,
        difference -> Text,
        outcome -> Text,
        state -> Text,
        explanation -> Text,
        version -> Int4,
        opened_at -> Timestamptz,
    }
}

diesel::table! {
    /// The history of a finding; sealed
    finding_event (federation_id, finding_id, sequence) {
        federation_id -> Uuid,
        finding_id -> Uuid,
        sequence -> Int4,
        state -> Text,
        note -> Text,
        actor -> Text,
        recorded_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// Money handed back to the treasury (退回财政): due, approved, paid, confirmed
    fund_return (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        allocation_line_id -> Uuid,
        fund_source_id -> Uuid,
        amount -> Numeric,
        reason -> Text,
        note -> Text,
        person_id -> Nullable<Uuid>,
        to_organisation_id -> Uuid,
        document_id -> Nullable<Uuid>,
        status -> Text,
        due_on -> Date,
        approved_on -> Nullable<Date>,
        paid_on -> Nullable<Date>,
        confirmed_on -> Nullable<Date>,
        version -> Int4,
        created_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// Where money comes from (资金来源) and to whom it goes back
    fund_source (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        name -> Text,
        level -> Text,
        return_to_organisation_id -> Nullable<Uuid>,
        version -> Int4,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    /// Grace periods (渐退期) of dossiers
    grace_period (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        dossier_id -> Uuid,
        starts_on -> Date,
        months -> Int2,
        /// The last day of grace
        ends_on -> Date,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    /// Honours (劳模荣誉) with level; death ends them
    honour (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        model_worker_id -> Uuid,
        level -> Text,
        title -> Text,
        awarded_on -> Date,
        ended_on -> Nullable<Date>,
        end_reason -> Nullable<Text>,
    }
}

diesel::table! {
    /// Households in hardship (困难职工家庭); the head is a member
    household (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        head_person_id -> Uuid,
        region_code -> Text,
        organisation_id -> Nullable<Uuid>,
        version -> Int4,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    /// Who belonged to which household, from when to when (inclusive)
    household_member (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        household_id -> Uuid,
        person_id -> Uuid,
        relation -> Text,
        member_from -> Date,
        member_to -> Nullable<Date>,
    }
}

diesel::table! {
    /// One row per POST that took effect, written in the same transaction as the effect; never expires
    idempotency_key (federation_id, key) {
        /// Nil UUID for requests above any federation (making one, regions); therefore no foreign key
        federation_id -> Uuid,
        key -> Text,
        /// Digest of method, path and body: the same key with another digest is refused
        request_digest -> Text,
        status -> Int2,
        headers -> Jsonb,
        body -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    /// Rows of files that were taken in, by a keyed hash of their content: the same row again changes nothing
    imported_row (federation_id, list, row_hash) {
        federation_id -> Uuid,
        /// Which list the row was of
        list -> Text,
        row_hash -> Bytea,
    }
}

diesel::table! {
    /// An order to pay one roster entry through one channel (支付指令); one per attempt
    instruction (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        /// UUIDv5 of plan, entry and attempt: the same order always has the same reference
        reference -> Uuid,
        plan_id -> Uuid,
        batch_id -> Uuid,
        roster_entry_id -> Uuid,
        /// The household, person or organisation it is for: a payee's history in one place
        payee_id -> Uuid,
        attempt -> Int2,
        amount -> Numeric,
        channel -> Text,
        payee_account_id -> Nullable<Uuid>,
        holder_name -> Text,
        /// Follows from instruction_event; bangfu check derives it anew
        status -> Text,
        status_on -> Date,
        version -> Int4,
        created_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
        /// The hash by which a person counts once in reports; null for households and organisations
        payee_person -> Nullable<Bytea>,
    }
}

diesel::table! {
    /// What happened to an instruction, in order; its state is the last of them; sealed
    instruction_event (federation_id, instruction_id, sequence) {
        federation_id -> Uuid,
        instruction_id -> Uuid,
        sequence -> Int4,
        kind -> Text,
        effective_on -> Date,
        evidence_id -> Nullable<Uuid>,
        journal_entry_id -> Nullable<Uuid>,
        reason -> Text,
        actor -> Text,
        recorded_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// Reconciliation reports byte for byte as they were answered: asked again with the same checkpoint, the same bytes
    issued_report (federation_id, checkpoint_size, scope, subject, as_of) {
        federation_id -> Uuid,
        checkpoint_size -> Int8,
        scope -> Text,
        subject -> Text,
        as_of -> Date,
        body -> Text,
        issued_at -> Timestamptz,
    }
}

diesel::table! {
    /// Long work (后台任务): its state, progress, result and errors
    job (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        /// What is done; the program knows how
        kind -> Text,
        state -> Text,
        /// What it is done with; nothing personal
        parameters -> Jsonb,
        file_name -> Nullable<Text>,
        /// SHA-256 of the file it works on
        file_digest -> Nullable<Text>,
        progress_done -> Int8,
        progress_total -> Nullable<Int8>,
        result -> Nullable<Jsonb>,
        problem -> Nullable<Jsonb>,
        cancel_requested -> Bool,
        /// How often a worker has begun it
        attempts -> Int2,
        /// Whose it is while it runs: a worker that lost its lease ends nothing
        lease_id -> Nullable<Uuid>,
        lease_until -> Nullable<Timestamptz>,
        credential_id -> Uuid,
        /// The key of the token it acts with, encrypted; taken out when it ends
        credential_sealed -> Nullable<Bytea>,
        request_id -> Nullable<Text>,
        created_by -> Text,
        created_at -> Timestamptz,
        started_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
        /// Until when the file that came of it can be had; null when there is none
        file_until -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    /// The files of jobs in pieces, encrypted; the input is taken out when the job ends, the answer when its time is over
    job_file (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        job_id -> Uuid,
        purpose -> Text,
        position -> Int4,
        /// A piece of the file in base64, encrypted; null once it is taken out
        content_sealed -> Nullable<Bytea>,
    }
}

diesel::table! {
    /// Journal entries (记账凭证): one business event each; sealed, written only by ledger_post()
    journal_entry (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        /// Names the business event, so that it can be booked only once
        reference -> Text,
        kind -> Text,
        effective_on -> Date,
        recorded_at -> Timestamptz,
        actor -> Text,
        reason -> Text,
        /// Ids of what the event was about (plan, batch, document)
        about -> Jsonb,
        /// SHA-256 over what was asked of the door: the same reference with other content is refused
        content_digest -> Text,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// The accounts of a line for one fund source, now; written only by ledger_post()
    ledger_balance (federation_id, allocation_line_id, fund_source_id) {
        federation_id -> Uuid,
        allocation_line_id -> Uuid,
        fund_source_id -> Uuid,
        /// 下达
        granted -> Numeric,
        /// 自有补差转入
        top_up -> Numeric,
        /// 可用
        available -> Numeric,
        /// 已承诺
        committed -> Numeric,
        /// 在途
        in_transit -> Numeric,
        /// 已发放
        disbursed -> Numeric,
        /// 已划拨下级
        transferred_down -> Numeric,
        /// 退票
        bounced -> Numeric,
        /// 应追回
        recoverable -> Numeric,
        /// 已退回财政
        returned -> Numeric,
        /// 结转
        carried_over -> Numeric,
        /// 财政收回
        reclaimed -> Numeric,
        /// 补差转出
        topped_up_elsewhere -> Numeric,
    }
}

diesel::table! {
    /// By how much each account changed on each effective date; written only by ledger_post()
    ledger_day (federation_id, allocation_line_id, fund_source_id, effective_on) {
        federation_id -> Uuid,
        allocation_line_id -> Uuid,
        fund_source_id -> Uuid,
        effective_on -> Date,
        granted -> Numeric,
        top_up -> Numeric,
        available -> Numeric,
        committed -> Numeric,
        in_transit -> Numeric,
        disbursed -> Numeric,
        transferred_down -> Numeric,
        bounced -> Numeric,
        recoverable -> Numeric,
        returned -> Numeric,
        carried_over -> Numeric,
        reclaimed -> Numeric,
        topped_up_elsewhere -> Numeric,
    }
}

diesel::table! {
    /// The federation's last log number, and through which day its books are closed
    ledger_head (federation_id) {
        federation_id -> Uuid,
        last_log_number -> Int8,
        closed_through -> Date,
    }
}

diesel::table! {
    /// The order in which journal entries and audit events became known: gap-free per federation, in the order of the locks; sealed
    ledger_log (federation_id, log_number) {
        federation_id -> Uuid,
        log_number -> Int8,
        journal_entry_id -> Nullable<Uuid>,
        audit_event_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    /// Which business event may move money from which account to which; anything else is refused
    ledger_move (kind, from_account, to_account) {
        kind -> Text,
        from_account -> Text,
        to_account -> Text,
    }
}

diesel::table! {
    /// Grants, additions and withdrawals of a line (下达、追加、调减), each by a document; sealed
    line_change (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        allocation_line_id -> Uuid,
        kind -> Text,
        amount -> Numeric,
        document_id -> Uuid,
        effective_on -> Date,
        created_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// The Merkle tree over the log in tiles of 256 hashes (C2SP tlog-tiles)
    log_tile (federation_id, level, tile_index) {
        federation_id -> Uuid,
        /// 0 for hashes of leaves, 1 for roots of tiles of level 0, and so on
        level -> Int2,
        tile_index -> Int8,
        hashes -> Bytea,
    }
}

diesel::table! {
    /// Logged-in browsers (登录会话), by hash only
    login_session (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        user_id -> Uuid,
        session_hash -> Bytea,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    /// Model workers (劳动模范)
    model_worker (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        person_id -> Uuid,
        region_code -> Text,
        organisation_id -> Nullable<Uuid>,
        version -> Int4,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    /// An objection raised during a public notice (公示异议); sealed
    objection (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        publicity_id -> Uuid,
        content -> Text,
        /// A masked name at most; how to reach the person is not kept
        raised_by -> Nullable<Text>,
        raised_on -> Date,
        recorded_by -> Text,
        recorded_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// What a checker decided of an objection, and why; sealed
    objection_handling (federation_id, objection_id) {
        federation_id -> Uuid,
        objection_id -> Uuid,
        upheld -> Bool,
        reason -> Text,
        actor -> Text,
        handled_on -> Date,
        recorded_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// Unions, departments, treasuries, banks and vendors in or around a federation (组织)
    organisation (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        kind -> Text,
        name -> Text,
        parent_id -> Nullable<Uuid>,
        region_code -> Nullable<Text>,
        /// Unified social credit code (统一社会信用代码, GB 32100)
        uscc -> Nullable<Text>,
        aliases -> Array<Text>,
        valid_from -> Nullable<Date>,
        valid_to -> Nullable<Date>,
        version -> Int4,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    /// Accounts that payees are paid to (收款账户)
    payee_account (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        person_id -> Nullable<Uuid>,
        organisation_id -> Nullable<Uuid>,
        /// union_card 工会会员服务卡, one_card 一卡通, bank_card 银行卡, bank_account 对公账户
        kind -> Text,
        holder_name -> Text,
        bank_name -> Nullable<Text>,
        /// Why the holder is not the payee (代领原因); null when the holder is
        agent_reason -> Nullable<Text>,
        closed_on -> Nullable<Date>,
        version -> Int4,
        created_at -> Timestamptz,
        /// Encrypted by the program; empty once it is erased
        number_sealed -> Nullable<Bytea>,
        /// Keyed hash, by which an account is recorded once
        number_hash -> Nullable<Bytea>,
        /// The day on which holder and number were taken out
        erased_on -> Nullable<Date>,
    }
}

diesel::table! {
    /// What an approved entry lays claim to: one live payment per payee, purpose and period, whatever the plan
    payment_claim (federation_id, roster_entry_id, period) {
        federation_id -> Uuid,
        payee_id -> Uuid,
        purpose -> Text,
        /// The tier's period; for a monthly tier one row for each month
        period -> Text,
        roster_entry_id -> Uuid,
        live -> Bool,
    }
}

diesel::table! {
    /// Closings of accounting periods (结账); entries dated on or before the day are refused afterwards; sealed
    period_closing (federation_id, closed_through) {
        federation_id -> Uuid,
        closed_through -> Date,
        reason -> Text,
        actor -> Text,
        closed_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// Persons (人员); one per identity number (GB 11643) within a federation
    person (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        name -> Text,
        /// From the identity number, as is born_on
        sex -> Text,
        born_on -> Nullable<Date>,
        died_on -> Nullable<Date>,
        organisation_id -> Nullable<Uuid>,
        region_code -> Nullable<Text>,
        version -> Int4,
        created_at -> Timestamptz,
        /// Encrypted by the program; empty once the person is erased
        identity_number_sealed -> Nullable<Bytea>,
        /// Keyed hash, by which a person is found and registered once
        identity_number_hash -> Nullable<Bytea>,
        /// Encrypted by the program
        phone_sealed -> Nullable<Bytea>,
        /// Keyed hash of its digits
        phone_hash -> Nullable<Bytea>,
        /// The day on which name, numbers, birth and accounts were taken out
        erased_on -> Nullable<Date>,
    }
}

diesel::table! {
    /// Plans (发放方案): how one or more lines are spent
    plan (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        name -> Text,
        organisation_id -> Uuid,
        fiscal_year -> Int2,
        purpose -> Text,
        /// Activity period (活动期间), such as 2023元旦春节; with payee and purpose it names what is paid only once
        period -> Text,
        cutoff_on -> Date,
        adjustment_method -> Text,
        status -> Text,
        /// The locked roster; null while draft
        roster_id -> Nullable<Uuid>,
        /// Which revision of its tiers and funding holds; earlier ones are kept for the rosters made from them
        revision -> Int4,
        version -> Int4,
        created_by -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    /// The lines a plan draws on, in order; own funds that only complete a shortfall (自有资金补差) come last
    plan_funding (federation_id, plan_id, revision, position) {
        federation_id -> Uuid,
        plan_id -> Uuid,
        revision -> Int4,
        position -> Int2,
        allocation_line_id -> Uuid,
        top_up -> Bool,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// Postings (分录): an amount moved between two accounts of one line and source; sealed, written only by ledger_post()
    posting (federation_id, journal_entry_id, position) {
        federation_id -> Uuid,
        journal_entry_id -> Uuid,
        position -> Int4,
        allocation_line_id -> Uuid,
        fund_source_id -> Uuid,
        from_account -> Text,
        to_account -> Text,
        amount -> Numeric,
        /// The instruction, transfer, return or recovery whose money it is; the ledger does not look into it
        subject_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    /// Public notice of a roster (公示): where, from when, and its last day; sealed
    publicity (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        review_id -> Uuid,
        plan_id -> Uuid,
        roster_id -> Uuid,
        place -> Text,
        from_on -> Date,
        working_days -> Int2,
        /// The last of its working days; the day it begins on is not counted
        ends_on -> Date,
        /// SHA-256 of what its public address ends in; that itself is shown once
        token_hash -> Bytea,
        started_by -> Text,
        started_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// Money to be got back from a recipient (追回), into the line and source that paid it
    recovery (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        instruction_id -> Uuid,
        amount -> Numeric,
        reason -> Text,
        note -> Text,
        status -> Text,
        due_on -> Date,
        received_on -> Nullable<Date>,
        version -> Int4,
        created_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// Administrative divisions (GB/T 2260 行政区划), shared by all federations; obsolete codes are kept
    region (code) {
        code -> Text,
        name -> Text,
        parent_code -> Nullable<Text>,
        obsolete_on -> Nullable<Date>,
    }
}

diesel::table! {
    /// When a county was funded directly by the province (扩权县); both days inclusive
    region_direct_funding (region_code, valid_from) {
        region_code -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
    }
}

diesel::table! {
    /// One passage of a subject through the approval chain (审批), for one digest
    review (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        subject_kind -> Text,
        subject_id -> Uuid,
        digest -> Text,
        /// The steps it needs, fixed when it was submitted
        steps -> Jsonb,
        /// approved: every step before the last; authorised: that too
        state -> Text,
        submitted_by -> Text,
        submitted_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
        /// The policy in force when it was submitted; null for reviews older than policies
        policy_id -> Nullable<Uuid>,
        /// What its steps were chosen by
        amount -> Numeric,
    }
}

diesel::table! {
    /// Roles granted (授权) within an organisation and those under it; history is kept
    role_grant (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        user_id -> Uuid,
        role -> Text,
        /// Where it holds; null for the whole federation
        organisation_id -> Nullable<Uuid>,
        reason -> Text,
        granted_by -> Text,
        granted_at -> Timestamptz,
        revoked_by -> Nullable<Text>,
        revoked_at -> Nullable<Timestamptz>,
        revoke_reason -> Nullable<Text>,
    }
}

diesel::table! {
    /// Rosters (发放花名册): each generation is a new version; sealed
    roster (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        plan_id -> Uuid,
        revision -> Int4,
        version -> Int4,
        digest -> Text,
        included -> Int4,
        excluded -> Int4,
        total -> Numeric,
        /// What the lines and the approved top-up could not cover; a roster with one cannot be locked
        shortfall -> Numeric,
        generated_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// Who receives what and why, and who does not and why; sealed
    roster_entry (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        roster_id -> Uuid,
        tier_id -> Uuid,
        position -> Int4,
        included -> Bool,
        excluded_because -> Nullable<Text>,
        payee_kind -> Text,
        household_id -> Nullable<Uuid>,
        /// The person paid: for a household its head
        person_id -> Nullable<Uuid>,
        organisation_id -> Nullable<Uuid>,
        payee_account_id -> Nullable<Uuid>,
        category -> Text,
        standard -> Nullable<Numeric>,
        /// Months of a monthly tier, otherwise 1
        quantity -> Int4,
        month_from -> Nullable<Text>,
        month_to -> Nullable<Text>,
        amount -> Numeric,
        /// What the registry said when the roster was made
        registry -> Jsonb,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// Which line and source pays how much of an entry, in the plan's order; sealed
    roster_funding (federation_id, roster_entry_id, position) {
        federation_id -> Uuid,
        roster_entry_id -> Uuid,
        position -> Int2,
        allocation_line_id -> Uuid,
        fund_source_id -> Uuid,
        /// The own-funds line this part comes from through a top-up; null for the line's own money
        top_up_line_id -> Nullable<Uuid>,
        amount -> Numeric,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// The hash of each log number, and the hashes of the rows it stands for, by which a changed row is named
    sealed_leaf (federation_id, log_number) {
        federation_id -> Uuid,
        log_number -> Int8,
        /// The edition of the list of covered columns it was made with
        edition -> Int4,
        leaf_hash -> Bytea,
        /// Of the row that heads it, then of the others, 32 bytes each
        row_hashes -> Bytea,
        sealed_at -> Timestamptz,
    }
}

diesel::table! {
    /// What needs an approval of its own (专项审批), as proposed; for a plan bound to its digest; sealed
    special_approval (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        kind -> Text,
        subject_kind -> Text,
        subject_id -> Uuid,
        digest -> Nullable<Text>,
        reason -> Text,
        proposed_by -> Text,
        proposed_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// What another person decided of a special approval; sealed
    special_decision (federation_id, special_id) {
        federation_id -> Uuid,
        special_id -> Uuid,
        approved -> Bool,
        role -> Text,
        actor -> Text,
        opinion -> Text,
        decided_on -> Date,
        recorded_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// Standards of payment (发放标准): one per line, category and date
    standard (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        allocation_line_id -> Uuid,
        category -> Text,
        unit -> Text,
        amount -> Numeric,
        mode -> Text,
        basis_document_id -> Nullable<Uuid>,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        version -> Int4,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    /// The adjustment of the standard (调标) a roster was made with; sealed with it
    standard_adjustment (federation_id, roster_id) {
        federation_id -> Uuid,
        roster_id -> Uuid,
        method -> Text,
        pool -> Numeric,
        fixed -> Numeric,
        count -> Int4,
        standard_before -> Numeric,
        standard_after -> Numeric,
        shortfall -> Numeric,
        residual -> Numeric,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// Every state that a plan, review, batch, return or recovery has been in; sealed, written only by triggers
    state_event (federation_id, subject_kind, subject_id, sequence) {
        federation_id -> Uuid,
        subject_kind -> Text,
        subject_id -> Uuid,
        sequence -> Int4,
        state -> Text,
        state_on -> Nullable<Date>,
        actor -> Text,
        recorded_at -> Timestamptz,
        act_id -> Uuid,
    }
}

diesel::table! {
    /// What of a statement and the ledger does not match (对账例外); sealed, and settled by statement_resolution
    statement_exception (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        statement_id -> Uuid,
        line_id -> Nullable<Uuid>,
        /// The instruction it is about, when only one can be
        instruction_id -> Nullable<Uuid>,
        kind -> Text,
        /// What the ledger had then: minus for a payment, plus for one that came back, zero for no movement
        ledger_amount -> Numeric,
        /// The line with its sign for the account; zero when there is none
        bank_amount -> Numeric,
        /// Ledger less bank
        difference -> Numeric,
        /// Every instruction or batch it might be, with the reason; of balances, the one expected and the one given
        candidates -> Jsonb,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// Movements of an account (银行流水), each once however many statements list it; sealed
    statement_line (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        statement_id -> Uuid,
        /// Its place among the lines of the file, from 1 on
        number -> Int4,
        /// Which entry of the statement
        entry -> Int4,
        /// Which detail of the entry; 0 for the whole
        detail -> Int4,
        /// Keyed hash of what makes it the same line when statements overlap
        identity_hash -> Bytea,
        booked_on -> Date,
        value_on -> Nullable<Date>,
        direction -> Text,
        amount -> Numeric,
        reversal -> Bool,
        /// Whether the bank gives a reason why a payment was returned
        returned -> Bool,
        fee -> Bool,
        bank_code -> Nullable<Text>,
        /// Other side, references, remittance, reason and the line as it stands in the file, encrypted by the program
        content_sealed -> Bytea,
        /// SHA-256 over salt and content; what the seal covers
        content_commitment -> Bytea,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// Which line of a statement is which movement of an instruction (对账匹配); sealed
    statement_match (federation_id, line_id, instruction_id) {
        federation_id -> Uuid,
        line_id -> Uuid,
        instruction_id -> Uuid,
        movement -> Text,
        /// By what it was found: own reference, payee account with amount and day, a batch that adds up, a person
        rung -> Text,
        evidence_id -> Uuid,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// What a person decided of an exception, another than who handed the file in; sealed
    statement_resolution (federation_id, exception_id) {
        federation_id -> Uuid,
        exception_id -> Uuid,
        resolution -> Text,
        instruction_id -> Nullable<Uuid>,
        reason -> Text,
        actor -> Text,
        resolved_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// What came of a statement: ledger less bank is the sum of its exceptions (ADR 0017); sealed
    statement_result (federation_id, statement_id) {
        federation_id -> Uuid,
        statement_id -> Uuid,
        /// Lines that it was the first to list
        lines -> Int4,
        /// Lines that were known from statements before
        repeated -> Int4,
        repeated_sum -> Numeric,
        ledger_sum -> Numeric,
        bank_sum -> Numeric,
        difference -> Numeric,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// One group of recipients in a plan (方案明细)
    tier (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        plan_id -> Uuid,
        revision -> Int4,
        position -> Int2,
        name -> Text,
        kind -> Text,
        purpose -> Text,
        period -> Text,
        channel -> Text,
        /// Whether its standard is the one adjusted to the pool (调标)
        adjusted -> Bool,
        month_from -> Nullable<Text>,
        month_to -> Nullable<Text>,
        feedback_due_on -> Nullable<Date>,
        /// Who is considered: dossiers, model workers or a list, with the rule that decides
        population -> Jsonb,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// Money handed to a subordinate union (划拨下级); disbursed only as far as its recipients are reported
    transfer_down (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        instruction_id -> Uuid,
        organisation_id -> Uuid,
        amount -> Numeric,
        sent_on -> Date,
        feedback_due_on -> Nullable<Date>,
        reported -> Numeric,
        handed_back -> Numeric,
        version -> Int4,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
    }
}

diesel::table! {
    /// A recipient that a subordinate union reports (下拨核销名单); sealed
    transfer_feedback (federation_id, id) {
        federation_id -> Uuid,
        id -> Uuid,
        transfer_down_id -> Uuid,
        name -> Text,
        household_number -> Nullable<Text>,
        amount -> Numeric,
        paid_on -> Date,
        reported_on -> Date,
        recorded_at -> Timestamptz,
        /// The act that wrote it: its audit event, by which the log covers it
        act_id -> Uuid,
        /// Encrypted by the program
        identity_number_sealed -> Bytea,
        /// Keyed hash; the same person has the same one in person
        identity_number_hash -> Bytea,
        /// SHA-256 over salt and value; what the seal covers
        identity_number_commitment -> Bytea,
    }
}

diesel::table! {
    /// Which keys this database was used with, so that a service with others does not start; the keys themselves stand outside
    vault_key (id) {
        /// Eight digits computed from the key
        id -> Text,
        purpose -> Text,
        first_used_at -> Timestamptz,
        /// Since when nothing is sealed with it any more
        retired_at -> Nullable<Timestamptz>,
    }
}

diesel::joinable!(appropriation -> federation (federation_id));
diesel::joinable!(document -> federation (federation_id));
diesel::joinable!(dossier -> federation (federation_id));
diesel::joinable!(finding -> federation (federation_id));
diesel::joinable!(fund_source -> federation (federation_id));
diesel::joinable!(household -> federation (federation_id));
diesel::joinable!(household -> region (region_code));
diesel::joinable!(journal_entry -> federation (federation_id));
diesel::joinable!(ledger_head -> federation (federation_id));
diesel::joinable!(log_tile -> federation (federation_id));
diesel::joinable!(model_worker -> federation (federation_id));
diesel::joinable!(model_worker -> region (region_code));
diesel::joinable!(organisation -> federation (federation_id));
diesel::joinable!(organisation -> region (region_code));
diesel::joinable!(payee_account -> federation (federation_id));
diesel::joinable!(period_closing -> federation (federation_id));
diesel::joinable!(person -> federation (federation_id));
diesel::joinable!(person -> region (region_code));
diesel::joinable!(plan -> federation (federation_id));
diesel::joinable!(region_direct_funding -> region (region_code));
diesel::joinable!(review -> federation (federation_id));

diesel::allow_tables_to_appear_in_same_query!(
    access_token,
    act_secret,
    allocation_line,
    app_user,
    appropriation,
    approval,
    approval_policy,
    approval_policy_confirmation,
    arrival,
    audit_event,
    bank_file,
    bank_file_piece,
    bank_statement,
    batch,
    batch_file,
    batch_file_piece,
    beneficiary_day,
    beneficiary_head,
    beneficiary_part,
    calendar_day,
    checkpoint,
    comparison,
    declared_figure,
    document,
    dossier,
    dossier_category,
    dossier_event,
    duty,
    evidence,
    federation,
    file_layout,
    finding,
    finding_event,
    fund_return,
    fund_source,
    grace_period,
    honour,
    household,
    household_member,
    idempotency_key,
    imported_row,
    instruction,
    instruction_event,
    issued_report,
    job,
    job_file,
    journal_entry,
    ledger_balance,
    ledger_day,
    ledger_head,
    ledger_log,
    ledger_move,
    line_change,
    log_tile,
    login_session,
    model_worker,
    objection,
    objection_handling,
    organisation,
    payee_account,
    payment_claim,
    period_closing,
    person,
    plan,
    plan_funding,
    posting,
    publicity,
    recovery,
    region,
    region_direct_funding,
    review,
    role_grant,
    roster,
    roster_entry,
    roster_funding,
    sealed_leaf,
    special_approval,
    special_decision,
    standard,
    standard_adjustment,
    state_event,
    statement_exception,
    statement_line,
    statement_match,
    statement_resolution,
    statement_result,
    tier,
    transfer_down,
    transfer_feedback,
    vault_key,
);
