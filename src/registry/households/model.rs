//! Households as they are kept and shown.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::db::schema::{household, household_member};
use crate::kernel::{FederationId, HouseholdId, Located, MemberId, OrganisationId, PersonId, Versioned};
use crate::list_filter;
use crate::registry::model::words;

words! {
    /// What a member is to the head.
    Relation {
        /// 户主
        Head = "head",
        /// 配偶
        Spouse = "spouse",
        /// 子女
        Child = "child",
        /// 父母
        Parent = "parent",
        /// 兄弟姐妹
        Sibling = "sibling",
        /// 祖父母
        Grandparent = "grandparent",
        /// 孙子女
        Grandchild = "grandchild",
        /// 其他
        Other = "other",
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = household)]
pub(in crate::registry) struct HouseholdRow {
    pub(in crate::registry) federation_id: FederationId,
    pub(in crate::registry) id: HouseholdId,
    pub(in crate::registry) head_person_id: PersonId,
    pub(in crate::registry) region_code: String,
    pub(in crate::registry) organisation_id: Option<OrganisationId>,
    pub(in crate::registry) version: i32,
    pub(in crate::registry) created_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = household_member)]
pub(in crate::registry) struct MemberRow {
    pub(in crate::registry) federation_id: FederationId,
    pub(in crate::registry) id: MemberId,
    pub(in crate::registry) household_id: HouseholdId,
    pub(in crate::registry) person_id: PersonId,
    pub(in crate::registry) relation: Relation,
    pub(in crate::registry) member_from: NaiveDate,
    pub(in crate::registry) member_to: Option<NaiveDate>,
}

/// A household (困难职工家庭).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Household {
    /// Its id.
    pub id: HouseholdId,
    /// The head (户主), who is a member.
    pub head: PersonId,
    /// The head's name, masked: `王**`.
    pub head_name: String,
    /// Where it lives.
    pub region_code: String,
    /// The union that looks after it.
    pub organisation_id: Option<OrganisationId>,
    /// Counted up by every change, of its members too.
    pub version: i32,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}

/// A household with everybody who belongs or belonged to it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HouseholdView {
    /// The household.
    #[serde(flatten)]
    pub household: Household,
    /// Stays in it, the earliest first.
    pub members: Vec<HouseholdMember>,
}

/// A stay in a household.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HouseholdMember {
    /// Its id.
    pub id: MemberId,
    /// Who.
    pub person_id: PersonId,
    /// The person's name, masked.
    pub name: String,
    /// What the person was to the head then.
    pub relation: Relation,
    /// First day.
    pub member_from: NaiveDate,
    /// Last day; empty while it lasts.
    pub member_to: Option<NaiveDate>,
}

/// A household to be recorded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHousehold {
    /// The head; becomes a member with the relation `head`.
    pub head: PersonId,
    /// Where it lives.
    pub region_code: String,
    /// The union that looks after it.
    pub organisation_id: Option<OrganisationId>,
    /// Since when the head belongs to it.
    pub member_from: NaiveDate,
    /// Everybody else.
    #[serde(default)]
    pub members: Vec<NewMember>,
}

/// A member to be added.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMember {
    /// Who.
    pub person_id: PersonId,
    /// What the person is to the head; not `head`.
    pub relation: Relation,
    /// First day.
    pub member_from: NaiveDate,
}

/// What a household is changed to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedHousehold {
    /// The head: a current member.
    pub head: PersonId,
    /// Where it lives.
    pub region_code: String,
    /// The union that looks after it.
    pub organisation_id: Option<OrganisationId>,
    /// With another head: since when, after the day on which both became members; today when absent.
    pub head_from: Option<NaiveDate>,
    /// With another head: what the former head is to the new one; `other` when absent.
    pub former_head_relation: Option<Relation>,
}

/// The end of a stay.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberLeaving {
    /// Last day in the household.
    pub member_to: NaiveDate,
}

list_filter! {
    /// Which households.
    HouseholdFilter {
        /// Where they live.
        region_code: String,
        /// The union that looks after them.
        organisation_id: OrganisationId,
        /// Whose household: the person is a member now.
        person_id: PersonId,
    }
}

/// A household as other modules see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HouseholdRecord {
    /// Its id.
    pub id: HouseholdId,
    /// The head.
    pub head_person_id: PersonId,
    /// Where it lives.
    pub region_code: String,
}

impl From<HouseholdRow> for HouseholdRecord {
    fn from(row: HouseholdRow) -> Self {
        Self { id: row.id, head_person_id: row.head_person_id, region_code: row.region_code }
    }
}

impl HouseholdRow {
    /// With the head's name.
    pub(super) fn shown(self, head_name: String) -> Household {
        Household {
            id: self.id,
            head: self.head_person_id,
            head_name,
            region_code: self.region_code,
            organisation_id: self.organisation_id,
            version: self.version,
            created_at: self.created_at,
        }
    }
}

impl Located for HouseholdView {
    fn location(&self) -> String {
        format!("/v1/households/{}", self.household.id)
    }
}

impl Versioned for HouseholdView {
    fn version(&self) -> i32 {
        self.household.version
    }
}

crate::listed! {
    Household = "households", "困难职工家庭", "Households";
    id "编号", head "户主编号", head_name "户主", region_code "行政区划", organisation_id "所属工会", created_at "登记时间",
}
