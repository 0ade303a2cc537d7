//! The only file that names this module's tables.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::model::{Finding, FindingEvent, FindingFilter, NewFinding};
use crate::db::schema::{finding, finding_event};
use crate::db::{Result, Tx};
use crate::kernel::{FindingId, Page, Totals};

pub(super) async fn insert(tx: &mut Tx, row: &Finding) -> Result<()> {
    diesel::insert_into(finding::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn insert_event(tx: &mut Tx, row: &FindingEvent) -> Result<()> {
    diesel::insert_into(finding_event::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn find(tx: &mut Tx, check: &str, kind: &str, id: Uuid) -> Result<Option<Finding>> {
    let federation = tx.federation;
    Ok(finding::table
        .filter(finding::federation_id.eq(federation).and(finding::check_code.eq(check)))
        .filter(finding::subject_kind.eq(kind).and(finding::subject_id.eq(id)))
        .select(Finding::as_select())
        .for_no_key_update()
        .first(tx.conn())
        .await
        .optional()?)
}

pub(super) async fn lock(tx: &mut Tx, id: FindingId) -> Result<Finding> {
    let federation = tx.federation;
    Ok(finding::table.find((federation, id)).select(Finding::as_select()).for_no_key_update().first(tx.conn()).await?)
}

pub(super) async fn finding(tx: &mut Tx, id: FindingId) -> Result<Finding> {
    let federation = tx.federation;
    Ok(finding::table.find((federation, id)).select(Finding::as_select()).first(tx.conn()).await?)
}

pub(super) async fn history(tx: &mut Tx, id: FindingId) -> Result<Vec<FindingEvent>> {
    let federation = tx.federation;
    Ok(finding_event::table
        .filter(finding_event::federation_id.eq(federation).and(finding_event::finding_id.eq(id)))
        .order(finding_event::sequence)
        .select(FindingEvent::as_select())
        .load(tx.conn())
        .await?)
}

pub(super) async fn set_state(tx: &mut Tx, id: FindingId, state: &str, explanation: &str) -> Result<()> {
    let federation = tx.federation;
    diesel::update(finding::table.find((federation, id)))
        .set((finding::state.eq(state), finding::explanation.eq(explanation), finding::version.eq(finding::version + 1)))
        .execute(tx.conn())
        .await?;
    Ok(())
}

pub(super) async fn findings(tx: &mut Tx, filter: &FindingFilter) -> Result<Page<Finding>> {
    let federation = tx.federation;
    let matching = || {
        let mut query = finding::table.filter(finding::federation_id.eq(federation)).into_boxed();
        if let Some(state) = filter.state {
            query = query.filter(finding::state.eq(state.name()));
        }
        if let Some(check) = &filter.check {
            query = query.filter(finding::check_code.eq(check));
        }
        if let Some(subject) = filter.subject_id {
            query = query.filter(finding::subject_id.eq(subject));
        }
        query
    };
    let page = filter.page();
    let count = if page.counts() { matching().count().get_result(tx.conn()).await? } else { 0 };
    let rows = matching()
        .filter(finding::id.gt(page.after()))
        .order(finding::id)
        .limit(page.fetch())
        .select(Finding::as_select())
        .load(tx.conn())
        .await?;
    Ok(Page::cut(rows, &page, Totals { count, amount: None }, |row| row.id.0))
}

pub(super) async fn about(tx: &mut Tx, kind: &str, subjects: &[Uuid]) -> Result<Vec<(Uuid, FindingId)>> {
    let federation = tx.federation;
    Ok(finding::table
        .filter(finding::federation_id.eq(federation).and(finding::subject_kind.eq(kind)).and(finding::subject_id.eq_any(subjects)))
        .order(finding::id)
        .select((finding::subject_id, finding::id))
        .load(tx.conn())
        .await?)
}

pub(super) async fn open_among(tx: &mut Tx, kind: &str, subjects: &[Uuid]) -> Result<Vec<FindingId>> {
    let federation = tx.federation;
    Ok(finding::table
        .filter(finding::federation_id.eq(federation).and(finding::subject_kind.eq(kind)).and(finding::subject_id.eq_any(subjects)))
        .filter(finding::state.eq("open"))
        .order(finding::id)
        .select(finding::id)
        .load(tx.conn())
        .await?)
}

pub(super) async fn set_figures(tx: &mut Tx, id: FindingId, new: &NewFinding) -> Result<()> {
    let federation = tx.federation;
    diesel::update(finding::table.find((federation, id)))
        .set((
            finding::expected.eq(&new.expected),
            finding::found.eq(&new.found),
            finding::difference.eq(&new.difference),
            finding::outcome.eq(&new.outcome),
            finding::version.eq(finding::version + 1),
        ))
        .execute(tx.conn())
        .await?;
    Ok(())
}
