//! Account statements as a bank writes them: `camt.053.001.08`. The service only reads them, so this is the demonstration's own.

use std::io;

use anyhow::Context;
use chrono::NaiveDate;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::book::{Entry, Statement, What};
use super::orders::{Account, Payment};
use crate::kernel::Money;

const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08";

/// Writes statements of an account into one file. The same statements give the same bytes.
pub fn write(account: &Account, statements: &[Statement]) -> anyhow::Result<Vec<u8>> {
    let last = statements.last().context("no statement to write")?;
    let mut xml = Xml(Writer::new(Vec::new()));
    xml.document(account, statements, &created(last)?)?;
    Ok(xml.0.into_inner())
}

/// Banks write a statement early on the next day.
fn created(statement: &Statement) -> anyhow::Result<String> {
    let next = statement.to.succ_opt().context("a day out of range")?;
    Ok(format!("{next}T06:00:00+08:00"))
}

/// The payments of one order that were booked on one day are one entry, because our files ask for it (`BtchBookg`); all else is an
/// entry by itself.
fn together(one: &Entry, next: &Entry) -> bool {
    match (&one.what, &next.what) {
        (What::Paid(first), What::Paid(second)) => one.on == next.on && first.batch == second.batch,
        _ => false,
    }
}

/// Family and sub-family of the kind of movement, in the domain of payments.
const fn code(what: &What) -> (&'static str, &'static str) {
    match what {
        What::Paid(_) | What::Returned(..) => ("ICDT", "DMCT"),
        What::CameBack(..) => ("ICDT", "RRTN"),
        What::Charge(_) => ("MDOP", "CHRG"),
    }
}

struct Xml(Writer<Vec<u8>>);

impl Xml {
    fn document(&mut self, account: &Account, statements: &[Statement], at: &str) -> anyhow::Result<()> {
        self.0.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        self.0.write_event(Event::Start(BytesStart::new("Document").with_attributes([("xmlns", NAMESPACE)])))?;
        self.open("BkToCstmrStmt/GrpHdr")?;
        self.leaf("MsgId", &format!("DZ-{at}"))?;
        self.leaf("CreDtTm", at)?;
        self.close("GrpHdr")?;
        for statement in statements {
            self.statement(account, statement)?;
        }
        self.close("Document/BkToCstmrStmt")?;
        Ok(())
    }

    fn statement(&mut self, account: &Account, statement: &Statement) -> anyhow::Result<()> {
        let Statement { id, number, from, to, opening, closing, entries } = statement;
        self.open("Stmt")?;
        self.leaf("Id", id)?;
        self.leaf("ElctrncSeqNb", &number.to_string())?;
        self.leaf("CreDtTm", &created(statement)?)?;
        self.open("FrToDt")?;
        self.leaf("FrDtTm", &format!("{from}T00:00:00+08:00"))?;
        self.leaf("ToDtTm", &format!("{to}T23:59:59+08:00"))?;
        self.close("FrToDt")?;
        self.open("Acct")?;
        self.leaf("Id/Othr/Id", &account.number)?;
        self.leaf("Ccy", "CNY")?;
        self.leaf("Ownr/Nm", &account.holder)?;
        self.close("Acct")?;
        self.balance("OPBD", *opening, *from)?;
        self.balance("CLBD", *closing, *to)?;
        for (place, entries) in (1..).zip(entries.chunk_by(together)) {
            self.entry(account, &format!("{id}{place:06}"), entries)?;
        }
        self.close("Stmt")?;
        Ok(())
    }

    fn balance(&mut self, kind: &str, amount: Money, on: NaiveDate) -> io::Result<()> {
        self.open("Bal")?;
        self.leaf("Tp/CdOrPrtry/Cd", kind)?;
        self.signed(amount)?;
        self.leaf("Dt/Dt", &on.to_string())?;
        self.close("Bal")
    }

    /// An entry of one or, booked together, several movements.
    fn entry(&mut self, account: &Account, reference: &str, entries: &[Entry]) -> io::Result<()> {
        let Some(Entry { on, what }) = entries.first() else { return Ok(()) };
        let total = entries.iter().map(Entry::signed).sum();
        self.open("Ntry")?;
        self.signed(total)?;
        if let What::CameBack(..) = what {
            self.leaf("RvslInd", "true")?;
        }
        self.leaf("Sts/Cd", "BOOK")?;
        self.leaf("BookgDt/Dt", &on.to_string())?;
        self.leaf("ValDt/Dt", &on.to_string())?;
        self.leaf("AcctSvcrRef", reference)?;
        let (family, kind) = code(what);
        self.open("BkTxCd/Domn")?;
        self.leaf("Cd", "PMNT")?;
        self.open("Fmly")?;
        self.leaf("Cd", family)?;
        self.leaf("SubFmlyCd", kind)?;
        self.close("BkTxCd/Domn/Fmly")?;
        if let What::Charge(_) = what {
            self.leaf("AddtlNtryInf", "代发手续费")?;
        } else {
            self.open("NtryDtls")?;
            entries.iter().try_for_each(|entry| self.detail(account, entry))?;
            self.close("NtryDtls")?;
        }
        self.close("Ntry")
    }

