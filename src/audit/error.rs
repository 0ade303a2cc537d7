//! What this module refuses.

use crate::db::Constraint;
use crate::kernel::{Code, Status};

/// Nothing has been written in this federation yet, so there is nothing to sign.
pub static LOG_EMPTY: Code =
    Code::new("log_empty", Status::Conflict, "本工会尚无任何记录，没有可签名的内容", "Nothing has been written here yet");
/// A payment that nobody settled has no receipt.
pub static NOT_SETTLED: Code =
    Code::new("receipt_not_settled", Status::Conflict, "该支付尚未成功，没有回执", "The payment was never settled, so there is no receipt");
/// A consistency proof goes from an older checkpoint to a newer one.
pub static CHECKPOINTS_TURNED_ROUND: Code = Code::new(
    "checkpoints_turned_round",
    Status::Unprocessable,
    "检查点次序颠倒：from 应不大于 to",
    "The checkpoints are turned round: from must not be larger than to",
);

/// An export with names in clear is fetched by whoever asked for it, within an hour.
pub static EXPORT_NOT_ASKED_FOR: Code = Code::new(
    "export_not_asked_for",
    Status::Forbidden,
    "请先说明原因申请明文导出，并在一小时内由本人取回",
    "Ask for the export in clear first, saying why, and fetch it yourself within an hour",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&LOG_EMPTY, &NOT_SETTLED, &CHECKPOINTS_TURNED_ROUND, &EXPORT_NOT_ASKED_FOR];

/// What this module's constraints mean: only the sealer writes its tables.
pub static CONSTRAINTS: &[Constraint] = &[];
