//! Text files of banks and card platforms, described by data: delimited or of fixed width, in UTF-8 or GB 18030.
//!
//! One [`Layout`] describes a file completely: its rows, the lines before and after them, how amounts and dates are written,
//! and what the bank's codes mean. The same description writes payment files ([`LayoutPayments`]), and reads results
//! ([`LayoutResults`]) and statements ([`LayoutStatement`]). A record is one line: no field holds a line break.
//!
//! [`neutral`] has layouts of this product's own, for banks that have no format.

mod cell;
mod check;
mod cut;
mod frame;
pub mod neutral;
mod results;
mod statement;
mod write;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::encoding::Encoding;
use super::result::Outcome;
pub use results::LayoutResults;
pub use statement::LayoutStatement;
pub use write::LayoutPayments;

/// A text file. JSON in configuration; unknown members are refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// What people call it.
    pub name: String,
    /// The encoding of the whole file.
    pub encoding: Encoding,
    /// How lines end when written; either is read.
    #[serde(default)]
    pub line_end: LineEnd,
    /// How a line is made of cells.
    pub kind: Kind,
    /// How amounts are written.
    pub amounts: Amounts,
    /// How dates are written.
    pub dates: Dates,
    /// Lines before the rows.
    #[serde(default)]
    pub headers: Vec<Frame>,
    /// The cells of a row.
    pub columns: Vec<Column>,
    /// Lines after the rows.
    #[serde(default)]
    pub trailers: Vec<Frame>,
    /// What the bank's result codes mean. One that is not here is `unknown`, and kept.
    #[serde(default)]
    pub codes: BTreeMap<String, Outcome>,
    /// What the marks in a column `direction` mean.
    #[serde(default)]
    pub directions: BTreeMap<String, Mark>,
    /// Which bank codes of a statement say that a movement is the bank's charge.
    #[serde(default)]
    pub fees: Vec<String>,
    /// Refuses to write texts that a spreadsheet would take for a formula: those beginning with `=`, `+`, `-` or `@`.
    #[serde(default)]
    pub refuse_formulas: bool,
}

/// How a line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineEnd {
    /// Carriage return and line feed.
    #[default]
    Crlf,
    /// Line feed.
    Lf,
}

/// How a line is made of cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Kind {
    /// Cells with a separator between them.
    Delimited {
        /// One to four characters.
        separator: String,
        /// Around cells that contain the separator or itself, in which case it is doubled. Without one, such cells are refused.
        #[serde(default)]
        quote: Option<char>,
    },
    /// Cells of fixed widths, counted in bytes of the file's encoding.
    FixedWidth,
}

/// How amounts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Amounts {
    /// `2212.00`: yuan with two decimals. When reading statements and results thousands separators are accepted, and one
    /// decimal or none.
    Yuan,
    /// `221200`: a whole number of fen.
    Fen,
}

/// How dates are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dates {
    /// `20230118`; when reading, a time of day may follow.
    Compact,
    /// `2023-01-18`
    Dashed,
    /// `2023/01/18`
    Slashed,
    /// `2023年01月18日`
    Chinese,
}

/// A line before or after the rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frame {
    /// Its cells.
    #[serde(default)]
    pub columns: Vec<Column>,
    /// Reads over it, whatever it says; such a line cannot be written.
    #[serde(default)]
    pub any: bool,
}

/// One cell of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// What stands in it.
    pub field: Field,
    /// The text of a `literal`: written as it is, and demanded when reading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Bytes in the file's encoding, of a fixed width file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u16>,
    /// On which side the text stands in its width.
    #[serde(default)]
    pub align: Align,
    /// What fills the width: a printable ASCII character, a blank if not said. `0` only for numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pad: Option<char>,
    /// Shortens a text that does not fit, at a character. Only of names, bank names and remittances, where nothing depends
    /// on the end.
    #[serde(default)]
    pub truncate: bool,
}

/// On which side of its width a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// Left, filled on the right.
    #[default]
    Left,
    /// Right, filled on the left.
    Right,
}

/// Which way a mark says that money went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// 贷, 收, C
    Credit,
    /// 借, 付, D
    Debit,
}

/// What a layout is used for; which fields it may have and must have depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Writing payments.
    Payments,
    /// Reading results.
    Results,
    /// Reading a statement.
    Statement,
}

/// What stands in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// A text that is always the same.
    Literal,
    /// Nothing; read over.
    Blank,
    /// The payment's reference, 32 hexadecimal digits.
    Reference,
    /// The same with dashes, 36 characters.
    ReferenceDashed,
    /// Its first 16 digits.
    ReferenceShort,
    /// The payment's place in the batch.
    Sequence,
    /// The amount; in statements with a column `direction`.
    Amount,
    /// The currency, `CNY`.
    Currency,
    /// The payee's name.
    CreditorName,
    /// The payee's account.
    CreditorAccount,
    /// The code of the payee's bank.
    CreditorBankCode,
    /// The name of the payee's bank.
    CreditorBankName,
    /// What the payment is for.
    Remittance,
    /// The day: on which to pay, or on which it happened.
    Date,
    /// The bank's result code.
    ResultCode,
    /// The bank's reason in words.
    Reason,
    /// How many rows the file has.
    Count,
    /// The sum of their amounts.
    Total,
    /// How many rows are settled.
    SettledCount,
    /// The sum of the settled amounts.
    SettledTotal,
    /// How many rows are failed.
    FailedCount,
    /// The sum of the failed amounts.
    FailedTotal,
    /// The batch.
    BatchReference,
    /// The file's own identification.
    MessageId,
    /// The payer's name.
    DebtorName,
    /// The payer's account.
    DebtorAccount,
    /// The code of the payer's bank.
    DebtorBankCode,
    /// The day of booking.
    BookedOn,
    /// The day from which it counts for interest.
    ValueOn,
    /// The amount, when money went.
    Debit,
    /// The amount, when money came.
    Credit,
    /// The amount with a minus when money went.
    SignedAmount,
    /// The mark of [`Layout::directions`].
    Direction,
    /// The balance after the row.
    Balance,
    /// The bank's own reference of the movement.
    EntryReference,
    /// The other side's name.
    CounterpartyName,
    /// The other side's account.
    CounterpartyAccount,
    /// The bank's code or word for the kind of movement.
    BankCode,
    /// The account whose statement it is.
    Account,
    /// The bank's identification of the statement.
    StatementId,
    /// The balance before the first row.
    OpeningBalance,
    /// The balance after the last row.
    ClosingBalance,
    /// The statement's first day.
    From,
    /// The statement's last day.
    To,
}

#[cfg(test)]
mod tests;
