//! Fund sources, appropriations, lines, arrivals and standards as they are kept and shown.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::requests::YearEndKind;
use crate::db::schema::{allocation_line, appropriation, arrival, fund_source, line_change, standard};
use crate::kernel::{
    AppropriationId, ArrivalId, DocumentId, FederationId, FundSourceId, JournalEntryId, LineChangeId, LineId, Located, Money,
    OrganisationId, StandardId, Versioned,
};
use crate::ledger::Balances;

/// Digits of an account number that may be shown.
const DIGITS_SHOWN: usize = 4;

/// Where money comes from (资金来源), and to whom it goes back.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = fund_source)]
pub struct FundSource {
    /// Whose it is.
    #[serde(skip)]
    pub federation_id: FederationId,
    /// Its id.
    pub id: FundSourceId,
    /// Its name.
    pub name: String,
    /// A [`super::requests::SourceLevel`].
    pub level: String,
    /// To whom unspent or recovered money is returned (domain.md, decision 8).
    pub return_to_organisation_id: Option<OrganisationId>,
    /// Counted up by every change.
    pub version: i32,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}

/// An appropriation (资金下达) as kept: its amount is in the ledger, on its lines.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = appropriation)]
pub struct AppropriationRow {
    /// Whose it is.
    pub federation_id: FederationId,
    /// Its id.
    pub id: AppropriationId,
    /// The document that grants it.
    pub document_id: DocumentId,
    /// Its name.
    pub name: String,
    /// 资金年度
    pub fiscal_year: i16,
    /// The organisation it is granted to.
    pub organisation_id: OrganisationId,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}

/// An appropriation (资金下达) with what it grants now.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AppropriationSummary {
    /// Its id.
    pub id: AppropriationId,
    /// The document that grants it.
    pub document_id: DocumentId,
    /// 文号
    pub document_number: String,
    /// The document's title.
    pub document_title: String,
    /// Its name.
    pub name: String,
    /// 资金年度
    pub fiscal_year: i16,
    /// The organisation it is granted to.
    pub organisation_id: OrganisationId,
    /// Yuan granted by its lines now: initial grants and additions less withdrawals, from the ledger.
    pub granted: Money,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}

/// An appropriation with its lines.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AppropriationView {
    /// The appropriation.
    #[serde(flatten)]
    pub summary: AppropriationSummary,
    /// Its lines, in the order of the document.
    pub lines: Vec<LineSummary>,
}

/// An allocation line (指标明细) as kept.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = allocation_line)]
pub struct LineRow {
    /// Whose it is.
    pub federation_id: FederationId,
    /// Its id.
    pub id: LineId,
    /// The appropriation it belongs to.
    pub appropriation_id: AppropriationId,
    /// Its place in the document, from 1.
    pub position: i16,
    /// Its name.
    pub name: String,
    /// What the money is for.
    pub purpose: String,
    /// Whose money it is.
    pub fund_source_id: FundSourceId,
    /// 项目代码
    pub project_code: Option<String>,
    /// 类款项
    pub functional_code: Option<String>,
    /// How the money may be paid: names of [`super::requests::Channel`].
    pub channels: Vec<String>,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}

/// An allocation line (指标明细) with what it was granted and has left.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LineSummary {
    /// Its id.
    pub id: LineId,
    /// The appropriation it belongs to.
    pub appropriation_id: AppropriationId,
    /// Its place in the document, from 1.
    pub position: i16,
    /// Its name.
    pub name: String,
    /// What the money is for.
    pub purpose: String,
    /// Whose money it is.
    pub fund_source_id: FundSourceId,
    /// 项目代码
    pub project_code: Option<String>,
    /// 类款项
    pub functional_code: Option<String>,
    /// How the money may be paid.
    pub channels: Vec<String>,
    /// Yuan granted now, from the ledger.
    pub granted: Money,
    /// Yuan free to be planned now, over all sources.
    pub available: Money,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}

/// A line with its accounts.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LineView {
    /// The line.
    #[serde(flatten)]
    pub summary: LineSummary,
    /// Yuan that has reached the account (到账).
    pub arrived: Money,
    /// The accounts over all sources.
    pub balances: Balances,
    /// What the line's identity is off by; `0.00` when the books are right.
    pub identity_difference: Money,
    /// The accounts of each source whose money is in the line.
    pub sources: Vec<SourceBalances>,
}

