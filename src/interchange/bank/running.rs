//! What is followed while the lines of a file of statements are read: their sum, and how often each was alike.

use std::collections::HashMap;

use sha2::Digest;

use super::error::{FILE_TOO_LARGE, STATEMENT_UNBALANCED};
use super::statement::{Balance, StatementHead, StatementLine};
use crate::kernel::Money;
use crate::kernel::refusal::Refusal;

/// Statements of one file at most: an empty one has lines as few as 30 bytes.
const MOST_STATEMENTS: usize = 100_000;
/// Lines of one file at most: what is remembered of each to tell equal ones apart stays below 64 MiB.
const MOST_LINES: usize = 1_000_000;

/// Follows the lines of the statements of a file: the sum of each, and how often lines were alike.
#[derive(Default)]
pub(super) struct Running {
    sum: Money,
    unreadable: bool,
    /// Of the statement, and of those before it from which it goes on.
    alike: HashMap<[u8; 16], u32>,
    /// Account and closing balance of the statement before.
    before: Option<(String, Money)>,
    /// Whether it was looked at if the statement goes on from the one before.
    placed: bool,
    statements: usize,
    lines: usize,
}

impl Running {
    /// A statement begins.
    pub fn begin(&mut self) -> Result<(), Refusal> {
        self.statements += 1;
        self.sum = Money::ZERO;
        self.unreadable = false;
        self.placed = false;
        if self.statements > MOST_STATEMENTS {
            return Err(FILE_TOO_LARGE.because("文件中的对账单过多", "the file has too many statements"));
        }
        Ok(())
    }

    /// A page, or the next day, opens with the balance with which the one before closed, and lists other movements: an equal line is
    /// one more. A statement that opens otherwise overlaps, and may list the same ones.
    fn place(&mut self, head: &StatementHead) {
        if std::mem::replace(&mut self.placed, true) {
            return;
        }
        let goes_on = self.before.as_ref().is_some_and(|(account, closing)| *account == head.account && Some(*closing) == head.opening);
        if !goes_on {
            self.alike.clear();
        }
    }

    /// A booked line, whose number among equals it fills in.
    pub fn line(&mut self, head: &StatementHead, line: &mut StatementLine) -> Result<(), Refusal> {
        self.place(head);
        self.lines += 1;
        if self.lines > MOST_LINES {
            let (zh, en) = (format!("一个文件不得超过 {MOST_LINES} 笔"), format!("a file has at most {MOST_LINES} lines"));
            return Err(FILE_TOO_LARGE.because(zh, en));
        }
        self.sum += line.direction.signed(line.amount);
        let digest = line.likeness(&head.account).finalize();
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
    pub fn end(&mut self, head: &StatementHead) -> Result<Balance, Refusal> {
        self.place(head);
        self.before = head.closing.map(|closing| (head.account.clone(), closing));
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

    fn head(opening: &str, closing: &str) -> StatementHead {
        StatementHead { account: "x".to_owned(), opening: opening.parse().ok(), closing: closing.parse().ok(), ..StatementHead::default() }
    }

    #[test]
    fn a_file_has_so_many_lines() {
        let mut running = Running { lines: MOST_LINES, ..Running::default() };
        assert_eq!(running.line(&head("2", "1"), &mut line("1.00", None)).unwrap_err().code, &FILE_TOO_LARGE);
    }

    #[test]
    fn equal_lines_are_counted_on_from_page_to_page_and_anew_where_statements_overlap() {
        let mut running = Running::default();
        let mut occurrence = |head: StatementHead| {
            let mut line = line("5.00", None);
            running.begin().unwrap();
            running.line(&head, &mut line).unwrap();
            running.end(&head).unwrap();
            line.occurrence
        };
        assert_eq!(occurrence(head("100", "95")), 1);
        assert_eq!(occurrence(head("95", "90")), 2);
        // The first page once more, as a later statement may list it.
        assert_eq!(occurrence(head("100", "95")), 1);
        assert_eq!(occurrence(StatementHead { account: "y".to_owned(), ..head("95", "90") }), 1);
        assert_eq!(occurrence(head("", "")), 1);
        assert_eq!(occurrence(head("", "")), 1);
    }

    #[test]
    fn an_unbalanced_statement_is_refused_with_the_difference() {
        let mut running = Running::default();
        running.begin().unwrap();
        running.line(&StatementHead::default(), &mut line("30.00", None)).unwrap();
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
