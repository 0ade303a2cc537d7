//! The columns of statements, their lines and exceptions as files.

use std::collections::BTreeMap;

use super::view_model::{ExceptionState, ExceptionView, StatementLineView, StatementView};
use crate::exports::{ToValue, Value, word};
use crate::kernel::InstructionId;

/// How many of each kind, such as `fee 1、duplicate 2`.
fn counted(counts: &BTreeMap<String, i64>) -> Value<'_> {
    Value::Text(counts.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join("、").into())
}

crate::listed! {
    StatementView = "bank-statements", "银行对账单", "Bank statements", sum difference;
    id "编号", file_digest "文件摘要", format "格式" = |row| word(&row.format), layout "文件版式", layout_version "版式版本",
    bank_reference "银行编号", sequence "序号", account "账户", currency "币种", from "起", to "止", opening "期初余额", closing "期末余额",
    days "入账天数", batches "批次范围", lines "新增行数", repeated "重复行数", repeated_sum "重复行合计",
    matched "已匹配" = |row| counted(&row.matched), exceptions "例外" = |row| counted(&row.exceptions), ledger_sum "账面合计",
    bank_sum "银行合计", difference "账面减银行", open_exceptions "未处理例外数", open_difference "未处理例外金额", taken_by "提交人",
    taken_at "提交时间",
}

/// The amount with its sign for the account: what the list adds up.
fn signed(row: &StatementLineView) -> Value<'_> {
    Value::Money(if row.direction == "credit" { row.amount } else { -row.amount })
}

fn ids(ids: &[InstructionId]) -> Value<'_> {
    match ids {
        [one] => one.to_value(),
        several => Value::Text(several.iter().map(ToString::to_string).collect::<Vec<_>>().join("、").into()),
    }
}

/// By which rung, where `person` is no payee but who decided.
fn rung(row: &StatementLineView) -> Value<'_> {
    match row.rung.as_deref() {
        Some("person") => Value::Called("person", "人工认定"),
        Some(rung) => word(rung),
        None => Value::Empty,
    }
}

crate::listed! {
    StatementLineView = "bank-statement-lines", "对账单明细", "Lines of a bank statement", sum signed_amount;
    id "编号", statement_id "对账单编号", number "行号", booked_on "记账日", value_on "起息日",
    direction "借贷" = |row| word(&row.direction), amount "金额", signed_amount "借负贷正金额" = signed, reversal "冲正", returned "退回",
    fee "手续费", bank_code "银行代码", counterparty_name "对方户名", counterparty_account "对方账号", rung "匹配依据" = rung,
    instruction_ids "支付指令编号" = |row| ids(&row.instruction_ids),
    exception "例外" = |row| row.exception.as_deref().map_or(Value::Empty, word),
}

/// 已消除 and 已处理 are not what a transfer that is `cleared`, or a finding that is `resolved`, is called.
fn state(row: &ExceptionView) -> Value<'_> {
    let called = [(ExceptionState::Cleared.name(), "已消除"), (ExceptionState::Resolved.name(), "已处理")];
    let called = called.into_iter().find(|(name, _)| *name == row.state);
    called.map_or_else(|| word(&row.state), |(name, zh)| Value::Called(name, zh))
}

crate::listed! {
    ExceptionView = "statement-exceptions", "对账例外", "Statement exceptions", sum difference;
    id "编号", statement_id "对账单编号", line_id "明细编号", instruction_id "支付指令编号", kind "类型" = |row| word(&row.kind),
    ledger_amount "账面金额", bank_amount "银行金额", difference "账面减银行", state "状态" = state, candidates "可能对应",
    resolution "处理" = |row| row.resolution.as_deref().map_or(Value::Empty, word), resolved_to "认定为指令", reason "理由",
    resolved_by "处理人", resolved_at "处理时间",
}
