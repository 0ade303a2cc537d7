//! What the ledger refuses. The names on the left are those its functions raise with, in their order of precedence.

use crate::db::Constraint;
use crate::kernel::{Code, Status};

/// Not a journal entry the ledger knows: a defect of the service, not of the request.
pub static MALFORMED: Code = Code::new("ledger_malformed", Status::Internal, "记账凭证不合规", "Not a well-formed journal entry");
/// The event was booked before with other content.
pub static REFERENCE_REUSED: Code =
    Code::new("ledger_reference_reused", Status::Conflict, "该业务事项已按不同内容入账", "This event is booked already with other content");
/// The books are closed on that day.
pub static PERIOD_CLOSED: Code = Code::new("period_closed", Status::PeriodClosed, "该会计期间已结账", "The accounting period is closed");
/// No such line or source here.
pub static ACCOUNT_UNKNOWN: Code = Code::new(
    "ledger_account_unknown",
    Status::Unprocessable,
    "本工会没有该资金项目或资金来源",
    "No such allocation line or fund source here",
);
/// Not enough money in an account.
pub static INSUFFICIENT_FUNDS: Code =
    Code::new("insufficient_funds", Status::Unprocessable, "资金不足", "Not enough money; `missing` says how much");
/// Not enough money on an earlier day.
pub static OVERDRAWN_AS_OF: Code = Code::new(
    "overdrawn_as_of",
    Status::Unprocessable,
    "按该日期入账会使当日或其后某日的账户为负",
    "Dated so, an account would be below zero on a day since",
);

/// The codes of the ledger.
pub static CODES: &[&Code] = &[&MALFORMED, &REFERENCE_REUSED, &PERIOD_CLOSED, &ACCOUNT_UNKNOWN, &INSUFFICIENT_FUNDS, &OVERDRAWN_AS_OF];

/// What the ledger's constraints mean.
pub static CONSTRAINTS: &[Constraint] = &[
    Constraint::new("ledger_malformed", &MALFORMED, ""),
    Constraint::new("ledger_reference_reused", &REFERENCE_REUSED, ""),
    Constraint::new("ledger_period_closed", &PERIOD_CLOSED, ""),
    Constraint::new("ledger_account_unknown", &ACCOUNT_UNKNOWN, ""),
    Constraint::new("ledger_insufficient_funds", &INSUFFICIENT_FUNDS, ""),
    Constraint::new("ledger_overdrawn_as_of", &OVERDRAWN_AS_OF, ""),
];
