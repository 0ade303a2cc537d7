//! Model workers (劳模) with an honour and the account they are paid to; several honours are several rows.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::columns::{
    ACCOUNT_HOLDER, ACCOUNT_KIND, ACCOUNT_NUMBER, AGENT_REASON, BANK_NAME, FIELDS, IDENTITY, NAME, ORGANISATION, PHONE, REGION, person,
    place,
};
use crate::access::permissions::WriteRegistry;
use crate::db::{Result, Tx};
use crate::imports::{self, Known, List, Unit, Whole, Wrong, word};
use crate::interchange::tables::{Choice, Column, Faults, Kind, Row, Table, Words};
use crate::kernel::vault::Indexed;
use crate::kernel::{Permit, Text};
use crate::registry::model_workers::{self, HonourLevel, NewHonour, NewModelWorker};
use crate::registry::persons::{self, NewPerson};

/// The list.
#[derive(Debug)]
pub(super) struct ModelWorkers;

const LEVELS: &[Choice] = &[
    Choice::new("national", "全国", &["国家级", "全国级"]),
    Choice::new("provincial", "省部级", &["省级"]),
    Choice::new("municipal", "市级", &["地市级"]),
];

pub(super) static TABLE: Table = Table {
    name: "model_workers",
    title: Words::new("劳动模范", "Model workers"),
    columns: &[
        NAME.required(),
        IDENTITY.required(),
        PHONE,
        Column::new("honour_level", "荣誉级别", Kind::Choice(LEVELS)).required().aliases(&["劳模级别", "级别"]).example("省部级"),
        Column::new("honour_title", "荣誉称号", Kind::Text).required().aliases(&["劳模称号", "称号"]).example("四川省劳动模范"),
        Column::new("awarded_on", "授予日期", Kind::Date).required().aliases(&["获得时间", "授予时间"]).example("2015-04-28"),
        Column::new("died_on", "死亡日期", Kind::Date).aliases(&["去世日期"]),
        REGION.required(),
        ORGANISATION,
        ACCOUNT_KIND,
        ACCOUNT_NUMBER,
        ACCOUNT_HOLDER,
        BANK_NAME,
        AGENT_REASON,
    ],
};

/// What a row says.
pub(super) struct Content {
    person: NewPerson,
    region: String,
    honour: NewHonour,
}

const HONOUR_FIELDS: &[(&str, &str)] = &[("level", "honour_level"), ("title", "honour_title"), ("awarded_on", "awarded_on")];

impl List for ModelWorkers {
    type Content = Content;
    type May = WriteRegistry;

    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn read(&self, row: &Row, known: &Known, faults: &mut Faults) -> Option<Content> {
        let (organisation, region) = place(row, known, faults);
        let person = person(row, organisation, None, faults);
        let level: Option<HonourLevel> = faults.take(row.choice("honour_level")).and_then(word);
        let title = faults.take(row.text("honour_title"));
        let awarded_on = faults.take(row.date("awarded_on"));
        let died_on = faults.take(row.date("died_on"));
        let honour = NewHonour { level: level?, title: title?, awarded_on: awarded_on? };
        Some(Content { person: NewPerson { died_on, ..person? }, region: region?, honour })
    }

    fn together(&self) -> Option<&'static str> {
        Some("identity_number")
    }

    /// Rows of one person go by the identity number; where it cannot be read, a row of the same name as the one above it is
    /// meant for the same person.
    fn whole(&self, row: &Row, above: Option<&Row>) -> Whole {
        let name = row.written("name");
        match row.identity("identity_number") {
            Ok(Some(number)) => Whole::By(number.as_str().to_owned()),
            _ if name.is_some() && above.is_some_and(|above| above.written("name") == name) => Whole::Above,
            _ => Whole::Alone,
        }
    }

    fn take<'a>(
        &'a self,
        tx: &'a mut Tx,
        may: &'a Permit<WriteRegistry>,
        _about: &'a Value,
        units: Vec<Unit<Content>>,
    ) -> BoxFuture<'a, Result<Vec<Vec<Wrong>>>> {
        async move {
            let mut verdicts = Vec::with_capacity(units.len());
            for unit in units {
                verdicts.push(take_one(tx, may, unit).await?);
            }
            Ok(verdicts)
        }
        .boxed()
    }
}

/// Records a person with all honours that the file gives; the person stands in each row, and must be the same in each.
async fn take_one(tx: &mut Tx, may: &Permit<WriteRegistry>, unit: Unit<Content>) -> Result<Vec<Wrong>> {
    let mut rows = unit.rows.into_iter();
    let Some(first) = rows.next() else { return Ok(Vec::new()) };
    let (name, row) = (first.content.person.name.clone(), first.row);
    let mut honours = vec![first.content.honour];
    for other in rows {
        if other.content.person.name != name {
            let text = Text::new("同一身份证号码的各行姓名不一致", "rows of one identity number have different names");
            return Ok(vec![Wrong::of(other.row, "name", "rows_disagree", &text)]);
        }
        honours.push(other.content.honour);
    }
    let organisation_id = first.content.person.organisation_id;
    let hash = tx.index(Indexed::IdentityNumber, &first.content.person.identity_number);
    let known = persons::store::by_identity_numbers(tx, &[hash]).await?.pop();
    if known.as_ref().is_some_and(|person| person.name != name) {
        return Ok(vec![super::intake::name_differs(row)]);
    }
    let person_id = known.map(|person| person.id);
    let person = Some(first.content.person).filter(|_| person_id.is_none());
    let new = NewModelWorker { person_id, person, region_code: first.content.region, organisation_id, honours };
    imports::save(tx).await?;
    match model_workers::create(tx, may, new).await {
        Ok(_) => imports::release(tx).await.map(|()| Vec::new()),
        Err(error) => {
            let fields: Vec<(&str, &'static str)> = FIELDS.iter().chain(HONOUR_FIELDS).copied().collect();
            Ok(imports::wrongs(row, &imports::refuse(tx, error).await?, &fields, "name"))
        }
    }
}
