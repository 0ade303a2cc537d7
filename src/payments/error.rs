//! What this module refuses.

use crate::db::Constraint;
use crate::kernel::{Code, Status, refusal};

/// The instruction's state does not allow it.
pub static INSTRUCTION_STATE: Code =
    Code::new("instruction_state", Status::Conflict, "支付指令当前状态不允许此操作", "The instruction's state does not allow this");
/// The entry has a live attempt already.
pub static ATTEMPT_LIVE: Code =
    Code::new("attempt_live", Status::Conflict, "该发放对象已有有效的支付指令", "The entry has a live attempt already");
/// The batch was sent before.
pub static BATCH_SENT: Code = Code::new("batch_sent", Status::Conflict, "该批次已送出", "The batch has been sent");
/// The file of the batch is written, and may be with the bank.
pub static BATCH_FILE_WRITTEN: Code = Code::new(
    "batch_file_written",
    Status::Conflict,
    "该批次的文件已生成，可能已交银行",
    "The file of the batch is written, and may be with the bank",
);
/// A file from before files were kept, and what it was made from has been edited since.
pub static BATCH_FILE_NOT_KEPT: Code = Code::new(
    "batch_file_not_kept",
    Status::Conflict,
    "该文件生成时系统尚未保存文件，其后户名或开户行有改动，无法原样给出；改回后即可取得",
    "The file was written before files were kept, and holders or banks in it have been edited since; put back, it can be had",
);
/// Cash, or nothing at all: there is no file to write.
pub static BATCH_WITHOUT_ACCOUNTS: Code = Code::new(
    "batch_without_accounts",
    Status::Conflict,
    "该批次没有可通过账户支付的指令，不能生成文件",
    "The batch has no payments to accounts, so there is no file to write",
);
/// Evidence names references nobody was given.
pub static REFERENCE_NOT_ISSUED: Code = Code::new(
    "reference_not_issued",
    Status::Unprocessable,
    "凭证所指的支付指令编号不存在",
    "Evidence names references that were never issued",
);
/// Evidence of another amount than was instructed.
pub static EVIDENCE_AMOUNT_DIFFERS: Code = Code::new(
    "evidence_amount_differs",
    Status::Unprocessable,
    "凭证金额与支付指令不一致",
    "Evidence of another amount than was instructed",
);
/// Evidence of what was not sent.
pub static EVIDENCE_BEFORE_SENDING: Code = Code::new(
    "evidence_before_sending",
    Status::Conflict,
    "支付指令尚未送出，不能登记结果",
    "The instruction has not been sent, so nothing can be known of it",
);
/// A step dated before the one it follows.
pub static DATE_OUT_OF_ORDER: Code =
    Code::new("date_out_of_order", Status::Unprocessable, "日期早于上一步骤", "The date is before the step it follows");
/// Money of a transfer is got back by handing it back.
pub static RECOVERY_OF_TRANSFER: Code = Code::new(
    "recovery_of_transfer",
    Status::Unprocessable,
    "划拨下级的资金请用退回登记，不能追回",
    "Money of a transfer comes back by a hand-back, not a recovery",
);
/// An earlier attempt may have paid already.
pub static CONTRADICTION_OPEN: Code = Code::new(
    "contradiction_open",
    Status::Conflict,
    "此前的支付指令有互相矛盾的凭证，查清前不能送出",
    "Evidence contradicts an earlier attempt; nothing is sent until its finding is explained or resolved",
);
/// A bank statement names an earlier attempt.
pub static ATTEMPT_IN_QUESTION: Code = Code::new(
    "attempt_in_question",
    Status::Conflict,
    "对账单上有流水指向此前的支付指令，认定或说明之前不能再次送出",
    "A line of a bank statement names an earlier attempt; nothing is sent until its exception is resolved",
);
/// Evidence dated before its instruction was sent.
pub static EVIDENCE_TOO_EARLY: Code =
    Code::new("evidence_too_early", Status::Unprocessable, "凭证日期早于送出日期", "Evidence is dated before the instruction was sent");
