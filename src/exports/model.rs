//! How an export is asked for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::openapi::{ContentBuilder, RefOr, ResponseBuilder};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::db::{Error, Result};
use crate::interchange::tables::{Encoding, Format};

/// What file an export is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// CSV in UTF-8 with a byte order mark.
    #[default]
    Csv,
    /// CSV in GB18030, for programs that know no other.
    CsvGb18030,
    /// A workbook.
    Xlsx,
}

impl ExportFormat {
    /// How the table is written.
    #[must_use]
    pub const fn table(self) -> Format {
        match self {
            Self::Csv => Format::Csv(Encoding::Utf8Bom),
            Self::CsvGb18030 => Format::Csv(Encoding::Gb18030),
            Self::Xlsx => Format::Xlsx,
        }
    }

    /// The ending of the file's name.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Csv | Self::CsvGb18030 => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::CsvGb18030 => "text/csv; charset=gb18030",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// What is asked of an export beside the list's own filter.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ExportQuery {
    /// What file; `csv` when absent.
    #[serde(default)]
    #[param(inline, value_type = Option<ExportFormat>)]
    pub format: ExportFormat,
    /// With personal values in clear: the id that `POST /v1/clear-exports` gave. Masked when absent.
    pub asked: Option<Uuid>,
}

/// A list that is to be taken as a job.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewExport {
    /// The list: `instructions`, `roster-entries`.
    pub list: String,
    /// Of what, for lists of something: a roster (`roster-entries`), a transfer (`feedback`), a statement (`bank-statement-lines`), an
    /// instruction (`evidence`), a plan (`rosters`, `publicity`), an allocation line (`allocation-line-changes`).
    pub of: Option<Uuid>,
    /// The list's own filter, as it would stand in the address: `{"status": "settled"}`. All rows when absent.
    #[serde(default)]
    pub filter: BTreeMap<String, String>,
    /// What file; `csv` when absent.
    #[serde(default)]
    pub format: ExportFormat,
    /// With personal values in clear: the id that `POST /v1/clear-exports` gave. Masked when absent.
    pub asked: Option<Uuid>,
}

impl NewExport {
    /// The filter as it would stand in an address.
    ///
    /// # Errors
    /// [`Error::Internal`] when it cannot be written: a defect.
    pub fn filter_text(&self) -> Result<String> {
        serde_urlencoded::to_string(&self.filter).map_err(|error| Error::Internal(error.to_string()))
    }

    /// The filter as the heading of the file says it.
    #[must_use]
    pub fn said(&self) -> String {
        self.filter.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    }
}

/// A file, for the OpenAPI description.
#[derive(Debug)]
pub struct FileAnswer;

impl utoipa::IntoResponses for FileAnswer {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        let binary = || ContentBuilder::new().schema(Some(<String as utoipa::PartialSchema>::schema())).build();
        let response = ResponseBuilder::new()
            .description("The file: heading, column heads, rows, totals")
            .content("text/csv", binary())
            .content(ExportFormat::Xlsx.media_type(), binary());
        [("200".to_owned(), RefOr::T(response.build()))].into()
    }
}

/// A request for a list with personal values in clear.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClearListExport {
    /// The list, as it stands in the address of its export: `instructions`.
    pub list: String,
    /// Why they are needed.
    pub reason: String,
}
