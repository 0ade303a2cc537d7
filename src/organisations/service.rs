//! Use cases: recording federations, regions, organisations and documents.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use super::error::{DIRECT_FUNDING_OVERLAPS, ORGANISATION_CYCLE};
use super::model::{
    DirectFunding, Document, Federation, NewDirectFunding, NewDocument, NewFederation, NewOrganisation, Organisation, Region, RegionView,
};
use super::store;
use crate::access::permissions::{ManageService, OwnAccess, WriteDocuments, WriteOrganisations};
use crate::db::{Db, Error, Result, Tx};
use crate::kernel::Permit;
use crate::kernel::period::DateRange;
use crate::kernel::refusal::{self, blank, digest_malformed, none_at_fault, too_long};
use crate::kernel::{DocumentId, FederationId, FieldError, OrganisationId};

/// The federations the service keeps.
///
/// # Errors
/// When the database cannot be read.
pub async fn federation_ids(db: &Db) -> Result<Vec<FederationId>> {
    store::federation_ids(db).await
}

pub(super) async fn create_federation(tx: &mut Tx, _may: &Permit<ManageService>, new: NewFederation) -> Result<Federation> {
    let faults = blank([("/name", &new.name), ("/code", &new.code)]).into_iter();
    none_at_fault(faults.chain(too_long([("/code", &new.code)])).collect())?;
    let row = Federation { id: FederationId::generate(), name: new.name, code: new.code, created_at: tx.now() };
    store::insert_federation(tx, &row).await?;
    Ok(row)
}

/// A fault when the second date is before the first.
pub(crate) fn turned_round(pointer: &str, from: Option<NaiveDate>, to: Option<NaiveDate>) -> Option<FieldError> {
    let (from, to) = (from?, to?);
    (to < from).then(|| FieldError::new(pointer, "date_range_turned_round", "结束日期早于开始日期", "ends before it starts"))
}

pub(super) async fn create_region(tx: &mut Tx, _may: &Permit<ManageService>, region: Region) -> Result<RegionView> {
    let mut faults = blank([("/name", &region.name)]);
    if region.code.len() != 6 || !region.code.bytes().all(|byte| byte.is_ascii_digit()) {
        faults.push(FieldError::new("/code", "region_code_malformed", "行政区划代码应为六位数字", "must be six digits"));
    }
    none_at_fault(faults)?;
    store::insert_region(tx, &region).await?;
    Ok(RegionView::of(region, Vec::new()))
}

pub(super) async fn add_direct_funding(tx: &mut Tx, _may: &Permit<ManageService>, code: &str, new: NewDirectFunding) -> Result<RegionView> {
    none_at_fault(turned_round("/valid_to", Some(new.valid_from), new.valid_to).into_iter().collect())?;
    let wanted = range(new.valid_from, new.valid_to);
    let view = region_view(tx, code).await?;
    if view
        .directly_funded
        .iter()
        .any(|known| range(known.valid_from, known.valid_to).zip(wanted).is_some_and(|(known, wanted)| known.overlaps(wanted)))
    {
        return Err(DIRECT_FUNDING_OVERLAPS.refuse().into());
    }
    store::insert_direct_funding(tx, code, new.valid_from, new.valid_to).await?;
    region_view(tx, code).await
}

fn range(from: NaiveDate, to: Option<NaiveDate>) -> Option<DateRange> {
    DateRange::new(from, to).ok()
}

pub(super) async fn regions(tx: &mut Tx, _may: &Permit<OwnAccess>) -> Result<Vec<RegionView>> {
    region_views(tx).await
}

async fn region_views(tx: &mut Tx) -> Result<Vec<RegionView>> {
    let mut fundings = store::direct_fundings(tx).await?;
    let regions = store::regions(tx).await?;
    Ok(regions
        .into_iter()
        .map(|region| {
            let directly_funded: Vec<DirectFunding> =
                fundings.extract_if(.., |(code, _)| *code == region.code).map(|(_, funding)| funding).collect();
            RegionView::of(region, directly_funded)
        })
        .collect())
}

pub(super) async fn region(tx: &mut Tx, _may: &Permit<OwnAccess>, code: &str) -> Result<RegionView> {
    region_view(tx, code).await
}

async fn region_view(tx: &mut Tx, code: &str) -> Result<RegionView> {
    let found = region_views(tx).await?.into_iter().find(|view| view.code == code);
    found.ok_or_else(|| refusal::NOT_FOUND.refuse().into())
}

/// The regions that the province funds directly (扩权县) on a day.
///
/// # Errors
/// When the database cannot be read.
pub async fn directly_funded_regions(tx: &mut Tx, on: NaiveDate) -> Result<HashSet<String>> {
    let fundings = store::direct_fundings(tx).await?;
    Ok(fundings
        .into_iter()
        .filter(|(_, funding)| range(funding.valid_from, funding.valid_to).is_some_and(|range| range.contains(on)))
        .map(|(code, _)| code)
        .collect())
}

fn organisation_row(tx: &Tx, id: OrganisationId, version: i32, new: NewOrganisation) -> Result<Organisation> {
    let mut faults = blank([("/name", &new.name)]);
    faults.extend(too_long([("/name", &new.name)]));
    faults.extend(turned_round("/valid_to", new.valid_from, new.valid_to));
    none_at_fault(faults)?;
    Ok(Organisation {
        federation_id: tx.federation,
        id,
        kind: name_of(&new.kind)?,
        name: new.name,
        parent_id: new.parent_id,
        region_code: new.region_code,
        uscc: new.uscc.map(|uscc| uscc.to_string()),
        aliases: new.aliases,
        valid_from: new.valid_from,
        valid_to: new.valid_to,
        version,
        created_at: tx.now(),
    })
}

