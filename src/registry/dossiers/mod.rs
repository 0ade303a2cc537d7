//! Dossiers of hardship (困难职工档案): their states, the history of their category, and grace periods (渐退期).
//!
//! **Reapplication (返困).** A household that falls back into hardship applies again with the same dossier: the step
//! `closed → applied` reopens it under its number. Nothing of the earlier time is lost, because every step is a row of
//! `dossier_event`, from which a report as of a past day reads when the dossier was in force then.
//!
//! **Category.** Its dated history begins on the day the dossier comes into force; before that a dossier has only the
//! category that is applied for.

mod api;
mod model;
mod rules;
mod service;
pub(in crate::registry) mod store;

pub(in crate::registry) use api::{configure, lists};
pub(in crate::registry) use model::{CategorySpan, Dossier, DossierEvent, NewDossier};
pub use model::{CloseReason, DossierCategory, DossierLevel, DossierRecord, DossierStatus, DossierSystem, GraceRecord};
pub use service::dossiers_opened_by;
pub(in crate::registry) use service::{PreparedDossier, prepare};
pub(in crate::registry) use store::heads_open_dossier;
