//! Evidence that comes one payment at a time from many connections of one bank's interface, taken in together (docs/adr/0020).

use std::collections::{BTreeSet, HashMap};

use futures_util::join;
use uuid::Uuid;

use super::model::{EvidenceRequest, EvidenceResult};
use super::service::{self, Lot, Past};
use super::store;
use super::writing::{Changes, write};
use crate::access::permissions::Pay;
use crate::db::{Error, InOrder, Joined, Result, Tx};
use crate::kernel::{InstructionId, Permit, PlanId};
use crate::payments::instructions::model::Instruction;
use crate::payments::instructions::service::Funded;
use crate::payments::instructions::store as instructions;

/// Lines up to which a request is small: it is no file, and others need not wait for it.
const FEW_LINES: usize = 4;

/// Whether a request may be taken in together with others.
pub(super) fn is_small(request: &EvidenceRequest) -> bool {
    request.items.len() <= FEW_LINES
}

/// Takes in requests, each by an act of its own, under the rules of [`service::take_in`]. Apart go those that are refused, repeat
/// something, contradict, are about a payment that another of them is about or that somebody else holds, move money that another
/// may have moved, or are the last answer that a plan waits for.
pub(super) async fn take_in(tx: &Tx, _may: &Permit<Pay>, requests: &[&EvidenceRequest]) -> Result<Joined<EvidenceResult>> {
    let mut apart = at_fault(tx, requests);
    let references: Vec<Uuid> = requests.iter().flat_map(|request| &request.items).map(|item| item.reference).collect();
    // A payment that somebody else holds is, to those who do not wait, one that is not there: who asks of it waits alone.
    let rows = instructions::lock_free_by_references(tx, &references).await?;
    let ids: Vec<InstructionId> = rows.iter().map(|row| row.id).collect();
    // What was taken in before is looked up only now: the same line at the same moment waited for these rows.
    let (known, ending, past, funded) =
        join!(known(tx, requests), instructions::all_open_among(tx, &ids), Past::read(tx, rows.iter()), Funded::read(tx, rows.iter()),)
            .in_order()?;
    apart.extend(known);
    let plans: BTreeSet<PlanId> = rows.iter().map(|row| row.plan_id).collect();
    let mut by_reference: HashMap<Uuid, Instruction> = rows.into_iter().map(|row| (row.reference, row)).collect();
    apart.extend(ending.into_iter().filter_map(|plan| last_about(requests, &by_reference, plan)));
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
    let behind = write(tx, &all, &funded, &plans).await?;
    apart.extend(behind.into_iter().filter_map(|(plan, _)| last_about(requests, &by_reference, plan.id)));
    Ok(if apart.is_empty() { Joined::Done(results) } else { Joined::Apart(apart) })
}

/// The last request about a plan. Of those that end it, that one is done apart, after the others.
fn last_about(requests: &[&EvidenceRequest], rows: &HashMap<Uuid, Instruction>, plan: PlanId) -> Option<usize> {
    let about =
        |request: &EvidenceRequest| request.items.iter().any(|item| rows.get(&item.reference).is_some_and(|row| row.plan_id == plan));
    places(requests, about).pop_last()
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
async fn known(tx: &Tx, requests: &[&EvidenceRequest]) -> Result<BTreeSet<usize>> {
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
