//! Federations, the organisations in and around them, administrative regions, and documents.
//!
//! Tables: `federation`, `region`, `region_direct_funding`, `organisation`, `document`.

mod api;
mod error;
mod model;
mod service;
mod store;

pub use api::{configure, lists};
pub use error::{CODES, CONSTRAINTS};
pub use model::{Document, Federation, Organisation, OrganisationKind, Region};
pub(crate) use service::name_of;
pub use service::{directly_funded_regions, documents, federation_ids, federation_name, known_by_name, names};
