//! Account statements by a layout: one statement a file, as banks' web sites give them out.

use std::io::BufRead;

use chrono::NaiveDate;

use super::cell::{read_amount, read_date};
use super::frame::Framed;
use super::{Field, Layout, Mark, Purpose};
use crate::interchange::bank::error::{CONTROL_TOTALS_MISMATCH, ROW_AMOUNT, ROW_CURRENCY, ROW_DATE, ROW_DIRECTION, STATEMENT_UNBALANCED};
use crate::interchange::bank::lines::Line;
use crate::interchange::bank::reference::References;
use crate::interchange::bank::row::{Problem, Row, is_yuan};
use crate::interchange::bank::running::Running;
use crate::interchange::bank::statement::{Balance, Direction, Parts, ReadsAhead, StatementHead, StatementLine, StatementPart};
use crate::kernel::Money;
use crate::kernel::refusal::Refusal;

/// Reads a statement part by part. After an error nothing follows.
///
/// Balances are checked when header or trailer lines give both; else when each row has a balance: those give opening and
/// closing, in either order of the rows. A negative amount in a debit or credit column (红字) is a reversal in the other
/// direction.
pub struct LayoutStatement<R: BufRead> {
    layout: Layout,
    framed: Framed<R>,
    running: Running,
    head: StatementHead,
    /// How many facts of the frame are in the head already.
    facts: usize,
    count: Option<u32>,
    rows: u32,
    chain: Chain,
    begun: bool,
    parts: Parts,
}

/// The balances that the rows give: of the first and the last, with their amounts.
#[derive(Default)]
struct Chain {
    first: Option<(Money, Money)>,
    last: Option<(Money, Money)>,
    sum: Money,
    broken: bool,
}

impl Chain {
    fn row(&mut self, amount: Money, balance: Option<Money>) {
        self.sum += amount;
        match balance {
            Some(balance) => {
                self.last = Some((amount, balance));
                self.first = self.first.or(self.last);
            }
            None => self.broken = true,
        }
    }

    /// Opening and closing balance, in the order of the rows that makes them fit; the oldest-first ones when neither does.
    fn ends(&self) -> Option<(Money, Money)> {
        let ((first_amount, first), (last_amount, last)) = (self.first?, self.last?);
        let oldest_first = (first - first_amount, last);
        let newest_first = (last - last_amount, first);
        let fits = |(opening, closing): (Money, Money)| opening + self.sum == closing;
        let ends = if !fits(oldest_first) && fits(newest_first) { newest_first } else { oldest_first };
        (!self.broken).then_some(ends)
    }
}

impl<R: BufRead> LayoutStatement<R> {
    /// Begins to read.
    ///
    /// # Errors
    /// `bank_layout_invalid`.
    pub fn new(input: R, layout: &Layout) -> Result<Self, Refusal> {
        layout.check(Purpose::Statement)?;
        Ok(Self {
            layout: layout.clone(),
            framed: Framed::new(input),
            running: Running::default(),
            head: StatementHead { currency: "CNY".to_owned(), ..StatementHead::default() },
            facts: 0,
            count: None,
            rows: 0,
            chain: Chain::default(),
            begun: false,
            parts: Parts::default(),
        })
    }

    /// Takes what header and trailer lines say into the head.
    fn learn(&mut self) -> Result<(), Refusal> {
        let (dates, amounts) = (self.layout.dates, self.layout.amounts);
        for fact in self.framed.facts().iter().skip(self.facts) {
            let date = || read_date(dates, &fact.text).map_err(|_| fact.refuse());
            let amount = || read_amount(amounts, &fact.text).map_err(|_| fact.refuse());
            match fact.field {
                Field::Account => self.head.account.clone_from(&fact.text),
                Field::StatementId => self.head.id.clone_from(&fact.text),
                Field::Currency if !fact.text.is_empty() => {
                    self.head.currency = if is_yuan(&fact.text) { "CNY".to_owned() } else { fact.text.clone() };
                }
                Field::From => self.head.from = date()?,
                Field::To => self.head.to = date()?,
                Field::OpeningBalance => self.head.opening = amount()?,
                Field::ClosingBalance => self.head.closing = amount()?,
                Field::Count => self.count = Some(fact.text.parse().map_err(|_| fact.refuse())?),
                _ => {}
            }
        }
        self.facts = self.framed.facts().len();
        Ok(())
    }

