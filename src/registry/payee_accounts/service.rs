//! Use cases: recording, changing and closing payee accounts.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::model::{
    AccountClosing, AccountFilter, AccountRecord, AccountRow, ChangedAccount, ClearAccount, NewPayeeAccount, NewPersonAccount,
    PayeeAccount, PaymentAccount, ShownAccount,
};
use super::rules::CheckedAccount;
use super::{rules, store};
use crate::access::permissions::{ReadRegistry, WriteRegistry};
use crate::db::{Result, Tx};
use crate::kernel::Permit;
use crate::kernel::refusal::{in_future, none_at_fault};
use crate::kernel::vault::{Indexed, Secret};
use crate::kernel::{FieldError, OrganisationId, Page, PayeeAccountId, PersonId, refusal};
use crate::organisations;
use crate::registry::error::{PAYEE_ACCOUNT_CLOSED, reference_unknown};
use crate::registry::persons;
use crate::registry::rules::unchanged_since;

fn row(tx: &Tx, person_id: Option<PersonId>, organisation_id: Option<OrganisationId>, account: CheckedAccount) -> Result<AccountRow> {
    let id = PayeeAccountId::generate();
    Ok(AccountRow {
        federation_id: tx.federation,
        id,
        person_id,
        organisation_id,
        kind: account.kind,
        number_sealed: Some(tx.seal(AccountRow::NUMBER, id.0, &account.number)?.bytes),
        number_hash: Some(tx.index(Indexed::AccountNumber, &account.number)),
        holder_name: account.holder_name,
        bank_name: account.bank_name,
        agent_reason: account.agent_reason,
        closed_on: None,
        version: 1,
        created_at: tx.now(),
        erased_on: None,
    })
}

/// The number in clear, until it is masked; empty once it is erased.
fn number(tx: &Tx, row: &AccountRow) -> Result<Option<Secret>> {
    row.number_sealed.as_ref().map(|sealed| tx.open(AccountRow::NUMBER, row.id.0, sealed)).transpose()
}

/// An account as answers show it.
fn shown(tx: &Tx, row: AccountRow) -> Result<PayeeAccount> {
    let number = number(tx, &row)?;
    Ok(PayeeAccount {
        luhn_valid: number.as_ref().and_then(|number| rules::luhn_valid(row.kind, number.expose())),
        number: number.map(|number| tx.sight().account_number(number.expose())),
        id: row.id,
        person_id: row.person_id,
        // An organisation's name is no personal data.
        holder_name: if row.organisation_id.is_some() || row.erased_on.is_some() {
            row.holder_name
        } else {
            tx.sight().name(&row.holder_name)
        },
        organisation_id: row.organisation_id,
        kind: row.kind,
        bank_name: row.bank_name,
        agent_reason: row.agent_reason,
        closed_on: row.closed_on,
        version: row.version,
        created_at: row.created_at,
    })
}

/// Records the accounts of a person who was just recorded.
pub(in crate::registry) async fn open_for_person(tx: &mut Tx, person: PersonId, accounts: Vec<CheckedAccount>) -> Result<()> {
    if accounts.is_empty() {
        return Ok(());
    }
    let rows = rows_of_person(tx, person, accounts)?;
    store::insert(tx, &rows).await
}

/// The accounts of a person as they will be kept.
pub(in crate::registry) fn rows_of_person(tx: &Tx, person: PersonId, accounts: Vec<CheckedAccount>) -> Result<Vec<AccountRow>> {
    accounts.into_iter().map(|account| row(tx, Some(person), None, account)).collect()
}

/// Records another account of a person whose name is known.
///
/// # Errors
/// Fields at fault; an account of this number that is open.
pub(in crate::registry) async fn open_another(tx: &mut Tx, person: PersonId, name: &str, account: &NewPersonAccount) -> Result<()> {
    open_for_person(tx, person, vec![rules::check_one(account, name)?]).await
}

pub(in crate::registry) async fn accounts_of_person(tx: &mut Tx, person: PersonId) -> Result<Vec<PayeeAccount>> {
    store::of_person(tx, person).await?.into_iter().map(|row| shown(tx, row)).collect()
}

/// Whose account it is: the name that the holder's is held against. Exactly one of the two is given.
async fn payee_name(tx: &mut Tx, person: Option<PersonId>, organisation: Option<OrganisationId>) -> Result<String> {
    match (person, organisation) {
        (Some(person), None) => {
            let row = persons::store::persons_of(tx, &[person]).await?.pop().ok_or_else(|| reference_unknown("/person_id"))?;
            persons::not_erased(&row)?;
            Ok(row.name)
        }
        (None, Some(organisation)) => {
            let name = organisations::names(tx, &[organisation]).await?.into_iter().next();
            name.map(|(_, name)| name).ok_or_else(|| reference_unknown("/organisation_id").into())
        }
        _ => {
            let text = ("请填写人员或组织之一", "give either a person or an organisation");
            let fault = FieldError::new("/person_id", "payee_not_one", text.0, text.1);
            Err(refusal::FIELDS_INVALID.refuse().with_fields(vec![fault]).into())
        }
    }
}

pub(super) async fn create(tx: &mut Tx, _may: &Permit<WriteRegistry>, new: NewPayeeAccount) -> Result<PayeeAccount> {
    let payee = payee_name(tx, new.person_id, new.organisation_id).await?;
    let (person, organisation) = (new.person_id, new.organisation_id);
    let account = NewPersonAccount {
        kind: new.kind,
        number: new.number,
        holder_name: new.holder_name,
        bank_name: new.bank_name,
        agent_reason: new.agent_reason,
    };
    let row = row(tx, person, organisation, rules::check_one(&account, &payee)?)?;
    store::insert(tx, std::slice::from_ref(&row)).await?;
    shown(tx, row)
}

