//! Accounts, moves and balances.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::kernel::{FundSourceId, JournalEntryId, LineId, Money};

macro_rules! accounts {
    ($($(#[$doc:meta])* $variant:ident => $name:ident),+ $(,)?) => {
        /// The thirteen accounts of an allocation line and fund source (domain.md, "The allocation line's accounts").
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Account {
            $($(#[$doc])* $variant),+
        }

        impl Account {
            /// All of them, in the order of domain.md.
            pub const ALL: [Self; 13] = [$(Self::$variant),+];

            /// The name used in the API and the database.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($name)),+
                }
            }
        }

        /// What is in each account of a line, or of several together.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema, diesel::QueryableByName)]
        pub struct Balances {
            $($(#[$doc])* #[diesel(sql_type = diesel::sql_types::Numeric)] pub $name: Money),+
        }

        impl Balances {
            /// The balance of one account.
            #[must_use]
            pub const fn get(&self, account: Account) -> Money {
                match account {
                    $(Account::$variant => self.$name),+
                }
            }
        }

        impl std::ops::AddAssign for Balances {
            fn add_assign(&mut self, other: Self) {
                $(self.$name += other.$name;)+
            }
        }

        impl std::ops::SubAssign for Balances {
            fn sub_assign(&mut self, other: Self) {
                $(self.$name = self.$name - other.$name;)+
            }
        }
    };
}

accounts! {
    /// 下达: what documents have granted, additions less withdrawals.
    Granted => granted,
    /// 自有补差转入: own money that came in to complete a shortfall.
    TopUp => top_up,
    /// 可用: free to be planned.
    Available => available,
    /// 已承诺: promised to an approved roster.
    Committed => committed,
    /// 在途: handed to the bank, no answer yet.
    InTransit => in_transit,
    /// 已发放: evidence says it reached the recipient.
    Disbursed => disbursed,
    /// 已划拨下级: with a subordinate union that has not reported its recipients.
    TransferredDown => transferred_down,
    /// 退票: came back after it was settled.
    Bounced => bounced,
    /// 应追回: to be got back from a recipient.
    Recoverable => recoverable,
    /// 已退回财政: handed back to the treasury.
    Returned => returned,
    /// 结转: carried over into the next year.
    CarriedOver => carried_over,
    /// 财政收回: reclaimed by the treasury.
    Reclaimed => reclaimed,
    /// 补差转出: own money that went to complete another line.
    ToppedUpElsewhere => topped_up_elsewhere,
}

impl Balances {
    /// `granted + top_up` less the eleven accounts that say where it is. Zero whenever the books are right; computed from
    /// the figures shown, never assumed.
    #[must_use]
    pub fn identity_difference(&self) -> Money {
        let origin = |account: &Account| matches!(account, Account::Granted | Account::TopUp);
        let (came, went): (Vec<Account>, Vec<Account>) = Account::ALL.iter().partition(|account| origin(account));
        let sum = |accounts: Vec<Account>| accounts.into_iter().map(|account| self.get(account)).sum::<Money>();
        sum(came) - sum(went)
    }

    /// Money that is still here: available, committed, in transit or bounced (未发放).
    #[must_use]
    pub fn not_disbursed(&self) -> Money {
        self.available + self.committed + self.in_transit + self.bounced
    }
}

impl fmt::Display for Account {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// The kinds of business event. Which moves each allows stands in the table `ledger_move`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// 下达: an initial grant or an addition.
    Grant,
    /// 调减: a withdrawal of granted money.
    Withdraw,
    /// 补差: own money completes another line.
    TopUp,
    /// The reverse of a top-up.
    UndoTopUp,
    /// 审批通过: an approved roster takes its money out of what is available.
    Commit,
    /// An approved plan is cancelled before release.
    Uncommit,
    /// 送银行: a batch is handed over.
    Send,
    /// 成功: evidence says paid.
    Settle,
    /// 失败: evidence says not paid.
    Fail,
    /// 退票: paid money came back.
    Bounce,
    /// 重发: bounced money is committed again.
    Reissue,
    /// 放弃: a failed or bounced payment is given up.
    GiveUp,
    /// 核销: a subordinate union reports its recipients.
    Feedback,
    /// A subordinate union hands money back.
    HandBack,
    /// 应追回: money paid wrongly is to be got back.
    RecoverDue,
    /// 追回: it came back.
    Recover,
    /// 退回财政: money goes back to the treasury.
    Return,
    /// 结转: into the next year.
    CarryOver,
    /// 收回: by the treasury at year end.
    Reclaim,
}

impl EntryKind {
    /// The name in `journal_entry.kind` and `ledger_move.kind`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Withdraw => "withdraw",
            Self::TopUp => "top_up",
            Self::UndoTopUp => "untop_up",
            Self::Commit => "commit",
            Self::Uncommit => "uncommit",
            Self::Send => "send",
            Self::Settle => "settle",
            Self::Fail => "fail",
            Self::Bounce => "bounce",
            Self::Reissue => "reissue",
            Self::GiveUp => "give_up",
            Self::Feedback => "feedback",
            Self::HandBack => "hand_back",
            Self::RecoverDue => "recover_due",
            Self::Recover => "recover",
            Self::Return => "return",
            Self::CarryOver => "carry_over",
            Self::Reclaim => "reclaim",
        }
    }
}

/// One posting to be booked: `amount` from one account to another of the same line and source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// The line.
    pub line: LineId,
    /// Whose money it is.
    pub source: FundSourceId,
    /// Where it leaves.
    pub from: Account,
    /// Where it goes.
    pub to: Account,
    /// How much; more than zero.
    pub amount: Money,
    /// The instruction, transfer, return or recovery it belongs to.
    pub subject: Option<Uuid>,
}

/// A journal entry to be booked.
#[derive(Debug, Clone)]
pub struct NewEntry {
    /// Names the business event; booked at most once.
    pub reference: String,
    /// What kind of event.
    pub kind: EntryKind,
    /// The business date.
    pub effective_on: NaiveDate,
    /// Why, for people.
    pub reason: String,
    /// Ids of what it was about.
    pub about: serde_json::Value,
    /// Its postings; at least one.
    pub moves: Vec<Move>,
}

/// What several journal entries that are booked at once have in common.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// What kind of event.
    pub kind: EntryKind,
    /// The business date.
    pub effective_on: NaiveDate,
    /// Why, for people.
    pub reason: &'a str,
}

