//! Model workers (劳动模范) and their honours. Death ends every honour.

mod api;
mod model;
mod rules;
mod service;
mod store;

pub(in crate::registry) use api::{configure, lists};
pub use model::{HonourEndReason, HonourLevel, HonourRecord};
pub(in crate::registry) use model::{NewHonour, NewModelWorker};
pub use service::honours_awarded_by;
pub(in crate::registry) use service::{create, end_by_death};
