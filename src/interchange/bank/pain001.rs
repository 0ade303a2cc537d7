//! Payment orders of ISO 20022, `pain.001.001.09`: one order, one debit account, any number of payments.
//!
//! The same order and payments give the same bytes. `EndToEndId` is the payment's reference as 32 hexadecimal digits and
//! `InstrId` its place in the batch; banks give both back in `pain.002` and `camt.053`.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::error::ORDER_UNWRITABLE;
use super::payment::{Bank, Order, Party, Payment, Tally, unwritable, unwritten};
use super::row::is_plain;
use super::{china, reference};
use crate::kernel::Text;
use crate::kernel::refusal::Refusal;

const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";
/// Characters of an identification at most.
const IDENTIFICATION: usize = 35;
/// Characters of an account that is no IBAN at most.
const ACCOUNT: usize = 34;
/// Characters of a name, and of a remittance text, at most.
const NAME: usize = 140;

/// Writes one file, payment by payment.
///
/// What has been written is a payment file only when [`Pain001::finish`] has returned without error: until then the target
/// must not be shown to a bank.
pub struct Pain001<'o, W: Write> {
    writer: Writer<W>,
    order: &'o Order,
    tally: Tally,
}

impl<'o, W: Write> Pain001<'o, W> {
    /// Writes everything before the first payment.
    ///
    /// # Errors
    /// `bank_order_unwritable` when a text of the order is blank, too long, or has characters that XML forbids;
    /// `bank_file_unwritable`.
    pub fn begin(out: W, order: &'o Order) -> Result<Self, Refusal> {
        check_order(order)?;
        let mut file = Self { writer: Writer::new_with_indent(out, b' ', 1), order, tally: Tally::new() };
        file.head().map_err(|error| unwritten(&error))?;
        Ok(file)
    }

    /// Writes one payment.
    ///
    /// # Errors
    /// `bank_payment_unwritable` names the payment whose text does not fit: nothing is shortened. `bank_order_mismatch` for
    /// a reference that was there before; `bank_file_unwritable`.
    pub fn push(&mut self, payment: &Payment) -> Result<(), Refusal> {
        check_payment(payment)?;
        self.tally.payment(payment)?;
        self.payment(payment).map_err(|error| unwritten(&error))
    }

    /// Completes the file and gives the target back.
    ///
    /// # Errors
    /// `bank_order_mismatch` when count or total differ from the order's, which stand in the head of the file already;
    /// `bank_file_unwritable`.
    pub fn finish(mut self) -> Result<W, Refusal> {
        self.tally.finish(self.order)?;
        self.tail().map_err(|error| unwritten(&error))?;
        Ok(self.writer.into_inner())
    }

    fn head(&mut self) -> io::Result<()> {
        let order = self.order;
        self.writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        self.writer.write_event(Event::Start(BytesStart::new("Document").with_attributes([("xmlns", NAMESPACE)])))?;
        self.open("CstmrCdtTrfInitn")?;
        self.open("GrpHdr")?;
        self.leaf("MsgId", &order.message_id)?;
        self.leaf("CreDtTm", &china::moment(order.created_at))?;
        self.totals()?;
        self.open("InitgPty")?;
        self.leaf("Nm", &order.debtor.name)?;
        self.close(&["InitgPty", "GrpHdr"])?;
        self.open("PmtInf")?;
        self.leaf("PmtInfId", &order.batch_reference)?;
        self.leaf("PmtMtd", "TRF")?;
        self.leaf("BtchBookg", "true")?;
        self.totals()?;
        self.open("ReqdExctnDt")?;
        self.leaf("Dt", &order.requested_on.to_string())?;
        self.close(&["ReqdExctnDt"])?;
        self.open("Dbtr")?;
        self.leaf("Nm", &order.debtor.name)?;
        self.close(&["Dbtr"])?;
        self.open("DbtrAcct")?;
        self.account(&order.debtor.account)?;
        self.leaf("Ccy", "CNY")?;
        self.close(&["DbtrAcct"])?;
        self.bank("DbtrAgt", Some(&order.debtor.bank))
    }

    fn payment(&mut self, payment: &Payment) -> io::Result<()> {
        self.open("CdtTrfTxInf")?;
        self.open("PmtId")?;
        self.leaf("InstrId", &payment.sequence.to_string())?;
        self.leaf("EndToEndId", &reference::compact(payment.reference))?;
        self.close(&["PmtId"])?;
        self.open("Amt")?;
        let amount = payment.amount.to_string();
        self.writer.create_element("InstdAmt").with_attribute(("Ccy", "CNY")).write_text_content(BytesText::new(&amount))?;
        self.close(&["Amt"])?;
        if let Some(bank) = &payment.creditor_bank {
            self.bank("CdtrAgt", Some(bank))?;
        }
        self.open("Cdtr")?;
        self.leaf("Nm", &payment.creditor_name)?;
        self.close(&["Cdtr"])?;
        self.open("CdtrAcct")?;
        self.account(&payment.creditor_account)?;
        self.close(&["CdtrAcct"])?;
        if !payment.remittance.is_empty() {
            self.open("RmtInf")?;
            self.leaf("Ustrd", &payment.remittance)?;
            self.close(&["RmtInf"])?;
        }
        self.close(&["CdtTrfTxInf"])
    }

