//! Rosters (发放花名册): who receives what and why, who does not and why, and which money pays it.
//!
//! A roster never changes: generating again makes a new version. Locking a plan freezes it to one version by its digest.
//!
//! Tables: `roster`, `roster_entry`, `roster_funding`, `standard_adjustment`, `payment_claim`.

pub(super) mod candidates;
pub(super) mod digest;
pub(super) mod drift;
pub(super) mod eligibility;
pub(super) mod forms;
pub(super) mod funding;
pub(super) mod model;
pub(super) mod pricing;
pub(super) mod proof;
pub(super) mod service;
pub(super) mod store;

pub use store::{NamingRosters, accounts_on_rosters, rosters_naming};

pub use model::{Entry, EntryKey, EntryView, FundingPart, FundingTotal, Roster, RosterView};
