//! What this module refuses.

use crate::kernel::{Code, Status};

/// As many exports as may run at a time are running.
pub static EXPORTS_BUSY: Code = Code::new(
    "exports_busy",
    Status::Unavailable,
    "正在进行的导出已达上限，请稍后重试",
    "As many exports as may run at a time are running; try again later",
);
/// An export is the whole of a list.
pub static PAGE_OF_EXPORT: Code = Code::new(
    "page_of_export",
    Status::Unreadable,
    "导出总是整份清单，不接受 cursor 或 limit",
    "An export is always the whole list; it takes no cursor or limit",
);
/// There is no list of that name.
pub static LIST_UNKNOWN: Code =
    Code::new("list_unknown", Status::Unprocessable, "没有可明文导出的这份清单", "No such list is exported in clear");

/// The codes of this module.
pub static CODES: &[&Code] = &[&EXPORTS_BUSY, &PAGE_OF_EXPORT, &LIST_UNKNOWN];
