//! Use cases: recording dossiers, their steps and their categories, and reading them as of a day.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::model::{
    CategoryChange, CategorySpan, ChangedDossier, Dossier, DossierCategory, DossierEvent, DossierFilter, DossierRecord, DossierStatus,
    DossierTransition, DossierView, GracePeriod, GraceRecord, NewDossier,
};
use super::rules::Step;
use super::{rules, store};
use crate::access::permissions::{ReadRegistry, WriteRegistry};
use crate::db::{Result, Tx};
use crate::interchange::tables::reference;
use crate::kernel::Permit;
use crate::kernel::refusal::{none_at_fault, too_long};
use crate::kernel::{DossierId, GraceId, Page};
use crate::registry::error::DOSSIER_CLOSED;
use crate::registry::rules::{blank, tidy, unchanged_since};

async fn view(tx: &mut Tx, dossier: Dossier) -> Result<DossierView> {
    let categories = store::categories(tx, dossier.id).await?;
    let grace_periods = store::grace_periods(tx, dossier.id).await?;
    let events = store::events(tx, dossier.id).await?;
    Ok(DossierView { dossier, categories, grace_periods, events })
}

pub(super) async fn create(tx: &mut Tx, _may: &Permit<WriteRegistry>, new: NewDossier) -> Result<DossierView> {
    let PreparedDossier { dossier, events, category } = prepare(tx, new)?;
    store::insert(tx, std::slice::from_ref(&dossier)).await?;
    store::insert_categories(tx, category.as_slice()).await?;
    store::insert_events(tx, &events).await?;
    view(tx, dossier).await
}

/// A dossier that may be recorded as far as its own data goes, with its first steps.
pub(in crate::registry) struct PreparedDossier {
    pub(in crate::registry) dossier: Dossier,
    pub(in crate::registry) events: Vec<DossierEvent>,
    pub(in crate::registry) category: Option<CategorySpan>,
}

/// Looks at a dossier, without asking the database.
///
/// # Errors
/// Fields at fault.
pub(in crate::registry) fn prepare(tx: &Tx, new: NewDossier) -> Result<PreparedDossier> {
    // As a list of dossiers gives it: the same number is the same dossier, however it was typed.
    let number = reference(&new.number);
    let faults = blank("/number", &number).into_iter().chain(too_long([("/number", &number)]));
    let faults = faults.chain(rules::content_faults(&new.causes, new.monthly_income, new.rigid_costs));
    none_at_fault(faults.chain(rules::applied_after_opening(new.applied_on, new.opened_on)).collect())?;
    let dossier = Dossier {
        federation_id: tx.federation,
        id: DossierId::generate(),
        household_id: new.household_id,
        number,
        system: new.system,
        level: new.level,
        category: new.category,
        causes: new.causes.iter().map(|cause| tidy(cause)).collect(),
        monthly_income: new.monthly_income,
        rigid_costs: new.rigid_costs,
        status: if new.opened_on.is_some() { DossierStatus::Active } else { DossierStatus::Applied },
        opened_on: new.opened_on,
        closed_on: None,
        close_reason: None,
        version: 1,
        created_at: tx.now(),
    };
    let (mut events, mut category) = (Vec::new(), None);
    if new.applied_on.is_some() || new.opened_on.is_none() {
        events.push(event(tx, &dossier, 1, DossierStatus::Applied, new.applied_on));
    }
    if let Some(opened_on) = new.opened_on {
        let position = if events.is_empty() { 1 } else { 2 };
        events.push(event(tx, &dossier, position, DossierStatus::Active, Some(opened_on)));
        category = Some(category_span(&dossier, opened_on));
    }
    Ok(PreparedDossier { dossier, events, category })
}

fn event(tx: &Tx, dossier: &Dossier, position: i32, status: DossierStatus, happened_on: Option<NaiveDate>) -> DossierEvent {
    DossierEvent {
        federation_id: dossier.federation_id,
        dossier_id: dossier.id,
        position,
        status,
        happened_on,
        reason: None,
        close_reason: None,
        actor: tx.actor.clone(),
        recorded_at: tx.now(),
    }
}

fn category_span(dossier: &Dossier, valid_from: NaiveDate) -> CategorySpan {
    CategorySpan { federation_id: dossier.federation_id, dossier_id: dossier.id, category: dossier.category, valid_from, valid_to: None }
}

pub(super) async fn read(tx: &mut Tx, _may: &Permit<ReadRegistry>, id: DossierId) -> Result<DossierView> {
    let dossier = store::dossier(tx, id).await?;
    view(tx, dossier).await
}

pub(super) async fn list(tx: &mut Tx, _may: &Permit<ReadRegistry>, filter: &DossierFilter) -> Result<Page<Dossier>> {
    store::list(tx, filter).await
}

pub(super) async fn change(
    tx: &mut Tx,
    _may: &Permit<WriteRegistry>,
    id: DossierId,
    version: i32,
    new: ChangedDossier,
) -> Result<DossierView> {
    let mut dossier = store::lock(tx, id).await?;
    unchanged_since(dossier.version, version)?;
    none_at_fault(rules::content_faults(&new.causes, new.monthly_income, new.rigid_costs))?;
    let before = view(tx, dossier.clone()).await?;
    tx.before(&before);
    dossier.level = new.level;
    dossier.causes = new.causes.iter().map(|cause| tidy(cause)).collect();
    dossier.monthly_income = new.monthly_income;
    dossier.rigid_costs = new.rigid_costs;
    let dossier = store::update(tx, version, &dossier).await?;
    view(tx, dossier).await
}

