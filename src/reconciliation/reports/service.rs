//! Making a report, in one snapshot.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::model::{Counted, Figures, LineLinks, LineReport, Report, SourceFigures};
use super::{counts_store, past_store, store};
use crate::access::permissions::ReadReconciliation;
use crate::audit::{self, CheckpointView, PrintedCheckpoint, ReportKey};
use crate::db::{Db, Result, Tx};
use crate::funds::{self, AppropriationRecord, LineRecord, LineScope};
use crate::kernel::Permit;
use crate::kernel::refusal::NOT_FOUND;
use crate::kernel::{AppropriationId, FederationId, FundSourceId, LineId, Money, OrganisationId};
use crate::ledger::{self, Balances};
use crate::organisations;

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One appropriation.
    Appropriation(AppropriationId),
    /// One line.
    Line(LineId),
    /// Every line of a fiscal year.
    FiscalYear(i16),
    /// Every line that holds money of a source, and only that money.
    FundSource(FundSourceId),
    /// Every line granted to an organisation.
    Organisation(OrganisationId),
}

/// The report of a scope as of a day, with everything that is known now; `None` when the scope matches nothing, which is not the
/// same as zero.
///
/// # Errors
/// When the database cannot be read.
pub async fn report_of(tx: &mut Tx, scope: Scope, as_of: NaiveDate) -> Result<Option<Report>> {
    let now = ledger::last_log_number(tx).await?;
    report_at(tx, scope, as_of, now, None).await
}

/// Where the figures come from: running totals as far as they go, sealed rows for what was known earlier.
#[derive(Debug, Clone, Copy)]
struct Known {
    /// What is shown was known at this log number.
    through: i64,
    /// Everything that is known now.
    now: i64,
    /// How far beneficiaries are counted.
    counted: i64,
}

/// Log numbers that may have come since a checkpoint for its balances to be those of now without them: with more, the postings
/// before it are added up instead.
const SINCE: i64 = 10_000;

impl Known {
    async fn read(tx: &mut Tx, through: i64) -> Result<Self> {
        Ok(Self { through, now: ledger::last_log_number(tx).await?, counted: counts_store::counted_through(tx).await? })
    }

    const fn is_all(self) -> bool {
        self.through == self.now
    }
}

async fn balances_of(tx: &mut Tx, ids: &[LineId], as_of: NaiveDate, known: Known) -> Result<Vec<(LineId, FundSourceId, Balances)>> {
    if !known.is_all() && known.now.saturating_sub(known.through) > SINCE {
        return past_store::balances(tx, ids, as_of, 0, known.through).await;
    }
    let mut balances = ledger::balances(tx, ledger::Scope::Lines(ids), Some(as_of)).await?;
    if !known.is_all() {
        let since = past_store::balances(tx, ids, as_of, known.through, known.now).await?;
        let since: HashMap<_, _> = since.into_iter().map(|(line, source, balance)| ((line, source), balance)).collect();
        for (line, source, balance) in &mut balances {
            if let Some(later) = since.get(&(*line, *source)) {
                *balance -= *later;
            }
        }
        // Money of a source that has only come to the line since then was not in the report at all.
        let come: Vec<LineId> = balances
            .iter()
            .filter(|(line, source, balance)| *balance == Balances::default() && since.contains_key(&(*line, *source)))
            .map(|(line, ..)| *line)
            .collect();
        if !come.is_empty() {
            let there = past_store::balances(tx, &come, as_of, 0, known.through).await?;
            balances.retain(|(line, source, _)| !come.contains(line) || there.iter().any(|(of, from, _)| (of, from) == (line, source)));
        }
    }
    Ok(balances)
}