/// The snake_case name of an enum without fields, as serde writes it.
pub(crate) fn name_of(value: &impl serde::Serialize) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => Ok(name),
        _ => Err(crate::db::Error::Internal("an enum without a name".to_owned())),
    }
}

pub(super) async fn create_organisation(tx: &mut Tx, _may: &Permit<WriteOrganisations>, new: NewOrganisation) -> Result<Organisation> {
    let row = organisation_row(tx, OrganisationId::generate(), 1, new)?;
    store::insert_organisation(tx, &row).await?;
    Ok(row)
}

pub(super) async fn change_organisation(
    tx: &mut Tx,
    _may: &Permit<WriteOrganisations>,
    id: OrganisationId,
    version: i32,
    new: NewOrganisation,
) -> Result<Organisation> {
    let before = store::organisation(tx, id).await?;
    tx.before(&before);
    let row = organisation_row(tx, id, version, new)?;
    if row.parent_id.is_some() {
        // Two changes that each see the tree without the other could close a cycle together.
        store::lock_organisations(tx).await?;
    }
    refuse_cycle(tx, id, row.parent_id).await?;
    store::update_organisation(tx, version, &row).await
}

/// Walks up from the new parent; meeting the organisation itself would close a cycle.
async fn refuse_cycle(tx: &mut Tx, id: OrganisationId, mut above: Option<OrganisationId>) -> Result<()> {
    while let Some(parent) = above {
        if parent == id {
            return Err(ORGANISATION_CYCLE.at("/parent_id", ORGANISATION_CYCLE.zh, ORGANISATION_CYCLE.en).into());
        }
        above = match store::organisation(tx, parent).await {
            Ok(parent) => parent.parent_id,
            Err(Error::Refused(_)) => {
                return Err(refusal::REFERENCE_UNKNOWN
                    .at("/parent_id", refusal::REFERENCE_UNKNOWN.zh, refusal::REFERENCE_UNKNOWN.en)
                    .into());
            }
            Err(failure) => return Err(failure),
        };
    }
    Ok(())
}

fn document_row(tx: &Tx, id: DocumentId, version: i32, new: NewDocument) -> Result<Document> {
    let mut faults = blank([("/issuer", &new.issuer), ("/number", &new.number), ("/title", &new.title)]);
    faults.extend(too_long([("/issuer", &new.issuer), ("/number", &new.number)]));
    faults.extend(digest_malformed("/file_digest", new.file_digest.as_deref()));
    none_at_fault(faults)?;
    Ok(Document {
        federation_id: tx.federation,
        id,
        issuer: new.issuer,
        number: new.number,
        title: new.title,
        kind: name_of(&new.kind)?,
        issued_on: new.issued_on,
        file_digest: new.file_digest,
        version,
        created_at: tx.now(),
    })
}

/// Some documents by their ids. Unknown ids are absent.
///
/// # Errors
/// When the database cannot be read.
pub async fn documents(tx: &mut Tx, ids: &[DocumentId]) -> Result<HashMap<DocumentId, Document>> {
    Ok(store::documents_by_id(tx, ids).await?.into_iter().map(|document| (document.id, document)).collect())
}

pub(super) async fn create_document(tx: &mut Tx, _may: &Permit<WriteDocuments>, new: NewDocument) -> Result<Document> {
    let row = document_row(tx, DocumentId::generate(), 1, new)?;
    store::insert_document(tx, &row).await?;
    Ok(row)
}

pub(super) async fn change_document(
    tx: &mut Tx,
    _may: &Permit<WriteDocuments>,
    id: DocumentId,
    version: i32,
    new: NewDocument,
) -> Result<Document> {
    let before = store::document(tx, id).await?;
    tx.before(&before);
    let row = document_row(tx, id, version, new)?;
    store::update_document(tx, version, &row).await
}

/// The name of the transaction's own federation.
///
/// # Errors
/// Not found.
pub async fn federation_name(tx: &mut Tx) -> Result<String> {
    let own = tx.federation;
    let known = store::federations(tx).await?.into_iter().find(|federation| federation.id == own);
    Ok(known.ok_or_else(|| refusal::NOT_FOUND.refuse())?.name)
}

/// The names of organisations; ids that are unknown are absent.
///
/// # Errors
/// When the database cannot be read.
pub async fn names(tx: &mut Tx, ids: &[OrganisationId]) -> Result<Vec<(OrganisationId, String)>> {
    store::names(tx, ids).await
}

/// Organisations with name and credit code.
pub type NamedOrganisations = Vec<(OrganisationId, String, Option<String>)>;
/// Regions with code and name.
pub type NamedRegions = Vec<(String, String)>;

/// Everything that a file may name: the organisations of the federation, and the regions.
///
/// # Errors
/// When the database cannot be read.
pub async fn known_by_name(tx: &mut Tx) -> Result<(NamedOrganisations, NamedRegions)> {
    let regions = store::regions(tx).await?.into_iter().map(|region| (region.code, region.name)).collect();
    Ok((store::named(tx).await?, regions))
}