/// One of several journal entries that are booked at once, of one act of the transaction.
#[derive(Debug, Clone)]
pub struct ActEntry {
    /// The act.
    pub act: uuid::Uuid,
    /// The id it gets, unless it was booked before.
    pub id: JournalEntryId,
    /// Names the business event; booked at most once.
    pub reference: String,
    /// Ids of what it was about.
    pub about: serde_json::Value,
    /// Its postings; at least one.
    pub moves: Vec<Move>,
}

/// What the ledger answers to a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Booked {
    /// The entry, or the earlier one of the same reference.
    pub entry: JournalEntryId,
    /// The reference was booked before, with the same content; nothing was written.
    pub replayed: bool,
}

/// One posting with its entry, for stories and lists.
#[derive(Debug, Clone, Serialize, ToSchema, diesel::QueryableByName)]
pub struct PostingView {
    /// The journal entry.
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    pub journal_entry_id: JournalEntryId,
    /// Its place in the federation's log: the order in which things became known.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub log_number: i64,
    /// Its place in the entry.
    #[diesel(sql_type = diesel::sql_types::Integer)]
    pub position: i32,
    /// The kind of business event.
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub kind: String,
    /// The business date.
    #[diesel(sql_type = diesel::sql_types::Date)]
    pub effective_on: NaiveDate,
    /// When it was recorded.
    #[diesel(sql_type = diesel::sql_types::Timestamptz)]
    pub recorded_at: DateTime<Utc>,
    /// Who recorded it.
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub actor: String,
    /// Why.
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub reason: String,
    /// The line.
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    pub allocation_line_id: LineId,
    /// Whose money.
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    pub fund_source_id: FundSourceId,
    /// Where it left.
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub from_account: String,
    /// Where it went.
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub to_account: String,
    /// How much.
    #[diesel(sql_type = diesel::sql_types::Numeric)]
    pub amount: Money,
}

crate::listed! {
    PostingView = "postings", "分录", "Postings", sum amount;
    log_number "日志号", position "序号", journal_entry_id "凭证编号", kind "业务" = |row| crate::exports::word(&row.kind),
    effective_on "业务日期", recorded_at "记录时间", actor "记录人", reason "原因", allocation_line_id "资金项目编号",
    fund_source_id "资金来源", from_account "转出科目" = |row| crate::exports::word(&row.from_account),
    to_account "转入科目" = |row| crate::exports::word(&row.to_account), amount "金额",
}

crate::list_filter! {
    /// Which postings are exported.
    PostingExportFilter {
        /// Of this line.
        allocation_line_id: LineId,
        /// Of this instruction, transfer, return or recovery.
        subject_id: Uuid,
    }
}