async fn report_at(
    tx: &mut Tx,
    scope: Scope,
    as_of: NaiveDate,
    log_number: i64,
    checkpoint: Option<PrintedCheckpoint>,
) -> Result<Option<Report>> {
    let known = Known::read(tx, log_number).await?;
    let lines = lines_of(tx, scope, known).await?;
    if lines.is_empty() {
        return Ok(None);
    }
    let ids: Vec<LineId> = lines.iter().map(|line| line.id).collect();
    let only = if let Scope::FundSource(source) = scope { Some(source) } else { None };
    let balances = balances_of(tx, &ids, as_of, known).await?;
    let arrived = if known.is_all() {
        funds::arrived(tx, &ids, Some(as_of)).await?
    } else {
        past_store::arrived(tx, &ids, as_of, known.through).await?
    };
    let counts = counts_of_lines(tx, &ids, as_of, only, known).await?;
    let sources = funds::sources(tx).await?;
    let mut reports = Vec::new();
    for line in &lines {
        let mut total = Balances::default();
        let mut by_source = Vec::new();
        for (_, source, of_source) in balances.iter().filter(|(id, source, _)| *id == line.id && only.is_none_or(|only| only == *source)) {
            total += *of_source;
            let (name, level) = sources.get(source).cloned().unwrap_or_default();
            let identity_difference = of_source.identity_difference();
            by_source.push(SourceFigures { fund_source_id: *source, name, level, balances: *of_source, identity_difference });
        }
        // Money of another source that is no part of this report has not arrived for it either.
        let arrived = if only.is_none_or(|only| only == line.fund_source_id) {
            arrived.get(&line.id).copied().unwrap_or_default()
        } else {
            Money::ZERO
        };
        let figures = Figures::new(total, arrived, counts.get(&line.id).copied().unwrap_or_default());
        reports.push(line_report(line, figures, by_source));
    }
    let together = counts_together(tx, scope, &ids, as_of, known).await?;
    let figures = together_of(&reports, together);
    let (name, appropriation) = named(tx, scope, &lines).await?;
    let year = lines.first().map(|line| line.fiscal_year).filter(|year| lines.iter().all(|line| line.fiscal_year == *year));
    Ok(Some(Report {
        scope: scope.kind().to_owned(),
        appropriation_id: appropriation.as_ref().map(|record| record.id),
        name,
        document: appropriation.as_ref().map(|record| record.document_number.clone()),
        document_title: appropriation.map(|record| record.document_title),
        fiscal_year: year,
        as_of,
        log_number,
        checkpoint,
        figures,
        lines: reports,
    }))
}

impl Scope {
    fn subject(self) -> String {
        match self {
            Self::Appropriation(id) => id.to_string(),
            Self::Line(id) => id.to_string(),
            Self::FiscalYear(year) => year.to_string(),
            Self::FundSource(id) => id.to_string(),
            Self::Organisation(id) => id.to_string(),
        }
    }

    const fn kind(self) -> &'static str {
        match self {
            Self::Appropriation(_) => "appropriation",
            Self::Line(_) => "allocation_line",
            Self::FiscalYear(_) => "fiscal_year",
            Self::FundSource(_) => "fund_source",
            Self::Organisation(_) => "organisation",
        }
    }
}

/// The counts of each line, or with a source of the payments its money was in.
async fn counts_of_lines(
    tx: &mut Tx,
    ids: &[LineId],
    as_of: NaiveDate,
    only: Option<FundSourceId>,
    known: Known,
) -> Result<HashMap<LineId, Counted>> {
    if known.counted == known.through {
        let subject = |id: &LineId| only.map_or_else(|| id.to_string(), |source| format!("{id} {source}"));
        let subjects: Vec<String> = ids.iter().map(subject).collect();
        let counts = counts_store::counts(tx, if only.is_some() { "line_source" } else { "line" }, &subjects, as_of).await?;
        return Ok(ids.iter().zip(&subjects).filter_map(|(id, subject)| Some((*id, *counts.get(subject)?))).collect());
    }
    Ok(counts(tx, ids, as_of, true, only, known).await?.into_iter().filter_map(|(line, counted)| Some((line?, counted))).collect())
}

/// The counts of all lines of a scope together: households and persons that several lines paid count once.
async fn counts_together(tx: &mut Tx, scope: Scope, ids: &[LineId], as_of: NaiveDate, known: Known) -> Result<Counted> {
    if known.counted == known.through {
        let kind = if matches!(scope, Scope::Line(_)) { "line" } else { scope.kind() };
        let counts = counts_store::counts(tx, kind, &[scope.subject()], as_of).await?;
        return Ok(counts.into_values().next().unwrap_or_default());
    }
    let only = if let Scope::FundSource(source) = scope { Some(source) } else { None };
    Ok(counts(tx, ids, as_of, false, only, known).await?.first().map(|(_, counted)| *counted).unwrap_or_default())
}

/// Counted anew, payment by payment.
async fn counts(
    tx: &mut Tx,
    ids: &[LineId],
    as_of: NaiveDate,
    per_line: bool,
    only: Option<FundSourceId>,
    known: Known,
) -> Result<Vec<(Option<LineId>, Counted)>> {
    if known.is_all() {
        return store::counts(tx, ids, as_of, per_line, only).await;
    }
    past_store::counts(tx, ids, as_of, per_line, only, known.through).await
}

async fn lines_of(tx: &mut Tx, scope: Scope, known: Known) -> Result<Vec<LineRecord>> {
    let mut lines = lines_now(tx, scope, known).await?;
    if !known.is_all() {
        let there = past_store::lines(tx, known.through).await?;
        lines.retain(|line| there.contains(&line.id));
    }
    Ok(lines)
}

