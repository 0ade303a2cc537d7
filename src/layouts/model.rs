//! Layouts as they are asked for, kept and shown.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::db::schema::file_layout;
use crate::interchange::bank::layout::{Layout, Purpose, neutral};
use crate::kernel::{FederationId, FileLayoutId, Located};

/// The name of the layouts of the product's own: one for each purpose, always there.
pub const NEUTRAL: &str = "neutral";

/// What files of a layout are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LayoutPurpose {
    /// 代发文件: payments to a bank.
    Payments,
    /// 回盘文件: what became of them.
    Results,
    /// 对账单: an account's statement.
    Statement,
}

impl LayoutPurpose {
    /// The name in the API and the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Payments => "payments",
            Self::Results => "results",
            Self::Statement => "statement",
        }
    }

    /// What a description is checked for.
    pub(super) const fn of_file(self) -> Purpose {
        match self {
            Self::Payments => Purpose::Payments,
            Self::Results => Purpose::Results,
            Self::Statement => Purpose::Statement,
        }
    }

    /// The product's own layout for it.
    pub(super) fn neutral(self) -> Layout {
        match self {
            Self::Payments => neutral::payments(),
            Self::Results => neutral::results(),
            Self::Statement => neutral::statement(),
        }
    }
}

/// A layout to be recorded.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLayout {
    /// What files name it by; at most 200 characters. A name that is there already gets its next version.
    pub name: String,
    /// What it is for.
    pub purpose: LayoutPurpose,
    /// Encoding, cells and frames of the file.
    #[schema(value_type = Object)]
    pub description: Layout,
}

/// A layout as it is kept and shown.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = file_layout)]
pub struct FileLayout {
    #[serde(skip)]
    pub(super) federation_id: FederationId,
    /// Its id.
    pub id: FileLayoutId,
    /// What files name it by.
    pub name: String,
    /// See [`LayoutPurpose`].
    #[schema(value_type = LayoutPurpose)]
    pub purpose: String,
    /// Counted from 1; the highest of a name is the one in use.
    pub version: i32,
    /// Encoding, cells and frames of the file.
    #[schema(value_type = Object)]
    pub description: Value,
    /// Who recorded it.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

impl Located for FileLayout {
    fn location(&self) -> String {
        format!("/v1/file-layouts/{}", self.id)
    }
}

/// A layout that files are read or written with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedLayout {
    /// Its name.
    pub name: String,
    /// Its version; 0 of the product's own.
    pub version: i32,
    /// What it says.
    pub layout: Layout,
}

crate::list_filter! {
    /// Which layouts.
    LayoutFilter {
        /// For this purpose.
        purpose: LayoutPurpose,
        /// Of this name: all its versions.
        name: String,
    }
}

crate::listed! {
    FileLayout = "file-layouts", "文件版式", "File layouts", rows 500;
    id "编号", name "名称", purpose "用途" = |row| crate::exports::word(&row.purpose), version "版本", description "描述", created_by "登记人",
    created_at "登记时间",
}
