//! The only file that names the layouts' table.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::model::{FileLayout, LayoutFilter, LayoutPurpose};
use crate::db::schema::file_layout;
use crate::db::{Result, Tx};
use crate::kernel::{FileLayoutId, Page, Totals};

pub(super) async fn insert(tx: &mut Tx, row: &FileLayout) -> Result<()> {
    diesel::insert_into(file_layout::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn one(tx: &mut Tx, id: FileLayoutId) -> Result<FileLayout> {
    let federation = tx.federation;
    Ok(file_layout::table.find((federation, id)).select(FileLayout::as_select()).first(tx.conn()).await?)
}

/// The newest version of a name, if there is one.
pub(super) async fn newest(tx: &mut Tx, purpose: LayoutPurpose, name: &str) -> Result<Option<FileLayout>> {
    use file_layout as f;
    let federation = tx.federation;
    Ok(f::table
        .filter(f::federation_id.eq(federation).and(f::purpose.eq(purpose.name())).and(f::name.eq(name)))
        .order(f::version.desc())
        .select(FileLayout::as_select())
        .first(tx.conn())
        .await
        .optional()?)
}

/// A version of a name, if there is one.
pub(super) async fn of_version(tx: &mut Tx, purpose: LayoutPurpose, name: &str, version: i32) -> Result<Option<FileLayout>> {
    use file_layout as f;
    let federation = tx.federation;
    let named = f::table.filter(f::federation_id.eq(federation).and(f::purpose.eq(purpose.name())).and(f::name.eq(name)));
    Ok(named.filter(f::version.eq(version)).select(FileLayout::as_select()).first(tx.conn()).await.optional()?)
}

pub(super) async fn list(tx: &mut Tx, filter: &LayoutFilter) -> Result<Page<FileLayout>> {
    use file_layout as f;
    let federation = tx.federation;
    let matching = || {
        let mut query = f::table.filter(f::federation_id.eq(federation)).into_boxed();
        if let Some(purpose) = filter.purpose {
            query = query.filter(f::purpose.eq(purpose.name()));
        }
        if let Some(name) = &filter.name {
            query = query.filter(f::name.eq(name));
        }
        query
    };
    let page = filter.page();
    let count = if page.counts() { matching().count().get_result(tx.conn()).await? } else { 0 };
    let rows =
        matching().filter(f::id.gt(page.after())).order(f::id).limit(page.fetch()).select(FileLayout::as_select()).load(tx.conn()).await?;
    Ok(Page::cut(rows, &page, Totals { count, amount: None }, |row| row.id.0))
}
