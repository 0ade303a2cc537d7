//! What this module refuses.

use super::model::LONGEST;
use crate::kernel::{Code, Refusal, Status};

/// A form has more rows than anybody prints.
pub static FORM_TOO_LONG: Code = Code::new(
    "form_too_long",
    Status::Unprocessable,
    "行数过多，无法作为打印表样；请使用导出",
    "It has too many rows for a form; use the export",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&FORM_TOO_LONG];

/// The refusal of so many rows.
pub(super) fn too_long(rows: i64) -> Refusal {
    FORM_TOO_LONG.refuse().with("rows", rows).with("limit", LONGEST)
}