    fn row(&mut self, line: &Line) -> Result<(), Refusal> {
        self.rows = self.rows.saturating_add(1);
        let raw = self.layout.encoding.decode(&line.bytes).unwrap_or_else(|| String::from_utf8_lossy(&line.bytes).into_owned());
        let row = match self.read(line) {
            Ok((mut read, balance)) => {
                self.running.line(&self.head, &mut read)?;
                self.chain.row(read.direction.signed(read.amount), balance);
                Row::Read(StatementLine { raw, ..read })
            }
            Err(problem) => {
                self.running.unreadable();
                Row::Faulty(problem.at(line.number, &raw))
            }
        };
        self.parts.ready.push_back(StatementPart::Line(Box::new(row)));
        Ok(())
    }

    fn read(&self, line: &Line) -> Result<(StatementLine, Option<Money>), Problem> {
        let layout = &self.layout;
        let cells = layout.cut(&layout.columns, &line.bytes)?;
        let mut row = Cells::default();
        for (column, text) in layout.columns.iter().zip(cells) {
            row.take(layout, column.field, text)?;
        }
        if !is_yuan(row.currency.as_deref().unwrap_or(&self.head.currency)) {
            return Err(Problem::new(&ROW_CURRENCY, "币种不是人民币", "the row is not in yuan"));
        }
        let balance = row.balance;
        row.line(layout, self.rows).map(|line| (line, balance))
    }

    fn finish(&mut self) -> Result<(), Refusal> {
        self.parts.ended = true;
        if let Some(count) = self.count.filter(|count| *count != self.rows) {
            let (zh, en) = (
                format!("控制笔数为 {count}，明细为 {} 笔", self.rows),
                format!("the control count is {count}, the rows are {}", self.rows),
            );
            return Err(CONTROL_TOTALS_MISMATCH.because(zh, en));
        }
        let balance = self.running.end(&self.head)?;
        let balance = if balance == Balance::NotGiven { self.check_chain()? } else { balance };
        self.parts.ready.push_back(StatementPart::End(self.head.clone(), balance));
        Ok(())
    }

    /// Takes the balances from the rows. One that the frame gave must be the same.
    fn check_chain(&mut self) -> Result<Balance, Refusal> {
        let Some((opening, closing)) = self.chain.ends() else { return Ok(Balance::NotGiven) };
        for (zh, en, given, found) in [("期初", "opening", self.head.opening, opening), ("期末", "closing", self.head.closing, closing)]
        {
            if let Some(given) = given.filter(|given| *given != found) {
                let difference = given - found;
                let (zh, en) = (
                    format!("{zh}余额为 {given}，逐行余额得出 {found}"),
                    format!("the {en} balance is {given}, the rows' balances give {found}"),
                );
                return Err(STATEMENT_UNBALANCED.because(zh, en).with("difference", difference));
            }
        }
        (self.head.opening, self.head.closing) = (Some(opening), Some(closing));
        self.running.end(&self.head)
    }
}

/// The cells of one row as far as they have been read.
#[derive(Default)]
struct Cells {
    booked_on: Option<NaiveDate>,
    value_on: Option<NaiveDate>,
    signed: Option<Money>,
    debit: Option<Money>,
    credit: Option<Money>,
    amount: Option<Money>,
    mark: Option<Mark>,
    balance: Option<Money>,
    currency: Option<String>,
    entry_reference: Option<String>,
    references: References,
    counterparty_name: Option<String>,
    counterparty_account: Option<String>,
    remittance: String,
    bank_code: Option<String>,
    reason: Option<String>,
}

