//! What is asked of an import.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::interchange::tables::{Encoding, Table, csv_template, template};
use crate::kernel::{Lang, Refusal};

/// What is taken of a file with rows at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Take {
    /// Every row or none.
    #[default]
    All,
    /// The good ones.
    Good,
}

/// How a file is taken in.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ImportQuery {
    /// Only try it: gives exactly the report that the real run would, and changes nothing. `false` when absent.
    pub dry_run: Option<bool>,
    /// What is taken of a file with rows at fault; `all` (or nothing) when absent.
    #[param(inline)]
    pub take: Option<Take>,
}

/// The kind of file that a template is wanted as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Template {
    /// A workbook, with lists to choose from and explanations.
    #[default]
    Xlsx,
    /// CSV in UTF-8 with a byte order mark.
    Csv,
    /// CSV in GB18030.
    CsvGb18030,
}

/// Which template.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TemplateQuery {
    /// `xlsx` when absent.
    #[param(inline)]
    pub format: Option<Template>,
}

/// The template of a list: its name and bytes.
///
/// # Errors
/// When it cannot be written.
pub fn template_of(table: &Table, format: Template, lang: Lang) -> Result<(String, Vec<u8>), Refusal> {
    let title = table.title.get(lang);
    Ok(match format {
        Template::Xlsx => (format!("{title}.xlsx"), template(table, lang)?),
        Template::Csv => (format!("{title}.csv"), csv_template(table, lang, Encoding::Utf8Bom)?),
        Template::CsvGb18030 => (format!("{title}.csv"), csv_template(table, lang, Encoding::Gb18030)?),
    })
}
