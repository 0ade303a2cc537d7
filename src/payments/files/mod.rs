//! Files to banks and card platforms, and what they answer: a batch is written as one file, once; a result file becomes
//! evidence, line by line, and one bad line never stands in the way of the others.

mod api;
mod kept;
mod model;
mod naming;
mod orders;
mod results;
mod store;

pub use api::configure;
pub use naming::references_by_short;
pub(super) use orders::refuse_written;
pub(super) use results::works;
