//! Use cases: recording and finding persons, their changes and their deaths.

use std::collections::HashMap;

use super::model::{
    ChangedPerson, ClearPerson, Death, ErasablePerson, NewPerson, Person, PersonFilter, PersonRecord, PersonRow, PersonSearch, PersonView,
    Wanted,
};
use super::{rules, store};
use crate::access::permissions::{ReadRegistry, WriteRegistry};
use crate::db::{Result, Tx};
use crate::kernel::Permit;
use crate::kernel::identity_number::IdentityNumber;
use crate::kernel::refusal::none_at_fault;
use crate::kernel::vault::Indexed;
use crate::kernel::{FieldError, Page, PageRequest, PayeeAccountId, PersonId};
use crate::registry::error::{PERSON_DECEASED, PERSON_ERASED, PERSON_EXISTS, below};
use crate::registry::payee_accounts::CheckedAccount;
use crate::registry::rules::{name_fault, tidy, unchanged_since};
use crate::registry::{dossiers, model_workers, payee_accounts};

pub(super) async fn create(tx: &mut Tx, _may: &Permit<WriteRegistry>, new: NewPerson) -> Result<PersonView> {
    let row = create_below(tx, new, "").await?;
    view(tx, row).await
}

/// Records a person with its accounts. `prefix` is where in the body the person stands, for the pointers of refusals.
///
/// # Errors
/// Fields at fault; [`PERSON_EXISTS`] with the id of the person who has the identity number; an unknown reference.
pub(in crate::registry) async fn create_below(tx: &mut Tx, new: NewPerson, prefix: &str) -> Result<PersonRow> {
    let PreparedPerson { row, accounts } = prepare(tx, new, prefix)?;
    if let Some(known) = store::find_by_identity_number(tx, row.identity_number_hash.as_deref().unwrap_or_default()).await? {
        let refusal = PERSON_EXISTS.at(format!("{prefix}/identity_number"), PERSON_EXISTS.zh, PERSON_EXISTS.en);
        return Err(refusal.with("person_id", known).into());
    }
    store::insert(tx, std::slice::from_ref(&row)).await.map_err(|error| below(prefix, error))?;
    payee_accounts::open_for_person(tx, row.id, accounts).await?;
    Ok(row)
}

/// A person that may be recorded as far as its own data goes.
pub(in crate::registry) struct PreparedPerson {
    pub(in crate::registry) row: PersonRow,
    pub(in crate::registry) accounts: Vec<CheckedAccount>,
}

/// Looks at a person and seals its numbers, without asking the database.
///
/// # Errors
/// Fields at fault.
pub(in crate::registry) fn prepare(tx: &Tx, new: NewPerson, prefix: &str) -> Result<PreparedPerson> {
    let checked = rules::check(&new, prefix, tx.today())?;
    let number = checked.identity_number;
    let hash = tx.index(Indexed::IdentityNumber, number.as_str());
    let id = PersonId::generate();
    let mut row = PersonRow {
        federation_id: tx.federation,
        id,
        name: tidy(&new.name),
        sex: number.sex().code().to_owned(),
        born_on: Some(number.born_on()),
        died_on: new.died_on,
        organisation_id: new.organisation_id,
        region_code: new.region_code,
        version: 1,
        created_at: tx.now(),
        identity_number_sealed: Some(tx.seal(PersonRow::IDENTITY_NUMBER, id.0, number.as_str())?.bytes),
        identity_number_hash: Some(hash),
        phone_sealed: None,
        phone_hash: None,
        erased_on: None,
    };
    set_phone(tx, &mut row, new.phone.as_deref())?;
    Ok(PreparedPerson { row, accounts: checked.accounts })
}

fn set_phone(tx: &Tx, row: &mut PersonRow, phone: Option<&str>) -> Result<()> {
    row.phone_sealed = phone.map(|phone| tx.seal(PersonRow::PHONE, row.id.0, &tidy(phone))).transpose()?.map(|sealed| sealed.bytes);
    row.phone_hash = phone.map(|phone| tx.index(Indexed::Phone, &rules::phone_digits(phone)));
    Ok(())
}

