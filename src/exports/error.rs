//! What this module refuses.

use crate::kernel::{Code, Status};

/// An export is the whole of a list.
pub static PAGE_OF_EXPORT: Code = Code::new(
    "page_of_export",
    Status::Unreadable,
    "导出总是整份清单，不接受 cursor 或 limit",
    "An export is always the whole list; it takes no cursor or limit",
);
/// There is no list of that name.
pub static LIST_UNKNOWN: Code =
    Code::new("list_unknown", Status::Unprocessable, "没有可这样导出的这份清单", "No list of that name can be exported so");
/// A list of something without what it is of, or the other way round.
pub static LIST_OF_WHAT: Code = Code::new(
    "list_of_what",
    Status::Unprocessable,
    "该清单须用 of 指明所属对象（如花名册、划拨、对账单）；其他清单不得指明",
    "This list needs what it is of in `of`, such as its roster, transfer or statement; other lists take none",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&PAGE_OF_EXPORT, &LIST_UNKNOWN, &LIST_OF_WHAT];
