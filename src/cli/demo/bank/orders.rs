//! What a bank takes out of a payment file, `pain.001`: read with nothing of what writes it, as a bank would.

use anyhow::Context;
use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;

use crate::kernel::Money;

/// A payment file.
#[derive(Default)]
pub struct Orders {
    /// The account that pays.
    pub account: Account,
    /// Its payments, in the file's order.
    pub payments: Vec<Payment>,
    batch: String,
    count: String,
    total: String,
}

/// An account and who holds it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// 户名
    pub holder: String,
    /// 账号
    pub number: String,
}

/// A payment as it was ordered. What a statement gives back of it is kept exactly as it came.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Payment {
    /// The order it came with, by the payer's own identification.
    pub batch: String,
    /// Its place in the order.
    pub instruction: String,
    /// The payer's reference.
    pub end_to_end: String,
    /// How much.
    pub amount: Money,
    /// To whom.
    pub payee: Account,
    /// What for.
    pub remittance: String,
}

/// Reads a file; one whose payments are not those that its head announces is refused.
pub fn read(file: &[u8]) -> anyhow::Result<Orders> {
    let mut reader = Reader::from_str(std::str::from_utf8(file)?);
    let (mut orders, mut path, mut text) = (Orders::default(), Vec::new(), String::new());
    loop {
        match reader.read_event()? {
            Event::Start(start) => {
                path.push(start.name().as_ref().to_owned());
                text.clear();
                if path.last().is_some_and(|name| name == "CdtTrfTxInf") {
                    orders.payments.push(Payment { batch: orders.batch.clone(), ..Payment::default() });
                }
            }
            Event::Text(part) => text.push_str(&part),
            Event::GeneralRef(name) => {
                text.push_str(resolve_xml_entity(&name).with_context(|| format!("&{name:?}; in a payment file"))?);
            }
            Event::End(_) => {
                orders.leaf(&path.join("/"), text.trim())?;
                text.clear();
                path.pop();
            }
            Event::Eof => break,
            _ => {}
        }
    }
    orders.announced()?;
    Ok(orders)
}

impl Orders {
    fn leaf(&mut self, path: &str, text: &str) -> anyhow::Result<()> {
        let value = || text.to_owned();
        let Some(path) = path.strip_prefix("Document/CstmrCdtTrfInitn/") else { return Ok(()) };
        if let (Some(path), Some(payment)) = (path.strip_prefix("PmtInf/CdtTrfTxInf/"), self.payments.last_mut()) {
            match path {
                "PmtId/InstrId" => payment.instruction = value(),
                "PmtId/EndToEndId" => payment.end_to_end = value(),
                "Amt/InstdAmt" => payment.amount = text.parse().with_context(value)?,
                "Cdtr/Nm" => payment.payee.holder = value(),
                "CdtrAcct/Id/Othr/Id" => payment.payee.number = value(),
                "RmtInf/Ustrd" => payment.remittance = value(),
                _ => {}
            }
            return Ok(());
        }
        match path {
            "GrpHdr/NbOfTxs" => self.count = value(),
            "GrpHdr/CtrlSum" => self.total = value(),
            "PmtInf/PmtInfId" => self.batch = value(),
            "PmtInf/Dbtr/Nm" => self.account.holder = value(),
            "PmtInf/DbtrAcct/Id/Othr/Id" => self.account.number = value(),
            _ => {}
        }
        Ok(())
    }

    fn announced(&self) -> anyhow::Result<()> {
        let total: Money = self.payments.iter().map(|payment| payment.amount).sum();
        let found = (self.payments.len().to_string(), total.to_string());
        anyhow::ensure!(
            found == (self.count.clone(), self.total.clone()),
            "the payment file announces {} payments of {}, and has {} of {}",
            self.count,
            self.total,
            found.0,
            found.1
        );
        Ok(())
    }
}

#[cfg(test)]
pub mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::interchange::bank::pain001::Pain001;
    use crate::interchange::bank::payment::{Bank, Order, Party, Payment as Written};

    /// A payment file of these amounts, as the service writes it.
    pub fn file(batch: &str, references: &[(u128, &str)]) -> Vec<u8> {
        let payments: Vec<Written> = (1..)
            .zip(references)
            .map(|(sequence, (reference, amount))| Written {
                reference: Uuid::from_u128(*reference),
                sequence,
                amount: amount.parse().unwrap(),
                creditor_name: format!("收款<{sequence}>"),
                creditor_account: format!("622999000000000{sequence:04}"),
                creditor_bank: None,
                remittance: "送温暖 A&B".to_owned(),
            })
            .collect();
        let order = Order {
            message_id: "M-1".to_owned(),
            created_at: "2023-01-12T01:30:00Z".parse().unwrap(),
            requested_on: "2023-01-12".parse().unwrap(),
            debtor: Party { name: "示例市总工会".to_owned(), account: "6220990000000009".to_owned(), bank: Bank::default() },
            batch_reference: batch.to_owned(),
            count: u32::try_from(payments.len()).unwrap(),
            total: payments.iter().map(|payment| payment.amount).sum(),
        };
        let mut file = Pain001::begin(Vec::new(), &order).unwrap();
        payments.iter().for_each(|payment| file.push(payment).unwrap());
        file.finish().unwrap()
    }

    #[test]
    fn a_payment_is_kept_as_the_file_gives_it() {
        let orders = read(&file("B-1", &[(0xa, "2212.00"), (0xb, "0.50")])).unwrap();
        assert!(orders.account == Account { holder: "示例市总工会".to_owned(), number: "6220990000000009".to_owned() });
        let second = Payment {
            batch: "B-1".to_owned(),
            instruction: "2".to_owned(),
            end_to_end: "0000000000000000000000000000000b".to_owned(),
            amount: "0.50".parse().unwrap(),
            payee: Account { holder: "收款<2>".to_owned(), number: "6229990000000000002".to_owned() },
            remittance: "送温暖 A&B".to_owned(),
        };
        assert!(orders.payments.len() == 2 && orders.payments[1] == second);
    }

    #[test]
    fn a_file_that_lacks_a_payment_is_refused() {
        let text = String::from_utf8(file("B-1", &[(0xa, "1.00"), (0xb, "2.00")])).unwrap();
        assert!(read(text.replace("<NbOfTxs>2", "<NbOfTxs>3").as_bytes()).is_err());
        assert!(read(text.replace(">2.00</InstdAmt>", ">2.01</InstdAmt>").as_bytes()).is_err());
    }
}
