//! Making a report, in one snapshot.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::model::{Counted, Figures, LineLinks, LineReport, Report, SourceFigures};
use super::{past_store, store};
use crate::access::permissions::ReadReconciliation;
use crate::audit::{self, CheckpointView, PrintedCheckpoint, ReportKey};
use crate::db::{Result, Tx};
use crate::funds::{self, AppropriationRecord, LineRecord, LineScope};
use crate::kernel::Permit;
use crate::kernel::refusal::NOT_FOUND;
use crate::kernel::{AppropriationId, FundSourceId, LineId, Money, OrganisationId};
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

/// Where the figures come from: running totals when everything known is to be shown, sealed rows for what was known earlier.
#[derive(Debug, Clone, Copy)]
enum Known {
    Now,
    Through(i64),
}

async fn report_at(
    tx: &mut Tx,
    scope: Scope,
    as_of: NaiveDate,
    log_number: i64,
    checkpoint: Option<PrintedCheckpoint>,
) -> Result<Option<Report>> {
    let known = if ledger::last_log_number(tx).await? == log_number { Known::Now } else { Known::Through(log_number) };
    let lines = lines_of(tx, scope, known).await?;
    if lines.is_empty() {
        return Ok(None);
    }
    let ids: Vec<LineId> = lines.iter().map(|line| line.id).collect();
    let only = if let Scope::FundSource(source) = scope { Some(source) } else { None };
    let (balances, arrived) = match known {
        Known::Now => (ledger::balances(tx, ledger::Scope::Lines(&ids), Some(as_of)).await?, funds::arrived(tx, &ids, Some(as_of)).await?),
        Known::Through(through) => {
            (past_store::balances(tx, &ids, as_of, through).await?, past_store::arrived(tx, &ids, as_of, through).await?)
        }
    };
    let counts: HashMap<LineId, Counted> =
        counts(tx, &ids, as_of, true, only, known).await?.into_iter().filter_map(|(line, counted)| Some((line?, counted))).collect();
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
    let figures = together(tx, &reports, &ids, as_of, only, known).await?;
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

async fn counts(
    tx: &mut Tx,
    ids: &[LineId],
    as_of: NaiveDate,
    per_line: bool,
    only: Option<FundSourceId>,
    known: Known,
) -> Result<Vec<(Option<LineId>, Counted)>> {
    match known {
        Known::Now => store::counts(tx, ids, as_of, per_line, only).await,
        Known::Through(through) => past_store::counts(tx, ids, as_of, per_line, only, through).await,
    }
}

async fn lines_of(tx: &mut Tx, scope: Scope, known: Known) -> Result<Vec<LineRecord>> {
    let mut lines = lines_now(tx, scope, known).await?;
    if let Known::Through(through) = known {
        let there = past_store::lines(tx, through).await?;
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
            if let Known::Through(through) = known {
                let ids = past_store::lines_of_source(tx, source, through).await?;
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

/// The figures of all lines. Amounts add up; households and persons that several lines paid count once.
async fn together(
    tx: &mut Tx,
    reports: &[LineReport],
    ids: &[LineId],
    as_of: NaiveDate,
    only: Option<FundSourceId>,
    known: Known,
) -> Result<Figures> {
    let mut balances = Balances::default();
    let mut arrived = Money::ZERO;
    for report in reports {
        balances += report.figures.balances;
        arrived += report.figures.arrived;
    }
    let counted = counts(tx, ids, as_of, false, only, known).await?.first().map(|(_, counted)| *counted).unwrap_or_default();
    Ok(Figures::new(balances, arrived, counted))
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
        (None, Some(newest)) => newest,
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
