//! Evidence that comes one payment at a time from many connections of one bank's interface, taken in together (docs/adr/0020).

use std::collections::{BTreeSet, HashMap, HashSet};

use uuid::Uuid;

use super::model::{EvidenceRequest, EvidenceResult};
use super::service::{self, Changes, Lot, Past};
use super::store;
use crate::access::permissions::Pay;
use crate::db::{Error, Joined, Result, Tx};
use crate::kernel::{Permit, PlanId};
use crate::payments::instructions::model::Instruction;
use crate::payments::instructions::service::plans_behind;
use crate::payments::instructions::store as instructions;

/// Lines up to which a request is small: it is no file, and others need not wait for it.
const FEW_LINES: usize = 4;

/// Whether a request may be taken in together with others.
pub(super) fn is_small(request: &EvidenceRequest) -> bool {
    request.items.len() <= FEW_LINES
}

/// Takes in requests, each by an act of its own, under the rules of [`service::take_in`]. Apart go those that are refused, repeat
/// something, contradict, are about a payment that another of them is about, move money that another may have moved, or are the
/// last answer that a plan waits for.
pub(super) async fn take_in(tx: &mut Tx, _may: &Permit<Pay>, requests: &[&EvidenceRequest]) -> Result<Joined<EvidenceResult>> {
    let mut apart = at_fault(tx, requests);
    let references: Vec<Uuid> = requests.iter().flat_map(|request| &request.items).map(|item| item.reference).collect();
    let rows = instructions::lock_by_references(tx, &references).await?;
    // What was taken in before is looked up only now: the same line at the same moment waited for these rows.
    apart.extend(known(tx, requests).await?);
    let plans: BTreeSet<PlanId> = rows.iter().map(|row| row.plan_id).collect();
    let mut by_reference: HashMap<Uuid, Instruction> = rows.into_iter().map(|row| (row.reference, row)).collect();
    let past = Past::read(tx, by_reference.values()).await?;
    let mut all = Changes::default();
    let mut results = Vec::with_capacity(requests.len());
    for (place, (act, request)) in tx.acts().into_iter().zip(requests).enumerate() {
        let mut result = EvidenceResult::default();
        match weigh(tx, act, request, &mut by_reference, &past, &mut result) {
            Ok(changes) if changes.only_answers() => all.append(changes),
            Ok(_) | Err(Error::Refused(_)) => {
                apart.insert(place);
            }
            Err(error) => return Err(error),
        }
        results.push(result);
    }
    if !apart.is_empty() {
        return Ok(Joined::Apart(apart));
    }
    service::write(tx, all).await?;
    let behind: HashSet<PlanId> = plans_behind(tx, &plans).await?.into_iter().map(|(plan, _)| plan.id).collect();
    let about = |request: &EvidenceRequest| {
        request.items.iter().any(|item| by_reference.get(&item.reference).is_some_and(|row| behind.contains(&row.plan_id)))
    };
    apart.extend(places(requests, about));
    Ok(if apart.is_empty() { Joined::Done(results) } else { Joined::Apart(apart) })
}

fn places(requests: &[&EvidenceRequest], which: impl Fn(&EvidenceRequest) -> bool) -> BTreeSet<usize> {
    requests.iter().enumerate().filter(|(_, request)| which(request)).map(|(place, _)| place).collect()
}

/// The requests that are refused as they stand, or are about a payment that one before is about.
fn at_fault(tx: &Tx, requests: &[&EvidenceRequest]) -> BTreeSet<usize> {
    let mut apart = places(requests, |request| !service::faults(tx, request).is_empty());
    let mut seen: HashMap<Uuid, usize> = HashMap::new();
    for (place, request) in requests.iter().enumerate() {
        for item in &request.items {
            if *seen.entry(item.reference).or_insert(place) != place {
                apart.insert(place);
            }
        }
    }
    apart
}

/// The requests with a line that was taken in before, or that stands in one before too.
async fn known(tx: &mut Tx, requests: &[&EvidenceRequest]) -> Result<BTreeSet<usize>> {
    let (mut of, mut digests, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
    for (place, request) in requests.iter().enumerate() {
        let Some(digest) = &request.file_digest else { continue };
        for number in request.items.iter().filter_map(|item| item.line_number) {
            of.push(place);
            digests.push(digest.as_str());
            numbers.push(number);
        }
    }
    if of.is_empty() {
        return Ok(BTreeSet::new());
    }
    let known = store::known_lines(tx, &digests, &numbers).await?;
    let mut seen: HashMap<(&str, i32), usize> = HashMap::new();
    let mut apart = BTreeSet::new();
    for (((place, digest), number), known) in of.into_iter().zip(digests).zip(numbers).zip(known) {
        if known || *seen.entry((digest, number)).or_insert(place) != place {
            apart.insert(place);
        }
    }
    Ok(apart)
}

/// What one of the requests changes.
fn weigh(
    tx: &Tx,
    act: Uuid,
    request: &EvidenceRequest,
    by_reference: &mut HashMap<Uuid, Instruction>,
    past: &Past,
    result: &mut EvidenceResult,
) -> Result<Changes> {
    let fresh: Vec<_> = service::lines(request).collect();
    service::refuse_strangers(&fresh, by_reference)?;
    service::weigh(tx, Lot { act, request, fresh }, by_reference, past, result)
}
