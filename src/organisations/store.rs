//! The only file that names this module's tables.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::model::{DirectFunding, Document, DocumentFilter, Federation, Organisation, OrganisationFilter, Region};
use crate::db::schema::{document, federation, organisation, region, region_direct_funding};
use crate::db::{Db, Result, Tx};
use crate::kernel::refusal::VERSION_STALE;
use crate::kernel::{DocumentId, FederationId, OrganisationId, Page, SERVICE, Totals};

pub(super) async fn federation_ids(db: &Db) -> Result<Vec<FederationId>> {
    let mut connection = db.connection().await?;
    let federations = federation::table.filter(federation::id.ne(SERVICE));
    Ok(federations.select(federation::id).order(federation::id).load(&mut connection).await?)
}

pub(super) async fn insert_federation(tx: &mut Tx, row: &Federation) -> Result<()> {
    diesel::insert_into(federation::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

/// The transaction's own federation; for the service itself, all that it keeps.
pub(super) async fn federations(tx: &mut Tx) -> Result<Vec<Federation>> {
    let own = tx.federation;
    let mut federations = federation::table.filter(federation::id.ne(SERVICE)).into_boxed();
    if own != SERVICE {
        federations = federations.filter(federation::id.eq(own));
    }
    Ok(federations.order(federation::id).select(Federation::as_select()).load(tx.conn()).await?)
}

pub(super) async fn insert_region(tx: &mut Tx, row: &Region) -> Result<()> {
    diesel::insert_into(region::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn insert_direct_funding(tx: &mut Tx, code: &str, from: NaiveDate, to: Option<NaiveDate>) -> Result<()> {
    use region_direct_funding as f;
    diesel::insert_into(f::table).values((f::region_code.eq(code), f::valid_from.eq(from), f::valid_to.eq(to))).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn regions(tx: &mut Tx) -> Result<Vec<Region>> {
    Ok(region::table.order(region::code).select(Region::as_select()).load(tx.conn()).await?)
}

pub(super) async fn direct_fundings(tx: &mut Tx) -> Result<Vec<(String, DirectFunding)>> {
    use region_direct_funding as f;
    let rows: Vec<(String, NaiveDate, Option<NaiveDate>)> = f::table.order((f::region_code, f::valid_from)).load(tx.conn()).await?;
    Ok(rows.into_iter().map(|(code, valid_from, valid_to)| (code, DirectFunding { valid_from, valid_to })).collect())
}

pub(super) async fn insert_organisation(tx: &mut Tx, row: &Organisation) -> Result<()> {
    diesel::insert_into(organisation::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn organisation(tx: &mut Tx, id: OrganisationId) -> Result<Organisation> {
    let federation = tx.federation;
    Ok(organisation::table.find((federation, id)).select(Organisation::as_select()).first(tx.conn()).await?)
}

/// Locks every organisation of the federation, in the order of their ids, for a change of what is above what. There are
/// as many as a city has unions, and they change rarely.
pub(super) async fn lock_organisations(tx: &mut Tx) -> Result<()> {
    use organisation as o;
    let federation = tx.federation;
    let locking = o::table.filter(o::federation_id.eq(federation)).order(o::id).select(o::id).for_no_key_update();
    locking.load::<OrganisationId>(tx.conn()).await?;
    Ok(())
}

/// Writes an organisation over the version it was made from.
pub(super) async fn update_organisation(tx: &mut Tx, version: i32, row: &Organisation) -> Result<Organisation> {
    use organisation as o;
    let updated = diesel::update(o::table.find((row.federation_id, row.id)).filter(o::version.eq(version)))
        .set((
            o::kind.eq(&row.kind),
            o::name.eq(&row.name),
            o::parent_id.eq(row.parent_id),
            o::region_code.eq(&row.region_code),
            o::uscc.eq(&row.uscc),
            o::aliases.eq(&row.aliases),
            o::valid_from.eq(row.valid_from),
            o::valid_to.eq(row.valid_to),
            o::version.eq(version.saturating_add(1)),
        ))
        .returning(Organisation::as_returning())
        .get_result(tx.conn())
        .await
        .optional()?;
    updated.ok_or_else(|| VERSION_STALE.refuse().into())
}

pub(super) async fn organisations(tx: &mut Tx, filter: &OrganisationFilter) -> Result<Page<Organisation>> {
    use organisation as o;
    let federation = tx.federation;
    let matching = || {
        let mut query = o::table.filter(o::federation_id.eq(federation)).into_boxed();
        if let Some(kind) = &filter.kind {
            query = query.filter(o::kind.eq(kind));
        }
        if let Some(parent) = filter.parent_id {
            query = query.filter(o::parent_id.eq(parent));
        }
        if let Some(region) = &filter.region_code {
            query = query.filter(o::region_code.eq(region));
        }
        query
    };
    let page = filter.page();
    let count = if page.counts() { matching().count().get_result(tx.conn()).await? } else { 0 };
    let rows = matching()
        .filter(o::id.gt(page.after()))
        .order(o::id)
        .limit(page.fetch())
        .select(Organisation::as_select())
        .load(tx.conn())
        .await?;
    Ok(Page::cut(rows, &page, Totals { count, amount: None }, |row| row.id.0))
}

pub(super) async fn insert_document(tx: &mut Tx, row: &Document) -> Result<()> {
    diesel::insert_into(document::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn document(tx: &mut Tx, id: DocumentId) -> Result<Document> {
    let federation = tx.federation;
    Ok(document::table.find((federation, id)).select(Document::as_select()).first(tx.conn()).await?)
}

pub(super) async fn documents_by_id(tx: &mut Tx, ids: &[DocumentId]) -> Result<Vec<Document>> {
    use document as d;
    let federation = tx.federation;
    Ok(d::table.filter(d::federation_id.eq(federation)).filter(d::id.eq_any(ids)).select(Document::as_select()).load(tx.conn()).await?)
}

/// Writes a document over the version it was made from.
pub(super) async fn update_document(tx: &mut Tx, version: i32, row: &Document) -> Result<Document> {
    use document as d;
    let updated = diesel::update(d::table.find((row.federation_id, row.id)).filter(d::version.eq(version)))
        .set((
            d::issuer.eq(&row.issuer),
            d::number.eq(&row.number),
            d::title.eq(&row.title),
            d::kind.eq(&row.kind),
            d::issued_on.eq(row.issued_on),
            d::file_digest.eq(&row.file_digest),
            d::version.eq(version.saturating_add(1)),
        ))
        .returning(Document::as_returning())
        .get_result(tx.conn())
        .await
        .optional()?;
    updated.ok_or_else(|| VERSION_STALE.refuse().into())
}

pub(super) async fn documents(tx: &mut Tx, filter: &DocumentFilter) -> Result<Page<Document>> {
    use document as d;
    let federation = tx.federation;
    let matching = || {
        let mut query = d::table.filter(d::federation_id.eq(federation)).into_boxed();
        if let Some(kind) = &filter.kind {
            query = query.filter(d::kind.eq(kind));
        }
        if let Some(number) = &filter.number {
            query = query.filter(d::number.eq(number));
        }
        query
    };
    let page = filter.page();
    let count = if page.counts() { matching().count().get_result(tx.conn()).await? } else { 0 };
    let rows =
        matching().filter(d::id.gt(page.after())).order(d::id).limit(page.fetch()).select(Document::as_select()).load(tx.conn()).await?;
    Ok(Page::cut(rows, &page, Totals { count, amount: None }, |row| row.id.0))
}

pub(super) async fn names(tx: &mut Tx, ids: &[OrganisationId]) -> Result<Vec<(OrganisationId, String)>> {
    let federation = tx.federation;
    Ok(organisation::table
        .filter(organisation::federation_id.eq(federation).and(organisation::id.eq_any(ids)))
        .select((organisation::id, organisation::name))
        .load(tx.conn())
        .await?)
}

/// Every organisation with its name and credit code.
pub(super) async fn named(tx: &mut Tx) -> Result<Vec<(OrganisationId, String, Option<String>)>> {
    use organisation as o;
    let federation = tx.federation;
    Ok(o::table.filter(o::federation_id.eq(federation)).order(o::id).select((o::id, o::name, o::uscc)).load(tx.conn()).await?)
}
