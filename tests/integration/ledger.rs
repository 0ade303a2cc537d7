//! The ledger's one door, as the service uses it.

mod door;
mod model;
mod privileges;
mod together;
