//! Use cases: recording, changing and closing payee accounts.

use super::model::{
    AccountClosing, AccountFilter, AccountRecord, AccountRow, ChangedAccount, NewPayeeAccount, NewPersonAccount, PayeeAccount,
};
use super::rules::CheckedAccount;
use super::{rules, store};
use crate::access::permissions::{ReadRegistry, WriteRegistry};
use crate::db::{Result, Tx};
use crate::kernel::Permit;
use crate::kernel::refusal::{in_future, none_at_fault};
use crate::kernel::{FieldError, OrganisationId, Page, PayeeAccountId, PersonId, refusal};
use crate::organisations;
use crate::registry::error::{PAYEE_ACCOUNT_CLOSED, reference_unknown};
use crate::registry::persons;
use crate::registry::rules::unchanged_since;

fn row(tx: &Tx, person_id: Option<PersonId>, organisation_id: Option<OrganisationId>, account: CheckedAccount) -> AccountRow {
    AccountRow {
        federation_id: tx.federation,
        id: PayeeAccountId::generate(),
        person_id,
        organisation_id,
        kind: account.kind,
        number: account.number,
        holder_name: account.holder_name,
        bank_name: account.bank_name,
        agent_reason: account.agent_reason,
        closed_on: None,
        version: 1,
        created_at: tx.now(),
    }
}

/// Records the accounts of a person who was just recorded.
pub(in crate::registry) async fn open_for_person(tx: &mut Tx, person: PersonId, accounts: Vec<CheckedAccount>) -> Result<()> {
    if accounts.is_empty() {
        return Ok(());
    }
    let rows: Vec<AccountRow> = accounts.into_iter().map(|account| row(tx, Some(person), None, account)).collect();
    store::insert(tx, &rows).await
}

pub(in crate::registry) async fn accounts_of_person(tx: &mut Tx, person: PersonId) -> Result<Vec<PayeeAccount>> {
    Ok(store::of_person(tx, person).await?.into_iter().map(PayeeAccount::from).collect())
}

/// Whose account it is: the name that the holder's is held against. Exactly one of the two is given.
async fn payee_name(tx: &mut Tx, person: Option<PersonId>, organisation: Option<OrganisationId>) -> Result<String> {
    match (person, organisation) {
        (Some(person), None) => {
            let name = persons::store::names(tx, &[person]).await?.remove(&person);
            name.ok_or_else(|| reference_unknown("/person_id").into())
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
    let row = row(tx, person, organisation, rules::check_one(&account, &payee)?);
    store::insert(tx, std::slice::from_ref(&row)).await?;
    Ok(row.into())
}

pub(super) async fn read(tx: &mut Tx, _may: &Permit<ReadRegistry>, id: PayeeAccountId) -> Result<PayeeAccount> {
    Ok(store::account(tx, id).await?.into())
}

pub(super) async fn list(tx: &mut Tx, _may: &Permit<ReadRegistry>, filter: &AccountFilter) -> Result<Page<PayeeAccount>> {
    Ok(store::list(tx, filter).await?.map(PayeeAccount::from))
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
    let payee = payee_name(tx, row.person_id, row.organisation_id).await?;
    let account = NewPersonAccount {
        kind: row.kind,
        number: row.number.clone(),
        holder_name: Some(new.holder_name),
        bank_name: new.bank_name,
        agent_reason: new.agent_reason,
    };
    let account = rules::check_one(&account, &payee)?;
    row.holder_name = account.holder_name;
    row.bank_name = account.bank_name;
    row.agent_reason = account.agent_reason;
    Ok(store::update(tx, version, &row).await?.into())
}

pub(super) async fn close(tx: &mut Tx, _may: &Permit<WriteRegistry>, id: PayeeAccountId, closing: AccountClosing) -> Result<PayeeAccount> {
    let row = store::lock(tx, id).await?;
    if row.closed_on.is_some() {
        return Err(PAYEE_ACCOUNT_CLOSED.refuse().into());
    }
    none_at_fault(in_future("/closed_on", closing.closed_on, tx.today()).into_iter().collect())?;
    Ok(store::close(tx, id, closing.closed_on).await?.into())
}

/// The open accounts of persons and organisations, oldest first, with their full numbers.
///
/// # Errors
/// When the database cannot be read.
pub async fn open_accounts_of(tx: &mut Tx, persons: &[PersonId], organisations: &[OrganisationId]) -> Result<Vec<AccountRecord>> {
    Ok(store::open_of(tx, persons, organisations).await?.into_iter().map(AccountRecord::from).collect())
}
