//! What this module refuses.

use super::model::Part;
use crate::kernel::{Code, Refusal, Status};

/// A form, or the part of it that is asked for, has more rows than anybody prints.
pub static FORM_TOO_LONG: Code = Code::new(
    "form_too_long",
    Status::Unprocessable,
    "行数过多，无法一次打印；请用 from 和 to 按序号分段打印，或使用导出",
    "It has too many rows for one form; ask for it in parts with `from` and `to`, by place, or use the export",
);
/// The part that is asked for has no rows.
pub static FORM_PART: Code = Code::new(
    "form_part",
    Status::Unprocessable,
    "from 和 to 之间没有任何行；序号从1起",
    "There is no row between `from` and `to`; places are counted from 1",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&FORM_TOO_LONG, &FORM_PART];

/// The refusal of so many rows.
pub(super) fn too_long(part: Part, longest: i64) -> Refusal {
    let next = format!("from={}&to={}", part.from, part.from.saturating_add(longest).saturating_sub(1));
    FORM_TOO_LONG.refuse().with("rows", part.length()).with("limit", longest).with("next", next)
}

/// The refusal of a part that a list of so many rows has not.
pub(super) fn no_such_part(rows: i64) -> Refusal {
    FORM_PART.refuse().with("rows", rows)
}
