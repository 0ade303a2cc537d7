//! What every constraint of the database means, module by module. A test asks the catalogue whether one is missing.

use crate::db::Constraint;

/// The lists of all modules.
pub static CONSTRAINTS: &[&[Constraint]] = &[
    crate::access::CONSTRAINTS,
    crate::audit::CONSTRAINTS,
    crate::jobs::CONSTRAINTS,
    crate::layouts::CONSTRAINTS,
    crate::ledger::CONSTRAINTS,
    crate::organisations::CONSTRAINTS,
    crate::registry::CONSTRAINTS,
    crate::funds::CONSTRAINTS,
    crate::approvals::CONSTRAINTS,
    crate::plans::CONSTRAINTS,
    crate::plans::publicity::CONSTRAINTS,
    crate::payments::CONSTRAINTS,
    crate::findings::CONSTRAINTS,
    crate::reconciliation::CONSTRAINTS,
];
