//! The only file that names this module's tables.

use chrono::NaiveDate;
use diesel::dsl::sum;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::model::{AppropriationRow, Arrival, FundSource, LineChange, LineRow, Standard};
use super::requests::{AppropriationFilter, ArrivalFilter, FundSourceFilter, LineScope, StandardFilter};
use crate::db::schema::{allocation_line, appropriation, arrival, fund_source, line_change, standard};
use crate::db::{Result, Tx};
use crate::kernel::refusal::VERSION_STALE;
use crate::kernel::{
    AppropriationId, ArrivalId, FederationId, FundSourceId, LineId, Money, OrganisationId, Page, PageRequest, StandardId, Totals,
};

pub(super) async fn insert_source(tx: &mut Tx, row: &FundSource) -> Result<()> {
    diesel::insert_into(fund_source::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn source(tx: &mut Tx, id: FundSourceId) -> Result<FundSource> {
    let federation = tx.federation;
    Ok(fund_source::table.find((federation, id)).select(FundSource::as_select()).first(tx.conn()).await?)
}

/// Writes a fund source over the version it was made from.
pub(super) async fn update_source(tx: &mut Tx, version: i32, row: &FundSource) -> Result<FundSource> {
    use fund_source as s;
    let updated = diesel::update(s::table.find((row.federation_id, row.id)).filter(s::version.eq(version)))
        .set((
            s::name.eq(&row.name),
            s::level.eq(&row.level),
            s::return_to_organisation_id.eq(row.return_to_organisation_id),
            s::version.eq(version.saturating_add(1)),
        ))
        .returning(FundSource::as_returning())
        .get_result(tx.conn())
        .await
        .optional()?;
    updated.ok_or_else(|| VERSION_STALE.refuse().into())
}

/// Those of some sources that are known.
pub(super) async fn known_sources(tx: &mut Tx, ids: &[FundSourceId]) -> Result<Vec<FundSourceId>> {
    use fund_source as s;
    let federation = tx.federation;
    Ok(s::table.filter(s::federation_id.eq(federation)).filter(s::id.eq_any(ids)).select(s::id).load(tx.conn()).await?)
}

pub(super) async fn sources(tx: &mut Tx, filter: &FundSourceFilter) -> Result<Page<FundSource>> {
    use fund_source as s;
    let federation = tx.federation;
    let matching = || {
        let mut query = s::table.filter(s::federation_id.eq(federation)).into_boxed();
        if let Some(level) = filter.level {
            query = query.filter(s::level.eq(level.name()));
        }
        query
    };
    let page = filter.page();
    let count = if page.counts() { matching().count().get_result(tx.conn()).await? } else { 0 };
    let rows =
        matching().filter(s::id.gt(page.after())).order(s::id).limit(page.fetch()).select(FundSource::as_select()).load(tx.conn()).await?;
    Ok(Page::cut(rows, &page, Totals { count, amount: None }, |row| row.id.0))
}

/// Writes an appropriation with its lines and their initial grants.
pub(super) async fn insert_appropriation(tx: &mut Tx, row: &AppropriationRow, lines: &[LineRow], grants: &[LineChange]) -> Result<()> {
    diesel::insert_into(appropriation::table).values(row).execute(tx.conn()).await?;
    diesel::insert_into(allocation_line::table).values(lines).execute(tx.conn()).await?;
    diesel::insert_into(line_change::table).values(grants).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn appropriation(tx: &mut Tx, id: AppropriationId) -> Result<AppropriationRow> {
    let federation = tx.federation;
    Ok(appropriation::table.find((federation, id)).select(AppropriationRow::as_select()).first(tx.conn()).await?)
}

fn appropriations_matching(federation: FederationId, filter: &AppropriationFilter) -> appropriation::BoxedQuery<'static, Pg> {
    use appropriation as a;
    let mut query = a::table.filter(a::federation_id.eq(federation)).into_boxed();
    if let Some(year) = filter.fiscal_year {
        query = query.filter(a::fiscal_year.eq(year));
    }
    if let Some(organisation) = filter.organisation_id {
        query = query.filter(a::organisation_id.eq(organisation));
    }
    if let Some(document) = filter.document_id {
        query = query.filter(a::document_id.eq(document));
    }
    query
}

/// A page of appropriations. What they were granted is not theirs to know: the total amount is left to the caller.
pub(super) async fn appropriations(tx: &mut Tx, filter: &AppropriationFilter) -> Result<Page<AppropriationRow>> {
    use appropriation as a;
    let federation = tx.federation;
    let page = filter.page();
    let count = if page.counts() { appropriations_matching(federation, filter).count().get_result(tx.conn()).await? } else { 0 };
    let rows = appropriations_matching(federation, filter)
        .filter(a::id.gt(page.after()))
        .order(a::id)
        .limit(page.fetch())
        .select(AppropriationRow::as_select())
        .load(tx.conn())
        .await?;
    Ok(Page::cut(rows, &page, Totals { count, amount: None }, |row| row.id.0))
}

/// The lines of every appropriation a filter matches, whatever the page.
pub(super) async fn lines_of_appropriations(tx: &mut Tx, filter: &AppropriationFilter) -> Result<Vec<(LineId, AppropriationId)>> {
    use allocation_line as l;
    let federation = tx.federation;
    let appropriations = appropriations_matching(federation, filter).select(appropriation::id);
    Ok(l::table
        .filter(l::federation_id.eq(federation))
        .filter(l::appropriation_id.eq_any(appropriations))
        .select((l::id, l::appropriation_id))
        .load(tx.conn())
        .await?)
}

pub(super) async fn line(tx: &mut Tx, id: LineId) -> Result<LineRow> {
    let federation = tx.federation;
    Ok(allocation_line::table.find((federation, id)).select(LineRow::as_select()).first(tx.conn()).await?)
}

fn lines_matching(federation: FederationId, scope: &LineScope) -> allocation_line::BoxedQuery<'static, Pg> {
    use allocation_line as l;
    let mut query = l::table.filter(l::federation_id.eq(federation)).into_boxed();
    if let Some(appropriation) = scope.appropriation {
        query = query.filter(l::appropriation_id.eq(appropriation));
    }
    if let Some(source) = scope.fund_source {
        query = query.filter(l::fund_source_id.eq(source));
    }
    if scope.fiscal_year.is_some() || scope.organisation.is_some() {
        let filter =
            AppropriationFilter { fiscal_year: scope.fiscal_year, organisation_id: scope.organisation, ..AppropriationFilter::default() };
        query = query.filter(l::appropriation_id.eq_any(appropriations_matching(federation, &filter).select(appropriation::id)));
    }
    query
}

/// A page of lines. The total amount is left to the caller, as in [`appropriations`].
pub(super) async fn line_page(tx: &mut Tx, scope: &LineScope, page: &PageRequest) -> Result<Page<LineRow>> {
    use allocation_line as l;
    let federation = tx.federation;
    let count = if page.counts() { lines_matching(federation, scope).count().get_result(tx.conn()).await? } else { 0 };
    let rows = lines_matching(federation, scope)
        .filter(l::id.gt(page.after()))
        .order(l::id)
        .limit(page.fetch())
        .select(LineRow::as_select())
        .load(tx.conn())
        .await?;
    Ok(Page::cut(rows, page, Totals { count, amount: None }, |row| row.id.0))
}

/// The ids of every line in a scope, by appropriation and place in it.
pub(super) async fn line_ids(tx: &mut Tx, scope: &LineScope) -> Result<Vec<LineId>> {
    use allocation_line as l;
    let federation = tx.federation;
    Ok(lines_matching(federation, scope).order((l::appropriation_id, l::position)).select(l::id).load(tx.conn()).await?)
}

/// Some lines with their appropriation and source, by appropriation and place in it.
pub(super) async fn lines_with_origin(tx: &mut Tx, ids: &[LineId]) -> Result<Vec<(LineRow, AppropriationRow, FundSource)>> {
    use allocation_line as l;
    let federation = tx.federation;
    let granted_by = l::federation_id.eq(appropriation::federation_id).and(l::appropriation_id.eq(appropriation::id));
    let paid_from = l::federation_id.eq(fund_source::federation_id).and(l::fund_source_id.eq(fund_source::id));
    Ok(l::table
        .inner_join(appropriation::table.on(granted_by))
        .inner_join(fund_source::table.on(paid_from))
        .filter(l::federation_id.eq(federation))
        .filter(l::id.eq_any(ids))
        .order((l::appropriation_id, l::position))
        .select((LineRow::as_select(), AppropriationRow::as_select(), FundSource::as_select()))
        .load(tx.conn())
        .await?)
}

/// The lines of one appropriation, in the order of the document.
pub(super) async fn lines_of(tx: &mut Tx, id: AppropriationId) -> Result<Vec<LineRow>> {
    use allocation_line as l;
    let federation = tx.federation;
    Ok(l::table
        .filter(l::federation_id.eq(federation))
        .filter(l::appropriation_id.eq(id))
        .order(l::position)
        .select(LineRow::as_select())
        .load(tx.conn())
        .await?)
}

/// Holds lines until the transaction ends, in the order of their ids so that no two transactions wait for each other.
/// Answers which of them there are.
pub(super) async fn lock_lines(tx: &mut Tx, ids: &[LineId]) -> Result<Vec<LineId>> {
    use allocation_line as l;
    let federation = tx.federation;
    Ok(l::table
        .filter(l::federation_id.eq(federation))
        .filter(l::id.eq_any(ids))
        .order(l::id)
        .select(l::id)
        .for_no_key_update()
        .load(tx.conn())
        .await?)
}

pub(super) async fn insert_change(tx: &mut Tx, row: &LineChange) -> Result<()> {
    diesel::insert_into(line_change::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

/// A page of the changes of a line. The total amount is left to the caller, as in [`appropriations`].
pub(super) async fn changes(tx: &mut Tx, line: LineId, page: &PageRequest) -> Result<Page<LineChange>> {
    use line_change as c;
    let federation = tx.federation;
    let of_line = || c::table.filter(c::federation_id.eq(federation)).filter(c::allocation_line_id.eq(line));
    let count = if page.counts() { of_line().count().get_result(tx.conn()).await? } else { 0 };
    let rows =
        of_line().filter(c::id.gt(page.after())).order(c::id).limit(page.fetch()).select(LineChange::as_select()).load(tx.conn()).await?;
    Ok(Page::cut(rows, page, Totals { count, amount: None }, |row| row.id.0))
}

pub(super) async fn insert_arrival(tx: &mut Tx, row: &Arrival) -> Result<()> {
    diesel::insert_into(arrival::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn arrival(tx: &mut Tx, id: ArrivalId) -> Result<Arrival> {
    let federation = tx.federation;
    Ok(arrival::table.find((federation, id)).select(Arrival::as_select()).first(tx.conn()).await?)
}

/// What has arrived for each of some lines, through a day or so far; lines without an arrival are absent.
pub(super) async fn arrived(tx: &mut Tx, lines: &[LineId], as_of: Option<NaiveDate>) -> Result<Vec<(LineId, Option<Money>)>> {
    use arrival as a;
    let federation = tx.federation;
    // The open end of a date column: every day is on or before it.
    let through = as_of.unwrap_or(NaiveDate::MAX);
    Ok(a::table
        .filter(a::federation_id.eq(federation))
        .filter(a::allocation_line_id.eq_any(lines))
        .filter(a::arrived_on.le(through))
        .group_by(a::allocation_line_id)
        .select((a::allocation_line_id, sum(a::amount)))
        .load(tx.conn())
        .await?)
}

pub(super) async fn arrivals(tx: &mut Tx, filter: &ArrivalFilter) -> Result<Page<Arrival>> {
    use arrival as a;
    let federation = tx.federation;
    let matching = || {
        let mut query = a::table.filter(a::federation_id.eq(federation)).into_boxed();
        if let Some(line) = filter.allocation_line_id {
            query = query.filter(a::allocation_line_id.eq(line));
        }
        if let Some(from) = filter.arrived_from {
            query = query.filter(a::arrived_on.ge(from));
        }
        if let Some(to) = filter.arrived_to {
            query = query.filter(a::arrived_on.le(to));
        }
        query
    };
    let page = filter.page();
    let count = if page.counts() { matching().count().get_result(tx.conn()).await? } else { 0 };
    let rows =
        matching().filter(a::id.gt(page.after())).order(a::id).limit(page.fetch()).select(Arrival::as_select()).load(tx.conn()).await?;
    if !page.counts() {
        return Ok(Page::cut(rows, &page, Totals::default(), |row| row.id.0));
    }
    // Added up line by line: what arrived for one line is under its grant, a sum over many may be more than an amount can be.
    let lines: Vec<LineId> = matching().select(a::allocation_line_id).distinct().load(tx.conn()).await?;
    let mut amount: Money = through(tx, &lines, filter.arrived_to).await?;
    if let Some(day_before) = filter.arrived_from.and_then(|from| from.pred_opt()) {
        amount = amount - through(tx, &lines, filter.arrived_to.map_or(Some(day_before), |to| Some(to.min(day_before)))).await?;
    }
    Ok(Page::cut(rows, &page, Totals { count, amount: Some(amount) }, |row| row.id.0))
}

/// What has arrived for some lines together, through a day or so far.
async fn through(tx: &mut Tx, lines: &[LineId], day: Option<NaiveDate>) -> Result<Money> {
    Ok(arrived(tx, lines, day).await?.into_iter().filter_map(|(_, amount)| amount).sum())
}

pub(super) async fn insert_standard(tx: &mut Tx, row: &Standard) -> Result<()> {
    diesel::insert_into(standard::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn standard(tx: &mut Tx, id: StandardId) -> Result<Standard> {
    let federation = tx.federation;
    Ok(standard::table.find((federation, id)).select(Standard::as_select()).first(tx.conn()).await?)
}

/// Writes the end and the basis of a standard over the version it was made from.
pub(super) async fn update_standard(tx: &mut Tx, version: i32, row: &Standard) -> Result<Standard> {
    use standard as s;
    let updated = diesel::update(s::table.find((row.federation_id, row.id)).filter(s::version.eq(version)))
        .set((s::valid_to.eq(row.valid_to), s::basis_document_id.eq(row.basis_document_id), s::version.eq(version.saturating_add(1))))
        .returning(Standard::as_returning())
        .get_result(tx.conn())
        .await
        .optional()?;
    updated.ok_or_else(|| VERSION_STALE.refuse().into())
}

/// Every standard of a line, whatever the day, by category and first day.
pub(super) async fn standards_of(tx: &mut Tx, line: LineId) -> Result<Vec<Standard>> {
    use standard as s;
    let federation = tx.federation;
    Ok(s::table
        .filter(s::federation_id.eq(federation))
        .filter(s::allocation_line_id.eq(line))
        .order((s::category, s::valid_from))
        .select(Standard::as_select())
        .load(tx.conn())
        .await?)
}

pub(super) async fn standards(tx: &mut Tx, filter: &StandardFilter) -> Result<Page<Standard>> {
    use standard as s;
    let federation = tx.federation;
    let matching = || {
        let mut query = s::table.filter(s::federation_id.eq(federation)).into_boxed();
        if let Some(line) = filter.allocation_line_id {
            query = query.filter(s::allocation_line_id.eq(line));
        }
        if let Some(category) = &filter.category {
            query = query.filter(s::category.eq(category));
        }
        query
    };
    let page = filter.page();
    let count = if page.counts() { matching().count().get_result(tx.conn()).await? } else { 0 };
    let rows =
        matching().filter(s::id.gt(page.after())).order(s::id).limit(page.fetch()).select(Standard::as_select()).load(tx.conn()).await?;
    Ok(Page::cut(rows, &page, Totals { count, amount: None }, |row| row.id.0))
}

pub(super) async fn returned_to(tx: &mut Tx, source: FundSourceId) -> Result<Option<OrganisationId>> {
    use crate::db::schema::fund_source as s;
    let federation = tx.federation;
    let to: Option<Option<OrganisationId>> =
        s::table.find((federation, source)).select(s::return_to_organisation_id).first(tx.conn()).await.optional()?;
    Ok(to.flatten())
}

pub(super) async fn source_names(tx: &mut Tx) -> Result<Vec<(FundSourceId, String, String)>> {
    use crate::db::schema::fund_source as s;
    let federation = tx.federation;
    Ok(s::table.filter(s::federation_id.eq(federation)).select((s::id, s::name, s::level)).load(tx.conn()).await?)
}
