//! Persons (人员): one per identity number within a federation.

mod api;
mod model;
mod rules;
mod service;
pub(in crate::registry) mod store;

pub(in crate::registry) use api::{configure, lists};
pub use model::{ClearPerson, ErasablePerson, PersonRecord};
pub(in crate::registry) use model::{NewPerson, PersonRow};
pub use rules::phone_digits;
pub(in crate::registry) use service::{PreparedPerson, create_below, not_erased, prepare, shown_identity_number};
pub use service::{erase, hold_for_erasure, person_in_clear, persons, shown_identity_numbers};
