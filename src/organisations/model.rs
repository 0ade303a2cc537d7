//! Federations, organisations, regions and documents as they are kept and shown.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::db::schema::{document, federation, organisation, region};
use crate::kernel::uscc::Uscc;
use crate::kernel::{DocumentId, FederationId, Located, OrganisationId, Versioned};
use crate::list_filter;

list_filter! {
    /// Which organisations.
    OrganisationFilter {
        /// What they are.
        kind: String,
        /// What they are under.
        parent_id: OrganisationId,
        /// Where they are.
        region_code: String,
    }
}

list_filter! {
    /// Which documents.
    DocumentFilter {
        /// What they are.
        kind: String,
        /// 文号
        number: String,
    }
}

/// A federation (市总工会含下属), the owner of everything recorded under it.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = federation)]
pub struct Federation {
    /// Its id; goes into `Bangfu-Federation`.
    pub id: FederationId,
    /// Its name.
    pub name: String,
    /// A short code of its own, such as `luzhou`.
    pub code: String,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}

/// A federation to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFederation {
    /// Its name.
    pub name: String,
    /// A short code of its own.
    pub code: String,
}

/// An administrative division (GB/T 2260 行政区划), shared by all federations.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = region)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Six digits.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The region it lies in.
    pub parent_code: Option<String>,
    /// The day the code ceased to be used.
    pub obsolete_on: Option<NaiveDate>,
}

/// A time in which a county is funded directly by the province (扩权县).
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDirectFunding {
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day; open when absent.
    pub valid_to: Option<NaiveDate>,
}

/// A region with the times in which it was funded directly by the province.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RegionView {
    /// Six digits.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The region it lies in.
    pub parent_code: Option<String>,
    /// The day the code ceased to be used.
    pub obsolete_on: Option<NaiveDate>,
    /// 扩权县: from and to, both inclusive.
    pub directly_funded: Vec<DirectFunding>,
}

impl RegionView {
    /// A region with its times.
    #[must_use]
    pub fn of(region: Region, directly_funded: Vec<DirectFunding>) -> Self {
        let Region { code, name, parent_code, obsolete_on } = region;
        Self { code, name, parent_code, obsolete_on, directly_funded }
    }
}

/// See [`RegionView`].
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DirectFunding {
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day; open when absent.
    pub valid_to: Option<NaiveDate>,
}

/// What an organisation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrganisationKind {
    /// 省总工会
    ProvincialUnion,
    /// 市总工会
    CityUnion,
    /// 区总工会
    DistrictUnion,
    /// 县总工会
    CountyUnion,
    /// 产业工会
    IndustryUnion,
    /// 企业工会
    EnterpriseUnion,
    /// 部室
    Department,
    /// 事业单位
    Institution,
    /// 财政
    Treasury,
    /// 银行或一卡通平台
    Bank,
    /// 供应商
    Vendor,
}

/// An organisation in or around a federation (组织).
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = organisation)]
pub struct Organisation {
    /// Whose it is.
    #[serde(skip)]
    pub federation_id: FederationId,
    /// Its id.
    pub id: OrganisationId,
    /// What it is.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The organisation above it.
    pub parent_id: Option<OrganisationId>,
    /// Where it is.
    pub region_code: Option<String>,
    /// Unified social credit code.
    pub uscc: Option<String>,
    /// Other names it is found under.
    pub aliases: Vec<String>,
    /// First day it exists.
    pub valid_from: Option<NaiveDate>,
    /// Last day it exists.
    pub valid_to: Option<NaiveDate>,
    /// Counted up by every change.
    pub version: i32,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}

/// An organisation to be recorded, or what one is to be changed to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrganisation {
    /// What it is.
    pub kind: OrganisationKind,
    /// Its name.
    pub name: String,
    /// The organisation above it.
    pub parent_id: Option<OrganisationId>,
    /// Where it is.
    pub region_code: Option<String>,
    /// Unified social credit code.
    pub uscc: Option<Uscc>,
    /// Other names it is found under.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// First day it exists.
    pub valid_from: Option<NaiveDate>,
    /// Last day it exists.
    pub valid_to: Option<NaiveDate>,
}

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// 资金下达
    Allocation,
    /// 制度
    Regulation,
    /// 通知
    Notice,
    /// 方案
    Plan,
    /// 会议纪要
    Minutes,
    /// 报告
    Report,
    /// 凭证
    Evidence,
}

/// A document (文件).
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = document)]
pub struct Document {
    /// Whose it is.
    #[serde(skip)]
    pub federation_id: FederationId,
    /// Its id.
    pub id: DocumentId,
    /// Who issued it.
    pub issuer: String,
    /// 文号
    pub number: String,
    /// Its title.
    pub title: String,
    /// What it is.
    pub kind: String,
    /// When it was issued.
    pub issued_on: NaiveDate,
    /// SHA-256 of its file.
    pub file_digest: Option<String>,
    /// Counted up by every change.
    pub version: i32,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}

/// A document to be recorded, or what one is to be changed to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDocument {
    /// Who issued it.
    pub issuer: String,
    /// 文号
    pub number: String,
    /// Its title.
    pub title: String,
    /// What it is.
    pub kind: DocumentKind,
    /// When it was issued.
    pub issued_on: NaiveDate,
    /// SHA-256 of its file, 64 hexadecimal digits.
    pub file_digest: Option<String>,
}

impl Located for Federation {
    fn location(&self) -> String {
        format!("/v1/federations/{}", self.id)
    }
}

impl Located for RegionView {
    fn location(&self) -> String {
        format!("/v1/regions/{}", self.code)
    }
}

impl Located for Organisation {
    fn location(&self) -> String {
        format!("/v1/organisations/{}", self.id)
    }
}

impl Versioned for Organisation {
    fn version(&self) -> i32 {
        self.version
    }
}

impl Located for Document {
    fn location(&self) -> String {
        format!("/v1/documents/{}", self.id)
    }
}

impl Versioned for Document {
    fn version(&self) -> i32 {
        self.version
    }
}

crate::listed! {
    Organisation = "organisations", "组织", "Organisations";
    id "编号", kind "类别" = |row| crate::exports::word(&row.kind), name "名称", parent_id "上级编号", region_code "行政区划",
    uscc "统一社会信用代码", aliases "别名", valid_from "起", valid_to "止", created_at "登记时间",
}

crate::listed! {
    Document = "documents", "文件", "Documents";
    id "编号", number "文号", title "标题", issuer "发文单位", kind "类别" = |row| crate::exports::word(&row.kind), issued_on "日期",
    file_digest "文件摘要", created_at "登记时间",
}

/// From and to of each time, open ends left open.
fn times(row: &RegionView) -> crate::exports::Value<'_> {
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    let times: Vec<String> =
        row.directly_funded.iter().map(|time| format!("{} 至 {}", time.valid_from, day(time.valid_to)).trim_end().to_owned()).collect();
    crate::exports::Value::Text(times.join("、").into())
}

crate::listed! {
    RegionView = "regions", "行政区划", "Regions";
    code "代码", name "名称", parent_code "上级", obsolete_on "停用日期", directly_funded "扩权县" = times,
}

crate::listed! {
    Federation = "federations", "总工会", "Federations";
    id "编号", name "名称", code "代码", created_at "登记时间",
}
