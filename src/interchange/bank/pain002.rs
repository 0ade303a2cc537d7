//! Payment status reports of ISO 20022: `pain.002.001.10`, `.03`, and those between and after them.
//!
//! Only what a report says of a payment by itself is a result of that payment. A status of the whole message or batch without
//! transactions is kept in [`ResultFile`] and applied to none: whether "rejected" means all of them is for a person to decide.
//!
//! `ACSC` (settled on the debtor's side) and `ACCC` (credited to the payee) are settled, `RJCT` is failed, and every other
//! status is unknown.

use std::io::BufRead;

use super::error::{FILE_FORMAT, FILE_TOO_LARGE, ROW_AMOUNT, ROW_CURRENCY, ROW_DATE};
use super::result::{Outcome, ResultFile, ResultLine};
use super::row::{Problem, Row, is_yuan, plain_amount};
use super::xml::{Step, Xml};
use super::{china, reference};
use crate::kernel::refusal::Refusal;

const REPORT: &str = "Document/CstmrPmtStsRpt";
const TRANSACTION: &str = "Document/CstmrPmtStsRpt/OrgnlPmtInfAndSts/TxInfAndSts";
/// Reasons of one status that are kept at most.
const MOST_REASONS: usize = 20;

/// Reads the results of a report one by one. After an error nothing follows.
pub struct Pain002<R: BufRead> {
    xml: Xml<R>,
    file: ResultFile,
    created: Option<String>,
    transaction: Option<Transaction>,
    reasons: Reasons,
    checked_namespace: bool,
    ended: bool,
}

#[derive(Default)]
struct Transaction {
    end_to_end: String,
    instruction: String,
    status: Option<String>,
    accepted: Option<String>,
    amount: Option<String>,
    currency: Option<String>,
    reasons: Reasons,
}

#[derive(Default)]
struct Reasons {
    code: Option<String>,
    texts: Vec<String>,
}

impl Reasons {
    /// Keeps one, by its path below `StsRsnInf`.
    fn leaf(&mut self, path: &str, text: &str) {
        match path {
            "Rsn/Cd" | "Rsn/Prtry" if self.code.is_none() => self.code = Some(text.to_owned()),
            "Rsn/Cd" | "Rsn/Prtry" | "AddtlInf" if self.texts.len() < MOST_REASONS => self.texts.push(text.to_owned()),
            _ => {}
        }
    }

    fn joined(self) -> Option<String> {
        let all: Vec<String> = self.code.into_iter().chain(self.texts).collect();
        (!all.is_empty()).then(|| all.join(" "))
    }
}

impl<R: BufRead> Pain002<R> {
    /// Begins to read; takes plain bytes as well as a file that is buffered.
    ///
    /// # Errors
    /// An empty file, or an encoding that is not read.
    pub fn new(input: R) -> Result<Self, Refusal> {
        Ok(Self {
            xml: Xml::new(input)?,
            file: ResultFile::default(),
            created: None,
            transaction: None,
            reasons: Reasons::default(),
            checked_namespace: false,
            ended: false,
        })
    }

    /// What the report says of the message as a whole; complete after the last result.
    pub fn file(&self) -> &ResultFile {
        &self.file
    }

    fn advance(&mut self) -> Result<Option<Row<ResultLine>>, Refusal> {
        match self.xml.step()? {
            Step::Open => self.open()?,
            Step::Close => return self.close(),
            Step::End => {
                self.ended = true;
                self.file.reason = std::mem::take(&mut self.reasons).joined();
            }
        }
        Ok(None)
    }

    fn open(&mut self) -> Result<(), Refusal> {
        if !self.checked_namespace {
            self.checked_namespace = true;
            if self.xml.path() != "Document" || !self.xml.namespace().contains(":pain.002.001.") {
                return Err(FILE_FORMAT.because("不是 pain.002 回执文件", "it is not a pain.002 status report"));
            }
        }
        if self.xml.path() == TRANSACTION {
            self.transaction = Some(Transaction::default());
            self.xml.record();
        }
        Ok(())
    }

    fn close(&mut self) -> Result<Option<Row<ResultLine>>, Refusal> {
        if self.xml.path() == TRANSACTION {
            return self.finish_transaction().map(Some);
        }
        let (text, currency) = (self.xml.text(), self.xml.currency());
        if text.is_empty() {
            return Ok(None);
        }
        let below = |path: &str| self.xml.path().strip_prefix(path).and_then(|rest| rest.strip_prefix('/'));
        match (self.transaction.as_mut(), below(TRANSACTION)) {
            (Some(transaction), Some(path)) => transaction.leaf(path, text, currency),
            _ => {
                if let Some(path) = below(REPORT) {
                    leaf(path, text, &mut self.file, &mut self.reasons, &mut self.created);
                }
            }
        }
        Ok(None)
    }

