//! What this module refuses.

use crate::db::Constraint;
use crate::kernel::{Code, Status, refusal};

/// The document has a figure of this name.
pub static FIGURE_EXISTS: Code =
    Code::new("figure_exists", Status::Conflict, "该文件已登记此申报数", "The document has a figure of this name");
/// The printed text is not a figure.
pub static FIGURE_UNREADABLE: Code =
    Code::new("figure_unreadable", Status::Unprocessable, "印刷数字无法识别，例如「72,4万元」", "The printed text is not a figure");

/// The codes of this module.
pub static CODES: &[&Code] = &[&FIGURE_EXISTS, &FIGURE_UNREADABLE];

/// What this module's constraints mean.
pub static CONSTRAINTS: &[Constraint] = &[
    Constraint::new("declared_figure_name_unique", &FIGURE_EXISTS, "/name"),
    Constraint::new("declared_figure_document_known", &refusal::REFERENCE_UNKNOWN, "/document_id"),
];
