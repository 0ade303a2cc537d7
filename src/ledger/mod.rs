//! The ledger (总账): journal entries, postings, and the accounts of every allocation line.
//!
//! **Architecture invariant.** Its tables have one door, the SQL function `ledger_post` of `schema/10_ledger_door.sql`,
//! owned by the owner role; [`post`] calls it and nothing else writes them. It imports no domain: it knows lines, sources
//! and opaque subjects.
//!
//! Tables: `ledger_balance`, `ledger_day`, `journal_entry`, `posting`, `ledger_log`, `ledger_head`, `ledger_move`,
//! `period_closing`.

mod api;
mod error;
mod model;
mod store;

pub use api::{configure, lists};
pub use error::{CODES, CONSTRAINTS, INSUFFICIENT_FUNDS};
pub use model::{Account, ActEntry, Balances, Booked, EntryKind, Event, Move, NewEntry, PostingView};
pub use store::{Difference, POSTINGS, Scope, balances, check, hold, last_log_number, post, post_each, postings_of};
