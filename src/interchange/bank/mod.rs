//! Files to and from banks: payment orders out; results and account statements in.
//!
//! | file | writes or reads |
//! |---|---|
//! | ISO 20022 `pain.001.001.09` | [`pain001::Pain001`] |
//! | ISO 20022 `pain.002` | [`pain002::Pain002`] |
//! | ISO 20022 `camt.053` | [`camt053::Camt053`] |
//! | SWIFT MT940 | [`mt940::Mt940`] |
//! | text by a description | [`layout::LayoutPayments`], [`layout::LayoutResults`], [`layout::LayoutStatement`] |
//! | the neutral CSV | the same with [`layout::neutral`] |
//!
//! Everything streams: writers take payments one by one, and readers are iterators. A reader's item is a row, a row at fault
//! ([`row::Row`]), or the refusal of the whole file, after which nothing follows. **A refusal may come after rows**, where
//! totals or balances at the end do not fit them: whoever uses rows before the end must be able to take back what they did
//! with them.
//!
//! **Architecture invariant.** What a file does not say is not made up: an unknown code is [`result::Outcome::Unknown`], an
//! amount that cannot be read is a fault and never zero, and nothing is shortened unless a layout says so.
//!
//! Limits: 256 MiB a file, 64 KiB a line, 1 MiB a tag or text of XML, 40 levels, 32 MiB one entry with its details.

pub mod camt053;
mod china;
pub mod encoding;
pub mod error;
pub mod layout;
mod lines;
pub mod mt940;
pub mod pain001;
pub mod pain002;
pub mod payment;
pub mod reference;
pub mod result;
pub mod row;
mod running;
pub mod statement;
mod xml;

pub use error::CODES;
