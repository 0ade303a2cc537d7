//! What other modules read of lines, appropriations and standards: whole sets at a time.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::model::{AppropriationRow, FundSource, LineRow};
use super::requests::LineScope;
use super::store;
use crate::db::{Error, Result, Tx};
use crate::kernel::period::DateRange;
use crate::kernel::{AppropriationId, DocumentId, FundSourceId, LineId, Money, OrganisationId};
use crate::organisations;

/// An allocation line (资金项目) with where its money comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineRecord {
    /// The line.
    pub id: LineId,
    /// The appropriation it belongs to.
    pub appropriation_id: AppropriationId,
    /// The appropriation's name.
    pub appropriation_name: String,
    /// 资金年度
    pub fiscal_year: i16,
    /// The organisation it is granted to.
    pub organisation_id: OrganisationId,
    /// The document that grants it.
    pub document_id: DocumentId,
    /// Its name.
    pub name: String,
    /// What the money is for.
    pub purpose: String,
    /// Whose money it is.
    pub fund_source_id: FundSourceId,
    /// The source's level, such as `provincial`.
    pub source_level: String,
    /// The source's name.
    pub source_name: String,
    /// How the money may be paid, such as `one_card`.
    pub channels: Vec<String>,
    /// Its place in the document, from 1.
    pub position: i16,
}

/// An appropriation (资金下达) with its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppropriationRecord {
    /// The appropriation.
    pub id: AppropriationId,
    /// Its name.
    pub name: String,
    /// 资金年度
    pub fiscal_year: i16,
    /// The organisation it is granted to.
    pub organisation_id: OrganisationId,
    /// The document that grants it.
    pub document_id: DocumentId,
    /// 文号
    pub document_number: String,
    /// The document's title.
    pub document_title: String,
}

/// A standard of payment (发放标准) that holds on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandardRecord {
    /// The category of recipients.
    pub category: String,
    /// What the amount is for, such as `household`.
    pub unit: String,
    /// Yuan per unit.
    pub amount: Money,
    /// `exact`, `cap` or `floor`.
    pub mode: String,
}

fn record((line, appropriation, source): (LineRow, AppropriationRow, FundSource)) -> LineRecord {
    LineRecord {
        id: line.id,
        appropriation_id: appropriation.id,
        appropriation_name: appropriation.name,
        fiscal_year: appropriation.fiscal_year,
        organisation_id: appropriation.organisation_id,
        document_id: appropriation.document_id,
        name: line.name,
        purpose: line.purpose,
        fund_source_id: source.id,
        source_level: source.level,
        source_name: source.name,
        channels: line.channels,
        position: line.position,
    }
}

/// Some lines, by appropriation and place in it whatever the order of `ids`. Unknown ids are absent.
///
/// # Errors
/// When the database cannot be read.
pub async fn lines(tx: &mut Tx, ids: &[LineId]) -> Result<Vec<LineRecord>> {
    Ok(store::lines_with_origin(tx, ids).await?.into_iter().map(record).collect())
}

/// The lines within a scope, by appropriation and place in it; every line of the federation when nothing is asked for.
///
/// # Errors
/// When the database cannot be read.
pub async fn lines_where(tx: &mut Tx, scope: LineScope) -> Result<Vec<LineRecord>> {
    let ids = store::line_ids(tx, &scope).await?;
    lines(tx, &ids).await
}

/// One appropriation.
///
/// # Errors
/// [`crate::kernel::refusal::NOT_FOUND`] when the federation has none by that id.
pub async fn appropriation(tx: &mut Tx, id: AppropriationId) -> Result<AppropriationRecord> {
    let row = store::appropriation(tx, id).await?;
    let document = organisations::documents(tx, &[row.document_id]).await?.remove(&row.document_id);
    let document = document.ok_or_else(|| Error::Internal(format!("appropriation {id} without its document")))?;
    Ok(AppropriationRecord {
        id: row.id,
        name: row.name,
        fiscal_year: row.fiscal_year,
        organisation_id: row.organisation_id,
        document_id: row.document_id,
        document_number: document.number,
        document_title: document.title,
    })
}

/// Yuan that has arrived for each of some lines (到账), through the day `as_of` or so far; zero for a line without an
/// arrival.
///
/// # Errors
/// When the database cannot be read.
pub async fn arrived(tx: &mut Tx, lines: &[LineId], as_of: Option<NaiveDate>) -> Result<HashMap<LineId, Money>> {
    let mut arrived: HashMap<LineId, Money> = lines.iter().map(|line| (*line, Money::ZERO)).collect();
    for (line, amount) in store::arrived(tx, lines, as_of).await? {
        arrived.insert(line, amount.unwrap_or_default());
    }
    Ok(arrived)
}

/// The standards of a line that hold on a day, one per category, by category.
///
/// # Errors
/// When the database cannot be read.
pub async fn standards_in_force(tx: &mut Tx, line: LineId, on: NaiveDate) -> Result<Vec<StandardRecord>> {
    let holds = |from, to| DateRange::new(from, to).is_ok_and(|range| range.contains(on));
    let standards = store::standards_of(tx, line).await?.into_iter().filter(|standard| holds(standard.valid_from, standard.valid_to));
    Ok(standards
        .map(|standard| StandardRecord { category: standard.category, unit: standard.unit, amount: standard.amount, mode: standard.mode })
        .collect())
}

/// Holds some lines until the transaction ends (`for no key update`, in the order of their ids), so that what is decided
/// over them is decided by one at a time. Unknown ids are not held, as [`lines`] does not answer them.
///
/// # Errors
/// When the database cannot be read, or in a transaction that only reads.
pub async fn lock_lines(tx: &mut Tx, ids: &[LineId]) -> Result<()> {
    store::lock_lines(tx, ids).await?;
    Ok(())
}

/// To whom a source's money goes back, if that is recorded; `None` also for a source unknown here.
///
/// # Errors
/// When the database cannot be read.
pub async fn returned_to(tx: &mut Tx, source: FundSourceId) -> Result<Option<OrganisationId>> {
    store::returned_to(tx, source).await
}

/// Name and level of every fund source.
///
/// # Errors
/// When the database cannot be read.
pub async fn sources(tx: &mut Tx) -> Result<HashMap<FundSourceId, (String, String)>> {
    Ok(store::source_names(tx).await?.into_iter().map(|(id, name, level)| (id, (name, level))).collect())
}
