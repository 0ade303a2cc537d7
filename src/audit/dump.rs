//! Writing an export: the lines of [`super::export`], read in one snapshot.

use std::collections::BTreeMap;

use super::export::{Balance, End, Entry, FORMAT, Header, Line, Outside, Signed, State};
use super::masking;
use super::store::{rows, seals};
use super::tables::{CURRENT, Form};
use crate::db::{Error, Result, Tx};
use crate::ledger::{self, Account};

/// How many log numbers are read at once.
const BATCH: i64 = 256;

/// What keeps a state: table, key, and the columns that follow from the log.
const STATES: &[(&str, &[(&str, Form)])] = &[
    ("instruction", &[("status", Form::Text), ("status_on", Form::Date)]),
    ("plan", &[("status", Form::Text)]),
    ("review", &[("state", Form::Text)]),
    ("batch", &[("sent_on", Form::Date), ("sent_count", Form::Integer), ("sent_total", Form::Yuan)]),
    ("transfer_down", &[("reported", Form::Yuan), ("handed_back", Form::Yuan)]),
    ("fund_return", &[("status", Form::Text), ("paid_on", Form::Date)]),
    ("recovery", &[("status", Form::Text), ("received_on", Form::Date)]),
];

/// Whether an export shows names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// `王**`
    Masked,
    /// As they were hashed.
    Clear,
}

/// Where lines go.
pub trait Sink {
    /// Takes the next line, without its line break.
    ///
    /// # Errors
    /// When nobody takes it any more.
    fn line(&mut self, text: String) -> impl Future<Output = Result<()>>;
}

async fn put(sink: &mut impl Sink, line: &Line) -> Result<()> {
    sink.line(serde_json::to_string(line).map_err(|error| Error::Internal(error.to_string()))?).await
}

/// Writes the whole export of the transaction's federation. Everything in it has to be sealed already.
///
/// # Errors
/// When the database cannot be read or the sink takes no more.
pub async fn export(tx: &mut Tx, names: Names, sink: &mut impl Sink) -> Result<()> {
    put(sink, &Line::Header(Header { format: FORMAT.to_owned(), federation: tx.federation })).await?;
    let (mut last, mut count) = (0, 0_u64);
    loop {
        let entries = rows::entries(tx, last, BATCH).await?;
        let Some(newest) = entries.last().map(|entry: &Entry| entry.log_number) else { break };
        last = i64::try_from(newest).map_err(|error| Error::Internal(error.to_string()))?;
        for mut entry in entries {
            count += 1;
            if names == Names::Masked {
                masking::mask_entry(&mut entry);
            }
            put(sink, &Line::Entry(entry)).await?;
        }
    }
    for row in rows::outside(tx).await? {
        let mut outside = Outside { edition: CURRENT, row };
        if names == Names::Masked {
            masking::mask_outside(&mut outside);
        }
        put(sink, &Line::Outside(outside)).await?;
    }
    for checkpoint in seals::checkpoints(tx, None, i64::MAX).await?.into_iter().rev() {
        let size = u64::try_from(checkpoint.size).map_err(|error| Error::Internal(error.to_string()))?;
        put(sink, &Line::Checkpoint(Signed { size, note: checkpoint.note })).await?;
    }
    for report in seals::reports(tx).await? {
        put(sink, &Line::Report(report)).await?;
    }
    for (line, source, balances) in ledger::balances(tx, ledger::Scope::All, None).await? {
        let amount = |account: Account| (account.name().to_owned(), balances.get(account).to_string());
        let accounts: BTreeMap<String, String> = Account::ALL.into_iter().map(amount).collect();
        put(sink, &Line::Balance(Balance { line: line.to_string(), source: source.to_string(), accounts })).await?;
    }
    for (table, columns) in STATES {
        for (id, values) in rows::claims(tx, table, &["id"], columns).await? {
            for ((column, _), value) in columns.iter().zip(values) {
                let (table, column) = ((*table).to_owned(), (*column).to_owned());
                put(sink, &Line::State(State { table, id: id.clone(), column, value })).await?;
            }
        }
    }
    put(sink, &Line::End(End { entries: count })).await
}