    fn detail(&mut self, account: &Account, entry: &Entry) -> io::Result<()> {
        self.open("TxDtls")?;
        match &entry.what {
            What::Paid(payment) => self.ordered(account, entry, payment)?,
            What::CameBack(payment, why) => {
                self.ordered(account, entry, payment)?;
                if !why.is_empty() {
                    self.open("RtrInf")?;
                    // Narrative: the reason stands in words.
                    self.leaf("Rsn/Cd", "NARR")?;
                    self.leaf("AddtlInf", why)?;
                    self.close("RtrInf")?;
                }
            }
            What::Returned(_, to) => {
                self.leaf("Refs/EndToEndId", "NOTPROVIDED")?;
                self.signed(entry.signed())?;
                self.leaf("RltdPties/Cdtr/Pty/Nm", to)?;
                self.leaf("RmtInf/Ustrd", "退回资金")?;
            }
            What::Charge(_) => {}
        }
        self.close("TxDtls")
    }

    /// What a movement tells of the order behind it; of one that came back the parties stay those of the payment.
    fn ordered(&mut self, account: &Account, entry: &Entry, payment: &Payment) -> io::Result<()> {
        self.open("Refs")?;
        self.leaf("PmtInfId", &payment.batch)?;
        self.leaf("InstrId", &payment.instruction)?;
        self.leaf("EndToEndId", &payment.end_to_end)?;
        self.close("Refs")?;
        self.signed(entry.signed())?;
        self.open("RltdPties")?;
        self.leaf("Dbtr/Pty/Nm", &account.holder)?;
        self.leaf("DbtrAcct/Id/Othr/Id", &account.number)?;
        self.leaf("Cdtr/Pty/Nm", &payment.payee.holder)?;
        self.leaf("CdtrAcct/Id/Othr/Id", &payment.payee.number)?;
        self.close("RltdPties")?;
        if !payment.remittance.is_empty() {
            self.leaf("RmtInf/Ustrd", &payment.remittance)?;
        }
        Ok(())
    }

    /// An amount and which way it goes: the standard's amounts have no sign.
    fn signed(&mut self, amount: Money) -> io::Result<()> {
        let (size, way) = (amount.abs().to_string(), if amount.is_negative() { "DBIT" } else { "CRDT" });
        self.0.create_element("Amt").with_attribute(("Ccy", "CNY")).write_text_content(BytesText::new(&size))?;
        self.leaf("CdtDbtInd", way)
    }

    /// Opens elements, each within the one before.
    fn open(&mut self, path: &str) -> io::Result<()> {
        path.split('/').try_for_each(|name| self.0.write_event(Event::Start(BytesStart::new(name))))
    }

    /// Closes what [`Xml::open`] opened, by the same path.
    fn close(&mut self, path: &str) -> io::Result<()> {
        path.rsplit('/').try_for_each(|name| self.0.write_event(Event::End(BytesEnd::new(name))))
    }

    fn leaf(&mut self, path: &str, text: &str) -> io::Result<()> {
        self.open(path)?;
        self.0.write_event(Event::Text(BytesText::new(text)))?;
        self.close(path)
    }
}

#[cfg(test)]
mod tests {
    use super::super::book::tests::{book, day};
    use super::*;
    use crate::interchange::bank::camt053::Camt053;
    use crate::interchange::bank::statement::{Balance, collect};

    #[test]
    fn the_services_reader_finds_every_movement_and_the_balances_hold() {
        let book = book();
        let written = book.statements(day("2023-02-28")).unwrap();
        let file = write(book.account().unwrap(), &written).unwrap();
        let read = collect(Camt053::new(&file[..]).unwrap()).unwrap();
        assert_eq!(read.len(), 3);
        for (written, read) in written.iter().zip(&read) {
            assert_eq!((&read.head.id, read.head.account.as_str()), (&written.id, "6220990000000009"));
            assert_eq!((read.head.from, read.head.to), (Some(written.from), Some(written.to)));
            assert_eq!((read.head.opening, read.head.closing), (Some(written.opening), Some(written.closing)));
            assert!(read.balance == Balance::Holds && read.faults.is_empty());
            let found: Vec<_> = read.lines.iter().map(|line| (line.booked_on, line.direction.signed(line.amount))).collect();
            let expected: Vec<_> = written.entries.iter().map(|entry| (entry.on, entry.signed())).collect();
            assert_eq!(found, expected);
        }
        let january: Vec<_> = read[1].lines.iter().map(|line| (line.references.first().map(String::as_str), line.fee)).collect();
        let reference = |number: u8| format!("{number:032x}");
        let (one, two, three) = (reference(1), reference(2), reference(3));
        assert_eq!(january, [(None, false), (Some(&*one), false), (Some(&*two), false), (Some(&*three), false), (None, true)]);
        // Three payments of one order on one day are one entry.
        assert_eq!(read[1].lines.iter().map(|line| line.ordinal).collect::<Vec<_>>(), [1, 2, 2, 2, 3]);
        let back = &read[2].lines[0];
        assert!(back.reversal && back.references.contains(&two));
        assert_eq!(back.return_reason.as_deref(), Some("NARR 退票：长期不动户"));
    }

    #[test]
    fn an_overdrawn_account_is_written_as_a_debit() {
        let mut book = book();
        book.give_back(day("2023-02-02"), Money::yuan(20_000), "示例市财政局");
        let file = write(book.account().unwrap(), &book.statements(day("2023-02-28")).unwrap()).unwrap();
        let read = collect(Camt053::new(&file[..]).unwrap()).unwrap();
        assert_eq!(read[2].head.closing, Some("-10412.00".parse().unwrap()));
        assert!(read[2].balance == Balance::Holds);
    }
}
