//! Layouts of banks' text files (文件版式), kept as data: what a bank sends or takes is described once, under a name, and files
//! name it. What a description means is known by [`crate::interchange::bank::layout`].
//!
//! Tables: `file_layout`.
//!
//! **Invariant.** A layout is never changed: another description under the same name is its next version, so that of every file
//! it can be told how it was read.

mod api;
mod error;
mod model;
mod service;
mod store;

pub use api::{configure, lists};
pub use error::{CODES, CONSTRAINTS};
pub use model::{LayoutPurpose, NEUTRAL, NamedLayout};
pub use service::{layout_by_name, layout_of_version};
