//! Recording a figure, comparing it, and opening a finding when the ledger contradicts it.

use rust_decimal::Decimal;
use serde_json::json;

use super::model::{Comparison, DeclaredFigure, FigureFilter, FigureScope, FigureView, Measure, NewDeclaredFigure, Outcome};
use super::printed::{Unit, read};
use super::rules::compare;
use super::store;
use crate::access::permissions::{ReadReconciliation, Reconcile};
use crate::db::{Error, Result, Tx};
use crate::findings::{self, NewFinding};
use crate::kernel::Permit;
use crate::kernel::refusal::{blank, none_at_fault, too_long};
use crate::kernel::{DeclaredFigureId, FindingId, Page};
use crate::ledger;
use crate::organisations::name_of;
use crate::reconciliation::reports::{Report, Scope, report_of};

/// What findings call a declared figure.
const SUBJECT_KIND: &str = "declared_figure";

/// Records a printed figure and compares it at once.
pub(super) async fn create(tx: &mut Tx, _may: &Permit<Reconcile>, new: NewDeclaredFigure) -> Result<FigureView> {
    let faults = blank([("/name", &new.name), ("/quote", &new.quote)]).into_iter();
    none_at_fault(faults.chain(too_long([("/name", &new.name)])).collect())?;
    let printed = read(&new.printed, new.unit)?;
    let figure = DeclaredFigure {
        federation_id: tx.federation,
        id: DeclaredFigureId::generate(),
        document_id: new.document_id,
        name: new.name,
        quote: new.quote,
        printed: new.printed,
        unit: printed.unit.name().to_owned(),
        value: printed.value,
        decimals: i16::try_from(printed.decimals).map_err(|error| Error::Internal(error.to_string()))?,
        tolerance: printed.tolerance,
        measure: name_of(&new.measure)?,
        scope: serde_json::to_value(new.scope).map_err(|error| Error::Internal(error.to_string()))?,
        as_of: new.as_of,
        created_by: tx.actor.clone(),
        created_at: tx.now(),
    };
    store::insert(tx, &figure).await?;
    evaluate(tx, figure).await
}

/// Compares a figure again: the ledger may know more by now.
pub(super) async fn compare_again(tx: &mut Tx, _may: &Permit<Reconcile>, id: DeclaredFigureId) -> Result<FigureView> {
    let figure = store::figure(tx, id).await?;
    evaluate(tx, figure).await
}

async fn evaluate(tx: &mut Tx, figure: DeclaredFigure) -> Result<FigureView> {
    let measure: Measure = parse(&serde_json::Value::String(figure.measure.clone()))?;
    let comparison = loop {
        let comparison = compared(tx, &figure, measure).await?;
        // If not, another comparison of the figure was quicker, and the ledger may know more since.
        if store::insert_comparison(tx, &comparison).await? {
            break comparison;
        }
    };
    let finding = if comparison.outcome == Outcome::Mismatch.name() {
        Some(open_finding(tx, &figure, measure, &comparison).await?)
    } else {
        // One that an earlier comparison opened stays until somebody resolves it.
        findings::about(tx, SUBJECT_KIND, &[figure.id.0]).await?.remove(&figure.id.0)
    };
    Ok(view(figure, comparison, finding))
}

/// Holds a figure against the ledger as it is now, under the number after the newest comparison's.
async fn compared(tx: &mut Tx, figure: &DeclaredFigure, measure: Measure) -> Result<Comparison> {
    let unit: Unit = parse(&serde_json::Value::String(figure.unit.clone()))?;
    let scope: FigureScope = parse(&figure.scope)?;
    let last = store::comparisons(tx, &[figure.id]).await?.first().map_or(0, |comparison| comparison.sequence);
    let report = if measure.fits(unit) { report_of(tx, scope_of(scope), figure.as_of).await? } else { None };
    let (ledger_value, difference, outcome) = match &report {
        Some(report) => {
            let value = measure.of(&report.figures);
            let (difference, outcome) = compare(figure.value, figure.tolerance, value);
            (Some(value), Some(difference), outcome)
        }
        None => (None, None, Outcome::NotEvaluable),
    };
    Ok(Comparison {
        federation_id: tx.federation,
        declared_figure_id: figure.id,
        sequence: last.saturating_add(1),
        ledger_value,
        difference,
        outcome: outcome.name().to_owned(),
        explanation: explanation(measure, unit, report.as_ref()),
        log_number: ledger::last_log_number(tx).await?,
        compared_at: tx.now(),
    })
}

fn parse<T: serde::de::DeserializeOwned>(value: &serde_json::Value) -> Result<T> {
    serde_json::from_value(value.clone()).map_err(|error| Error::Internal(format!("a stored figure: {error}")))
}