    fn tail(&mut self) -> io::Result<()> {
        self.close(&["PmtInf", "CstmrCdtTrfInitn", "Document"])?;
        self.writer.get_mut().write_all(b"\n")?;
        self.writer.get_mut().flush()
    }

    fn totals(&mut self) -> io::Result<()> {
        self.leaf("NbOfTxs", &self.order.count.to_string())?;
        self.leaf("CtrlSum", &self.order.total.to_string())
    }

    fn account(&mut self, number: &str) -> io::Result<()> {
        self.open("Id")?;
        self.open("Othr")?;
        self.leaf("Id", number)?;
        self.close(&["Othr", "Id"])
    }

    /// A bank by its code in China's payment system, its name, or the mark for none: the element itself is obligatory.
    fn bank(&mut self, element: &str, bank: Option<&Bank>) -> io::Result<()> {
        let code = bank.and_then(|bank| bank.code.as_deref());
        let name = bank.and_then(|bank| bank.name.as_deref());
        self.open(element)?;
        self.open("FinInstnId")?;
        if let Some(code) = code {
            self.open("ClrSysMmbId")?;
            self.open("ClrSysId")?;
            self.leaf("Cd", "CNAPS")?;
            self.close(&["ClrSysId"])?;
            self.leaf("MmbId", code)?;
            self.close(&["ClrSysMmbId"])?;
        }
        if let Some(name) = name {
            self.leaf("Nm", name)?;
        }
        if code.is_none() && name.is_none() {
            self.open("Othr")?;
            self.leaf("Id", "NOTPROVIDED")?;
            self.close(&["Othr"])?;
        }
        self.close(&["FinInstnId", element])
    }

    fn open(&mut self, name: &str) -> io::Result<()> {
        self.writer.write_event(Event::Start(BytesStart::new(name)))
    }

    fn close(&mut self, names: &[&str]) -> io::Result<()> {
        names.iter().try_for_each(|name| self.writer.write_event(Event::End(BytesEnd::new(*name))))
    }

    fn leaf(&mut self, name: &str, text: &str) -> io::Result<()> {
        self.writer.create_element(name).write_text_content(BytesText::new(text)).map(|_| ())
    }
}

/// What is the matter with a text that is to stand in an element.
fn fault(text: &str, longest: usize, obligatory: bool) -> Option<Text> {
    if obligatory && text.trim().is_empty() {
        return Some(Text::new("不能为空", "must not be blank"));
    }
    if text.chars().count() > longest {
        return Some(Text::new(format!("超过 {longest} 个字符"), format!("has more than {longest} characters")));
    }
    // Readers drop blanks around a text, so that it would come back as another one.
    if text.trim() != text {
        return Some(Text::new("首尾不能有空白", "must not begin or end with a blank"));
    }
    text.chars().find(|character| !is_plain(*character)).map(|character| {
        let code = u32::from(character);
        Text::new(format!("含有 XML 不允许的字符 U+{code:04X}"), format!("has a character U+{code:04X} that the file cannot carry"))
    })
}

fn check_order(order: &Order) -> Result<(), Refusal> {
    let Party { name, account, bank } = &order.debtor;
    let texts = [
        ("批次文件号", "the message's identification", order.message_id.as_str(), IDENTIFICATION, true),
        ("批次号", "the batch's reference", &order.batch_reference, IDENTIFICATION, true),
        ("付款户名", "the debtor's name", name, NAME, true),
        ("付款账号", "the debtor's account", account, ACCOUNT, true),
        ("付款行号", "the code of the debtor's bank", bank.code.as_deref().unwrap_or_default(), IDENTIFICATION, false),
        ("付款行名", "the name of the debtor's bank", bank.name.as_deref().unwrap_or_default(), NAME, false),
    ];
    for (zh, en, text, longest, obligatory) in texts {
        if let Some(fault) = fault(text, longest, obligatory) {
            return Err(ORDER_UNWRITABLE.because(format!("{zh}{}", fault.zh), format!("{en} {}", fault.en)));
        }
    }
    Ok(())
}

