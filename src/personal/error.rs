//! What this module refuses.

use crate::kernel::{Code, Status};

/// Payments, or what may lead to one, keep the person.
pub static PERSON_KEPT: Code = Code::new(
    "person_kept",
    Status::Conflict,
    "该人员有须依法保存的记录，不能删除；可用 keep_required 仅删除无需保存的部分",
    "Records that must be kept need this person; with keep_required only what they do not need is erased",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&PERSON_KEPT];
