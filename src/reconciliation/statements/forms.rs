//! A statement against the ledger, to print and sign (银行对账单核对表): the equation with its three figures, and what it is made of.

use super::store::{self, KindTotals};
use crate::access::permissions::ReadReconciliation;
use crate::db::{Result, Tx};
use crate::exports::Value;
use crate::forms::{Form, Section};
use crate::kernel::{Money, Permit, StatementId};

/// The sheet of a statement. The sum of the exceptions is added up anew, and held against what the statement's result says.
///
/// # Errors
/// Not found.
pub(super) async fn sheet(tx: &mut Tx, may: &Permit<ReadReconciliation>, id: StatementId) -> Result<Form> {
    let statement = super::service::one(tx, may, id).await?;
    let kinds = store::kind_totals(tx, id).await?;
    let exceptions: Money = kinds.iter().map(|kind| kind.difference).sum();
    let day = |day: Option<chrono::NaiveDate>| day.map_or_else(|| "未写明".to_owned(), |day| day.to_string());
    let money = |amount: Option<Money>| amount.map_or_else(|| Value::Text("未写明".into()), Value::Money);
    let mut balance = vec![
        vec![text("期初余额"), money(statement.opening)],
        vec![text("本单新列流水合计"), Value::Money(statement.bank_sum)],
        vec![text("此前已列流水合计"), Value::Money(statement.repeated_sum)],
        vec![text("期末余额"), money(statement.closing)],
    ];
    if let (Some(opening), Some(closing)) = (statement.opening, statement.closing) {
        let adds_up = opening + statement.bank_sum + statement.repeated_sum == closing;
        balance.push(vec![text("期初加流水等于期末"), Value::Flag(adds_up)]);
    }
    Ok(Form {
        title: "银行对账单核对表",
        facts: vec![
            ("账户", statement.account),
            ("对账单", statement.bank_reference),
            ("起", day(statement.from)),
            ("止", day(statement.to)),
            ("提交人", statement.taken_by),
            ("提交时间", crate::exports::moment(statement.taken_at)),
            ("打印人", tx.actor.clone()),
            ("打印时间", crate::exports::moment(tx.now())),
        ],
        sections: vec![
            Section {
                title: "账面与银行",
                heads: vec!["项目", "金额（元）"],
                rows: equation(statement.ledger_sum, statement.bank_sum, exceptions, statement.difference),
                totals: None,
            },
            Section { title: "余额", heads: vec!["项目", "金额（元）"], rows: balance, totals: None },
            Section {
                title: "例外",
                heads: vec!["种类", "笔数", "未处理", "差额（元）"],
                rows: kinds.iter().map(row).collect(),
                totals: Some(vec![
                    text("合计"),
                    Value::Integer(kinds.iter().map(|kind| kind.count).sum()),
                    Value::Integer(kinds.iter().map(|kind| kind.open).sum()),
                    Value::Money(exceptions),
                ]),
            },
        ],
        notes: vec![("文件摘要", statement.file_digest)],
        signatures: &["出纳", "复核", "财务负责人"],
    })
}

/// Always printed: the ledger's sum less the bank's is the sum of the exceptions, or it says that it is not.
fn equation(ledger: Money, bank: Money, exceptions: Money, kept: Money) -> Vec<Vec<Value<'static>>> {
    vec![
        vec![text("账面合计"), Value::Money(ledger)],
        vec![text("银行合计"), Value::Money(bank)],
        vec![text("例外合计"), Value::Money(exceptions)],
        vec![text("账面减银行等于例外"), Value::Flag(ledger - bank == exceptions && exceptions == kept)],
    ]
}

fn row(kind: &KindTotals) -> Vec<Value<'static>> {
    vec![text(word(&kind.kind)), Value::Integer(kind.count), Value::Integer(kind.open), Value::Money(kind.difference)]
}

/// As the glossary calls the kinds.
fn word(kind: &str) -> String {
    let word = match kind {
        "amount_differs" => "金额不符",
        "missing_in_bank" => "银行未达",
        "missing_in_ledger" => "账面未达",
        "duplicate" => "重复",
        "fee" => "手续费",
        "unknown_code" => "未知代码",
        "contradicted" => "矛盾",
        "balance_differs" => "余额不衔接",
        other => other,
    };
    word.to_owned()
}

fn text(text: impl Into<String>) -> Value<'static> {
    Value::Text(text.into().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_equation_that_does_not_hold_says_so() {
        let holds = |exceptions: &str, kept: &str| {
            let [ledger, bank, exceptions, kept] = ["-7", "-12", exceptions, kept].map(|amount| amount.parse().unwrap());
            equation(ledger, bank, exceptions, kept)[3][1] == Value::Flag(true)
        };
        assert!(holds("5", "5"));
        assert!(!holds("4.99", "5"));
        assert!(!holds("5", "4.99"));
        assert!(!holds("4", "4"));
    }
}
