//! Files that are taken in (导入): lists that people keep in spreadsheets become rows of the registry, of funds, of payments.
//!
//! A domain declares a [`List`]: its columns, how a row is read, and how what was read is taken in. Everything else is the same
//! for all lists and stands here: the job that does it, what is taken whole, what was taken in before, and the report, which a
//! dry run gives exactly as the real run would.
//!
//! Tables: `imported_row`.
//!
//! **Invariants.** What was reported is what was committed: report and rows are of one transaction. A row that was taken in
//! once changes nothing when it comes again, whatever the file around it. What is taken whole is refused whole, and every refused row
//! has a reason in the file given back.

mod api;
mod list;
mod model;
mod reading;
mod refused;
mod report;
mod run;
mod service;
mod store;
mod telling;

pub use api::give_template;
pub use list::{Filed, Known, List, Unit, Whole, Wrong, positive, refuse, release, save, word, wrongs};
pub use model::{ImportQuery, Take, TemplateQuery};
pub use report::{Outcome, Report};
pub use run::Import;
pub use service::start;
