//! Recipients without a dossier (无档案人员): persons with the account they are paid to.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::columns::{
    ACCOUNT_HOLDER, ACCOUNT_KIND, ACCOUNT_NUMBER, AGENT_REASON, BANK_NAME, FIELDS, IDENTITY, NAME, ORGANISATION, PHONE, REGION, person,
    place,
};
use crate::access::permissions::WriteRegistry;
use crate::db::{Result, Tx};
use crate::imports::{self, Known, List, Unit, Wrong};
use crate::interchange::tables::{Faults, Row, Table, Words};
use crate::kernel::Permit;
use crate::registry::persons::{self, NewPerson};

/// The list.
#[derive(Debug)]
pub(super) struct Recipients;

pub(super) static TABLE: Table = Table {
    name: "recipients",
    title: Words::new("无档案帮扶对象", "Recipients without dossier"),
    columns: &[
        NAME.required(),
        IDENTITY.required(),
        PHONE,
        ORGANISATION,
        REGION,
        ACCOUNT_KIND,
        ACCOUNT_NUMBER,
        ACCOUNT_HOLDER,
        BANK_NAME,
        AGENT_REASON,
    ],
};

impl List for Recipients {
    type Content = NewPerson;
    type May = WriteRegistry;

    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn read(&self, row: &Row, known: &Known, faults: &mut Faults) -> Option<NewPerson> {
        let (organisation, region) = place(row, known, faults);
        person(row, organisation, region, faults)
    }

    fn take<'a>(
        &'a self,
        tx: &'a mut Tx,
        _may: &'a Permit<WriteRegistry>,
        _about: &'a Value,
        units: Vec<Unit<NewPerson>>,
    ) -> BoxFuture<'a, Result<Vec<Vec<Wrong>>>> {
        async move {
            let mut verdicts = Vec::with_capacity(units.len());
            for row in units.into_iter().flat_map(|unit| unit.rows) {
                imports::save(tx).await?;
                verdicts.push(match persons::create_below(tx, row.content, "").await {
                    Ok(_) => imports::release(tx).await.map(|()| Vec::new())?,
                    Err(error) => imports::wrongs(row.row, &imports::refuse(tx, error).await?, FIELDS, "name"),
                });
            }
            Ok(verdicts)
        }
        .boxed()
    }
}