fn check_payment(payment: &Payment) -> Result<(), Refusal> {
    let bank = payment.creditor_bank.clone().unwrap_or_default();
    let texts = [
        ("收款人户名", "the payee's name", payment.creditor_name.as_str(), NAME, true),
        ("收款人账号", "the payee's account", &payment.creditor_account, ACCOUNT, true),
        ("收款行号", "the code of the payee's bank", bank.code.as_deref().unwrap_or_default(), IDENTIFICATION, false),
        ("收款行名", "the name of the payee's bank", bank.name.as_deref().unwrap_or_default(), NAME, false),
        ("附言", "the remittance text", &payment.remittance, NAME, false),
    ];
    for (zh, en, text, longest, obligatory) in texts {
        if let Some(fault) = fault(text, longest, obligatory) {
            return Err(unwritable(payment, &format!("{zh}{}", fault.zh), &format!("{en} {}", fault.en)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use quick_xml::Reader;

    use super::super::error::{FILE_UNWRITABLE, ORDER_MISMATCH, PAYMENT_UNWRITABLE};
    use super::super::payment::samples;
    use super::*;
    use crate::kernel::Money;

    fn write(order: &Order, payments: &[Payment]) -> Result<String, Refusal> {
        let mut file = Pain001::begin(Vec::new(), order)?;
        payments.iter().try_for_each(|payment| file.push(payment))?;
        Ok(String::from_utf8(file.finish()?).unwrap())
    }

    /// Every leaf with its path, by a reader that shares nothing with the writer.
    fn leaves(text: &str) -> Vec<(String, String)> {
        let mut reader = Reader::from_str(text);
        let (mut path, mut leaves, mut value) = (Vec::new(), Vec::new(), String::new());
        loop {
            match reader.read_event().unwrap() {
                Event::Start(start) => {
                    path.push(start.name().as_ref().to_owned());
                    value.clear();
                }
                Event::Text(part) => value.push_str(&part),
                Event::GeneralRef(name) => value.push_str(quick_xml::escape::resolve_xml_entity(&name).unwrap()),
                Event::End(_) => {
                    if !value.trim().is_empty() {
                        leaves.push((path.join("/"), value.trim().to_owned()));
                    }
                    value.clear();
                    path.pop();
                }
                Event::Eof => return leaves,
                _ => {}
            }
        }
    }

    #[test]
    fn an_independent_reader_finds_the_orders_payments_and_totals() {
        let mut payments = [samples::payment(1, "1000.00"), samples::payment(2, "2212.50"), samples::payment(3, "0.01")];
        payments[1].remittance = "慰问 <A&B>".to_owned();
        payments[2].creditor_bank = None;
        let order = samples::order(&payments);
        let leaves = leaves(&write(&order, &payments).unwrap());
        let of =
            |path: &str| -> Vec<&str> { leaves.iter().filter(|(leaf, _)| leaf.ends_with(path)).map(|(_, value)| value.as_str()).collect() };
        assert_eq!(of("GrpHdr/CreDtTm"), ["2023-01-18T09:30:00+08:00"]);
        assert_eq!(of("/NbOfTxs"), ["3", "3"]);
        assert_eq!(of("/CtrlSum"), ["3212.51", "3212.51"]);
        let sum: Money = of("CdtTrfTxInf/Amt/InstdAmt").into_iter().map(|amount| amount.parse::<Money>().unwrap()).sum();
        assert_eq!(sum, order.total);
        assert_eq!(of("PmtId/EndToEndId"), payments.iter().map(|payment| reference::compact(payment.reference)).collect::<Vec<_>>());
        assert_eq!(of("RmtInf/Ustrd")[1], "慰问 <A&B>");
        assert_eq!(of("CdtrAgt/FinInstnId/ClrSysMmbId/MmbId").len(), 2);
        assert_eq!(of("Document/CstmrCdtTrfInitn/PmtInf/DbtrAcct/Id/Othr/Id"), ["510599000000000001"]);
    }

    #[test]
    fn the_same_order_gives_the_same_bytes() {
        let payments = [samples::payment(1, "1.00")];
        let order = samples::order(&payments);
        assert_eq!(write(&order, &payments).unwrap(), write(&order, &payments).unwrap());
    }

    #[test]
    fn what_the_file_cannot_carry_is_refused_and_names_the_payment() {
        for text in ["a\u{0}b", "a\u{8}b", "a\nb", "a\u{FFFF}b", "a\u{202E}b", " a", &"长".repeat(141)] {
            let mut payment = samples::payment(7, "1.00");
            payment.remittance = text.to_owned();
            let refusal = write(&samples::order(std::slice::from_ref(&payment)), std::slice::from_ref(&payment)).unwrap_err();
            assert_eq!(refusal.code, &PAYMENT_UNWRITABLE);
            assert_eq!(refusal.facts["sequence"], 7);
        }
        let mut order = samples::order(&[]);
        order.message_id = "x".repeat(36);
        assert_eq!(write(&order, &[]).unwrap_err().code, &ORDER_UNWRITABLE);
    }

    #[test]
    fn payments_that_are_not_the_orders_are_refused() {
        let payments = [samples::payment(1, "1.00"), samples::payment(2, "1.00")];
        assert_eq!(write(&samples::order(&payments), &payments[..1]).unwrap_err().code, &ORDER_MISMATCH);
    }

    #[test]
    fn a_full_disk_is_a_refusal() {
        let payments = [samples::payment(1, "1.00")];
        let mut small = [0_u8; 1600];
        let order = samples::order(&payments);
        let mut file = Pain001::begin(&mut small[..], &order).unwrap();
        assert_eq!(file.push(&payments[0]).unwrap_err().code, &FILE_UNWRITABLE);
    }
}
