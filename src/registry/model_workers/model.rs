//! Model workers and honours as they are kept and shown.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::db::schema::{honour, model_worker};
use crate::kernel::{FederationId, HonourId, Located, ModelWorkerId, OrganisationId, PersonId, Versioned};
use crate::list_filter;
use crate::registry::model::words;
use crate::registry::persons::NewPerson;

words! {
    /// Who awarded an honour.
    HonourLevel {
        /// 全国劳模
        National = "national",
        /// 省部级劳模
        Provincial = "provincial",
        /// 市级劳模
        Municipal = "municipal",
    }
}

words! {
    /// Why an honour ended.
    HonourEndReason {
        /// 死亡
        Deceased = "deceased",
        /// 撤销
        Revoked = "revoked",
        /// 其他
        Other = "other",
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = model_worker)]
pub(super) struct ModelWorkerRow {
    pub(super) federation_id: FederationId,
    pub(super) id: ModelWorkerId,
    pub(super) person_id: PersonId,
    pub(super) region_code: String,
    pub(super) organisation_id: Option<OrganisationId>,
    pub(super) version: i32,
    pub(super) created_at: DateTime<Utc>,
}

/// A model worker (劳动模范).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ModelWorker {
    /// Its id.
    pub id: ModelWorkerId,
    /// The person.
    pub person_id: PersonId,
    /// The person's name, masked: `王**`.
    pub person_name: String,
    /// The person's identity number, masked: `510502********123X`; empty for an erased person.
    pub identity_number: Option<String>,
    /// When the person died.
    pub died_on: Option<NaiveDate>,
    /// Where the model worker is looked after.
    pub region_code: String,
    /// The union that looks after the model worker.
    pub organisation_id: Option<OrganisationId>,
    /// Honours, the first awarded first.
    pub honours: Vec<Honour>,
    /// Counted up by every change, of the honours too.
    pub version: i32,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}

/// An honour (劳模荣誉).
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = honour)]
pub struct Honour {
    /// Whose it is.
    #[serde(skip)]
    pub federation_id: FederationId,
    /// Its id.
    pub id: HonourId,
    /// Of which model worker.
    #[serde(skip)]
    pub model_worker_id: ModelWorkerId,
    /// Who awarded it.
    pub level: HonourLevel,
    /// Its title.
    pub title: String,
    /// When it was awarded.
    pub awarded_on: NaiveDate,
    /// The last day it counts: that of death, or of being revoked.
    pub ended_on: Option<NaiveDate>,
    /// Why it ended.
    pub end_reason: Option<HonourEndReason>,
}

/// A model worker to be recorded: a person who is registered, or a new one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewModelWorker {
    /// The person, or
    pub person_id: Option<PersonId>,
    /// the person to be recorded with it: exactly one of the two.
    pub person: Option<NewPerson>,
    /// Where the model worker is looked after.
    pub region_code: String,
    /// The union that looks after the model worker.
    pub organisation_id: Option<OrganisationId>,
    /// Honours.
    #[serde(default)]
    pub honours: Vec<NewHonour>,
}

/// An honour to be recorded. One of a person who has died ends on the day of death, or on that of its award when it was
/// awarded afterwards (追授).
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHonour {
    /// Who awarded it.
    pub level: HonourLevel,
    /// Its title.
    pub title: String,
    /// When it was awarded.
    pub awarded_on: NaiveDate,
}

/// What a model worker is changed to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedModelWorker {
    /// Where the model worker is looked after.
    pub region_code: String,
    /// The union that looks after the model worker.
    pub organisation_id: Option<OrganisationId>,
}

/// The end of an honour other than by death, which is recorded of the person.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HonourEnding {
    /// The last day it counts.
    pub ended_on: NaiveDate,
    /// `revoked` or `other`; `deceased` is set by recording the death.
    pub reason: HonourEndReason,
}

list_filter! {
    /// Which model workers.
    ModelWorkerFilter {
        /// Of which person.
        person_id: PersonId,
        /// Where they are looked after.
        region_code: String,
        /// The union that looks after them.
        organisation_id: OrganisationId,
        /// With an honour of this level.
        level: HonourLevel,
    }
}

/// An honour with who holds it, for other modules.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct HonourRecord {
    /// The model worker.
    pub model_worker_id: ModelWorkerId,
    /// The person.
    pub person_id: PersonId,
    /// The person's name.
    pub person_name: String,
    /// When the person died.
    pub died_on: Option<NaiveDate>,
    /// Where the model worker is looked after.
    pub region_code: String,
    /// Who awarded the honour.
    pub level: HonourLevel,
    /// Its title.
    pub title: String,
    /// When it was awarded.
    pub awarded_on: NaiveDate,
    /// The last day it counts.
    pub ended_on: Option<NaiveDate>,
}

impl Located for ModelWorker {
    fn location(&self) -> String {
        format!("/v1/model-workers/{}", self.id)
    }
}

impl Versioned for ModelWorker {
    fn version(&self) -> i32 {
        self.version
    }
}

/// Honours in one cell: when, of which level, and which.
fn honours(row: &ModelWorker) -> crate::exports::Value<'_> {
    let shown = row.honours.iter().map(|honour| format!("{} {} {}", honour.awarded_on, honour.level.as_str(), honour.title));
    crate::exports::Value::Text(shown.collect::<Vec<_>>().join("；").into())
}

crate::listed! {
    ModelWorker = "model-workers", "劳动模范", "Model workers";
    id "编号", person_id "人员编号", person_name "姓名", identity_number "身份证号", died_on "死亡日期", region_code "行政区划",
    organisation_id "所属工会", honours "荣誉" = honours, created_at "登记时间",
}