/// The accounts of one source within a line.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SourceBalances {
    /// The source.
    pub fund_source_id: FundSourceId,
    /// Its accounts.
    pub balances: Balances,
}

/// A grant, addition or withdrawal of a line (下达、追加、调减); sealed.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = line_change)]
pub struct LineChange {
    /// Whose it is.
    #[serde(skip)]
    pub federation_id: FederationId,
    /// Its id.
    pub id: LineChangeId,
    /// The line it changes.
    pub allocation_line_id: LineId,
    /// `initial`, or a [`super::requests::ChangeKind`].
    pub kind: String,
    /// By how much, in yuan; more than zero also for a withdrawal.
    pub amount: Money,
    /// The document that orders it.
    pub document_id: DocumentId,
    /// The business date.
    pub effective_on: NaiveDate,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}

/// Money reaching the account (到账); sealed. The account's number is answered by its last four digits.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = arrival)]
pub struct Arrival {
    /// Whose it is.
    #[serde(skip)]
    pub federation_id: FederationId,
    /// Its id.
    pub id: ArrivalId,
    /// The line it is for.
    pub allocation_line_id: LineId,
    /// How much, in yuan.
    pub amount: Money,
    /// The business date.
    pub arrived_on: NaiveDate,
    /// The federation's own account it reached.
    #[serde(serialize_with = "serialize_masked")]
    pub account: String,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}

/// A standard of payment (发放标准): one per line, category and date.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = standard)]
pub struct Standard {
    /// Whose it is.
    #[serde(skip)]
    pub federation_id: FederationId,
    /// Its id.
    pub id: StandardId,
    /// The line it holds for.
    pub allocation_line_id: LineId,
    /// The category of recipients.
    pub category: String,
    /// A [`super::requests::StandardUnit`].
    pub unit: String,
    /// Yuan per unit.
    pub amount: Money,
    /// A [`super::requests::StandardMode`].
    pub mode: String,
    /// The document it rests on.
    pub basis_document_id: Option<DocumentId>,
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day; open when absent.
    pub valid_to: Option<NaiveDate>,
    /// Counted up by every change.
    pub version: i32,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}

/// A year-end move as booked. It is kept in the ledger alone.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct YearEndMove {
    /// The journal entry.
    pub journal_entry_id: JournalEntryId,
    /// The line it left.
    pub allocation_line_id: LineId,
    /// Whose money.
    pub fund_source_id: FundSourceId,
    /// What became of it.
    pub kind: YearEndKind,
    /// How much, in yuan.
    pub amount: Money,
    /// The business date.
    pub effective_on: NaiveDate,
    /// Why.
    pub reason: String,
}

/// Says where each of these is found, and which have a version.
macro_rules! resources {
    ($($resource:ty: $location:expr),+ $(,)?; $($versioned:ty),+ $(,)?) => {
        $(impl Located for $resource {
            fn location(&self) -> String {
                let location: fn(&Self) -> String = $location;
                location(self)
            }
        })+
        $(impl Versioned for $versioned {
            fn version(&self) -> i32 {
                self.version
            }
        })+
    };
}

resources! {
    FundSource: |source| format!("/v1/fund-sources/{}", source.id),
    AppropriationView: |view| format!("/v1/appropriations/{}", view.summary.id),
    // A change and a year-end move are read in their lists.
    LineChange: |change| format!("/v1/allocation-lines/{}/changes", change.allocation_line_id),
    YearEndMove: |moved| format!("/v1/postings?allocation_line_id={}", moved.allocation_line_id),
    Arrival: |arrival| format!("/v1/arrivals/{}", arrival.id),
    Standard: |standard| format!("/v1/standards/{}", standard.id);
    FundSource, Standard
}

/// Writes the name of an account with its number masked to the last four digits, as answers show account numbers.
fn serialize_masked<S: Serializer>(account: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&masked(account))
}

