//! Use cases: recording model workers, their honours and how those end.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::model::{
    ChangedModelWorker, Honour, HonourEndReason, HonourEnding, HonourRecord, ModelWorker, ModelWorkerFilter, ModelWorkerRow, NewHonour,
    NewModelWorker,
};
use super::{rules, store};
use crate::access::permissions::{ReadRegistry, WriteRegistry};
use crate::db::{Error, Result, Tx};
use crate::kernel::Permit;
use crate::kernel::refusal::{self, none_at_fault};
use crate::kernel::{FieldError, HonourId, ModelWorkerId, Page, PersonId};
use crate::registry::error::{HONOUR_ENDED, PERSON_ERASED, reference_unknown};
use crate::registry::persons::{self, PersonRow, shown_identity_number};
use crate::registry::rules::tidy;

async fn views(tx: &mut Tx, rows: Vec<ModelWorkerRow>) -> Result<Vec<ModelWorker>> {
    let ids: Vec<ModelWorkerId> = rows.iter().map(|row| row.id).collect();
    let mut honours: HashMap<ModelWorkerId, Vec<Honour>> = HashMap::new();
    for honour in store::honours_of(tx, &ids).await? {
        honours.entry(honour.model_worker_id).or_default().push(honour);
    }
    let ids: Vec<PersonId> = rows.iter().map(|row| row.person_id).collect();
    let people = persons::store::persons_of(tx, &ids).await?;
    let mut people: HashMap<PersonId, PersonRow> = people.into_iter().map(|person| (person.id, person)).collect();
    let mut views = Vec::with_capacity(rows.len());
    for row in rows {
        let person = people.remove(&row.person_id).ok_or_else(|| Error::Internal(format!("model worker {} is nobody", row.id)))?;
        views.push(ModelWorker {
            id: row.id,
            person_id: row.person_id,
            identity_number: shown_identity_number(tx, &person)?,
            person_name: if person.erased_on.is_some() { person.name } else { tx.sight().name(&person.name) },
            died_on: person.died_on,
            region_code: row.region_code,
            organisation_id: row.organisation_id,
            honours: honours.remove(&row.id).unwrap_or_default(),
            version: row.version,
            created_at: row.created_at,
        });
    }
    Ok(views)
}

async fn view(tx: &mut Tx, row: ModelWorkerRow) -> Result<ModelWorker> {
    views(tx, vec![row]).await?.pop().ok_or_else(|| refusal::NOT_FOUND.refuse().into())
}

pub(in crate::registry) async fn create(tx: &mut Tx, _may: &Permit<WriteRegistry>, new: NewModelWorker) -> Result<ModelWorker> {
    let person = match (new.person_id, new.person) {
        (Some(id), None) => registered(tx, id).await?,
        (None, Some(person)) => persons::create_below(tx, person, "/person").await?,
        _ => {
            let text = ("请填写 person_id 或 person 之一", "give either person_id or person");
            let fault = FieldError::new("/person_id", "person_not_one", text.0, text.1);
            return Err(refusal::FIELDS_INVALID.refuse().with_fields(vec![fault]).into());
        }
    };
    let born_on = born_on(&person)?;
    none_at_fault(rules::honour_faults(&new.honours, born_on, &|place| format!("/honours/{place}")))?;
    let row = ModelWorkerRow {
        federation_id: tx.federation,
        id: ModelWorkerId::generate(),
        person_id: person.id,
        region_code: new.region_code,
        organisation_id: new.organisation_id,
        version: 1,
        created_at: tx.now(),
    };
    store::insert(tx, &row).await?;
    record_honours(tx, row.id, &person, &new.honours).await?;
    view(tx, row).await
}

fn born_on(person: &PersonRow) -> Result<NaiveDate> {
    person.born_on.ok_or_else(|| PERSON_ERASED.refuse().into())
}

/// The person of a body, held: a death recorded meanwhile waits, and then finds the honours.
async fn registered(tx: &mut Tx, id: PersonId) -> Result<PersonRow> {
    persons::store::lock(tx, id).await.map_err(|error| match error {
        Error::Refused(refusal) if refusal.code == &refusal::NOT_FOUND => reference_unknown("/person_id").into(),
        other => other,
    })
}

