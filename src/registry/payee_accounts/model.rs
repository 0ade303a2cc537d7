//! Payee accounts as they are kept and shown.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::db::schema::payee_account;
use crate::kernel::vault::Secret;
use crate::kernel::{FederationId, Located, OrganisationId, PayeeAccountId, PersonId, Versioned};
use crate::list_filter;
use crate::registry::model::words;

words! {
    /// What kind of account it is.
    AccountKind {
        /// 工会会员服务卡
        UnionCard = "union_card",
        /// 一卡通
        OneCard = "one_card",
        /// 银行卡
        BankCard = "bank_card",
        /// 对公账户
        BankAccount = "bank_account",
    }
}

/// An account as the database keeps it: the number sealed, the holder in clear.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = payee_account)]
pub(in crate::registry) struct AccountRow {
    pub(in crate::registry) federation_id: FederationId,
    pub(in crate::registry) id: PayeeAccountId,
    pub(in crate::registry) person_id: Option<PersonId>,
    pub(in crate::registry) organisation_id: Option<OrganisationId>,
    pub(in crate::registry) kind: AccountKind,
    pub(in crate::registry) holder_name: String,
    pub(in crate::registry) bank_name: Option<String>,
    pub(in crate::registry) agent_reason: Option<String>,
    pub(in crate::registry) closed_on: Option<NaiveDate>,
    pub(in crate::registry) version: i32,
    pub(in crate::registry) created_at: DateTime<Utc>,
    pub(in crate::registry) number_sealed: Option<Vec<u8>>,
    pub(in crate::registry) number_hash: Option<Vec<u8>>,
    pub(in crate::registry) erased_on: Option<NaiveDate>,
}

impl AccountRow {
    /// The column the number is sealed for.
    pub(super) const NUMBER: &str = "payee_account.number";
}

/// An account that a person or an organisation is paid to (收款账户).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PayeeAccount {
    /// Its id.
    pub id: PayeeAccountId,
    /// The person paid, or
    pub person_id: Option<PersonId>,
    /// the organisation paid.
    pub organisation_id: Option<OrganisationId>,
    /// What kind of account it is.
    pub kind: AccountKind,
    /// Its number, masked: `****0019`; empty once it is erased.
    pub number: Option<String>,
    /// Whether the last digit of a card is the check digit of ISO/IEC 7812-1. A warning only: many valid accounts have
    /// none. Empty for a bank account, which has no such digit.
    pub luhn_valid: Option<bool>,
    /// 户名; masked for an account of a person: `王**`.
    pub holder_name: String,
    /// 开户行
    pub bank_name: Option<String>,
    /// Why the holder is not the payee (代领原因); empty when the holder is.
    pub agent_reason: Option<String>,
    /// The day it was closed; empty while it is open.
    pub closed_on: Option<NaiveDate>,
    /// Counted up by every change.
    pub version: i32,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}

/// An account of a person who is recorded with it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPersonAccount {
    /// What kind of account it is.
    pub kind: AccountKind,
    /// Its number: 12 to 23 digits for a card; 5 to 34 digits, letters and dashes for a bank account.
    pub number: String,
    /// 户名; the person's name when absent.
    pub holder_name: Option<String>,
    /// 开户行
    pub bank_name: Option<String>,
    /// Why the holder is not the payee (代领原因); needed then, refused otherwise.
    pub agent_reason: Option<String>,
}

/// An account to be recorded, of a person or of an organisation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPayeeAccount {
    /// The person paid, or
    pub person_id: Option<PersonId>,
    /// the organisation paid: exactly one of the two.
    pub organisation_id: Option<OrganisationId>,
    /// What kind of account it is.
    pub kind: AccountKind,
    /// Its number: 12 to 23 digits for a card; 5 to 34 digits, letters and dashes for a bank account.
    pub number: String,
    /// 户名; the payee's name when absent.
    pub holder_name: Option<String>,
    /// 开户行
    pub bank_name: Option<String>,
    /// Why the holder is not the payee (代领原因).
    pub agent_reason: Option<String>,
}

/// What an account is changed to. Payee, kind and number never change: close the account and record another.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedAccount {
    /// 户名; left as it is when absent (of a person's account it is shown masked only).
    pub holder_name: Option<String>,
    /// 开户行
    pub bank_name: Option<String>,
    /// Why the holder is not the payee (代领原因).
    pub agent_reason: Option<String>,
}

/// The end of an account.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountClosing {
    /// The day, not in the future: from now on nothing is paid to it.
    pub closed_on: NaiveDate,
}

list_filter! {
    /// Which accounts. There is no filter by number: addresses are logged.
    AccountFilter {
        /// The person paid.
        person_id: PersonId,
        /// The organisation paid.
        organisation_id: OrganisationId,
        /// What kind they are.
        kind: AccountKind,
        /// Only the open, or only the closed.
        open: bool,
        /// Only those with an agent (代领), or only those without.
        agent: bool,
    }
}

/// An open account as other modules see it: without its number, which is not needed to pay to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRecord {
    /// Its id.
    pub id: PayeeAccountId,
    /// The person paid, or
    pub person_id: Option<PersonId>,
    /// the organisation paid.
    pub organisation_id: Option<OrganisationId>,
    /// What kind of account it is.
    pub kind: AccountKind,
    /// 户名
    pub holder_name: String,
}

/// An account in clear, for an answer that was recorded.
pub struct ClearAccount {
    /// The union that looks after its payee, or the organisation paid.
    pub organisation_id: Option<OrganisationId>,
    /// 户名
    pub holder_name: String,
    /// Its number; empty once it is erased.
    pub number: Option<Secret>,
}

/// An account as a file of payments names it.
pub struct PaymentAccount {
    /// Whether it is an organisation's.
    pub of_organisation: bool,
    /// 户名
    pub holder_name: String,
    /// Its number; empty once it is erased.
    pub number: Option<Secret>,
    /// 开户行
    pub bank_name: Option<String>,
}

/// An account as answers about payments show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownAccount {
    /// `****0019`; empty once it is erased.
    pub number: Option<String>,
    /// Whether its holder is an organisation, whose name is no personal data.
    pub of_organisation: bool,
}

impl From<AccountRow> for AccountRecord {
    fn from(row: AccountRow) -> Self {
        Self { id: row.id, person_id: row.person_id, organisation_id: row.organisation_id, kind: row.kind, holder_name: row.holder_name }
    }
}

impl Located for PayeeAccount {
    fn location(&self) -> String {
        format!("/v1/payee-accounts/{}", self.id)
    }
}

impl Versioned for PayeeAccount {
    fn version(&self) -> i32 {
        self.version
    }
}

crate::listed! {
    PayeeAccount = "payee-accounts", "收款账户", "Payee accounts";
    id "编号", person_id "人员编号", organisation_id "组织编号", kind "账户种类", number "账号", luhn_valid "校验位",
    holder_name "户名", bank_name "开户行", agent_reason "代领原因", closed_on "停用日期", created_at "登记时间",
}
