//! What a bank says became of the payments it was sent, whatever format it came in.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::kernel::Money;

/// What a line says of its payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// 成功: the payee has the money.
    Settled,
    /// 失败: the payee did not get it and will not.
    Failed,
    /// 未知: neither can be said; no other attempt may be made on the strength of it.
    Unknown,
    /// 退票: the payee had it, or was to have it, and it came back.
    Bounced,
}

/// One line of a result file. `Debug` shows neither reason nor row.
#[derive(Clone, PartialEq, Eq)]
pub struct ResultLine {
    /// The row: of text files the physical line, of XML the transaction; from 1 on.
    pub line: u32,
    /// The payment's reference when the text is one.
    pub reference: Option<Uuid>,
    /// The reference as it stands in the file; may be a short one, or empty.
    pub reference_text: String,
    /// The payment's number in the file that was sent, when the line gives one.
    pub sequence: Option<u32>,
    /// The payee's account as it stands in the file; may be masked.
    pub creditor_account: Option<String>,
    /// What the line says.
    pub outcome: Outcome,
    /// The amount it names; zero or more.
    pub amount: Option<Money>,
    /// The day it names, in China.
    pub occurred_on: Option<NaiveDate>,
    /// The bank's own code.
    pub code: Option<String>,
    /// The bank's reason in words, or the reason's code.
    pub reason: Option<String>,
    /// The row's own text.
    pub raw: String,
}

impl fmt::Debug for ResultLine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, reference_text, outcome, amount, occurred_on, code, .. } = self;
        write!(out, "ResultLine({line} {reference_text} {outcome:?} {amount:?} {occurred_on:?} {code:?})")
    }
}

/// What a result file says as a whole, complete after its last row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResultFile {
    /// The identification of the file that was sent.
    pub message_id: Option<String>,
    /// The batch that it answers.
    pub batch_reference: Option<String>,
    /// How many payments it says it was sent.
    pub sent_count: Option<u32>,
    /// What it says they came to.
    pub sent_total: Option<Money>,
    /// A status of the whole (`RJCT`), which is no result of any single payment.
    pub status: Option<String>,
    /// Why, in the bank's code and words.
    pub reason: Option<String>,
    /// Rows of payments, those at fault among them.
    pub rows: u32,
    /// How many of them are at fault.
    pub faults: u32,
    /// What became of the control totals.
    pub controls: Controls,
}

/// Whether control totals agree with the rows. That they do not is a refusal, so it is not among these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Controls {
    /// The file has none, or it has not been read to its end.
    #[default]
    NotGiven,
    /// All that it has agree.
    Hold,
    /// Some could not be compared, because rows are at fault, name no amount, or have a code that the layout does not know;
    /// the others agree.
    Partly,
}
