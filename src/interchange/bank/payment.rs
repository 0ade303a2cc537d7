//! What is sent to a bank: an order, and its payments one by one.

use std::{fmt, io};

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::error::{FILE_UNWRITABLE, ORDER_MISMATCH, PAYMENT_UNWRITABLE};
use crate::kernel::refusal::Refusal;
use crate::kernel::{Money, mask};

/// A bank, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bank {
    /// 联行号: its twelve digits in the payment system (CNAPS), or another code that the receiver understands.
    pub code: Option<String>,
    /// Its name, down to the branch.
    pub name: Option<String>,
}

/// Whose account is debited. `Debug` shows the account's last digits only.
#[derive(Clone, PartialEq, Eq)]
pub struct Party {
    /// 户名
    pub name: String,
    /// 账号
    pub account: String,
    /// 开户行
    pub bank: Bank,
}

/// A batch of payments as a file tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The file's own identification, which differs when the same batch is written anew; at most 35 characters in ISO 20022.
    pub message_id: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The day on which it is to be carried out.
    pub requested_on: NaiveDate,
    /// Whose account pays.
    pub debtor: Party,
    /// The batch.
    pub batch_reference: String,
    /// How many payments it has.
    pub count: u32,
    /// Their sum.
    pub total: Money,
}

/// One payment of an order. `Debug` shows neither name nor account.
#[derive(Clone, PartialEq, Eq)]
pub struct Payment {
    /// What the bank gives back with the result.
    pub reference: Uuid,
    /// Its place in the batch, from 1 on.
    pub sequence: u32,
    /// More than zero.
    pub amount: Money,
    /// 收款人户名
    pub creditor_name: String,
    /// 收款人账号
    pub creditor_account: String,
    /// 收款人开户行
    pub creditor_bank: Option<Bank>,
    /// What it is for; may be empty.
    pub remittance: String,
}

impl fmt::Debug for Party {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Party({})", mask::account_number(&self.account))
    }
}

impl fmt::Debug for Payment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Payment({} {} {})", self.sequence, self.reference, self.amount)
    }
}

/// Follows the payments of an order while they are written, so that the file is exactly the order.
pub(super) struct Tally {
    count: u32,
    total: Money,
    references: std::collections::HashSet<Uuid>,
}

impl Tally {
    pub fn new() -> Self {
        Self { count: 0, total: Money::ZERO, references: std::collections::HashSet::new() }
    }

    pub fn payment(&mut self, payment: &Payment) -> Result<(), Refusal> {
        if !payment.amount.is_positive() {
            return Err(unwritable(payment, "金额必须大于零", "the amount must be more than zero"));
        }
        if payment.creditor_name.trim().is_empty() || payment.creditor_account.trim().is_empty() {
            return Err(unwritable(payment, "收款人户名和账号不能为空", "name and account of the payee must not be blank"));
        }
        if !self.references.insert(payment.reference) {
            let (zh, en) = (
                format!("第 {} 笔的参考号重复", payment.sequence),
                format!("the reference of payment {} is there twice", payment.sequence),
            );
            return Err(ORDER_MISMATCH.because(zh, en).with("sequence", payment.sequence));
        }
        self.count += 1;
        self.total += payment.amount;
        Ok(())
    }

    pub fn finish(&self, order: &Order) -> Result<(), Refusal> {
        if (self.count, self.total) == (order.count, order.total) {
            return Ok(());
        }
        let zh = format!("批次应有 {} 笔共 {} 元，实际写入 {} 笔共 {} 元", order.count, order.total, self.count, self.total);
        let en = format!("the order has {} payments of {}, but {} of {} were written", order.count, order.total, self.count, self.total);
        Err(ORDER_MISMATCH.because(zh, en))
    }
}

/// A payment that the file cannot carry, named by its place and reference, not by whom it pays.
pub(super) fn unwritable(payment: &Payment, zh: &str, en: &str) -> Refusal {
    let (zh, en) = (format!("第 {} 笔：{zh}", payment.sequence), format!("payment {}: {en}", payment.sequence));
    PAYMENT_UNWRITABLE.because(zh, en).with("sequence", payment.sequence).with("reference", payment.reference)
}

/// The file could not be written out.
pub(super) fn unwritten(error: &io::Error) -> Refusal {
    FILE_UNWRITABLE.because(format!("文件写出失败：{error}"), format!("the file could not be written out: {error}"))
}

#[cfg(test)]
pub(super) mod samples {
    use super::*;

    pub fn payment(sequence: u32, amount: &str) -> Payment {
        Payment {
            reference: Uuid::from_u128(0x0510_5990_0000_5000_8000_0000_0000_0000 + u128::from(sequence)),
            sequence,
            amount: amount.parse().unwrap(),
            creditor_name: "测试甲".to_owned(),
            creditor_account: "6299990000000000019".to_owned(),
            creditor_bank: Some(Bank { code: Some("105990000001".to_owned()), name: Some("示范银行江北支行".to_owned()) }),
            remittance: "2023年元旦春节送温暖".to_owned(),
        }
    }

    pub fn order(payments: &[Payment]) -> Order {
        Order {
            message_id: "BF20230118-001".to_owned(),
            created_at: "2023-01-18T01:30:00Z".parse().unwrap(),
            requested_on: "2023-01-18".parse().unwrap(),
            debtor: Party {
                name: "示范市总工会".to_owned(),
                account: "510599000000000001".to_owned(),
                bank: Bank { code: Some("105990000009".to_owned()), name: Some("示范银行营业部".to_owned()) },
            },
            batch_reference: "B-2023-0001".to_owned(),
            count: u32::try_from(payments.len()).unwrap(),
            total: payments.iter().map(|payment| payment.amount).sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debugging_shows_neither_names_nor_accounts() {
        let payment = samples::payment(1, "1.00");
        let shown = format!("{payment:?} {:?}", samples::order(std::slice::from_ref(&payment)));
        assert!(!shown.contains("测试甲") && !shown.contains("6299990000000000019") && !shown.contains("510599000000000001"), "{shown}");
    }

    #[test]
    fn a_file_must_be_exactly_the_order() {
        let payments = [samples::payment(1, "1000"), samples::payment(2, "2212.50")];
        let order = samples::order(&payments);
        let mut tally = Tally::new();
        tally.payment(&payments[0]).unwrap();
        assert_eq!(tally.finish(&order).unwrap_err().code, &ORDER_MISMATCH);
        assert_eq!(tally.payment(&payments[0]).unwrap_err().code, &ORDER_MISMATCH);
        tally.payment(&payments[1]).unwrap();
        tally.finish(&order).unwrap();
        assert_eq!(tally.payment(&samples::payment(3, "0")).unwrap_err().code, &PAYMENT_UNWRITABLE);
    }
}
