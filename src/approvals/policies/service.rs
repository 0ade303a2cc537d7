//! Proposing and confirming a policy.

use chrono::NaiveDate;
use uuid::Uuid;

use super::model::{Confirmation, NewPolicy, Policy, PolicyView};
use super::store;
use crate::access::permissions::{ConfirmPolicies, ProposePolicies, ReadPlans};
use crate::approvals::error::SAME_PERSON;
use crate::approvals::rules;
use crate::db::{Error, Result, Tx};
use crate::kernel::access::Permit;
use crate::kernel::refusal::{blank, none_at_fault};

/// Proposes a policy. It holds once somebody else has confirmed it.
pub(super) async fn propose(tx: &mut Tx, may: &Permit<ProposePolicies>, new: NewPolicy) -> Result<PolicyView> {
    may.require(None)?;
    let mut faults = blank([("/reason", &new.reason)]);
    faults.extend(rules::faults(&new.steps));
    none_at_fault(faults)?;
    let policy = Policy {
        federation_id: tx.federation,
        id: Uuid::now_v7(),
        valid_from: new.valid_from,
        steps: serde_json::to_value(new.steps).map_err(|error| Error::Internal(error.to_string()))?,
        reason: new.reason,
        proposed_by: tx.actor.clone(),
        proposed_at: tx.now(),
    };
    tx.about("approval_policy", policy.id);
    tx.because(&policy.reason);
    store::insert(tx, &policy).await?;
    Ok(PolicyView { policy, confirmation: None })
}

/// Confirms a policy that somebody else proposed.
pub(super) async fn confirm(tx: &mut Tx, may: &Permit<ConfirmPolicies>, id: Uuid) -> Result<PolicyView> {
    may.require(None)?;
    tx.about("approval_policy", id);
    let policy = store::policy(tx, id).await?;
    if policy.proposed_by == tx.actor {
        return Err(SAME_PERSON.refuse().into());
    }
    tx.before(&policy);
    let confirmation = Confirmation { federation_id: tx.federation, policy_id: id, confirmed_by: tx.actor.clone(), confirmed_at: tx.now() };
    store::insert_confirmation(tx, &confirmation).await?;
    Ok(PolicyView { policy, confirmation: Some(confirmation) })
}

/// The policy in force on a day.
///
/// # Errors
/// When the database cannot be read.
pub async fn in_force(tx: &mut Tx, on: NaiveDate) -> Result<Option<Policy>> {
    store::in_force(tx, on).await
}

/// Every policy.
pub(super) async fn policies(tx: &mut Tx, _may: &Permit<ReadPlans>) -> Result<Vec<PolicyView>> {
    store::policies(tx).await
}
