//! Account statements of ISO 20022: `camt.053.001.08`, `.02`, and those between and after them.
//!
//! They are read entry by entry and never held whole. One entry that cannot be used is a fault; the balances of its statement are
//! then not checked. Of the balances only booked ones count (`OPBD`, or `PRCD` for the opening; `CLBD`).

mod entry;

use std::io::BufRead;

use super::china;
use super::error::{FILE_FORMAT, ROW_NOT_BOOKED, STATEMENT_INCOMPLETE};
use super::row::{Row, plain_amount};
use super::running::Running;
use super::statement::{Parts, ReadsAhead, StatementHead, StatementPart};
use super::xml::{Step, Xml};
use crate::kernel::Money;
use crate::kernel::refusal::Refusal;
use entry::Entry;

const STATEMENT: &str = "Document/BkToCstmrStmt/Stmt";
const ENTRY: &str = "Document/BkToCstmrStmt/Stmt/Ntry";
const DETAIL: &str = "Document/BkToCstmrStmt/Stmt/Ntry/NtryDtls/TxDtls";

/// Reads the statements of a file part by part. After an error nothing follows.
pub struct Camt053<R: BufRead> {
    xml: Xml<R>,
    running: Running,
    head: StatementHead,
    balance: BalanceElement,
    entry: Option<Entry>,
    ordinal: u32,
    statements: u32,
    /// Whether [`StatementPart::Begin`] was given out for the statement.
    begun: bool,
    checked_namespace: bool,
    parts: Parts,
}

/// One `Bal`, until it closes.
#[derive(Default)]
struct BalanceElement {
    kind: String,
    amount: Option<Money>,
    debit: bool,
}

impl<R: BufRead> Camt053<R> {
    /// Begins to read; takes plain bytes as well as a file that is buffered.
    ///
    /// # Errors
    /// An empty file, or an encoding that is not read.
    pub fn new(input: R) -> Result<Self, Refusal> {
        Ok(Self {
            xml: Xml::new(input)?,
            running: Running::default(),
            head: StatementHead::default(),
            balance: BalanceElement::default(),
            entry: None,
            ordinal: 0,
            statements: 0,
            begun: false,
            checked_namespace: false,
            parts: Parts::default(),
        })
    }

