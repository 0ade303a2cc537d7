//! The only file that names the tables of declared figures and comparisons.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::model::{Comparison, DeclaredFigure, FigureFilter};
use crate::db::schema::{comparison, declared_figure};
use crate::db::{Result, Tx};
use crate::kernel::{DeclaredFigureId, Page, Totals};

pub(super) async fn insert(tx: &mut Tx, row: &DeclaredFigure) -> Result<()> {
    diesel::insert_into(declared_figure::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn figure(tx: &mut Tx, id: DeclaredFigureId) -> Result<DeclaredFigure> {
    let federation = tx.federation;
    Ok(declared_figure::table.find((federation, id)).select(DeclaredFigure::as_select()).first(tx.conn()).await?)
}

/// Writes a comparison, unless another one took its number meanwhile; answers whether it was written. The figure cannot be
/// held instead: it is sealed, and only what may be changed can be locked.
pub(super) async fn insert_comparison(tx: &mut Tx, row: &Comparison) -> Result<bool> {
    Ok(diesel::insert_into(comparison::table).values(row).on_conflict_do_nothing().execute(tx.conn()).await? > 0)
}

/// The comparisons of some figures, newest first.
pub(super) async fn comparisons(tx: &mut Tx, ids: &[DeclaredFigureId]) -> Result<Vec<Comparison>> {
    let federation = tx.federation;
    Ok(comparison::table
        .filter(comparison::federation_id.eq(federation).and(comparison::declared_figure_id.eq_any(ids)))
        .order((comparison::declared_figure_id, comparison::sequence.desc()))
        .select(Comparison::as_select())
        .load(tx.conn())
        .await?)
}

pub(super) async fn figures(tx: &mut Tx, filter: &FigureFilter) -> Result<Page<DeclaredFigure>> {
    use declared_figure as f;
    let federation = tx.federation;
    let matching = || {
        let mut query = f::table.filter(f::federation_id.eq(federation)).into_boxed();
        if let Some(document) = filter.document_id {
            query = query.filter(f::document_id.eq(document));
        }
        query
    };
    let page = filter.page();
    let count = if page.counts() { matching().count().get_result(tx.conn()).await? } else { 0 };
    let rows = matching()
        .filter(f::id.gt(page.after()))
        .order(f::id)
        .limit(page.fetch())
        .select(DeclaredFigure::as_select())
        .load(tx.conn())
        .await?;
    Ok(Page::cut(rows, &page, Totals { count, amount: None }, |row| row.id.0))
}