pub(super) async fn read(tx: &mut Tx, _may: &Permit<ReadRegistry>, id: PayeeAccountId) -> Result<PayeeAccount> {
    let row = store::account(tx, id).await?;
    shown(tx, row)
}

pub(super) async fn list(tx: &mut Tx, _may: &Permit<ReadRegistry>, filter: &AccountFilter) -> Result<Page<PayeeAccount>> {
    let Page { items, next_cursor, totals } = store::list(tx, filter).await?;
    Ok(Page { items: items.into_iter().map(|row| shown(tx, row)).collect::<Result<_>>()?, next_cursor, totals })
}

pub(super) async fn change(
    tx: &mut Tx,
    _may: &Permit<WriteRegistry>,
    id: PayeeAccountId,
    version: i32,
    new: ChangedAccount,
) -> Result<PayeeAccount> {
    let mut row = store::account(tx, id).await?;
    unchanged_since(row.version, version)?;
    let Some(number) = number(tx, &row)? else { return Err(PAYEE_ACCOUNT_CLOSED.refuse().into()) };
    let payee = payee_name(tx, row.person_id, row.organisation_id).await?;
    let account = NewPersonAccount {
        kind: row.kind,
        number: number.expose().to_owned(),
        holder_name: Some(new.holder_name.unwrap_or_else(|| row.holder_name.clone())),
        bank_name: new.bank_name,
        agent_reason: new.agent_reason,
    };
    let account = rules::check_one(&account, &payee)?;
    let before = shown(tx, row.clone())?;
    tx.before(&before);
    row.holder_name = account.holder_name;
    row.bank_name = account.bank_name;
    row.agent_reason = account.agent_reason;
    let row = store::update(tx, version, &row).await?;
    shown(tx, row)
}

pub(super) async fn close(tx: &mut Tx, _may: &Permit<WriteRegistry>, id: PayeeAccountId, closing: AccountClosing) -> Result<PayeeAccount> {
    let row = store::lock(tx, id).await?;
    if row.closed_on.is_some() {
        return Err(PAYEE_ACCOUNT_CLOSED.refuse().into());
    }
    none_at_fault(in_future("/closed_on", closing.closed_on, tx.today()).into_iter().collect())?;
    let before = shown(tx, row)?;
    tx.before(&before);
    let row = store::close(tx, id, closing.closed_on).await?;
    shown(tx, row)
}

/// The open accounts of persons and organisations, oldest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn open_accounts_of(tx: &mut Tx, persons: &[PersonId], organisations: &[OrganisationId]) -> Result<Vec<AccountRecord>> {
    Ok(store::open_of(tx, persons, organisations).await?.into_iter().map(AccountRecord::from).collect())
}

/// Accounts as answers about payments show them, by id.
///
/// # Errors
/// When the database cannot be read or a number cannot be opened.
pub async fn shown_accounts(tx: &mut Tx, ids: &[PayeeAccountId]) -> Result<HashMap<PayeeAccountId, ShownAccount>> {
    let rows = store::accounts(tx, ids).await?;
    let masked = rows.into_iter().map(|row| {
        let number = number(tx, &row)?.map(|number| tx.sight().account_number(number.expose()));
        Ok((row.id, ShownAccount { number, of_organisation: row.organisation_id.is_some() }))
    });
    masked.collect()
}

/// An account in clear. Whoever asks has the permission, and the act says why.
///
/// # Errors
/// Not found; a number that cannot be opened.
pub async fn account_in_clear(tx: &mut Tx, id: PayeeAccountId) -> Result<ClearAccount> {
    let row = store::account(tx, id).await?;
    let organisation_id = match row.person_id {
        Some(person) => persons::store::person(tx, person).await?.organisation_id,
        None => row.organisation_id,
    };
    Ok(ClearAccount { organisation_id, number: number(tx, &row)?, holder_name: row.holder_name })
}

/// Accounts in clear, for the file that pays to them.
///
/// # Errors
/// A number that cannot be opened.
pub async fn accounts_of_payments(tx: &mut Tx, ids: &[PayeeAccountId]) -> Result<HashMap<PayeeAccountId, PaymentAccount>> {
    let rows = store::accounts(tx, ids).await?;
    let account = |row: AccountRow| {
        let number = number(tx, &row)?;
        let of_organisation = row.organisation_id.is_some();
        Ok((row.id, PaymentAccount { of_organisation, holder_name: row.holder_name, number, bank_name: row.bank_name }))
    };
    rows.into_iter().map(account).collect()
}

/// The accounts of a person that are not erased.
pub(in crate::registry) async fn accounts_with_number(tx: &mut Tx, person: PersonId) -> Result<Vec<PayeeAccountId>> {
    Ok(store::of_person(tx, person).await?.into_iter().filter(|row| row.erased_on.is_none()).map(|row| row.id).collect())
}

/// Takes out holder, number and bank of accounts, and closes those that are open.
pub(in crate::registry) async fn erase(tx: &mut Tx, ids: &[PayeeAccountId], on: NaiveDate) -> Result<()> {
    if ids.is_empty() { Ok(()) } else { store::erase(tx, ids, on).await }
}
