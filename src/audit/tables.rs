//! Which rows are sealed, and how each of their columns is written for hashing.
//!
//! This table is versioned as a whole: a change of what is covered is a new edition, and leaves keep the edition they were made
//! with. `federation_id` and `act_id` stand in no list, because the leaf itself is of a federation and headed by the act's
//! event; `ledger_log` neither, because it is the order of the leaves. A test holds the current edition against the
//! catalogue: no table whose comment says sealed is missing, and no column of any.

/// How a column is written: each form has one text for each value, whatever the settings of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As it stands.
    Text,
    /// Hyphenated lower-case hexadecimal.
    Uuid,
    /// ISO 8601 date.
    Date,
    /// ISO 8601 in UTC, microseconds as far as there are any, then `Z`.
    Moment,
    /// Decimal digits.
    Integer,
    /// Yuan with two decimals.
    Yuan,
    /// A number without trailing zeros.
    Number,
    /// `true` or `false`.
    Bool,
    /// `jsonb` as PostgreSQL prints it: keys in its own fixed order.
    Json,
    /// An array of texts, printed as JSON.
    Texts,
    /// Bytes in hexadecimal.
    Bytes,
}

impl Form {
    /// The SQL expression for the canonical text of a column. The name is one of the program's own.
    #[must_use]
    pub fn sql(self, column: &str) -> String {
        match self {
            Self::Text => format!("r.{column}"),
            Self::Uuid | Self::Integer | Self::Bool | Self::Json => format!("r.{column}::text"),
            // `to_jsonb` prints dates the same whatever DateStyle says.
            Self::Date => format!("to_jsonb(r.{column}) #>> '{{}}'"),
            Self::Moment => format!("(to_jsonb(r.{column} at time zone 'UTC') #>> '{{}}') || 'Z'"),
            Self::Yuan => format!("r.{column}::numeric(18, 2)::text"),
            Self::Number => format!("trim_scale(r.{column})::text"),
            Self::Texts => format!("to_jsonb(r.{column})::text"),
            Self::Bytes => format!("encode(r.{column}, 'hex')"),
        }
    }
}

/// A table with sealed rows.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The columns of its primary key without the federation.
    pub key: &'static [&'static str],
    /// The covered columns, in the order in which they are hashed.
    pub columns: &'static [(&'static str, Form)],
    /// The columns that are not covered, each with the reason.
    pub uncovered: &'static [(&'static str, &'static str)],
}

impl Table {
    /// The SQL expression for a row's texts: an array in the order of the columns.
    #[must_use]
    pub fn texts_sql(&self) -> String {
        let columns: Vec<String> = self.columns.iter().map(|(name, form)| form.sql(name)).collect();
        format!("array[{}]::text[]", columns.join(", "))
    }

    /// By which rows of this table are found: a journal entry's or an act's.
    #[must_use]
    pub fn link(&self) -> &'static str {
        match self.name {
            "journal_entry" | "audit_event" => "id",
            "posting" => "journal_entry_id",
            _ => "act_id",
        }
    }
}

/// The edition new leaves are made with.
pub const CURRENT: u32 = 1;

/// The tables of an edition, in the order in which the rows of an act are hashed.
#[must_use]
pub fn edition(number: u32) -> Option<&'static [Table]> {
    (number == 1).then_some(EDITION_1)
}

/// A table of an edition.
#[must_use]
pub fn find(number: u32, name: &str) -> Option<&'static Table> {
    edition(number)?.iter().find(|table| table.name == name)
}

macro_rules! sealed {
    ($($table:ident [$($key:ident),+] { $($column:ident: $form:ident),+ $(,)? } $(=> except { $($uncovered:ident: $reason:literal),+ $(,)? })?)+) => {
        &[$(Table {
            name: stringify!($table),
            key: &[$(stringify!($key)),+],
            columns: &[$((stringify!($column), Form::$form)),+],
            uncovered: &[$($((stringify!($uncovered), $reason)),+)?],
        }),+]
    };
}

