//! Use cases of standards of payment (发放标准): recording one and ending it.

use super::model::Standard;
use super::requests::{NewStandard, StandardEdit, StandardFilter};
use super::service::lock_referred_line;
use super::{rules, store};
use crate::db::{Result, Tx};
use crate::kernel::refusal::{VERSION_STALE, none_at_fault};
use crate::kernel::{FieldError, Page, StandardId};

/// Records a standard. The line is held, so that two standards at once cannot both find the days free.
pub(super) async fn create_standard(tx: &mut Tx, new: NewStandard) -> Result<Standard> {
    let mut faults: Vec<FieldError> = rules::text_fault("/category", &new.category).into_iter().collect();
    faults.extend(rules::range_faults(new.valid_from, new.valid_to));
    none_at_fault(faults)?;
    lock_referred_line(tx, new.allocation_line_id).await?;
    let row = Standard {
        federation_id: tx.federation,
        id: StandardId::generate(),
        allocation_line_id: new.allocation_line_id,
        category: new.category,
        unit: new.unit.name().to_owned(),
        amount: new.amount.get(),
        mode: new.mode.name().to_owned(),
        basis_document_id: new.basis_document_id,
        valid_from: new.valid_from,
        valid_to: new.valid_to,
        version: 1,
        created_at: tx.now(),
    };
    refuse_overlap(tx, "/valid_from", &row).await?;
    store::insert_standard(tx, &row).await?;
    Ok(row)
}

/// Ends a standard, or names the document it rests on. Read again once its line is held, so that what is judged is what is
/// written; a request made from another version is told so before its content is judged.
pub(super) async fn change_standard(tx: &mut Tx, id: StandardId, version: i32, edit: StandardEdit) -> Result<Standard> {
    let line = store::standard(tx, id).await?.allocation_line_id;
    store::lock_lines(tx, &[line]).await?;
    let known = store::standard(tx, id).await?;
    if known.version != version {
        return Err(VERSION_STALE.refuse().into());
    }
    tx.before(&known);
    none_at_fault(rules::range_faults(known.valid_from, edit.valid_to))?;
    let row = Standard { valid_to: edit.valid_to, basis_document_id: edit.basis_document_id, ..known };
    refuse_overlap(tx, "/valid_to", &row).await?;
    store::update_standard(tx, version, &row).await
}

async fn refuse_overlap(tx: &mut Tx, pointer: &str, row: &Standard) -> Result<()> {
    let known = store::standards_of(tx, row.allocation_line_id).await?;
    let others = known.iter().filter(|other| other.category == row.category && other.id != row.id);
    Ok(rules::standard_stands_alone(pointer, (row.valid_from, row.valid_to), others.map(|other| (other.valid_from, other.valid_to)))?)
}

pub(super) async fn standards(tx: &mut Tx, filter: &StandardFilter) -> Result<Page<Standard>> {
    none_at_fault(filter.category.as_deref().and_then(|category| rules::text_fault("category", category)).into_iter().collect())?;
    store::standards(tx, filter).await
}
