//! Lists as files (导出): every list that is answered page by page can also be taken whole, as CSV or as a workbook.
//!
//! A list declares its columns once, beside its rows, with [`listed!`](crate::listed), and how its pages are had once, beside its
//! handler, as a [`WholeList`]. `http::call::Export` hands the file out while it is made; `POST /v1/exports` starts a job that makes
//! and keeps it ([`Lists`]). What is the same for all lists stands here: the walk through all pages ([`service`]), the file with its heading and totals
//! ([`mod@file`]), and what is asked for in clear.
//!
//! **Invariants.** A file is of one snapshot, and holds the rows and only the rows that the list itself would answer to the same
//! caller. Memory does not grow with the rows: pages and bytes wait in channels of fixed length, so that who reads slowly slows
//! the reading of the database. The line of totals is added up from the rows written, and must equal the list's own totals; a
//! file that breaks off has none, and its body ends in an error. Personal values are masked as in answers, unless the caller
//! asked for that list in clear within the hour.

mod api;
mod error;
pub mod file;
mod heading;
mod job;
mod list;
mod listed;
mod model;
pub mod service;
mod taking;
mod value;
mod words;

pub use api::configure;
pub use error::{CODES, PAGE_OF_EXPORT};
pub use heading::{About, heading, moment, short_root};
pub use job::Lists;
pub use list::{AnyList, PageOf, WholeList, file_name};
pub use listed::{Column, Listed};
pub use model::{ExportFormat, ExportQuery, FileAnswer, NewExport};
pub use taking::Taking;
pub use value::{ToValue, Value, word};
pub use words::translated;
