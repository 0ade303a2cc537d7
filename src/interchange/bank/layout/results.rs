//! Result files by a layout.

use std::io::BufRead;

use super::cell::{read_amount, read_date};
use super::frame::{Fact, Framed};
use super::{Field, Layout, Purpose};
use crate::interchange::bank::error::{CONTROL_TOTALS_MISMATCH, ROW_AMOUNT, ROW_CURRENCY};
use crate::interchange::bank::lines::Line;
use crate::interchange::bank::reference;
use crate::interchange::bank::result::{Controls, Outcome, ResultFile, ResultLine};
use crate::interchange::bank::row::{Problem, Row, is_yuan};
use crate::kernel::Money;
use crate::kernel::refusal::Refusal;

/// Reads the results of a file one by one. After an error nothing follows.
///
/// The control totals stand at the end, so that the rows count only when the last item was none: an error after them means
/// that the file is not what the bank wrote.
pub struct LayoutResults<R: BufRead> {
    layout: Layout,
    framed: Framed<R>,
    file: ResultFile,
    sums: Sums,
    ended: bool,
}

/// What the rows add up to.
#[derive(Default)]
struct Sums {
    total: Sum,
    settled: Sum,
    failed: Sum,
    /// Rows whose code the layout does not know.
    unknown_codes: u32,
}

#[derive(Default, Clone, Copy)]
struct Sum {
    count: u32,
    amount: Money,
    /// Some row names no amount.
    incomplete: bool,
}

impl Sum {
    fn add(&mut self, amount: Option<Money>) {
        self.count = self.count.saturating_add(1);
        match amount {
            Some(amount) => self.amount += amount,
            None => self.incomplete = true,
        }
    }
}

impl<R: BufRead> LayoutResults<R> {
    /// Begins to read.
    ///
    /// # Errors
    /// `bank_layout_invalid`.
    pub fn new(input: R, layout: &Layout) -> Result<Self, Refusal> {
        layout.check(Purpose::Results)?;
        let (layout, framed) = (layout.clone(), Framed::new(input));
        Ok(Self { layout, framed, file: ResultFile::default(), sums: Sums::default(), ended: false })
    }

    /// What the file says as a whole; complete after the last row.
    pub fn file(&self) -> &ResultFile {
        &self.file
    }

    fn advance(&mut self) -> Result<Option<Row<ResultLine>>, Refusal> {
        let Some(line) = self.framed.next_row(&self.layout)? else {
            self.ended = true;
            self.finish()?;
            return Ok(None);
        };
        self.file.rows = self.file.rows.saturating_add(1);
        let raw = self.layout.encoding.decode(&line.bytes).unwrap_or_else(|| String::from_utf8_lossy(&line.bytes).into_owned());
        match self.read(&line) {
            Ok(read) => {
                self.sums.total.add(read.amount);
                match read.outcome {
                    Outcome::Settled => self.sums.settled.add(read.amount),
                    Outcome::Failed => self.sums.failed.add(read.amount),
                    Outcome::Unknown | Outcome::Bounced => {}
                }
                Ok(Some(Row::Read(ResultLine { raw, ..read })))
            }
            Err(problem) => {
                self.file.faults = self.file.faults.saturating_add(1);
                Ok(Some(Row::Faulty(problem.at(line.number, &raw))))
            }
        }
    }

    fn read(&mut self, line: &Line) -> Result<ResultLine, Problem> {
        let layout = &self.layout;
        let cells = layout.cut(&layout.columns, &line.bytes)?;
        let mut read = ResultLine {
            line: line.number,
            reference: None,
            reference_text: String::new(),
            sequence: None,
            creditor_account: None,
            outcome: Outcome::Unknown,
            amount: None,
            occurred_on: None,
            code: None,
            reason: None,
            raw: String::new(),
        };
        for (column, text) in layout.columns.iter().zip(cells) {
            let some = || Some(text.clone()).filter(|text| !text.is_empty());
            match column.field {
                Field::Reference | Field::ReferenceDashed => {
                    read.reference = reference::parse(&text);
                    read.reference_text = text;
                }
                Field::ReferenceShort if read.reference_text.is_empty() => read.reference_text = text,
                Field::Sequence => read.sequence = text.parse().ok(),
                Field::CreditorAccount => read.creditor_account = some(),
                Field::Amount => read.amount = amount(layout, &text)?,
                Field::Currency if !text.is_empty() && !is_yuan(&text) => {
                    return Err(Problem::new(&ROW_CURRENCY, "币种不是人民币", "the row is not in yuan"));
                }
                Field::Date => read.occurred_on = read_date(layout.dates, &text)?,
                Field::Reason => read.reason = some(),
                Field::ResultCode => {
                    let known = layout.codes.get(&text);
                    if known.is_none() {
                        self.sums.unknown_codes = self.sums.unknown_codes.saturating_add(1);
                    }
                    read.outcome = known.copied().unwrap_or(Outcome::Unknown);
                    read.code = some();
                }
                _ => {}
            }
        }
        Ok(read)
    }

    fn finish(&mut self) -> Result<(), Refusal> {
        let mut controls = Controls::NotGiven;
        for fact in self.framed.facts() {
            match fact.field {
                Field::BatchReference => self.file.batch_reference = Some(fact.text.clone()),
                Field::MessageId => self.file.message_id = Some(fact.text.clone()),
                Field::Date | Field::Literal | Field::Blank => {}
                _ => {
                    let compared = self.compare(fact)?;
                    controls = if compared && controls != Controls::Partly { Controls::Hold } else { Controls::Partly };
                }
            }
        }
        self.file.controls = controls;
        Ok(())
    }

    /// Holds one control total against the rows; `false` when it cannot be compared.
    fn compare(&self, fact: &Fact) -> Result<bool, Refusal> {
        let sums = &self.sums;
        let faults = self.file.faults > 0;
        let (sum, of_outcome) = match fact.field {
            Field::SettledCount | Field::SettledTotal => (sums.settled, true),
            Field::FailedCount | Field::FailedTotal => (sums.failed, true),
            _ => (sums.total, false),
        };
        let uncertain = of_outcome && (faults || sums.unknown_codes > 0);
        if matches!(fact.field, Field::Count | Field::SettledCount | Field::FailedCount) {
            let given: u32 = fact.text.parse().map_err(|_| fact.refuse())?;
            let found = if of_outcome { sum.count } else { self.file.rows };
            return agree(uncertain, given, found);
        }
        let given = read_amount(self.layout.amounts, &fact.text).ok().flatten().ok_or_else(|| fact.refuse())?;
        agree(uncertain || faults || sum.incomplete, given, sum.amount)
    }
}

fn agree<T: PartialEq + std::fmt::Display>(uncertain: bool, given: T, found: T) -> Result<bool, Refusal> {
    if uncertain || given == found {
        return Ok(!uncertain);
    }
    let (zh, en) = (format!("控制合计为 {given}，明细为 {found}"), format!("the control total is {given}, the rows give {found}"));
    Err(CONTROL_TOTALS_MISMATCH.because(zh, en).with("given", given.to_string()).with("found", found.to_string()))
}

fn amount(layout: &Layout, text: &str) -> Result<Option<Money>, Problem> {
    let amount = read_amount(layout.amounts, text)?;
    match amount {
        Some(amount) if amount.is_negative() => Err(Problem::new(&ROW_AMOUNT, "金额为负", "the amount is negative")),
        _ => Ok(amount),
    }
}

impl<R: BufRead> Iterator for LayoutResults<R> {
    type Item = Result<Row<ResultLine>, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let row = self.advance();
        self.ended = self.ended || row.is_err();
        row.transpose()
    }
}
