//! Forms that are printed and signed (打印表样): what a [`Form`] holds, and how it becomes an A4 page or a workbook.
//!
//! A domain fills a form in beside what it is of; how it looks is the same for all. Forms are Chinese: they are filed.
//!
//! **Invariants.** A page holds no script and fetches nothing; every text in it is escaped by the template. Both kinds of a form
//! are made of the same values, so they cannot say different things.

mod book;
mod error;
mod model;
mod page;

pub use book::{book, table};
pub use error::{CODES, FORM_PART, FORM_TOO_LONG};
pub use model::{FilledForm, Form, FormFormat, FormQuery, LONGEST, Part, PartQuery, Section};
pub use page::page;
