//! Opening a file of statements, whatever it is written in.

use super::model::StatementFormat;
use crate::interchange::bank::camt053::Camt053;
use crate::interchange::bank::error::{FILE_TOO_LARGE, ROW_NOT_BOOKED};
use crate::interchange::bank::layout::{Layout, LayoutStatement};
use crate::interchange::bank::mt940::Mt940;
use crate::interchange::bank::row::Fault;
use crate::interchange::bank::statement::{Statement, collect};
use crate::kernel::refusal::Refusal;
use crate::kernel::{FieldError, Money};
use crate::reconciliation::error::{STATEMENT_ACCOUNT_MISSING, STATEMENT_LINES_AT_FAULT};

/// Statements of one file at most; banks put a month of days into one.
const MOST_STATEMENTS: usize = 1000;
/// Lines at fault that a refusal names.
const MOST_FAULTS: usize = 100;

/// The format that bytes begin like: XML, MT940, or else text by a layout.
pub(super) fn format_of(bytes: &[u8]) -> StatementFormat {
    let text = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(bytes).trim_ascii_start();
    // UTF-16 is XML's own business; a layout is never in it.
    if text.starts_with(b"<") || text.starts_with(&[0xFF, 0xFE]) || text.starts_with(&[0xFE, 0xFF]) {
        StatementFormat::Camt053
    } else if text.starts_with(b":20:") || text.starts_with(b"{1:") || text.starts_with(b"{4:") {
        StatementFormat::Mt940
    } else {
        StatementFormat::Layout
    }
}

/// Reads a file whole. `account` is what to call the account that a file does not name.
///
/// # Errors
/// What the readers refuse; lines that cannot be read, each named; a statement without an account.
pub(super) fn read(
    bytes: &[u8],
    format: StatementFormat,
    layout: Option<&Layout>,
    account: Option<&str>,
) -> Result<Vec<Statement>, Refusal> {
    let statements = match (format, layout) {
        (StatementFormat::Camt053, _) => collect(Camt053::new(bytes)?)?,
        (StatementFormat::Mt940, _) => collect(Mt940::new(bytes))?,
        (StatementFormat::Layout, Some(layout)) => collect(LayoutStatement::new(bytes, layout)?)?,
        (StatementFormat::Layout, None) => collect(LayoutStatement::new(bytes, &crate::interchange::bank::layout::neutral::statement())?)?,
    };
    if statements.len() > MOST_STATEMENTS {
        let (zh, en) = (format!("一个文件不得超过 {MOST_STATEMENTS} 份对账单"), format!("a file has at most {MOST_STATEMENTS} statements"));
        return Err(FILE_TOO_LARGE.because(zh, en));
    }
    refuse_faults(&statements)?;
    statements.into_iter().map(|statement| named(statement, account)).collect()
}

/// Without the amount of every line nothing can be said of a statement, so one that cannot be read keeps the file out. What the
/// bank itself says is not booked yet is no line.
fn refuse_faults(statements: &[Statement]) -> Result<(), Refusal> {
    let at_fault = |fault: &&Fault| fault.code != &ROW_NOT_BOOKED;
    let faults: Vec<&Fault> = statements.iter().flat_map(|statement| &statement.faults).filter(at_fault).collect();
    if faults.is_empty() {
        return Ok(());
    }
    let named = faults.iter().take(MOST_FAULTS).map(|fault| FieldError {
        pointer: format!("/lines/{}", fault.line),
        code: fault.code.name.to_owned(),
        text: fault.text.clone(),
    });
    Err(STATEMENT_LINES_AT_FAULT.refuse().with("lines_at_fault", faults.len()).with_fields(named.collect()))
}

/// The account as it is kept: without blanks, as accounts of payees are.
fn named(mut statement: Statement, account: Option<&str>) -> Result<Statement, Refusal> {
    let own = plain_account(&statement.head.account);
    let given = account.map(str::trim).filter(|name| !name.is_empty());
    statement.head.account = match (own, given) {
        (Some(own), _) => own,
        (None, Some(given)) => given.to_owned(),
        (None, None) => return Err(STATEMENT_ACCOUNT_MISSING.refuse()),
    };
    Ok(statement)
}

/// An account's number without blanks; none when there is nothing that could be one.
pub(super) fn plain_account(text: &str) -> Option<String> {
    let plain: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    plain.chars().any(char::is_alphanumeric).then_some(plain)
}

/// What the lines of a statement come to.
pub(super) fn sum(statement: &Statement) -> Money {
    statement.lines.iter().map(|line| line.direction.signed(line.amount)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_told_by_its_beginning() {
        for (bytes, format) in [
            (&b"\xEF\xBB\xBF <?xml version"[..], StatementFormat::Camt053),
            (b"\xFF\xFE<\0", StatementFormat::Camt053),
            (b"\r\n{1:F01X}{4:\r\n:20:A", StatementFormat::Mt940),
            (b":20:A", StatementFormat::Mt940),
            (b"\xCA\xBE", StatementFormat::Layout),
            (b"", StatementFormat::Layout),
        ] {
            assert_eq!(format_of(bytes), format);
        }
    }

    #[test]
    fn an_account_is_a_number_or_none() {
        assert_eq!(plain_account(" 6299 9900 ").as_deref(), Some("62999900"));
        for none in ["", " ", "-", "—"] {
            assert_eq!(plain_account(none), None);
        }
    }

    #[test]
    fn a_text_that_names_no_account_needs_a_name_for_it() {
        let text =
            "\u{FEFF}入账日期,起息日期,收入,支出,余额,交易流水号,对方户名,对方账号,摘要代码,附言,参考号\r\n2023-01-18,,,10.00,,A1,,,,,\r\n";
        let read = |account| read(text.as_bytes(), StatementFormat::Layout, None, account);
        assert_eq!(read(None).unwrap_err().code, &STATEMENT_ACCOUNT_MISSING);
        let statements = read(Some("基本户")).unwrap();
        assert_eq!((statements[0].head.account.as_str(), sum(&statements[0]).to_string()), ("基本户", "-10.00".to_owned()));
    }

    #[test]
    fn a_line_that_cannot_be_read_keeps_the_file_out_and_is_named() {
        let text =
            "\u{FEFF}入账日期,起息日期,收入,支出,余额,交易流水号,对方户名,对方账号,摘要代码,附言,参考号\r\n2023-01-18,,,1o.00,,A1,,,,,\r\n";
        let refusal = read(text.as_bytes(), StatementFormat::Layout, None, Some("基本户")).unwrap_err();
        assert_eq!((refusal.code, refusal.fields[0].pointer.as_str()), (&STATEMENT_LINES_AT_FAULT, "/lines/2"));
    }
}
