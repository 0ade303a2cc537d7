//! Lists of recipients that subordinate unions report (核销名单), from files: what they received is disbursed from then on.

use chrono::NaiveDate;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::model::{FeedbackRequest, NewFeedback};
use super::service;
use crate::access::permissions::FollowUpPayments;
use crate::db::{Error, Result, Tx};
use crate::imports::{self, Import, Known, List, Unit, Wrong, positive};
use crate::interchange::tables::{Column, Faults, Kind, Row, Table, Words};
use crate::jobs::Work;
use crate::kernel::{Permit, Refusal, TransferId};

/// The kind of the job.
pub(super) const FEEDBACK: &str = "import.feedback";

/// The list.
#[derive(Debug)]
pub struct ReportedRecipients;

pub(super) static TABLE: Table = Table {
    name: "feedback",
    title: Words::new("下级工会发放名单", "Recipients of a subordinate union"),
    columns: &[
        Column::new("name", "姓名", Kind::Name).required().example("王小明"),
        Column::new("identity_number", "身份证号码", Kind::Identity)
            .required()
            .aliases(&["身份证号", "身份证", "证件号码"])
            .example("510599199001010017"),
        Column::new("household_number", "家庭编号", Kind::Code).aliases(&["户编号", "档案编号"]),
        Column::new("amount", "发放金额", Kind::Money).required().aliases(&["金额", "金额（元）"]).example("1000.00"),
        Column::new("paid_on", "发放日期", Kind::Date).required().aliases(&["发放时间"]).example("2022-09-20"),
    ],
};

/// The jobs of this folder.
pub(in crate::payments) fn works() -> Vec<Box<dyn Work>> {
    vec![Import::work(FEEDBACK, ReportedRecipients)]
}

/// What the list is of.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct About {
    pub(super) transfer: TransferId,
    pub(super) reported_on: Option<NaiveDate>,
}

const FIELDS: &[(&str, &str)] = &[("name", "name"), ("identity_number", "identity_number"), ("amount", "amount"), ("paid_on", "paid_on")];

impl List for ReportedRecipients {
    type Content = NewFeedback;
    type May = FollowUpPayments;

    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn read(&self, row: &Row, _known: &Known, faults: &mut Faults) -> Option<NewFeedback> {
        let name = faults.take(row.name("name"));
        let identity_number = faults.take(row.identity("identity_number"));
        let household_number = faults.take(row.text("household_number"));
        let amount = positive(row, "amount", faults);
        let paid_on = faults.take(row.date("paid_on"));
        Some(NewFeedback { name: name?, identity_number: identity_number?, household_number, amount: amount?, paid_on: paid_on? })
    }

    /// The transfer, whichever day the list is reported on.
    fn within(&self, parameters: &Value) -> Value {
        parameters.get("transfer").cloned().unwrap_or_default()
    }

    fn take<'a>(
        &'a self,
        tx: &'a mut Tx,
        may: &'a Permit<FollowUpPayments>,
        about: &'a Value,
        units: Vec<Unit<NewFeedback>>,
    ) -> BoxFuture<'a, Result<Vec<Vec<Wrong>>>> {
        take(tx, may, about, units).boxed()
    }
}

/// Reports the rows with one posting; a row at fault is told apart by the place that the refusal names, and the others are
/// reported without it. What is refused of the list as a whole, such as more than was transferred, is told of each row.
async fn take(tx: &mut Tx, may: &Permit<FollowUpPayments>, about: &Value, units: Vec<Unit<NewFeedback>>) -> Result<Vec<Vec<Wrong>>> {
    let about: About = serde_json::from_value(about.clone()).map_err(|error| Error::Internal(format!("stored parameters: {error}")))?;
    let mut verdicts: Vec<Vec<Wrong>> = units.iter().map(|_| Vec::new()).collect();
    let rows: Vec<(u32, NewFeedback)> = units.into_iter().flat_map(|unit| unit.rows).map(|row| (row.row, row.content)).collect();
    loop {
        let good: Vec<usize> = (0..rows.len()).filter(|place| verdicts.get(*place).is_some_and(Vec::is_empty)).collect();
        let contents: Vec<NewFeedback> = good.iter().filter_map(|place| rows.get(*place)).map(|(_, content)| content.clone()).collect();
        if contents.is_empty() {
            return Ok(verdicts);
        }
        imports::save(tx).await?;
        let request = FeedbackRequest { reported_on: about.reported_on, rows: contents };
        let refusal = match service::report(tx, may, about.transfer, request).await {
            Ok(_) => {
                imports::release(tx).await?;
                return Ok(verdicts);
            }
            Err(error) => imports::refuse(tx, error).await?,
        };
        let before = verdicts.iter().filter(|verdict| verdict.is_empty()).count();
        for (index, place) in good.iter().enumerate() {
            let Some((row, _)) = rows.get(*place) else { continue };
            if let Some(verdict) = verdicts.get_mut(*place) {
                *verdict = of_row(*row, index, &refusal);
            }
        }
        // A refusal of the whole has marked every row: then the loop ends above. One that marked none would go on for ever.
        if verdicts.iter().filter(|verdict| verdict.is_empty()).count() == before {
            return Err(refusal.into());
        }
    }
}

/// What a refusal says of the row at a place; all of it when it names no place at all.
fn of_row(row: u32, index: usize, refusal: &Refusal) -> Vec<Wrong> {
    let names_places = refusal.fields.iter().any(|field| field.pointer.starts_with("/rows/"));
    if !names_places {
        return imports::wrongs(row, refusal, FIELDS, "amount");
    }
    let prefix = format!("/rows/{index}/");
    let own: Vec<_> = refusal.fields.iter().filter(|field| field.pointer.starts_with(&prefix)).cloned().collect();
    if own.is_empty() { Vec::new() } else { imports::wrongs(row, &refusal.clone().with_fields(own), FIELDS, "amount") }
}
