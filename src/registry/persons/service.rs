//! Use cases: recording persons, their changes and their deaths.

use super::model::{ChangedPerson, Death, NewPerson, Person, PersonFilter, PersonRecord, PersonRow, PersonView};
use super::{rules, store};
use crate::access::permissions::{ReadRegistry, WriteRegistry};
use crate::db::{Result, Tx};
use crate::kernel::Permit;
use crate::kernel::refusal::none_at_fault;
use crate::kernel::{Page, PersonId};
use crate::registry::error::{PERSON_DECEASED, PERSON_EXISTS, below};
use crate::registry::rules::{blank, tidy, unchanged_since};
use crate::registry::{model_workers, payee_accounts};

pub(super) async fn create(tx: &mut Tx, _may: &Permit<WriteRegistry>, new: NewPerson) -> Result<PersonView> {
    let row = create_below(tx, new, "").await?;
    view(tx, row).await
}

/// Records a person with its accounts. `prefix` is where in the body the person stands, for the pointers of refusals.
///
/// # Errors
/// Fields at fault; [`PERSON_EXISTS`] with the id of the person who has the identity number; an unknown reference.
pub(in crate::registry) async fn create_below(tx: &mut Tx, new: NewPerson, prefix: &str) -> Result<PersonRow> {
    let checked = rules::check(&new, prefix, tx.today())?;
    let number = checked.identity_number;
    if let Some(known) = store::find_by_identity_number(tx, number.as_str()).await? {
        let refusal = PERSON_EXISTS.at(format!("{prefix}/identity_number"), PERSON_EXISTS.zh, PERSON_EXISTS.en);
        return Err(refusal.with("person_id", known).into());
    }
    let row = PersonRow {
        federation_id: tx.federation,
        id: PersonId::generate(),
        name: tidy(&new.name),
        identity_number: number.as_str().to_owned(),
        sex: number.sex().code().to_owned(),
        born_on: number.born_on(),
        died_on: new.died_on,
        phone: new.phone.as_deref().map(tidy),
        organisation_id: new.organisation_id,
        region_code: new.region_code,
        version: 1,
        created_at: tx.now(),
    };
    store::insert(tx, &row).await.map_err(|error| below(prefix, error))?;
    payee_accounts::open_for_person(tx, row.id, checked.accounts).await?;
    Ok(row)
}

async fn view(tx: &mut Tx, row: PersonRow) -> Result<PersonView> {
    let payee_accounts = payee_accounts::accounts_of_person(tx, row.id).await?;
    Ok(PersonView { person: row.into(), payee_accounts })
}

pub(super) async fn read(tx: &mut Tx, _may: &Permit<ReadRegistry>, id: PersonId) -> Result<PersonView> {
    let row = store::person(tx, id).await?;
    view(tx, row).await
}

pub(super) async fn list(tx: &mut Tx, _may: &Permit<ReadRegistry>, filter: &PersonFilter) -> Result<Page<Person>> {
    Ok(store::list(tx, filter).await?.map(Person::from))
}

pub(super) async fn change(
    tx: &mut Tx,
    _may: &Permit<WriteRegistry>,
    id: PersonId,
    version: i32,
    new: ChangedPerson,
) -> Result<PersonView> {
    let mut row = store::person(tx, id).await?;
    unchanged_since(row.version, version)?;
    let phone = new.phone.as_ref().and_then(|phone| rules::phone_fault("/phone", phone.as_deref()?));
    none_at_fault(blank("/name", &new.name).into_iter().chain(phone).collect())?;
    row.name = tidy(&new.name);
    if let Some(phone) = new.phone {
        row.phone = phone.as_deref().map(tidy);
    }
    row.organisation_id = new.organisation_id;
    row.region_code = new.region_code;
    let row = store::update(tx, version, &row).await?;
    view(tx, row).await
}

/// Records a death and ends the honours with it. A death recorded once stays: entitlements and recoveries rest on it.
pub(super) async fn record_death(tx: &mut Tx, _may: &Permit<WriteRegistry>, id: PersonId, death: Death) -> Result<PersonView> {
    let row = store::lock(tx, id).await?;
    if row.died_on.is_some() {
        return Err(PERSON_DECEASED.refuse().into());
    }
    none_at_fault(rules::death_faults("/died_on", death.died_on, row.born_on, tx.today()))?;
    let row = store::record_death(tx, id, death.died_on).await?;
    model_workers::end_by_death(tx, id, death.died_on).await?;
    view(tx, row).await
}

/// The persons of those ids that the federation has, in the order of their ids.
///
/// # Errors
/// When the database cannot be read.
pub async fn persons(tx: &mut Tx, ids: &[PersonId]) -> Result<Vec<PersonRecord>> {
    Ok(store::persons_of(tx, ids).await?.into_iter().map(PersonRecord::from).collect())
}