async fn record_honours(tx: &mut Tx, worker: ModelWorkerId, person: &PersonRow, honours: &[NewHonour]) -> Result<()> {
    if honours.is_empty() {
        return Ok(());
    }
    let rows: Vec<Honour> = honours
        .iter()
        .map(|honour| {
            let (ended_on, end_reason) = rules::end_by_death(honour.awarded_on, person.died_on);
            Honour {
                federation_id: person.federation_id,
                id: HonourId::generate(),
                model_worker_id: worker,
                level: honour.level,
                title: tidy(&honour.title),
                awarded_on: honour.awarded_on,
                ended_on,
                end_reason,
            }
        })
        .collect();
    store::insert_honours(tx, &rows).await
}

pub(super) async fn read(tx: &mut Tx, _may: &Permit<ReadRegistry>, id: ModelWorkerId) -> Result<ModelWorker> {
    let row = store::model_worker(tx, id).await?;
    view(tx, row).await
}

pub(super) async fn list(tx: &mut Tx, _may: &Permit<ReadRegistry>, filter: &ModelWorkerFilter) -> Result<Page<ModelWorker>> {
    let Page { items, next_cursor, totals } = store::list(tx, filter).await?;
    Ok(Page { items: views(tx, items).await?, next_cursor, totals })
}

pub(super) async fn change(
    tx: &mut Tx,
    _may: &Permit<WriteRegistry>,
    id: ModelWorkerId,
    version: i32,
    new: ChangedModelWorker,
) -> Result<ModelWorker> {
    let mut row = store::model_worker(tx, id).await?;
    let before = view(tx, row.clone()).await?;
    tx.before(&before);
    row.region_code = new.region_code;
    row.organisation_id = new.organisation_id;
    let row = store::update(tx, version, &row).await?;
    view(tx, row).await
}

pub(super) async fn add_honour(tx: &mut Tx, _may: &Permit<WriteRegistry>, id: ModelWorkerId, new: NewHonour) -> Result<ModelWorker> {
    // The person first and the model worker second, in the order in which recording a death takes them.
    let person = store::model_worker(tx, id).await?.person_id;
    let person = persons::store::lock(tx, person).await?;
    let row = store::lock(tx, id).await?;
    let born_on = born_on(&person)?;
    none_at_fault(rules::honour_faults(std::slice::from_ref(&new), born_on, &|_| String::new()))?;
    let before = view(tx, row.clone()).await?;
    tx.before(&before);
    record_honours(tx, id, &person, std::slice::from_ref(&new)).await?;
    let row = store::update(tx, row.version, &row).await?;
    view(tx, row).await
}

pub(super) async fn end_honour(
    tx: &mut Tx,
    _may: &Permit<WriteRegistry>,
    id: ModelWorkerId,
    honour: HonourId,
    ending: HonourEnding,
) -> Result<ModelWorker> {
    let row = store::lock(tx, id).await?;
    let honours = store::honours_of(tx, &[id]).await?;
    let honour = honours.into_iter().find(|held| held.id == honour).ok_or_else(|| refusal::NOT_FOUND.refuse())?;
    if honour.ended_on.is_some() {
        return Err(HONOUR_ENDED.refuse().into());
    }
    none_at_fault(rules::ending_faults(&honour, ending))?;
    let before = view(tx, row.clone()).await?;
    tx.before(&before);
    store::end_honour(tx, honour.id, ending.ended_on, ending.reason).await?;
    let row = store::update(tx, row.version, &row).await?;
    view(tx, row).await
}

/// Ends the open honours of a person who died. The caller holds the person.
pub(in crate::registry) async fn end_by_death(tx: &mut Tx, person: PersonId, died_on: NaiveDate) -> Result<()> {
    let Some(row) = store::lock_of_person(tx, person).await? else { return Ok(()) };
    for honour in store::honours_of(tx, &[row.id]).await?.into_iter().filter(|honour| honour.ended_on.is_none()) {
        if let (Some(ended_on), _) = rules::end_by_death(honour.awarded_on, Some(died_on)) {
            store::end_honour(tx, honour.id, ended_on, HonourEndReason::Deceased).await?;
        }
    }
    store::update(tx, row.version, &row).await?;
    Ok(())
}

/// Every honour awarded on or before the cut-off with its holder, ended ones too, by region, name and person.
///
/// # Errors
/// When the database cannot be read.
pub async fn honours_awarded_by(tx: &mut Tx, cutoff: NaiveDate) -> Result<Vec<HonourRecord>> {
    store::honours_awarded_by(tx, cutoff).await
}
