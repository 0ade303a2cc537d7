//! What this module refuses.

use crate::db::Constraint;
use crate::kernel::{Code, Status, refusal};

/// The document has a figure of this name.
pub static FIGURE_EXISTS: Code =
    Code::new("figure_exists", Status::Conflict, "该文件已登记此申报数", "The document has a figure of this name");
/// The printed text is not a figure.
pub static FIGURE_UNREADABLE: Code =
    Code::new("figure_unreadable", Status::Unprocessable, "印刷数字无法识别，例如「72,4万元」", "The printed text is not a figure");

/// A text file names no account, and nobody gave a name for it.
pub static STATEMENT_ACCOUNT_MISSING: Code = Code::new(
    "statement_account_missing",
    Status::Unprocessable,
    "文件中没有账号，请用 account 指明账户名称",
    "The file names no account; give a name for it as account",
);
/// Lines of it cannot be read.
pub static STATEMENT_LINES_AT_FAULT: Code = Code::new(
    "statement_lines_at_fault",
    Status::Unprocessable,
    "对账单中有无法读取的流水，未作任何登记",
    "Lines of the statement cannot be read; nothing was taken in",
);
/// It speaks of days to come.
pub static STATEMENT_IN_FUTURE: Code =
    Code::new("statement_in_future", Status::Unprocessable, "对账单中有日期晚于今天的流水", "The statement has a line dated after today");
/// Decided by who handed the file in.
pub static STATEMENT_BY_ANOTHER: Code = Code::new(
    "statement_by_another",
    Status::Conflict,
    "对账例外须由提交对账单以外的人处理",
    "An exception is decided by somebody other than who handed the statement in",
);
/// The exception's state or kind does not allow it.
pub static EXCEPTION_STATE: Code =
    Code::new("exception_state", Status::Conflict, "该对账例外当前不允许此操作", "The exception does not allow this");
/// What is known of the instruction contradicts that the line is its.
pub static EXCEPTION_CONTRADICTED: Code = Code::new(
    "exception_contradicted",
    Status::Unprocessable,
    "该支付指令的已知情况与此流水矛盾，不能认定",
    "What is known of the instruction contradicts that the line is its",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[
    &FIGURE_EXISTS,
    &FIGURE_UNREADABLE,
    &STATEMENT_ACCOUNT_MISSING,
    &STATEMENT_LINES_AT_FAULT,
    &STATEMENT_IN_FUTURE,
    &STATEMENT_BY_ANOTHER,
    &EXCEPTION_STATE,
    &EXCEPTION_CONTRADICTED,
];

/// What this module's constraints mean.
pub static CONSTRAINTS: &[Constraint] = &[
    Constraint::new("declared_figure_name_unique", &FIGURE_EXISTS, "/name"),
    Constraint::new("declared_figure_document_known", &refusal::REFERENCE_UNKNOWN, "/document_id"),
    Constraint::new("statement_resolution_pkey", &EXCEPTION_STATE, ""),
    Constraint::new("statement_resolution_instruction_known", &refusal::REFERENCE_UNKNOWN, "/instruction_id"),
    Constraint::new("statement_resolution_by_another", &STATEMENT_BY_ANOTHER, ""),
];
