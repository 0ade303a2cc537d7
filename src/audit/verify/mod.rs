//! The offline verifier: everything an export says, derived anew from its rows, against a checkpoint and a public key.
//!
//! It takes a reader and asks no database and no server. It is written apart from the services on purpose: what it finds it
//! finds from the rows, not from the code that wrote them.

mod books;
mod facts;
mod figures;
mod log;
mod payments;
mod reports;

use std::io::BufRead;

pub use books::MOVES;
use facts::Facts;
pub use log::Log;
pub use payments::STEPS;

use super::export::{Balance, FORMAT, Header, Issued, Line, Signed, State};
use super::note::{Checkpoint, NoteError, Verifier};
use crate::kernel::FederationId;

/// Something that does not follow from what was sealed. It names the table, the row and the column or rule.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Failure {
    /// The table, or `report` or `checkpoint`.
    pub table: String,
    /// The row's primary key within the federation.
    pub key: String,
    /// The column, or the rule that does not hold.
    pub rule: String,
    /// What follows from the sealed rows.
    pub expected: String,
    /// What the export says.
    pub found: String,
}

impl Failure {
    /// A failure.
    #[must_use]
    pub fn new(table: &str, key: impl ToString, rule: &str, expected: impl ToString, found: impl ToString) -> Self {
        Self {
            table: table.to_owned(),
            key: key.to_string(),
            rule: rule.to_owned(),
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { table, key, rule, expected, found } = self;
        write!(out, "{table}\t{key}\t{rule}\texpected {expected}\tfound {found}")
    }
}

/// Why an export cannot be verified at all.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The file cannot be read.
    #[error("the export cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// A line is not one of an export.
    #[error("line {line} of the export: {reason}")]
    Malformed {
        /// Counted from 1.
        line: u64,
        /// What is the matter.
        reason: String,
    },
    /// The checkpoint or the key is not accepted.
    #[error("the checkpoint: {0}")]
    Checkpoint(#[from] NoteError),
}

/// What was verified.
#[derive(Debug)]
pub struct Verified {
    /// Whose log.
    pub federation: FederationId,
    /// The checkpoint everything was held against.
    pub checkpoint: Checkpoint,
    /// Log numbers in the export.
    pub entries: u64,
    /// Sealed rows in it.
    pub rows: u64,
    /// Rows of them whose names are masked: that they were sealed is proved, what they say is not.
    pub masked: u64,
    /// Other checkpoints in it.
    pub checkpoints: u64,
    /// Issued reports in it.
    pub reports: u64,
    /// Balances and states held against the rows.
    pub claims: u64,
    /// What does not follow. Empty when all is right.
    pub failures: Vec<Failure>,
}

/// What the lines of an export were, apart from the log itself.
#[derive(Debug, Default)]
struct Claims {
    checkpoints: Vec<Signed>,
    reports: Vec<Issued>,
    balances: Vec<Balance>,
    states: Vec<State>,
}

/// Verifies an export against a checkpoint (the text of a signed note) and the key it must be signed with.
///
/// # Errors
/// [`VerifyError`] when it cannot be verified at all; what was verified and does not hold is in [`Verified::failures`].
pub fn verify(export: impl BufRead, checkpoint: &str, key: &Verifier) -> Result<Verified, VerifyError> {
    let checkpoint = Checkpoint::open(checkpoint, key)?;
    let (mut log, mut facts, mut claims) = (Log::default(), Facts::default(), Claims::default());
    let mut failures = Vec::new();
    let federation = read(export, &mut log, &mut facts, &mut claims, &mut failures)?;
    if checkpoint.origin != super::note::origin(federation) {
        failures.push(Failure::new("checkpoint", checkpoint.size, "origin", super::note::origin(federation), &checkpoint.origin));
    }
    log.hold_against(&checkpoint, &mut failures);
    let mut known = Vec::new();
    for signed in &claims.checkpoints {
        match Checkpoint::open(&signed.note, key) {
            Ok(opened) if opened.size == signed.size && opened.origin == checkpoint.origin => {
                log.hold_against(&opened, &mut failures);
                known.push(signed);
            }
            Ok(opened) => failures.push(Failure::new("checkpoint", signed.size, "size and origin", signed.size, opened.size)),
            Err(error) => failures.push(Failure::new("checkpoint", signed.size, "note", "a note signed with this key", error)),
        }
    }
    books::check(&facts, &claims.balances, &mut failures);
    payments::check(&facts, &claims.states, &mut failures);
    for report in &claims.reports {
        let signed = known.iter().find(|signed| signed.size == report.checkpoint);
        reports::check(&facts, report, signed.map(|signed| signed.note.as_str()), &mut failures);
    }
    let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
    Ok(Verified {
        federation,
        checkpoint,
        entries: log.size(),
        rows: log.rows(),
        masked: log.masked(),
        checkpoints: count(claims.checkpoints.len()),
        reports: count(claims.reports.len()),
        claims: count(claims.balances.len() + claims.states.len()),
        failures,
    })
}

/// Reads every line, once and in order.
fn read(
    export: impl BufRead,
    log: &mut Log,
    facts: &mut Facts,
    claims: &mut Claims,
    failures: &mut Vec<Failure>,
) -> Result<FederationId, VerifyError> {
    let mut federation = None;
    let mut ended = false;
    let mut number = 0;
    for text in export.lines() {
        number += 1;
        let malformed = |reason: String| VerifyError::Malformed { line: number, reason };
        let line: Line = serde_json::from_str(&text?).map_err(|error| malformed(error.to_string()))?;
        if ended {
            return Err(malformed("after the end".to_owned()));
        }
        match (line, federation) {
            (Line::Header(Header { format, federation: of }), None) if format == FORMAT => federation = Some(of),
            (Line::Header(_), _) => return Err(malformed(format!("not a header of {FORMAT}"))),
            (_, None) => return Err(malformed("an export begins with its header".to_owned())),
            (Line::Entry(entry), Some(of)) => {
                log.take(of, &entry, failures);
                facts.take(&entry, failures);
            }
            (Line::Outside(outside), _) => {
                let row = outside.row;
                let key = row.table(outside.edition).map_or_else(String::new, |table| row.key(table));
                failures.push(Failure::new(&row.0, key, "in the log", "an act of the log", "none"));
            }
            (Line::Checkpoint(signed), _) => claims.checkpoints.push(signed),
            (Line::Report(report), _) => claims.reports.push(report),
            (Line::Balance(balance), _) => claims.balances.push(balance),
            (Line::State(state), _) => claims.states.push(state),
            (Line::End(end), _) => {
                ended = true;
                if end.entries != log.size() {
                    return Err(malformed(format!("{} log numbers announced, {} there", end.entries, log.size())));
                }
            }
        }
    }
    match federation {
        Some(federation) if ended => Ok(federation),
        _ => Err(VerifyError::Malformed { line: number, reason: "the export is cut short".to_owned() }),
    }
}

#[cfg(test)]
mod tests;