const fn scope_of(scope: FigureScope) -> Scope {
    match scope {
        FigureScope::Appropriation { id } => Scope::Appropriation(id),
        FigureScope::AllocationLine { id } => Scope::Line(id),
        FigureScope::FiscalYear { year } => Scope::FiscalYear(year.get()),
        FigureScope::FundSource { id } => Scope::FundSource(id),
        FigureScope::Organisation { id } => Scope::Organisation(id),
    }
}

/// What a reader needs beside the difference: money that went to subordinate unions is shown, and counts nobody.
fn explanation(measure: Measure, unit: Unit, report: Option<&Report>) -> serde_json::Value {
    let Some(report) = report else {
        return if measure.fits(unit) { json!({ "reason": "scope_matches_nothing" }) } else { json!({ "reason": "unit_differs" }) };
    };
    let balances = &report.figures.balances;
    json!({
        "disbursed": balances.disbursed, "transferred_down": balances.transferred_down, "top_up": balances.top_up,
        "households": report.figures.households, "persons": report.figures.persons, "person_times": report.figures.person_times,
    })
}

async fn open_finding(tx: &mut Tx, figure: &DeclaredFigure, measure: Measure, comparison: &Comparison) -> Result<FindingId> {
    let finding = NewFinding {
        check_code: measure.check_code().to_owned(),
        subject_kind: SUBJECT_KIND.to_owned(),
        subject_id: figure.id.0,
        expected: shown(comparison.ledger_value.unwrap_or_default(), &figure.unit),
        found: shown(figure.value, &figure.unit),
        difference: shown(comparison.difference.unwrap_or_default(), &figure.unit),
        outcome: comparison.outcome.clone(),
    };
    findings::open(tx, finding).await
}

/// Yuan with two decimals, counts without.
fn shown(value: Decimal, unit: &str) -> String {
    let mut value = value;
    value.rescale(if unit == Unit::Yuan.name() || unit == Unit::WanYuan.name() { 2 } else { 0 });
    value.to_string()
}

fn view(figure: DeclaredFigure, comparison: Comparison, finding_id: Option<FindingId>) -> FigureView {
    let unit = figure.unit.as_str();
    FigureView {
        declared: shown(figure.value, unit),
        tolerance: figure.tolerance.normalize().to_string(),
        ledger: comparison.ledger_value.map(|value| shown(value, unit)),
        difference: comparison.difference.map(|value| shown(value, unit)),
        outcome: comparison.outcome,
        explanation: comparison.explanation,
        log_number: comparison.log_number,
        compared_at: comparison.compared_at,
        finding_id,
        id: figure.id,
        document_id: figure.document_id,
        name: figure.name,
        quote: figure.quote,
        printed: figure.printed,
        measure: figure.measure,
        scope: figure.scope,
        as_of: figure.as_of,
        unit: figure.unit,
    }
}

/// Figures with their newest comparisons.
pub(super) async fn list(tx: &mut Tx, _may: &Permit<ReadReconciliation>, filter: &FigureFilter) -> Result<Page<FigureView>> {
    let page = store::figures(tx, filter).await?;
    views(tx, page).await
}

async fn views(tx: &mut Tx, page: Page<DeclaredFigure>) -> Result<Page<FigureView>> {
    let ids: Vec<DeclaredFigureId> = page.items.iter().map(|figure| figure.id).collect();
    let mut newest = std::collections::HashMap::new();
    for comparison in store::comparisons(tx, &ids).await? {
        newest.entry(comparison.declared_figure_id).or_insert(comparison);
    }
    let findings = findings::about(tx, SUBJECT_KIND, &ids.iter().map(|id| id.0).collect::<Vec<_>>()).await?;
    let totals = page.totals;
    let mut items = Vec::new();
    for figure in page.items {
        let comparison = newest.remove(&figure.id).ok_or_else(|| Error::Internal("a figure never compared".to_owned()))?;
        let finding = findings.get(&figure.id.0).copied();
        items.push(view(figure, comparison, finding));
    }
    Ok(Page { items, next_cursor: page.next_cursor, totals })
}

pub(super) async fn one(tx: &mut Tx, _may: &Permit<ReadReconciliation>, id: DeclaredFigureId) -> Result<FigureView> {
    let figure = store::figure(tx, id).await?;
    let page = Page { items: vec![figure], next_cursor: None, totals: crate::kernel::Totals { count: 1, amount: None } };
    views(tx, page).await?.items.pop().ok_or_else(|| Error::Internal("a figure is gone".to_owned()))
}
