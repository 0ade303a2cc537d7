//! Use cases: recording, changing and closing payee accounts.

use super::model::{
    AccountClosing, AccountFilter, AccountRecord, AccountRow, ChangedAccount, NewPayeeAccount, NewPersonAccount, PayeeAccount,
};
use super::rules::CheckedAccount;
use super::{rules, store};
use crate::db::{Result, Tx};
use crate::kernel::refusal::none_at_fault;
use crate::kernel::{FieldError, OrganisationId, Page, PayeeAccountId, PersonId};
use crate::registry::error::{PAYEE_ACCOUNT_CLOSED, reference_unknown};
use crate::registry::persons;
use crate::registry::rules::{in_the_future, tidy};

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

/// Whose account it is: the name that the holder's is held against.
async fn payee_name(tx: &mut Tx, person: Option<PersonId>, holder: Option<&str>) -> Result<String> {
    match (person, holder) {
        (Some(person), _) => {
            let mut names = persons::store::names(tx, &[person]).await?;
            names.remove(&person).ok_or_else(|| reference_unknown("/person_id").into())
        }
        // The names of organisations are not the registry's to read. A 对公账户 is in the organisation's own name, so the
        // holder is taken for the payee, and must be said.
        (None, Some(holder)) => Ok(tidy(holder)),
        (None, None) => {
            let text = ("单位账户必须填写户名", "the holder of an organisation's account must be given");
            none_at_fault(vec![FieldError::new("/holder_name", "field_missing", text.0, text.1)])?;
            Ok(String::new())
        }
    }
}

pub(super) async fn create(tx: &mut Tx, new: NewPayeeAccount) -> Result<PayeeAccount> {
    if new.person_id.is_some() == new.organisation_id.is_some() {
        let text = ("请填写人员或组织之一", "give either a person or an organisation");
        none_at_fault(vec![FieldError::new("/person_id", "payee_not_one", text.0, text.1)])?;
    }
    let payee = payee_name(tx, new.person_id, new.holder_name.as_deref()).await?;
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

pub(super) async fn read(tx: &mut Tx, id: PayeeAccountId) -> Result<PayeeAccount> {
    Ok(store::account(tx, id).await?.into())
}

pub(super) async fn list(tx: &mut Tx, filter: &AccountFilter) -> Result<Page<PayeeAccount>> {
    Ok(store::list(tx, filter).await?.map(PayeeAccount::from))
}

pub(super) async fn change(tx: &mut Tx, id: PayeeAccountId, version: i32, new: ChangedAccount) -> Result<PayeeAccount> {
    let mut row = store::account(tx, id).await?;
    let payee = payee_name(tx, row.person_id, Some(&new.holder_name)).await?;
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

pub(super) async fn close(tx: &mut Tx, id: PayeeAccountId, closing: AccountClosing) -> Result<PayeeAccount> {
    let row = store::lock(tx, id).await?;
    if row.closed_on.is_some() {
        return Err(PAYEE_ACCOUNT_CLOSED.refuse().into());
    }
    none_at_fault(in_the_future("/closed_on", closing.closed_on, tx.today()).into_iter().collect())?;
    Ok(store::close(tx, id, closing.closed_on).await?.into())
}

/// The open accounts of persons and organisations, oldest first, with their full numbers.
///
/// # Errors
/// When the database cannot be read.
pub async fn open_accounts_of(tx: &mut Tx, persons: &[PersonId], organisations: &[OrganisationId]) -> Result<Vec<AccountRecord>> {
    Ok(store::open_of(tx, persons, organisations).await?.into_iter().map(AccountRecord::from).collect())
}