/// The identity number as answers show it; empty for an erased person.
///
/// # Errors
/// When it cannot be opened.
pub(in crate::registry) fn shown_identity_number(tx: &Tx, row: &PersonRow) -> Result<Option<String>> {
    let number = row.identity_number_sealed.as_ref().map(|sealed| tx.open(PersonRow::IDENTITY_NUMBER, row.id.0, sealed)).transpose()?;
    Ok(number.map(|number| tx.sight().identity_number(number.expose())))
}

/// The identity numbers of persons as answers show them; who is erased or unknown is absent.
///
/// # Errors
/// When the database cannot be read or a number cannot be opened.
pub async fn shown_identity_numbers(tx: &mut Tx, ids: &[PersonId]) -> Result<HashMap<PersonId, String>> {
    let rows = store::persons_of(tx, ids).await?;
    let numbers = rows.iter().map(|row| Ok(shown_identity_number(tx, row)?.map(|number| (row.id, number))));
    Ok(numbers.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// A person as answers show it.
fn shown(tx: &Tx, row: PersonRow) -> Result<Person> {
    let phone = row.phone_sealed.as_ref().map(|sealed| tx.open(PersonRow::PHONE, row.id.0, sealed)).transpose()?;
    Ok(Person {
        id: row.id,
        identity_number: shown_identity_number(tx, &row)?,
        // What stands in place of an erased name is nobody's.
        name: if row.erased_on.is_some() { row.name } else { tx.sight().name(&row.name) },
        sex: row.sex,
        died_on: row.died_on,
        phone: phone.map(|phone| tx.sight().phone(phone.expose())),
        organisation_id: row.organisation_id,
        region_code: row.region_code,
        version: row.version,
        created_at: row.created_at,
        erased_on: row.erased_on,
    })
}

async fn view(tx: &mut Tx, row: PersonRow) -> Result<PersonView> {
    let payee_accounts = payee_accounts::accounts_of_person(tx, row.id).await?;
    Ok(PersonView { person: shown(tx, row)?, payee_accounts })
}

pub(super) async fn read(tx: &mut Tx, _may: &Permit<ReadRegistry>, id: PersonId) -> Result<PersonView> {
    let row = store::person(tx, id).await?;
    view(tx, row).await
}

pub(super) async fn list(tx: &mut Tx, _may: &Permit<ReadRegistry>, filter: &PersonFilter) -> Result<Page<Person>> {
    let wanted = Wanted::default();
    let page = store::list(tx, filter, &wanted, &filter.page()).await?;
    all_shown(tx, page)
}

fn all_shown(tx: &Tx, page: Page<PersonRow>) -> Result<Page<Person>> {
    let Page { items, next_cursor, totals } = page;
    Ok(Page { items: items.into_iter().map(|row| shown(tx, row)).collect::<Result<_>>()?, next_cursor, totals })
}

/// Looks for persons by what identifies them. Nothing is found by a part of a name or number.
pub(super) async fn search(tx: &mut Tx, _may: &Permit<ReadRegistry>, asked: &PersonSearch) -> Result<Page<Person>> {
    let number = asked.identity_number.as_deref().map(IdentityNumber::parse).transpose();
    let mut faults: Vec<FieldError> = Vec::new();
    if let Err(error) = &number {
        faults.push(FieldError::new("/identity_number", error.code(), error.zh(), error.en()));
    }
    faults.extend(asked.name.as_deref().and_then(|name| name_fault("/name", name)));
    faults.extend(asked.phone.as_deref().and_then(|phone| rules::phone_fault("/phone", phone)));
    if asked.name.is_none() && asked.identity_number.is_none() && asked.phone.is_none() {
        let text = ("请填写姓名、身份证号码或电话之一", "give a name, an identity number or a phone");
        faults.push(FieldError::new("/name", "search_for_nothing", text.0, text.1));
    }
    none_at_fault(faults)?;
    let number = number.ok().flatten();
    let wanted = Wanted {
        name: asked.name.as_deref().map(tidy),
        identity_number_hash: number.map(|number| tx.index(Indexed::IdentityNumber, number.as_str())),
        phone_hash: asked.phone.as_deref().map(|phone| tx.index(Indexed::Phone, &rules::phone_digits(phone))),
    };
    let page = PageRequest { cursor: asked.cursor, limit: asked.limit, walking: None };
    let page = store::list(tx, &PersonFilter::default(), &wanted, &page).await?;
    all_shown(tx, page)
}

/// Nothing is recorded any more of a person who was erased.
///
/// # Errors
/// [`PERSON_ERASED`].
pub(in crate::registry) fn not_erased(row: &PersonRow) -> Result<()> {
    if row.erased_on.is_some() { Err(PERSON_ERASED.refuse().into()) } else { Ok(()) }
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
    not_erased(&row)?;
    let before = view(tx, row.clone()).await?;
    tx.before(&before);
    let phone = new.phone.as_ref().and_then(|phone| rules::phone_fault("/phone", phone.as_deref()?));
    none_at_fault(new.name.as_deref().and_then(|name| name_fault("/name", name)).into_iter().chain(phone).collect())?;
    if let Some(name) = new.name {
        row.name = tidy(&name);
    }
    if let Some(phone) = new.phone {
        set_phone(tx, &mut row, phone.as_deref())?;
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
    let Some(born_on) = row.born_on else { return Err(PERSON_ERASED.refuse().into()) };
    none_at_fault(rules::death_faults("/died_on", death.died_on, born_on, tx.today()))?;
    let before = view(tx, row).await?;
    tx.before(&before);
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

/// A person in clear. Whoever asks has the permission, and the act says why.
///
/// # Errors
/// Not found; [`PERSON_ERASED`]; a value that cannot be opened.
pub async fn person_in_clear(tx: &mut Tx, id: PersonId) -> Result<ClearPerson> {
    let row = store::person(tx, id).await?;
    not_erased(&row)?;
    let open = |column, sealed: &Option<Vec<u8>>| sealed.as_ref().map(|sealed| tx.open(column, id.0, sealed)).transpose();
    Ok(ClearPerson {
        organisation_id: row.organisation_id,
        identity_number: open(PersonRow::IDENTITY_NUMBER, &row.identity_number_sealed)?,
        phone: open(PersonRow::PHONE, &row.phone_sealed)?,
        name: row.name,
    })
}

/// A person, held until the transaction ends, with what an erasure has to know.
///
/// # Errors
/// Not found; [`PERSON_ERASED`].
pub async fn hold_for_erasure(tx: &mut Tx, id: PersonId) -> Result<ErasablePerson> {
    let row = store::lock(tx, id).await?;
    let Some(identity_number_hash) = row.identity_number_hash else { return Err(PERSON_ERASED.refuse().into()) };
    Ok(ErasablePerson {
        organisation_id: row.organisation_id,
        identity_number_hash,
        open_dossier: dossiers::heads_open_dossier(tx, id).await?,
        accounts: payee_accounts::accounts_with_number(tx, id).await?,
    })
}

/// Takes out what identifies a person, for good: all of it, or the phone only. The accounts named lose holder and number.
/// The caller has held the person and knows that nothing keeps what goes.
///
/// # Errors
/// When the database cannot be written.
pub async fn erase(tx: &mut Tx, id: PersonId, whole: bool, accounts: &[PayeeAccountId]) -> Result<()> {
    let today = tx.today();
    payee_accounts::erase(tx, accounts, today).await?;
    if whole { store::erase(tx, id, today).await } else { store::erase_phone(tx, id).await }
}
