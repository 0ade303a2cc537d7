//! XLSX workbooks, read by the part and by the cell.

mod book;
mod number;
mod package;
mod sheet;
mod strings;
mod styles;
mod xml;

pub(super) use book::{Book, Sheet};
pub(super) use sheet::SheetRows;
