//! Typed identifiers: UUIDs made by the service (version 7), of which no two kinds can be confused.

use std::fmt;
use std::str::FromStr;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema, FromSqlRow, AsExpression)]
        #[diesel(sql_type = diesel::sql_types::Uuid)]
        #[serde(transparent)]
        #[schema(value_type = Uuid)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new identifier; later ones sort after earlier ones.
            #[must_use]
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, out)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl ToSql<diesel::sql_types::Uuid, Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                <Uuid as ToSql<diesel::sql_types::Uuid, Pg>>::to_sql(&self.0, &mut out.reborrow())
            }
        }

        impl FromSql<diesel::sql_types::Uuid, Pg> for $name {
            fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
                <Uuid as FromSql<diesel::sql_types::Uuid, Pg>>::from_sql(bytes).map(Self)
            }
        }
    )+};
}

identifiers! {
    /// A federation (市总工会), the owner of every row.
    FederationId,
    /// A union, department, treasury, bank or vendor.
    OrganisationId,
    /// A document (文件).
    DocumentId,
    /// A person (人员).
    PersonId,
    /// A household (家庭).
    HouseholdId,
    /// A household member's stay in a household.
    MemberId,
    /// A dossier (困难职工档案).
    DossierId,
    /// A grace period (渐退期).
    GraceId,
    /// A model worker (劳模).
    ModelWorkerId,
    /// An honour (劳模荣誉).
    HonourId,
    /// A payee account (收款账户).
    PayeeAccountId,
    /// A fund source (资金来源).
    FundSourceId,
    /// An appropriation (资金下达).
    AppropriationId,
    /// An allocation line (指标明细).
    LineId,
    /// A change of a line's amount: initial grant, addition or withdrawal.
    LineChangeId,
    /// An arrival (到账).
    ArrivalId,
    /// A standard (发放标准).
    StandardId,
    /// A plan (发放方案).
    PlanId,
    /// A tier of a plan (方案明细).
    TierId,
    /// A roster (发放花名册).
    RosterId,
    /// A roster entry.
    EntryId,
    /// An approval (审批).
    ApprovalId,
    /// A batch (代发批次).
    BatchId,
    /// An instruction (支付指令).
    InstructionId,
    /// Evidence (凭证).
    EvidenceId,
    /// A transfer down (划拨下级).
    TransferId,
    /// A row of feedback on a transfer down.
    FeedbackId,
    /// A return to the treasury (退回财政).
    ReturnId,
    /// A recovery (追回).
    RecoveryId,
    /// A journal entry (记账凭证).
    JournalEntryId,
    /// A declared figure (申报数).
    DeclaredFigureId,
    /// A finding (对账差异).
    FindingId,
    /// A user (用户).
    UserId,
    /// A role granted to a user (授权).
    GrantId,
    /// A personal API token (访问令牌).
    TokenId,
    /// A logged-in browser (登录会话).
    SessionId,
    /// A layout of a bank's text files (文件版式).
    FileLayoutId,
    /// A file of statements (对账单文件).
    BankFileId,
    /// A bank statement (银行对账单).
    StatementId,
    /// A line of a statement (银行流水).
    StatementLineId,
    /// What of a statement does not match (对账例外).
    StatementExceptionId,
    /// Long work in the background (后台任务).
    JobId,
}
