//! Opening findings, and what people say of them.

use std::collections::HashMap;

use uuid::Uuid;

use super::error::FINDING_STATE;
use super::model::{Finding, FindingEvent, FindingState, FindingTransition, FindingView, NewFinding};
use super::store;
use crate::access::permissions::{ReadReconciliation, Reconcile};
use crate::db::{Error, Result, Tx};
use crate::kernel::FindingId;
use crate::kernel::Permit;
use crate::kernel::refusal::{VERSION_STALE, blank, none_at_fault};

/// Opens a finding. Found again with the same figures, one that is not resolved stays as it is; with other figures, or after
/// it was resolved, it shows the new ones and is open again.
///
/// # Errors
/// When the database cannot be written.
pub async fn open(tx: &mut Tx, new: NewFinding) -> Result<FindingId> {
    if let Some(known) = store::find(tx, &new.check_code, &new.subject_kind, new.subject_id).await? {
        let same = known.expected == new.expected && known.found == new.found && known.difference == new.difference;
        if same && known.state != FindingState::Resolved.name() {
            return Ok(known.id);
        }
        store::set_figures(tx, known.id, &new).await?;
        record(tx, known.id, FindingState::Open, &format!("{} / {} / {}", new.expected, new.found, new.difference)).await?;
        if known.state != FindingState::Open.name() {
            store::set_state(tx, known.id, FindingState::Open.name(), &known.explanation).await?;
        }
        return Ok(known.id);
    }
    let finding = Finding {
        federation_id: tx.federation,
        id: FindingId::generate(),
        check_code: new.check_code,
        subject_kind: new.subject_kind,
        subject_id: new.subject_id,
        expected: new.expected,
        found: new.found.clone(),
        difference: new.difference,
        outcome: new.outcome,
        state: FindingState::Open.name().to_owned(),
        explanation: String::new(),
        version: 1,
        opened_at: tx.now(),
    };
    store::insert(tx, &finding).await?;
    record(tx, finding.id, FindingState::Open, &new.found).await?;
    Ok(finding.id)
}

async fn record(tx: &mut Tx, id: FindingId, state: FindingState, note: &str) -> Result<()> {
    let last = store::history(tx, id).await?.last().map_or(0, |event| event.sequence);
    let event = FindingEvent {
        federation_id: tx.federation,
        finding_id: id,
        sequence: last.saturating_add(1),
        state: state.name().to_owned(),
        note: note.to_owned(),
        actor: tx.actor.clone(),
        recorded_at: tx.now(),
    };
    store::insert_event(tx, &event).await
}

pub(super) async fn transition(
    tx: &mut Tx,
    _may: &Permit<Reconcile>,
    id: FindingId,
    version: i32,
    request: &FindingTransition,
) -> Result<FindingView> {
    none_at_fault(blank([("/note", &request.note)]))?;
    let finding = store::lock(tx, id).await?;
    tx.before(&finding);
    if finding.version != version {
        return Err(Error::Refused(VERSION_STALE.refuse()));
    }
    if finding.state == request.state.name() {
        return Err(FINDING_STATE.refuse().with("state", &finding.state).into());
    }
    tx.because(&request.note);
    // The event first: the database lets the state follow from it, and asks whose it is.
    record(tx, id, request.state, &request.note).await?;
    store::set_state(tx, id, request.state.name(), &request.note).await?;
    view(tx, id).await
}

pub(super) async fn read(tx: &mut Tx, _may: &Permit<ReadReconciliation>, id: FindingId) -> Result<FindingView> {
    view(tx, id).await
}

async fn view(tx: &mut Tx, id: FindingId) -> Result<FindingView> {
    Ok(FindingView { finding: store::finding(tx, id).await?, history: store::history(tx, id).await? })
}

/// The newest finding about each of some subjects.
///
/// # Errors
/// When the database cannot be read.
pub async fn about(tx: &mut Tx, kind: &str, subjects: &[Uuid]) -> Result<HashMap<Uuid, FindingId>> {
    Ok(store::about(tx, kind, subjects).await?.into_iter().collect())
}

/// Of some subjects' findings, those still open.
///
/// # Errors
/// When the database cannot be read.
pub async fn open_among(tx: &mut Tx, kind: &str, subjects: &[Uuid]) -> Result<Vec<FindingId>> {
    store::open_among(tx, kind, subjects).await
}