    fn finish_transaction(&mut self) -> Result<Row<ResultLine>, Refusal> {
        let raw = self.xml.take_record();
        let transaction = self.transaction.take().unwrap_or_default();
        self.file.rows = self.file.rows.checked_add(1).ok_or_else(|| FILE_TOO_LARGE.refuse())?;
        let number = self.file.rows;
        Ok(match transaction.line(number, self.created.as_deref(), raw) {
            Ok(line) => Row::Read(line),
            Err((problem, raw)) => {
                self.file.faults += 1;
                Row::Faulty(problem.at(number, &raw))
            }
        })
    }
}

/// An element of the report itself, by its path below it.
fn leaf(path: &str, text: &str, file: &mut ResultFile, reasons: &mut Reasons, created: &mut Option<String>) {
    match path {
        "GrpHdr/CreDtTm" => *created = Some(text.to_owned()),
        "OrgnlGrpInfAndSts/OrgnlMsgId" => file.message_id = Some(text.to_owned()),
        "OrgnlGrpInfAndSts/OrgnlNbOfTxs" => file.sent_count = text.parse().ok(),
        "OrgnlGrpInfAndSts/OrgnlCtrlSum" => file.sent_total = plain_amount(text),
        "OrgnlPmtInfAndSts/OrgnlNbOfTxs" if file.sent_count.is_none() => file.sent_count = text.parse().ok(),
        "OrgnlPmtInfAndSts/OrgnlCtrlSum" if file.sent_total.is_none() => file.sent_total = plain_amount(text),
        "OrgnlGrpInfAndSts/GrpSts" => file.status = Some(text.to_owned()),
        "OrgnlPmtInfAndSts/OrgnlPmtInfId" => file.batch_reference = Some(text.to_owned()),
        "OrgnlPmtInfAndSts/PmtInfSts" if file.status.is_none() => file.status = Some(text.to_owned()),
        _ => {
            let groups = ["OrgnlGrpInfAndSts/StsRsnInf/", "OrgnlPmtInfAndSts/StsRsnInf/"];
            if let Some(path) = groups.into_iter().find_map(|group| path.strip_prefix(group)) {
                reasons.leaf(path, text);
            }
        }
    }
}

impl Transaction {
    fn leaf(&mut self, path: &str, text: &str, currency: Option<&str>) {
        match path {
            "OrgnlEndToEndId" => self.end_to_end = text.to_owned(),
            "OrgnlInstrId" => self.instruction = text.to_owned(),
            "TxSts" => self.status = Some(text.to_owned()),
            "AccptncDtTm" => self.accepted = Some(text.to_owned()),
            "OrgnlTxRef/Amt/InstdAmt" => (self.amount, self.currency) = (Some(text.to_owned()), currency.map(str::to_owned)),
            _ => {
                if let Some(path) = path.strip_prefix("StsRsnInf/") {
                    self.reasons.leaf(path, text);
                }
            }
        }
    }

    fn line(self, number: u32, created: Option<&str>, raw: String) -> Result<ResultLine, (Problem, String)> {
        let amount = match (self.amount.as_deref(), self.currency.as_deref()) {
            (None, _) => None,
            (Some(_), currency) if !currency.is_some_and(is_yuan) => {
                return Err((
                    Problem::new(&ROW_CURRENCY, "币种不是人民币或没有写明", "the amount is not in yuan, or names no currency"),
                    raw,
                ));
            }
            (Some(text), _) => match plain_amount(text).filter(|amount| !amount.is_negative()) {
                Some(amount) => Some(amount),
                None => return Err((Problem::new(&ROW_AMOUNT, "金额无法识别", "the amount is none"), raw)),
            },
        };
        let occurred_on = match self.accepted.as_deref().or(created) {
            None => None,
            Some(text) => match china::day(text) {
                Some(day) => Some(day),
                None => return Err((Problem::new(&ROW_DATE, "日期无法识别", "the date is none"), raw)),
            },
        };
        let outcome = match self.status.as_deref() {
            Some("ACSC" | "ACCC") => Outcome::Settled,
            Some("RJCT") => Outcome::Failed,
            _ => Outcome::Unknown,
        };
        // Our own number of the payment (`InstrId`) is what some banks give back alone.
        let sequence = self.instruction.parse().ok();
        let none = self.end_to_end.is_empty() || self.end_to_end == "NOTPROVIDED";
        let reference_text = match (none, sequence) {
            (true, Some(_)) => String::new(),
            (true, None) => self.instruction,
            (false, _) => self.end_to_end,
        };
        let reference = reference::parse(&reference_text);
        Ok(ResultLine {
            line: number,
            reference,
            reference_text,
            sequence,
            creditor_account: None,
            outcome,
            amount,
            occurred_on,
            code: self.status,
            reason: self.reasons.joined(),
            raw,
        })
    }
}

impl<R: BufRead> Iterator for Pain002<R> {
    type Item = Result<Row<ResultLine>, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            match self.advance() {
                Ok(Some(row)) => return Some(Ok(row)),
                Ok(None) => {}
                Err(refusal) => {
                    self.ended = true;
                    return Some(Err(refusal));
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
