//! Persons as they are kept and shown.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::db::schema::person;
use crate::kernel::identity_number::IdentityNumber;
use crate::kernel::vault::Secret;
use crate::kernel::{FederationId, Located, OrganisationId, PayeeAccountId, PersonId, Versioned};
use crate::list_filter;
use crate::registry::payee_accounts::{NewPersonAccount, PayeeAccount};

/// A person as the database keeps it: the numbers sealed, the name in clear.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = person)]
pub(in crate::registry) struct PersonRow {
    pub(in crate::registry) federation_id: FederationId,
    pub(in crate::registry) id: PersonId,
    pub(in crate::registry) name: String,
    pub(in crate::registry) sex: String,
    /// Empty for an erased person.
    pub(in crate::registry) born_on: Option<NaiveDate>,
    pub(in crate::registry) died_on: Option<NaiveDate>,
    pub(in crate::registry) organisation_id: Option<OrganisationId>,
    pub(in crate::registry) region_code: Option<String>,
    pub(in crate::registry) version: i32,
    pub(in crate::registry) created_at: DateTime<Utc>,
    pub(in crate::registry) identity_number_sealed: Option<Vec<u8>>,
    pub(in crate::registry) identity_number_hash: Option<Vec<u8>>,
    pub(in crate::registry) phone_sealed: Option<Vec<u8>>,
    pub(in crate::registry) phone_hash: Option<Vec<u8>>,
    pub(in crate::registry) erased_on: Option<NaiveDate>,
}

impl PersonRow {
    /// The column the identity number is sealed for.
    pub(in crate::registry) const IDENTITY_NUMBER: &str = "person.identity_number";
    /// The column the phone is sealed for.
    pub(in crate::registry) const PHONE: &str = "person.phone";
}

/// A person (人员). The date of birth is left out: it would complete the masked identity number.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Person {
    /// Its id.
    pub id: PersonId,
    /// Name, masked: `王**`.
    pub name: String,
    /// Identity number, masked: `510502********123X`; empty for an erased person.
    pub identity_number: Option<String>,
    /// `male` or `female`, as the identity number states it.
    pub sex: String,
    /// Day of death; empty for the living.
    pub died_on: Option<NaiveDate>,
    /// Phone, masked: `199****2835`.
    pub phone: Option<String>,
    /// The union that looks after the person.
    pub organisation_id: Option<OrganisationId>,
    /// Where the person lives.
    pub region_code: Option<String>,
    /// Counted up by every change.
    pub version: i32,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
    /// The day on which the person was erased.
    pub erased_on: Option<NaiveDate>,
}

/// A person with the accounts it is paid to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PersonView {
    /// The person.
    #[serde(flatten)]
    pub person: Person,
    /// Accounts, open and closed.
    pub payee_accounts: Vec<PayeeAccount>,
}

/// A person to be recorded, with the accounts it is paid to. Sex and birth are read from the identity number.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPerson {
    /// Name.
    pub name: String,
    /// Identity number (GB 11643), 18 characters.
    #[schema(value_type = IdentityNumber)]
    pub identity_number: String,
    /// Phone: digits, spaces, dashes, a leading plus.
    pub phone: Option<String>,
    /// Day of death, when it is known at registration.
    pub died_on: Option<NaiveDate>,
    /// The union that looks after the person.
    pub organisation_id: Option<OrganisationId>,
    /// Where the person lives.
    pub region_code: Option<String>,
    /// Accounts the person is paid to.
    #[serde(default)]
    pub payee_accounts: Vec<NewPersonAccount>,
}

/// What a person is changed to. Identity number and death are no plain edits.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedPerson {
    /// Name; left as it is when absent (it is shown masked only, so nobody can send it back).
    pub name: Option<String>,
    /// Phone; left as it is when absent (it is shown masked only, so nobody can send it back), removed by `null`.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub phone: Option<Option<String>>,
    /// The union that looks after the person.
    pub organisation_id: Option<OrganisationId>,
    /// Where the person lives.
    pub region_code: Option<String>,
}

/// Tells a field that is `null` from one that is absent.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// The death of a person.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Death {
    /// The day, not in the future.
    pub died_on: NaiveDate,
}

list_filter! {
    /// Which persons. Names and numbers are no filters: addresses are logged. See `POST /v1/persons/search`.
    PersonFilter {
        /// The union that looks after them.
        organisation_id: OrganisationId,
        /// Where they live.
        region_code: String,
        /// Only the deceased, or only the living.
        deceased: bool,
    }
}

/// Whom to look for: every field that is given must be theirs, exactly.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonSearch {
    /// The whole name.
    pub name: Option<String>,
    /// The whole identity number.
    pub identity_number: Option<String>,
    /// The whole phone number, however it is written.
    pub phone: Option<String>,
    /// The `next_cursor` of the page before; absent for the first.
    pub cursor: Option<uuid::Uuid>,
    /// How many rows, 1 to 1000; 100 when absent.
    pub limit: Option<u16>,
}

/// What a search comes down to in the database.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) name: Option<String>,
    pub(super) identity_number_hash: Option<Vec<u8>>,
    pub(super) phone_hash: Option<Vec<u8>>,
}

/// A person as other modules see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRecord {
    /// Its id.
    pub id: PersonId,
    /// Name.
    pub name: String,
    /// Day of death; empty for the living.
    pub died_on: Option<NaiveDate>,
    /// Where the person lives.
    pub region_code: Option<String>,
    /// The union that looks after the person.
    pub organisation_id: Option<OrganisationId>,
}

/// A person in clear, for an answer that was recorded.
pub struct ClearPerson {
    /// The union that looks after the person.
    pub organisation_id: Option<OrganisationId>,
    /// Name.
    pub name: String,
    /// Identity number.
    pub identity_number: Option<Secret>,
    /// Phone, when one is kept.
    pub phone: Option<Secret>,
}

/// A person about to be erased.
#[derive(Debug, Clone)]
pub struct ErasablePerson {
    /// The union that looks after the person.
    pub organisation_id: Option<OrganisationId>,
    /// The hash by which reported recipients are found.
    pub identity_number_hash: Vec<u8>,
    /// Whether a household that the person heads has a dossier that is not closed.
    pub open_dossier: bool,
    /// Accounts that are not erased yet.
    pub accounts: Vec<PayeeAccountId>,
}

impl From<PersonRow> for PersonRecord {
    fn from(row: PersonRow) -> Self {
        Self { id: row.id, name: row.name, died_on: row.died_on, region_code: row.region_code, organisation_id: row.organisation_id }
    }
}

impl Located for PersonView {
    fn location(&self) -> String {
        format!("/v1/persons/{}", self.person.id)
    }
}

impl Versioned for PersonView {
    fn version(&self) -> i32 {
        self.person.version
    }
}

crate::listed! {
    Person = "persons", "人员", "Persons";
    id "编号", name "姓名", identity_number "身份证号", sex "性别" = |row| crate::exports::word(&row.sex), phone "电话",
    died_on "死亡日期", organisation_id "所属工会", region_code "行政区划", created_at "登记时间", erased_on "删除日期",
}
