//! What is followed while the lines of a statement are read: their sum, and how often each was alike.

use std::collections::HashMap;

use sha2::Digest;

use super::error::{FILE_TOO_LARGE, STATEMENT_UNBALANCED};
use super::statement::{Balance, StatementHead, StatementLine};
use crate::kernel::Money;
use crate::kernel::refusal::Refusal;

/// Statements of one file at most: an empty one has lines as few as 30 bytes.
const MOST_STATEMENTS: usize = 100_000;
/// Lines of one statement at most: what is remembered of each to tell equal ones apart stays below 64 MiB.
const MOST_LINES: usize = 1_000_000;

/// Follows the lines of one statement: their sum, and how often each was alike.
#[derive(Default)]
pub(super) struct Running {
    sum: Money,
    unreadable: bool,
    alike: HashMap<[u8; 16], u32>,
    statements: usize,
    lines: usize,
}

impl Running {
    /// A statement begins.
    pub fn begin(&mut self) -> Result<(), Refusal> {
        self.statements += 1;
        self.sum = Money::ZERO;
        self.unreadable = false;
        self.alike.clear();
        self.lines = 0;
        if self.statements > MOST_STATEMENTS {
            return Err(FILE_TOO_LARGE.because("文件中的对账单过多", "the file has too many statements"));
        }
        Ok(())
    }

    /// A booked line, whose number among equals it fills in.
    pub fn line(&mut self, account: &str, line: &mut StatementLine) -> Result<(), Refusal> {
        self.lines += 1;
        if self.lines > MOST_LINES {
            let (zh, en) = (format!("一份对账单不得超过 {MOST_LINES} 笔"), format!("a statement has at most {MOST_LINES} lines"));
            return Err(FILE_TOO_LARGE.because(zh, en));
        }
        self.sum += line.direction.signed(line.amount);
        let digest = line.likeness(account).finalize();
        let mut key = [0; 16];
        key.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        let count = self.alike.entry(key).or_insert(0);
        *count += 1;
        line.occurrence = *count;
        Ok(())
    }

    /// A booked line that could not be read.
    pub fn unreadable(&mut self) {
        self.unreadable = true;
    }

    /// The statement ends.
    pub fn end(&self, head: &StatementHead) -> Result<Balance, Refusal> {
        match (head.opening, head.closing) {
            _ if self.unreadable => Ok(Balance::LinesAtFault),
            (Some(opening), Some(closing)) if opening + self.sum == closing => Ok(Balance::Holds),
            (Some(opening), Some(closing)) => Err(unbalanced(head, opening, self.sum, closing)),
            _ => Ok(Balance::NotGiven),
        }
    }
}

fn unbalanced(head: &StatementHead, opening: Money, sum: Money, closing: Money) -> Refusal {
    let difference = closing - opening - sum;
    let zh = format!("对账单 {}：期初 {opening} 加明细合计 {sum} 不等于期末 {closing}，相差 {difference}", head.id);
    let en = format!(
        "statement {}: opening {opening} and lines of {sum} do not give the closing balance {closing}; the difference is {difference}",
        head.id
    );
    let refusal = STATEMENT_UNBALANCED.because(zh, en).with("statement", &head.id);
    refusal.with("opening", opening).with("lines", sum).with("closing", closing).with("difference", difference)
}

#[cfg(test)]
mod tests {
    use super::super::statement::tests::line;
    use super::*;

    #[test]
    fn a_statement_has_so_many_lines_and_the_next_begins_anew() {
        let mut running = Running { lines: MOST_LINES, ..Running::default() };
        assert_eq!(running.line("x", &mut line("1.00", None)).unwrap_err().code, &FILE_TOO_LARGE);
        running.begin().unwrap();
        running.line("x", &mut line("1.00", None)).unwrap();
    }

    #[test]
    fn an_unbalanced_statement_is_refused_with_the_difference() {
        let mut running = Running::default();
        running.begin().unwrap();
        running.line("x", &mut line("30.00", None)).unwrap();
        let mut head = StatementHead { opening: "100".parse().ok(), closing: "70".parse().ok(), ..StatementHead::default() };
        assert_eq!(running.end(&head).unwrap(), Balance::Holds);
        head.closing = "70.01".parse().ok();
        assert_eq!(running.end(&head).unwrap_err().facts["difference"], "0.01");
        head.opening = None;
        assert_eq!(running.end(&head).unwrap(), Balance::NotGiven);
        head.opening = "-1".parse().ok();
        running.unreadable();
        assert_eq!(running.end(&head).unwrap(), Balance::LinesAtFault);
    }
}
