//! Whether the registry, as it stands, would still give a roster: what was approved at one step must be what the next one
//! looks at, and what is paid.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;
use uuid::Uuid;

use super::candidates::{Candidate, Registry};
use super::eligibility::Exclusion;
use super::model::{Entry, Roster};
use super::pricing::{Priced, Standards, price};
use super::service::{self, Contents};
use super::store;
use crate::db::{Error, Result, Tx};
use crate::kernel::{Money, PersonId, TierId};
use crate::plans::adjustment::AdjustmentMethod;
use crate::plans::error::REGISTRY_CHANGED;
use crate::plans::model::{Plan, Population};
use crate::plans::service::adjustment_method;

/// Changes named one by one; more are only counted.
const NAMED: usize = 20;

/// What somebody receives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Share {
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<PersonId>,
    category: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    standard: Option<Money>,
    quantity: i64,
    amount: Money,
}

/// A payee of a tier.
type Place = (TierId, Uuid);

/// Somebody for whom the registry gives something else by now.
#[derive(Debug, Clone, Serialize)]
struct Change {
    tier_id: TierId,
    payee_id: Uuid,
    /// On the roster; absent for who was not.
    was: Option<Share>,
    /// By now; absent for who would not be.
    now: Option<Share>,
}

/// What a roster is made of, as it is by now and as of the same cut-off date.
pub(super) struct Sources {
    standards: Standards,
    populations: Vec<Population>,
    registry: Registry,
    /// The pool it was adjusted to: what is available by now has other plans in it.
    pool: Money,
    method: AdjustmentMethod,
}

impl Sources {
    /// Reads the registry and the standards.
    pub(super) async fn read(tx: &mut Tx, plan: &Plan, roster: &Roster, contents: &Contents) -> Result<Self> {
        let populations = contents.tiers.iter().map(|tier| service::population(&tier.population)).collect::<Result<Vec<Population>>>()?;
        Ok(Self {
            standards: service::standards(tx, plan, &contents.funding, &contents.tiers).await?,
            registry: Registry::read(tx, &populations.iter().collect::<Vec<_>>(), plan.cutoff_on).await?,
            populations,
            pool: store::adjustment(tx, roster.id).await?.map_or(Money::ZERO, |made| made.pool),
            method: adjustment_method(plan)?,
        })
    }

    /// Refuses to go on with a roster when making it again would give other people, standards or amounts. What other plans have
    /// claimed or spent meanwhile, and which account is paid, are looked at where the money is committed and sent.
    ///
    /// # Errors
    /// [`REGISTRY_CHANGED`] with `count` and up to twenty `changes`.
    pub(super) fn require_current(&self, contents: &Contents) -> Result<()> {
        let was: BTreeMap<Place, Share> = contents.entries.iter().filter(|entry| entry.included).filter_map(share_of_entry).collect();
        let now = match self.would_give(contents) {
            Ok(now) => now,
            // What can no longer be priced is another roster.
            Err(Error::Refused(refusal)) => return Err(REGISTRY_CHANGED.refuse().with("because", refusal.code.name).into()),
            Err(error) => return Err(error),
        };
        let changes = differences(&was, &now);
        if changes.is_empty() {
            return Ok(());
        }
        let named: Vec<&Change> = changes.iter().take(NAMED).collect();
        Err(REGISTRY_CHANGED.refuse().with("count", changes.len()).with("changes", named).into())
    }

    /// Who would be on the roster, were it made now.
    fn would_give(&self, contents: &Contents) -> Result<BTreeMap<Place, Share>> {
        let Contents { tiers, entries, .. } = contents;
        let mut candidates = Vec::new();
        for (tier, population) in tiers.iter().zip(&self.populations) {
            candidates.extend(self.registry.candidates(tier, population)?);
        }
        keep_out(&mut candidates, entries, Exclusion::NoAccount);
        service::exclude_without_standard(&mut candidates, &self.standards);
        keep_out(&mut candidates, entries, Exclusion::AlreadyClaimed);
        service::exclude_repeated(tiers, &mut candidates, &HashSet::new());
        let adjusted: HashSet<TierId> = tiers.iter().filter(|tier| tier.adjusted).map(|tier| tier.id).collect();
        let (priced, _) = price(candidates, &|tier| adjusted.contains(&tier), &self.standards, self.pool, self.method)?;
        Ok(priced.into_iter().filter_map(share_of_candidate).collect())
    }
}

fn differences(was: &BTreeMap<Place, Share>, now: &BTreeMap<Place, Share>) -> Vec<Change> {
    let mut places: Vec<&Place> = was.keys().chain(now.keys().filter(|place| !was.contains_key(place))).collect();
    places.sort();
    places
        .into_iter()
        .filter(|place| was.get(place) != now.get(place))
        .map(|place| Change { tier_id: place.0, payee_id: place.1, was: was.get(place).cloned(), now: now.get(place).cloned() })
        .collect()
}

fn payee_of(entry: &Entry) -> Option<Uuid> {
    let ids = [entry.household_id.map(|id| id.0), entry.organisation_id.map(|id| id.0), entry.person_id.map(|id| id.0)];
    ids.into_iter().flatten().next()
}

fn share_of_entry(entry: &Entry) -> Option<(Place, Share)> {
    let share = Share {
        person: entry.person_id,
        category: entry.category.clone(),
        standard: entry.standard,
        quantity: i64::from(entry.quantity),
        amount: entry.amount,
    };
    Some(((entry.tier_id, payee_of(entry)?), share))
}

fn share_of_candidate(priced: Priced) -> Option<(Place, Share)> {
    let candidate = priced.candidate;
    candidate.excluded.is_none().then(|| {
        let share = Share {
            person: candidate.person,
            category: candidate.category,
            standard: priced.standard,
            quantity: i64::from(candidate.quantity),
            amount: priced.amount,
        };
        ((candidate.tier, candidate.payee.id()), share)
    })
}

/// Keeps out who was out for a reason that lies in other plans or in accounts.
fn keep_out(candidates: &mut [Candidate], entries: &[Entry], reason: Exclusion) {
    let out: HashSet<Place> = entries
        .iter()
        .filter(|entry| entry.excluded_because.as_deref() == Some(reason.name()))
        .filter_map(|entry| Some((entry.tier_id, payee_of(entry)?)))
        .collect();
    for candidate in candidates.iter_mut().filter(|candidate| candidate.excluded.is_none()) {
        if out.contains(&(candidate.tier, candidate.payee.id())) {
            candidate.excluded = Some(reason);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(amount: u32) -> Share {
        Share {
            person: None,
            category: "relative".to_owned(),
            standard: Some(Money::yuan(amount)),
            quantity: 1,
            amount: Money::yuan(amount),
        }
    }

    #[test]
    fn who_left_who_came_and_whose_amount_changed_are_named() {
        let tier = TierId::generate();
        let [stays, leaves, comes, changes] = [1, 2, 3, 4].map(|number| (tier, Uuid::from_u128(number)));
        let was = BTreeMap::from([(stays, share(10)), (leaves, share(10)), (changes, share(10))]);
        let now = BTreeMap::from([(stays, share(10)), (comes, share(10)), (changes, share(11))]);
        let found: Vec<(Uuid, bool, bool)> =
            differences(&was, &now).iter().map(|change| (change.payee_id, change.was.is_some(), change.now.is_some())).collect();
        assert_eq!(found, [(leaves.1, true, false), (comes.1, false, true), (changes.1, true, true)]);
        assert!(differences(&was, &was).is_empty());
    }
}