    fn open(&mut self) -> Result<(), Refusal> {
        if !self.checked_namespace {
            self.checked_namespace = true;
            if self.xml.path() != "Document" || !self.xml.namespace().contains(":camt.053.001.") {
                return Err(FILE_FORMAT.because("不是 camt.053 对账单文件", "it is not a camt.053 statement file"));
            }
        }
        match self.xml.path() {
            STATEMENT => {
                self.running.begin()?;
                self.head = StatementHead::default();
                self.statements += 1;
                self.ordinal = 0;
                self.begun = false;
            }
            ENTRY => {
                self.begin()?;
                self.ordinal += 1;
                self.entry = Some(Entry::default());
                self.xml.record();
            }
            DETAIL => {
                let position = self.xml.tag_position();
                if let Some(entry) = &mut self.entry {
                    entry.open_detail(position)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), Refusal> {
        let Self { xml, entry, .. } = self;
        match (xml.path(), entry.as_mut()) {
            (ENTRY, _) => return self.finish_entry(),
            (STATEMENT, _) => return self.finish_statement(),
            (DETAIL, Some(entry)) => entry.close_detail(xml.recorded()),
            (path, Some(entry)) => {
                if let Some(path) = path.strip_prefix(ENTRY).and_then(|path| path.strip_prefix('/'))
                    && !xml.text().is_empty()
                {
                    entry.leaf(path, xml.text(), xml.currency());
                }
            }
            _ => return self.head_leaf(),
        }
        Ok(())
    }

    fn head_leaf(&mut self) -> Result<(), Refusal> {
        let Some(path) = self.xml.path().strip_prefix(STATEMENT).and_then(|path| path.strip_prefix('/')) else { return Ok(()) };
        let text = self.xml.text();
        match path {
            "Id" => self.head.id = text.to_owned(),
            "ElctrncSeqNb" | "LglSeqNb" if self.head.sequence.is_none() => self.head.sequence = Some(text.to_owned()),
            "FrToDt/FrDtTm" => self.head.from = china::day(text),
            "FrToDt/ToDtTm" => self.head.to = china::day(text),
            "Acct/Id/Othr/Id" | "Acct/Id/IBAN" => self.head.account = text.to_owned(),
            "Acct/Ccy" => self.head.currency = text.to_owned(),
            "Bal/Tp/CdOrPrtry/Cd" => self.balance.kind = text.to_owned(),
            "Bal/Amt" => self.balance.amount = plain_amount(text),
            "Bal/CdtDbtInd" => self.balance.debit = text == "DBIT",
            "Bal" => return self.finish_balance(),
            _ => {}
        }
        Ok(())
    }

    /// A balance that is there and cannot be read would leave the statement unchecked, so it is refused.
    fn finish_balance(&mut self) -> Result<(), Refusal> {
        let balance = std::mem::take(&mut self.balance);
        let amount = balance.amount.map(|amount| if balance.debit { -amount } else { amount });
        match balance.kind.as_str() {
            "OPBD" | "PRCD" | "CLBD" if amount.is_none() => return Err(FILE_FORMAT.because("余额无法识别", "a balance cannot be read")),
            "OPBD" => self.head.opening = amount,
            "PRCD" => self.head.opening = self.head.opening.or(amount),
            "CLBD" => self.head.closing = amount,
            _ => {}
        }
        Ok(())
    }

    /// Gives out the statement's beginning before its first line.
    fn begin(&mut self) -> Result<(), Refusal> {
        if self.begun {
            return Ok(());
        }
        if self.head.account.is_empty() {
            return Err(STATEMENT_INCOMPLETE.because("对账单没有账号", "the statement names no account"));
        }
        if self.head.currency.is_empty() {
            "CNY".clone_into(&mut self.head.currency);
        }
        self.begun = true;
        self.parts.ready.push_back(StatementPart::Begin(self.head.clone()));
        Ok(())
    }

    fn finish_entry(&mut self) -> Result<(), Refusal> {
        let raw = self.xml.take_record();
        let Some(entry) = self.entry.take() else { return Ok(()) };
        let statement = format!("{}/{}", self.statements, self.head.id);
        match entry.lines(self.ordinal, &raw, &statement, &self.head.account) {
            Ok(lines) => {
                for mut line in lines {
                    self.running.line(&self.head, &mut line)?;
                    self.parts.ready.push_back(StatementPart::Line(Box::new(Row::Read(line))));
                }
            }
            Err(problem) => {
                if problem.code != &ROW_NOT_BOOKED {
                    self.running.unreadable();
                }
                self.parts.ready.push_back(StatementPart::Line(Box::new(Row::Faulty(problem.at(self.ordinal, &raw)))));
            }
        }
        Ok(())
    }

    fn finish_statement(&mut self) -> Result<(), Refusal> {
        self.begin()?;
        let balance = self.running.end(&self.head)?;
        self.parts.ready.push_back(StatementPart::End(std::mem::take(&mut self.head), balance));
        Ok(())
    }
}

impl<R: BufRead> ReadsAhead for Camt053<R> {
    fn parts(&mut self) -> &mut Parts {
        &mut self.parts
    }

    fn advance(&mut self) -> Result<(), Refusal> {
        match self.xml.step()? {
            Step::Open => self.open(),
            Step::Close => self.close(),
            Step::End => {
                self.parts.ended = true;
                if self.statements == 0 {
                    return Err(FILE_FORMAT.because("文件中没有对账单", "the file has no statement"));
                }
                Ok(())
            }
        }
    }
}

impl<R: BufRead> Iterator for Camt053<R> {
    type Item = Result<StatementPart, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        self.part()
    }
}

#[cfg(test)]
mod tests;