pub(super) async fn take_step(tx: &mut Tx, _may: &Permit<WriteRegistry>, id: DossierId, asked: DossierTransition) -> Result<DossierView> {
    let mut dossier = store::lock(tx, id).await?;
    let events = store::events(tx, id).await?;
    let last_on = events.iter().filter_map(|event| event.happened_on).max();
    let step = rules::step(dossier.status, last_on, &asked)?;
    let before = view(tx, dossier.clone()).await?;
    tx.before(&before);
    dossier.status = asked.to;
    match step {
        Step::Reapply => (dossier.opened_on, dossier.closed_on, dossier.close_reason) = (None, None, None),
        Step::Prepare => {}
        Step::Open(on) => {
            dossier.opened_on = Some(on);
            begin_category(tx, &dossier, on).await?;
        }
        Step::Grace(span) => {
            let grace = GracePeriod {
                federation_id: dossier.federation_id,
                dossier_id: id,
                id: GraceId::generate(),
                starts_on: span.starts_on,
                months: span.months,
                ends_on: span.ends_on,
                reason: asked.reason.as_deref().map(tidy),
            };
            store::insert_grace(tx, &grace).await?;
        }
        Step::Close(on, reason) => (dossier.closed_on, dossier.close_reason) = (Some(on), Some(reason)),
    }
    let dossier = store::update(tx, dossier.version, &dossier).await?;
    let position = events.last().map_or(1, |event| event.position + 1);
    let taken = event(tx, &dossier, position, asked.to, Some(asked.on));
    let taken = DossierEvent { reason: asked.reason.as_deref().map(tidy), close_reason: asked.close_reason, ..taken };
    store::insert_events(tx, &[taken]).await?;
    view(tx, dossier).await
}

/// The category applied for begins with the dossier. After a reapplication the former one may still be open: it goes on,
/// or ends the day before.
async fn begin_category(tx: &mut Tx, dossier: &Dossier, on: NaiveDate) -> Result<()> {
    match store::open_category(tx, dossier.id).await? {
        Some(open) if open.category == dossier.category => Ok(()),
        Some(open) => replace_category(tx, dossier, &open, CategoryChange { category: dossier.category, from: on }).await,
        None => store::insert_category(tx, &category_span(dossier, on)).await,
    }
}

async fn replace_category(tx: &mut Tx, dossier: &Dossier, open: &CategorySpan, change: CategoryChange) -> Result<()> {
    let ends_on = rules::category_ends(open, change)?;
    store::end_category(tx, open, ends_on).await?;
    store::insert_category(tx, &category_span(dossier, change.from)).await
}

pub(super) async fn change_category(
    tx: &mut Tx,
    _may: &Permit<WriteRegistry>,
    id: DossierId,
    change: CategoryChange,
) -> Result<DossierView> {
    let mut dossier = store::lock(tx, id).await?;
    let before = view(tx, dossier.clone()).await?;
    tx.before(&before);
    dossier.category = change.category;
    match dossier.status {
        DossierStatus::Closed => return Err(DOSSIER_CLOSED.refuse().into()),
        DossierStatus::Applied | DossierStatus::Investigated | DossierStatus::Publicised => {}
        DossierStatus::Active | DossierStatus::Grace => {
            let open = store::open_category(tx, id).await?;
            let open = open.ok_or_else(|| crate::db::Error::Internal(format!("dossier {id} is in force without a category")))?;
            replace_category(tx, &dossier, &open, change).await?;
        }
    }
    let dossier = store::update(tx, dossier.version, &dossier).await?;
    view(tx, dossier).await
}

/// Every dossier that came into force on or before the cut-off, as it stood then, by region, system and number; those
/// closed since too, for the caller to judge. Four statements, whatever the number of dossiers.
///
/// # Errors
/// When the database cannot be read.
pub async fn dossiers_opened_by(tx: &mut Tx, cutoff: NaiveDate) -> Result<Vec<DossierRecord>> {
    let mut steps: HashMap<DossierId, Vec<(DossierStatus, NaiveDate)>> = HashMap::new();
    for (id, status, on) in store::openings_and_closings(tx).await? {
        steps.entry(id).or_default().extend(on.map(|on| (status, on)));
    }
    let mut categories: HashMap<DossierId, Vec<(NaiveDate, DossierCategory)>> = HashMap::new();
    for (id, from, category) in store::categories_begun_by(tx, cutoff).await? {
        categories.entry(id).or_default().push((from, category));
    }
    // The earliest first, so the latest stays.
    let graces: HashMap<DossierId, GraceRecord> = store::graces_started_by(tx, cutoff)
        .await?
        .into_iter()
        .map(|(id, starts_on, ends_on)| (id, GraceRecord { starts_on, ends_on }))
        .collect();
    let records = store::dossiers_of_heads(tx).await?.into_iter().filter_map(|row| {
        let term = rules::term_as_of(steps.get(&row.dossier_id)?, cutoff)?;
        let category = categories.get(&row.dossier_id).and_then(|spans| rules::category_as_of(spans, cutoff));
        Some(DossierRecord {
            dossier_id: row.dossier_id,
            household_id: row.household_id,
            head_person_id: row.head_person_id,
            head_name: row.head_name,
            head_died_on: row.head_died_on,
            number: row.number,
            system: row.system,
            level: row.level,
            category: category.unwrap_or(row.category),
            region_code: row.region_code,
            opened_on: term.opened_on,
            closed_on: term.closed_on,
            grace: graces.get(&row.dossier_id).copied().filter(|grace| grace.starts_on >= term.opened_on),
        })
    });
    Ok(records.collect())
}