async fn lines_now(tx: &mut Tx, scope: Scope, known: Known) -> Result<Vec<LineRecord>> {
    let none = LineScope::default();
    match scope {
        Scope::Appropriation(id) => funds::lines_where(tx, LineScope { appropriation: Some(id), ..none }).await,
        Scope::FiscalYear(year) => funds::lines_where(tx, LineScope { fiscal_year: Some(year), ..none }).await,
        Scope::Organisation(id) => funds::lines_where(tx, LineScope { organisation: Some(id), ..none }).await,
        Scope::Line(id) => funds::lines(tx, &[id]).await,
        Scope::FundSource(source) => {
            if !known.is_all() {
                let ids = past_store::lines_of_source(tx, source, known.through).await?;
                return funds::lines(tx, &ids).await;
            }
            // Its money is also in lines of other sources, through top-ups.
            let mut ids: Vec<LineId> = ledger::balances(tx, ledger::Scope::All, None)
                .await?
                .into_iter()
                .filter(|(_, of, _)| *of == source)
                .map(|(line, ..)| line)
                .collect();
            ids.dedup();
            funds::lines(tx, &ids).await
        }
    }
}

fn line_report(line: &LineRecord, figures: Figures, by_source: Vec<SourceFigures>) -> LineReport {
    LineReport {
        allocation_line_id: line.id,
        name: line.name.clone(),
        purpose: line.purpose.clone(),
        appropriation: line.appropriation_name.clone(),
        figures,
        by_source,
        links: LineLinks {
            line: format!("/v1/allocation-lines/{}", line.id),
            plans: format!("/v1/plans?allocation_line_id={}", line.id),
            postings: format!("/v1/postings?allocation_line_id={}", line.id),
        },
    }
}

/// The figures of all lines: amounts add up, whom they reached counts once.
fn together_of(reports: &[LineReport], counted: Counted) -> Figures {
    let mut balances = Balances::default();
    let mut arrived = Money::ZERO;
    for report in reports {
        balances += report.figures.balances;
        arrived += report.figures.arrived;
    }
    Figures::new(balances, arrived, counted)
}

async fn named(tx: &mut Tx, scope: Scope, lines: &[LineRecord]) -> Result<(String, Option<AppropriationRecord>)> {
    Ok(match scope {
        Scope::Appropriation(id) => {
            let record = funds::appropriation(tx, id).await?;
            (record.name.clone(), Some(record))
        }
        Scope::Line(_) => (lines.first().map(|line| line.name.clone()).unwrap_or_default(), None),
        Scope::FiscalYear(year) => (year.to_string(), None),
        Scope::FundSource(id) => (funds::sources(tx).await?.get(&id).map(|(name, _)| name.clone()).unwrap_or_default(), None),
        Scope::Organisation(id) => (organisations::names(tx, &[id]).await?.pop().map(|(_, name)| name).unwrap_or_default(), None),
    })
}

/// Counts beneficiaries on through a checkpoint, so that reports at it need not.
///
/// # Errors
/// When the database cannot be written.
pub async fn count_through(db: &Db, federation: FederationId, checkpoint: &CheckpointView) -> Result<()> {
    let size = checkpoint.size;
    db.seal(federation, async |tx| match counts_store::counted_through(tx).await? {
        counted if counted >= size => Ok(()),
        _ => counts_store::catch_up(tx, size).await,
    })
    .await
}

/// What asking for a report gave.
pub(super) enum Asked {
    /// It was issued before: these bytes, whatever has changed since.
    Issued(String),
    /// It was made now, and is to be kept under this key.
    Made(ReportKey, Box<Report>),
}

/// The report of a scope that must exist, as known at a checkpoint: the one of this size, or the newest.
pub(super) async fn asked(
    tx: &mut Tx,
    _may: &Permit<ReadReconciliation>,
    scope: Scope,
    as_of: Option<NaiveDate>,
    size: Option<i64>,
    newest: Option<CheckpointView>,
) -> Result<Asked> {
    let as_of = as_of.unwrap_or_else(|| tx.today());
    let checkpoint = match (size, newest) {
        (Some(size), _) => audit::checkpoint(tx, size).await?,
        // Beneficiaries may have been counted on through a newer one already, for somebody else.
        (None, Some(newest)) => match counts_store::counted_through(tx).await? {
            counted if counted > newest.size => audit::checkpoint(tx, counted).await?,
            _ => newest,
        },
        // Nothing has been written here, so there is nothing to report on.
        (None, None) => return Err(NOT_FOUND.refuse().into()),
    };
    let key = ReportKey { checkpoint: checkpoint.size, scope: scope.kind().to_owned(), subject: scope.subject(), as_of };
    if let Some(body) = audit::issued_report(tx, &key).await? {
        return Ok(Asked::Issued(body));
    }
    let report = report_at(tx, scope, as_of, checkpoint.size, Some(checkpoint.into())).await?;
    Ok(Asked::Made(key, Box::new(report.ok_or_else(|| NOT_FOUND.refuse())?)))
}