static EDITION_1: &[Table] = sealed! {
    audit_event [id] {
        id: Uuid, happened_at: Moment, actor: Text, origin: Text, request_id: Text, action: Text, outcome: Text, code: Text,
        subject_kind: Text, subject_id: Text, before: Json, after: Json, reason: Text,
    }
    journal_entry [id] {
        id: Uuid, act_id: Uuid, reference: Text, kind: Text, effective_on: Date, recorded_at: Moment, actor: Text, reason: Text,
        about: Json, content_digest: Text,
    }
    posting [journal_entry_id, position] {
        journal_entry_id: Uuid, position: Integer, allocation_line_id: Uuid, fund_source_id: Uuid, from_account: Text,
        to_account: Text, amount: Yuan, subject_id: Uuid,
    }
    period_closing [closed_through] { closed_through: Date, reason: Text, actor: Text, closed_at: Moment }
    state_event [subject_kind, subject_id, sequence] {
        subject_kind: Text, subject_id: Uuid, sequence: Integer, state: Text, state_on: Date, actor: Text, recorded_at: Moment,
    }
    appropriation [id] {
        id: Uuid, document_id: Uuid, name: Text, fiscal_year: Integer, organisation_id: Uuid, created_at: Moment,
    }
    allocation_line [id] {
        id: Uuid, appropriation_id: Uuid, position: Integer, name: Text, purpose: Text, fund_source_id: Uuid, project_code: Text,
        functional_code: Text, channels: Texts, created_at: Moment,
    }
    line_change [id] {
        id: Uuid, allocation_line_id: Uuid, kind: Text, amount: Yuan, document_id: Uuid, effective_on: Date, created_at: Moment,
    }
    arrival [id] { id: Uuid, allocation_line_id: Uuid, amount: Yuan, arrived_on: Date, account: Text, created_at: Moment }
    dossier_event [dossier_id, position] {
        dossier_id: Uuid, position: Integer, status: Text, happened_on: Date, reason: Text, close_reason: Text, actor: Text,
        recorded_at: Moment,
    }
    plan_funding [plan_id, revision, position] {
        plan_id: Uuid, revision: Integer, position: Integer, allocation_line_id: Uuid, top_up: Bool,
    }
    tier [id] {
        id: Uuid, plan_id: Uuid, revision: Integer, position: Integer, name: Text, kind: Text, purpose: Text, period: Text,
        channel: Text, adjusted: Bool, month_from: Text, month_to: Text, feedback_due_on: Date, population: Json,
    }
    roster [id] {
        id: Uuid, plan_id: Uuid, revision: Integer, version: Integer, digest: Text, included: Integer, excluded: Integer,
        total: Yuan, shortfall: Yuan, generated_at: Moment,
    }
    standard_adjustment [roster_id] {
        roster_id: Uuid, method: Text, pool: Yuan, fixed: Yuan, count: Integer, standard_before: Yuan, standard_after: Yuan,
        shortfall: Yuan, residual: Yuan,
    }
    roster_entry [id] {
        id: Uuid, roster_id: Uuid, tier_id: Uuid, position: Integer, included: Bool, excluded_because: Text, payee_kind: Text,
        household_id: Uuid, person_id: Uuid, organisation_id: Uuid, payee_account_id: Uuid, category: Text, standard: Yuan,
        quantity: Integer, month_from: Text, month_to: Text, amount: Yuan, registry: Json,
    }
    roster_funding [roster_entry_id, position] {
        roster_entry_id: Uuid, position: Integer, allocation_line_id: Uuid, fund_source_id: Uuid, top_up_line_id: Uuid, amount: Yuan,
    }
    review [id] {
        id: Uuid, subject_kind: Text, subject_id: Uuid, digest: Text, steps: Json, policy_id: Uuid, amount: Yuan,
        submitted_by: Text, submitted_at: Moment,
    } => except { state: "follows from state_event" }
    approval [id] {
        id: Uuid, review_id: Uuid, step: Integer, role: Text, actor: Text, decision: Text, digest: Text, opinion: Text,
        decided_on: Date, minutes: Text, minutes_document_id: Uuid, recorded_at: Moment,
    }
    approval_policy [id] { id: Uuid, valid_from: Date, steps: Json, reason: Text, proposed_by: Text, proposed_at: Moment }
    approval_policy_confirmation [policy_id] { policy_id: Uuid, confirmed_by: Text, confirmed_at: Moment }
    duty [subject_kind, subject_id, actor] { subject_kind: Text, subject_id: Uuid, actor: Text, role: Text, taken_at: Moment }
    special_approval [id] {
        id: Uuid, kind: Text, subject_kind: Text, subject_id: Uuid, digest: Text, reason: Text, proposed_by: Text,
        proposed_at: Moment,
    }
    special_decision [special_id] {
        special_id: Uuid, approved: Bool, role: Text, actor: Text, opinion: Text, decided_on: Date, recorded_at: Moment,
    }
    publicity [id] {
        id: Uuid, review_id: Uuid, plan_id: Uuid, roster_id: Uuid, place: Text, from_on: Date, working_days: Integer,
        ends_on: Date, token_hash: Bytes, started_by: Text, started_at: Moment,
    }
    objection [id] {
        id: Uuid, publicity_id: Uuid, content: Text, raised_by: Text, raised_on: Date, recorded_by: Text, recorded_at: Moment,
    }
    objection_handling [objection_id] {
        objection_id: Uuid, upheld: Bool, reason: Text, actor: Text, handled_on: Date, recorded_at: Moment,
    }
    batch [id] {
        id: Uuid, plan_id: Uuid, channel: Text, sequence: Integer, count: Integer, total: Yuan, roster_digest: Text,
        created_by: Text, created_at: Moment,
    } => except {
        sent_on: "follows from state_event", sent_count: "follows from the instructions' events",
        sent_total: "follows from the instructions' events",
    }
    batch_file [batch_id] {
        batch_id: Uuid, format: Text, layout_name: Text, layout_version: Integer, from_account_id: Uuid, requested_on: Date,
        message_id: Text, count: Integer, total: Yuan, digest: Text, written_by: Text, written_at: Moment,
    }
    batch_file_piece [id] { id: Uuid, batch_id: Uuid, position: Integer, content_commitment: Bytes }
        => except { content_sealed: "encrypted: its commitment is covered" }
    instruction [id] {
        id: Uuid, reference: Uuid, plan_id: Uuid, batch_id: Uuid, roster_entry_id: Uuid, payee_id: Uuid, attempt: Integer,
        amount: Yuan, channel: Text, payee_account_id: Uuid, holder_name: Text, payee_person: Bytes, created_at: Moment,
    } => except {
        status: "follows from instruction_event",
        status_on: "follows from instruction_event", version: "counts changes of the state",
    }
    evidence [id] {
        id: Uuid, kind: Text, file_digest: Text, line_number: Integer, instruction_id: Uuid, outcome: Text, amount: Yuan,
        occurred_on: Date, code: Text, raw_text_commitment: Bytes, witnesses: Texts, effect: Text, actor: Text,
        recorded_at: Moment, statement_line_id: Uuid,
    } => except { raw_text_sealed: "encrypted: its commitment is covered" }
    instruction_event [instruction_id, sequence] {
        instruction_id: Uuid, sequence: Integer, kind: Text, effective_on: Date, evidence_id: Uuid, journal_entry_id: Uuid,
        reason: Text, actor: Text, recorded_at: Moment,
    }
    transfer_down [id] {
        id: Uuid, instruction_id: Uuid, organisation_id: Uuid, amount: Yuan, sent_on: Date, feedback_due_on: Date,
    } => except {
        reported: "follows from transfer_feedback", handed_back: "follows from the postings of kind hand_back",
        version: "counts changes of the state",
    }
    transfer_feedback [id] {
        id: Uuid, transfer_down_id: Uuid, name: Text, identity_number_hash: Bytes, identity_number_commitment: Bytes,
        household_number: Text, amount: Yuan, paid_on: Date, reported_on: Date, recorded_at: Moment,
    } => except { identity_number_sealed: "encrypted: its commitment is covered" }
    fund_return [id] {
        id: Uuid, allocation_line_id: Uuid, fund_source_id: Uuid, amount: Yuan, reason: Text, note: Text, person_id: Uuid,
        to_organisation_id: Uuid, document_id: Uuid, due_on: Date, created_at: Moment,
    } => except {
        status: "follows from state_event", approved_on: "follows from state_event", paid_on: "follows from the posting",
        confirmed_on: "follows from state_event", version: "counts changes of the state",
    }
    recovery [id] {
        id: Uuid, instruction_id: Uuid, amount: Yuan, reason: Text, note: Text, due_on: Date, created_at: Moment,
    } => except {
        status: "follows from state_event", received_on: "follows from the posting", version: "counts changes of the state",
    }
    declared_figure [id] {
        id: Uuid, document_id: Uuid, name: Text, quote: Text, printed: Text, unit: Text, value: Number, decimals: Integer,
        tolerance: Number, measure: Text, scope: Json, as_of: Date, created_by: Text, created_at: Moment,
    }
    comparison [declared_figure_id, sequence] {
        declared_figure_id: Uuid, sequence: Integer, ledger_value: Number, difference: Number, outcome: Text, explanation: Json,
        log_number: Integer, compared_at: Moment,
    }
    bank_file [id] {
        id: Uuid, digest: Text, format: Text, layout_name: Text, layout_version: Integer, bytes: Integer, taken_by: Text,
        taken_at: Moment,
    }
    bank_file_piece [id] { id: Uuid, file_id: Uuid, position: Integer, content_commitment: Bytes }
        => except { content_sealed: "encrypted: its commitment is covered" }
    bank_statement [id] {
        id: Uuid, file_id: Uuid, position: Integer, bank_reference: Text, sequence: Text, account_hash: Bytes,
        account_commitment: Bytes, currency: Text, from_on: Date, to_on: Date, opening: Yuan, closing: Yuan, days: Integer,
        batches: Text,
    } => except { account_sealed: "encrypted: its commitment is covered" }
    statement_line [id] {
        id: Uuid, statement_id: Uuid, number: Integer, entry: Integer, detail: Integer, identity_hash: Bytes, booked_on: Date,
        value_on: Date, direction: Text, amount: Yuan, reversal: Bool, returned: Bool, fee: Bool, bank_code: Text,
        content_commitment: Bytes,
    } => except { content_sealed: "encrypted: its commitment is covered" }
    statement_match [line_id, instruction_id] {
        line_id: Uuid, instruction_id: Uuid, movement: Text, rung: Text, evidence_id: Uuid,
    }
    statement_exception [id] {
        id: Uuid, statement_id: Uuid, line_id: Uuid, instruction_id: Uuid, kind: Text, ledger_amount: Yuan, bank_amount: Yuan,
        difference: Yuan, candidates: Json,
    }
    statement_result [statement_id] {
        statement_id: Uuid, lines: Integer, repeated: Integer, repeated_sum: Yuan, ledger_sum: Yuan, bank_sum: Yuan,
        difference: Yuan,
    }
    statement_resolution [exception_id] {
        exception_id: Uuid, resolution: Text, instruction_id: Uuid, reason: Text, actor: Text, resolved_at: Moment,
    }
    file_layout [id] {
        id: Uuid, name: Text, purpose: Text, version: Integer, description: Json, created_by: Text, created_at: Moment,
    }
    finding_event [finding_id, sequence] {
        finding_id: Uuid, sequence: Integer, state: Text, note: Text, actor: Text, recorded_at: Moment,
    }
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_table_and_column_stands_once_and_keys_are_covered() {
        let tables = edition(CURRENT).unwrap();
        let names: BTreeSet<&str> = tables.iter().map(|table| table.name).collect();
        assert_eq!(names.len(), tables.len());
        for table in tables {
            let covered: BTreeSet<&str> = table.columns.iter().map(|(name, _)| *name).collect();
            assert_eq!(covered.len(), table.columns.len(), "{}", table.name);
            assert!(table.key.iter().all(|column| covered.contains(column)), "{}", table.name);
            assert!(table.uncovered.iter().all(|(name, reason)| !covered.contains(name) && !reason.is_empty()), "{}", table.name);
        }
        assert_eq!(edition(0), None);
    }

    #[test]
    fn a_column_of_each_form_is_written_as_an_expression() {
        assert_eq!(find(1, "posting").unwrap().columns[6], ("amount", Form::Yuan));
        assert_eq!(Form::Yuan.sql("amount"), "r.amount::numeric(18, 2)::text");
        assert_eq!(Form::Date.sql("due_on"), "to_jsonb(r.due_on) #>> '{}'");
        assert!(find(1, "standard_adjustment").unwrap().texts_sql().starts_with("array[r.roster_id::text, r.method, r.pool::numeric"));
    }
}
