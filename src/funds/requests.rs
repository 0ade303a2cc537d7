//! What requests about funds say: the words they may use, their bodies, and the filters of the lists.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::period::FiscalYear;
use crate::kernel::{AppropriationId, DocumentId, FundSourceId, LineId, Money, OrganisationId, PositiveMoney};
use crate::list_filter;

/// Declares a closed set of words: an enum whose variants have one name each in the API and the database.
macro_rules! words {
    ($($(#[$doc:meta])* $set:ident { $($(#[$word_doc:meta])* $variant:ident => $name:ident),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $set {
            $($(#[$word_doc])* $variant),+
        }

        impl $set {
            /// The name used in the API and the database.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($name)),+
                }
            }
        }
    )+};
}

words! {
    /// Whose money it is (资金级次).
    SourceLevel {
        /// 中央
        Central => central,
        /// 省级
        Provincial => provincial,
        /// 市级
        City => city,
        /// 区县级
        District => district,
        /// 工会自有
        UnionOwn => union_own,
        /// 捐赠
        Donation => donation,
    }
    /// A way in which a line's money may be paid (支付方式).
    Channel {
        /// 一卡通
        OneCard => one_card,
        /// 工会会员服务卡
        UnionCard => union_card,
        /// 银行转账
        BankTransfer => bank_transfer,
        /// 现金; only where the line says so (domain.md, decision 5)
        Cash => cash,
    }
    /// What happens to a line's amount after it was granted.
    ChangeKind {
        /// 追加
        Addition => addition,
        /// 调减
        Withdrawal => withdrawal,
    }
    /// What a standard's amount is for.
    StandardUnit {
        /// 户
        Household => household,
        /// 人
        Person => person,
        /// 人·月
        PersonMonth => person_month,
        /// 人·年
        PersonYear => person_year,
        /// 次
        Event => event,
    }
    /// How a standard binds.
    StandardMode {
        /// 定额: this amount and no other.
        Exact => exact,
        /// 上限: at most.
        Cap => cap,
        /// 下限: at least.
        Floor => floor,
    }
    /// What becomes of money left at the year's end.
    YearEndKind {
        /// 结转: it is carried over into the next year.
        CarryOver => carry_over,
        /// 收回: the treasury reclaims it.
        Reclaim => reclaim,
    }
}

/// A fund source to be recorded, or what one is to be changed to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFundSource {
    /// Its name.
    pub name: String,
    /// Whose money it is.
    pub level: SourceLevel,
    /// To whom unspent or recovered money is returned.
    pub return_to_organisation_id: Option<OrganisationId>,
}

/// An appropriation to be recorded, with the lines of its document.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAppropriation {
    /// The document that grants it.
    pub document_id: DocumentId,
    /// Its name, unlike that of any other appropriation of the document.
    pub name: String,
    /// 资金年度, 2000 to 2100.
    #[schema(value_type = FiscalYear)]
    pub fiscal_year: i16,
    /// The organisation it is granted to.
    pub organisation_id: OrganisationId,
    /// The document's total in yuan; the lines must add up to it.
    #[schema(value_type = Money)]
    pub amount: PositiveMoney,
    /// The business date of the grant; not in the future.
    pub granted_on: NaiveDate,
    /// At least one.
    pub lines: Vec<NewLine>,
}

/// A line of an appropriation to be recorded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLine {
    /// Its name, unlike that of any other line of the appropriation.
    pub name: String,
    /// What the money is for.
    pub purpose: String,
    /// Whose money it is.
    pub fund_source_id: FundSourceId,
    /// How much, in yuan.
    #[schema(value_type = Money)]
    pub amount: PositiveMoney,
    /// 项目代码, 21 letters and digits.
    pub project_code: Option<String>,
    /// 功能分类 类款项, 3, 5 or 7 digits.
    pub functional_code: Option<String>,
    /// How the money may be paid; at least one way.
    pub channels: Vec<Channel>,
}

/// An addition or withdrawal to be recorded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLineChange {
    /// Which of the two.
    pub kind: ChangeKind,
    /// By how much, in yuan.
    #[schema(value_type = Money)]
    pub amount: PositiveMoney,
    /// The document that orders it.
    pub document_id: DocumentId,
    /// The business date; not in the future.
    pub effective_on: NaiveDate,
}

/// An arrival to be recorded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewArrival {
    /// The line it is for.
    pub allocation_line_id: LineId,
    /// How much, in yuan.
    #[schema(value_type = Money)]
    pub amount: PositiveMoney,
    /// The business date; not in the future.
    pub arrived_on: NaiveDate,
    /// The federation's own account it reached, as its bank names it.
    pub account: String,
}

/// A standard to be recorded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStandard {
    /// The line it holds for.
    pub allocation_line_id: LineId,
    /// The category of recipients.
    pub category: String,
    /// What the amount is for.
    pub unit: StandardUnit,
    /// Yuan per unit.
    #[schema(value_type = Money)]
    pub amount: PositiveMoney,
    /// How it binds.
    pub mode: StandardMode,
    /// The document it rests on.
    pub basis_document_id: Option<DocumentId>,
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day; open when absent.
    pub valid_to: Option<NaiveDate>,
}

/// What of a standard can be changed: its end and its basis. Another amount is another standard.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StandardEdit {
    /// Last day; open when absent.
    pub valid_to: Option<NaiveDate>,
    /// The document it rests on.
    pub basis_document_id: Option<DocumentId>,
}

/// Money left at the year's end and what becomes of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewYearEndMove {
    /// Which of the two.
    pub kind: YearEndKind,
    /// Whose money; the line's own source when absent.
    pub fund_source_id: Option<FundSourceId>,
    /// How much, in yuan.
    #[schema(value_type = Money)]
    pub amount: PositiveMoney,
    /// The business date; not in the future.
    pub effective_on: NaiveDate,
    /// Why, for people.
    pub reason: String,
}

/// Which lines: those that meet every condition given.
#[derive(Debug, Clone, Copy, Default)]
pub struct LineScope {
    /// Of this appropriation.
    pub appropriation: Option<AppropriationId>,
    /// 资金年度
    pub fiscal_year: Option<i16>,
    /// Whose money; own money topped up into another source's line does not make it one of these.
    pub fund_source: Option<FundSourceId>,
    /// To whom it is granted.
    pub organisation: Option<OrganisationId>,
}

list_filter! {
    /// Which fund sources.
    FundSourceFilter {
        /// Whose money.
        level: SourceLevel,
    }
}

list_filter! {
    /// Which appropriations.
    AppropriationFilter {
        /// 资金年度
        fiscal_year: i16,
        /// To whom.
        organisation_id: OrganisationId,
        /// By which document.
        document_id: DocumentId,
    }
}

list_filter! {
    /// Which lines.
    LineFilter {
        /// Of this appropriation.
        appropriation_id: AppropriationId,
        /// Whose money.
        fund_source_id: FundSourceId,
        /// 资金年度
        fiscal_year: i16,
    }
}

list_filter! {
    /// Which changes of a line: all of them.
    LineChangeFilter {}
}

list_filter! {
    /// Which arrivals.
    ArrivalFilter {
        /// For this line.
        allocation_line_id: LineId,
        /// On this day or later.
        arrived_from: NaiveDate,
        /// On this day or earlier.
        arrived_to: NaiveDate,
    }
}

list_filter! {
    /// Which standards.
    StandardFilter {
        /// Of this line.
        allocation_line_id: LineId,
        /// For this category.
        category: String,
    }
}