/// The same line of the same file with other content.
pub static EVIDENCE_LINE_DIFFERS: Code =
    Code::new("evidence_line_differs", Status::Conflict, "同一文件的同一行内容不同", "The same line of the same file with other content");
/// Cash without its witnesses.
pub static WITNESSES_MISSING: Code = Code::new(
    "witnesses_missing",
    Status::Unprocessable,
    "现金发放需要签收收据和两名见证人",
    "Cash needs a signed receipt and two witnesses",
);
/// The new account is not the payee's.
pub static ACCOUNT_NOT_PAYEES: Code = Code::new(
    "account_not_payees",
    Status::Unprocessable,
    "收款账户不属于该发放对象或不适用该支付方式",
    "The account is not the payee's, or not one the channel can pay to",
);
/// More than was transferred.
pub static FEEDBACK_EXCEEDS_TRANSFER: Code =
    Code::new("feedback_exceeds_transfer", Status::Unprocessable, "核销金额超过划拨金额", "More than was transferred");
/// The recipient was reported before.
pub static FEEDBACK_REPEATED: Code =
    Code::new("feedback_repeated", Status::Conflict, "该人员已在此笔划拨中核销", "The recipient was reported for this transfer before");
/// More than was paid.
pub static RECOVERY_EXCEEDS_PAYMENT: Code = Code::new(
    "recovery_exceeds_payment",
    Status::Unprocessable,
    "追回金额超过已发放金额",
    "More than was paid and not yet being recovered",
);
/// The return's or recovery's state does not allow it.
pub static STEP_OUT_OF_ORDER: Code =
    Code::new("step_out_of_order", Status::Conflict, "当前状态不允许此步骤", "The step does not follow from the present state");

/// The codes of this module.
pub static CODES: &[&Code] = &[
    &INSTRUCTION_STATE,
    &ATTEMPT_LIVE,
    &BATCH_SENT,
    &BATCH_FILE_WRITTEN,
    &BATCH_FILE_NOT_KEPT,
    &BATCH_WITHOUT_ACCOUNTS,
    &REFERENCE_NOT_ISSUED,
    &EVIDENCE_AMOUNT_DIFFERS,
    &EVIDENCE_BEFORE_SENDING,
    &DATE_OUT_OF_ORDER,
    &RECOVERY_OF_TRANSFER,
    &ATTEMPT_IN_QUESTION,
    &CONTRADICTION_OPEN,
    &EVIDENCE_TOO_EARLY,
    &EVIDENCE_LINE_DIFFERS,
    &WITNESSES_MISSING,
    &ACCOUNT_NOT_PAYEES,
    &FEEDBACK_EXCEEDS_TRANSFER,
    &FEEDBACK_REPEATED,
    &RECOVERY_EXCEEDS_PAYMENT,
    &STEP_OUT_OF_ORDER,
];

/// What this module's constraints mean.
pub static CONSTRAINTS: &[Constraint] = &[
    Constraint::new("instruction_one_live_attempt", &ATTEMPT_LIVE, ""),
    Constraint::new("instruction_attempt_unique", &ATTEMPT_LIVE, ""),
    Constraint::new("instruction_reference_unique", &ATTEMPT_LIVE, ""),
    Constraint::new("evidence_line_once", &EVIDENCE_LINE_DIFFERS, ""),
    Constraint::new("transfer_down_not_over_reported", &FEEDBACK_EXCEEDS_TRANSFER, "/rows"),
    Constraint::new("transfer_feedback_person_once", &FEEDBACK_REPEATED, "/rows"),
    Constraint::new("fund_return_line_known", &refusal::REFERENCE_UNKNOWN, "/allocation_line_id"),
    Constraint::new("fund_return_source_known", &refusal::REFERENCE_UNKNOWN, "/fund_source_id"),
    Constraint::new("fund_return_person_known", &refusal::REFERENCE_UNKNOWN, "/person_id"),
    Constraint::new("fund_return_to_known", &refusal::REFERENCE_UNKNOWN, "/to_organisation_id"),
    Constraint::new("fund_return_document_known", &refusal::REFERENCE_UNKNOWN, "/document_id"),
];
