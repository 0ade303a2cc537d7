//! Files to banks and card platforms, and what they answer: a batch is written as one file, once; a result file becomes
//! evidence, line by line, and one bad line never stands in the way of the others.

mod api;
mod model;
mod orders;
mod results;
mod store;

pub use api::configure;
pub(super) use orders::refuse_written;
pub(super) use results::works;
