//! What this module refuses.

use crate::db::Constraint;
use crate::kernel::{Code, Status, refusal};

/// The code of a federation is taken.
pub static FEDERATION_EXISTS: Code =
    Code::new("federation_exists", Status::Conflict, "工会代码已被使用", "A federation with this code exists");
/// The region is known already.
pub static REGION_EXISTS: Code = Code::new("region_exists", Status::Conflict, "行政区划代码已存在", "The region exists");
/// The region is funded directly already at that time.
pub static DIRECT_FUNDING_OVERLAPS: Code =
    Code::new("direct_funding_overlaps", Status::Conflict, "扩权县的期间与已有期间重叠", "The region is funded directly then already");
/// An organisation of that kind has the name.
pub static ORGANISATION_EXISTS: Code =
    Code::new("organisation_exists", Status::Conflict, "同类组织已有此名称", "An organisation of this kind has this name");
/// The credit code belongs to another organisation.
pub static USCC_TAKEN: Code =
    Code::new("uscc_taken", Status::Conflict, "统一社会信用代码已被登记", "The unified social credit code is registered already");
/// An organisation would be above itself.
pub static ORGANISATION_CYCLE: Code =
    Code::new("organisation_cycle", Status::Unprocessable, "上级组织形成循环", "The organisation would be above itself");
/// Issuer and number are taken.
pub static DOCUMENT_EXISTS: Code =
    Code::new("document_exists", Status::Conflict, "该发文单位已有此文号", "The issuer has a document of this number");

/// The codes of this module.
pub static CODES: &[&Code] = &[
    &FEDERATION_EXISTS,
    &REGION_EXISTS,
    &DIRECT_FUNDING_OVERLAPS,
    &ORGANISATION_EXISTS,
    &USCC_TAKEN,
    &ORGANISATION_CYCLE,
    &DOCUMENT_EXISTS,
];

/// What this module's constraints mean.
pub static CONSTRAINTS: &[Constraint] = &[
    Constraint::new("federation_code_unique", &FEDERATION_EXISTS, "/code"),
    Constraint::new("region_pkey", &REGION_EXISTS, "/code"),
    Constraint::new("region_parent_known", &refusal::REFERENCE_UNKNOWN, "/parent_code"),
    Constraint::new("region_direct_funding_pkey", &DIRECT_FUNDING_OVERLAPS, "/valid_from"),
    Constraint::new("region_direct_funding_one_open", &DIRECT_FUNDING_OVERLAPS, "/valid_from"),
    Constraint::new("region_direct_funding_region_known", &refusal::NOT_FOUND, ""),
    Constraint::new("organisation_parent_known", &refusal::REFERENCE_UNKNOWN, "/parent_id"),
    Constraint::new("organisation_region_known", &refusal::REFERENCE_UNKNOWN, "/region_code"),
    Constraint::new("organisation_name_unique", &ORGANISATION_EXISTS, "/name"),
    Constraint::new("organisation_uscc_unique", &USCC_TAKEN, "/uscc"),
    Constraint::new("organisation_not_its_own_parent", &ORGANISATION_CYCLE, "/parent_id"),
    Constraint::new("document_number_unique", &DOCUMENT_EXISTS, "/number"),
];
