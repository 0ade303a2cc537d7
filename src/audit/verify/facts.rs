//! What the sealed rows say, read into values: each with the log number at which it became known.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use super::Failure;
use crate::audit::export::Entry;
use crate::audit::rows::{Kind, Row};
use crate::audit::tables::Table;
use crate::kernel::Money;

/// A journal entry.
#[derive(Debug)]
pub(super) struct Journal {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) reference: String,
    pub(super) effective_on: NaiveDate,
    pub(super) postings: Vec<Posting>,
    pub(super) known: u64,
}

/// A posting.
#[derive(Debug)]
pub(super) struct Posting {
    pub(super) position: String,
    pub(super) line: String,
    pub(super) source: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) amount: Money,
    pub(super) subject: Option<String>,
}

/// An appropriation.
#[derive(Debug)]
pub(super) struct Appropriation {
    pub(super) fiscal_year: String,
    pub(super) organisation: String,
}

/// An allocation line.
#[derive(Debug)]
pub(super) struct LineFact {
    pub(super) appropriation: String,
    pub(super) source: String,
    pub(super) known: u64,
}

/// An arrival.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) line: String,
    pub(super) amount: Money,
    pub(super) on: NaiveDate,
    pub(super) known: u64,
}

/// Whom a roster entry pays, and out of which lines and sources.
#[derive(Debug, Default)]
pub(super) struct Entitled {
    pub(super) payee_kind: String,
    pub(super) household: Option<String>,
    pub(super) paid_by: Vec<(String, String)>,
}

/// An instruction.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) entry: String,
    pub(super) batch: String,
    pub(super) amount: Money,
    pub(super) person: Option<String>,
}

/// Something that happened to an instruction.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) sequence: u64,
    pub(super) kind: String,
    pub(super) on: NaiveDate,
    pub(super) known: u64,
}

/// A recipient that a subordinate union reported.
#[derive(Debug)]
pub(super) struct Feedback {
    pub(super) id: String,
    pub(super) transfer: String,
    pub(super) person: String,
    pub(super) amount: Money,
    pub(super) reported_on: NaiveDate,
    pub(super) known: u64,
}

/// Everything that balances, states and figures follow from.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) journals: Vec<Journal>,
    pub(super) appropriations: HashMap<String, Appropriation>,
    pub(super) lines: BTreeMap<String, LineFact>,
    pub(super) arrivals: Vec<Arrival>,
    pub(super) entries: HashMap<String, Entitled>,
    pub(super) orders: BTreeMap<String, Order>,
    pub(super) events: HashMap<String, Vec<Event>>,
    /// Transfers down by id, with the instruction that paid each.
    pub(super) transfers: BTreeMap<String, String>,
    pub(super) feedback: Vec<Feedback>,
    /// Every state of a table's row, by sequence.
    pub(super) states: BTreeMap<(String, String), Vec<(u64, String)>>,
}

/// Reads the columns of one row; what cannot be read is remembered as a failure.
struct Columns<'a> {
    table: &'a Table,
    row: &'a Row,
    failures: &'a mut Vec<Failure>,
}

impl Columns<'_> {
    fn text(&mut self, column: &str) -> Option<String> {
        let text = self.row.get(self.table, column);
        if text.is_none() {
            self.failures.push(Failure::new(self.table.name, self.row.key(self.table), column, "a value", "null"));
        }
        text.map(str::to_owned)
    }

    fn optional(&self, column: &str) -> Option<String> {
        self.row.get(self.table, column).map(str::to_owned)
    }

    fn parsed<T: std::str::FromStr>(&mut self, column: &str) -> Option<T> {
        let text = self.text(column)?;
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.failures.push(Failure::new(self.table.name, self.row.key(self.table), column, "a readable value", text));
        }
        parsed
    }
}

impl Facts {
    /// Takes the rows of a log number in.
    pub(super) fn take(&mut self, entry: &Entry, failures: &mut Vec<Failure>) {
        let known = entry.log_number;
        if let (Kind::JournalEntry, Some(table)) = (entry.kind, entry.header.table(entry.edition)) {
            let postings = entry.rows.iter().filter_map(|row| posting(row, row.table(entry.edition)?, failures)).collect();
            let journal = journal(&mut Columns { table, row: &entry.header, failures }, postings, known);
            self.journals.extend(journal);
            return;
        }
        for row in &entry.rows {
            if let Some(table) = row.table(entry.edition) {
                self.add(&mut Columns { table, row, failures }, known);
            }
        }
    }

    /// Takes one row of an act in. `None` when a column cannot be read, which has been remembered then.
    fn add(&mut self, row: &mut Columns<'_>, known: u64) -> Option<()> {
        match row.table.name {
            "appropriation" => {
                let fact = Appropriation { fiscal_year: row.text("fiscal_year")?, organisation: row.text("organisation_id")? };
                self.appropriations.insert(row.text("id")?, fact);
            }
            "allocation_line" => {
                let fact = LineFact { appropriation: row.text("appropriation_id")?, source: row.text("fund_source_id")?, known };
                self.lines.insert(row.text("id")?, fact);
            }
            "arrival" => self.arrivals.push(Arrival {
                line: row.text("allocation_line_id")?,
                amount: row.parsed("amount")?,
                on: row.parsed("arrived_on")?,
                known,
            }),
            "roster_entry" => {
                let fact = self.entries.entry(row.text("id")?).or_default();
                fact.payee_kind = row.text("payee_kind")?;
                fact.household = row.optional("household_id");
            }
            "roster_funding" => {
                let paid_by = (row.text("allocation_line_id")?, row.text("fund_source_id")?);
                self.entries.entry(row.text("roster_entry_id")?).or_default().paid_by.push(paid_by);
            }
            "instruction" => {
                let fact = Order {
                    entry: row.text("roster_entry_id")?,
                    batch: row.text("batch_id")?,
                    amount: row.parsed("amount")?,
                    person: row.optional("payee_person"),
                };
                self.orders.insert(row.text("id")?, fact);
            }
            "instruction_event" => {
                let fact = Event { sequence: row.parsed("sequence")?, kind: row.text("kind")?, on: row.parsed("effective_on")?, known };
                self.events.entry(row.text("instruction_id")?).or_default().push(fact);
            }
            "transfer_down" => {
                self.transfers.insert(row.text("id")?, row.text("instruction_id")?);
            }
            "transfer_feedback" => self.feedback.push(Feedback {
                id: row.text("id")?,
                transfer: row.text("transfer_down_id")?,
                person: row.text("identity_number_hash")?,
                amount: row.parsed("amount")?,
                reported_on: row.parsed("reported_on")?,
                known,
            }),
            "state_event" => {
                let state = (row.parsed("sequence")?, row.text("state")?);
                self.states.entry((row.text("subject_kind")?, row.text("subject_id")?)).or_default().push(state);
            }
            _ => {}
        }
        Some(())
    }
}

fn posting(row: &Row, table: &Table, failures: &mut Vec<Failure>) -> Option<Posting> {
    let mut row = Columns { table, row, failures };
    Some(Posting {
        position: row.text("position")?,
        line: row.text("allocation_line_id")?,
        source: row.text("fund_source_id")?,
        from: row.text("from_account")?,
        to: row.text("to_account")?,
        amount: row.parsed("amount")?,
        subject: row.optional("subject_id"),
    })
}

fn journal(row: &mut Columns<'_>, postings: Vec<Posting>, known: u64) -> Option<Journal> {
    Some(Journal {
        id: row.text("id")?,
        kind: row.text("kind")?,
        reference: row.text("reference")?,
        effective_on: row.parsed("effective_on")?,
        postings,
        known,
    })
}
