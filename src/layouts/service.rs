//! Recording layouts and finding them by name.

use super::error::{LAYOUT_BUILT_IN, LAYOUT_UNKNOWN};
use super::model::{FileLayout, LayoutFilter, LayoutPurpose, NEUTRAL, NamedLayout, NewLayout};
use super::store;
use crate::access::permissions::{ReadPayments, WriteLayouts};
use crate::db::{Error, Result, Tx};
use crate::interchange::bank::layout::Layout;
use crate::kernel::refusal::{blank, none_at_fault, too_long};
use crate::kernel::{FileLayoutId, Page, Permit, Refusal};

/// Records a layout, or the next version of one.
pub(super) async fn create(tx: &mut Tx, _may: &Permit<WriteLayouts>, new: NewLayout) -> Result<FileLayout> {
    let faults = blank([("/name", &new.name)]).into_iter();
    none_at_fault(faults.chain(too_long([("/name", &new.name)])).collect())?;
    let name = new.name.trim().to_owned();
    if name == NEUTRAL {
        return Err(LAYOUT_BUILT_IN.at("/name", LAYOUT_BUILT_IN.zh, LAYOUT_BUILT_IN.en).into());
    }
    new.description.check(new.purpose.of_file()).map_err(within_description)?;
    let before = store::newest(tx, new.purpose, &name).await?;
    if let Some(before) = &before {
        tx.before(before);
    }
    let row = FileLayout {
        federation_id: tx.federation,
        id: FileLayoutId::generate(),
        name,
        purpose: new.purpose.name().to_owned(),
        version: before.map_or(0, |before| before.version).saturating_add(1),
        description: serde_json::to_value(&new.description).map_err(|error| Error::Internal(error.to_string()))?,
        created_by: tx.actor.clone(),
        created_at: tx.now(),
    };
    tx.about("file-layouts", row.id);
    store::insert(tx, &row).await?;
    Ok(row)
}

/// Points into the request instead of into the layout.
fn within_description(mut refusal: Refusal) -> Refusal {
    for field in &mut refusal.fields {
        field.pointer = format!("/description{}", field.pointer);
    }
    refusal
}

pub(super) async fn list(tx: &mut Tx, _may: &Permit<ReadPayments>, filter: &LayoutFilter) -> Result<Page<FileLayout>> {
    store::list(tx, filter).await
}

pub(super) async fn one(tx: &mut Tx, _may: &Permit<ReadPayments>, id: FileLayoutId) -> Result<FileLayout> {
    store::one(tx, id).await
}

/// A layout as it was at a version; version 0 is the product's own.
///
/// # Errors
/// `layout_unknown` when there is none; when the database cannot be read.
pub async fn layout_of_version(tx: &mut Tx, purpose: LayoutPurpose, name: &str, version: i32) -> Result<Layout> {
    if name == NEUTRAL {
        return Ok(purpose.neutral());
    }
    let row = store::of_version(tx, purpose, name, version).await?;
    let row = row.ok_or_else(|| LAYOUT_UNKNOWN.refuse().with("layout", name).with("purpose", purpose.name()))?;
    serde_json::from_value(row.description).map_err(|error| Error::Internal(format!("a stored layout: {error}")))
}

/// The layout in use under a name: the newest version of a recorded one, or the product's own, which is called `neutral`.
///
/// # Errors
/// `layout_unknown` when no layout of the purpose has the name; when the database cannot be read.
pub async fn layout_by_name(tx: &mut Tx, purpose: LayoutPurpose, name: &str) -> Result<NamedLayout> {
    if name == NEUTRAL {
        return Ok(NamedLayout { name: NEUTRAL.to_owned(), version: 0, layout: purpose.neutral() });
    }
    let row = store::newest(tx, purpose, name).await?;
    let row = row.ok_or_else(|| LAYOUT_UNKNOWN.refuse().with("layout", name).with("purpose", purpose.name()))?;
    let layout = serde_json::from_value(row.description).map_err(|error| Error::Internal(format!("a stored layout: {error}")))?;
    Ok(NamedLayout { name: row.name, version: row.version, layout })
}
