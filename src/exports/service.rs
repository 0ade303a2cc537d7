//! The walk through a list.

use tokio::sync::mpsc;
use uuid::Uuid;

use super::error::LIST_UNKNOWN;
use super::file::Part;
use super::heading::{About, heading};
use super::list::WholeList;
use super::listed::Listed;
use super::model::ClearListExport;
use super::taking::Told;
use crate::access::permissions::RevealPersonalData;
use crate::audit::{self, ClearExportGranted};
use crate::db::{Error, Result, Tx};
use crate::kernel::page::Walk;
use crate::kernel::{Permit, Totals};

/// The lists that hold personal values.
const PERSONAL: [&str; 8] =
    ["persons", "households", "model-workers", "payee-accounts", "roster-entries", "instructions", "feedback", "audit"];

/// Asks for a list in clear; see [`audit::ask_for_list_in_clear`].
///
/// # Errors
/// [`LIST_UNKNOWN`]; a blank reason; not found for the log of the federation, when the permit does not hold in all of it.
pub fn ask(tx: &mut Tx, may: &Permit<RevealPersonalData>, asked: &ClearListExport) -> Result<ClearExportGranted> {
    if !PERSONAL.contains(&asked.list.as_str()) {
        return Err(LIST_UNKNOWN.at("/list", LIST_UNKNOWN.zh, LIST_UNKNOWN.en).with("lists", PERSONAL.as_slice()).into());
    }
    if asked.list == "audit" {
        may.require(None)?;
    }
    audit::ask_for_list_in_clear(tx, may, &asked.list, &asked.reason)
}

/// Makes sure that the transaction's actor asked for a list in clear.
///
/// # Errors
/// [`audit::asked_in_clear`]'s.
pub(super) async fn require_asked(tx: &mut Tx, list: &str, asked: Uuid) -> Result<()> {
    audit::asked_in_clear(tx, asked, list).await
}

/// Shows personal values of a list in clear from here on, if its caller asked for it.
///
/// # Errors
/// [`audit::asked_in_clear`]'s.
pub async fn in_clear(tx: &mut Tx, list: &str, asked: Uuid) -> Result<()> {
    require_asked(tx, list, asked).await?;
    tx.see_in_clear();
    Ok(())
}

/// A list that is walked through.
pub struct Walking<'a, P: 'static, F: 'static, T: 'static> {
    /// Which.
    pub list: &'static WholeList<P, F, T>,
    /// The proof that it may be read.
    pub permit: &'a Permit<P>,
    /// Of what; nil where it is of nothing.
    pub of: Uuid,
    /// What its heading says.
    pub about: &'a About,
    /// Who is told how far it is.
    pub told: Told<'a>,
}

/// Hands a list over, from its heading to its totals, in the snapshot of the transaction. Waits while the writer is behind.
///
/// # Errors
/// What the list returns; [`Error::Internal`] when the writer has stopped, whose own error says why.
pub async fn walk<P, F: Walk, T: Listed>(
    tx: &mut Tx,
    mut filter: F,
    walking: &Walking<'_, P, F, T>,
    parts: &mpsc::Sender<Part<T>>,
) -> Result<Totals> {
    let Walking { list, permit, of, about, told } = walking;
    let send = async |part: Part<T>| parts.send(part).await.map_err(|_| Error::Internal("the file is written no further".to_owned()));
    send(Part::Begin(heading(tx, about).await?)).await?;
    filter.walk_on(None, T::ROWS);
    let first = (list.page)(tx, permit, *of, &filter).await?;
    let totals = first.totals;
    let (mut next, mut rows) = (first.next_cursor, first.items.len());
    told(rows, totals.count)?;
    send(Part::Rows(first.items)).await?;
    while next.is_some() {
        filter.walk_on(next, T::ROWS);
        let page = (list.page)(tx, permit, *of, &filter).await?;
        next = page.next_cursor;
        rows = rows.saturating_add(page.items.len());
        told(rows, totals.count)?;
        send(Part::Rows(page.items)).await?;
    }
    send(Part::End(totals)).await?;
    Ok(totals)
}