impl Cells {
    fn take(&mut self, layout: &Layout, field: Field, text: String) -> Result<(), Problem> {
        let amount = |text: &str| read_amount(layout.amounts, text);
        let some = |text: String| Some(text).filter(|text| !text.is_empty() && text != "-");
        match field {
            Field::BookedOn => self.booked_on = read_date(layout.dates, &text)?,
            Field::ValueOn => self.value_on = read_date(layout.dates, &text)?,
            Field::SignedAmount => self.signed = amount(&text)?,
            Field::Debit => self.debit = amount(dash_is_none(&text))?,
            Field::Credit => self.credit = amount(dash_is_none(&text))?,
            Field::Amount => self.amount = amount(&text)?,
            Field::Balance => self.balance = amount(&text)?,
            Field::Direction => self.mark = layout.directions.get(&text).copied(),
            Field::Currency => self.currency = some(text),
            Field::EntryReference => self.entry_reference = some(text),
            Field::Reference | Field::ReferenceDashed | Field::ReferenceShort => self.references.add(&text),
            Field::CounterpartyName => self.counterparty_name = some(text),
            Field::CounterpartyAccount => self.counterparty_account = some(text),
            Field::Remittance => self.remittance = text,
            Field::BankCode => self.bank_code = some(text),
            Field::Reason => self.reason = some(text),
            _ => {}
        }
        Ok(())
    }

    /// Which way the money went, how much, and whether the amount was in red.
    fn movement(&self) -> Result<(Direction, Money, bool), Problem> {
        let moved = |amount: Option<Money>| amount.filter(|amount| !amount.is_zero());
        let (direction, amount) = match (moved(self.signed), moved(self.debit), moved(self.credit), moved(self.amount)) {
            (Some(signed), None, None, None) if signed.is_negative() => return Ok((Direction::Debit, signed.abs(), false)),
            (Some(signed), None, None, None) => return Ok((Direction::Credit, signed, false)),
            (None, Some(debit), None, None) => (Direction::Debit, debit),
            (None, None, Some(credit), None) => (Direction::Credit, credit),
            (None, None, None, Some(amount)) => match self.mark {
                Some(Mark::Credit) => (Direction::Credit, amount),
                Some(Mark::Debit) => (Direction::Debit, amount),
                None => return Err(Problem::new(&ROW_DIRECTION, "借贷标志不在版式中", "the layout does not know the direction mark")),
            },
            (None, None, None, None) => return Err(Problem::new(&ROW_AMOUNT, "没有金额或金额为零", "there is no amount, or it is zero")),
            _ => return Err(Problem::new(&ROW_DIRECTION, "借方和贷方同时有金额", "there are both a debit and a credit")),
        };
        Ok(match direction {
            _ if amount.is_positive() => (direction, amount, false),
            Direction::Credit => (Direction::Debit, amount.abs(), true),
            Direction::Debit => (Direction::Credit, amount.abs(), true),
        })
    }

    fn line(mut self, layout: &Layout, ordinal: u32) -> Result<StatementLine, Problem> {
        let (direction, amount, reversal) = self.movement()?;
        let booked_on = self.booked_on.ok_or_else(|| Problem::new(&ROW_DATE, "没有入账日期", "there is no booking day"))?;
        self.references.add_found_in(&self.remittance);
        let fee = self.bank_code.as_ref().is_some_and(|code| layout.fees.contains(code));
        Ok(StatementLine {
            ordinal,
            detail: 0,
            group: None,
            entry_reference: self.entry_reference,
            booked_on,
            value_on: self.value_on,
            direction,
            amount,
            reversal,
            references: self.references.into_list(),
            counterparty_name: self.counterparty_name,
            counterparty_account: self.counterparty_account,
            remittance: self.remittance,
            bank_code: self.bank_code,
            fee,
            return_reason: self.reason,
            occurrence: 0,
            raw: String::new(),
        })
    }
}

/// Some banks write a dash into the column that does not apply.
fn dash_is_none(text: &str) -> &str {
    if matches!(text, "-" | "--") { "" } else { text }
}

impl<R: BufRead> ReadsAhead for LayoutStatement<R> {
    fn parts(&mut self) -> &mut Parts {
        &mut self.parts
    }

    fn advance(&mut self) -> Result<(), Refusal> {
        let line = self.framed.next_row(&self.layout)?;
        self.learn()?;
        if !self.begun {
            self.begun = true;
            self.running.begin()?;
            self.parts.ready.push_back(StatementPart::Begin(self.head.clone()));
        }
        match line {
            Some(line) => self.row(&line),
            None => self.finish(),
        }
    }
}

impl<R: BufRead> Iterator for LayoutStatement<R> {
    type Item = Result<StatementPart, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        self.part()
    }
}
