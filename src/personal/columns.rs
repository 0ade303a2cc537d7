//! Every column that holds a sealed value.

use crate::kernel::vault::Indexed;

/// A column of sealed values, with the columns that belong to it.
#[derive(Debug, Clone, Copy)]
pub struct SealedColumn {
    /// `table.column`, what values are sealed for.
    pub name: &'static str,
    /// The table.
    pub table: &'static str,
    /// The column of ciphertexts.
    pub sealed: &'static str,
    /// The column of keyed hashes, and what kind they are of; phones are hashed by their digits.
    pub hash: Option<(&'static str, Indexed)>,
    /// The column of commitments.
    pub commitment: Option<&'static str>,
}

const fn column(
    name: &'static str,
    table: &'static str,
    sealed: &'static str,
    hash: Option<(&'static str, Indexed)>,
    commitment: Option<&'static str>,
) -> SealedColumn {
    SealedColumn { name, table, sealed, hash, commitment }
}

/// All of them.
pub static SEALED: &[SealedColumn] = &[
    column("person.identity_number", "person", "identity_number_sealed", Some(("identity_number_hash", Indexed::IdentityNumber)), None),
    column("person.phone", "person", "phone_sealed", Some(("phone_hash", Indexed::Phone)), None),
    column("payee_account.number", "payee_account", "number_sealed", Some(("number_hash", Indexed::AccountNumber)), None),
    column(
        "transfer_feedback.identity_number",
        "transfer_feedback",
        "identity_number_sealed",
        Some(("identity_number_hash", Indexed::IdentityNumber)),
        Some("identity_number_commitment"),
    ),
    column("job.credential", "job", "credential_sealed", None, None),
    column("job_file.content", "job_file", "content_sealed", None, None),
    column("batch_file_piece.content", "batch_file_piece", "content_sealed", None, Some("content_commitment")),
    column("bank_file_piece.content", "bank_file_piece", "content_sealed", None, Some("content_commitment")),
    column(
        "bank_statement.account",
        "bank_statement",
        "account_sealed",
        Some(("account_hash", Indexed::AccountNumber)),
        Some("account_commitment"),
    ),
    column("statement_line.content", "statement_line", "content_sealed", None, Some("content_commitment")),
    column("evidence.raw_text", "evidence", "raw_text_sealed", None, Some("raw_text_commitment")),
];
