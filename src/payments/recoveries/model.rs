//! Recoveries as they are asked for, kept and shown.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::db::schema::recovery;
use crate::kernel::{FederationId, InstructionId, Located, Money, PositiveMoney, RecoveryId, Versioned};

/// Why money is to be got back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecoveryReason {
    /// 死亡
    Death,
    /// 多付
    Overpaid,
    /// 不符合条件
    Ineligible,
    /// 其他
    Other,
}

/// Money to be got back.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRecovery {
    /// The settled payment.
    pub instruction_id: InstructionId,
    /// How much of it.
    pub amount: PositiveMoney,
    /// Why.
    pub reason: RecoveryReason,
    /// In words.
    #[serde(default)]
    pub note: String,
    /// Since when it is due; today when absent.
    pub due_on: Option<NaiveDate>,
}

/// Money that came back.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiveRequest {
    /// When; today when absent.
    pub received_on: Option<NaiveDate>,
}

/// A recovery as it is kept.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = recovery)]
pub struct Recovery {
    #[serde(skip)]
    pub(super) federation_id: FederationId,
    /// Its id.
    pub id: RecoveryId,
    /// The payment.
    pub instruction_id: InstructionId,
    /// How much.
    pub amount: Money,
    /// See [`RecoveryReason`].
    pub reason: String,
    /// In words.
    pub note: String,
    /// `due` or `received`.
    pub status: String,
    /// Since when it is due.
    pub due_on: NaiveDate,
    /// When it came back.
    pub received_on: Option<NaiveDate>,
    /// Counted up by every change.
    pub version: i32,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}

impl Located for Recovery {
    fn location(&self) -> String {
        format!("/v1/recoveries/{}", self.id)
    }
}

impl Versioned for Recovery {
    fn version(&self) -> i32 {
        self.version
    }
}

crate::list_filter! {
    /// Which recoveries.
    RecoveryFilter {
        /// Of this payment.
        instruction_id: InstructionId,
        /// `due` or `received`.
        status: String,
    }
}

crate::listed! {
    Recovery = "recoveries", "追回", "Recoveries", sum amount;
    id "编号", instruction_id "支付指令编号", amount "金额", reason "原因" = |row| crate::exports::word(&row.reason), note "说明",
    status "状态" = |row| crate::exports::word(&row.status), due_on "应追回日期", received_on "收回日期", created_at "登记时间",
}