/// Replaces each number of more than four digits, blanks and hyphens within it included, by `****` and its last four.
fn masked(text: &str) -> String {
    let mut shown = String::new();
    let mut number = String::new();
    for character in text.chars() {
        let digit = character.is_ascii_digit() || ('０'..='９').contains(&character);
        if digit || (!number.is_empty() && matches!(character, ' ' | '-' | '\u{3000}')) {
            number.push(character);
        } else {
            shown.push_str(&masked_number(&number));
            number.clear();
            shown.push(character);
        }
    }
    shown + &masked_number(&number)
}

fn masked_number(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(|character| character.is_numeric()).collect();
    match digits.len().checked_sub(DIGITS_SHOWN) {
        None | Some(0) => number.to_owned(),
        Some(hidden) => "****".chars().chain(digits.into_iter().skip(hidden)).collect(),
    }
}

crate::listed! {
    FundSource = "fund-sources", "资金来源", "Fund sources";
    id "编号", name "名称", level "级别" = |row| crate::exports::word(&row.level), return_to_organisation_id "退回单位",
    created_at "登记时间",
}

crate::listed! {
    AppropriationSummary = "appropriations", "资金下达", "Appropriations", sum granted;
    id "编号", document_number "文号", document_title "文件标题", name "名称", fiscal_year "资金年度", organisation_id "下达给",
    granted "下达金额", created_at "登记时间",
}

crate::listed! {
    LineSummary = "allocation-lines", "资金项目", "Allocation lines", sum granted;
    id "编号", appropriation_id "资金下达编号", position "序号", name "名称", purpose "用途", fund_source_id "资金来源",
    project_code "项目代码", functional_code "类款项", channels "发放渠道", granted "下达金额", available "可用金额",
    created_at "登记时间",
}

/// The account's number is masked as in answers, also where personal values are in clear: it is the federation's own.
fn arrived_at(row: &Arrival) -> crate::exports::Value<'_> {
    crate::exports::Value::Text(masked(&row.account).into())
}

crate::listed! {
    Arrival = "arrivals", "到账", "Arrivals", sum amount;
    id "编号", allocation_line_id "资金项目编号", amount "金额", arrived_on "到账日期", account "账户" = arrived_at,
    created_at "登记时间",
}

crate::listed! {
    Standard = "standards", "发放标准", "Standards";
    id "编号", allocation_line_id "资金项目编号", category "对象类别", unit "单位" = |row| crate::exports::word(&row.unit),
    amount "标准", mode "方式" = |row| crate::exports::word(&row.mode), basis_document_id "依据文件", valid_from "起",
    valid_to "止", created_at "登记时间",
}

/// The amount as it counts: a withdrawal takes off.
fn counted(row: &LineChange) -> crate::exports::Value<'_> {
    let withdrawn = row.kind == super::requests::ChangeKind::Withdrawal.name();
    crate::exports::Value::Money(if withdrawn { -row.amount } else { row.amount })
}

crate::listed! {
    LineChange = "allocation-line-changes", "资金项目变动", "Grant, additions and withdrawals of a line", sum counted_amount;
    id "编号", allocation_line_id "资金项目编号", kind "变动" = |row| crate::exports::word(&row.kind), amount "金额",
    counted_amount "增减金额" = counted, document_id "文件编号", effective_on "业务日期", created_at "登记时间",
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_account_is_shown_by_its_last_four_digits() {
        for (account, shown) in [
            ("工行泸州分行 2304 0012 0902 4567 891", "工行泸州分行 ****7891"),
            ("2304001209024567891（基本户）", "****7891（基本户）"),
            ("２３０４００１２", "****００１２"),
            ("支行 3 号 1234", "支行 3 号 1234"),
            ("零余额账户", "零余额账户"),
        ] {
            assert_eq!(masked(account), shown);
        }
    }

    proptest! {
        #[test]
        fn no_mask_shows_five_digits_of_one_number(account in "[a-z户]{0,3}[0-9 -]{0,24}[a-z户]{0,3}") {
            let longest = masked(&account).split(|c: char| !c.is_ascii_digit() && c != ' ' && c != '-')
                .map(|run| run.chars().filter(char::is_ascii_digit).count()).max();
            prop_assert!(longest.unwrap_or(0) <= DIGITS_SHOWN);
        }
    }
}
