//! Payee accounts (收款账户) of persons who are registered.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::columns::{ACCOUNT_HOLDER, ACCOUNT_KIND, ACCOUNT_NUMBER, AGENT_REASON, BANK_NAME, FIELDS, IDENTITY, NAME, account};
use crate::access::permissions::WriteRegistry;
use crate::db::{Result, Tx};
use crate::imports::{self, Known, List, Unit, Wrong};
use crate::interchange::tables::{Faults, Row, Table, Words};
use crate::kernel::vault::Indexed;
use crate::kernel::{Permit, Text};
use crate::registry::payee_accounts::{self, NewPersonAccount};
use crate::registry::persons;

/// The list.
#[derive(Debug)]
pub(super) struct PayeeAccounts;

pub(super) static TABLE: Table = Table {
    name: "payee_accounts",
    title: Words::new("收款账户", "Payee accounts"),
    columns: &[
        NAME.required(),
        IDENTITY.required(),
        ACCOUNT_KIND.required(),
        ACCOUNT_NUMBER.required(),
        ACCOUNT_HOLDER,
        BANK_NAME,
        AGENT_REASON,
    ],
};

/// What a row says.
pub(super) struct Content {
    name: String,
    identity_number: String,
    account: NewPersonAccount,
}

impl List for PayeeAccounts {
    type Content = Content;
    type May = WriteRegistry;

    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn read(&self, row: &Row, _known: &Known, faults: &mut Faults) -> Option<Content> {
        let name = faults.take(row.name("name"));
        let number = faults.take(row.identity("identity_number"));
        let account = account(row, faults);
        Some(Content { name: name?, identity_number: number?.as_str().to_owned(), account: account? })
    }

    fn take<'a>(
        &'a self,
        tx: &'a mut Tx,
        _may: &'a Permit<WriteRegistry>,
        _about: &'a Value,
        units: Vec<Unit<Content>>,
    ) -> BoxFuture<'a, Result<Vec<Vec<Wrong>>>> {
        async move {
            let mut verdicts = Vec::with_capacity(units.len());
            for row in units.into_iter().flat_map(|unit| unit.rows) {
                verdicts.push(take_one(tx, row.row, row.content).await?);
            }
            Ok(verdicts)
        }
        .boxed()
    }
}

async fn take_one(tx: &mut Tx, row: u32, content: Content) -> Result<Vec<Wrong>> {
    let hash = tx.index(Indexed::IdentityNumber, &content.identity_number);
    let Some(person) = persons::store::by_identity_numbers(tx, &[hash]).await?.pop() else {
        let text = Text::new("没有登记此身份证号码的人员", "nobody with this identity number is registered");
        return Ok(vec![Wrong::of(row, "identity_number", "person_unknown", &text)]);
    };
    if person.name != content.name {
        return Ok(vec![super::intake::name_differs(row)]);
    }
    imports::save(tx).await?;
    match payee_accounts::open_another(tx, person.id, &person.name, &content.account).await {
        Ok(()) => imports::release(tx).await.map(|()| Vec::new()),
        Err(error) => Ok(imports::wrongs(row, &imports::refuse(tx, error).await?, FIELDS, "account_number")),
    }
}
