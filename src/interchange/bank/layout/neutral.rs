//! Layouts of this product's own, for banks and platforms that have no format: comma separated, UTF-8 with a byte order
//! mark, so that spreadsheets show them rightly. Texts that a spreadsheet would take for formulas are refused.
//!
//! Payments: a line of titles; a row for each payment of 序号, 参考号 (32 hexadecimal digits), 金额 (yuan with two decimals), 币种,
//! 收款户名, 收款账号, 收款行号, 收款行名, 附言, 日期 (`2023-01-18`); and a trailer 合计, count, total, batch reference.
//!
//! Results: titles; 参考号, 结果, 金额, 日期, 原因; the same trailer. 结果 is one of 成功, 失败, 未知, 退票, or the outcome's English code.
//!
//! Statement: titles; 入账日期, 起息日期, 收入, 支出, 余额, 交易流水号, 对方户名, 对方账号, 摘要代码, 附言, 参考号. 手续费 in 摘要代码 marks the bank's charges.

use std::collections::BTreeMap;

use super::{Align, Amounts, Column, Dates, Field, Frame, Kind, Layout, LineEnd};
use crate::interchange::bank::encoding::Encoding;
use crate::interchange::bank::result::Outcome;

/// Writes payments.
#[must_use]
pub fn payments() -> Layout {
    use Field as F;
    let columns = [
        ("序号", F::Sequence),
        ("参考号", F::Reference),
        ("金额", F::Amount),
        ("币种", F::Currency),
        ("收款户名", F::CreditorName),
        ("收款账号", F::CreditorAccount),
        ("收款行号", F::CreditorBankCode),
        ("收款行名", F::CreditorBankName),
        ("附言", F::Remittance),
        ("日期", F::Date),
    ];
    Layout { trailers: vec![controls()], ..layout("支付明细", &columns) }
}

/// Reads results.
#[must_use]
pub fn results() -> Layout {
    use Field as F;
    let columns = [("参考号", F::Reference), ("结果", F::ResultCode), ("金额", F::Amount), ("日期", F::Date), ("原因", F::Reason)];
    let codes = [
        ("成功", Outcome::Settled),
        ("失败", Outcome::Failed),
        ("未知", Outcome::Unknown),
        ("退票", Outcome::Bounced),
        ("settled", Outcome::Settled),
        ("failed", Outcome::Failed),
        ("unknown", Outcome::Unknown),
        ("bounced", Outcome::Bounced),
    ];
    let codes = codes.into_iter().map(|(code, outcome)| (code.to_owned(), outcome)).collect();
    Layout { trailers: vec![controls()], codes, ..layout("支付结果", &columns) }
}

/// Reads a statement.
#[must_use]
pub fn statement() -> Layout {
    use Field as F;
    let columns = [
        ("入账日期", F::BookedOn),
        ("起息日期", F::ValueOn),
        ("收入", F::Credit),
        ("支出", F::Debit),
        ("余额", F::Balance),
        ("交易流水号", F::EntryReference),
        ("对方户名", F::CounterpartyName),
        ("对方账号", F::CounterpartyAccount),
        ("摘要代码", F::BankCode),
        ("附言", F::Remittance),
        ("参考号", F::Reference),
    ];
    Layout { fees: vec!["手续费".to_owned()], ..layout("账户对账单", &columns) }
}

fn layout(name: &str, columns: &[(&str, Field)]) -> Layout {
    Layout {
        name: name.to_owned(),
        encoding: Encoding::Utf8Bom,
        line_end: LineEnd::Crlf,
        kind: Kind::Delimited { separator: ",".to_owned(), quote: Some('"') },
        amounts: Amounts::Yuan,
        dates: Dates::Dashed,
        headers: vec![Frame { columns: columns.iter().map(|(title, _)| literal(title)).collect(), any: false }],
        columns: columns.iter().map(|(_, field)| column(*field)).collect(),
        trailers: Vec::new(),
        codes: BTreeMap::new(),
        directions: BTreeMap::new(),
        fees: Vec::new(),
        refuse_formulas: true,
    }
}

/// 合计, how many, how much, which batch.
fn controls() -> Frame {
    let columns = vec![literal("合计"), column(Field::Count), column(Field::Total), column(Field::BatchReference)];
    Frame { columns, any: false }
}

fn column(field: Field) -> Column {
    Column { field, text: None, width: None, align: Align::Left, pad: None, truncate: false }
}

fn literal(text: &str) -> Column {
    Column { text: Some(text.to_owned()), ..column(Field::Literal) }
}
