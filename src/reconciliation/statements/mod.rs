//! Bank statements (银行对账单): every line matched with a payment of the ledger, or named as an exception (RC-27, ADR 0017).
//!
//! A file is read whole ([`crate::interchange::bank`]), kept for good, and its lines kept once however many statements list them.
//! `rules.rs` climbs a fixed ladder: own reference and amount; the payee's account, amount and day; a batch that adds up. What was
//! matched becomes evidence of payments in the same act, so that states and books follow; whatever is left is an exception with
//! every candidate, until a person other than who handed the file in decides it.
//!
//! **The equation.** For every statement, ledger less bank is the sum of its exceptions:
//!
//! - *bank* is the signed sum (credit plus, debit minus) of the lines that it was the first to list;
//! - *ledger* is the signed sum of the movements that the ledger had booked when the statement had been taken in, of what the
//!   statement is about: settlements (minus the amount) and bounces (plus it) of instructions that its lines were matched with,
//!   or that an exception of it names and that no line was matched with. Each movement counts once;
//! - an exception's *difference* is what the ledger has of it less its line: minus the line for a line without a movement, the
//!   movement for a movement without a line, both for an amount that differs.
//!
//! `check` derives all three anew: ledger from the postings, bank from the lines, differences from the exceptions.
//!
//! **Invariants.** A line is known once, by its identity; a movement is matched once; nothing is guessed, and nothing of what was
//! taken in is ever changed: a decision is a row of its own.

mod api;
mod check;
mod columns;
mod facts;
mod facts_store;
mod forms;
mod joining;
mod matching;
mod model;
mod reading;
mod rules;
mod run;
mod service;
mod store;
mod taking;
mod view_model;

pub use api::{configure, lists};
pub use check::check;
pub use run::StatementMatch;
