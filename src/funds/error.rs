//! What this module refuses.

use crate::db::Constraint;
use crate::kernel::{Code, Status, refusal};

/// The name of a fund source is taken.
pub static FUND_SOURCE_EXISTS: Code =
    Code::new("fund_source_exists", Status::Conflict, "已有同名的资金来源", "A fund source of this name exists");
/// The document has an appropriation of that name.
pub static APPROPRIATION_EXISTS: Code =
    Code::new("appropriation_exists", Status::Conflict, "该文件已有同名的资金下达", "The document has an appropriation of this name");
/// The appropriation has a line of that name.
pub static LINE_EXISTS: Code =
    Code::new("line_exists", Status::Conflict, "该资金下达已有同名的资金项目", "The appropriation has a line of this name");
/// The lines are not the document's total.
pub static LINES_DO_NOT_ADD_UP: Code = Code::new(
    "lines_do_not_add_up",
    Status::Unprocessable,
    "各资金项目之和与文件总额不符",
    "The lines do not add up to the document's total; `difference` is the total less the lines",
);
/// More would have arrived than was granted.
pub static ARRIVALS_EXCEED_GRANT: Code = Code::new(
    "arrivals_exceed_grant",
    Status::Unprocessable,
    "累计到账将超过下达金额",
    "More would have arrived than was granted; `excess` says by how much",
);
/// A line would hold more than the ledger can count.
pub static AMOUNT_TOO_LARGE: Code = Code::new(
    "amount_too_large",
    Status::Unprocessable,
    "金额过大，账户余额将超出可记录的范围",
    "The amount is larger than an account can hold",
);
/// A standard for that line and category holds on one of those days.
pub static STANDARD_OVERLAPS: Code = Code::new(
    "standard_overlaps",
    Status::Conflict,
    "该资金项目此类别的发放标准期间重叠",
    "The line has a standard for this category on some of these days",
);
/// Something is said to have happened that has not.
pub static DATE_IN_FUTURE: Code = Code::new("date_in_future", Status::Unprocessable, "日期不得晚于今天", "The date lies in the future");

/// The codes of this module.
pub static CODES: &[&Code] = &[
    &FUND_SOURCE_EXISTS,
    &APPROPRIATION_EXISTS,
    &LINE_EXISTS,
    &LINES_DO_NOT_ADD_UP,
    &ARRIVALS_EXCEED_GRANT,
    &AMOUNT_TOO_LARGE,
    &STANDARD_OVERLAPS,
    &DATE_IN_FUTURE,
];

/// What this module's constraints mean.
pub static CONSTRAINTS: &[Constraint] = &[
    Constraint::new("fund_source_name_unique", &FUND_SOURCE_EXISTS, "/name"),
    Constraint::new("fund_source_return_to_known", &refusal::REFERENCE_UNKNOWN, "/return_to_organisation_id"),
    Constraint::new("appropriation_document_known", &refusal::REFERENCE_UNKNOWN, "/document_id"),
    Constraint::new("appropriation_organisation_known", &refusal::REFERENCE_UNKNOWN, "/organisation_id"),
    Constraint::new("appropriation_name_unique", &APPROPRIATION_EXISTS, "/name"),
    Constraint::new("allocation_line_name_unique", &LINE_EXISTS, "/lines"),
    // The service names the line at fault itself; this stands behind it.
    Constraint::new("allocation_line_fund_source_known", &refusal::REFERENCE_UNKNOWN, "/lines"),
    Constraint::new("line_change_line_known", &refusal::NOT_FOUND, ""),
    Constraint::new("line_change_document_known", &refusal::REFERENCE_UNKNOWN, "/document_id"),
    Constraint::new("arrival_line_known", &refusal::REFERENCE_UNKNOWN, "/allocation_line_id"),
    Constraint::new("standard_line_known", &refusal::REFERENCE_UNKNOWN, "/allocation_line_id"),
    Constraint::new("standard_basis_known", &refusal::REFERENCE_UNKNOWN, "/basis_document_id"),
    Constraint::new("standard_one_from_a_date", &STANDARD_OVERLAPS, "/valid_from"),
    // The domain of every amount in the database. Requests bring whole fen below its limit, so only a sum can pass it, and
    // money enters sums here: by additions.
    Constraint::new("yuan_exact", &AMOUNT_TOO_LARGE, "/amount"),
    Constraint::new("standard_one_open", &STANDARD_OVERLAPS, "/valid_from"),
];
