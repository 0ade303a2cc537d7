//! What this module refuses.

use crate::db::Constraint;
use crate::kernel::{Code, Status};

/// No layout of this purpose has the name.
pub static LAYOUT_UNKNOWN: Code =
    Code::new("layout_unknown", Status::Unprocessable, "没有此名称和用途的文件版式", "No file layout of this purpose has the name");
/// The name is that of a layout of the product's own.
pub static LAYOUT_BUILT_IN: Code =
    Code::new("layout_built_in", Status::Conflict, "该名称为内置版式所用", "The name is that of a built-in layout");
/// Somebody else recorded the next version at the same moment.
pub static LAYOUT_VERSION_TAKEN: Code = Code::new(
    "layout_version_taken",
    Status::Conflict,
    "该版式刚刚被他人更新，请重新查看后再提交",
    "Somebody else has just recorded a version of this layout; look at it and try again",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&LAYOUT_UNKNOWN, &LAYOUT_BUILT_IN, &LAYOUT_VERSION_TAKEN];

/// What this module's constraints mean.
pub static CONSTRAINTS: &[Constraint] = &[Constraint::new("file_layout_version_unique", &LAYOUT_VERSION_TAKEN, "/name")];
