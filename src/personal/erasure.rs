//! Use case: erasing a person, as far as the law allows.

use super::error::PERSON_KEPT;
use super::model::{Erased, Erasure, KeptBy};
use super::rules::{Ties, blank_reason, kept_by};
use crate::access::permissions::ErasePersonalData;
use crate::db::{Result, Tx};
use crate::kernel::refusal::none_at_fault;
use crate::kernel::{Permit, PersonId};
use crate::{payments, plans, registry};

/// Erases a person: name, numbers, birth, death and accounts go, and nobody can bring them back. Of one whose payments have
/// to be kept, what they do not need goes when that is asked for. What is sealed does not break: it holds commitments.
///
/// # Errors
/// [`PERSON_KEPT`] with what keeps the person; erased already.
pub(super) async fn erase(tx: &mut Tx, may: &Permit<ErasePersonalData>, id: PersonId, asked: &Erasure) -> Result<Erased> {
    none_at_fault(blank_reason(&asked.reason).into_iter().collect())?;
    let person = registry::hold_for_erasure(tx, id).await?;
    may.require(person.organisation_id)?;
    let rosters = plans::rosters_naming(tx, id).await?;
    let ties = Ties {
        approved: rosters.approved > 0,
        pending: rosters.pending > 0,
        reported: payments::is_reported(tx, &person.identity_number_hash).await?,
        open_dossier: person.open_dossier,
    };
    let kept_by: Vec<KeptBy> = kept_by(ties);
    let whole = kept_by.is_empty();
    if !whole && !asked.keep_required {
        return Err(PERSON_KEPT.refuse().with("kept_by", kept_by).into());
    }
    let mut used = plans::accounts_on_rosters(tx, &person.accounts).await?;
    used.extend(payments::accounts_paid_to(tx, &person.accounts).await?);
    let gone: Vec<_> = person.accounts.iter().copied().filter(|account| whole || !used.contains(account)).collect();
    registry::erase(tx, id, whole, &gone).await?;
    tx.because(&asked.reason);
    Ok(Erased { id, whole, kept_by, accounts: gone.len(), names_in_drafts: if whole { rosters.drafts } else { 0 } })
}
