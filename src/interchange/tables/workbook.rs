//! XLSX workbooks, read by the part and by the cell.

mod book;
mod column;
mod number;
mod package;
mod sheet;
mod strings;
mod styles;
mod xml;

pub(super) use book::{Book, Sheet};
pub(super) use column::Added;
pub(super) use sheet::SheetRows;
